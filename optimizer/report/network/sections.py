"""Tables of a network plan as written text: capacity, sites, builds, prices, supply, costs, limits, land."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from optimizer.report.charts import bars
from optimizer.report.figures import Table
from optimizer.report.text import NONE, THIN_SPACE, number, percent, significant
from optimizer.results.network.rows import year_mwh
from optimizer.results.terms import term

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    _Column = tuple[str, str, Callable[[Any], str]]

    from optimizer.report.network.view import NetworkView

MOST_SITES, MOST_BUILDS, MOST_BUSES = 40, 60, 30
GWH = 1e-3
SENSES = {">=": "≥", "<=": "≤", "==": "="}
_SEEN = 1e-6


@dataclass(frozen=True)
class Listed:
    """A table, what is said above it, and what is said of rows that are left out."""

    table: Table
    about: str = ""
    more: str = ""


def _mw(value: object) -> str:
    if not isinstance(value, float) or np.isnan(value):
        return NONE
    return significant(value, 5) if abs(value) > _SEEN else "0"


def _gwh(value: object) -> str:
    return _mw(value * GWH) if isinstance(value, float) else NONE


def _money(value: float) -> str:
    return NONE if np.isnan(value) else significant(value, 5)


def _added(value: float) -> str:
    return significant(value, 5, signed=value < 0)


def _named(text: str) -> str:
    return text or NONE


def _table(
    view: NetworkView,
    rows: pd.DataFrame,
    columns: Sequence[_Column],
    bar: str = "",
    **values: object,
) -> Table:
    """Return a table of columns (column, key of its head, how a cell is written); `bar` has bars."""
    if not rows["period"].any():
        columns = [one for one in columns if one[0] != "period"]
    cells = [[write(value) for value in rows[name].tolist()] for name, _, write in columns]
    heads = tuple(view.t(key, **(values if key in ("cost", "route_cost") else {})) for _, key, _ in columns)
    scaled = tuple(bars(rows[bar].fillna(0.0).tolist())) if bar else ()
    return Table(heads, tuple(zip(*cells, strict=True)), scaled)


def by_technology(view: NetworkView) -> Table | None:
    """Return present, added and planned capacity and what a year gives, by stage and technology."""
    table = view.tables.get("capacity")
    if table is None:
        return None
    numbers = ["existing_mw", "added_mw", "capacity_mw", "energy_mwh", "generation_mwh", "curtailed_mwh"]
    sums = table.groupby(["period", "technology"], sort=False, as_index=False)[numbers].sum(min_count=1)
    order = {name: place for place, name in enumerate(reversed(view.colors))}
    sums = sums.sort_values(
        ["period", "technology"], key=lambda one: one.map(order) if one.name == "technology" else one
    )
    there = sums[["existing_mw", "capacity_mw", "generation_mwh"]].fillna(0.0)
    sums = sums[(there > _SEEN).any(axis=1)]
    could = sums["generation_mwh"] + sums["curtailed_mwh"]
    feeds = view.supply.units
    clean = sums["technology"].isin(feeds.loc[feeds["renewable"], "technology"])
    sums = sums.assign(
        full_load_h=(sums["generation_mwh"] / sums["capacity_mw"]).where(sums["capacity_mw"] > _SEEN),
        curtailed_mwh=sums["curtailed_mwh"].where(clean),
        curtailed_share=(sums["curtailed_mwh"] / could).where((could > 0) & clean),
    )
    columns: list[_Column] = [
        ("technology", "technology", view.technology),
        ("period", "period", str),
        ("existing_mw", "existing", _mw),
        ("added_mw", "added", _mw),
        ("capacity_mw", "capacity", _mw),
        *([("energy_mwh", "energy", _mw)] if sums["energy_mwh"].any() else []),
        ("generation_mwh", "generation", _gwh),
        ("full_load_h", "full_load", lambda value: number(value, 0)),
        ("curtailed_mwh", "curtailed", _gwh),
        ("curtailed_share", "curtailed_share", lambda value: percent(value, 1)),
    ]
    return _table(view, sums, columns, "generation_mwh")


def sites(view: NetworkView) -> Listed | None:
    """Return the sites that are used by the last stage, the largest first; None where there are none to use."""
    all_sites, table = view.plan.network["sites"], view.tables.get("capacity")
    if not len(all_sites) or table is None:
        return None
    last = view.plan.network.stage_years[-1]
    used = table[(table["component"] == "site") & (table["period"] == last) & (table["capacity_mw"] > _SEEN)]
    potential = pd.Series(all_sites["potential_mw"].to_numpy(dtype=float), index=all_sites["site"].astype(str))
    used = used.assign(potential_mw=used["name"].map(potential)).sort_values("capacity_mw", ascending=False)
    columns: list[_Column] = [
        ("name", "name", lambda name: view.labelled("sites", name)),
        ("technology", "technology", view.technology),
        ("bus", "bus", lambda name: view.named("buses", name)),
        ("capacity_mw", "capacity", _mw),
        ("potential_mw", "potential", _mw),
        *([("energy_mwh", "energy", _mw)] if used["energy_mwh"].any() else []),
        ("generation_mwh", "generation", _gwh),
        ("full_load_h", "full_load", lambda value: number(value, 0)),
        ("curtailed_share", "curtailed_share", lambda value: percent(value, 1)),
    ]
    about = view.t("sites_about", used=number(len(used), 0), sites=number(len(all_sites), 0))
    shown = used.head(MOST_SITES)
    made = _table(view, shown, columns, "capacity_mw")
    return Listed(made, about, _more(view, len(used) - len(shown), "network_capacity.csv"))


def _more(view: NetworkView, more: int, file: str) -> str:
    return view.t("more_rows", more=number(more, 0), file=file) if more > 0 else ""


def extended(view: NetworkView) -> Listed | None:
    """Return plant and storage whose capacity changes, the most first; None where none does."""
    table = view.tables.get("capacity")
    if table is None:
        return None
    last = view.plan.network.stage_years[-1]
    changed = table[
        table["component"].isin(["generator", "storage"])
        & (table["period"] == last)
        & (table["added_mw"].abs() > _SEEN)
    ]
    if changed.empty:
        return None
    changed = changed.sort_values("added_mw", ascending=False, key=abs)
    columns: list[_Column] = [
        ("name", "name", str),
        ("technology", "technology", view.technology),
        ("bus", "bus", lambda name: view.named("buses", name)),
        ("existing_mw", "existing", _mw),
        ("added_mw", "added", lambda value: significant(value, 5, signed=True)),
        ("capacity_mw", "capacity", _mw),
        *([("energy_mwh", "energy", _mw)] if changed["energy_mwh"].any() else []),
        ("generation_mwh", "generation", _gwh),
        ("full_load_h", "full_load", lambda value: number(value, 0)),
    ]
    shown = changed.head(MOST_SITES)
    return Listed(_table(view, shown, columns), "", _more(view, len(changed) - len(shown), "network_capacity.csv"))


def builds(view: NetworkView) -> Listed | None:
    """Return what is built between buses with length, cost and crossings; None where nothing is."""
    table = view.tables.get("builds")
    if table is None:
        return None
    columns: list[_Column] = [
        ("component", "kind", lambda one: term("network_component", one, view.lang)),
        ("name", "name", str),
        ("from_bus", "from", lambda name: view.named("buses", name)),
        ("to_bus", "to", lambda name: view.named("buses", name)),
        *([("voltage_class", "voltage", _named)] if table["voltage_class"].astype(bool).any() else []),
        ("period", "period", str),
        *([("circuits", "circuits", lambda value: number(value, 0))] if table["circuits"].notna().any() else []),
        *([("added_mw", "added", _added)] if table["added_mw"].any() else []),
        *([("length_km", "length", lambda value: significant(value, 4))] if table["length_km"].notna().any() else []),
        ("cost", "cost", lambda value: significant(value, 5)),
        *([("route_cost", "route_cost", _money)] if table["route_cost"].notna().any() else []),
        *([("crossings", "crossings", view.crossings)] if table["crossings"].astype(bool).any() else []),
    ]
    shown = table.head(MOST_BUILDS)
    made = _table(view, shown, columns, money=view.money)
    return Listed(made, _sums(view, table), _more(view, len(table) - len(shown), "network_builds.csv"))


def _sums(view: NetworkView, table: pd.DataFrame) -> str:
    """Return circuits, km of routes opened, cost and crossings in a sentence; empty where no route is opened."""
    opened = view.tables.get("segments")
    if opened is None:
        return ""
    return view.t(
        "builds_sum",
        circuits=number(float(table["circuits"].sum()), 0),
        length=significant(float(opened["length_km"].sum()), 4),
        cost=significant(float(table["cost"].sum() + opened["cost"].sum()), 5),
        money=view.money,
        crossings=number(int(opened["crossings"].astype(bool).sum()), 0),
    )


def segments(view: NetworkView) -> Listed | None:
    """Return the segments of routes that are opened; None where none is."""
    table = view.tables.get("segments")
    if table is None:
        return None
    columns: list[_Column] = [
        ("segment", "segment", str),
        ("corridors", "corridor", _named),
        ("period", "period", str),
        ("length_km", "length", lambda value: significant(value, 4)),
        ("width_m", "width", lambda value: significant(value, 4)),
        ("cost", "cost", lambda value: significant(value, 5)),
        ("crossings", "crossings", view.crossings),
    ]
    shown = table.head(MOST_BUILDS)
    made = _table(view, shown, columns, money=view.money)
    return Listed(made, "", _more(view, len(table) - len(shown), "network_segments.csv"))


def bus_prices(view: NetworkView) -> Listed | None:
    """Return mean, least and greatest price by bus, the dearest first; None without any that is not zero."""
    table = view.tables.get("bus_prices")
    if table is None or not table["mean"].notna().any() or not table["greatest"].abs().max() > 0:
        return None
    stages, buses = len(view.plan.years), len(table) // len(view.plan.years)
    order = np.argsort(-table["mean"].fillna(-np.inf).to_numpy().reshape(stages, buses).max(axis=0), kind="stable")
    heads = [view.t("bus")]
    rows = [[view.labelled("buses", name)] for name in table["bus"].to_numpy()[:buses][order][:MOST_BUSES]]
    for stage in range(stages):
        year = view.stage_name(stage)
        for column in ("mean", "least", "greatest"):
            heads.append(" ".join(one for one in (view.t(column), year) if one))
            values = table[column].to_numpy().reshape(stages, buses)[stage, order]
            for row, value in zip(rows, values.tolist(), strict=False):
                row.append(significant(value, 4))
    made = Table(tuple(heads), tuple(tuple(row) for row in rows))
    return Listed(made, "", _more(view, buses - len(rows), "network_prices.csv"))


def supply(view: NetworkView) -> Table | None:
    """Return energy and emissions of supply by stage and technology, with sums and the load; None where none is."""
    table = view.tables.get("supply")
    if table is None or view.idle:
        return None
    load = year_mwh(view.plan, view.load)
    timed = bool(view.plan.network.stage_years[-1])
    order = {name: place for place, name in enumerate(reversed(view.colors))}
    rows: list[tuple[str, ...]] = []
    strong = []
    for stage, year in enumerate(view.plan.network.stage_years):
        mine = table[(table["period"] == year) & (table["generation_mwh"] > _SEEN)]
        mine = mine.sort_values("technology", key=lambda one: one.map(order))
        mine = pd.concat([mine, mine[["generation_mwh", "emission_tco2e", "cumulative_tco2e"]].sum().to_frame().T])
        for record in mine.to_dict("records"):
            total = not isinstance(record["technology"], str)
            name = view.t("total") if total else view.technology(str(record["technology"]))
            share = record["generation_mwh"] / load[stage] if load[stage] > 0 else np.nan
            emitted = [record["emission_tco2e"], *([record["cumulative_tco2e"]] if timed else [])]
            if total:
                strong.append(len(rows))
            year_cell = (str(year),) if timed else ()
            cells = (
                _gwh(float(record["generation_mwh"])),
                percent(float(share), 1),
                *(number(one, 0) for one in emitted),
            )
            rows.append((name, *year_cell, *cells))
        beside = (NONE,) * (3 if timed else 2)
        rows.append((view.t("load"), *((str(year),) if timed else ()), _gwh(float(load[stage])), *beside))
    heads = ["technology", *(["period"] if timed else []), "generation", "share_of_load", "emission"]
    heads += ["cumulative"] if timed else []
    return Table(tuple(view.t(head) for head in heads), tuple(rows), (), frozenset(strong))


def memo(view: NetworkView) -> tuple[str, ...]:
    """Return, for each stage with imports, what the load would emit if all of it were imported."""
    found, plan = [], view.plan
    own = year_mwh(plan, view.supply.power) * view.supply.factor
    load = year_mwh(plan, view.load)
    bought = (view.supply.units["component"] == "import").to_numpy()
    for stage in range(len(plan.years)):
        most = view.supply.capacity[stage, bought]
        if not most.sum() > 0 or not load[stage] > 0:
            continue
        finite = np.where(np.isfinite(most), most, 1.0)
        factor = float(finite @ view.supply.factor[stage, bought] / finite.sum())
        other, mine = factor * float(load[stage]), float(own[stage].sum())
        words = {"other": number(other, 0), "own": number(mine, 0), "difference": number(mine - other, 0, signed=True)}
        year = view.stage_name(stage) or view.t("memo_year")
        line = view.t("memo", year=year, factor=significant(factor, 4), **words)
        found.append(line.replace(view.t("memo_year") + "年", view.t("memo_year")))
    return tuple(found)


def costs(view: NetworkView) -> Table | None:
    """Return what the plan costs by item, summed over the stages."""
    table = view.tables.get("costs")
    if table is None:
        return None
    sums = table.groupby("item", sort=False)[["investment", "operation", "total"]].sum()
    values = np.vstack([sums.to_numpy(dtype=float), sums.sum().to_numpy(dtype=float)])
    names = [*(term("cost_item", one, view.lang) for one in sums.index), view.t("total")]
    rows = tuple((name, *(number(value, 1) for value in row)) for name, row in zip(names, values.tolist(), strict=True))
    heads = tuple(view.t(one) for one in ("item", "investment", "operation", "total"))
    return Table(heads, rows, tuple(bars([*values[:-1, 2].tolist(), 0.0])), frozenset({len(rows) - 1}))


@dataclass(frozen=True)
class LimitRow:
    """A limit on the network with what the plan reaches."""

    id: str
    name: str
    period: str
    limit: str
    reached: str
    holds: bool
    worth: str
    means: str


def limits(view: NetworkView) -> tuple[LimitRow, ...]:
    """Return the limits on the network as a whole."""
    table = view.tables.get("limits")
    return () if table is None else tuple(_limit(view, row) for row in table.to_dict("records"))


def _limit(view: NetworkView, row: dict[Any, Any]) -> LimitRow:
    share = row["unit"] == "share"
    unit = "" if share else f"\u00a0{term('unit', row['unit'], view.lang)}"
    bound, reached = (
        percent(float(row[one]), 2) if share else significant(float(row[one]), 7) + unit for one in ("bound", "reached")
    )
    of = f" · {view.technology(row['technology'])}" if row["technology"] else ""
    return LimitRow(
        id=row["id"],
        name=term("rule", row["rule"], view.lang) + of,
        period=str(row["period"]) if row["period"] else NONE,
        limit=f"{SENSES.get(row['sense'], '')}{THIN_SPACE}{bound}",
        reached=reached,
        holds=bool(row["holds"]),
        **_worth(view, row, share),
    )


def _worth(view: NetworkView, row: dict[Any, Any], share: bool) -> dict[str, str]:
    """Return the worth of a limit a year with its unit, a percentage point of a share, and what it means in words."""
    value = float(row["worth_a_year"]) / (100.0 if share else 1.0)
    if np.isnan(value):
        return {"worth": NONE, "means": ""}
    if abs(value) < _SEEN:
        return {"worth": "0", "means": ""}
    unit = view.t("percentage_point") if share else term("unit", row["unit"], view.lang)
    goal = view.t(f"goal_{view.goal}")
    amount = f"{significant(abs(value), 4)}\u00a0{view.goal_unit}"
    key = "worth_rises" if value > 0 else "worth_falls"
    shown = f"{significant(value, 4, signed=True)}\u00a0{view.goal_unit}/{unit}"
    return {"worth": shown, "means": view.t(key, unit=unit, goal=goal, amount=amount)}
