"""Lines, links and candidate circuits: what they may carry, what is lost, what is built and what that needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.network.plant import capacity, chosen, once, operating, share_of
from optimizer.results.audit.network.resistance import add_lost, add_tangents, curves

if TYPE_CHECKING:
    from optimizer.results.audit.network.resistance import Lost
    from optimizer.results.audit.network.system import Columns, System
    from optimizer.results.audit.network.tables import Table

CIRCUIT = " "
"""What stands between a candidate and the number of its circuit in the name of a column."""


@dataclass
class Wires:
    """Columns of flow with their first and second bus by member, loss, and sign in the net flow; `kind` names them."""

    kind: str
    parts: list[tuple[Columns, np.ndarray, np.ndarray, np.ndarray, float]] = field(default_factory=list)
    of: dict[str, list[tuple[Columns, int, float]]] = field(default_factory=dict)
    """Columns that make up the net flow of each member, with place and sign."""
    lost: Lost | None = None
    """What is lost by the square of the flow."""
    ends: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Buses of each member."""

    def add(self, columns: Columns, ends: tuple[np.ndarray, np.ndarray], loss: np.ndarray, sign: float) -> None:
        """Add columns that flow from the first of `ends` to the second."""
        self.parts.append((columns, *ends, loss, sign))
        for k, name in enumerate(columns.members):
            self.of.setdefault(name, []).append((columns, k, sign))
            self.ends.setdefault(name, (int(ends[0][k]), int(ends[1][k])))


def add_lines(system: System) -> Wires:
    """Add flows over lines."""
    table = system.network["lines"]
    use = table["maximum_share"] * table["circuits"]
    curve = curves(system.network, table) / table["circuits"]
    return _add(system, "line", table, use, use, table["loss_share"], np.zeros(len(table)), curve)


def add_links(system: System) -> Wires:
    """Add flows over links."""
    table = system.network["links"]
    loss = table["loss_share"] + table["loss_per_1000km"] * table["length_km"] / 1000.0
    limits = (table["maximum_share"], -table["minimum_share"])
    return _add(system, "link", table, *limits, loss, table["marginal_cost"], np.zeros(len(table)))


def two_ways(backward: np.ndarray, loss: np.ndarray, price: np.ndarray) -> np.ndarray:
    """Tell which wires need a column for each direction: those that lose or cost whichever way power flows."""
    return (backward > 0) & ((loss > 0) | (price != 0))


def _add(
    system: System,
    kind: str,
    table: Table,
    forward: np.ndarray,
    backward: np.ndarray,
    loss: np.ndarray,
    price: np.ndarray,
    curve: np.ndarray,
) -> Wires:
    wires, network = Wires(kind), system.network
    if not len(table):
        return wires
    extends = chosen(table)
    least, most = (np.where(extends, table[f"{end}_mw"], table["capacity_mw"]) for end in ("minimum", "maximum"))
    two = two_ways(backward, loss, price)
    ends = network.at_bus(table, "from_bus"), network.at_bus(table, "to_bus")
    lowest = np.where(backward > 0, -share_of(most, backward), -share_of(least, backward))
    cost = operating(system, price)
    for name, which, low, high, sign in (
        ("flow", ~two, lowest, share_of(most, forward), 1.0),
        ("flow_forward", two, np.zeros(len(table)), share_of(most, forward), 1.0),
        ("flow_backward", two, np.zeros(len(table)), share_of(most, backward), -1.0),
    ):
        if which.any():
            names = list(table[kind][which])
            flow = system.add_columns(f"{kind}_{name}", "hour", names, "MW", low[which], high[which], cost[:, which])
            way = ends if sign > 0 else ends[::-1]
            wires.add(flow, (way[0][which], way[1][which]), loss[which], sign)
    add_lost(system, wires, list(table[kind]), curve, share_of(most, forward))
    add_tangents(system, wires)
    some = extends | (curve > 0)
    if some.any():
        _within(system, wires, table, some, (forward, backward, two))
    return wires


def _within(
    system: System, wires: Wires, table: Table, held: np.ndarray, of: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> None:
    """Hold flows, with what resistance loses, to capacities that are chosen, or given."""
    kind, grows, now = wires.kind, chosen(table), system.times.now("hour", "hour")
    added, grown = None, table.take(grows)
    if len(grown):
        limits = (grown["capacity_mw"], grown["minimum_mw"], grown["maximum_mw"], grown["capital_cost"])
        added = capacity(system, kind, list(grown[kind]), *limits)
    forward, backward, two = of
    back = np.flatnonzero(held & (backward != 0))
    for rule, which, share in (("forward", np.flatnonzero(held), forward), ("backward", back, backward)):
        if not len(which):
            continue
        named = list(table[kind][which])
        most = share_of(table["capacity_mw"], share)
        rows = system.add_rows(f"{kind}_{rule}", "hour", named, "MW", upper=most[which])
        for row, k in enumerate(which):
            columns = {c.name: (c, place) for c, place, _ in wires.of[named[row]]}
            flow, place = columns[f"{kind}_flow_{rule}" if two[k] else f"{kind}_flow"]
            against = not two[k] and rule == "backward"
            sign = -1.0 if against and grows[k] else 1.0
            if against and not grows[k]:  # a limit that is a number is a lower one
                rows.lower[:, row], rows.upper[:, row] = -most[k], np.inf
            rows.add(flow, [row], [place], [sign], now)
            if added is not None and grows[k]:
                rows.add(added, [row], [added.place(named[row])], [-share[k]], system.times.so_far("hour"))
            if wires.lost is not None and named[row] in wires.lost.columns.members:
                lost = -1.0 if against and not grows[k] else 1.0
                rows.add(wires.lost.columns, [row], [wires.lost.columns.place(named[row])], [lost], now)


@dataclass(frozen=True)
class Circuits:
    """Circuits that may be built: candidate and number of each, columns of building, and flows."""

    candidate: np.ndarray
    number: np.ndarray
    built: Columns
    wires: Wires


def add_circuits(system: System) -> Circuits | None:
    """Add every circuit of every candidate; parallel ones are built in order."""
    table, network = system.network["candidates"], system.network
    count = np.rint(table["max_additions"]).astype(np.int64)
    if not count.sum():
        return None
    candidate = np.repeat(np.arange(len(table)), count)
    number = np.arange(len(candidate)) - np.repeat(np.cumsum(count) - count, count) + 1
    names = [f"{table['candidate'][k]}{CIRCUIT}{n}" for k, n in zip(candidate, number, strict=True)]
    years = np.array(network.years)[:, None]
    allowed = (years >= table["first_year"][candidate]) | (len(network.years) == 1)
    built = system.add_columns(
        "candidate_circuits", "stage", names, "1", 0.0, allowed, table["cost"][candidate], whole=True
    )
    so_far, later = system.times.so_far("stage"), np.flatnonzero(number > 1)
    if len(later):
        rows = system.add_rows("circuit_order", "stage", [names[k] for k in later], "1", upper=0.0)
        rows.add(built, range(len(later)), later, np.ones(len(later)), so_far)
        rows.add(built, range(len(later)), later - 1, -np.ones(len(later)), so_far)
    if system.times.stages > 1:
        once(system, "circuit_once", built)
    return Circuits(candidate, number, built, _circuit_flows(system, table, candidate, names, built))


def _circuit_flows(system: System, table: Table, candidate: np.ndarray, names: list[str], built: Columns) -> Wires:
    wires, network, times = Wires("candidate"), system.network, system.times
    limit, loss = table["capacity_mw"][candidate], table["loss_share"][candidate]
    price = table["marginal_cost"][candidate]
    two, cost = (loss > 0) | (price > 0), operating(system, price)
    ends = network.at_bus(table, "from_bus")[candidate], network.at_bus(table, "to_bus")[candidate]
    add_lost(system, wires, names, curves(network, table)[candidate], limit)
    for name, which, sign in (
        ("candidate_flow", ~two, 1.0),
        ("candidate_flow_forward", two, 1.0),
        ("candidate_flow_backward", two, -1.0),
    ):
        place = np.flatnonzero(which)
        if not len(place):
            continue
        some, most, one, every = [names[k] for k in place], limit[place], np.ones(len(place)), range(len(place))
        both = name == "candidate_flow"
        flow = system.add_columns(name, "hour", some, "MW", -most if both else 0.0, most, cost[:, place])
        way = ends if sign > 0 else ends[::-1]
        wires.add(flow, (way[0][place], way[1][place]), loss[place], sign)
        for rule, direction in (("most", 1.0), ("least", -1.0))[: 1 + both]:
            rows = system.add_rows(f"{name}_{rule}", "hour", some, "MW", upper=0.0)
            rows.add(flow, every, every, direction * one, times.now("hour", "hour"))
            rows.add(built, every, place, -most, times.so_far("hour"))
            if wires.lost is not None:
                lossy = [k for k in every if some[k] in wires.lost.columns.members]
                at = [wires.lost.columns.place(some[k]) for k in lossy]
                rows.add(wires.lost.columns, lossy, at, np.ones(len(at)), times.now("hour", "hour"))
    add_tangents(system, wires, built)
    return wires


def add_corridors(system: System, circuits: Circuits | None) -> Columns | None:
    """Add the opening of segments, which the first circuit of a candidate needs along its whole corridor."""
    network, times = system.network, system.times
    table, candidates = network["segments"], network["candidates"]
    if not len(table):
        return None
    opening = system.add_columns(
        "segment_opening", "stage", list(table["segment"]), "1", 0.0, 1.0, table["cost"], whole=True
    )
    if times.stages > 1:
        once(system, "segment_once", opening)
    if circuits is None:
        return opening
    corridors, place = network["corridors"], {name: k for k, name in enumerate(table["segment"])}
    first = {int(k): row for row, (k, n) in enumerate(zip(circuits.candidate, circuits.number, strict=True)) if n == 1}
    needs = [
        (name, segment, first[k])
        for k, (name, corridor) in enumerate(zip(candidates["candidate"], candidates["corridor"], strict=True))
        for segment in corridors["segment"][(corridors["corridor"] == corridor) & (corridor != "")]
        if k in first
    ]
    if needs:
        rows = system.add_rows("corridor", "stage", [f"{name} {segment}" for name, segment, _ in needs], "1", upper=0.0)
        one = np.ones(len(needs))
        rows.add(circuits.built, range(len(needs)), [row for *_, row in needs], one, times.so_far("stage"))
        rows.add(opening, range(len(needs)), [place[s] for _, s, _ in needs], -one, times.so_far("stage"))
    return opening
