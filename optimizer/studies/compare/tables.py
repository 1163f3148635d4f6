"""Tables of the scenarios of a study side by side: how they ended, indicators, ledger, land, network, decisions."""

from __future__ import annotations

from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import pandas as pd

from optimizer.results.terms import term
from optimizer.results.workbook import Head
from optimizer.studies.compare.differences import LESS, proven_difference, side_by_side
from optimizer.studies.compare.table import Compared
from optimizer.studies.compare.text import say, status_words
from optimizer.studies.compare.words import REGION, changes_in_words
from optimizer.studies.tables import AUDIT
from optimizer.study import versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from instances.instance import Instance
    from instances.land import Land
    from optimizer.studies.compare.gather import Gathered, Outcome
    from optimizer.studies.compare.zones import ZoneChanges

SUPPLY = {
    "capacity_mw": ("装机容量", "MW"),
    "generation_mwh": ("年发电量", "MWh"),
    "curtailed_mwh": ("年弃电量", "MWh"),
    "emission_tco2e": ("年排放", "tCO2e"),
}
"""Quantities of a network's supply: name, unit."""


def study_table(study: Gathered) -> Compared:
    """Return what the study is: title, base, reference, what is asked of every solve, versions."""
    section = study.file.study
    facts = {
        "study": section.name,
        "title_zh": section.title("zh"),
        "title_en": section.title("en"),
        "base": PurePath(section.base).name,
        "reference": study.reference.name,
        **{name: value for name, value in section.asked.stated().items() if value != float("inf")},
        **{f"version {name}": version for name, version in versions().items()},
    }
    table = pd.DataFrame({"item": list(facts), "value": pd.Series(list(facts.values()), dtype=object)})
    return Compared("study", "研究", "Study", table, {})


def scenario_table(study: Gathered) -> Compared:
    """Return one row a scenario: its changes, how it ended, and its difference to the reference."""
    rows = [_scenario_row(one, study) for one in study.outcomes]
    return Compared("scenarios", "情景", "Scenarios", pd.DataFrame(rows), {})


def _scenario_row(one: Outcome, study: Gathered) -> dict[str, Any]:
    scenario, record = one.scenario, one.record
    words = {
        lang: "; ".join(changes_in_words(scenario.changes, lang, partial(study.called, lang=lang)))
        for lang in ("zh", "en")
    }
    row: dict[str, Any] = {"scenario": one.name, "title_zh": scenario.title("zh"), "title_en": scenario.title("en")}
    row |= {"from": scenario.parent, "changes_zh": words["zh"], "changes_en": words["en"]}
    status = str(record.get("status", "failed"))
    row |= {"status": status, "status_zh": status_words(status, "zh"), "objective": record.get("objective")}
    row |= {"unit": one.unit, "bound": record.get("bound"), "gap": record.get("gap")}
    row |= {"audit": AUDIT[record.get("audit_passed")], **_difference(one, study.reference)}
    why = {lang: [fault[lang] for fault in one.faults] for lang in ("zh", "en")}
    told = {lang: "; ".join([*why[lang], *record.get("explanation", {}).get(lang, ())]) for lang in why}
    return row | {f"explanation_{lang}": words for lang, words in told.items()}


def _difference(one: Outcome, reference: Outcome) -> dict[str, float | None]:
    """Return how far a scenario is from the reference; nothing where they cannot be held against each other."""
    names = ("difference", "difference_least", "difference_greatest")
    if one is reference or not (one.has_plan and reference.has_plan) or one.unit != reference.unit:
        return dict.fromkeys(names)
    value, other = float(one.record["objective"]), float(reference.record["objective"])
    least, greatest = proven_difference(value, one.record.get("bound"), other, reference.record.get("bound"))
    return dict(zip(names, (value - other, least, greatest), strict=True))


def comparison_tables(study: Gathered, instance: Instance | None, changes: ZoneChanges | None) -> list[Compared]:
    """Return all tables of the scenarios; `instance` is that of the reference, None where it cannot be read."""
    tables: list[Compared | None] = [
        study_table(study),
        scenario_table(study),
        indicator_table(study),
        ledger_table(study),
    ]
    if instance is not None and instance.land is not None and changes is not None:
        tables += [land_table(study, instance.land, "group"), land_table(study, instance.land, "class")]
    if instance is not None and instance.network is not None:
        tables.append(network_table(study, instance.network.settings.money))
    tables.append(decision_table(study))
    if changes is not None and len(changes.names) > 1:
        tables += zone_tables(changes, study, None if instance is None else instance.land)
    return [one for one in tables if one is not None and len(one.table)]


def _parts(outcomes: Sequence[Outcome], table: str) -> dict[str, pd.DataFrame]:
    found = {one.name: one.table(table) for one in outcomes}
    return {name: part for name, part in found.items() if part is not None}


def scenario_heads(study: Gathered, unit: str = "") -> dict[str, Head]:
    """Return the heads of columns of scenarios and of their differences to the reference."""
    zh, en = study.titles("zh"), study.titles("en")
    own, heads = study.reference.name, {}
    for name in zh:
        heads[name] = Head(zh[name], en[name], unit)
        heads[f"{name}{LESS}{own}"] = Head(f"{zh[name]} \u2212 {zh[own]}", f"{en[name]} \u2212 {en[own]}", unit)
    return heads


def indicator_table(study: Gathered) -> Compared | None:
    """Return every computed indicator of every region side by side; `present` is that of the reference."""
    parts = {name: part[part["status"] == "computed"] for name, part in _parts(study.outcomes, "indicators").items()}
    if not parts:
        return None
    keys = ["code", "name_zh", "name_en", "region", "unit"]
    table = side_by_side(parts, keys, "value", study.reference.name)
    present = parts.get(study.reference.name, next(iter(parts.values()))).set_index(["code", "region"])["present"]
    places = pd.MultiIndex.from_frame(table[["code", "region"]])
    table.insert(len(keys), "present", present.reindex(places).to_numpy())
    _name_regions(table, study)
    return Compared("indicators", "指标", "Indicators", table, scenario_heads(study))


def ledger_table(study: Gathered) -> Compared | None:
    """Return the carbon ledgers side by side: cumulative emissions by component, sector, end use, scope and region."""
    parts = _parts(study.outcomes, "ledger")
    if not parts:
        return None
    keys = ["component", "sector", "end_use", "scope", "region"]
    table = side_by_side(parts, keys, "cumulative_tco2e", study.reference.name, 0.0)
    for name in ("end_use", "sector", "component"):
        place = list(table.columns).index(name) + 1
        table.insert(place, f"{name}_zh", [term(name, key, "zh") for key in table[name]])
    _name_regions(table, study)
    return Compared("ledger", "碳账", "Carbon ledger", table, scenario_heads(study, "tCO2e"))


def _name_regions(table: pd.DataFrame, study: Gathered) -> None:
    """Put the Chinese names of regions beside their codes."""
    place = list(table.columns).index("region") + 1
    table.insert(place, "region_zh", [study.called(REGION, code, "zh") for code in table["region"].astype(str)])


def land_table(study: Gathered, land: Land, by: str) -> Compared:
    """Return the land at the end of the span, side by side, `by` group or class."""
    classes = land.classes.assign(**{"class": land.classes["class"].astype(str)}).set_index("class")
    groups = classes["group"].astype(str)

    def keyed(codes: pd.Series) -> pd.Series:
        return codes.map(groups).fillna(codes) if by == "group" else codes

    found = _parts(study.outcomes, "transitions")
    parts = {name: part.assign(**{by: keyed(part["to"])}) for name, part in found.items()}
    table = side_by_side(parts, [by], "area_ha", study.reference.name, 0.0)
    first = next(iter(_parts([study.reference, *study.outcomes], "transitions").values()), None)
    if first is not None:
        present = first.groupby(keyed(first["from"]))["area_ha"].sum()
        table.insert(1, "present_ha", table[by].map(present).fillna(0.0))
        for lang in ("en", "zh"):
            names = [term("group", key, lang) for key in table[by]]
            if by == "class":
                names = classes[f"name_{lang}"].reindex(table[by]).fillna("").tolist()
            table.insert(1, f"name_{lang}", names)
    title = ("类组面积", "Land by group") if by == "group" else ("地类面积", "Land by class")
    return Compared(f"land_by_{by}", *title, table, scenario_heads(study, "ha"))


def network_table(study: Gathered, money: str) -> Compared | None:
    """Return supply and costs of the network by period and technology or item, side by side; costs in `money`."""
    parts = {}
    for one in study.outcomes:
        rows = _network_rows(one, money)
        if rows is not None:
            parts[one.name] = rows
    if not parts:
        return None
    keys = ["quantity", "quantity_zh", "item", "name_zh", "period", "unit"]
    table = side_by_side(parts, keys, "value", study.reference.name, 0.0)
    return Compared("network", "电网", "Network", table, scenario_heads(study))


def _network_rows(one: Outcome, money: str) -> pd.DataFrame | None:
    supply, costs = one.table("network_supply"), one.table("network_costs")
    if supply is None:
        return None
    rows = []
    for name, (zh, unit) in SUPPLY.items():
        part = supply[["technology", "period", name]].set_axis(["item", "period", "value"], axis=1)
        names = [term("technology", key, "zh") for key in part["item"]]
        rows.append(part.assign(quantity=name.rpartition("_")[0], quantity_zh=zh, unit=unit, name_zh=names))
    if costs is not None:
        part = costs[["item", "period", "total"]].rename(columns={"total": "value"})
        names = [term("cost_item", key, "zh") for key in part["item"]]
        rows.append(part.assign(quantity="cost", quantity_zh="成本", unit=money, name_zh=names))
    return pd.concat(rows, ignore_index=True)


def decision_table(study: Gathered) -> Compared | None:
    """Return units, projects, sites and circuits that some plan chooses: how much, and in how many scenarios."""
    parts = {one.name: rows for one in study.named if (rows := _decisions(one)) is not None}
    if not any(len(part) for part in parts.values()):
        return None
    table = side_by_side(parts, ["kind", "name"], "amount", "", 0.0)
    table.insert(2, "chosen_in", (table[list(parts)] > 0).sum(axis=1))
    return Compared("decisions", "选址与建设", "Sites and builds", table, scenario_heads(study))


def _decisions(one: Outcome) -> pd.DataFrame | None:
    if not one.has_plan:
        return None
    rows = [_chosen(one, "selection", "unit"), _chosen(one, "projects", "project")]
    builds = one.table("network_builds")
    if builds is not None and len(builds):
        amount = builds["circuits"].where(builds["circuits"] > 0, builds["added_mw"])
        rows.append(pd.DataFrame({"kind": builds["component"], "name": builds["name"], "amount": amount}))
    capacity = one.table("network_capacity")
    if capacity is not None:
        sites = capacity[(capacity["component"] == "site") & (capacity["added_mw"] > 0)]
        rows.append(pd.DataFrame({"kind": "site", "name": sites["name"], "amount": sites["added_mw"]}))
    found = [part for part in rows if len(part)]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=["kind", "name", "amount"])


def _chosen(one: Outcome, file: str, kind: str) -> pd.DataFrame:
    path = one.folder / "plan" / f"{file}.parquet"
    if not path.is_file():
        return pd.DataFrame()
    table = pd.read_parquet(path)
    amount = table.get("amount", 1.0)
    return pd.DataFrame({"kind": kind, "name": table[kind].astype(str), "amount": amount})


def zone_tables(changes: ZoneChanges, study: Gathered, land: Land | None) -> list[Compared]:
    """Return where plans agree and differ: summary, transitions, zones."""
    heads = scenario_heads(study, "ha") | {"from": Head("现状地类", "present class")}
    agreement, zones = (
        table.assign(agreement_zh=[say("zh", key).rstrip("：") for key in table["agreement"]])
        for table in (changes.agreement(), changes.zones)
    )
    transitions = _with_names(changes.transitions(), ("to", "from"), land)
    return [
        Compared("agreement", "方案一致性", "Agreement", agreement, {}),
        Compared("transitions", "转移对比", "Transitions", transitions, heads),
        Compared("zones", "单元对比", "Zones that change", _with_names(zones, ("gained",), land), {}),
    ]


def _with_names(table: pd.DataFrame, columns: Sequence[str], land: Land | None) -> pd.DataFrame:
    """Return a table with the names of classes beside their codes."""
    if land is None:
        return table
    classes, table = land.classes, table.copy()
    for column in columns:
        place = list(table.columns).index(column) + 1
        for lang in ("en", "zh"):
            names = dict(zip(classes["class"].astype(str), classes[f"name_{lang}"].astype(str), strict=True))
            table.insert(place, f"{column}_{lang}", table[column].map(names).fillna(""))
    return table
