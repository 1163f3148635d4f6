"""Every string of the report in Chinese and English, and how numbers are written."""

from __future__ import annotations

import math
from numbers import Real
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optimizer.results.terms import Lang

THIN_SPACE = "\u202f"
MINUS = "\u2212"
NONE = "\u2013"

TEXT: dict[str, tuple[str, str]] = {
    "kicker": ("三区 · 国土空间用地结构优化报告", "Sanqu · land-use optimisation report"),
    "span": ("{base}–{end}年 · 规划期末 {periods}", "{base}–{end} · periods ending {periods}"),
    "mode": ("碳核算：{mode}，现状活动{activity}", "Carbon account: {mode}, activity {activity}"),
    "flux": ("通量法", "fluxes"),
    "stock": ("储量法", "stocks"),
    "top_down": ("自上而下", "top-down"),
    "bottom_up": ("自下而上", "bottom-up"),
    "status_optimal": ("已证明最优（在要求的误差内）", "Proven optimal within the gap asked for"),
    "status_feasible": ("可行方案，与最优的距离已证明", "Feasible plan, its distance to the optimum proven"),
    "status_infeasible": ("无可行方案", "No plan meets all rules"),
    "status_unbounded": ("目标无界", "Unbounded"),
    "status_no_plan": ("未在限度内得到方案", "No plan found within the limits"),
    "status_error": ("求解出错", "Error"),
    "audit_ok": ("独立核验 {checks} 项全部通过", "independent audit: all {checks} checks passed"),
    "audit_bad": ("独立核验 {failed}/{checks} 项未通过", "independent audit: {failed} of {checks} checks failed"),
    "audit_passed": ("{checks} 项全部通过", "all {checks} checks passed"),
    "audit_failed": ("{failed}/{checks} 项未通过", "{failed} of {checks} checks failed"),
    "audit_none": ("未核验", "not audited"),
    "sites": ("修复选址", "Restoration sites"),
    "sites_about": (
        "随用地方案一并选定 {chosen} 个规划单元（共 {units} 个），成本 {cost} 万元。选中单元见 plan/selection.parquet，"
        "图形见 plan.gpkg 的 units 图层。",
        "{chosen} of {units} planning units are chosen with the land, at a cost of {cost} × 10k CNY. They stand in "
        "plan/selection.parquet, their shapes in the layer units of plan.gpkg.",
    ),
    "sites_limits": ("单元的其他限值", "Other limits on units"),
    "sites_chosen": ("选中的单元", "Chosen units"),
    "sites_more": ("另有 {more} 个未列出。", "{more} more are not listed."),
    "sites_land": ("规划用地（淡色，图例见上）", "planned land (pale; classes as above)"),
    "map_sites": ("选中单元与规划用地", "Chosen units over the planned land"),
    "synthetic": (
        "本实例的地理为合成数据：图上位置不对应任何真实地块，不可用于具体地块的判断。",
        "The geography of this instance is synthetic: no place on these maps is a real one. "
        "Do not read anything about actual parcels from them.",
    ),
    "tile_objective": ("方案净排放变化", "Emissions changed by the plan"),
    "tile_cost": ("方案目标值", "Objective of the plan"),
    "tile_gap": ("与最优的差距（上限）", "Distance to the optimum (at most)"),
    "tile_changed": ("改变地类的面积", "Land that changes class"),
    "tile_sink": ("土地碳汇 现状 → 期末", "Land sinks, present → end"),
    "tile_share": ("占土地面积 {share}", "{share} of the land"),
    "tile_span": ("{base}–{end}年累计", "cumulative, {base}–{end}"),
    "tile_absolute": ("绝对差 {gap_abs}", "{gap_abs} in absolute terms"),
    "proof": ("一 · 证明", "1 · The proof"),
    "proof_about": (
        "目标值与下界之差即方案至多还能改进多少。不由方案决定的排放（现状活动与现状碳汇）不计入目标值，单独列为常数。",
        "The objective less the bound is the most by which any plan could still be better. Emissions that no "
        "decision changes (present activity and sinks) stay out of the objective and stand as the constant.",
    ),
    "objective": ("目标值", "Objective"),
    "bound": ("下界", "Bound"),
    "bound_by": ("下界来源", "Bound proven by"),
    "gap": ("相对差距", "Relative gap"),
    "gap_abs": ("绝对差距", "Absolute gap"),
    "objective_constant": ("常数（不由方案决定）", "Constant (no decision changes it)"),
    "method": ("求解方法", "Method"),
    "notes": ("求解说明", "Notes on the solve"),
    "between_notes": ("；", "; "),
    "termination": ("终止状态", "Termination"),
    "method_direct": ("直接求解：整个模型交给 HiGHS", "direct: the whole model goes to HiGHS"),
    "method_contiguity": (
        "连片约束法：求解、找出孤立或过小的新增地块、补充割约束后再解",
        "contiguity: solve, find what stands alone, add what it needs, and solve again",
    ),
    "method_core": (
        "core：先解松弛问题，用约简成本固定多数整数变量，只对余下的核心求整数解",
        "core: the relaxation first, most whole numbers fixed by reduced cost, a search over the rest",
    ),
    "method_decompose": (
        "decompose：拉格朗日分解，乘子协调各块地的独立决定，再补成可行方案",
        "decompose: Lagrangian decomposition; multipliers steer what each piece of land decides by itself",
    ),
    "method_landscape": (
        "landscape：在景观图上按景观指数搜索",
        "landscape: a search over the graph of the landscape",
    ),
    "method_corridors": (
        "corridors：源地之间的最小斯坦纳树，递推或分离割",
        "corridors: a tree between core areas, by recursion or with separators",
    ),
    "method_steiner": (
        "steiner：连通各节点的最小费用树，递推或分离割",
        "steiner: the tree of least cost between buses, by recursion or with separators",
    ),
    "bound_by_highs": (
        "HiGHS：由分支定界的搜索，或（无整数变量时）由松弛问题的乘子得出，任何方案都不低于此值",
        "HiGHS: branch and bound, or multipliers of the relaxation where nothing is whole; no plan lies below",
    ),
    "bound_by_dual": (
        "松弛问题的乘子：由乘子重新计算，任何方案都不低于此值",
        "multipliers of the relaxation, evaluated anew: no plan lies below this value",
    ),
    "bound_by_core": (
        "核心问题的界与固定变量的检验：未固定时任何方案都不低于此值",
        "the bound of the core and the test on what was fixed: no plan lies below this value",
    ),
    "bound_by_master": (
        "含拉格朗日割的主问题的对偶界：任何方案都不低于此值",
        "dual bound of a master problem with Lagrangian cuts: no plan lies below this value",
    ),
    "bound_by_branch": (
        "图割与分支：每个分支的界由乘子和流得出，任何方案都不低于其中最低者",
        "minimum cuts and branching: multipliers and flows bound every branch, no plan lies below the least",
    ),
    "bound_by_landscape": (
        "在景观图上分支定界：每个分支的界由假定未决单元全部连通得出",
        "search over the landscape: each branch is bounded as if all that is open joined patches",
    ),
    "bound_by_separators": (
        "分离割与分支定界：任何连通各源地（节点）的方案都不优于此值",
        "separators and branching: nothing that connects the core areas (buses) is better",
    ),
    "bound_by_recursion": (
        "按源地（节点）子集的精确递推：任何连通它们的方案都不优于此值",
        "exact recursion over sets of core areas (buses): nothing that connects them is better",
    ),
    "bound_by_none": ("未给出", "not given"),
    "termination_gap_proven": ("已证明达到要求的误差", "the gap asked for is proven"),
    "termination_time_limit": ("到达时间限制", "time limit reached"),
    "termination_interrupted": ("被中断", "interrupted"),
    "termination_infeasible": ("无可行方案", "no plan meets every rule"),
    "termination_unbounded": ("目标无界", "the objective falls without end"),
    "termination_numerical": ("数值困难，求解器放弃", "numerical trouble, the solver gave up"),
    "termination_given_up": ("方法已无可尝试，误差仍未证明", "the method had nothing more to try, the gap stays open"),
    "other": ("其他", "other"),
    "audit": ("独立核验", "Independent audit"),
    "audit_rules": ("独立核验（按规则）", "The audit by rule"),
    "audit_about": (
        "另一套代码从原始数据表和写出的方案重新计算面积、准入、各项指标、碳和目标值。数字为检查项数，未通过的以红色列出。",
        "Code of its own recomputes areas, permissions, quotas, carbon and objective from the raw tables and the "
        "written plan. Figures are numbers of checks; failed ones are in red.",
    ),
    "audit_count": ("{checks} 项", "{checks}"),
    "audit_count_failed": ("{failed}/{checks} 项未通过", "{failed} of {checks} failed"),
    "seconds": ("用时 秒", "Seconds"),
    "size": ("规模", "Size"),
    "versions": ("软件版本", "Versions"),
    "hash": ("实例指纹", "Instance hash"),
    "seconds_read": ("读取", "read"),
    "seconds_build": ("建模", "build"),
    "seconds_solve": ("求解", "solve"),
    "seconds_audit": ("核验", "audit"),
    "seconds_write": ("写出", "write"),
    "seconds_total": ("合计", "total"),
    "size_zones": ("空间单元", "zones"),
    "size_moves": ("转换变量", "moves"),
    "size_units": ("规划单元", "units"),
    "size_buses": ("节点", "buses"),
    "size_candidates": ("备选线路", "candidates"),
    "size_snapshots": ("时段", "snapshots"),
    "size_rows": ("约束行", "rows"),
    "size_columns": ("变量列", "columns"),
    "size_integers": ("整数变量", "integers"),
    "maps": ("二 · 空间格局", "2 · Maps"),
    "map_before": ("现状（主导地类）", "Before: dominant class"),
    "map_after": ("规划期末（主导地类）", "After: dominant class"),
    "map_change": (
        "变化（颜色为转入最多的地类，深浅为改变面积占比）",
        "Change: colour of the class gained most, depth by share of the zone changed",
    ),
    "map_by_pixel": (
        "共 {zones} 个空间单元，地图按像素绘制：每个像素显示其中心所在的单元，"
        "小于一个像素的单元不一定可见；完整图形见 plan.gpkg。",
        "With {zones} zones the maps are drawn by pixel: each shows the zone in which its centre lies, and a zone "
        "smaller than a pixel may not be seen. All shapes are in plan.gpkg.",
    ),
    "no_map": ("本实例没有空间单元的几何数据，不绘图。", "The instance has no geometry of its zones: no maps."),
    "unchanged": ("未改变", "unchanged"),
    "areas": ("地类面积", "Areas by class"),
    "class": ("地类", "Class"),
    "before_ha": ("现状 公顷", "Before, ha"),
    "after_ha": ("期末 公顷", "After, ha"),
    "change_ha": ("增减 公顷", "Change, ha"),
    "transitions": ("三 · 地类转移", "3 · Transitions"),
    "transitions_about": (
        "行为现状地类，列为规划地类，单位公顷；对角线（保持不变）以灰色列出，不参与着色。",
        "Rows: present class. Columns: planned class. Hectares; the diagonal (unchanged) is grey and not shaded.",
    ),
    "flow": ("地类流向图", "What becomes what"),
    "flow_about": (
        "左为现状地类，右为规划地类，带宽与面积成正比，带色为规划地类；保持不变的土地不画。",
        "Left: present class. Right: planned class. Widths are to scale, in the colour of the planned class; "
        "land that stays is left out.",
    ),
    "flow_from": ("现状地类（共改变 {area} 公顷）", "Present class ({area} ha change)"),
    "flow_to": ("规划地类", "Planned class"),
    "flow_title": ("地类流向 公顷", "Transitions, ha"),
    "other_classes": ("其余地类", "other classes"),
    "hectares": ("{area} 公顷", "{area} ha"),
    "transition_matrix": ("转移矩阵", "Matrix"),
    "no_changes": ("方案没有改变任何土地。", "The plan changes no land."),
    "from_to": ("由 ↓ 到 →", "from ↓ to →"),
    "out_total": ("转出", "out"),
    "in_total": ("转入", "in"),
    "indicators": ("四 · 规划指标", "4 · Indicators"),
    "indicators_about": (
        "仅计算由用地配置决定的指标。差距 = 方向 ×（期末值 − 目标值），负值为未达标；目标只作对照，不作约束。",
        "Only what an allocation determines is computed. Gap = direction × (value − target), negative where the "
        "target is missed; targets are compared with, never enforced.",
    ),
    "against_target": ("期末与目标", "End against target"),
    "against_about": (
        "横条为期末值，竖线为目标，圆点为现状。",
        "Bar: end. Line: target. Dot: present.",
    ),
    "indicator": ("指标", "Indicator"),
    "direction": ("方向", "Dir."),
    "unit": ("单位", "Unit"),
    "present": ("现状", "Present"),
    "value": ("期末", "End"),
    "target": ("目标", "Target"),
    "gap_to_target": ("差距", "Gap"),
    "met": ("达标", "met"),
    "missed": ("未达标", "missed"),
    "outside": ("需要外部数据、未计算的指标：", "Needs outside data, not computed: "),
    "by_region": ("分区县", "By region"),
    "ledger": ("五 · 碳账本", "5 · Carbon ledger"),
    "ledger_figure": ("方案的碳账本，{base}–{end}年累计，{unit}", "Carbon ledger of the plan, {base}–{end}, {unit}"),
    "ledger_about": (
        "正值为排放，负值为吸收；{unit}。一次性储量变化只计入累计。",
        "Positive is emission, negative uptake; {unit}. One-off changes of stock count in the cumulative sum only.",
    ),
    "ledger_adds": (
        "方案部分之和等于目标值，不变部分之和等于常数。",
        "Plan components add up to the objective, the others to the constant.",
    ),
    "component": ("分项", "Component"),
    "sector": ("清单部门", "Inventory sector"),
    "end_use": ("终端用途 / 用地", "End use / land"),
    "scope": ("范围", "Scope"),
    "region": ("地区", "Region"),
    "present_annual": ("{base}年 /年", "{base}, per year"),
    "end_annual": ("{end}年 /年", "{end}, per year"),
    "cumulative": ("累计 {base}–{end}", "Cumulative {base}–{end}"),
    "plan_total": ("方案合计", "Plan"),
    "constant_total": ("不变合计", "Unchanged"),
    "rules": ("六 · 起约束作用的规则", "6 · Rules that bind"),
    "rules_about": (
        "“价值”为该限值放宽一个单位时目标可改善的量（由松弛问题的乘子得到，只对小的放宽成立）；为零表示单独放宽它没有用。"
        "每类规则只列价值最大的几条，最贵的规则排在最前。",
        "Worth: by how much the objective would improve if the bound gave way by one unit (a multiplier of the "
        "relaxation, good for small steps). Zero means that relief of this rule alone gains nothing. "
        "Of each rule the dearest rows are shown, the dearest rule first.",
    ),
    "rules_count": (
        "共 {rows} 条，{binding} 条起约束作用；全部见 rules.csv。",
        "{binding} of {rows} rows bind; all are in rules.csv.",
    ),
    "rules_more": ("另有 {more} 条起约束作用的未列出。", "{more} further rows that bind are not shown."),
    "no_rules": ("没有起约束作用的指标。", "No quota binds."),
    "rule": ("规则", "Rule"),
    "id": ("编号", "Id"),
    "period": ("期末年", "To"),
    "group": ("类组", "Group"),
    "grade": ("等级 {grade}", "grade {grade}"),
    "limit": ("限值", "Bound"),
    "reached": ("方案值", "Plan"),
    "slack": ("余量", "Slack"),
    "worth": ("价值（{unit}/单位）", "Worth ({unit} per unit)"),
    "worth_means": ("含义", "What it means"),
    "worth_saves": ("每放宽 1 {unit}，{goal}再降 {worth}", "each {unit} of relief lowers {goal} by {worth}"),
    "worth_shifts": ("限值每增 1 {unit}，{goal}变化 {worth}", "each {unit} more changes {goal} by {worth}"),
    "worth_nothing": ("单独放宽没有用", "relief alone gains nothing"),
    "goal_emissions": ("净排放", "net emissions"),
    "goal_cost": ("成本", "the cost"),
    "goal_other": ("目标值", "the objective"),
    "sources": ("七 · 假定与来源", "7 · Assumptions and sources"),
    "sources_about": (
        "以下输入并非直接读自公布资料；结论的可靠程度取决于它们。",
        "These inputs were not read directly in a published source; the result is as good as they are.",
    ),
    "table": ("数据表", "Table"),
    "about_what": ("内容", "What"),
    "status": ("可靠程度", "Status"),
    "count": ("条数", "Rows"),
    "source": ("来源与依据", "Source"),
    "more_sources": ("……等 {more} 种", "… and {more} more"),
    "table_factors": ("碳汇与碳储量系数", "carbon factors"),
    "table_parameters": ("参数", "parameters"),
    "table_quotas": ("规划指标", "quotas"),
    "table_transitions": ("地类转换规则", "transitions"),
    "table_context": ("社会经济背景", "context"),
    "table_activity": ("活动分配", "activity shares"),
    "table_indicators": ("指标目标", "indicator targets"),
    "table_projects": ("生态修复工程", "restoration projects"),
    "allowed": ("允许的转换", "changes allowed"),
    "barred": ("不允许的转换", "changes barred"),
    "all_published": ("全部输入均读自公布资料。", "Every input was read in a published source."),
    "corrected": ("已更正的原印数值", "Printed values that were corrected"),
    "corrected_row": (
        "{name} · {factor}：原印 {printed}，采用 {value} {unit}。{note}",
        "{name} · {factor}: printed {printed}, used {value} {unit}. {note}",
    ),
    "provenance": ("数据来历", "Provenance"),
    "footer": (
        "由三区 {version} 生成，可离线打开，全部内容都在本文件内。",
        "Made by Sanqu {version}; this file is complete and opens offline.",
    ),
    "emission_tonnes": ("吨 CO₂e", "t CO₂e"),
    "emission_unit": ("万吨 CO₂e", "kt CO₂e"),
}

SMALL_TONNES = 1e5
"""Greatest emission up to which amounts are written in tonnes."""


def emission_unit(lang: Lang, greatest_tco2e: float) -> tuple[float, str]:
    """Return what one tonne is in the unit that suits the greatest amount, and the name of the unit."""
    if greatest_tco2e < SMALL_TONNES:
        return 1.0, text(lang, "emission_tonnes")
    return {"zh": 1e-4, "en": 1e-3}[lang], text(lang, "emission_unit")


def text(lang: Lang, key: str, **values: object) -> str:
    """Return a string of the report; raises KeyError for an unknown key."""
    return TEXT[key][lang == "en"].format(**values)


def text_or_key(lang: Lang, prefix: str, key: str) -> str:
    """Return the string `prefix_key`, or the key in words where there is none."""
    known = f"{prefix}_{key}"
    return text(lang, known) if known in TEXT else key.replace("_", " ")


def number(value: object, digits: int = 1, *, signed: bool = False) -> str:
    """Write a number with thin thousands separators and a true minus; a dash where there is none."""
    if value is None or isinstance(value, bool) or not isinstance(value, Real):
        return NONE
    if not math.isfinite(value):
        return NONE
    rounded = round(float(value), digits) + 0.0
    written = f"{abs(rounded):,.{digits}f}".replace(",", THIN_SPACE)
    sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
    return sign + written


def significant(value: object, figures: int = 4, *, signed: bool = False) -> str:
    """Write a number with so many significant figures; whole numbers in full, no idle zeros."""
    if not isinstance(value, Real) or isinstance(value, bool) or not math.isfinite(value):
        return NONE
    if value == 0:
        return "0"
    digits = min(max(figures - 1 - math.floor(math.log10(abs(value))), 0), 8)
    written = number(value, digits, signed=signed)
    return written.rstrip("0").rstrip(".") if digits else written


def small(value: object) -> str:
    """Write a relative gap: 0, or two significant figures as a power of ten where it is small."""
    if not isinstance(value, Real) or isinstance(value, bool) or not math.isfinite(value):
        return NONE
    if value == 0:
        return "0"
    power = math.floor(math.log10(abs(value)))
    if power >= -3:
        return f"{value * 100:.2g}{THIN_SPACE}%".replace("-", MINUS)
    digits = str(power).replace("-", "⁻").translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{value / 10.0**power:.1f}×10{digits}".replace("-", MINUS)


def percent(share: object, digits: int = 1) -> str:
    """Write a share as a percentage."""
    if not isinstance(share, int | float) or not math.isfinite(share):
        return NONE
    return number(share * 100, digits) + THIN_SPACE + "%"
