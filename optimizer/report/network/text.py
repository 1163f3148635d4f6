"""Strings that only the report of a network plan has; the others are those of `optimizer.report.text`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizer.report.text import TEXT

if TYPE_CHECKING:
    from optimizer.results.terms import Lang

NETWORK_TEXT: dict[str, tuple[str, str]] = {
    "kicker": ("三区 · 能源选址与电网规划报告", "Sanqu · report on energy sites and the power network"),
    "facts_size": (
        "{buses} 个节点，{lines} 条线路，{candidates} 条候选线路",
        "{buses} buses, {lines} lines and links, {candidates} candidate circuits",
    ),
    "facts_time": ("{snapshots} 个时段", "{snapshots} snapshots"),
    "facts_days": ("{days} 个典型日", "{days} representative days"),
    "facts_periods": ("规划期末 {periods}", "periods ending {periods}"),
    "flow_dc": ("直流潮流", "linear power flow (DC)"),
    "flow_transport": ("运输模型", "transport model"),
    "tile_cost": ("总费用", "Cost"),
    "tile_emissions": ("供电排放", "Supply emissions"),
    "tile_weighted": ("目标值（加权）", "Objective (weighted)"),
    "tile_gap_remark": ("与最优的差距至多 {gap}", "at most {gap} from the optimum"),
    "tile_no_gap": ("已证明最优", "proven to be the least"),
    "tile_added": ("新增电源与储能", "Plant and storage added"),
    "tile_added_remark": ("新建线路 {circuits} 回", "{circuits} circuits built"),
    "tile_circuits": ("新建线路（回）", "Circuits built"),
    "tile_circuits_remark": ("候选 {offered} 回", "of {offered} offered"),
    "tile_clean": ("可再生能源发电占负荷", "Renewables, of load"),
    "tile_clean_remark": ("弃电率 {share}", "{share} curtailed"),
    "tile_supply": ("供电排放", "Supply emissions"),
    "tile_supply_remark": ("每兆瓦时负荷 {factor} tCO₂e", "{factor} tCO₂e per MWh of load"),
    "tile_year": ("{year}年", "{year}"),
    "proof_about": (
        "目标值与下界之差即任何方案至多还能改进多少。可扩建设备现有容量的投资不由方案决定，列为常数。",
        "The objective less the bound is the most by which any plan could still be better. What present capacity of "
        "extendable plant would cost is no decision and stands as the constant.",
    ),
    "objective_cost": ("费用", "Cost"),
    "objective_emissions": ("排放", "Emissions"),
    "network": ("能源与电网", "Energy and the network"),
    "network_about": (
        "与用地同时优化的新能源场址、储能、输电走廊与供电。光伏阵列、风电场与走廊带不改变地类；服务用房、基础与塔基计入用地转换。"
        "各时段数据见 network_*.csv 与 plan/network.parquet。",
        "Sites of solar, wind and storage, corridors and supply, decided together with the land. Arrays, wind farms "
        "and strips keep the class of their land; service buildings, foundations and tower feet convert it. What "
        "happens in each snapshot is in network_*.csv and plan/network.parquet.",
    ),
    "h_map": ("二 · 电网与场址", "2 · The network"),
    "h_capacity": ("三 · 电源、场址与储能", "3 · Plant, sites and storage"),
    "h_builds": ("四 · 新建线路与走廊", "4 · Lines and corridors built"),
    "h_operation": ("五 · 运行", "5 · Operation"),
    "h_supply": ("六 · 供电、排放与费用", "6 · Supply, emissions and cost"),
    "h_limits": ("七 · 约束", "7 · Limits"),
    "map_alone": ("方案中的电网。", "The network in the plan."),
    "map_joint": (
        "规划用地（淡色）上的电网、场址与走廊：线宽与点的大小表示容量",
        "Network, sites and corridors over the planned land (pale); widths and sizes show MW",
    ),
    "map_arranged": (
        "示意图，只表示连接关系：实例没有节点坐标。",
        "A diagram of what is joined to what: the instance states no places of buses.",
    ),
    "map_scaled": ("线宽与点的大小表示容量。", "Widths and sizes show MW."),
    "no_map": ("不知道节点位于何处，不绘图。", "Nothing says where buses lie: no map."),
    "legend_line": ("现有线路", "present lines"),
    "legend_link": ("联络线（直流）", "links (DC)"),
    "legend_built": ("新建线路（多回注 × 回数）", "circuits built (× where several)"),
    "legend_extended": ("扩容的线路", "lines extended"),
    "legend_left": ("未建的候选线路", "candidates not built"),
    "legend_bus": ("节点", "buses"),
    "legend_asked": ("须连通的节点", "buses that must be connected"),
    "no_plant": ("实例没有电源、场址与储能。", "The instance has no plant, sites or storage."),
    "legend_closed": ("未选的场址", "sites not used"),
    "legend_land": ("规划用地（淡色，图例见用地图）", "planned land (pale; classes as on the land-use maps)"),
    "by_technology": ("按技术", "By technology"),
    "sites_used": ("选中的场址", "Sites used"),
    "sites_about": (
        "{used} 个场址选用（共 {sites} 个），按容量列出。",
        "{used} of {sites} sites are used; the largest first.",
    ),
    "no_sites": ("未选任何场址。", "No site is used."),
    "extended": ("扩建的电源与储能", "Plant and storage extended"),
    "more_rows": ("另有 {more} 行，见 {file}。", "{more} more rows are in {file}."),
    "technology": ("技术", "Technology"),
    "name": ("名称", "Name"),
    "kind": ("类别", "Kind"),
    "bus": ("节点", "Bus"),
    "period": ("期末年", "Until"),
    "from": ("起点", "From"),
    "to": ("终点", "To"),
    "existing": ("现有 MW", "Present, MW"),
    "added": ("新增 MW", "Added, MW"),
    "capacity": ("容量 MW", "Capacity, MW"),
    "potential": ("可开发 MW", "Potential, MW"),
    "energy": ("储能 MWh", "Energy, MWh"),
    "generation": ("年电量 GWh", "Year, GWh"),
    "full_load": ("利用小时", "Full-load h"),
    "curtailed": ("弃电 GWh", "Curtailed, GWh"),
    "curtailed_share": ("弃电率", "Curtailed"),
    "circuits": ("回数", "Circuits"),
    "length": ("长度 km", "Length, km"),
    "width": ("宽度 m", "Width, m"),
    "cost": ("投资 {money}", "Cost, {money}"),
    "crossings": ("穿越的管控线", "Control lines crossed"),
    "corridor": ("走廊", "Corridor"),
    "segment": ("区段", "Segment"),
    "voltage": ("电压级", "Voltage"),
    "builds": ("新建线路与走廊", "Lines and corridors built"),
    "network_limits": ("电网约束", "Limits on the network"),
    "builds_none": ("没有新建或扩容线路。", "No line is built or extended."),
    "segments": ("开辟的走廊区段", "Segments of routes opened"),
    "builds_sum": (
        "新建 {circuits} 回，开辟走廊 {length} km（共用区段只计一次），"
        "线路与走廊共投资 {cost} {money}；{crossings} 个区段穿越管控线。",
        "{circuits} circuits; {length} km of routes, shared segments once; {cost} {money} for both; {crossings} "
        "segments cross control lines.",
    ),
    "dispatch": ("典型日出力（按技术堆叠）", "Dispatch by technology"),
    "dispatch_of": ("出力 {year}年", "Dispatch {year}"),
    "dispatch_about": (
        "自下而上为各技术出力，零线以下为储能充电，黑线为负荷，浅灰为弃电；出力高出负荷的部分为网损与充电。",
        "From below: power by technology; under zero, storage charging; black line: load; pale: curtailed. What "
        "supply gives beyond the load is stored or lost on lines.",
    ),
    "dispatch_days": (
        "每栏为一个典型日，下注其代表的天数。",
        "Each column is a representative day, with the days that it stands for.",
    ),
    "audit_about": (
        "另一套代码从原始数据表和写出的方案重新计算各节点平衡、容量、潮流、储能、约束和目标值。数字为检查项数，未通过的以红色列出。",
        "Code of its own recomputes balances, capacities, flows, storage, limits and objective from the raw tables and "
        "the written plan. Figures are numbers of checks; failed ones are in red.",
    ),
    "dispatch_merged": ("每 {merged} 个时段取平均绘制。", "Drawn as means of {merged} snapshots each."),
    "axis_power": ("功率 {unit}", "power, {unit}"),
    "axis_level": ("储能水平 {unit}", "stored, {unit}"),
    "axis_price": ("均价 {unit}", "mean price, {unit}"),
    "axis_hours": ("小时", "hours"),
    "days": ("×{days} 天", "× {days} d"),
    "duration": ("持续曲线", "Duration curves"),
    "duration_load": ("负荷与净负荷 {unit}", "load and what wind and sun leave of it, {unit}"),
    "duration_price": ("按负荷加权的电价 {unit}", "price, weighted by load, {unit}"),
    "curve_load": ("负荷", "load"),
    "curve_net": ("净负荷", "net load"),
    "loading": ("线路负载", "Loading of lines"),
    "loading_about": (
        "最繁忙的线路在各时段的潮流占限值的比例，从浅到深，粗体为新建线路；右侧为全年满载小时与最大负载率。",
        "Flow as a share of the limit by snapshot, pale to deep, for the busiest lines, circuits that are built in "
        "bold; on the right hours at the limit "
        "in a year and the peak.",
    ),
    "loading_year": ("{year}年", "{year}"),
    "loading_full": ("满载 h", "full, h"),
    "loading_peak": ("最大", "peak"),
    "prices": ("节点电价", "Nodal prices"),
    "prices_about": (
        "该节点多用 1 MWh 时{goal}增加多少，整数决策固定为方案中的值，单位 {unit}；同价的节点之间没有阻塞。"
        "按均价从高到低。",
        "By how much one more MWh at the bus raises {goal}, whole decisions fixed as in the plan, in {unit}; "
        "buses of one price "
        "have no congestion between them. The dearest first.",
    ),
    "goal_cost": ("费用", "the cost"),
    "goal_emissions": ("排放", "emissions"),
    "goal_weighted": ("目标值", "the objective"),
    "mean": ("均价", "Mean"),
    "least": ("最低", "Least"),
    "greatest": ("最高", "Greatest"),
    "free_prices": (
        "各节点电价均为零：多用一度电不增加{goal}。",
        "All prices are zero: one more MWh raises {goal} nowhere.",
    ),
    "facts_time_one": ("1 个时段", "one snapshot"),
    "idle": (
        "实例没有负荷与电源，不传输电力：只求连通。",
        "Nothing draws power and nothing feeds it: buses are only to be connected.",
    ),
    "no_prices": ("没有可用的乘子，不列电价。", "There are no multipliers: no prices."),
    "supply": ("供电与排放", "Supply and its emissions"),
    "supply_about": (
        "供电排放单独列出：本地发电加外购电按当年电网因子计。{once}",
        "Emissions of supply stand by themselves: local generation, and imports at the grid factor of the year. {once}",
    ),
    "supply_once": (
        "用电的排放只计一次：土地与活动账中的外购电力部分已被扣除，由此表取代。",
        "Electricity counts once: the purchased electricity of land and activity is taken out of the carbon ledger and "
        "replaced by this table.",
    ),
    "share_of_load": ("占负荷", "Of load"),
    "emission": ("年排放 tCO₂e", "Year, tCO₂e"),
    "cumulative": ("本期累计 tCO₂e", "Period, tCO₂e"),
    "total": ("合计", "Total"),
    "load": ("负荷", "Load"),
    "memo": (
        "备注（不计入任何合计与目标）：若 {year}年全部负荷按外购电网因子 {factor} tCO₂e/MWh 供应"
        "（对照情景“全部外购”），"
        "当年排放为 {other} tCO₂e；方案为 {own} tCO₂e，相差 {difference} tCO₂e。",
        "Memo, in no total and no objective: were all load of {year} bought from the grid at its factor of "
        "{factor} tCO₂e/MWh (the counterfactual 'all imported'), the year would emit {other} tCO₂e; the plan emits "
        "{own} tCO₂e, a difference of {difference} tCO₂e.",
    ),
    "memo_year": ("当年", "the year"),
    "costs": ("费用", "Costs"),
    "item": ("项目", "Item"),
    "investment": ("投资", "Investment"),
    "operation": ("运行（各年合计）", "Operation, all years"),
    "costs_about": (
        "{money}。可扩建设备只计新增部分的投资；运行费用为各期年数的合计。{adds}",
        "{money}. Extendable plant pays for what is added to it; operation is summed over the years of the "
        "periods. {adds}",
    ),
    "costs_add": ("合计等于目标值。", "The sum is the objective."),
    "land": ("占用土地", "Land taken"),
    "land_about": (
        "阵列、风电场与走廊带覆盖的土地，地类不变；同一公顷只承载一种。服务用地则转为设施用地。行为现状地类，列为技术，公顷。",
        "Land under arrays, wind farms and strips, which keeps its class, a hectare carrying one of them only; service "
        "land changes to the class of facilities. Rows: present class. Columns: technology. Hectares.",
    ),
    "land_converted": (
        "服务用地中 {sites} 公顷用作场址服务用房与基础，{towers} 公顷用作塔基（计入地类转移）。",
        "Of service land {sites} ha hold service buildings and foundations, and {towers} ha tower feet (they are among "
        "the transitions).",
    ),
    "land_none": ("场址与走廊没有占用方案中的土地。", "Sites and corridors take no land of the plan."),
    "limit": ("限值", "Limit"),
    "reached": ("方案值", "Reached"),
    "route_cost": ("走廊投资 {money}", "Its route, {money}"),
    "worth": ("价值（每年）", "Worth, a year"),
    "percentage_point": ("百分点", "percentage point"),
    "worth_rises": ("每提高 1 {unit}，{goal}每年增加 {amount}", "one more {unit} raises {goal} by {amount} a year"),
    "worth_falls": ("每提高 1 {unit}，{goal}每年减少 {amount}", "one more {unit} lowers {goal} by {amount} a year"),
    "limits_about": (
        "价值为限值增加一个单位时目标值每年的变化，整数决策固定为方案中的值；为零表示单独放宽它没有用。",
        "The worth of a limit is by how much the objective changes in a year for one more unit of it, whole decisions "
        "fixed as in the plan; zero: nothing is gained by relaxing it alone.",
    ),
    "holds": ("满足", "holds"),
    "broken": ("未满足", "broken"),
    "no_limits": ("实例没有对电网整体的约束。", "The instance limits nothing of the network as a whole."),
    "provenance": ("数据说明", "About the data"),
}


def network_text(lang: Lang, key: str, **values: object) -> str:
    """Return a string of the report; raises KeyError for an unknown key."""
    return (NETWORK_TEXT.get(key) or TEXT[key])[lang == "en"].format(**values)
