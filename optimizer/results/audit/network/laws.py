"""How power divides over lines with reactance: the voltage law, and what others carry when a circuit fails.

The angle between the ends of a line is its flow over its susceptance. Around every cycle angles add up to nothing. A
circuit that may be built obeys the law where it stands; elsewhere the angle between its ends is at most as wide as
existing lines, or any way through parts of the network that circuits may join, let it be.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

from optimizer.results.audit.network.plant import chosen, share_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optimizer.results.audit.network.system import Columns, Rows
    from optimizer.results.audit.network.whole import Parts

Cycle = list[tuple[int, float]]


@dataclass(frozen=True)
class Laws:
    """The law of a network whose power flow is direct current; rows are made for what multipliers name."""

    parts: Parts

    @cached_property
    def lines(self) -> np.ndarray:
        """Lines that have a law, by place."""
        return np.flatnonzero(self.parts.system.network["lines"]["reactance_ohm"] > 0)

    @cached_property
    def stiffness(self) -> np.ndarray:
        """Susceptance of all circuits of each line, MW a radian, (lines,)."""
        table = self.parts.system.network["lines"]
        return self.parts.system.network.susceptance(table) * table["circuits"]

    @cached_property
    def open(self) -> np.ndarray:
        """Tell whether candidates with reactance may join the network of each line, (lines,)."""
        network = self.parts.system.network
        lines, candidates = network["lines"], network["candidates"]
        graph: nx.Graph = nx.Graph()
        built = candidates.take((candidates["reactance_ohm"] > 0) & (candidates["max_additions"] > 0))
        for table in (lines.take(self.lines), built):
            graph.add_edges_from(zip(table["from_bus"], table["to_bus"], strict=True))
        joined: set[str] = set()
        for bus in candidates["from_bus"][candidates["reactance_ohm"] > 0]:
            if bus in graph and bus not in joined:
                joined |= nx.node_connected_component(graph, bus)
        return np.array([bus in joined for bus in lines["from_bus"]], dtype=bool)

    # ---- cycles of lines whose network is fixed

    def cycle(self, words: str) -> Cycle | None:
        """Return the lines that a row names, as in `+L1 -L2`, with their directions; None where they are no cycle."""
        table = self.parts.system.network["lines"]
        place = {name: k for k, name in enumerate(table["line"])}
        for parts in _splits(words, place):
            ends = [(table["from_bus"][k], table["to_bus"][k])[:: int(sign)] for k, sign in parts]
            closed = all(a[1] == b[0] for a, b in zip(ends, [*ends[1:], ends[0]], strict=True))
            if closed and all(self.stiffness[k] > 0 and not self.open[k] for k, _ in parts):
                return parts
        return None

    def drops(self, cycle: Cycle) -> list[tuple[int, float]]:
        """Return the coefficient of each line's flow in the row of a cycle, scaled by its least reactance."""
        drop = {k: 1.0 / self.stiffness[k] for k, _ in cycle}
        least = min(drop.values())
        return [(k, sign * drop[k] / least) for k, sign in cycle]

    # ---- circuits that may be built

    @cached_property
    def width(self) -> np.ndarray:
        """Widest angle between the ends of each candidate, rad, (candidates,)."""
        return self.width_over(self.lines[self.open[self.lines]])

    def width_over(self, some: np.ndarray) -> np.ndarray:
        """Return the widest angles where of the existing lines only some, by place, stand, rad, (candidates,)."""
        network = self.parts.system.network
        lines, candidates = network["lines"], network["candidates"]
        reach = self.reach
        graph: nx.Graph = nx.Graph()
        graph.add_nodes_from(network["buses"]["bus"])
        for k in some:
            _shorter(graph, lines["from_bus"][k], lines["to_bus"][k], float(reach[k]))
        paths = {bus: nx.single_source_dijkstra_path_length(graph, bus) for bus in graph}
        part = {bus: n for n, group in enumerate(nx.connected_components(graph)) for bus in group}
        inside = np.zeros(max(part.values(), default=-1) + 1)
        for bus, lengths in paths.items():
            inside[part[bus]] = max(inside[part[bus]], max(lengths.values()))
        across = self._across(part, inside)
        ends = zip(candidates["from_bus"], candidates["to_bus"], strict=True)
        return np.array([paths[i].get(j, across[part[i]]) for i, j in ends])

    @cached_property
    def reach(self) -> np.ndarray:
        """Widest angle between the ends of each line, rad, (lines,)."""
        table = self.parts.system.network["lines"]
        most = np.where(chosen(table), table["maximum_mw"], table["capacity_mw"])
        one = self.parts.system.network.susceptance(table)
        return np.divide(share_of(most, table["maximum_share"]), one, out=np.zeros(len(table)), where=one > 0)

    def _across(self, part: dict[str, int], inside: np.ndarray) -> np.ndarray:
        """Return by part of the existing network the widest angle over any way through parts that circuits join."""
        network = self.parts.system.network
        table = network["candidates"]
        one = network.susceptance(table)
        joins: nx.Graph = nx.Graph()
        joins.add_nodes_from(range(len(inside)))
        for k in np.flatnonzero(one > 0):
            i, j = part[table["from_bus"][k]], part[table["to_bus"][k]]
            length = float(table["capacity_mw"][k] / one[k])
            if i != j and length > joins.get_edge_data(i, j, {"length": 0.0})["length"]:
                joins.add_edge(i, j, length=length)
        across = np.zeros(len(inside))
        for group in nx.connected_components(joins):
            lengths: list[float] = [data["length"] for *_, data in joins.subgraph(group).edges(data=True)]
            own = sorted(lengths, reverse=True)
            across[list(group)] = sum(inside[k] for k in group) + sum(own[: len(group) - 1])
        return across

    def angles(self) -> Columns:
        """Return the columns of angles, which have no limits of their own but that of all angles together."""
        system = self.parts.system
        if "angle" not in system.columns:
            total = float(self.reach[self.open].sum() + self.width[self.alternating].sum())
            system.add_columns("angle", "hour", list(system.network["buses"]["bus"]), "rad", -total, total)
        return system.columns["angle"]

    @cached_property
    def alternating(self) -> np.ndarray:
        """Tell which candidates have a law, (candidates,)."""
        return self.parts.system.network["candidates"]["reactance_ohm"] > 0

    def add_lines(self) -> Rows:
        """Add the law of lines that candidates may join."""
        system, table = self.parts.system, self.parts.system.network["lines"]
        some = self.lines[self.open[self.lines]]
        rows = system.add_rows("line_law", "hour", list(table["line"][some]), "MW", 0.0, 0.0)
        for row, k in enumerate(some):
            self.add_net(rows, row, table["line"][k], 1.0)
            self._add_angles(rows, row, (table["from_bus"][k], table["to_bus"][k]), -float(self.stiffness[k]))
        return rows

    def add_net(self, rows: Rows, row: int, line: str, value: float) -> None:
        """Add a multiple of the net flow of a line to a row."""
        for columns, place, sign in self.parts.lines.of[line]:
            rows.add(columns, [row], [place], [value * sign], self.parts.system.times.now("hour", "hour"))

    def _add_angles(self, rows: Rows, row: int, ends: tuple[str, str], value: float) -> None:
        bus, angle = self.parts.system.network.bus, self.angles()
        places = [bus[ends[0]], bus[ends[1]]]
        rows.add(angle, [row, row], places, [value, -value], self.parts.system.times.now("hour", "hour"))

    def add_circuits(self) -> None:
        """Add the law of circuits that may be built, for either sense."""
        system, circuits = self.parts.system, self.parts.circuits
        if circuits is None:
            return
        table = system.network["candidates"]
        one = system.network.susceptance(table)
        some = np.flatnonzero(self.alternating[circuits.candidate])
        names = [circuits.built.members[k] for k in some]
        most = one[circuits.candidate[some]] * self.width[circuits.candidate[some]]
        for rule, way in (("candidate_law_most", 1.0), ("candidate_law_least", -1.0)):
            rows = system.add_rows(rule, "hour", names, "MW", upper=most)
            rows.add(circuits.built, range(len(some)), some, most, system.times.so_far("hour"))
            for row, k in enumerate(some):
                of = int(circuits.candidate[k])
                for columns, place, sign in circuits.wires.of[names[row]]:
                    rows.add(columns, [row], [place], [way * sign], system.times.now("hour", "hour"))
                self._add_angles(rows, row, (table["from_bus"][of], table["to_bus"][of]), -way * float(one[of]))


def _shorter(graph: nx.Graph, start: str, end: str, length: float) -> None:
    """Add an edge, or make it shorter."""
    if graph.get_edge_data(start, end, {"weight": np.inf})["weight"] > length:
        graph.add_edge(start, end, weight=length)


def _splits(words: str, place: dict[str, int]) -> Iterator[Cycle]:
    """Yield every way to read signed names, one blank between them; names may hold blanks and signs."""
    stack: list[tuple[str, Cycle]] = [(words, [])]
    while stack:
        rest, found = stack.pop()
        if not rest:
            if found:
                yield found
            continue
        sign = {"+": 1.0, "-": -1.0}.get(rest[0])
        if sign is None:
            continue
        pieces = rest[1:].split(" ")
        for count in range(1, len(pieces) + 1):
            name = " ".join(pieces[:count])
            if name in place:
                stack.append((" ".join(pieces[count:]), [*found, (place[name], sign)]))
