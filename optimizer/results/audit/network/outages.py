"""N-1 where circuits may be built, as rows of a bound: after an outage the same power flows over what stands.

Every plan that withstands an outage has flows and angles after it that keep these rows: angles of a part that hangs
together count from its lowest, so none is wider than all lines, or all ways through parts, one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.network.flows import circuits_left
from optimizer.results.audit.network.plant import chosen, share_of

if TYPE_CHECKING:
    from optimizer.results.audit.network.laws import Laws
    from optimizer.results.audit.network.system import Columns, Rows
    from optimizer.results.audit.network.wires import Circuits

LAW, BALANCE = "outage_law", "outage_balance"
LINE_MOST, LINE_LEAST = "outage_most", "outage_least"
CIRCUIT_LAWS = (("outage_candidate_law_most", 1.0), ("outage_candidate_law_least", -1.0))
CIRCUIT_LIMITS = (("outage_candidate_most", 1.0), ("outage_candidate_least", -1.0))
ROWS = {LAW, BALANCE, LINE_MOST, LINE_LEAST, *(rule for rule, _ in (*CIRCUIT_LAWS, *CIRCUIT_LIMITS))}
"""Rules whose multipliers name rows after outages."""


@dataclass(frozen=True)
class _Outage:
    """An outage: part of each line's circuits that is left, (lines,), and the widest angles then, (candidates,)."""

    place: int
    name: str
    left: np.ndarray
    width: np.ndarray


def add_open_outages(laws: Laws) -> None:
    """Add the columns and rows of every outage of a line that circuits may join."""
    network = laws.parts.system.network
    lines = laws.lines[laws.open[laws.lines]]
    place = {str(network["lines"]["line"][k]): int(k) for k in lines}
    outages: list[_Outage] = []
    for name, failing in zip(network["contingencies"]["contingency"], network["contingencies"]["line"], strict=True):
        if failing in place:
            left = circuits_left(laws, place[failing])
            outages.append(_Outage(len(outages), str(name), left, laws.width_over(lines[left[lines] > 0])))
    if outages and laws.parts.circuits is not None:
        after = _After(laws, outages, lines, laws.parts.circuits)
        after.add_lines()
        after.add_circuits()
        after.add_balance()


class _After:
    """Flows and angles after each outage, and the rows that they keep."""

    def __init__(self, laws: Laws, outages: list[_Outage], lines: np.ndarray, circuits: Circuits) -> None:
        self._laws, self._outages, self._circuits = laws, outages, circuits
        self._lines = lines.tolist()
        self._system, self._network = laws.parts.system, laws.parts.system.network
        self._now = self._system.times.now("hour", "hour")
        self._so_far = self._system.times.so_far("hour")
        self._kept = [(one, k) for one in outages for k in self._lines if one.left[k] > 0]
        self._made = [(one, int(c)) for one in outages for c in np.flatnonzero(laws.alternating[circuits.candidate])]
        self._flow, self._built_flow, self._angle = self._line_flow(), self._circuit_flow(), self._angles()

    def _line_flow(self) -> Columns:
        table = self._network["lines"]
        most = np.where(chosen(table), table["maximum_mw"], table["capacity_mw"])
        limit = share_of(most, table["maximum_share"] * table["circuits"])
        held = np.array([limit[k] * one.left[k] for one, k in self._kept])
        names = [f"{one.name} {table['line'][k]}" for one, k in self._kept]
        return self._system.add_columns("outage_flow", "hour", names, "MW", -held, held)

    def _circuit_flow(self) -> Columns:
        limit, own = self._network["candidates"]["capacity_mw"], self._circuits
        held = np.array([limit[own.candidate[c]] for _, c in self._made])
        names = [f"{one.name} {own.built.members[c]}" for one, c in self._made]
        return self._system.add_columns("outage_candidate_flow", "hour", names, "MW", -held, held)

    def _angles(self) -> Columns:
        lines, some = float(self._laws.reach[self._laws.open].sum()), self._laws.alternating
        total = np.repeat([lines + float(one.width[some].sum()) for one in self._outages], len(self._network.bus))
        names = [f"{one.name} {bus}" for one in self._outages for bus in self._network.bus]
        return self._system.add_columns("outage_angle", "hour", names, "rad", -total, total)

    def _apart(self, rows: Rows, row: int, outage: _Outage, ends: tuple[str, str], value: float) -> None:
        """Add a multiple of the angle between two buses to a row."""
        places = [self._at(outage, end) for end in ends]
        rows.add(self._angle, [row, row], places, [value, -value], self._now)

    def _at(self, outage: _Outage, bus: str) -> int:
        """Return the place of a bus after an outage among angles and balances."""
        return outage.place * len(self._network.bus) + self._network.bus[bus]

    def add_lines(self) -> None:
        """Add the law of lines, and their limits: one that is a number is a lower one backwards."""
        table, added = self._network["lines"], self._system.columns.get("line_added")
        use = table["maximum_share"] * table["circuits"]
        existing, names, every = share_of(table["capacity_mw"], use), self._flow.members, range(len(self._kept))
        law = self._system.add_rows(LAW, "hour", names, "MW", 0.0, 0.0)
        law.add(self._flow, every, every, np.ones(len(names)), self._now)
        for row, (one, k) in enumerate(self._kept):
            ends = (table["from_bus"][k], table["to_bus"][k])
            self._apart(law, row, one, ends, -float(one.left[k] * self._laws.stiffness[k]))
        for rule, way in ((LINE_MOST, 1.0), (LINE_LEAST, -1.0)):
            rows = self._system.add_rows(rule, "hour", names, "MW")
            for row, (one, k) in enumerate(self._kept):
                most, name = float(existing[k] * one.left[k]), table["line"][k]
                grows = added is not None and name in added.members
                if way > 0 or grows:
                    rows.upper[:, row] = most
                else:
                    rows.lower[:, row] = -most
                rows.add(self._flow, [row], [row], [way if grows else 1.0], self._now)
                if added is not None and grows:
                    rows.add(added, [row], [added.place(name)], [-float(one.left[k] * use[k])], self._so_far)

    def add_circuits(self) -> None:
        """Add the law of circuits that may be built, which holds where they stand, and their limits."""
        table, own, names = self._network["candidates"], self._circuits, self._built_flow.members
        one_circuit = self._network.susceptance(table)
        of, every = [int(own.candidate[c]) for _, c in self._made], range(len(names))
        stiff, place = one_circuit[of], [c for _, c in self._made]
        free = stiff * np.array([one.width[k] for (one, _), k in zip(self._made, of, strict=True)])
        for rule, way in CIRCUIT_LAWS:
            rows = self._system.add_rows(rule, "hour", names, "MW", upper=free)
            rows.add(self._built_flow, every, every, np.full(len(names), way), self._now)
            rows.add(own.built, every, place, free, self._so_far)
            for row, ((one, _), k) in enumerate(zip(self._made, of, strict=True)):
                ends = (table["from_bus"][k], table["to_bus"][k])
                self._apart(rows, row, one, ends, -way * float(stiff[row]))
        for rule, way in CIRCUIT_LIMITS:
            rows = self._system.add_rows(rule, "hour", names, "MW", upper=0.0)
            rows.add(self._built_flow, every, every, np.full(len(names), way), self._now)
            rows.add(own.built, every, place, -table["capacity_mw"][of], self._so_far)

    def add_balance(self) -> None:
        """Add that every bus feeds in after the outage what it fed in before."""
        lines, candidates, own = self._network["lines"], self._network["candidates"], self._circuits
        rows = self._system.add_rows(BALANCE, "hour", self._angle.members, "MW", 0.0, 0.0)
        kept = {(one.place, k): place for place, (one, k) in enumerate(self._kept)}
        for one in self._outages:
            for k in self._lines:
                for end, sign in (("from_bus", 1.0), ("to_bus", -1.0)):
                    row = self._at(one, lines[end][k])
                    self._laws.add_net(rows, row, lines["line"][k], -sign)
                    if (one.place, k) in kept:
                        rows.add(self._flow, [row], [kept[one.place, k]], [sign], self._now)
        for place, (one, c) in enumerate(self._made):
            for end, sign in (("from_bus", 1.0), ("to_bus", -1.0)):
                row = self._at(one, candidates[end][own.candidate[c]])
                rows.add(self._built_flow, [row], [place], [sign], self._now)
                for columns, at, way in own.wires.of[own.built.members[c]]:
                    rows.add(columns, [row], [at], [-sign * way], self._now)
