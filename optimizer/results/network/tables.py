"""Tables of a network plan for people: capacity, builds, supply, use of lines, prices, costs, limits.

Energies and emissions are those of the year of a stage; what is summed over the years of the stages says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from optimizer.results.network.figures import WIRES, Stores, Supply, Wires, prices, stores, supply, wires
from optimizer.results.network.limits import limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optimizer.results.network.reading import NetworkPlan, Values

BUILT = 1e-6
"""MW or circuits below which nothing is built."""
FULL = 1 - 1e-4
"""Share of its limit from which a line is full."""
MOST_ROWS = 300_000
"""Rows of a table by snapshot beyond which only the plan folder holds them."""


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


def _by_stage(plan: NetworkPlan, units: pd.DataFrame, **columns: Values) -> pd.DataFrame:
    """Return a row for each stage and unit; columns are (stages, units)."""
    stages = len(plan.years)
    table = pd.concat([units] * stages, ignore_index=True)
    period = np.repeat(np.array(plan.network.stage_years), len(units))
    return table.assign(period=period, **{name: values.ravel() for name, values in columns.items()})


def _in_time(plan: NetworkPlan, units: pd.DataFrame, **columns: Values) -> pd.DataFrame:
    """Return a row for each stage, snapshot and unit; columns are (stages, snapshots, units). Empty if too many."""
    stages, hours, count = len(plan.years), len(plan.snapshots), len(units)
    if stages * hours * count > MOST_ROWS:
        return pd.DataFrame()
    place = np.tile(np.arange(count), stages * hours)
    table = units.iloc[place].reset_index(drop=True)
    return table.assign(
        period=np.repeat(np.array(plan.network.stage_years), hours * count),
        snapshot=np.repeat(np.tile(plan.snapshots, stages), count),
        **{name: values.ravel() for name, values in columns.items()},
    )


def year_mwh(plan: NetworkPlan, power: Values) -> Values:
    """Return the energy of a year, MWh, of power in MW (stages, snapshots, ...)."""
    return np.tensordot(power, plan.network.weight_h, axes=(1, 0))


def _share(part: Values, whole: Values) -> Values:
    return np.divide(part, whole, out=np.full(np.broadcast(part, whole).shape, np.nan), where=whole > 0)


def capacity_table(plan: NetworkPlan, feeds: Supply, holds: Stores) -> pd.DataFrame:
    """Return what stands where and what it gives in a year, generators, sites, imports and storage."""
    output, lost = year_mwh(plan, feeds.power), year_mwh(plan, feeds.curtailed)
    feeding = _by_stage(
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
    storing = _by_stage(
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


def corridor_facts(plan: NetworkPlan) -> pd.DataFrame:
    """Return length (km) and crossings of each corridor, by its name."""
    rows = plan.network["corridors"].merge(plan.network["segments"], on="segment")
    crossings = rows[rows["crossings"].astype(str) != ""].groupby("corridor")["crossings"].agg(_words)
    facts = rows.groupby("corridor")["length_km"].sum().to_frame()
    return facts.assign(crossings=crossings.reindex(facts.index).fillna(""))


def _words(texts: Sequence[str]) -> str:
    return "; ".join(dict.fromkeys(str(text) for text in texts))


def builds_table(plan: NetworkPlan, carries: Wires) -> pd.DataFrame:
    """Return what is built between buses, by the stage that builds it: circuits and capacity with length and cost."""
    network = plan.network
    before = np.concatenate(
        [
            (network["lines"]["capacity_mw"] * network["lines"]["circuits"]).to_numpy(dtype=float),
            network["links"]["capacity_mw"].to_numpy(dtype=float),
            np.zeros(len(network["candidates"])),
        ]
    )
    added = np.diff(np.vstack([before, carries.capacity]), axis=0)
    whole = (carries.units["component"] == "candidate").to_numpy()
    circuits = np.diff(np.vstack([np.zeros(len(before)), carries.circuits]), axis=0) * whole
    lines, candidates = network["lines"], network["candidates"]
    own_km = np.concatenate(
        [np.full(len(lines), np.nan), network["links"]["length_km"].replace(0, np.nan), np.full(whole.sum(), np.nan)]
    )
    corridor = np.array([""] * len(before), dtype=object)
    corridor[whole] = candidates["corridor"].astype(str)
    facts = corridor_facts(plan).reindex(corridor)
    units = carries.units.assign(
        corridor=corridor,
        length_km=np.where(np.isnan(own_km), facts["length_km"].to_numpy(dtype=float), own_km),
        crossings=facts["crossings"].fillna("").to_numpy(dtype=object),
    )
    table = _by_stage(plan, units, circuits=circuits, added_mw=added, cost=wire_cost(plan, carries))
    built = (table["added_mw"].abs() > BUILT) | (table["circuits"] > BUILT)
    table = table[built].reset_index(drop=True)
    return table.assign(circuits=table["circuits"].round().where(table["component"] == "candidate"))


def wire_cost(plan: NetworkPlan, carries: Wires) -> Values:
    """Return the investment in lines, links and circuits by the stage that builds them (stages, units)."""
    network = plan.network
    lines, links, candidates = network["lines"], network["links"], network["candidates"]
    amount = np.where((carries.units["component"] == "candidate").to_numpy(), carries.circuits, carries.capacity)
    # Lines pay for the capacity of one circuit, the others for all of them.
    per_line = np.concatenate([lines["circuits"], np.ones(len(links) + len(candidates))])
    before = np.concatenate([lines["capacity_mw"], links["capacity_mw"], np.zeros(len(candidates))])
    price = np.concatenate(
        [
            lines["capital_cost"] * (lines["extendable"] == 1),
            links["capital_cost"] * (links["extendable"] == 1),
            candidates["cost"],
        ]
    )
    added = np.diff(np.vstack([before, amount / per_line]), axis=0)
    return np.where(price > 0, added * price, 0.0)


def segments_table(plan: NetworkPlan) -> pd.DataFrame:
    """Return the segments of routes that are opened, in the stage that opens them, and what they cross."""
    segments = plan.network["segments"]
    opened = plan.once("segment", "opened", segments["segment"])
    if not len(segments) or np.isnan(opened).all():
        return pd.DataFrame()
    new = np.diff(np.vstack([np.zeros(len(segments)), np.nan_to_num(opened)]), axis=0)
    of = plan.network["corridors"].groupby("segment")["corridor"].agg(_words)
    units = segments[["segment", "length_km", "width_m", "cost", "crossings"]].reset_index(drop=True)
    units.insert(1, "corridors", of.reindex(units["segment"]).fillna("").to_numpy(dtype=object))
    table = _by_stage(plan, units, opened=new)
    return table[table["opened"] > BUILT].drop(columns="opened").reset_index(drop=True)


def use_table(plan: NetworkPlan, carries: Wires) -> pd.DataFrame:
    """Return how lines, links and circuits are used in a year: energy either way, mean and peak loading, full hours."""
    hours = plan.network.weight_h
    loading = np.nan_to_num(carries.loading)
    table = _by_stage(
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
    table = _by_stage(
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
    table = _in_time(plan, names, power_mw=np.stack(list(wide.values()), axis=2))
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
    return _in_time(plan, units, flow_mw=carries.flow[:, :, used], loading=carries.loading[:, :, used])


def storage_table(plan: NetworkPlan, holds: Stores) -> pd.DataFrame:
    """Return charge, discharge and level of storage in every snapshot."""
    units = holds.units[["component", "name", "bus"]]
    if not len(units):
        return pd.DataFrame()
    return _in_time(plan, units, charge_mw=holds.charge, discharge_mw=holds.discharge, level_mwh=holds.level)


def price_table(plan: NetworkPlan) -> pd.DataFrame:
    """Return nodal prices in every snapshot, whole decisions as the plan has them."""
    found = prices(plan)
    if found is None:
        return pd.DataFrame()
    return _in_time(plan, plan.network["buses"][["bus"]].astype(str), price=found)


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


def cost_table(plan: NetworkPlan, feeds: Supply, holds: Stores, carries: Wires) -> pd.DataFrame:
    """Return what a plan costs, by item and stage: investment of the stage, and operation over its years.

    The sum is the objective `cost`: capacity that an extendable component has already costs nothing.
    """
    network = plan.network
    generators, sites = network["generators"], network["sites"]
    kind = feeds.units["component"].to_numpy()
    added = np.diff(np.vstack([feeds.existing, feeds.capacity]), axis=0)
    extendable = (generators["capital_cost"] * (generators["extendable"] == 1)).to_numpy(dtype=float)
    on_sites = sites.loc[sites["technology"] != "storage", "capital_cost"].to_numpy(dtype=float)
    operation = year_cost(plan, feeds.power * feeds.price[:, None, :])
    wired = wire_cost(plan, carries)
    component = carries.units["component"].to_numpy()
    per_mwh = np.concatenate(
        [np.zeros(len(network["lines"])), network["links"]["marginal_cost"], network["candidates"]["marginal_cost"]]
    )
    items: dict[str, tuple[Values, Values]] = {
        "generators": (added[:, kind == "generator"] @ extendable, operation[:, kind == "generator"].sum(axis=1)),
        "sites": (
            added[:, kind == "site"] @ on_sites + _opening_cost(plan),
            operation[:, kind == "site"].sum(axis=1),
        ),
        "imports": (np.zeros(len(plan.years)), operation[:, kind == "import"].sum(axis=1)),
        "storage": (_storage_cost(plan, holds), year_cost(plan, holds.discharge * holds.price).sum(axis=1)),
        **{
            name: (
                wired[:, component == one].sum(axis=1),
                year_cost(plan, sent(plan, carries) * per_mwh)[:, component == one].sum(axis=1),
            )
            for one, name in (("line", "lines"), ("link", "links"), ("candidate", "circuits"))
        },
        "segments": (_segment_cost(plan), np.zeros(len(plan.years))),
    }
    periods = list(network.stage_years)
    parts = [
        pd.DataFrame({"item": name, "period": periods, "investment": invested, "operation": running})
        for name, (invested, running) in items.items()
        if invested.any() or running.any()
    ]
    if not parts:
        return pd.DataFrame()
    table = pd.concat(parts, ignore_index=True)
    return table.assign(total=table["investment"] + table["operation"])


def year_cost(plan: NetworkPlan, hourly: Values) -> Values:
    """Return money over the years of each stage (stages, ...) of money an hour (stages, snapshots, ...)."""
    in_year = np.tensordot(hourly, plan.network.cost_weight_h, axes=(1, 0))
    return in_year * plan.years.reshape(-1, *[1] * (in_year.ndim - 1))


def sent(plan: NetworkPlan, carries: Wires) -> Values:
    """Return MW that each wire sends, whichever way (stages, snapshots, units)."""
    both = [
        np.concatenate([plan.in_time(one, f"flow_{way}_mw", plan.network[name][one]) for one, name in WIRES], axis=2)
        for way in ("forward", "backward")
    ]
    return np.where(np.isnan(both[0]), carries.flow, np.nan_to_num(both[0]) + np.nan_to_num(both[1]))


def _opening_cost(plan: NetworkPlan) -> Values:
    sites = plan.network["sites"]
    opened = np.nan_to_num(plan.once("site", "opened", sites["site"]))
    return np.diff(np.vstack([np.zeros(len(sites)), opened]), axis=0) @ sites["fixed_cost"].to_numpy(dtype=float)


def _segment_cost(plan: NetworkPlan) -> Values:
    segments = plan.network["segments"]
    opened = np.nan_to_num(plan.once("segment", "opened", segments["segment"]))
    return np.diff(np.vstack([np.zeros(len(segments)), opened]), axis=0) @ segments["cost"].to_numpy(dtype=float)


def _storage_cost(plan: NetworkPlan, holds: Stores) -> Values:
    """Return the investment in power and energy of storage by stage; energy that follows power counts with it."""
    network = plan.network
    storage, sites = network["storage"], network["sites"]
    sites = sites[sites["technology"] == "storage"]
    extendable = np.concatenate([storage["extendable"] == 1, np.ones(len(sites), dtype=bool)])
    power_price = np.concatenate([storage["capital_cost"], sites["capital_cost"]]) * extendable
    energy_price = np.concatenate([storage["energy_cost"], sites["energy_cost"]]) * extendable
    energy_before = np.concatenate([storage["energy_mwh"], np.zeros(len(sites))])
    hours = np.concatenate([storage["hours"], sites["hours"]])
    energy_before = np.where(
        hours > 0, np.where(np.isfinite(holds.existing), holds.existing, 0.0) * hours, energy_before
    )
    total = np.zeros(len(plan.years))
    for price, before, amount in (
        (power_price, holds.existing, holds.capacity),
        (energy_price, energy_before, holds.energy),
    ):
        paid = price > 0
        total = total + np.diff(np.vstack([before[paid], amount[:, paid]]), axis=0) @ price[paid]
    return total
