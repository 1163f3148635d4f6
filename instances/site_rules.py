"""What each rule of the `rules` table of the restoration part takes: sense, value, layer, feature, group.

规则表各规则的填法。
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ANY = ("<=", ">=", "==")


@dataclass(frozen=True)
class RuleForm:
    """How a row of a rule is filled in.

    Attributes
    ----------
    about, about_zh
        What the rule does.
    senses
        Senses it understands.
    least, most
        Range of its value; None for no limit.
    counted
        Whether the value is a whole number.
    layer
        What the layer names: values of units, or connectivity of pairs; empty where it names none.
    needs
        Columns that must not be empty.
    borders
        Whether it asks which units share a border, where it names no connectivity.
    share
        Whether the factor is a share, from 0 to 1.
    whole
        Whether units must be taken or left as a whole.
    """

    about: str
    about_zh: str
    senses: tuple[str, ...] = ("<=",)
    least: float | None = None
    most: float | None = None
    counted: bool = False
    layer: Literal["", "values", "pairs"] = ""
    needs: tuple[str, ...] = ()
    borders: bool = False
    share: bool = False
    whole: bool = False


_FLOOR = ("<=", ">=")
"""For rules whose value is always a least one: the sense may be left to its default, or be said."""

RULE_FORMS: dict[str, RuleForm] = {
    "budget": RuleForm("the layer (default cost) of what is chosen is at most value", "预算", layer="values"),
    "linear_constraint": RuleForm(
        "the layer of what is chosen keeps to value", "线性约束", ANY, layer="values", needs=("layer",)
    ),
    "linear_penalty": RuleForm(
        "value times the layer of what is chosen is added to what is minimised",
        "线性惩罚",
        layer="values",
        needs=("layer",),
    ),
    "boundary_penalty": RuleForm(
        "value times the border of what is chosen is added; factor: part of an outer edge that counts",
        "边界惩罚",
        least=0,
        borders=True,
        share=True,
    ),
    "connectivity_penalty": RuleForm(
        "value times the connectivity between chosen units is taken off", "连通性惩罚", layer="pairs", needs=("layer",)
    ),
    "asymmetric_connectivity_penalty": RuleForm(
        "value times the connectivity from chosen units to others is added",
        "非对称连通性惩罚",
        layer="pairs",
        needs=("layer",),
    ),
    "neighbours": RuleForm(
        "a chosen unit has at least value chosen neighbours; factor 1: or all it has, where it has fewer",
        "邻接数",
        _FLOOR,
        least=1,
        counted=True,
        layer="pairs",
        borders=True,
    ),
    "contiguity": RuleForm("all chosen units are connected", "连片", layer="pairs", borders=True, whole=True),
    "feature_contiguity": RuleForm(
        "the chosen units that represent the feature are connected",
        "对象连片",
        layer="pairs",
        needs=("feature",),
        borders=True,
        whole=True,
    ),
    "mandatory_allocation": RuleForm("each unit goes to exactly one management zone", "必须分配"),
    "group_count": RuleForm(
        "the number of chosen units of the group keeps to value",
        "组内数量",
        ANY,
        least=0,
        counted=True,
        needs=("group",),
    ),
    "whole_group": RuleForm("the group is taken whole or left", "整组取舍", needs=("group",)),
    "minimum_reserve": RuleForm(
        "the layer (default area_ha) of each connected reserve is at least value",
        "最小斑块",
        _FLOOR,
        least=0,
        layer="values",
        borders=True,
        whole=True,
    ),
    "maximum_reserves": RuleForm(
        "at most value connected reserves", "斑块数上限", least=1, counted=True, borders=True, whole=True
    ),
    "separate_areas": RuleForm(
        "the target of the feature is met in at least value separate areas; factor: part of it that each holds",
        "多处达标",
        _FLOOR,
        least=1,
        counted=True,
        needs=("feature",),
        borders=True,
        share=True,
        whole=True,
    ),
    "shortfall_limit": RuleForm(
        "the largest shortfall, as a share of its target, is at most value", "最大缺口", least=0
    ),
    "corridor": RuleForm(
        "the core areas (groups, separated by ;) are connected through chosen units; value: rings of neighbours on "
        "either side; layer: resistance, added to what is minimised for each chosen unit",
        "廊道",
        least=0,
        counted=True,
        layer="values",
        needs=("group",),
        borders=True,
        whole=True,
    ),
    "restored_area": RuleForm(
        "the layer (default area_ha) of what is chosen keeps to value, in a study of landscape indices",
        "修复面积",
        ("<=", ">="),
        least=0,
        layer="values",
        borders=True,
    ),
    "diameter": RuleForm("the circle around the centres of chosen units is at most value across", "跨度", least=0),
    "least_mesh": RuleForm(
        "the effective mesh size of habitat is at least value, in ha", "有效网格面积下限", _FLOOR, least=0, borders=True
    ),
    "least_iic": RuleForm(
        "the integral index of connectivity of habitat is at least value; factor: distance, in m, up to which patches "
        "are linked",
        "整体连通性指数下限",
        _FLOOR,
        least=0,
        most=1,
        borders=True,
    ),
    "least_largest_patch": RuleForm(
        "the largest patch of habitat is at least value, in ha", "最大斑块下限", _FLOOR, least=0, borders=True
    ),
    "most_patches": RuleForm(
        "habitat lies in at most value patches", "斑块数量上限", least=1, counted=True, borders=True
    ),
}
