"""Every table of an instance, column by column: the one source of validation and documentation.

A `Table` names its part, file stem, key and `Column`s. `validate.check_table` turns
these into pandera schemas; `docs/instance-format.md` is generated from them, so that a
column exists in one place only.

三区实例的全部数据表：字段、单位、取值与说明都只在这里定义一次。
"""

from __future__ import annotations

from dataclasses import dataclass

Status = ("published", "computed", "recalled", "assumed", "made")
"""How well a value is founded: read in a source, derived from one, remembered, set by judgement, or synthetic."""

SENSES = (">=", "<=", "==")
RED_LINE = ("", "core", "general")
BUILT_KINDS = ("", "city", "town", "village", "mining", "special")
SETTINGS = ("", "urban", "rural", "linear", "energy", "mining")
FACTORS = ("sink", "stock", "soil_share", "ramp_years", "embodied", "volume")
TECHNOLOGIES = ("solar", "wind", "storage")
QUOTA_RULES = (
    "cropland_retention",
    "compensation",
    "compensation_grade",
    "compensation_bank",
    "linked_quota",
    "construction_total",
    "construction_increment",
    "construction_intensity",
    "growth_demand",
    "redevelopment_share",
    "floor",
    "ceiling",
    "loss_cap",
    "gain_cap",
    "restoration_area",
    "carbon_cap",
    "budget",
)


@dataclass(frozen=True)
class Column:
    """One column: `kind` is text, id, number, integer or flag (0/1)."""

    name: str
    kind: str
    about: str
    about_zh: str
    unit: str = ""
    required: bool = True
    default: object = None
    values: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    refers_to: str = ""
    """`table.column` in which every non-empty value must be found."""


@dataclass(frozen=True)
class Table:
    """One table of a part; `optional` ones may be absent and are then empty."""

    part: str
    name: str
    key: tuple[str, ...]
    about: str
    about_zh: str
    columns: tuple[Column, ...]
    optional: bool = False
    geometry: bool = False

    def column(self, name: str) -> Column:
        """Return the column called `name`; raises KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table {self.name} has no column {name}")


def _text(name: str, about: str, zh: str, **more: object) -> Column:
    return Column(name, "text", about, zh, **more)  # type: ignore[arg-type]


def _id(name: str, about: str, zh: str, **more: object) -> Column:
    return Column(name, "id", about, zh, **more)  # type: ignore[arg-type]


def _number(name: str, unit: str, about: str, zh: str, **more: object) -> Column:
    return Column(name, "number", about, zh, unit=unit, **more)  # type: ignore[arg-type]


def _integer(name: str, about: str, zh: str, **more: object) -> Column:
    return Column(name, "integer", about, zh, **more)  # type: ignore[arg-type]


def _flag(name: str, about: str, zh: str, **more: object) -> Column:
    return Column(name, "flag", about, zh, required=False, default=0, **more)  # type: ignore[arg-type]


def _optional(column: Column, default: object = "") -> Column:
    return Column(
        **{**{f: getattr(column, f) for f in column.__dataclass_fields__}, "required": False, "default": default}
    )


_SOURCE = _text("source", "where the value was read, or how it was set", "来源")
_STATUS = _text("status", "how well it is founded", "可靠程度", values=Status)
_NOTE = _optional(_text("note", "what a reader should know", "备注"))

ZONES = Table(
    "land",
    "zones",
    ("zone",),
    "Pieces of land, homogeneous in every control line; geometry is a polygon in the instance's CRS",
    "空间单元：被控制线切割后均质的地块",
    (
        _id("zone", "name of the zone", "单元编号"),
        _id("region", "administrative region the zone lies in (a leaf of `regions`)", "行政区", refers_to="regions.region"),
        _optional(_text("red_line", "ecological protection red line: core, general or outside", "生态保护红线：核心区、一般区", values=RED_LINE)),
        _flag("farmland", "1 inside permanent basic farmland", "永久基本农田"),
        _flag("boundary", "1 inside the urban development boundary", "城镇开发边界内"),
        _optional(_integer("slope_class", "1 (<=2 deg), 2 (2-6), 3 (6-15), 4 (15-25), 5 (>25), as GDPDJB", "坡度级别", minimum=1, maximum=5), 1),
        _optional(_integer("grade", "grade of the cropland present, 1 best; 0 where there is none", "耕地质量等别", minimum=0, maximum=15), 0),
        _optional(_integer("potential_grade", "grade that new cropland would reach here; 0 = unfit for cropland", "可达耕地等别", minimum=0, maximum=15), 0),
        _optional(_text("built_kind", "what the built land present belongs to (CZCSXM 201, 202, 203, 204, 205)", "城镇村属性", values=BUILT_KINDS)),
        _flag("retirement", "1 where cropland may be retired to nature (退耕)", "可退耕"),
        _flag("afforestable", "1 where rainfall and soil carry forest", "宜林"),
        _flag("whole", "1 where the zone holds one class and changes as a whole or not at all", "整块转换"),
        _optional(_number("min_lot_ha", "ha", "least area that may change to any one class in one period; 0 = none", "最小转换面积", minimum=0.0), 0.0),
        _optional(_number("area_ha", "ha", "area of the zone, which its cover must add up to; 0 = take the cover's sum", "面积", minimum=0.0), 0.0),
        _optional(_number("cost_factor", "1", "multiplies the cost of every move in the zone", "成本系数", minimum=0.0), 1.0),
    ),
    geometry=True,
)

COVER = Table(
    "land",
    "cover",
    ("zone", "class"),
    "Present area by class in each zone",
    "现状地类面积",
    (
        _id("zone", "zone", "单元", refers_to="zones.zone"),
        _id("class", "land class", "地类", refers_to="classes.class"),
        _number("area_ha", "ha", "area", "面积", minimum=0.0),
    ),
)

CLASSES = Table(
    "land",
    "classes",
    ("class",),
    "The land classes this instance works with, at any level of any scheme",
    "本实例采用的地类",
    (
        _id("class", "name of the class within the instance", "地类"),
        _text("scheme", "classification the code belongs to: third_survey, gbt2023 or another name", "分类体系"),
        _text("code", "code in the scheme (the schemes reuse digits, so never read it alone)", "代码"),
        _text("name_zh", "Chinese name", "中文名"),
        _text("name_en", "English name", "英文名"),
        _text("group", "leaf of the group tree (`tables/groups.csv`) that rules refer to", "类组"),
        _optional(_text("setting", "what new land of the class counts as for the urban boundary and the linked quota", "城乡属性", values=SETTINGS)),
        _optional(_text("color", "map colour as #rrggbb", "图面颜色")),
    ),
)

TRANSITIONS = Table(
    "land",
    "transitions",
    ("from", "to"),
    "Which class may become which; a pair that is absent is not allowed",
    "地类转换规则",
    (
        _id("from", "present class", "原地类", refers_to="classes.class"),
        _id("to", "new class", "新地类", refers_to="classes.class"),
        _flag("allowed", "1 where the change is allowed", "是否允许"),
        _optional(_number("cost_wanyuan_per_ha", "10k CNY/ha", "cost of the change", "转换成本"), 0.0),
        _flag("restoration", "1 where the change restores nature and may be credited with a gain of carbon stock", "生态修复"),
        _optional(_text("condition", "0/1 column of `zones` that must be 1 for the change", "条件字段")),
        _text("reason", "why it is allowed or not", "理由"),
        _SOURCE,
        _STATUS,
    ),
)

FACTORS_TABLE = Table(
    "land",
    "factors",
    ("class", "region", "factor"),
    "Carbon and stand factors by class; a row for a region overrides the row for `*`, a child region its parent",
    "碳汇与碳储量系数",
    (
        _id("class", "land class", "地类", refers_to="classes.class"),
        _id("region", "region, or * for all", "行政区"),
        _text("factor", "sink (positive = uptake), stock, soil_share of the stock, ramp_years of a new sink, embodied carbon of construction, volume of timber", "系数", values=FACTORS),
        _number("value", "see unit", "value", "数值"),
        _text("unit", "tC/ha/yr or tCO2/ha/yr (sink), tC/ha or tCO2/ha (stock, embodied), 1 (soil_share), yr (ramp_years), m3/ha (volume)", "单位"),
        _SOURCE,
        _STATUS,
        _optional(_text("printed", "the value as printed where it was corrected", "原印数值")),
        _NOTE,
    ),
)

PARAMETERS = Table(
    "land",
    "parameters",
    ("parameter",),
    "Scalars of the carbon account; those absent take the shipped defaults (`tables/parameters.csv`)",
    "标量参数",
    (
        _id("parameter", "name", "参数"),
        _number("value", "see unit", "value", "数值"),
        _text("unit", "unit", "单位"),
        _SOURCE,
        _STATUS,
        _NOTE,
    ),
    optional=True,
)

QUOTAS = Table(
    "land",
    "quotas",
    ("id",),
    "Planning quotas; each row switches its rule on for its region and period",
    "规划指标",
    (
        _id("id", "name of the quota", "编号"),
        _text("rule", "rule the value belongs to (see docs/mathematics.md)", "规则", values=QUOTA_RULES),
        _id("region", "region at any level of the tree", "行政区", refers_to="regions.region"),
        _optional(_integer("period", "end year of the period; 0 = the last one, for caps per period every one", "期末年", minimum=0), 0),
        _optional(_text("group", "group or class the quota counts; empty where the rule fixes it", "类组")),
        _optional(_integer("grade", "cropland grade, for a bank by grade; 0 = any", "等别", minimum=0, maximum=15), 0),
        _text("sense", "sense of the bound", "方向", values=SENSES),
        _number("value", "see unit", "bound", "数值"),
        _text("unit", "ha, share, tCO2e, 10k CNY or 1 as the rule asks", "单位"),
        _SOURCE,
        _STATUS,
    ),
    optional=True,
)

REGIONS = Table(
    "land",
    "regions",
    ("region",),
    "Administrative tree; exactly one root",
    "行政区层级",
    (
        _id("region", "name of the region", "行政区"),
        _optional(_id("parent", "region above; empty for the root", "上级", refers_to="regions.region")),
        _text("level", "national, province, city, county, township, village or other", "层级"),
        _text("name_zh", "Chinese name", "中文名"),
        _text("name_en", "English name", "英文名"),
    ),
)

CONTEXT = Table(
    "land",
    "context",
    ("item", "region", "year"),
    "Facts and forecasts that no decision changes: population, GDP, emissions, ...",
    "社会经济背景",
    (
        _text("item", "population, urban_population, gdp, gdp_per_capita, carbon_intensity, emissions, energy_use, renewable_energy, forest_stock_volume, land_area, published_sink:<group>, ...", "项目"),
        _id("region", "region", "行政区", refers_to="regions.region"),
        _integer("year", "year", "年份"),
        _number("value", "see unit", "value", "数值"),
        _text("unit", "unit", "单位"),
        _SOURCE,
        _STATUS,
        _NOTE,
    ),
    optional=True,
)

ACTIVITY = Table(
    "land",
    "activity",
    ("end_use", "sector", "scope", "region"),
    "How the present emissions of the whole instance divide by end use, inventory sector and scope",
    "现状排放按终端用途、清单部门和范围的分配",
    (
        _text("end_use", "industry, transport, living, services, ...", "终端用途"),
        _text("sector", "inventory sector: energy, industrial_processes, agriculture, waste", "清单部门"),
        _integer("scope", "1 direct, 2 purchased electricity and heat, counted at the consumer", "范围", minimum=1, maximum=2),
        _id("region", "region in which it is counted", "行政区", refers_to="regions.region"),
        _number("share", "1", "share of the base-year emissions of the whole instance; all rows add to 1", "占比", minimum=0.0, maximum=1.0),
        _text("group", "group of built land that carries it", "承载类组"),
        _SOURCE,
        _STATUS,
    ),
    optional=True,
)

ZONE_COSTS = Table(
    "land",
    "zone_costs",
    ("zone", "to"),
    "Cost of arriving in a class that depends on the place (negative = a benefit); added to the cost of the transition",
    "逐单元转换成本",
    (
        _id("zone", "zone", "单元", refers_to="zones.zone"),
        _id("to", "new class", "新地类", refers_to="classes.class"),
        _number("cost_wanyuan_per_ha", "10k CNY/ha", "cost", "成本"),
    ),
    optional=True,
)

INDICATORS = Table(
    "land",
    "indicators",
    ("code", "region"),
    "Targets that are shown with their gap and never enforced",
    "指标目标（只展示差距，不作约束）",
    (
        _text("code", "indicator code as in indicators.csv (A-01, B-23, sink_total, ...)", "指标代码"),
        _id("region", "region", "行政区", refers_to="regions.region"),
        _integer("year", "target year", "目标年"),
        _number("value", "see unit", "target", "目标值"),
        _text("unit", "unit", "单位"),
        _SOURCE,
        _STATUS,
    ),
    optional=True,
)

UNITS = Table(
    "restoration",
    "units",
    ("unit",),
    "Planning units that restoration chooses (not zones)",
    "生态修复规划单元",
    (
        _id("unit", "name of the unit", "单元"),
        _optional(_number("cost", "cost unit of the study", "cost of choosing the unit", "成本", minimum=0.0), 0.0),
        _number("area_ha", "ha", "area", "面积", minimum=0.0),
        _optional(_text("status", "free, locked_in or locked_out", "状态", values=("", "free", "locked_in", "locked_out"))),
    ),
    geometry=True,
)

UNIT_ZONE = Table(
    "restoration",
    "unit_zone",
    ("unit", "zone"),
    "Which zones a unit stands on",
    "规划单元与空间单元的对应",
    (
        _id("unit", "unit", "单元", refers_to="units.unit"),
        _id("zone", "zone", "空间单元", refers_to="zones.zone"),
        _optional(_number("share", "1", "share of the zone that lies in the unit", "占比", minimum=0.0, maximum=1.0), 1.0),
    ),
    optional=True,
)

PROJECTS = Table(
    "restoration",
    "projects",
    ("project",),
    "Restoration projects, opened or not",
    "生态修复工程",
    (
        _id("project", "name of the project", "工程"),
        _text("name_zh", "Chinese name", "中文名"),
        _text("name_en", "English name", "英文名"),
        _text("members", "units of the project, separated by ;", "成员单元"),
        _text("to", "classes that the project restores to, separated by ;", "修复目标地类"),
        _number("min_area_ha", "ha", "least area if opened", "最小面积", minimum=0.0),
        _number("max_area_ha", "ha", "greatest area if opened", "最大面积", minimum=0.0),
        _optional(_number("cost_wanyuan", "10k CNY", "fixed cost of opening", "固定成本", minimum=0.0), 0.0),
        _optional(_text("prerequisites", "projects that must be open no later, separated by ;", "前置工程")),
        _SOURCE,
        _STATUS,
    ),
    optional=True,
)

FEATURES = Table(
    "restoration",
    "features",
    ("feature",),
    "What the chosen units should hold: species, habitats, sink, water retention",
    "保护与修复对象",
    (
        _id("feature", "feature", "对象"),
        _optional(_text("name_zh", "Chinese name", "中文名")),
        _optional(_text("name_en", "English name", "英文名")),
        _optional(_number("target", "unit of the amounts", "amount to be held", "目标量"), 0.0),
        _optional(_number("weight", "1", "weight in shortfall and utility objectives", "权重", minimum=0.0), 1.0),
    ),
    optional=True,
)

AMOUNTS = Table(
    "restoration",
    "amounts",
    ("unit", "feature", "management_zone"),
    "How much of a feature a unit holds, by management zone",
    "单元内对象数量",
    (
        _id("unit", "unit", "单元", refers_to="units.unit"),
        _id("feature", "feature", "对象", refers_to="features.feature"),
        _optional(_id("management_zone", "management zone", "管理分区")),
        _number("amount", "unit of the feature", "amount", "数量"),
    ),
    optional=True,
)


def _pairs(name: str, value: str, unit: str, about: str, zh: str) -> Table:
    return Table(
        "restoration",
        name,
        ("unit_a", "unit_b"),
        about,
        zh,
        (
            _id("unit_a", "unit", "单元甲", refers_to="units.unit"),
            _id("unit_b", "unit (the same one for an outer edge)", "单元乙", refers_to="units.unit"),
            _number(value, unit, value, "数值"),
        ),
        optional=True,
    )


BOUNDARY = _pairs("boundary", "length_m", "m", "Shared boundary of two units, or the outer edge of one", "单元共边长度")
CONNECTIVITY = _pairs("connectivity", "value", "1", "Connectivity from one unit to another", "单元连通度")

_BUS = _id("bus", "bus", "节点", refers_to="buses.bus")
_NAME_CAPEX = (
    _optional(_number("capital_cost", "10k CNY/MW", "cost of new capacity", "单位投资", minimum=0.0), 0.0),
    _optional(_number("marginal_cost", "10k CNY/MWh", "cost of energy", "边际成本"), 0.0),
)

BUSES = Table(
    "network",
    "buses",
    ("bus",),
    "Substations and other nodes of the power network",
    "电网节点",
    (
        _id("bus", "name", "节点"),
        _optional(_number("voltage_kv", "kV", "nominal voltage", "电压等级", minimum=0.0), 0.0),
        _number("x_m", "m", "easting in the instance's CRS", "横坐标"),
        _number("y_m", "m", "northing in the instance's CRS", "纵坐标"),
    ),
)
GENERATORS = Table(
    "network",
    "generators",
    ("generator",),
    "Existing plant",
    "现有电源",
    (
        _id("generator", "name", "电源"),
        _BUS,
        _text("technology", "technology", "技术"),
        _number("capacity_mw", "MW", "capacity", "装机", minimum=0.0),
        *_NAME_CAPEX,
        _optional(_number("emission_tco2_per_mwh", "tCO2/MWh", "emission factor", "排放因子", minimum=0.0), 0.0),
        _optional(_id("profile", "profile of availability; empty = always", "出力曲线")),
    ),
    optional=True,
)
_CIRCUIT = (
    _id("from_bus", "bus", "起点", refers_to="buses.bus"),
    _id("to_bus", "bus", "终点", refers_to="buses.bus"),
    _optional(_number("reactance_ohm", "ohm", "series reactance of one circuit; 0 for a transport link", "电抗", minimum=0.0), 0.0),
    _number("capacity_mw", "MW", "capacity of one circuit", "容量", minimum=0.0),
    _optional(_number("loss_share", "1", "share of the energy lost", "损耗率", minimum=0.0, maximum=1.0), 0.0),
)
LINES = Table(
    "network",
    "lines",
    ("line",),
    "Existing circuits",
    "现有线路",
    (_id("line", "name", "线路"), *_CIRCUIT, _optional(_integer("circuits", "number of circuits", "回数", minimum=1), 1)),
    optional=True,
)
CANDIDATES = Table(
    "network",
    "candidates",
    ("candidate",),
    "Circuits and links that may be built",
    "候选线路",
    (
        _id("candidate", "name", "候选线路"),
        *_CIRCUIT,
        _number("cost_wanyuan", "10k CNY", "cost of one circuit", "单回投资", minimum=0.0),
        _optional(_integer("max_additions", "most circuits", "最多回数", minimum=0), 1),
        _optional(_id("corridor", "corridor it follows", "走廊")),
    ),
    optional=True,
)
SITES = Table(
    "network",
    "sites",
    ("site", "zone"),
    "Land on which solar, wind or storage may stand",
    "新能源场址",
    (
        _id("site", "name", "场址"),
        _text("technology", "technology", "技术", values=TECHNOLOGIES),
        _BUS,
        _number("potential_mw", "MW", "capacity potential of the site in this zone", "可开发容量", minimum=0.0),
        _id("zone", "zone it stands on", "空间单元"),
        _optional(_number("share", "1", "share of the zone", "占比", minimum=0.0, maximum=1.0), 1.0),
        *_NAME_CAPEX,
        _optional(_id("profile", "profile of availability", "出力曲线")),
    ),
    optional=True,
)
STORAGE = Table(
    "network",
    "storage",
    ("storage",),
    "Existing storage",
    "现有储能",
    (
        _id("storage", "name", "储能"),
        _BUS,
        _number("power_mw", "MW", "power", "功率", minimum=0.0),
        _number("energy_mwh", "MWh", "energy", "能量", minimum=0.0),
        _optional(_number("efficiency", "1", "round trip", "往返效率", minimum=0.0, maximum=1.0), 1.0),
        _flag("seasonal", "1 where it carries energy between representative days", "跨季"),
    ),
    optional=True,
)
LOADS = Table(
    "network",
    "loads",
    ("load",),
    "Demand",
    "负荷",
    (
        _id("load", "name", "负荷"),
        _BUS,
        _number("peak_mw", "MW", "multiplies the profile", "峰值", minimum=0.0),
        _optional(_id("profile", "profile; empty = constant", "负荷曲线")),
    ),
    optional=True,
)
PROFILES = Table(
    "network",
    "profiles",
    ("profile", "snapshot"),
    "Availability and load curves",
    "曲线",
    (
        _id("profile", "name", "曲线"),
        _id("snapshot", "snapshot", "时段", refers_to="snapshots.snapshot"),
        _number("value", "1", "between 0 and 1", "数值", minimum=0.0, maximum=1.0),
    ),
    optional=True,
)
SNAPSHOTS = Table(
    "network",
    "snapshots",
    ("snapshot",),
    "Hours for which the network is balanced",
    "时段",
    (
        _id("snapshot", "name", "时段"),
        _number("weight_h", "h", "hours of the year it stands for", "权重", minimum=0.0),
        _optional(_id("day", "representative day", "典型日")),
        _optional(_integer("order", "place in time", "次序"), 0),
    ),
    optional=True,
)
IMPORTS = Table(
    "network",
    "imports",
    ("bus", "year"),
    "Power bought from outside",
    "外购电",
    (
        _BUS,
        _integer("year", "year", "年份"),
        _number("capacity_mw", "MW", "most power", "容量", minimum=0.0),
        _number("emission_tco2_per_mwh", "tCO2/MWh", "grid emission factor of the year", "电网排放因子", minimum=0.0),
        _optional(_number("price_wanyuan_per_mwh", "10k CNY/MWh", "price", "电价"), 0.0),
    ),
    optional=True,
)
CORRIDORS = Table(
    "network",
    "corridors",
    ("corridor", "segment"),
    "Routes over terrain, cut into segments that several corridors may share; geometry is a line",
    "输电走廊",
    (
        _id("corridor", "name", "走廊"),
        _id("segment", "name of the segment", "区段"),
        _number("length_km", "km", "length", "长度", minimum=0.0),
        _optional(_number("width_m", "m", "width of the strip", "宽度", minimum=0.0), 0.0),
        _optional(_number("cost_wanyuan", "10k CNY", "cost of opening the segment", "投资", minimum=0.0), 0.0),
    ),
    optional=True,
    geometry=True,
)

TABLES: dict[str, tuple[Table, ...]] = {
    "land": (ZONES, COVER, CLASSES, TRANSITIONS, FACTORS_TABLE, PARAMETERS, QUOTAS, REGIONS, CONTEXT, ACTIVITY, ZONE_COSTS, INDICATORS),
    "restoration": (UNITS, UNIT_ZONE, PROJECTS, FEATURES, AMOUNTS, BOUNDARY, CONNECTIVITY),
    "network": (BUSES, GENERATORS, LINES, CANDIDATES, SITES, STORAGE, LOADS, PROFILES, SNAPSHOTS, IMPORTS, CORRIDORS),
}
"""Parts in reading order, each with its tables."""


def table(part: str, name: str) -> Table:
    """Return a table of a part; raises KeyError where there is none."""
    for candidate in TABLES[part]:
        if candidate.name == name:
            return candidate
    raise KeyError(f"part {part} has no table {name}")
