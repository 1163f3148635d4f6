r"""N-1 where circuits may be built 候选线路的 N-1: after an outage the same power flows over what stands.

.. math::

    \sum_{l \ni b} \pm (f'_{l,o,t} - f_{l,t}) = 0, \qquad f'_{l,o,t} = n_{l,o} B_l (\theta'_i - \theta'_j), \qquad
    |f'_{l,o,t}| \le \frac{n_{l,o}}{n_l} F_l

:math:`f'` (MW) and :math:`\theta'` (rad) flow and angle after outage o, :math:`n_{l,o}` circuits left, f and F flow and
limit before; circuits that may be built obey the law of `dc_candidates` with flows after the outage, and the same
decision to build. Plant, storage and loads stay as they are; losses are those before the outage. The widest angles are
those of the network without the line where no circuit of it is left. Multipliers are those of the relaxation; zero on
a limit: the outage does not load it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pyomo.environ as pyo

from formulations.energy.dc_candidates import widest_angles
from formulations.energy.dispatch import names, numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.energy.dc_candidates import Circuit, Circuits
    from formulations.energy.template import Template
    from formulations.energy.transport import Flows

Case = tuple[str, str]
"""A contingency, and a bus or line."""


def add_open_contingencies(
    template: Template, flows: Flows, circuits: Circuits, lines: NDArray[np.int64], alternating: NDArray[np.bool_]
) -> None:
    """Add the outages of lines, given by place, that candidates may join."""
    network = template.calendar.network
    table, line = network["contingencies"], names(network["lines"], "line")
    place = {line[k]: int(k) for k in lines}
    outages = {
        contingency: place[failing]
        for contingency, failing in zip(names(table, "contingency"), names(table, "line"), strict=True)
        if failing in place
    }
    if not outages:
        return
    after = _After(template, flows, circuits, lines, alternating, outages)
    after.add_law()
    after.add_circuits()
    after.add_balance()


class _After:
    """Columns of the network after each outage, and the rows that they keep."""

    def __init__(
        self,
        template: Template,
        flows: Flows,
        circuits: Circuits,
        lines: NDArray[np.int64],
        alternating: NDArray[np.bool_],
        outages: dict[str, int],
    ) -> None:
        self._template, self._network = template, template.calendar.network
        self._flows, self._circuits, self._outages = flows, circuits, outages
        self._lines, self._alternating = lines, alternating
        table, candidates = self._network["lines"], self._network["candidates"]
        self._line_ends = list(zip(names(table, "from_bus"), names(table, "to_bus"), strict=True))
        self._candidate_ends = list(zip(names(candidates, "from_bus"), names(candidates, "to_bus"), strict=True))
        self._names, self._count = names(table, "line"), numbers(table, "circuits")
        self._members = [
            (one, int(k)) for one, k in zip(circuits.members, circuits.candidate, strict=True) if alternating[k]
        ]
        self._angle = self._angles()
        kept = [(case, self._names[k]) for case in outages for k in lines if self._left(case, int(k)) > 0]
        self._flow = template.columns("hour", "outage_flow", kept, "MW", -np.inf, np.inf)
        made = [(case, *one) for case in outages for one, _ in self._members]
        limit = numbers(candidates, "capacity_mw")
        most = np.tile(np.array([limit[k] for _, k in self._members]), len(outages))
        self._built_flow = template.columns("hour", "outage_candidate_flow", made, "MW", -most, most)

    def _left(self, case: str, line: int) -> float:
        """Return the circuits of a line that are left."""
        return float(self._count[line] - (self._outages[case] == line))

    def _angles(self) -> Any:
        """Add an angle for each outage and bus; one bus of each group that circuits may join has angle 0."""
        graph: nx.Graph[str] = nx.Graph()
        graph.add_edges_from(self._line_ends[k] for k in self._lines)
        graph.add_edges_from(self._candidate_ends[k] for k in np.flatnonzero(self._alternating))
        fixed = {min(group) for group in nx.connected_components(graph)}
        self._buses = list(graph.nodes)
        limit = np.tile(np.array([0.0 if bus in fixed else np.inf for bus in self._buses]), len(self._outages))
        members = [(case, bus) for case in self._outages for bus in self._buses]
        return self._template.columns("hour", "outage_angle", members, "rad", -limit, limit)

    def _apart(self, case: str, ends: tuple[str, str]) -> Any:
        return self._angle[case, ends[0]] - self._angle[case, ends[1]]

    def add_law(self) -> None:
        """Add the law and the limits of lines."""
        stiff, members = self._network.susceptance("lines"), tuple(self._flow)
        place = {name: k for k, name in enumerate(self._names)}

        def law(one: Case) -> Any:
            k = place[one[1]]
            return self._flow[one] == float(self._left(one[0], k) * stiff[k]) * self._apart(one[0], self._line_ends[k])

        def most(one: Case) -> Any:
            k = place[one[1]]
            return float(self._left(one[0], k) / self._count[k]) * self._flows.most[one[1]]

        rows = self._template.rows
        rows("hour", "outage_law", members, "MW", law)
        rows("hour", "outage_most", members, "MW", lambda one: self._flow[one] <= most(one))
        rows("hour", "outage_least", members, "MW", lambda one: self._flow[one] >= -most(one))

    def add_circuits(self) -> None:
        """Add the law and the limits of circuits that may be built."""
        candidates, built = self._network["candidates"], self._circuits.built["hour"]
        stiff, limit = self._network.susceptance("candidates"), numbers(candidates, "capacity_mw")
        width = {case: self._width(case) for case in self._outages}
        of = {(case, *one): (case, one, k) for case in self._outages for one, k in self._members}

        def law(key: tuple[str, str, int], sign: float) -> Any:
            case, one, k = of[key]
            slack = float(stiff[k] * width[case][k]) * (1 - built[one])
            off = self._built_flow[key] - float(stiff[k]) * self._apart(case, self._candidate_ends[k])
            return sign * off <= slack

        def most(key: tuple[str, str, int], sign: float) -> Any:
            _, one, k = of[key]
            return sign * self._built_flow[key] <= float(limit[k]) * built[one]

        rows = self._template.rows
        for name, sign in (("most", 1.0), ("least", -1.0)):
            rows("hour", f"outage_candidate_law_{name}", tuple(of), "MW", lambda key, s=sign: law(key, s))
            rows("hour", f"outage_candidate_{name}", tuple(of), "MW", lambda key, s=sign: most(key, s))

    def _width(self, case: str) -> NDArray[np.float64]:
        out = self._outages[case]
        lines = self._lines if self._left(case, out) > 0 else self._lines[self._lines != out]
        return widest_angles(self._network, lines, self._alternating)

    def add_balance(self) -> None:
        """Add that every bus sends out after the outage what it sent out before."""
        at: dict[str, list[tuple[float, int, Circuit | None]]] = {bus: [] for bus in self._buses}
        for k in self._lines:
            for bus, sign in zip(self._line_ends[k], (1.0, -1.0), strict=True):
                at[bus].append((sign, int(k), None))
        for one, k in self._members:
            for bus, sign in zip(self._candidate_ends[k], (1.0, -1.0), strict=True):
                at[bus].append((sign, k, one))

        def row(key: Case) -> Any:
            case, bus = key
            parts = []
            for sign, k, circuit in at[bus]:
                if circuit is None:
                    after = self._flow[case, self._names[k]] if self._left(case, k) > 0 else 0.0
                    parts.append(sign * (after - self._flows.net[self._names[k]]))
                else:
                    parts.append(sign * (self._built_flow[case, *circuit] - self._circuits.net[circuit]))
            return pyo.quicksum(parts) == 0

        members = [(case, bus) for case in self._outages for bus in self._buses]
        self._template.rows("hour", "outage_balance", members, "MW", row)
