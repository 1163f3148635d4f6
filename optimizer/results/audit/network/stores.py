"""Storage: what is charged, kept and drawn; within a day, or through the year in the order of its days.

A day that stands for N days is N days, one after another, each gaining what the first one gains. Their levels rise or
fall evenly, so that the limits are kept by all where the first and the last keep them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.network.plant import STORAGE, capacity, chosen, operating, share_of

if TYPE_CHECKING:
    from optimizer.results.audit.network.system import Columns, System
    from optimizer.results.audit.network.tables import Table


@dataclass(frozen=True)
class Stores:
    """Stores of one kind; arrays are (members,).

    `power` and `energy` are what exists; `power_of` gives the place of each among the columns of added power (-1: it
    has none), `energy_of` among those of added energy, `hours` its MWh a MW of that power where above 0.
    """

    kind: str
    names: list[str]
    extends: np.ndarray
    seasonal: np.ndarray
    power: np.ndarray
    most_power: np.ndarray
    energy: np.ndarray
    most_energy: np.ndarray
    hours: np.ndarray
    into: np.ndarray
    out_of: np.ndarray
    standing: np.ndarray
    price: np.ndarray
    power_added: Columns | None
    power_of: np.ndarray
    energy_added: Columns | None
    energy_of: np.ndarray


@dataclass(frozen=True)
class Flow:
    """Columns of charge and discharge."""

    charge: Columns
    discharge: Columns


def _places(columns: Columns | None, names: list[str]) -> np.ndarray:
    known = {} if columns is None else {name: k for k, name in enumerate(columns.members)}
    return np.array([known.get(name, -1) for name in names], dtype=np.int64)


def add_storage(system: System) -> Flow | None:
    """Add the stores of table `storage`."""
    table = system.network["storage"]
    if not len(table):
        return None
    names, extends, hours = list(table["storage"]), chosen(table), table["hours"]
    of_power = extends & np.isfinite(table["power_mw"])
    by_hours = of_power & (hours > 0)
    by_itself = extends & (hours == 0)
    power = energy = None
    if of_power.any():
        some = table.take(of_power)
        price = some["capital_cost"] + some["hours"] * some["energy_cost"]
        power = capacity(system, "storage_power", list(some["storage"]), some["power_mw"], *_of_power(some), price)
    if by_itself.any():
        some = table.take(by_itself)
        limits = (some["energy_mwh"], some["minimum_mwh"], some["maximum_mwh"], some["energy_cost"])
        energy = capacity(system, "storage_energy", list(some["storage"]), *limits, unit="MWh")
    most = np.where(of_power, table["maximum_mw"], table["power_mw"])
    most_energy = np.where(extends, table["maximum_mwh"], table["energy_mwh"])
    return operate(
        system,
        Stores(
            STORAGE,
            names,
            extends,
            table["seasonal"] != 0,
            table["power_mw"],
            most,
            table["energy_mwh"],
            np.where(by_hours, np.minimum(most_energy, share_of(most, hours)), most_energy),
            np.where(by_hours, hours, 0.0),
            table["efficiency_in"],
            table["efficiency_out"],
            table["standing_loss"],
            table["marginal_cost"],
            power,
            _places(power, names),
            energy,
            _places(energy, names),
        ),
    )


def _of_power(table: Table) -> tuple[np.ndarray, np.ndarray]:
    """Return least and greatest power; where energy is hours of it, limits of energy count as well, (rows,)."""
    hours = table["hours"]
    by_hours = hours > 0
    part = np.where(by_hours, hours, 1.0)
    least = np.where(by_hours, table["minimum_mwh"] / part, 0.0)
    most = np.where(by_hours, table["maximum_mwh"] / part, np.inf)
    return np.maximum(table["minimum_mw"], least), np.minimum(table["maximum_mw"], most)


def add_site_storage(system: System, added: Columns) -> Flow | None:
    """Add the stores among the sites: their power is the capacity of the site, their losses half on either way."""
    table = system.network["sites"]
    table = table.take(table["technology"] == STORAGE)
    if not len(table):
        return None
    names, hours, zero = list(table["site"]), table["hours"], np.zeros(len(table))
    root, energy = np.sqrt(table["efficiency"]), None
    sized = table.take(hours == 0)
    if len(sized):
        none = np.zeros(len(sized))
        limits = (none, none, np.full(len(sized), np.inf), sized["energy_cost"])
        energy = capacity(system, "site_storage_energy", list(sized["site"]), *limits, unit="MWh")
    most = table["potential_mw"]
    most_energy = np.where(hours > 0, share_of(most, hours), np.inf)
    yes = np.ones(len(table), dtype=bool)
    return operate(
        system,
        Stores(
            "site_storage",
            names,
            yes,
            ~yes,
            zero,
            most,
            zero,
            most_energy,
            hours,
            root,
            root,
            zero,
            table["marginal_cost"],
            added,
            _places(added, names),
            energy,
            _places(energy, names),
        ),
    )


def operate(system: System, stores: Stores) -> Flow:
    """Add charge, discharge and level of stores, and what holds between them."""
    kind, names, times = stores.kind, stores.names, system.times
    count, same = len(names), times.now("hour", "hour")
    every, one = np.arange(count), np.ones(count)
    step = times.in_stages(system.network["snapshots"]["step_h"])[:, None]
    charge = system.add_columns(f"{kind}_charge", "hour", names, "MW", 0.0, stores.most_power)
    cost = operating(system, stores.price)
    discharge = system.add_columns(f"{kind}_discharge", "hour", names, "MW", 0.0, stores.most_power, cost)
    level = system.add_columns(f"{kind}_level", "hour", names, "MWh", 0.0, stores.most_energy)
    kept = (1.0 - stores.standing) ** step
    linked = stores.seasonal & (times.within["day"] > 1)
    begins = times.is_first[:, None] & linked
    rows = system.add_rows(f"{kind}_level_change", "hour", names, "MWh", 0.0, 0.0)
    rows.add(level, every, every, one, same)
    rows.add(level, every, every, np.where(begins, 0.0, -kept), times.in_days(-1))
    rows.add(charge, every, every, -step * stores.into, same)
    rows.add(discharge, every, every, step / stores.out_of, same)
    if stores.power_added is not None:
        for rule, columns in (("charge", charge), ("discharge", discharge)):
            _within(system, f"{kind}_{rule}_limit", columns, stores)
    _level_limit(system, f"{kind}_level_limit", level, stores, stores.extends)
    if linked.any():
        _link_days(system, stores, linked, level, rows)
    return Flow(charge, discharge)


def _within(system: System, rule: str, columns: Columns, stores: Stores) -> None:
    some = np.flatnonzero(stores.power_of >= 0)
    added, one = stores.power_added, np.ones(len(some))
    assert added is not None
    names = [stores.names[k] for k in some]
    rows = system.add_rows(rule, "hour", names, "MW", upper=stores.power[some])
    rows.add(columns, range(len(some)), some, one, system.times.now("hour", "hour"))
    rows.add(added, range(len(some)), stores.power_of[some], -one, system.times.so_far("hour"))


def _level_limit(system: System, rule: str, level: Columns, stores: Stores, which: np.ndarray) -> None:
    """Hold levels to the energy installed; the name of the rule tells whether other terms follow."""
    some = np.flatnonzero(which)
    if not len(some):
        return
    by_hours = stores.hours > 0
    existing = np.where(by_hours, share_of(stores.power, stores.hours), stores.energy)
    rows = system.add_rows(rule, "hour", [stores.names[k] for k in some], "MWh", upper=existing[some])
    rows.add(level, range(len(some)), some, np.ones(len(some)), system.times.now("hour", "hour"))
    so_far, place = system.times.so_far("hour"), {int(k): row for row, k in enumerate(some)}
    for added, of, factor in (
        (stores.power_added, np.where(by_hours, stores.power_of, -1), stores.hours),
        (stores.energy_added, stores.energy_of, np.ones(len(stores.names))),
    ):
        with_ = [k for k in some if of[k] >= 0]
        if added is not None and with_:
            rows.add(added, [place[int(k)] for k in with_], of[with_], -factor[with_], so_far)


def repeated(kept: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what is left of a level after some days, and how many times the gain of one day has been added by then."""
    left = kept**times
    with np.errstate(divide="ignore", invalid="ignore"):
        return left, np.where(kept == 1.0, times, (1.0 - left) / (1.0 - kept))


def _link_days(system: System, stores: Stores, linked: np.ndarray, level: Columns, change: object) -> None:
    """Let each day begin where the repetitions of the day before it end, and hold limits in its last repetition."""
    times, some, snapshots = system.times, np.flatnonzero(linked), system.network["snapshots"]
    count = len(some)
    every, one = np.arange(count), np.ones(count)
    names = [stores.names[k] for k in some]
    begin = system.add_columns(f"{stores.kind}_start", "day", names, "MWh", 0.0, stores.most_energy[some])
    lasting = 1.0 - stores.standing[some]
    step = times.in_stages(snapshots["step_h"])[:, None]
    before = np.where(times.is_first[:, None], -(lasting**step), 0.0)
    change.add(begin, some, every, before, times.now("hour", "day"))  # type: ignore[attr-defined]
    day_h = np.bincount(system.network.day, snapshots["step_h"])
    stands_for = np.bincount(system.network.day, snapshots["weight_h"]) / day_h
    day_h, stands_for = times.in_stages(day_h)[:, None], times.in_stages(stands_for)[:, None]
    kept = lasting**day_h

    left, gains = repeated(kept, stands_for)
    rows = system.add_rows(f"{stores.kind}_seasons", "day", names, "MWh", 0.0, 0.0)
    rows.add(begin, every, every, one, times.next_day())
    rows.add(begin, every, every, -(left - kept * gains), times.now("day", "day"))
    rows.add(level, every, some, -gains, times.last_of_day("day"))

    left, gains = repeated(kept, np.maximum(stands_for - 1.0, 0.0))
    elapsed = _elapsed(system)[:, None]
    day = times.now("hour", "day")[1]
    moved = lasting**elapsed
    least = system.add_rows(f"{stores.kind}_last_least", "hour", names, "MWh", lower=0.0)
    _level_limit(system, f"{stores.kind}_last_most", level, stores, linked)
    for rows in (least, system.rows[f"{stores.kind}_last_most"]):
        if rows is least:
            rows.add(level, every, some, one, times.now("hour", "hour"))
        rows.add(begin, every, every, moved * (left - 1.0 - kept * gains)[day], times.now("hour", "day"))
        rows.add(level, every, some, moved * gains[day], times.last_of_day("hour"))


def _elapsed(system: System) -> np.ndarray:
    """Return hours from the beginning of its day to the end of each snapshot, (hours,)."""
    step, day = system.network["snapshots"]["step_h"], system.network.day
    passed = np.zeros(len(step))
    for k in range(len(step)):
        passed[k] = step[: k + 1][day[: k + 1] == day[k]].sum()
    return system.times.in_stages(passed)
