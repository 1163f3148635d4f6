"""What the gate leaves behind: gate.json, tables as CSV, gate.gpkg, a page, and every plan that it found, audited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np

from optimizer.followup.found import write_found
from optimizer.followup.gate import Verdict
from optimizer.followup.headings import headed
from optimizer.followup.page import write_page
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


def verdict_words(verdict: Verdict, lang: Lang) -> str:
    """Return a verdict in words."""
    return VERDICTS[verdict][lang == "en"]


def said(project: Project, given: Given, found: Decision, tables: GateTables, least: Least, lang: Lang) -> list[str]:
    """Return what the gate says in sentences: verdict, project, land, compensation, what lacks."""
    english, land = lang == "en", tables.land
    names = given.block.land.classes
    use = str(names["name_en" if english else "name_zh"].iloc[project.use]) or str(names["class"].iloc[project.use])
    year = given.program.names.periods[project.period - 1]
    new = float(land.loc[land["converts"], "area_ha"].sum())
    lines = [verdict_words(found.verdict, lang)]
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
    if found.verdict is Verdict.COMPENSATED:
        bound = found.compensation_bound
        unit = {"cost": ("万元", "10k CNY"), "emissions": ("tCO2e", "tCO2e")}[least][english]
        floor = "" if bound is None else (f" (no less than {bound:,.2f})" if english else f"（下限 {bound:,.2f}）")
        value = tables.figures["compensated"]["cost_wanyuan" if least == "cost" else "emissions_tco2e"]
        lines.append(
            f"Project and least compensation together: {value:,.2f} {unit}{floor}."
            if english
            else f"项目与最低补偿合计：{value:,.2f} {unit}{floor}。"
        )
    if found.lacking and found.verdict is Verdict.ADAPTED:
        lines.append("Adding to the plan is not enough:" if english else "仅在原方案上增补仍不足：")
    return [*lines, *found.lacking]


def ways_table(tables: GateTables, lang: Lang) -> pd.DataFrame:
    """Return marginal emissions, cost and objective for each way the project may go ahead."""
    import pandas as pd

    rows = [{"way": WAYS[way][lang == "en"], **one} for way, one in tables.figures.items() if one is not None]
    return pd.DataFrame(rows).astype({name: float for name in ("emissions_tco2e", "cost_wanyuan", "objective")})


def shown(given: Given, tables: GateTables, lang: Lang) -> list[tuple[str, pd.DataFrame]]:
    """Return the tables for people, with their titles; those without a row are left out."""
    land, ways = given.block.land, ways_table(tables, lang)
    named = tables.all()
    named["quotas"] = named["quotas"].drop(columns=["source", "rule_zh", "broken_old"])
    order = [("land", named["land"]), ("barred", named["barred"]), ("displaced", named["displaced"]), ("ways", ways)]
    order += [(name, named[name]) for name in ("carbon", "quotas", "compensation", "adapted")]
    return [(TITLES[name][lang == "en"], headed(table, land, lang)) for name, table in order if len(table)]


def write_gate(
    folder: Path,
    given: Given,
    project: Project,
    taken: Taken,
    found: Decision,
    tables: GateTables,
    least: Least,
    lang: Lang,
) -> list[str]:
    """Write everything into an empty folder; return what the audits of the plans found wrong, in words."""
    failures: list[str] = []
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
        "lacking": list(found.lacking),
        "audit": audits,
        "instance_hash": given.model.instance.hash,
    }
    write_json(folder / "gate.json", record)
    title = f"{TITLES['title'][lang == 'en']}: {project.name}"
    write_page(
        folder / "gate.html", title, said(project, given, found, tables, least, lang), shown(given, tables, lang), lang
    )
    return failures


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
