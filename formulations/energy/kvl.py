r"""Kirchhoff's voltage law for lines that exist 基尔霍夫电压定律: angles add up to nothing around every cycle.

.. math:: \sum_{l \in c} \pm \frac{f_{l,t}}{B_l n_l} = 0 \qquad \forall c, t

:math:`f` (MW) net flow, :math:`B = V^2 / x` (MW per radian and circuit), :math:`n` circuits, c independent cycles: as
many as there are lines beyond a spanning tree, against one row a line with angles. A row is named by the lines of its
cycle and their directions, as in `+L1 -L2`, and scaled by their least reactance. The multiplier is what the law costs
there; zero where no line of the cycle is congested.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import networkx as nx
import pyomo.environ as pyo

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from formulations.energy.template import Template
    from formulations.energy.transport import Flows

Cycle = list[tuple[int, int]]
"""Lines of a cycle, by place, and +1 or -1 for their direction in it."""


def add_cycles(template: Template, flows: Flows, lines: NDArray[np.int64]) -> None:
    """Add the law for lines, given by place in the table, whose network is fixed."""
    network = template.calendar.network
    table = network["lines"].iloc[lines]
    circuits = table["circuits"].to_numpy(dtype=float)
    drop = 1.0 / (network.susceptance("lines")[lines] * circuits)
    names = table["line"].astype(str).tolist()
    ends = zip(network.bus_codes(table["from_bus"]).tolist(), network.bus_codes(table["to_bus"]).tolist(), strict=True)
    cycles = independent_cycles(list(ends))
    if not cycles:
        return
    named = {" ".join(f"{'+' if sign > 0 else '-'}{names[k]}" for k, sign in cycle): cycle for cycle in cycles}

    def row(lines: str) -> Any:
        cycle = named[lines]
        scale = min(drop[k] for k, _ in cycle)
        return pyo.quicksum(sign * float(drop[k] / scale) * flows.net[names[k]] for k, sign in cycle) == 0

    template.rows("hour", "kvl", tuple(named), "MW", row)


def independent_cycles(ends: Sequence[tuple[int, int]]) -> list[Cycle]:
    """Return independent cycles of a graph whose edges may be parallel; short ones, so that rows stay sparse.

    A line beyond the spanning tree closes a shortest path over the tree and the lines closed before it.
    """
    graph: nx.Graph[int] = nx.Graph()
    closing = []
    centre = _breadth_first(ends)
    for place, (start, end) in enumerate(ends):
        if place in centre:
            graph.add_edge(start, end, line=place)
        else:
            closing.append(place)
    found = []
    for place in closing:
        start, end = ends[place]
        path = nx.bidirectional_shortest_path(graph, end, start)
        cycle = [(place, 1)]
        for one, two in pairwise(path):
            line = graph.edges[one, two]["line"]
            cycle.append((line, 1 if ends[line] == (one, two) else -1))
        found.append(cycle)
        if not graph.has_edge(start, end):
            graph.add_edge(start, end, line=place)
    return found


def _breadth_first(ends: Sequence[tuple[int, int]]) -> set[int]:
    """Return the lines of a spanning forest, breadth first from a bus of many lines."""
    graph: nx.MultiGraph[int] = nx.MultiGraph()
    for place, (start, end) in enumerate(ends):
        graph.add_edge(start, end, key=place)
    chosen: set[int] = set()
    for part in nx.connected_components(graph):
        root = max(part, key=graph.degree)
        for start, end in nx.bfs_edges(graph, root):
            chosen.add(min(int(key) for key in graph[start][end]))
    return chosen
