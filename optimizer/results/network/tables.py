"""Tables of a network plan for people: capacity, builds, supply, use of lines, prices, costs, limits.

Energies and emissions are those of the year of a stage; what is summed over the years of the stages says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from optimizer.results.network.builds import builds_table, segments_table
from optimizer.results.network.costs import cost_table
from optimizer.results.network.figures import Stores, Supply, Wires, prices, stores, supply, wires
from optimizer.results.network.limits import limits
from optimizer.results.network.rows import by_stage, in_time, year_mwh

if TYPE_CHECKING:
    from optimizer.results.network.reading import NetworkPlan, Values

FULL = 1 - 1e-4
"""Share of its limit from which a line is full."""


def network_tables(plan: NetworkPlan) -> dict[str, pd.DataFrame]:
    """Return the tables by name; those without a row are left out."""
    feeds, holds, carries = supply(plan), stores(plan), wires(plan)
    found = {
        "capacity": capacity_table(plan, feeds, holds),
        "builds": builds_table(plan, carries),
        "segments": segments_table(plan),
        "use": use_table(plan, carries),
        "supply": supply_table(plan, feeds),
        "costs": cost_table(plan, feeds, holds, carries),
        "limits": limits(plan, feeds, holds),
        "dispatch": dispatch_table(plan, feeds, holds),
        "flows": flow_table(plan, carries),
        "storage": storage_table(plan, holds),
        "prices": price_table(plan),
        "bus_prices": bus_prices(plan),
    }
    return {name: table for name, table in found.items() if len(table)}


def _share(part: Values, whole: Values) -> Values:
    return np.divide(part, whole, out=np.full(np.broadcast(part, whole).shape, np.nan), where=whole > 0)


def capacity_table(plan: NetworkPlan, feeds: Supply, holds: Stores) -> pd.DataFrame:
    """Return what stands where and what it gives in a year, generators, sites, imports and storage."""
    output, lost = year_mwh(plan, feeds.power), year_mwh(plan, feeds.curtailed)
    feeding = by_stage(
        plan,
        feeds.units,
        existing_mw=np.broadcast_to(feeds.existing, feeds.capacity.shape),
        capacity_mw=feeds.capacity,
        energy_mwh=np.full(feeds.capacity.shape, np.nan),
        generation_mwh=output,
        full_load_h=_share(output, feeds.capacity),
        curtailed_mwh=lost,
        curtailed_share=_share(lost, output + lost),
    )
    given = year_mwh(plan, holds.discharge)
    storing = by_stage(
        plan,
        holds.units,
        existing_mw=np.broadcast_to(holds.existing, holds.capacity.shape),
        capacity_mw=holds.capacity,
        energy_mwh=holds.energy,
        generation_mwh=given,
        full_load_h=_share(given, holds.capacity),
        curtailed_mwh=np.zeros(given.shape),
        curtailed_share=np.full(given.shape, np.nan),
    )
    table = pd.concat([part for part in (feeding, storing) if len(part)] or [feeding], ignore_index=True)
    added = np.where(table["component"] == "import", 0.0, table["capacity_mw"] - table["existing_mw"])
    table.insert(table.columns.get_loc("capacity_mw"), "added_mw", added)  # type: ignore[arg-type]
    table.loc[table["component"] == "import", "existing_mw"] = table["capacity_mw"]
    finite = table.select_dtypes("number").replace([np.inf, -np.inf], np.nan)
    return table.assign(**{str(name): finite[name] for name in finite}).drop(columns="renewable")


def use_table(plan: NetworkPlan, carries: Wires) -> pd.DataFrame:
    """Return how lines, links and circuits are used in a year: energy either way, mean and peak loading, full hours."""
    hours = plan.network.weight_h
    loading = np.nan_to_num(carries.loading)
    table = by_stage(
        plan,
        carries.units,
        circuits=carries.circuits,
        limit_mw=carries.limit,
        forward_mwh=year_mwh(plan, np.maximum(carries.flow, 0.0)),
        backward_mwh=year_mwh(plan, np.maximum(-carries.flow, 0.0)),
        mean_loading=np.tensordot(loading, hours, axes=(1, 0)) / hours.sum(),
        peak_loading=loading.max(axis=1, initial=0.0),
        full_h=np.tensordot(loading >= FULL, hours, axes=(1, 0)),
    )
    return table[table["limit_mw"] > 0].replace([np.inf], np.nan).reset_index(drop=True)


def supply_table(plan: NetworkPlan, feeds: Supply) -> pd.DataFrame:
    """Return supply and its emissions by technology and stage: of a year, and of all years of the stage."""
    energy, lost = year_mwh(plan, feeds.power), year_mwh(plan, feeds.curtailed)
    load = year_mwh(plan, plan.demand.sum(axis=2))
    table = by_stage(
        plan,
        feeds.units[["technology"]],
        capacity_mw=feeds.capacity,
        generation_mwh=energy,
        curtailed_mwh=lost,
        emission_tco2e=energy * feeds.factor,
    )
    table = table.groupby(["period", "technology"], sort=False, as_index=False).sum()
    years = pd.Series(plan.years, index=list(plan.network.stage_years))
    generated: Values = table["generation_mwh"].to_numpy(dtype=float).copy()
    table = table.assign(
        share_of_load=_share(generated, load[years.index.get_indexer(pd.Index(table["period"]))]),
        years=table["period"].map(years),
    )
    return table.assign(cumulative_tco2e=table["emission_tco2e"] * table["years"]).replace([np.inf], np.nan)


def dispatch_table(plan: NetworkPlan, feeds: Supply, holds: Stores) -> pd.DataFrame:
    """Return power by technology in every snapshot: what feeds, storage (charging below zero), load and curtailment."""
    wide = dispatch(feeds, holds, np.array(plan.demand.sum(axis=2)))
    names = pd.DataFrame({"technology": list(wide)})
    if not wide:
        return pd.DataFrame()
    table = in_time(plan, names, power_mw=np.stack(list(wide.values()), axis=2))
    if table.empty:
        return table
    table.insert(3, "weight_h", table["snapshot"].map(pd.Series(plan.network.weight_h, index=plan.snapshots)))
    return table


def dispatch(feeds: Supply, holds: Stores, load: Values) -> dict[str, Values]:
    """Return MW (stages, snapshots) by technology, then of `charging` (below zero), `curtailed` and `load`."""
    found: dict[str, Values] = {}
    technology = feeds.units["technology"].to_numpy()
    for name in dict.fromkeys(technology):
        found[str(name)] = feeds.power[:, :, technology == name].sum(axis=2)
    if len(holds.units):
        found["storage"] = holds.discharge.sum(axis=2)
        found["charging"] = -holds.charge.sum(axis=2)
    if feeds.curtailed.any():
        found["curtailed"] = feeds.curtailed.sum(axis=2)
    return found | {"load": load}


def flow_table(plan: NetworkPlan, carries: Wires) -> pd.DataFrame:
    """Return the flow of every line, link and built candidate in every snapshot, and its share of the limit."""
    used = np.flatnonzero((carries.limit > 0).any(axis=0))
    units = carries.units.iloc[used][["component", "name", "from_bus", "to_bus"]]
    return in_time(plan, units, flow_mw=carries.flow[:, :, used], loading=carries.loading[:, :, used])


def storage_table(plan: NetworkPlan, holds: Stores) -> pd.DataFrame:
    """Return charge, discharge and level of storage in every snapshot."""
    units = holds.units[["component", "name", "bus"]]
    if not len(units):
        return pd.DataFrame()
    return in_time(plan, units, charge_mw=holds.charge, discharge_mw=holds.discharge, level_mwh=holds.level)


def price_table(plan: NetworkPlan) -> pd.DataFrame:
    """Return nodal prices in every snapshot, whole decisions as the plan has them."""
    found = prices(plan)
    if found is None:
        return pd.DataFrame()
    return in_time(plan, plan.network["buses"][["bus"]].astype(str), price=found)


def price_of(goal: str, money: str) -> str:
    """Return the unit of what is minimised, of which nodal prices are so many per MWh."""
    return {"cost": money, "emissions": "tCO2e"}.get(goal, "weighted")


def bus_prices(plan: NetworkPlan) -> pd.DataFrame:
    """Return mean (by hours), least and greatest price by bus and stage; empty without prices."""
    found = prices(plan)
    if found is None:
        return pd.DataFrame()
    hours = plan.network.weight_h[None, :, None] * np.isfinite(found)
    total = hours.sum(axis=1)
    mean = np.divide(
        (np.nan_to_num(found) * hours).sum(axis=1), total, out=np.full(total.shape, np.nan), where=total > 0
    )
    held = np.where(np.isfinite(found), found, np.nan)
    known = total > 0
    least = np.where(known, np.where(np.isnan(held), np.inf, held).min(axis=1), np.nan)
    greatest = np.where(known, np.where(np.isnan(held), -np.inf, held).max(axis=1), np.nan)
    buses = plan.network["buses"]["bus"].astype(str)
    stages = len(plan.years)
    return pd.DataFrame(
        {
            "bus": np.tile(buses.to_numpy(dtype=object), stages),
            "period": np.repeat(np.array(plan.network.stage_years), len(buses)),
            "mean": mean.ravel(),
            "least": least.ravel(),
            "greatest": greatest.ravel(),
        }
    )
