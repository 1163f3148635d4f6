r"""Separators: sets of directed links that lines from the first core area must cross, found by maximum flow.

A line runs as a tree away from core area 0. With :math:`z_a` whether it takes the directed link a, :math:`y_v` whether
it comes to node v, D any set of nodes without core area 0, and :math:`\delta^-(D)` the links into it,

.. math:: \sum_{a \in \delta^-(D)} z_a \ge 1\ (D\ \text{holds a core area}), \qquad
    \sum_{a \in \delta^-(D)} z_a \ge y_v\ (v \in D)

Directed links bound better than nodes do: a node cannot be half of two ways in opposite directions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from optimizer.methods.corridors import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.methods.corridors.graph import NodeGraph

VIOLATED = 1e-3
"""What a row must lack to be added."""

SCALE = 10**6
"""Capacities of maximum flow are whole numbers."""

NESTED = 20
"""Disjoint separators looked for between two core areas."""

MOST_NODES = 60
"""Nodes for which a violated row is added in one round."""

NO_NODE = -1


@dataclass(frozen=True)
class Separator:
    """Links (entries of `beside`) of which a line takes one, or as much as of `node` where that is not `NO_NODE`."""

    links: NDArray[np.int64]
    node: int


@dataclass(frozen=True)
class Separation:
    """The search for violated separators of one network.

    Attributes
    ----------
    graph
        Nodes 0 .. cores - 1 are the core areas.
    attach
        Whether every node taken must be connected, not the core areas only.
    """

    graph: NodeGraph
    cores: int
    attach: bool

    @cached_property
    def opposite(self) -> NDArray[np.int64]:
        """Entry of each link in the other direction, (entries,)."""
        left, right = self.graph.ends()
        return np.lexsort((left, right))

    def find(self, links: NDArray[np.float64], nodes: NDArray[np.float64]) -> list[Separator]:
        """Return separators that values of links (entries,) and nodes (nodes,) violate.

        Exact for plans, and for core areas for any point.
        """
        whole = np.ceil(np.maximum(links, 0.0) * SCALE).astype(np.int64)
        found: list[Separator] = []
        for core in range(1, self.cores):
            capacity = whole.copy()
            for _ in range(NESTED):
                cuts = self._cut(core, 1.0, capacity)
                found += [Separator(cut, NO_NODE) for cut in cuts]
                if not cuts:
                    break
                capacity[np.concatenate(cuts)] = SCALE
        return found + self._attached(whole, nodes) if self.attach else found

    def _attached(self, whole: NDArray[np.int64], nodes: NDArray[np.float64]) -> list[Separator]:
        """Return separators of nodes that the first core area reaches with less flow than their value."""
        wanted = self.cores + np.flatnonzero(nodes[self.cores :] > VIOLATED)
        found: list[Separator] = []
        rows = 0
        for node in wanted[np.argsort(-nodes[wanted], kind="stable")].tolist():
            cuts = self._cut(node, float(nodes[node]), whole)
            found += [Separator(cut, node) for cut in cuts]
            rows += bool(cuts)
            if rows == MOST_NODES:
                break
        return found

    def _cut(self, goal: int, need: float, capacity: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """Return the separators nearest to both ends where the flow from core area 0 is below the need."""
        graph, residual = self.graph, capacity.copy()
        most = int(np.ceil(need * SCALE))
        pushed, level = kernels.flow(graph.start, graph.beside, self.opposite, residual, 0, goal, most)
        if pushed / SCALE >= need - VIOLATED:
            return []
        left, right = graph.ends()
        near = level >= 0
        far = kernels.leading(graph.start, graph.beside, self.opposite, residual, goal)
        first, last = np.flatnonzero(near[left] & ~near[right]), np.flatnonzero(~far[left] & far[right])
        return [first] if np.array_equal(first, last) else [first, last]
