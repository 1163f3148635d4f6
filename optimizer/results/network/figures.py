"""What a network plan amounts to: supply, storage and lines as arrays by stage and snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from optimizer.results.network.colors import IMPORT, STORAGE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.results.network.reading import NetworkPlan, Values

LEAST_MW = 1e-6
"""Capacity below which there is none."""

WIRES = (("line", "lines"), ("link", "links"), ("candidate", "candidates"))


@dataclass(frozen=True)
class Supply:
    """Generators, sites of wind and sun, and imports.

    Attributes
    ----------
    units
        component, name, technology, bus, renewable.
    existing
        MW before the plan (units,).
    capacity, factor, price
        MW, tCO2e/MWh and money/MWh by stage (stages, units).
    power, curtailed
        MW (stages, snapshots, units); what plant that is not renewable leaves unused is not curtailed.
    """

    units: pd.DataFrame
    existing: Values
    capacity: Values
    factor: Values
    price: Values
    power: Values
    curtailed: Values


@dataclass(frozen=True)
class Stores:
    """Storage and sites of storage: units as of `Supply`; level in MWh at the end of each snapshot."""

    units: pd.DataFrame
    existing: Values
    capacity: Values
    energy: Values
    charge: Values
    discharge: Values
    level: Values
    price: Values


@dataclass(frozen=True)
class Wires:
    """Lines, links and candidates.

    Attributes
    ----------
    units
        component, name, from_bus, to_bus, voltage_class.
    circuits
        Circuits by stage (stages, units); of candidates those built so far.
    capacity
        MW of all circuits, by stage (stages, units).
    limit
        Greatest flow by stage, MW (stages, units).
    flow
        MW of all circuits together, positive from `from_bus` (stages, snapshots, units).
    """

    units: pd.DataFrame
    circuits: Values
    capacity: Values
    limit: Values
    flow: Values

    @property
    def loading(self) -> Values:
        """Flow as a share of the limit (stages, snapshots, units); NaN where nothing may flow."""
        limit = self.limit[:, None, :]
        return np.divide(np.abs(self.flow), limit, out=np.full(self.flow.shape, np.nan), where=limit > 0)


def _unit_rows(table: pd.DataFrame, component: str, technology: pd.Series, renewable: pd.Series) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "component": component,
            "name": table[component].astype(str),
            "technology": technology.astype(str),
            "bus": table["bus"].astype(str),
            "renewable": renewable.astype(bool),
        }
    )


def supply(plan: NetworkPlan) -> Supply:
    """Return what feeds the network."""
    network, stages = plan.network, len(plan.years)
    generators, sites = network["generators"], network["sites"]
    sites = sites[sites["technology"] != STORAGE]
    parts = [
        _unit_rows(generators, "generator", generators["technology"], generators["renewable"] == 1),
        _unit_rows(sites, "site", sites["technology"], pd.Series(data=True, index=sites.index)),
    ]
    by_stage = [network.at_stage("imports", stage).set_index("bus") for stage in range(stages)]
    buses = list(dict.fromkeys(str(bus) for table in by_stage for bus in table.index))
    imports = pd.DataFrame({"import": buses, "bus": buses}, dtype=object)
    kind = pd.Series(IMPORT, index=imports.index, dtype=object)
    parts.append(_unit_rows(imports, IMPORT, kind, pd.Series(data=False, index=imports.index)))

    def of_imports(column: str) -> Values:
        return np.array([table[column].reindex(buses).fillna(0.0).to_numpy(dtype=float) for table in by_stage])

    def fixed(column: str, other: Values, bought: str) -> Values:
        own = np.concatenate([generators[column].to_numpy(dtype=float), other])
        return np.hstack([np.tile(own, (stages, 1)), of_imports(bought)])

    members = (("generator", generators["generator"]), ("site", sites["site"]), (IMPORT, imports["import"]))
    capacity = [plan.once(component, "capacity_mw", names) for component, names in members[:2]]
    existing = [generators["capacity_mw"].to_numpy(dtype=float), np.zeros(len(sites))]
    units = pd.concat(parts, ignore_index=True)
    unused = np.concatenate([plan.in_time(one, "curtailed_mw", names) for one, names in members], axis=2)
    return Supply(
        units=units,
        existing=np.concatenate([*existing, np.zeros(len(buses))]),
        capacity=np.hstack([*capacity, of_imports("capacity_mw")]),
        factor=fixed("emission_tco2_per_mwh", np.zeros(len(sites)), "emission_tco2_per_mwh"),
        price=fixed("marginal_cost", sites["marginal_cost"].to_numpy(dtype=float), "price"),
        power=np.nan_to_num(np.concatenate([plan.in_time(one, "power_mw", names) for one, names in members], axis=2)),
        curtailed=np.where(units["renewable"], np.nan_to_num(unused), 0.0),
    )


def stores(plan: NetworkPlan) -> Stores:
    """Return what stores energy."""
    network = plan.network
    sites, storage = network["sites"], network["storage"]
    sites = sites[sites["technology"] == STORAGE]
    members = (("storage", storage["storage"]), ("site", sites["site"]))
    frames = [
        _unit_rows(table, one, pd.Series(STORAGE, index=table.index), pd.Series(data=False, index=table.index))
        for (one, _), table in zip(members, (storage, sites), strict=True)
    ]

    def once(quantity: str) -> Values:
        return np.hstack([plan.once(one, quantity, names) for one, names in members])

    def in_time(quantity: str) -> Values:
        return np.nan_to_num(np.concatenate([plan.in_time(one, quantity, names) for one, names in members], axis=2))

    return Stores(
        units=pd.concat(frames, ignore_index=True),
        existing=np.concatenate([storage["power_mw"].to_numpy(dtype=float), np.zeros(len(sites))]),
        capacity=once("capacity_mw"),
        energy=once("energy_mwh"),
        charge=in_time("charge_mw"),
        discharge=in_time("discharge_mw"),
        level=in_time("level_mwh"),
        price=np.concatenate([table["marginal_cost"].to_numpy(dtype=float) for table in (storage, sites)]),
    )


def wires(plan: NetworkPlan) -> Wires:
    """Return what carries power."""
    network, stages = plan.network, len(plan.years)
    units, circuits, capacity, limit, flow = [], [], [], [], []
    for component, name in WIRES:
        table = network[name]
        units.append(
            pd.DataFrame(
                {
                    "component": component,
                    "name": table[component].astype(str),
                    "from_bus": table["from_bus"].astype(str),
                    "to_bus": table["to_bus"].astype(str),
                    "voltage_class": table["voltage_class"].astype(str) if "voltage_class" in table else "",
                }
            )
        )
        one = np.tile(table["capacity_mw"].to_numpy(dtype=float), (stages, 1))
        count = np.ones_like(one)
        if component == "candidate":
            count = np.nan_to_num(plan.once(component, "circuits", table[component]))
        else:
            chosen = plan.once(component, "capacity_mw", table[component])
            one = np.where(np.isnan(chosen), one, chosen)
        if component == "line":
            count = count * table["circuits"].to_numpy(dtype=float)
        used = 1.0 if component == "candidate" else table["maximum_share"].to_numpy(dtype=float)
        if component == "link":
            used = np.maximum(used, -table["minimum_share"].to_numpy(dtype=float))
        circuits.append(count)
        capacity.append(one * count)
        limit.append(one * count * used)
        flow.append(np.nan_to_num(plan.in_time(component, "flow_mw", table[component])))
    return Wires(
        units=pd.concat(units, ignore_index=True),
        circuits=np.hstack(circuits),
        capacity=np.hstack(capacity),
        limit=np.hstack(limit),
        flow=np.concatenate(flow, axis=2),
    )


def prices(plan: NetworkPlan) -> Values | None:
    """Return nodal prices by stage and snapshot (stages, snapshots, buses); None where the plan has none.

    NaN at a bus that nothing built joins to others and that has no supply: there no MWh more could be had.
    """
    if not plan.says("bus", "price"):
        return None
    found = plan.in_time("bus", "price", plan.network["buses"]["bus"])
    found[np.broadcast_to(~_reached(plan)[:, None, :], found.shape)] = np.nan
    return found


def _reached(plan: NetworkPlan) -> NDArray[np.bool_]:
    """Whether each bus has supply, storage or a line of any capacity, (stages, buses)."""
    carries, feeds, holds = wires(plan), supply(plan), stores(plan)
    able = np.zeros((len(plan.years), plan.network.n_buses), dtype=bool)
    for units, ends, capacity in (
        (carries.units, ("from_bus", "to_bus"), carries.limit),
        (feeds.units, ("bus",), feeds.capacity),
        (holds.units, ("bus",), holds.capacity),
    ):
        for end in ends:
            codes = plan.network.bus_codes(units[end])
            for stage, some in enumerate(capacity > LEAST_MW):
                able[stage, codes[some]] = True
    return able


def mean_price(plan: NetworkPlan) -> Values | None:
    """Return the price weighted by load (stages, snapshots); a plain mean where nothing is drawn; None without."""
    found = prices(plan)
    if found is None:
        return None
    weight = plan.demand * np.isfinite(found)
    weight = np.where(weight.sum(axis=2, keepdims=True) > 0, weight, np.isfinite(found))
    total = weight.sum(axis=2)
    summed = (np.nan_to_num(found) * weight).sum(axis=2)
    return np.divide(summed, total, out=np.full(total.shape, np.nan), where=total > 0)
