"""Strings that only the report of a study of sites has; the others are those of `optimizer.report.text`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizer.report.text import TEXT

if TYPE_CHECKING:
    from optimizer.results.terms import Lang

SITE_TEXT: dict[str, tuple[str, str]] = {
    "kicker": ("三区 · 生态修复选址报告", "Sanqu · report on restoration sites"),
    "units_in_all": ("{units} 个规划单元，{features} 个对象", "{units} planning units, {features} features"),
    "decision_binary": ("单元整体选入或不选", "units are taken whole or left"),
    "decision_proportion": ("单元可按比例选入", "any share of a unit may be taken"),
    "decision_semicontinuous": ("单元不选或按限定比例选入", "units are left or taken to a limited share"),
    "kind_minimum_set": ("最低成本", "least cost"),
    "kind_minimum_shortfall": ("最小加权缺口之和", "least weighted sum of shortfalls"),
    "kind_minimum_largest_shortfall": ("最小的最大缺口", "least largest shortfall"),
    "kind_maximum_utility": ("最大加权持有量", "most weighted amount"),
    "kind_maximum_cover": ("最多对象覆盖", "most features covered"),
    "kind_maximum_features": ("最多目标达标", "most targets met"),
    "kind_maximum_branches": ("最多谱系分支", "most branches of the tree"),
    "kind_minimum_penalties": ("最小惩罚", "least penalties"),
    "kind_maximum_mesh": ("最大有效网格面积", "largest effective mesh size, ha"),
    "kind_maximum_iic": ("最大整体连通性指数", "largest integral index of connectivity"),
    "kind_maximum_largest_patch": ("最大的最大斑块", "largest patch, ha"),
    "kind_minimum_patches": ("最少斑块", "fewest patches"),
    "kind_minimum_restoration": ("最少修复面积", "least restoration"),
    "and": ("＋", " + "),
    "tile_objective": ("目标值", "Objective"),
    "tile_chosen": ("选中单元", "Units chosen"),
    "tile_share": ("占单元总数 {share}", "{share} of all units"),
    "tile_cost": ("成本", "Cost"),
    "tile_cost_share": ("占全部单元成本 {share}", "{share} of the cost of all units"),
    "tile_targets": ("达标", "Targets met"),
    "tile_of": ("共 {targets} 项目标", "of {targets}"),
    "tile_gap_remark": ("与最优的差距至多 {gap}", "at most {gap} from the optimum"),
    "proof_about": (
        "目标值与界之差即任何方案至多还能改进多少；相对差距以目标值的绝对值为准。",
        "The objective less the bound is the most by which any selection could still be better; the relative gap is "
        "part of the objective.",
    ),
    "objective_of": ("目标", "Objective asked for"),
    "bound_maximise": ("上界", "Upper bound"),
    "bound_minimise": ("下界", "Lower bound"),
    "stages": ("依次求解的目标", "Objectives in order"),
    "stage": ("目标", "Objective"),
    "stage_value": ("本阶段最优值", "Reached in its stage"),
    "stage_tolerance": ("允许损失", "May be lost"),
    "audit_about": (
        "另一套代码从原始数据表和写出的选址重新计算各单元、目标、规则、惩罚和目标值。数字为检查项数，未通过的以红色列出。",
        "Code of its own recomputes units, targets, rules, penalties and objective from the raw tables and the written "
        "selection. Figures are numbers of checks; failed ones are in red.",
    ),
    "maps": ("二 · 选址空间分布", "2 · Where the sites lie"),
    "map_chosen": ("选中单元（深浅为选入比例）", "Chosen units (depth: share taken)"),
    "map_importance": ("单元重要性（越深越不可替代）", "Importance of units (the darker, the harder to replace)"),
    "map_portfolio": ("各备选方案选中频率", "How often alternatives choose each unit"),
    "no_map": (
        "本实例没有单元的几何数据或坐标，不绘图。",
        "Nothing says where the units lie: no maps.",
    ),
    "map_by_pixel": (
        "共 {zones} 个单元，地图按像素绘制：每个像素显示其中心所在的单元；完整图形见 plan.gpkg。",
        "With {zones} units the map is drawn by pixel: each shows the unit in which its centre lies. All shapes are in "
        "plan.gpkg.",
    ),
    "not_chosen": ("未选", "not chosen"),
    "locked_in": ("锁定选入", "locked in"),
    "locked_out": ("锁定排除", "locked out"),
    "core": ("生态源地", "core areas"),
    "representation": ("三 · 目标与持有量", "3 · Targets and what is held"),
    "representation_about": (
        "横条为方案持有量，竖线为目标，均相对于全部单元的总量。",
        "Bar: held by the plan. Line: target. Both as part of what all units hold.",
    ),
    "representation_more": (
        "另有 {more} 项未列出，见 representation.csv；缺口最大的排在最前。",
        "{more} more are in representation.csv; the largest shortfalls come first.",
    ),
    "feature": ("对象", "Feature"),
    "target": ("目标", "Target"),
    "held": ("持有量", "Held"),
    "shortfall": ("缺口", "Shortfall"),
    "share_of_all": ("占总量", "Of all"),
    "against": ("持有量与目标", "Held against target"),
    "rules": ("四 · 规则", "4 · Rules"),
    "rules_about": (
        "“价值”为限值增加一个单位时目标值的变化（由松弛问题的乘子得到，只对小的变化成立）。惩罚项的方案值为其计入目标的量。",
        "Worth: by how much the objective rises for one more unit of the bound (a multiplier of the relaxation, good "
        "for small steps). The value of a penalty is what it adds to what is minimised.",
    ),
    "no_rules": ("除目标外没有其他规则。", "There are no rules beside the targets."),
    "rules_targets": (
        "目标见上一节；全部见 rules.csv。",
        "Targets stand in the section above; all rows are in rules.csv.",
    ),
    "applies_to": ("适用", "Applies to"),
    "rule_worth": ("价值", "Worth"),
    "rule_holds": ("核验", "Audit"),
    "holds": ("满足", "holds"),
    "broken": ("不满足", "broken"),
    "costs": ("五 · 成本与形态", "5 · Cost and shape"),
    "management_zone": ("管理分区", "Management zone"),
    "in_all": ("合计", "in all"),
    "units": ("单元", "Units"),
    "area_ha": ("面积 公顷", "Area, ha"),
    "cost": ("成本", "Cost"),
    "measure": ("量度", "Measure"),
    "measure_border": ("边界长度", "length of the border"),
    "measure_outer_border": ("其中外缘", "of it on the outer edge"),
    "measure_reserves": ("相连斑块数", "connected reserves"),
    "measure_largest_reserve": ("最大斑块 公顷", "largest reserve, ha"),
    "measure_connectivity": ("选中单元之间的连通度", "connectivity between chosen units"),
    "corridors": ("生态廊道", "Ecological corridors"),
    "corridor": ("廊道 {name}", "corridor {name}"),
    "corridor_name": ("廊道", "Corridor"),
    "corridor_joins": ("连通的生态源地", "Core areas that it connects"),
    "corridor_line": ("中线单元", "Units of its line"),
    "corridor_beside": ("两侧单元", "Units beside it"),
    "indices": ("景观指数", "Landscape indices"),
    "indices_about": (
        "生境为图层 habitat 中的现状生境加上选中单元；有共同边界的生境单元属于同一斑块。",
        "Habitat is that of today (layer habitat) and what is chosen; units that share a border lie in one patch.",
    ),
    "index": ("指数", "Index"),
    "before": ("现状", "Today"),
    "after": ("方案", "With the plan"),
    "index_habitat": ("生境面积 公顷", "habitat, ha"),
    "index_mesh": ("有效网格面积 公顷", "effective mesh size, ha"),
    "index_largest_patch": ("最大斑块 公顷", "largest patch, ha"),
    "index_patches": ("斑块数", "patches"),
    "index_iic": ("整体连通性指数", "integral index of connectivity"),
    "index_diameter": ("选中单元的外接圆直径 米", "circle around what is chosen, m across"),
    "curve": ("六 · 成本与效益", "6 · Cost and benefit"),
    "curve_about": (
        "每个点是一次求解：横轴为 {x}，纵轴为 {y}。",
        "Each point is a solve: {x} across, {y} upwards.",
    ),
    "portfolio": ("七 · 备选方案", "7 · Alternatives"),
    "portfolio_about": (
        "图中深浅为备选方案中选中该单元的比例；频率不等于不可替代。",
        "Depth is the share of alternatives that choose a unit; a frequency is no proof that it is needed.",
    ),
    "plans": ("方案", "Plan"),
}


def site_text(lang: Lang, key: str, **values: object) -> str:
    """Return a string of the report; raises KeyError for an unknown key."""
    return (SITE_TEXT.get(key) or TEXT[key])[lang == "en"].format(**values)
