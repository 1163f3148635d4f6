"""What monitoring leaves behind: drift from the plan, quotas at risk, the new plan and what is new in it, audited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from optimizer.followup import planned_network
from optimizer.followup.differences import CRUMB_HA, broken, emissions_by_component, emissions_of, moved
from optimizer.followup.found import write_found
from optimizer.followup.happened import BARRED, EARLY, PLANNED, UNPLANNED
from optimizer.followup.headings import headed, unit_words
from optimizer.followup.page import Told, write_page
from optimizer.results.rules import objective_unit
from optimizer.results.solution import Termination
from optimizer.results.tables import write_csv
from optimizer.study import write_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from optimizer.followup.monitor import Monitored
    from optimizer.followup.observed import Observed
    from optimizer.results.terms import Lang

TITLES: dict[str, tuple[str, str]] = {
    "title": ("规划实施监测", "Monitoring of a plan"),
    "drift": ("各区各类：规划与实测", "Planned and observed land by region and class"),
    "flows": ("已发生的转换", "What happened"),
    "zones": ("偏差较大的单元", "Zones that drift most"),
    "carbon": ("碳排放（分项）", "Emissions by component"),
    "broken_now": ("目前违反的指标", "Quotas broken by now"),
    "broken_later": ("其余按原方案实施时违反的指标", "Quotas broken if the rest goes on as planned"),
    "changes": ("新方案的调整", "What changes in the plan"),
}

KINDS: dict[str, tuple[str, str]] = {
    PLANNED: ("按规划", "as planned"),
    EARLY: ("规划于以后", "planned for later"),
    UNPLANNED: ("规划外（规则允许）", "unplanned, allowed"),
    BARRED: ("规划外（规则禁止）", "unplanned, barred"),
}

NETWORK = (
    "电网无实测：已结束各期按规划固定。",
    "The network is not observed: up to the last period that has ended it is held as planned.",
)

MOST_NAMED = 5
"""Zones that are named in a sentence."""

CRUMB_T = 1e-6
"""Tonnes that count as none."""


def planned_area(found: Monitored, periods: int) -> NDArray[np.float64]:
    """Return the land that the plan has by the end of some periods, (zones, classes), ha."""
    given = found.before
    moves, shares = given.program.moves, given.shares
    count = len(given.program.names.classes)
    later = moves.changes & (moves.period > periods)
    kind = np.where(later, moves.source, moves.target).astype(np.int64)
    shape = len(given.program.names.zones), count
    used = np.flatnonzero(shares > 0)
    cell = moves.zone[used].astype(np.int64) * count + kind[used]
    area = (shares * moves.area_ha)[used]
    drawn = given.outside
    first = moves.start[drawn["group"].to_numpy(dtype=np.int64)]
    beyond = np.where(drawn["period"] > periods, moves.source[first], drawn["target"]).astype(np.int64)
    cell = np.concatenate([cell, moves.zone[first].astype(np.int64) * count + beyond])
    area = np.concatenate([area, drawn["area_ha"].to_numpy(dtype=float)])
    return np.bincount(cell, weights=area, minlength=shape[0] * shape[1]).astype(float).reshape(shape)


def drift(found: Monitored, observed: Observed) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return planned and observed hectares by region and class, and by zone and class where they differ.

    Only zones that were observed count. The plan lies between what was due by the last period that has ended and what
    is due by the end of the one under way; drift is how far land is from that.
    """
    seen = observed.seen[:, None]
    parts = {
        "base_ha": planned_area(found, 0),
        "planned_ha": planned_area(found, observed.done),
        "planned_end_ha": planned_area(found, observed.current),
        "observed_ha": observed.area_ha,
    }
    parts = {name: np.where(seen, area, 0.0) for name, area in parts.items()}
    names, land = found.before.program.names, found.before.block.land
    zone, kind = np.nonzero(_beyond(parts))
    classes = names.classes.to_numpy()
    zones = pd.DataFrame({"zone": names.zones.to_numpy()[zone], "class": classes[kind]})
    regions = np.zeros((len(land.regions), len(land.zones)))
    regions[land.zone_region, np.arange(len(land.zones))] = 1.0
    region, group = np.nonzero(regions @ sum(parts.values()))
    by_region = pd.DataFrame({"region": land.regions["region"].astype(str).to_numpy()[region], "class": classes[group]})
    for name, area in parts.items():
        zones[name] = area[zone, kind]
        by_region[name] = (regions @ area)[region, group]
    for table in (zones, by_region):
        table["drift_ha"] = _beyond({name: table[name].to_numpy(dtype=float) for name in parts})
    return by_region, zones.sort_values("drift_ha", key=np.abs, ascending=False, kind="stable").reset_index(drop=True)


def _beyond(parts: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return by how much observed land is more, or less, than the plan has by now and by the end of the period."""
    now, end, observed = (parts[name] for name in ("planned_ha", "planned_end_ha", "observed_ha"))
    beyond = observed - np.clip(observed, np.minimum(now, end), np.maximum(now, end))
    return np.where(np.abs(beyond) > CRUMB_HA, beyond, 0.0)


def flow_table(found: Monitored) -> pd.DataFrame:
    """Return what happened with names."""
    names, flows = found.before.program.names, found.flows
    classes = names.classes.to_numpy()
    return pd.DataFrame(
        {
            "zone": names.zones.to_numpy()[flows["zone"].to_numpy(dtype=np.int64)],
            "from": classes[flows["source"].to_numpy(dtype=np.int64)],
            "to": classes[flows["target"].to_numpy(dtype=np.int64)],
            "period": np.array([0, *names.periods])[flows["period"].to_numpy(dtype=np.int64)],
            "kind": flows["kind"].to_numpy(),
            "area_ha": flows["area_ha"].to_numpy(dtype=float),
        }
    )


def carbon(found: Monitored) -> pd.DataFrame:
    """Return cumulative tCO2e by component: the plan, what barred changes emit, and, these included, what is to come.

    `onward` is the rest of the plan as it was, `replanned` the new plan.
    """
    before, now = found.before.model, found.now.model
    flows = flow_table(found)
    barred = emissions_of(before.instance, flows[flows["kind"] == BARRED].assign(overlay=""))
    table = pd.DataFrame(
        {"plan": emissions_by_component(before.instance, before.program, found.plan), "barred": barred}
    )
    table["onward"] = barred + emissions_by_component(now.instance, now.program, found.onward)
    if found.solution.shares is not None:
        table["replanned"] = barred + emissions_by_component(now.instance, now.program, found.solution.shares)
    return table[(table.abs() > CRUMB_T).any(axis=1)].rename_axis("component").reset_index()


def write_monitored(folder: Path, found: Monitored, observed: Observed, lang: Lang) -> Told:
    """Write everything into a folder; failures are what the audit of the new plan found."""
    by_region, zones = drift(found, observed)
    program = found.now.program
    now = broken(program, found.so_far)
    period = pd.to_numeric(now["period"], errors="coerce")
    due = (period <= observed.year) | (period.isna() & (now["sense"] == "<="))
    tables = {
        "drift": by_region,
        "flows": flow_table(found),
        "zones": zones,
        "carbon": carbon(found),
        "broken_now": now[due].reset_index(drop=True),
        "broken_later": broken(program, found.onward),
    }
    failures: list[str] = []
    record: dict[str, Any] = {"audit": None}
    shares = found.solution.shares
    if shares is not None:
        tables["changes"] = moved(found.now, found.onward, shares)
        audited = write_found(found.now, shares, folder / "replanned", lang, tables=True)
        failures = list(audited.failures)
        record = {"audit": audited.record(), "objective": audited.objective, "bound": found.solution.bound}
    for name, table in tables.items():
        write_csv(folder / f"{name}.csv", table)
    sums = found.flows.groupby("kind")["area_ha"].sum()
    record |= {
        "year": observed.year,
        "zones_observed": int(observed.seen.sum()),
        "happened_ha": {kind: float(sums.get(kind, 0.0)) for kind in KINDS},
        "drift_ha": float(zones["drift_ha"].abs().sum() / 2),
        "uprooted_ha": float(found.uprooted.sum()),
        "emissions_tco2e": tables["carbon"].drop(columns="component").sum().to_dict(),
        "broken_now": tables["broken_now"]["id"].astype(str).tolist(),
        "broken_later": tables["broken_later"]["id"].astype(str).tolist(),
        "lacking": list(found.lacking),
        "instance": "instance" if (folder / "instance").is_dir() else None,
    }
    write_json(folder / "monitoring.json", record)
    lines, land = said(found, observed, record, lang), found.before.block.land
    english = lang == "en"
    tables["flows"] = tables["flows"].assign(kind=[KINDS[kind][english] for kind in tables["flows"]["kind"]])
    shown = [
        (TITLES[name][english], headed(table.drop(columns="source", errors="ignore"), land, lang))
        for name, table in tables.items()
        if len(table)
    ]
    told = Told(lines, shown, failures)
    write_page(folder / "monitoring.html", TITLES["title"][english], told, found.before.model.instance, lang)
    return told


def said(found: Monitored, observed: Observed, record: dict[str, Any], lang: Lang) -> list[str]:
    """Return what was found in sentences."""
    english, total = lang == "en", len(found.before.block.land.zones)
    seen, area = record["zones_observed"], record["drift_ha"]
    if found.solution.shares is not None:
        verdict = "There is a plan from here on that keeps every rule." if english else "自此仍有满足全部规则的方案。"
    elif found.solution.termination is Termination.INFEASIBLE:
        verdict = "No plan from here on meets every rule." if english else "自此没有满足全部规则的方案。"
    else:
        verdict = "No plan was found within the limits." if english else "限定内未找到方案。"
    lines = [verdict, *found.lacking, *_uprooted(found, english), *_proof(found, record, lang)]
    lines.append(
        f"{observed.year}: {seen:,} of {total:,} zones observed; {area:,.4g} ha are off the plan."
        if english
        else f"{observed.year} 年：{total:,} 个单元中实测 {seen:,} 个；偏离规划 {area:,.4g} ha。"
    )
    lines += [
        f"{KINDS[kind][english]}{': ' if english else '：'}{ha:,.4g} ha"
        for kind, ha in record["happened_ha"].items()
        if ha > CRUMB_HA
    ]
    lines += planned_network.told(found.before, NETWORK, lang)
    if record["instance"]:
        lines.append(
            "Barred changes are facts now: the folder instance has them as present land, and rules are asked of it."
            if english
            else "被禁止的转换已成事实：文件夹 instance 将其计入现状用地，各规则以此为准。"
        )
    return lines


def _uprooted(found: Monitored, english: bool) -> list[str]:
    """Return which land that bears arrays or strips by the plan has gone, if any; zones that lost most are named."""
    lost = found.uprooted
    if not lost.any():
        return []
    zones = found.before.program.names.zones.astype(str).to_numpy()
    named = ", ".join(zones[np.argsort(-lost, kind="stable")[: min(MOST_NAMED, int((lost > 0).sum()))]])
    return [
        f"{lost.sum():,.4g} ha under arrays or strips by the plan are seen to be another class (zones: {named}): what "
        "stands there is taken to lie on other land in reach."
        if english
        else f"规划布置光伏阵列或走廊的 {lost.sum():,.4g} ha 实测已变为其他地类（单元 {named}），按落在其他用地计。"
    ]


def _proof(found: Monitored, record: dict[str, Any], lang: Lang) -> list[str]:
    """Return what the new plan comes to, and which proven bound no plan from here on is below."""
    english, bound = lang == "en", found.solution.bound
    unit = unit_words(objective_unit(found.now.program), lang)
    if found.solution.shares is None:
        return []
    value = f"{record['objective']:,.2f} {unit}"
    if record["instance"]:
        value += " (without what barred changes emit or cost)" if english else "（不含被禁止的转换）"
    if bound is None:
        return [f"It comes to {value}; no bound was proven." if english else f"新方案目标值 {value}；未证明下界。"]
    return [
        f"It comes to {value}; no plan from here on is below {bound:,.2f} (proven)."
        if english
        else f"新方案目标值 {value}；自此的任何方案均不低于 {bound:,.2f}（已证明）。"
    ]
