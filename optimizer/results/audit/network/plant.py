"""Generators, imports and sites: what they may give, what is installed, and what that costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from optimizer.results.audit.network.system import Columns, Scope, System
    from optimizer.results.audit.network.tables import Table

STORAGE = "storage"


def share_of(capacity: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return a share of capacities; of one without limit that is none where the share is 0."""
    with np.errstate(invalid="ignore"):
        return np.where(share == 0, 0.0, capacity * share)


def operating(system: System, price: np.ndarray) -> np.ndarray:
    """Return what a MW through each snapshot costs in its whole stage, (hours, members)."""
    network = system.network
    return np.concatenate([years * network.cost_h[:, None] * price for years in network.lengths])


def emitted(system: System, factor: np.ndarray) -> np.ndarray:
    """Return what a MW through each snapshot emits in its whole stage, (hours, members)."""
    network = system.network
    weight = network["snapshots"]["weight_h"][:, None]
    return np.concatenate([years * weight * factor for years in network.lengths])


def capacity(
    system: System,
    kind: str,
    members: list[str],
    existing: np.ndarray,
    least: np.ndarray,
    most: np.ndarray,
    price: np.ndarray,
    unit: str = "MW",
) -> Columns:
    """Add what each stage adds to capacities; only the first may go below what exists, down to the least."""
    stages = system.times.stages
    lower = np.vstack([least - existing, np.zeros((stages - 1, len(members)))])
    upper = np.vstack([most - existing, np.tile(most - least, (stages - 1, 1))])
    added = system.add_columns(f"{kind}_added", "stage", members, unit, lower, upper, cost=price)
    limited = np.flatnonzero(most < np.inf)
    if stages > 1 and len(limited):
        names = [members[k] for k in limited]
        rows = system.add_rows(f"{kind}_limit", "stage", names, unit, upper=(most - existing)[limited])
        rows.add(added, range(len(limited)), limited, np.ones(len(limited)), system.times.so_far("stage"))
    return added


def chosen(table: Table) -> np.ndarray:
    """Tell which rows have a capacity that is chosen, (rows,)."""
    return table["extendable"] != 0


def add_generators(system: System) -> Columns | None:
    """Add output of generators, and capacity of those that may be extended."""
    table = system.network["generators"]
    if not len(table):
        return None
    names, extends = list(table["generator"]), chosen(table)
    available = system.times.in_stages(system.network.curves(table))
    held, share = table["capacity_mw"], table["minimum_share"]
    power = system.add_columns(
        "generator_power",
        "hour",
        names,
        "MW",
        np.where(extends, table["minimum_mw"], held) * share * available,
        share_of(np.where(extends, table["maximum_mw"], held), available),
        operating(system, table["marginal_cost"]),
        emitted(system, table["emission_tco2_per_mwh"]),
    )
    some = table.take(extends)
    if len(some):
        limits = (some["capacity_mw"], some["minimum_mw"], some["maximum_mw"], some["capital_cost"])
        added = capacity(system, "generator", list(some["generator"]), *limits)
        output(system, "generator", power, added, np.flatnonzero(extends), available[:, extends], some["capacity_mw"])
        _least_output(system, power, added, np.flatnonzero(extends), available[:, extends], some)
    return power


def output(
    system: System,
    kind: str,
    power: Columns,
    added: Columns,
    place: np.ndarray,
    available: np.ndarray,
    existing: np.ndarray,
) -> None:
    """Hold the output of members (by place among those of `power`) to what is available of their capacity."""
    count, times = len(place), system.times
    names = [power.members[k] for k in place]
    rows = system.add_rows(f"{kind}_output", "hour", names, power.unit, upper=available * existing)
    rows.add(power, range(count), place, np.ones(count), times.now("hour", "hour"))
    rows.add(added, range(count), [added.place(name) for name in names], -available, times.so_far("hour"))


def _least_output(
    system: System, power: Columns, added: Columns, place: np.ndarray, available: np.ndarray, table: Table
) -> None:
    bound = np.flatnonzero(table["minimum_share"] > 0)
    if not len(bound):
        return
    least, count = table["minimum_share"][bound] * available[:, bound], len(bound)
    names = [power.members[k] for k in place[bound]]
    rows = system.add_rows("generator_least_output", "hour", names, "MW", upper=-least * table["capacity_mw"][bound])
    rows.add(added, range(count), bound, least, system.times.so_far("hour"))
    rows.add(power, range(count), place[bound], -np.ones(count), system.times.now("hour", "hour"))


def add_imports(system: System) -> Columns | None:
    """Add power bought at each bus that may buy any in some stage."""
    network = system.network
    if not len(network["imports"]):
        return None
    buses = list(dict.fromkeys(network["imports"]["bus"]))
    count = len(network.snapshots)
    by_stage: dict[str, list[np.ndarray]] = {"capacity_mw": [], "price": [], "emission_tco2_per_mwh": []}
    for stage in range(system.times.stages):
        table = network.in_stage("imports", "bus", stage)
        place = [buses.index(bus) for bus in table["bus"]]
        for name, values in by_stage.items():
            row = np.zeros(len(buses))
            row[place] = table[name]
            values.append(row)
    scale = zip(network.lengths, by_stage["price"], by_stage["emission_tco2_per_mwh"], strict=True)
    weight = network["snapshots"]["weight_h"]
    priced = [(years * np.outer(network.cost_h, price), years * np.outer(weight, one)) for years, price, one in scale]
    upper = np.repeat(by_stage["capacity_mw"], count, axis=0)
    cost, emissions = (np.concatenate(of) for of in zip(*priced, strict=True))
    return system.add_columns("import_power", "hour", buses, "MW", 0.0, upper, cost, emissions)


def add_sites(system: System) -> tuple[Columns, Columns | None] | None:
    """Add capacity of sites and their opening, and output of those that are no storage; returns the first and last."""
    table = system.network["sites"]
    if not len(table):
        return None
    zero, store = np.zeros(len(table)), table["technology"] == STORAGE
    price = table["capital_cost"] + np.where(store, table["hours"] * table["energy_cost"], 0.0)
    added = capacity(system, "site", list(table["site"]), zero, zero, table["potential_mw"], price)
    _opening(system, table, added)
    plant = np.flatnonzero(~store)
    if not len(plant):
        return added, None
    some = table.take(plant)
    available = system.times.in_stages(system.network.curves(some))
    upper = share_of(np.broadcast_to(some["potential_mw"], available.shape), available)
    cost = operating(system, some["marginal_cost"])
    power = system.add_columns("site_power", "hour", list(some["site"]), "MW", 0.0, upper, cost)
    output(system, "site", power, added, np.arange(len(plant)), available, np.zeros(len(plant)))
    return added, power


def opens(table: Table) -> np.ndarray:
    """Tell which sites are opened by a decision, (rows,)."""
    return (table["fixed_cost"] > 0) | (table["minimum_mw"] > 0)


def _opening(system: System, table: Table, added: Columns) -> None:
    decided = np.flatnonzero(opens(table))
    if not len(decided):
        return
    some, so_far, count = table.take(decided), system.times.so_far("stage"), len(decided)
    names = list(some["site"])
    opening = system.add_columns("site_opening", "stage", names, "1", 0.0, 1.0, some["fixed_cost"], whole=True)
    one = np.ones(count)
    most = system.add_rows("site_potential", "stage", names, "MW", upper=0.0)
    most.add(added, range(count), decided, one, so_far)
    most.add(opening, range(count), range(count), -some["potential_mw"], so_far)
    bound = np.flatnonzero(some["minimum_mw"] > 0)
    least = system.add_rows("site_least", "stage", [names[k] for k in bound], "MW", upper=0.0)
    least.add(opening, range(len(bound)), bound, some["minimum_mw"][bound], so_far)
    least.add(added, range(len(bound)), decided[bound], -one[bound], so_far)
    if system.times.stages > 1:
        once(system, "site_opened_once", opening)


def once(system: System, rule: str, opening: Columns, scope: Scope = "stage") -> None:
    """Hold what is opened over all stages to once."""
    count = len(opening.members)
    rows = system.add_rows(rule, scope, opening.members, "1", upper=1.0)
    rows.add(opening, range(count), range(count), np.ones(count), system.times.so_far(scope))
