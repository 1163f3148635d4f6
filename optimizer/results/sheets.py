"""What the workbook holds: results, and the inputs they rest on with their sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from instances.schema import table as schema_table
from optimizer.results.coded import code_moves
from optimizer.results.terms import term
from optimizer.results.transitions import matrix
from optimizer.results.workbook import Head, Sheet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from instances.instance import Instance

_HEADS = {
    "from": Head("现状地类", "present class"),
    "from_zh": Head("现状地类名称", "present class, Chinese"),
    "from_en": Head("", "present class, English"),
    "to": Head("规划地类", "planned class"),
    "to_zh": Head("规划地类名称", "planned class, Chinese"),
    "to_en": Head("", "planned class, English"),
    "area_ha": Head("面积", "area", "ha"),
    "code": Head("指标代码", "code"),
    "name_zh": Head("名称", "name, Chinese"),
    "name_en": Head("", "name, English"),
    "region": Head("行政区", "region"),
    "unit": Head("单位", "unit"),
    "direction": Head("方向", "direction, 1 = more is better"),
    "present": Head("现状", "present"),
    "value": Head("规划值", "value in the plan"),
    "target": Head("目标", "target"),
    "gap": Head("差距", "gap, negative = missed"),
    "status": Head("状态", "status"),
    "note": Head("", "note, English"),
    "note_zh": Head("说明", "note, Chinese"),
    "rule": Head("规则", "rule"),
    "rule_zh": Head("规则名称", "rule, Chinese"),
    "id": Head("编号", "id"),
    "period": Head("期末年", "end of period"),
    "group": Head("类组", "group"),
    "grade": Head("质量等级", "grade"),
    "part": Head("部分", "part"),
    "sense": Head("关系", "sense"),
    "bound": Head("限值", "bound"),
    "slack": Head("余量", "slack"),
    "worth": Head("价值", "worth of one unit"),
    "worth_unit": Head("价值单位", "unit of the worth"),
    "worth_by": Head("价值说明", "note on the worth"),
    "binding": Head("起约束作用", "binds"),
    "source": Head("来源", "source"),
    "component": Head("分项", "component"),
    "component_zh": Head("分项名称", "component, Chinese"),
    "sector": Head("清单部门", "inventory sector"),
    "sector_zh": Head("清单部门名称", "sector, Chinese"),
    "end_use": Head("终端用途或用地", "end use or land"),
    "end_use_zh": Head("用途名称", "end use, Chinese"),
    "scope": Head("范围", "scope"),
    "present_annual": Head("基年排放", "base year", "tCO2e/yr"),
    "end_annual": Head("末年排放", "end year", "tCO2e/yr"),
    "cumulative_tco2e": Head("累计排放", "cumulative", "tCO2e"),
    "zone": Head("空间单元", "zone"),
    "changed_ha": Head("改变面积", "area that changes", "ha"),
    "changed_share": Head("改变比例", "share that changes"),
    "before": Head("现状主导地类", "dominant class at present"),
    "after": Head("规划主导地类", "dominant class under the plan"),
    "gained": Head("转入最多的地类", "class gained most"),
    "item": Head("项目", "item"),
}

_BESIDE = "see unit"
"""Unit of a column whose rows name theirs in a column of its own."""

_INPUTS = {
    "quotas": "规划指标 Quotas",
    "factors": "系数 Factors",
    "parameters": "参数 Parameters",
    "classes": "地类 Classes",
    "context": "背景 Context",
    "activity": "活动 Activity",
    "indicators": "指标目标 Targets",
}


def sheets(instance: Instance, tables: Mapping[str, pd.DataFrame], moves: pd.DataFrame, summary: Any) -> list[Sheet]:
    """Return the sheets: summary, results in `tables` (transitions, indicators, rules, ledger), zones, inputs."""
    return [
        summary_sheet(instance, summary),
        _plain("转移 Transitions", _named(instance, tables["transitions"]), "transitions.csv"),
        _matrix(instance, tables["transitions"]),
        _plain("指标 Indicators", tables["indicators"], "indicators.csv"),
        _plain("规则 Rules", _numbers(tables["rules"], "period", "grade"), "rules.csv"),
        _plain("碳账 Ledger", _ledger(tables["ledger"]), "ledger.csv"),
        _plain("变化单元 Zones that change", changed_zones(instance, moves), "plan/moves.parquet"),
        *(_input(instance, name, title) for name, title in _INPUTS.items()),
        *_projects(instance),
    ]


def _plain(title: str, table: pd.DataFrame, source: str) -> Sheet:
    return Sheet(title, [_HEADS[str(name)] for name in table.columns], table, source)


def _names(instance: Instance) -> pd.DataFrame:
    classes = instance.require_land().classes
    return classes.assign(**{"class": classes["class"].astype(str)}).set_index("class")[["name_zh", "name_en"]]


def _named(instance: Instance, long: pd.DataFrame) -> pd.DataFrame:
    """Return the transitions with the names of their classes beside the codes."""
    names = _names(instance)
    columns: dict[str, Any] = {}
    for side in ("from", "to"):
        codes = long[side].astype(str)
        columns[side] = codes
        columns |= {f"{side}_{lang}": codes.map(names[f"name_{lang}"]) for lang in ("zh", "en")}
    return pd.DataFrame(columns | {"area_ha": long["area_ha"]})


def _matrix(instance: Instance, long: pd.DataFrame) -> Sheet:
    square, names = matrix(instance, long), _names(instance)
    codes = [str(code) for code in square.columns]
    heads = [_HEADS["from"], _HEADS["from_zh"], _HEADS["from_en"]]
    called = names.reindex(codes).astype(str)
    heads += [Head(f"{code} {zh}", en, "ha") for code, (zh, en) in zip(codes, called.to_numpy().tolist(), strict=True)]
    left = pd.DataFrame({"code": square.index, "zh": names["name_zh"].reindex(square.index).to_numpy()})
    left["en"] = names["name_en"].reindex(square.index).to_numpy()
    return Sheet("矩阵 Matrix", heads, pd.concat([left, square.reset_index(drop=True)], axis=1))


def _ledger(rows: pd.DataFrame) -> pd.DataFrame:
    columns: dict[str, Any] = {}
    for name in rows.columns:
        columns[name] = rows[name]
        if name in ("component", "sector", "end_use"):
            columns[f"{name}_zh"] = [term(name, key, "zh") for key in rows[name]]
    return pd.DataFrame(columns)


def _numbers(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Return the table with columns as whole numbers where they hold one, else empty."""
    numeric = {name: pd.to_numeric(table[name], errors="coerce").astype("Int64").astype(object) for name in columns}
    return table.assign(**numeric)


def changed_zones(instance: Instance, moves: pd.DataFrame) -> pd.DataFrame:
    """Return the zones in which land changes: areas, dominant class before and after, class gained most."""
    coded = code_moves(instance, moves)
    land = coded.land
    kinds = land.classes["class"].astype(str).to_numpy()
    before, after = coded.zone_areas(after=False), coded.zone_areas(after=True)
    gained = coded.zone_areas(after=True, changed_only=True)
    at = np.flatnonzero(gained.sum(axis=1) > 0)
    changed, total = gained[at].sum(axis=1), before[at].sum(axis=1)
    return pd.DataFrame(
        {
            "zone": land.zones["zone"].astype(str).to_numpy()[at],
            "region": land.regions["region"].astype(str).to_numpy()[land.zone_region[at]],
            "area_ha": total,
            "changed_ha": changed,
            "changed_share": changed / total,
            "before": kinds[before[at].argmax(axis=1)],
            "after": kinds[after[at].argmax(axis=1)],
            "gained": kinds[gained[at].argmax(axis=1)],
        }
    )


def _input(instance: Instance, name: str, title: str, part: str = "land") -> Sheet:
    """Return an input table as it was read, heads and units from the instance format."""
    block = instance.require_land().tables if part == "land" else instance.restoration.tables  # type: ignore[union-attr]
    spec = {column.name: column for column in schema_table(part, name).columns}
    table = block[name]
    table = table[[column for column in table.columns if column in spec]]
    units = {column: spec[column].unit for column in table.columns}
    heads = [Head(spec[name].about_zh, name, "" if unit == _BESIDE else unit) for name, unit in units.items()]
    return Sheet(title, heads, table, f"{part}/{name}")


def _projects(instance: Instance) -> list[Sheet]:
    if instance.restoration is None or not len(instance.restoration.tables["projects"]):
        return []
    return [_input(instance, "projects", "修复工程 Projects", "restoration")]


def summary_sheet(instance: Instance, summary: Mapping[str, Any]) -> Sheet:
    """Return the summary as items and values, nested ones as `part.item`."""
    about = instance.settings.instance
    rows: list[tuple[str, object]] = [("title_zh", about.title_zh), ("title_en", about.title_en)]
    for key, value in summary.items():
        if isinstance(value, dict):
            rows += [(f"{key}.{inner}", _scalar(one)) for inner, one in value.items()]
        else:
            rows.append((key, _scalar(value)))
    rows.append(("provenance", about.provenance))
    table = pd.DataFrame({"item": [row[0] for row in rows], "value": pd.Series([row[1] for row in rows], dtype=object)})
    return Sheet("摘要 Summary", [_HEADS["item"], Head("值", "value")], table)


def _scalar(value: object) -> object:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
