"""Every string of the study page in Chinese and English."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optimizer.results.terms import Lang

TEXT: dict[str, tuple[str, str]] = {
    "kicker": ("三区 · 情景研究", "Sanqu · what-if study"),
    "counts": ("{scenarios} 个情景，{plans} 个有方案", "{scenarios} scenarios, {plans} with a plan"),
    "base": ("基础实例 {base}", "base instance {base}"),
    "reference_is": ("参照情景：{title}", "held against: {title}"),
    "all_audited": ("全部方案通过独立核验", "every plan passed the independent audit"),
    "not_all_audited": ("{failed} 个方案未通过独立核验", "{failed} plans failed the independent audit"),
    "scenarios": ("情景", "Scenarios"),
    "compared": ("比较了什么", "What is compared"),
    "no_changes": ("不作改动", "no changes"),
    "starts_from": ("承自 {title}", "starts from {title}"),
    "outcome": ("求解结果", "How they ended"),
    "outcome_about": (
        "方案值与界之间是证明留下的余地。“与参照之差”是两个方案值之差；“最优值之差”是由两者的界证明的区间："
        "只有区间不含零时，两个情景孰优才是已证明的。",
        "Between value and bound lies what the proof leaves open. The difference is that of two plans; the interval is "
        "what the bounds of both prove of the two optima. Which scenario is better is proven only where it does not "
        "contain zero.",
    ),
    "scenario": ("情景", "Scenario"),
    "status": ("状态", "Status"),
    "objective": ("方案值", "Value"),
    "bound": ("界", "Bound"),
    "gap": ("相对差距", "Gap"),
    "audit": ("核验", "Audit"),
    "difference": ("与参照之差", "Less the reference"),
    "interval": ("最优值之差（已证明）", "Difference of optima (proven)"),
    "passed": ("通过", "passed"),
    "failed": ("未通过", "failed"),
    "reference": ("参照", "reference"),
    "status_optimal": ("已证明最优（在要求的误差内）", "proven optimal within the gap asked for"),
    "status_feasible": ("可行", "feasible"),
    "status_infeasible": ("无可行方案", "infeasible"),
    "status_unbounded": ("无界", "unbounded"),
    "status_no_plan": ("未得到方案", "no plan found"),
    "status_error": ("出错", "error"),
    "status_failed": ("失败", "failed"),
    "status_left_out": ("未作（限值为 0）", "left out: it is 0"),
    "why_not": ("没有方案的情景", "Scenarios without a plan"),
    "other_account": (
        "{title}：{keys} 与参照情景不同，目标值出自另一本账，其差不说明孰优。",
        "{title}: {keys} differ from those of the reference, so its value is of another account, and the difference "
        "does not say which is better.",
    ),
    "undone": ("未能完成的分析", "What could not be done"),
    "indicators": ("指标", "Indicators"),
    "indicators_about": (
        "全域指标。每格上行为规划值，下行小字为与参照情景之差。分区指标见 csv/indicators.csv。",
        "Indicators of the whole area. The small figure below each value is its difference to the reference. Regions "
        "stand in csv/indicators.csv.",
    ),
    "indicator": ("指标", "Indicator"),
    "unit": ("单位", "Unit"),
    "present": ("现状", "Present"),
    "ledger": ("碳账", "Carbon ledger"),
    "ledger_about": (
        "累计排放（{unit}），负数为吸收；小字为与参照情景之差。",
        "Cumulative emissions in {unit}, uptake negative; small figures: difference to the reference.",
    ),
    "component": ("分项", "Component"),
    "total": ("合计", "Total"),
    "land": ("期末用地", "Land at the end"),
    "land_about": (
        "各类组面积（公顷），小字为与参照情景之差；逐地类见 csv/land_by_class.csv。",
        "Hectares by group of classes, small figures: difference to the reference; single classes stand in "
        "csv/land_by_class.csv.",
    ),
    "group": ("类组", "Group"),
    "network": ("电网", "Network"),
    "network_about": (
        "容量、电量、排放与成本，小字为与参照情景之差。",
        "Capacity, energy, emissions and costs; small figures: difference to the reference.",
    ),
    "item": ("项目", "Item"),
    "period": ("期末年", "To"),
    "quantity_capacity": ("装机容量", "capacity"),
    "quantity_generation": ("年发电量", "generation of a year"),
    "quantity_curtailed": ("年弃电量", "curtailed in a year"),
    "quantity_emission": ("年排放", "emissions of a year"),
    "quantity_cost": ("成本", "cost"),
    "decisions": ("选址与建设", "Sites and builds"),
    "decisions_about": (
        "{all} 项为所有方案选用，{some} 项仅为部分方案选用。数值为选用的份额、回数或容量（MW）；"
        "全部见 csv/decisions.csv。",
        "{all} are chosen by every plan, {some} by some only. Figures are the share, circuits or capacity (MW) chosen; "
        "all are in csv/decisions.csv.",
    ),
    "only_some": ("仅部分方案选用", "Chosen by some plans only"),
    "kind": ("类别", "Kind"),
    "name": ("名称", "Name"),
    "chosen_in": ("选用情景数", "Chosen in"),
    "kind_unit": ("规划单元", "unit"),
    "kind_selection": ("规划单元", "unit"),
    "kind_minimum_lot": ("最小转换地块", "minimum lot"),
    "kind_project": ("修复工程", "project"),
    "kind_restoration_project": ("修复工程", "restoration project"),
    "kind_site_opening": ("新建场站", "site"),
    "kind_segment_opening": ("走廊区段", "segment of a corridor"),
    "kind_candidate_circuits": ("新建线路", "new circuits"),
    "maps": ("各情景的变化", "What each scenario changes"),
    "maps_about": (
        "同一比例尺、同一配色：单元按转入最多的地类着色，颜色越深，改变的比例越大。",
        "One scale and one set of colours: each zone in the colour of the class it gains most, the deeper the more of "
        "it changes.",
    ),
    "maps_units": ("同一比例尺：各情景选用的规划单元。", "One scale: the units that each scenario chooses."),
    "maps_network": (
        "同一比例尺，线宽与圆的大小可相互比较。",
        "One scale; widths of lines and sizes of sites can be compared between maps.",
    ),
    "more_maps": ("其余 {more} 个情景未绘图。", "{more} further scenarios are not drawn."),
    "unchanged": ("不变", "unchanged"),
    "agreement": ("方案的一致与分歧", "Where plans agree and differ"),
    "agreement_about": (
        "对 {count} 个有方案的情景逐单元比较。“相同的改变”是所有方案都作出的同类转换（取各方案面积的最小值）；"
        "“仅部分”是改变最多的方案超出该部分的面积。",
        "The {count} plans compared zone by zone. Common is what all plans move from one class to another (the least "
        "of their areas); in some only is what the plan that changes most changes beyond that.",
    ),
    "all_alike": ("各情景均改变，且转入同一地类", "all change it, to the same class"),
    "all_differ": ("各情景均改变，但转入地类不同", "all change it, to different classes"),
    "some": ("部分情景改变", "some change it:"),
    "none": ("无情景改变", "none changes it"),
    "zones": ("单元数", "Zones"),
    "area_ha": ("面积（公顷）", "Area (ha)"),
    "common_ha": ("相同的改变（公顷）", "Common (ha)"),
    "differing_ha": ("仅部分（公顷）", "In some only (ha)"),
    "from": ("现状地类", "From"),
    "to": ("规划地类", "To"),
    "transitions": ("转移面积对比（公顷）", "Transitions (ha)"),
    "fronts": ("帕累托前沿", "Pareto fronts"),
    "front_about": (
        "每点为一个已核验的方案；虚线连到其证明的界，没有方案能在各目标上同时好过界。连线只为便于阅读。",
        "Each point is an audited plan; broken lines lead to what is proven: no plan is better in every goal at once "
        "by more than that. The line between points only guides the eye.",
    ),
    "front_one": (
        "就所证明的界而言，各目标不相冲突：前沿只有一点。",
        "As far as the bounds prove, the goals do not conflict: the front is one point.",
    ),
    "front_lacking": (
        "有 {lacking} 个端点未求得，前沿不完整（原因见“未能完成的分析”）。",
        "{lacking} of its ends were not found, so the front is not complete; why stands under what could not be done.",
    ),
    "knee": ("拐点", "knee"),
    "point": ("点", "Point"),
    "alternatives": ("近优备选方案", "Near-optimal alternatives"),
    "alternatives_about": (
        "{plans} 个方案（含最优方案），均不超过最优值的 {within}（相对于差距的基数）。比例只是所得方案中的频率；"
        "“必”“不可”是对该限度内一切方案的证明。",
        "{plans} plans, the best among them, within {within} of it (relative to what gaps are relative to). Shares are "
        "frequencies among these plans; must and cannot are proven for every plan within the limit.",
    ),
    "plan": ("方案", "Plan"),
    "distance": ("此前方案所无的用途", "Uses that those before have not"),
    "distance_decisions": ("与此前方案不同的选择", "Choices that differ from those before"),
    "distance_bound": ("其上界", "at most"),
    "differs": ("与最近方案的差异", "Differs from the nearest by"),
    "must change": ("必改变（已证明）", "must change (proven)"),
    "cannot change": ("不可改变（已证明）", "cannot change (proven)"),
    "must": ("必选（已证明）", "must (proven)"),
    "cannot": ("不可选（已证明）", "cannot (proven)"),
    "frequency_low": ("平均改变比例 0", "changed on average 0"),
    "frequency_high": ("100 %", "100 %"),
    "never_found": ("所得方案均不改变", "changed in none of these plans"),
    "verdict": ("已证明", "Proven"),
    "share_of_plans": ("选用的方案比例", "Share of plans"),
    "zone_counts": (
        "{must} 个单元必改变，{cannot} 个不可改变，其余 {open} 个未定。",
        "{must} zones must change, {cannot} cannot, {open} are open.",
    ),
    "ranges": ("近优范围", "Ranges within a tolerance"),
    "ranges_about": (
        "在不超过最优值 {within} 的方案中各量的最小与最大。深色为已找到的方案，浅色为证明不能排除的部分，"
        "竖线为最优方案。",
        "The least and the greatest in plans within {within} of the best. Dark: found in plans; pale: not excluded by "
        "proof; the mark: the best plan.",
    ),
    "measure": ("量", "Measure"),
    "best_plan": ("最优方案", "Best plan"),
    "least": ("最小（界）", "Least (bound)"),
    "greatest": ("最大（界）", "Greatest (bound)"),
    "robust": ("稳健方案", "Robust plans"),
    "robust_about": (
        "{factors} 个不确定系数，预算为可同时取最不利值的个数。最坏情形对该预算内的一切取值成立；虚线为其界。"
        "抽样为 {samples} 组在区间内均匀、独立的系数，每组重新核算；给出的其他方案同样评估。",
        "{factors} uncertain factors; the budget is how many of them may be at their worst at once. The worst case "
        "holds for every value within the budget; broken: its bound. Samples: {samples} draws of the factors, uniform "
        "and independent within their ranges, the account made anew for each; so for further plans that are given.",
    ),
    "budget": ("预算", "Budget"),
    "nominal": ("名义值", "Nominal"),
    "worst": ("最坏情形", "Worst case"),
    "worst_bound": ("最坏情形的界", "its bound"),
    "mean": ("抽样均值", "Mean"),
    "p95": ("95 分位", "95th percentile"),
    "met": ("满足需求的抽样", "Demand met"),
    "short_ha": ("平均缺口（公顷）", "Short on average (ha)"),
    "robust_demand": (
        "{demands} 项增长需求不确定：每行需求按预算防护；表中列出抽样需求得到满足的比例与平均缺口。",
        "{demands} growth demands are uncertain: a budget protects each row of them; the table tells in what part of "
        "the samples all are met, and how much is short on average.",
    ),
    "demand_unmet": ("未满足该情况的需求", "does not meet this demand"),
    "breaks_rules": ("不满足本情景的规则", "breaks rules of this scenario"),
    "plan_of_budget": ("方案（数字为其预算）", "plan (a number: its budget)"),
    "sampled": ("抽样分布（5–25–50–75–95 分位）", "samples (percentiles 5, 25, 50, 75, 95)"),
    "regret": ("最小最大后悔", "Minimax regret"),
    "regret_about": (
        "每格为一个方案在一种情况下比该情况所得最优方案多出的量。",
        "Each cell is by how much a plan is worse than the best one found of a state of the world.",
    ),
    "regret_bound": (
        "没有方案的最大后悔能低于 {bound}（已证明，以各情况的所得最优值计）。",
        "No plan has a greatest regret below {bound} (proven, counted from the values found).",
    ),
    "regret_impossible": (
        "没有方案能同时满足各情况的需求（已证明）。",
        "No plan meets the demand of every state of the world (proven).",
    ),
    "rules_at_nominal": (
        "{rules}按系数表中的值计算；系数取其他值时，方案不一定满足。",
        "Kept at the factors of the table, so that plans may break them under others: {rules}.",
    ),
    "greatest_regret": ("最大后悔", "Greatest regret"),
    "worth": ("约束的价值", "Worth of limits"),
    "worth_about": (
        "斜率由改变限值后重新求解得到：限值每增加一个单位，方案值的变化，括号内为由界证明的区间；乘子为松弛问题的斜率。",
        "Slopes by solving again with the limit shifted: what one more unit of the limit changes, in brackets what the "
        "bounds prove; the multiplier is the slope of the relaxation.",
    ),
    "limit": ("限值", "Limit"),
    "limit_value": ("数值", "Value"),
    "slope_below": ("减小一侧", "Slope below"),
    "slope_above": ("增大一侧", "Slope above"),
    "per_unit": ("/单位限值", " per unit"),
    "multiplier": ("乘子", "Multiplier"),
    "limit_scale": ("限值的倍数", "limit, times its value"),
    "left_out": ("另有 {more} 项见 csv/{file}.csv。", "{more} more are in csv/{file}.csv."),
    "scenario_of": ("情景：{title}", "scenario: {title}"),
    "ledgers": ("措施减排账", "Ledger of measures"),
    "ledgers_about": (
        "先按给定次序逐项累加，再各自单独实施；括号内为由界证明的区间。相互作用为全部实施之效果减各自效果之和。",
        "Measures one after another in the order given, then each alone; in brackets what the bounds prove. The "
        "interaction is the effect of all together less the sum of each alone.",
    ),
    "line": ("行", "Line"),
    "effect": ("目标值的变化", "Change of the objective"),
    "line_start": ("起点", "start"),
    "line_step": ("累加", "added"),
    "line_alone": ("单独", "alone"),
    "line_sum": ("单独之和", "sum of each alone"),
    "line_together": ("全部", "all together"),
    "line_interaction": ("相互作用", "interaction"),
    "pathways": ("排放路径", "Emissions year by year"),
    "pathway_about": (
        "各情景的年净排放；一次性储量变化计入累计，除非研究文件要求分摊到各年。碳达峰规则比较各期末年，期内年份可能略高。",
        "Net emissions of each year by scenario. One-off changes of stocks count in the cumulative sum. The peak rule"
        " compares the ends of periods, so years between may lie a little higher.",
    ),
    "transmissions": ("指标分解传导", "Quotas handed down"),
    "transmission_about": (
        "{rule}逐级分解到下级行政区；数值单位同该指标。",
        "How {rule} is handed down to the regions below; figures in the unit of the quota.",
    ),
    "transmission_shown": (
        "按此分解重新求解得 {split} {unit}，下级不设指标时为 {free} {unit}。",
        "Solved again under this split: {split} {unit}; without quotas below: {free} {unit}.",
    ),
    "transmission_saves": (
        "下级不设指标时，与原下达指标相比节省 {saving} {unit}（由界证明在 {saving_least} 与 {saving_greatest} 之间）。",
        "Without quotas below a plan saves {saving} {unit} against those given (proven between {saving_least} and "
        "{saving_greatest}).",
    ),
    "transmission_cut": (
        "不属于任何下级行政区的土地在吸收碳，故下级指标按总体压减，方案因此变为 {split} {unit}（不压减为 {free}）。",
        "Land of none of these regions takes up carbon, so their parts are cut to fit: {split} {unit}, {free} uncut.",
    ),
    "level_national": ("国家", "nation"),
    "level_province": ("省", "province"),
    "level_city": ("市", "city"),
    "level_county": ("县（区）", "county"),
    "level_township": ("乡镇（街道）", "township"),
    "level_village": ("村", "village"),
    "year": ("年份", "year"),
    "annual": ("年净排放", "Net emissions"),
    "per_year": ("/年", "/yr"),
    "peak_year": ("达峰年", "Peak year"),
    "peak_annual": ("峰值", "Peak"),
    "falls_after": ("此后逐年不升", "Rises in no year after"),
    "falls_by_period": ("此后逐期不升", "Rises in no period after"),
    "zero_year": ("首次归零", "First at zero"),
    "end_annual": ("末年", "End year"),
    "cumulative": ("累计", "Cumulative"),
    "yes": ("是", "yes"),
    "no": ("否", "no"),
    "footer": (
        "由三区 {version} 生成，可离线打开；全部表格另见 study.xlsx 与 csv/。",
        "Made by Sanqu {version}; this file opens offline. All tables are in study.xlsx and csv/ too.",
    ),
}


def status_words(status: str, lang: Lang) -> str:
    """Return how a solve ended, in words; as it stands where there are none."""
    known = f"status_{status}"
    return say(lang, known) if known in TEXT else status


def level_words(level: str, lang: Lang) -> str:
    """Return the level of a region in words; as it stands where there are none."""
    known = f"level_{level}"
    return say(lang, known) if known in TEXT else level


def say(lang: Lang, key: str, **values: object) -> str:
    """Return a string of the page; raises KeyError for an unknown key."""
    return TEXT[key][lang == "en"].format(**values)
