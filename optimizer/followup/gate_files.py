"""What the gate leaves behind: gate.json, tables as CSV, gate.gpkg, a page, and every plan that it found, audited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np

from optimizer.followup import planned_network
from optimizer.followup.found import write_found
from optimizer.followup.gate import Verdict
from optimizer.followup.headings import headed, unit_words
from optimizer.followup.page import Told, write_page
from optimizer.results.rules import objective_unit
from optimizer.results.tables import write_csv
from optimizer.study import write_json

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from optimizer.followup.gate import Decision, Least
    from optimizer.followup.gate_tables import GateTables
    from optimizer.followup.given import Given
    from optimizer.followup.overlay import Taken
    from optimizer.followup.project import Project
    from optimizer.results.terms import Lang

VERDICTS: dict[Verdict, tuple[str, str]] = {
    Verdict.ADMISSIBLE: ("准入：符合全部规则", "Admissible: every rule holds with the project in the plan"),
    Verdict.COMPENSATED: ("补偿后准入", "Admissible with compensation: further changes must be added to the plan"),
    Verdict.ADAPTED: ("调整方案后准入", "Admissible only with a changed plan: it takes back what was planned"),
    Verdict.BARRED: ("不准入：规则禁止转换部分用地", "Barred: a rule forbids the change of some of its land"),
    Verdict.IMPOSSIBLE: ("不准入：没有满足全部规则的方案", "Not admissible: no plan that meets every rule has it"),
    Verdict.UNKNOWN: ("限定内未能判定", "Not settled within the limits"),
}

TITLES: dict[str, tuple[str, str]] = {
    "title": ("项目准入", "Project gate"),
    "land": ("占用土地", "Land that it takes"),
    "barred": ("禁止转换的用地", "Land that may not become this use"),
    "displaced": ("被占用的规划安排", "Planned changes whose land it takes"),
    "quotas": ("受影响的指标", "Quotas that it moves"),
    "carbon": ("边际碳排放（分项）", "Marginal carbon by component"),
    "ways": ("边际排放与成本", "Marginal emissions and cost"),
    "compensation": ("最低补偿", "Compensation"),
    "adapted": ("全方案重新优化的调整", "What changes where the whole plan may adapt"),
}

WAYS: dict[str, tuple[str, str]] = {
    "alone": ("仅加入项目，其余不变", "project alone, the rest as planned"),
    "compensated": ("加最低补偿", "with the compensation"),
    "adapted": ("全方案重新优化", "the whole plan adapted"),
}


NETWORK = (
    "仅加入项目与补偿两种方式下，电网保持原方案不变。",
    "The network stays as planned with the project alone and with the compensation.",
)

CHANGED = ("调整方案后准入", "Admissible with a changed plan")
"""What is said of an adapted plan where it is not settled whether adding to the plan would do."""


def verdict_words(found: Decision, lang: Lang) -> str:
    """Return a verdict in words."""
    open_ = found.addition_open and found.verdict is Verdict.ADAPTED
    return (CHANGED if open_ else VERDICTS[found.verdict])[lang == "en"]


def said(project: Project, found: Decision, tables: GateTables, least: Least, lang: Lang) -> list[str]:
    """Return what the gate says in sentences: verdict, project, land, compensation, what lacks."""
    english, land, given = lang == "en", tables.land, found.given
    names = given.block.land.classes
    use = str(names["name_en" if english else "name_zh"].iloc[project.use]) or str(names["class"].iloc[project.use])
    year = given.program.names.periods[project.period - 1]
    new = float(land.loc[land["converts"], "area_ha"].sum())
    lines = [verdict_words(found, lang)]
    lines.append(
        f"{project.name}: {use}, {year}; {float(land['area_ha'].sum()):,.4g} ha, {new:,.4g} ha of it converted."
        if english
        else f"{project.name}：{use}，{year} 年；占地 {float(land['area_ha'].sum()):,.4g} ha，其中转换 {new:,.4g} ha。"
    )
    if project.source < 0 and tables.land.groupby("zone").size().max() > 1:
        lines.append(
            "Zones with several classes give each of them in proportion; name `from` if the class is known."
            if english
            else "含多种地类的单元按比例占用；若已知具体地类，请给出 from。"
        )
    lines += [*_compensation(found, tables, least, english), *_worth(found, lang)]
    lines += planned_network.told(given, NETWORK, lang)
    if found.verdict is Verdict.BARRED:
        lines.append(
            "Carbon and quotas are told as if nothing barred it." if english else "以下碳排放与指标按不受禁止测算。"
        )
    if found.addition_open and found.verdict is Verdict.ADAPTED:
        lines.append(
            "Whether adding to the plan would do was not settled within the limits."
            if english
            else "限定内未能判定仅在原方案上增补是否足够。"
        )
    if found.lacking and found.verdict is not Verdict.IMPOSSIBLE:
        lines.append("Adding to the plan is not enough:" if english else "仅在原方案上增补仍不足：")
    return [*lines, *found.lacking]


def _compensation(found: Decision, tables: GateTables, least: Least, english: bool) -> list[str]:
    """Return what project and compensation come to together, with the proven bound."""
    figures, bound = tables.figures["compensated"], found.compensation_bound
    if figures is None or bound is None:
        return []
    value = figures["cost_wanyuan" if least == "cost" else "emissions_tco2e"]
    unit = {"cost": ("万元", "10k CNY"), "emissions": ("tCO2e", "tCO2e")}[least][english]
    return [
        f"Project and least compensation together: {value:,.2f} {unit}, proven no less than {bound:,.2f}."
        if english
        else f"项目与最低补偿合计 {value:,.2f} {unit}，已证明不低于 {bound:,.2f}。"
    ]


def _worth(found: Decision, lang: Lang) -> list[str]:
    """Return between which proven figures the project raises the objective of the best of all plans."""
    low, high = found.worth
    if low is None:
        return []
    unit, english = unit_words(objective_unit(found.given.program), lang), lang == "en"
    if high is None:
        return [
            f"The plan has no proven bound: how much the project adds to the best of all plans is at least {low:,.2f} "
            f"{unit}."
            if english
            else f"原方案没有已证明的下界：项目使最优目标值的增加不少于 {low:,.2f} {unit}。"
        ]
    first, last = f"{low:z,.2f}", f"{high:z,.2f}"
    amount = first if first == last else f"{first} to {last}" if english else f"{first} 至 {last}"
    return [
        f"The project adds {amount} {unit} to the objective of the best of all plans (proven)."
        if english
        else f"项目使最优目标值增加 {amount} {unit}（已证明）。"
    ]


def ways_table(tables: GateTables, lang: Lang) -> pd.DataFrame:
    """Return marginal emissions, cost and objective for each way the project may go ahead."""
    import pandas as pd

    rows = [{"way": WAYS[way][lang == "en"], **one} for way, one in tables.figures.items() if one is not None]
    return pd.DataFrame(rows).astype({name: float for name in ("emissions_tco2e", "cost_wanyuan", "objective")})


def shown(given: Given, tables: GateTables, lang: Lang) -> list[tuple[str, pd.DataFrame]]:
    """Return the tables for people, with their titles; those without a row are left out."""
    land, ways = given.block.land, ways_table(tables, lang)
    named = tables.all()
    named["quotas"] = _narrow(named["quotas"], lang)
    order = [("land", named["land"]), ("barred", named["barred"]), ("displaced", named["displaced"]), ("ways", ways)]
    order += [(name, named[name]) for name in ("carbon", "quotas", "compensation", "adapted")]
    return [(TITLES[name][lang == "en"], headed(table, land, lang)) for name, table in order if len(table)]


def _narrow(quotas: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return the table of quotas as wide as a page: what is asked in one column, and whether it is broken first."""
    asked = [
        f"{sense} {bound:,.10g} {unit_words(unit, lang)}"
        for sense, bound, unit in zip(quotas["sense"], quotas["bound"], quotas["unit"], strict=True)
    ]
    shown = quotas.drop(columns=["source", "rule_zh", "broken_old", "broken_new", "sense", "bound", "unit"])
    shown.insert(0, "broken_new", quotas["broken_new"])
    shown.insert(list(shown).index("value_old"), "asked", asked)
    return shown


def write_gate(
    folder: Path, project: Project, taken: Taken, found: Decision, tables: GateTables, least: Least, lang: Lang
) -> Told:
    """Write everything into an empty folder; failures are what the audits of the plans found wrong."""
    given, failures = found.given, list[str]()
    audits: dict[str, Any] = {}
    for way in ("compensated", "adapted"):
        shares = getattr(found, way)
        if shares is not None:
            audited = write_found(given, shares, folder / way, lang)
            audits[way] = audited.record()
            failures += [f"{way}: {line}" for line in audited.failures]
    for name, table in tables.all().items():
        write_csv(folder / f"{name}.csv", table)
    _write_layers(folder / "gate.gpkg", given, project, taken, tables)
    record = {
        "verdict": str(found.verdict),
        "project": project.name,
        "use": str(given.program.names.classes.iloc[project.use]),
        "period": given.program.names.periods[project.period - 1],
        "area_ha": float(tables.land["area_ha"].sum()),
        "converted_ha": float(tables.land.loc[tables.land["converts"], "area_ha"].sum()),
        "barred_ha": float(found.barred["area_ha"].sum()),
        "displaced_ha": float(found.displaced["area_ha"].sum()),
        "quotas_broken": tables.quotas.loc[tables.quotas["broken_new"], "id"].astype(str).tolist(),
        "marginal": tables.figures,
        "least": least,
        "compensation_bound": found.compensation_bound,
        "adapted_bound": found.adapted_bound,
        "objective_least": found.worth[0],
        "objective_most": found.worth[1],
        "addition_open": found.addition_open,
        "lacking": list(found.lacking),
        "audit": audits,
        "instance_hash": given.model.instance.hash,
    }
    write_json(folder / "gate.json", record)
    title = f"{TITLES['title'][lang == 'en']}{': ' if lang == 'en' else '：'}{project.name}"
    told = Told(said(project, found, tables, least, lang), shown(given, tables, lang), failures)
    write_page(folder / "gate.html", title, told, given.model.instance, lang)
    return told


def _write_layers(path: Path, given: Given, project: Project, taken: Taken, tables: GateTables) -> None:
    """Write layers `project`, `land` (cuts of zones) and `compensation` (zones that change); none without polygons."""
    if taken.cuts is None:
        return
    cuts = taken.cuts
    crs, zones = cuts.crs, given.program.names.zones
    outline = geopandas.GeoDataFrame({"name": [project.name]}, geometry=project.shape.to_crs(crs).to_list(), crs=crs)
    outline.to_file(path, layer="project", driver="GPKG")
    cuts.assign(zone=zones.to_numpy()[cuts["zone"]].astype(str)).to_file(path, layer="land", driver="GPKG")
    if len(tables.compensation):
        shapes = given.model.instance.zone_geometry()
        place = {str(name): k for k, name in enumerate(zones)}
        rows = np.array([place[str(name)] for name in tables.compensation["zone"]])
        layer = geopandas.GeoDataFrame(tables.compensation, geometry=shapes.geometry.iloc[rows].to_list(), crs=crs)
        layer.to_file(path, layer="compensation", driver="GPKG")
