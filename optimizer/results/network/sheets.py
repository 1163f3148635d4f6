"""Sheets of a network plan: capacity, builds, use of lines, supply, costs, limits, prices, land; heads with units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from instances import schema
from optimizer.results.network.crossings import crossing_words
from optimizer.results.network.tables import price_of
from optimizer.results.sheets import summary_sheet
from optimizer.results.terms import term
from optimizer.results.workbook import Head, Sheet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from instances.instance import Instance
    from optimizer.results.terms import Lang

LANGS: tuple[Lang, ...] = ("zh", "en")

_HEADS = {
    "component": Head("构件", "component"),
    "name": Head("名称", "name"),
    "technology": Head("技术", "technology"),
    "technology_zh": Head("技术名称", "technology, Chinese"),
    "name_called": Head("名称（中英文）", "what it is called"),
    "bus": Head("节点", "bus"),
    "bus_called": Head("节点名称", "name of the bus"),
    "from_bus": Head("起点", "from"),
    "from_bus_called": Head("起点名称", "name of from"),
    "to_bus": Head("终点", "to"),
    "to_bus_called": Head("终点名称", "name of to"),
    "voltage_class": Head("电压级", "voltage class"),
    "corridor": Head("走廊", "corridor"),
    "corridors": Head("所属走廊", "corridors that use it"),
    "segment": Head("区段", "segment"),
    "period": Head("期末年", "end of period"),
    "years": Head("年数", "years of the period"),
    "snapshot": Head("时段", "snapshot"),
    "weight_h": Head("代表小时", "hours it stands for", "h"),
    "existing_mw": Head("现有容量", "present capacity", "MW"),
    "added_mw": Head("新增容量", "added capacity", "MW"),
    "capacity_mw": Head("容量", "capacity", "MW"),
    "energy_mwh": Head("储能容量", "energy capacity", "MWh"),
    "generation_mwh": Head("年发电（放电）量", "energy of the year, storage: discharged", "MWh"),
    "full_load_h": Head("利用小时", "full-load hours", "h"),
    "curtailed_mwh": Head("年弃电量", "curtailed in the year", "MWh"),
    "curtailed_share": Head("弃电率", "share curtailed"),
    "circuits": Head("回数", "circuits"),
    "length_km": Head("长度", "length", "km"),
    "width_m": Head("宽度", "width", "m"),
    "crossings": Head("穿越的管控线", "control lines crossed"),
    "limit_mw": Head("输送限值", "limit of flow", "MW"),
    "forward_mwh": Head("年正向电量", "energy from → to", "MWh"),
    "backward_mwh": Head("年反向电量", "energy to → from", "MWh"),
    "mean_loading": Head("平均负载率", "mean loading"),
    "peak_loading": Head("最大负载率", "peak loading"),
    "full_h": Head("满载小时", "hours at the limit", "h"),
    "emission_tco2e": Head("年排放", "emission of the year", "tCO2e"),
    "cumulative_tco2e": Head("本期累计排放", "emission over the years of the period", "tCO2e"),
    "share_of_load": Head("占负荷比例", "share of load"),
    "power_mw": Head("功率", "power", "MW"),
    "item": Head("项目", "item"),
    "id": Head("编号", "id"),
    "rule": Head("规则", "rule"),
    "rule_zh": Head("规则名称", "rule, Chinese"),
    "sense": Head("关系", "sense"),
    "bound": Head("限值", "limit"),
    "reached": Head("方案值", "reached"),
    "unit": Head("单位", "unit"),
    "holds": Head("满足", "holds"),
    "source": Head("来源", "source"),
    "class": Head("地类", "class"),
    "class_called": Head("地类名称", "name of the class"),
    "area_ha": Head("面积", "area", "ha"),
    "mean": Head("均价", "mean", "price"),
    "least": Head("最低", "least", "price"),
    "greatest": Head("最高", "greatest", "price"),
    "cost": Head("投资", "investment", "money"),
    "route_cost": Head("走廊投资（共用区段重复计）", "cost of its route, shared segments in each", "money"),
    "crossings_zh": Head("穿越的管控线（中文）", "control lines crossed, Chinese"),
    "crossings_en": Head("穿越的管控线（英文）", "control lines crossed, English"),
    "worth": Head("价值（本期）", "worth over the period", "goal/unit"),
    "worth_a_year": Head("价值（每年）", "worth a year", "goal/unit"),
    "investment": Head("投资", "investment", "money"),
    "operation": Head("运行（本期各年合计）", "operation over the years of the period", "money"),
    "total": Head("合计", "total", "money"),
}
_TITLES = {
    "capacity": "电源与储能 Capacity",
    "builds": "新建线路 Builds",
    "segments": "走廊区段 Segments",
    "use": "线路利用 Use of lines",
    "supply": "供电与排放 Supply",
    "costs": "电网费用 Network costs",
    "limits": "电网约束 Network limits",
    "land": "占用土地 Land taken",
    "bus_prices": "节点电价 Nodal prices",
    "dispatch": "分时出力 Dispatch",
}
"""Sheets by table; what is told by snapshot for every line, store and bus stands in CSV files only."""
_CALLED = {"bus": "bus", "from_bus": "bus", "to_bus": "bus", "name": "site", "class": "class"}
"""Columns whose ids have names, and what they are ids of."""
_INPUTS = {
    "generators": "电源 Generators",
    "sites": "场址 Sites",
    "candidates": "候选线路 Candidates",
    "rules": "约束表 Limits",
}


def network_sheets(instance: Instance, tables: Mapping[str, pd.DataFrame], summary: Mapping[str, Any]) -> list[Sheet]:
    """Return the workbook of a study of the network alone: summary, results in `tables`, inputs."""
    inputs = (_input(instance, name, title) for name, title in _INPUTS.items())
    goal = str((summary.get("options") or {}).get("objective") or "cost")
    return [
        summary_sheet(instance, summary),
        *result_sheets(instance, tables, goal),
        *(sheet for sheet in inputs if len(sheet.table)),
    ]


def result_sheets(instance: Instance, tables: Mapping[str, pd.DataFrame], goal: str) -> list[Sheet]:
    """Return the sheets of results; money is in the unit of the instance, prices in that of what is minimised."""
    money = instance.require_network().settings.money
    goal_unit = price_of(goal, money)
    units = {"money": money, "price": f"{goal_unit}/MWh", "goal/unit": f"{goal_unit}/单位 unit"}
    called = _names(instance)
    return [_sheet(name, title, tables[name], units, called) for name, title in _TITLES.items() if name in tables]


def _names(instance: Instance) -> dict[str, dict[str, str]]:
    """Return what buses, sites and classes are called in both languages, by id; those without a name are absent."""
    network, land = instance.require_network(), instance.land
    tables = {"bus": network["buses"], "site": network["sites"]} | ({} if land is None else {"class": land.classes})
    found = {}
    for key, table in tables.items():
        both = [table[f"name_{lang}"].astype(str) for lang in LANGS if f"name_{lang}" in table]
        words = [" ".join(dict.fromkeys(one for one in row if one)) for row in zip(*both, strict=True)]
        found[key] = {one: word for one, word in zip(table[key].astype(str), words, strict=False) if word}
    return found


def _sheet(
    name: str, title: str, table: pd.DataFrame, units: Mapping[str, str], called: Mapping[str, Mapping[str, str]]
) -> Sheet:
    columns: dict[str, Any] = {}
    for column in table.columns:
        columns[column] = table[column]
        words = [called.get(_CALLED.get(column, ""), {}).get(str(one), "") for one in table[column]]
        if any(words):
            columns[f"{column}_called"] = words
        if column in ("technology", "rule"):
            columns[f"{column}_zh"] = [term(column, key, "zh") for key in table[column]]
        if column == "crossings":
            columns |= {f"crossings_{lang}": [crossing_words(text, lang) for text in table[column]] for lang in LANGS}
            del columns["crossings"]
    if name == "costs":
        columns["item"] = [f"{term('cost_item', one, 'zh')} {term('cost_item', one, 'en')}" for one in table["item"]]
    heads = [_head(str(column), units) for column in columns]
    return Sheet(title, heads, pd.DataFrame(columns), f"network_{name}.csv")


def _head(column: str, units: Mapping[str, str]) -> Head:
    head = _HEADS[column]
    return Head(head.zh, head.en, units.get(head.unit, head.unit))


def _input(instance: Instance, name: str, title: str) -> Sheet:
    """Return an input table as it was read, heads and units from the instance format."""
    network = instance.require_network()
    spec = {column.name: column for column in schema.table("network", name).columns}
    table = network[name][[column for column in network[name].columns if column in spec]]
    money = network.settings.money
    heads = [Head(spec[column].about_zh, column, spec[column].unit.replace("money", money)) for column in table.columns]
    return Sheet(f"输入 {title}", heads, table, f"network/{name}")
