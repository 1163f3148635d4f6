"""The workbook of a study of sites: results, and the inputs they rest on with their sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from instances import schema
from optimizer.results.sheets import summary_sheet
from optimizer.results.sites.figures import representation, units_table
from optimizer.results.sites.shapes import joint_shapes, placed
from optimizer.results.workbook import Head, Sheet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import pandas as pd

    from instances.instance import Instance
    from optimizer.results.sites.plan import Selection

_HEADS = {
    "unit": Head("单元", "unit"),
    "management_zone": Head("管理分区", "management zone"),
    "amount": Head("比例", "share"),
    "status": Head("状态", "status"),
    "cost": Head("成本", "cost"),
    "area_ha": Head("面积", "area", "ha"),
    "x": Head("横坐标", "easting", "m"),
    "y": Head("纵坐标", "northing", "m"),
    "target": Head("目标", "target"),
    "feature": Head("对象", "feature"),
    "name_zh": Head("名称", "name, Chinese"),
    "name_en": Head("", "name, English"),
    "unit_of_amount": Head("单位", "unit of its amounts"),
    "sense": Head("关系", "sense"),
    "value": Head("值", "value"),
    "held": Head("方案持有量", "held by the plan"),
    "shortfall": Head("缺口", "shortfall"),
    "whole": Head("总量", "held by all units"),
    "share": Head("占比", "share"),
    "weight": Head("权重", "weight"),
    "met": Head("达标", "met"),
    "units": Head("单元数", "units"),
    "measure": Head("量度", "measure"),
    "layer": Head("图层", "layer"),
    "rule": Head("规则", "rule"),
    "rule_zh": Head("规则名称", "rule, Chinese"),
    "id": Head("编号", "id"),
    "group": Head("单元组", "group"),
    "bound": Head("限值", "bound"),
    "slack": Head("余量", "slack"),
    "worth": Head("价值", "worth of one unit"),
    "binding": Head("起约束作用", "binds"),
    "holds": Head("满足", "holds"),
    "source": Head("来源", "source"),
    "corridor": Head("廊道", "corridor"),
    "part": Head("部位", "part"),
    "index": Head("指数", "index"),
    "before": Head("现状", "before"),
    "after": Head("方案", "after"),
}
_TITLES = {
    "selection": "选址 Selection",
    "representation": "目标 Representation",
    "costs": "成本 Costs",
    "measures": "形态 Measures",
    "rules": "规则 Rules",
    "corridors": "廊道 Corridors",
    "indices": "景观指数 Indices",
}
_OFTEN_EMPTY = ("management_zone", "feature", "layer", "group")
"""Columns that are left out where no row has anything in them."""
_MEASURES = {
    "border": "边界长度 border, m",
    "outer_border": "其中外缘 outer edge, m",
    "reserves": "相连斑块数 connected reserves",
    "largest_reserve": "最大斑块 largest reserve, ha",
    "connectivity": "连通度 connectivity",
}
_INPUTS = {"features": "对象 Features", "targets": "附加目标 Targets", "rules": "规则表 Rules table"}


def site_sheets(instance: Instance, tables: Mapping[str, pd.DataFrame], summary: Mapping[str, Any]) -> list[Sheet]:
    """Return the sheets: summary, results in `tables`, and the inputs."""
    inputs = (_input(instance, name, title) for name, title in _INPUTS.items())
    return [
        summary_sheet(instance, summary),
        *(_plain(title, tables[name], f"{name}.csv") for name, title in _TITLES.items() if name in tables),
        *(sheet for sheet in inputs if len(sheet.table)),
    ]


def joint_sheets(instance: Instance, selection: Selection) -> list[Sheet]:
    """Return the sheets that restoration sites add to the workbook of a land plan."""
    chosen = placed(units_table(selection), selection, joint_shapes(instance))
    tables = {"selection": chosen, "representation": representation(selection)}
    source = "plan/selection.parquet"
    return [_plain(f"修复{_TITLES[name]}", table, source) for name, table in tables.items()]


def _plain(title: str, table: pd.DataFrame, source: str) -> Sheet:
    """Return a result without the columns that say nothing; columns without a head of their own are layers."""
    said = [name for name in table.columns if name not in _OFTEN_EMPTY or table[name].astype(str).any()]
    table = table[said]
    if "measure" in table:
        words = table["measure"].map(_MEASURES)
        table = table.assign(measure=words.fillna(table["measure"]))
    heads = [_HEADS.get(str(name)) or Head("", str(name)) for name in table.columns]
    return Sheet(title, heads, table, source)


def _input(instance: Instance, name: str, title: str) -> Sheet:
    """Return an input table as it was read, heads and units from the instance format."""
    block = instance.require_sites().tables[name]
    spec = {column.name: column for column in schema.table("restoration", name).columns}
    table = block[[column for column in block.columns if column in spec]]
    heads = [Head(spec[column].about_zh, column, spec[column].unit) for column in table.columns]
    return Sheet(title, heads, table, f"restoration/{name}")
