"""Connections: buses that must hang together through what is there and what is built, and the rows of their bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.check import Check, count_check
from optimizer.results.audit.network.plant import chosen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from optimizer.results.audit.network.plan import Values
    from optimizer.results.audit.network.system import System
    from optimizer.results.audit.network.tables import Network
    from optimizer.results.audit.network.whole import Parts

RULE = "connection"
LINK, BUILT = "connection_link", "connection_built"
ROWS = {RULE, LINK, BUILT}
"""Rules whose multipliers name rows of connections."""


@dataclass(frozen=True)
class _Wanted:
    """One connection: its buses by place, each with the year from which it belongs to it."""

    name: str
    years: dict[int, float]


def connection_checks(parts: Parts, values: Values) -> list[Check]:
    """Check in every stage that the buses of each connection hang together."""
    network = parts.system.network
    wanted = list(_wanted(network))
    if not wanted:
        return []
    table = network["candidates"]
    ends = list(zip(network.at_bus(table, "from_bus"), network.at_bus(table, "to_bus"), strict=True))
    stages = parts.system.times.stages
    stand = values.circuits() if len(table) else np.zeros((stages, 0))
    checks = []
    for stage, year in enumerate(network.years):
        built = [pair for pair, count in zip(ends, stand[stage], strict=True) if np.rint(count) >= 1]
        part = _parts_of(len(network.bus), [*_there(network), *built])
        for one in wanted:
            held = [bus for bus, first in one.years.items() if first <= year]
            apart = [bus for bus in held if part[bus] != part[held[0]]]
            subject = one.name + (f", {year}" if year else "")
            words = "its buses hang together through what is there and what is built"
            if apart:
                names = network["buses"]["bus"]
                words = f"nothing built leads from bus {names[held[0]]} to bus {names[apart[0]]}"
            checks.append(count_check(f"network.{RULE}", RULE, subject, len(apart), words, "buses"))
    return checks


def _wanted(network: Network) -> Iterator[_Wanted]:
    table = network["connections"]
    at = network.at_bus(table)
    for name in dict.fromkeys(table["connection"]):
        rows = np.flatnonzero(table["connection"] == name)
        yield _Wanted(str(name), {int(at[k]): float(table["first_year"][k]) for k in rows})


def _there(network: Network) -> Iterator[tuple[int, int]]:
    """Return the ends of lines and links that no plan can be without."""
    for name in ("lines", "links"):
        table = network[name]
        if not len(table):
            continue
        least = np.where(chosen(table), table["minimum_mw"], table["capacity_mw"])
        stands = (least > 0) & (table["circuits"] > 0 if name == "lines" else True)
        yield from zip(
            network.at_bus(table, "from_bus")[stands].tolist(),
            network.at_bus(table, "to_bus")[stands].tolist(),
            strict=True,
        )


def _parts_of(count: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """Return for each bus the first bus of those it hangs together with."""
    first = list(range(count))

    def head(bus: int) -> int:
        while first[bus] != bus:
            first[bus] = first[first[bus]]
            bus = first[bus]
        return bus

    for one, two in pairs:
        low, high = sorted((head(int(one)), head(int(two))))
        first[high] = low
    return [head(bus) for bus in range(count)]


def add_connections(parts: Parts) -> None:
    """Add the rows that say the same with one unit of flow from the first bus to each other, for bounds.

    Buses that hang together anyway are one; the unit for a bus never leaves it, and none comes back to the first.
    """
    system, network = parts.system, parts.system.network
    group = _parts_of(len(network.bus), _there(network))
    names, table = list(network["buses"]["bus"]), network["candidates"]
    ways = []
    for k, (i, j) in enumerate(zip(network.at_bus(table, "from_bus"), network.at_bus(table, "to_bus"), strict=True)):
        if table["max_additions"][k] > 0 and group[i] != group[j]:
            ways += [(str(table["candidate"][k]), ">", group[i], group[j])]
            ways += [(str(table["candidate"][k]), "<", group[j], group[i])]
    trees, units, places, pairs = [], [], [], []
    for one in _wanted(network):
        buses = sorted(one.years, key=lambda bus: one.years[bus])
        goals = {group[bus]: bus for bus in reversed(buses)}
        if len(goals) < 2:
            continue
        root = group[buses[0]]
        open_ = [way for way in ways if way[3] != root]
        trees += [(one.name, *way) for way in open_]
        pairs += list(dict.fromkeys((one.name, way[0]) for way in ways))
        for goal, bus in goals.items():
            if goal == root:
                continue
            year, own = one.years[bus], [way for way in open_ if way[2] != goal]
            units += [(one.name, names[bus], year, *way) for way in own]
            touched = dict.fromkeys([goal, *(end for way in own for end in way[2:])])
            places += [(one.name, names[bus], year, at, at == goal) for at in touched if at != root]
    _write(system, parts, (trees, units, places, pairs), names)


def _write(system: System, parts: Parts, of: tuple[list, list, list, list], names: list[str]) -> None:
    """Write columns and rows of trees, units, balances at groups of buses and candidates."""
    trees, units, places, pairs = of
    if not units or parts.circuits is None:
        return
    years, now = np.array(system.network.years)[:, None], system.times.now("stage", "stage")

    def joined(members: list[tuple]) -> np.ndarray:
        return (years >= np.array([member[2] for member in members])).astype(float)

    tree = system.add_columns("connection_tree", "stage", [" ".join(one[:3]) for one in trees], "1", 0.0, 1.0)
    taken = {one[:3]: k for k, one in enumerate(trees)}
    words = [f"{one[0]} {one[1]} {one[3]} {one[4]}" for one in units]
    unit = system.add_columns("connection_unit", "stage", words, "1", 0.0, joined(units))
    every, ones = range(len(units)), np.ones(len(units))
    rows = system.add_rows(LINK, "stage", words, "1", upper=0.0)
    rows.add(unit, every, every, ones, now)
    rows.add(tree, every, [taken[one[0], one[3], one[4]] for one in units], -ones, now)
    rows = system.add_rows(BUILT, "stage", [" ".join(pair) for pair in pairs], "1", upper=0.0)
    candidates = list(system.network["candidates"]["candidate"])
    first = {
        candidates[k]: row
        for row, (k, n) in enumerate(zip(parts.circuits.candidate, parts.circuits.number, strict=True))
        if n == 1
    }
    both = [(k, taken[*pair, way]) for k, pair in enumerate(pairs) for way in "><" if (*pair, way) in taken]
    rows.add(tree, [k for k, _ in both], [place for _, place in both], np.ones(len(both)), now)
    built = [first[candidate] for _, candidate in pairs]
    rows.add(parts.circuits.built, range(len(pairs)), built, -np.ones(len(pairs)), system.times.so_far("stage"))
    ends = np.array([one[4] for one in places], dtype=float) * joined(places)
    rows = system.add_rows(RULE, "stage", [f"{one[0]} {one[1]} {names[one[3]]}" for one in places], "1", ends, ends)
    place = {(one[0], one[1], one[3]): k for k, one in enumerate(places)}
    for end, sign in ((5, -1.0), (6, 1.0)):
        some = [(place[key], k) for k, one in enumerate(units) if (key := (one[0], one[1], one[end])) in place]
        rows.add(unit, [row for row, _ in some], [k for _, k in some], np.full(len(some), sign), now)
