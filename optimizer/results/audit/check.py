"""One check and the words for it; a row is broken only beyond a tolerance relative to its own scale."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

RELATIVE = 1e-6
"""Feasibility tolerance relative to the scale of a row, max(|bound|, sum of |terms|, 1)."""
ABSOLUTE_HA = 1e-6
"""Area that is taken for none, in ha, beside RELATIVE of the land it is compared with."""

RULE_ZH = {
    "plan": "方案数据",
    "balance": "面积平衡",
    "transition_matrix": "地类转换规则",
    "red_line": "生态保护红线",
    "permanent_farmland": "永久基本农田",
    "slope": "坡度",
    "urban_boundary": "城镇开发边界",
    "whole_parcel": "整块转换",
    "minimum_lot": "最小转换面积",
    "restoration_project": "生态修复工程",
    "cropland_retention": "耕地保有量",
    "compensation": "占补平衡",
    "compensation_grade": "占优补优",
    "linked_quota": "增减挂钩",
    "construction_total": "建设用地总规模",
    "construction_increment": "新增建设用地",
    "construction_intensity": "开发强度",
    "growth_demand": "增长需求",
    "redevelopment_share": "存量比例",
    "floor": "保有量下限",
    "ceiling": "上限",
    "loss_cap": "减少量上限",
    "gain_cap": "增加量上限",
    "restoration_area": "新增生态修复面积",
    "carbon_cap": "碳排放上限",
    "peak": "碳达峰",
    "budget": "资金",
    "compactness": "紧凑度",
    "perimeter_limit": "边界长度上限",
    "contiguity": "连片布局",
    "minimum_patch": "最小地块规模",
    "neighbours": "相邻单元",
    "unit_land": "修复单元用地",
    "site": "修复选址",
    "selection": "选址方案",
    "bounds": "取值范围",
    "locked_in": "锁定选入",
    "locked_out": "锁定排除",
    "decision": "决策类型",
    "target": "目标",
    "linear_constraint": "线性约束",
    "linear_penalty": "线性惩罚",
    "boundary_penalty": "边界惩罚",
    "connectivity_penalty": "连通性惩罚",
    "asymmetric_connectivity_penalty": "非对称连通性惩罚",
    "feature_contiguity": "对象连片",
    "mandatory_allocation": "必须分配",
    "group_count": "组内数量",
    "whole_group": "整组取舍",
    "minimum_reserve": "最小斑块",
    "maximum_reserves": "斑块数上限",
    "separate_areas": "多处达标",
    "shortfall_limit": "最大缺口",
    "corridor": "廊道",
    "restored_area": "修复面积",
    "diameter": "跨度",
    "least_mesh": "有效网格面积下限",
    "least_iic": "整体连通性指数下限",
    "least_largest_patch": "最大斑块下限",
    "most_patches": "斑块数量上限",
    "overlay": "叠加用地",
    "network": "电网方案",
    "nodal_balance": "节点电量平衡",
    "generator_power": "电源出力",
    "site_power": "场址出力",
    "import_power": "外购电",
    "generator_added": "电源新增装机",
    "site_added": "场址新增装机",
    "site_opening": "场址开发",
    "site_potential": "场址可开发容量",
    "site_least": "场址最小规模",
    "line_flow": "线路潮流",
    "line_added": "线路新增容量",
    "link_flow": "联络线潮流",
    "link_added": "联络线新增容量",
    "candidate_circuits": "候选线路",
    "candidate_flow": "候选线路潮流",
    "segment_opening": "走廊区段开辟",
    "storage_level_change": "储能电量变化",
    "storage_level_limit": "储能容量",
    "storage_seasons": "跨季储能",
    "kvl": "基尔霍夫电压定律",
    "contingency": "N-1 校核",
    "emission_cap": "供电排放上限",
    "renewable_share": "可再生能源占比",
    "self_sufficiency": "自给率",
    "curtailment_cap": "弃电率上限",
    "capacity_target": "装机目标",
    "import_cap": "外购电上限",
    "site_land": "场址用地",
    "strip_land": "走廊带用地",
    "facility_land": "设施用地",
    "connection": "连通要求",
    "user": "用户约束",
    "summary": "结果摘要",
}


@dataclass(frozen=True)
class Check:
    """One thing that was verified: `amount` is by how much it is missed, in `unit` (0 where it holds exactly)."""

    name: str
    rule: str
    subject: str
    passed: bool
    amount: float
    tolerance: float
    unit: str
    message: str

    def to_dict(self) -> dict[str, Any]:
        """Return the check for JSON."""
        return asdict(self)

    def line(self) -> str:
        """Return the check in words: rule, region, period, amount, unit."""
        words = f"{RULE_ZH.get(self.rule.split(':')[0], '')} {self.rule}".strip()
        where = f" [{self.subject}]" if self.subject else ""
        verdict = "holds" if self.passed else f"missed by {self.amount:.9g} {self.unit}".rstrip()
        return f"{words}{where}: {verdict}. {self.message}"


def judged(name: str, rule: str, subject: str, excess: float, tolerance: float, unit: str, message: str) -> Check:
    """Judge an excess (positive = broken) against a tolerance; an excess that is not a number is a failure."""
    passed = bool(excess <= tolerance)
    amount = float(max(excess, 0.0)) if excess == excess else float("inf")
    return Check(name, rule, subject, passed, amount, float(tolerance), unit, message)


def row_check(
    name: str, rule: str, subject: str, value: float, sense: str, bound: float, scale: float, unit: str
) -> Check:
    """Judge `value sense bound`, `scale` being the sum of |terms| of the row."""
    value, bound = float(value), float(bound)
    excess = {"<=": value - bound, ">=": bound - value, "==": abs(value - bound)}[sense]
    words = {"<=": "at most", ">=": "at least", "==": "exactly"}[sense]
    message = f"{value:.9g} {unit}, {words} {bound:.9g} {unit} asked"
    return judged(name, rule, subject, excess, RELATIVE * max(abs(bound), float(scale), 1.0), unit, message)


def count_check(name: str, rule: str, subject: str, bad: int, message: str, unit: str = "rows") -> Check:
    """Judge a number of bad rows: none may be there."""
    return judged(name, rule, subject, float(bad), 0.0, unit, message)
