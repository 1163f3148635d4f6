"""Sets of nodes that separate others from the roots, by maximum flow in a network where nodes are links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.methods.corridors import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.methods.connected.graph import Graph

SCALE = 10**6
"""Capacities of maximum flow are whole numbers."""

CREEP = 100
"""Capacity that every node has besides, so that separators are of few nodes."""

OPEN = 1 << 40
"""Capacity that is never used up."""

NESTED = 8
"""Separators looked for between the roots and one node."""

ROOT, NODE, STEP, GOAL = range(4)
"""Kinds of arcs: from the source to a node, through a node, on to a neighbour, from a node to the goal of regions."""


@dataclass(frozen=True)
class Separator:
    """Nodes through which alone others are reached from outside, and the nodes beyond."""

    nodes: NDArray[np.int64]
    beyond: NDArray[np.int64]

    def key(self) -> bytes:
        """Return what tells it from others."""
        return self.nodes.tobytes() + b"|" + self.beyond.tobytes()


class Separators:
    """The network of a graph: node n goes in at 1 + n and out at 1 + nodes + n; 0 is the source, the last the goal."""

    def __init__(self, graph: Graph) -> None:
        count = self.count = len(graph)
        every, (left, right) = np.arange(count), graph.ends()
        into, out = 1 + every, 1 + count + every
        tail = np.concatenate([0 * every, into, 1 + count + left, out])
        head = np.concatenate([into, out, 1 + right, 0 * every + 1 + 2 * count])
        kind = np.concatenate(
            [np.full(count, ROOT), np.full(count, NODE), np.full(len(left), STEP), np.full(count, GOAL)]
        )
        arcs = len(tail)
        both = np.concatenate([tail, head])
        order = np.argsort(both, kind="stable")
        place = np.empty(2 * arcs, dtype=np.int64)
        place[order] = np.arange(2 * arcs)
        self.start = np.concatenate([[0], np.cumsum(np.bincount(both, minlength=2 * count + 2))]).astype(np.int64)
        self.beside = np.concatenate([head, tail])[order]
        self.opposite = place[(order + arcs) % (2 * arcs)]
        of = [place[np.flatnonzero(kind == one)] for one in (ROOT, NODE, STEP, GOAL)]
        self.root, self.node, self.step, self.goal = of

    def within(self, chosen: NDArray[np.float64], roots: NDArray[np.float64]) -> Within:
        """Return the network at a point."""
        capacity = np.zeros(len(self.beside), dtype=np.int64)
        capacity[self.root] = np.ceil(np.maximum(roots, 0.0) * SCALE).astype(np.int64)
        capacity[self.node] = np.ceil(np.maximum(chosen, 0.0) * SCALE).astype(np.int64) + CREEP
        capacity[self.step] = OPEN
        return Within(self, chosen, roots, capacity)


@dataclass(frozen=True)
class Within:
    """The network with the capacities of a point."""

    network: Separators
    chosen: NDArray[np.float64]
    roots: NDArray[np.float64]
    capacity: NDArray[np.int64]

    def _to(self, nodes: NDArray[np.int64], alone: bool) -> tuple[int, NDArray[np.int64]]:
        """Return goal and capacities of flows to a node, or through any node of a region."""
        capacity = self.capacity.copy()
        if alone:
            return 1 + int(nodes[0]), capacity
        capacity[self.network.goal[nodes]] = OPEN
        return 1 + 2 * self.network.count, capacity

    def entrance(self, nodes: NDArray[np.int64]) -> float:
        """Return the flow from the roots into a region, at most 1."""
        network = self.network
        goal, capacity = self._to(nodes, alone=False)
        sent, _ = kernels.flow(network.start, network.beside, network.opposite, capacity, 0, goal, SCALE)
        return min(float(sent) / SCALE, 1.0)

    def before(self, nodes: NDArray[np.int64], need: float, least: float, alone: bool) -> list[Separator]:
        """Return separators one beyond another between the roots and a node, or a region, that lack `least`."""
        network, count = self.network, self.network.count
        goal, capacity = self._to(nodes, alone)
        found: list[Separator] = []
        most = int(need * SCALE) + 100 * CREEP
        for _ in range(NESTED):
            residual = capacity.copy()
            _, level = kernels.flow(network.start, network.beside, network.opposite, residual, 0, goal, most)
            if level[goal] >= 0:
                break
            near = level >= 0
            far = ~kernels.leading(network.start, network.beside, network.opposite, residual, goal)
            far[0] = True
            sides, real = [near] if np.array_equal(near, far) else [near, far], False
            for side in sides:
                into, out = side[1 : 1 + count], side[1 + count : 1 + 2 * count]
                cut = Separator(np.flatnonzero(into & ~out), np.flatnonzero(~into))
                if self.chosen[cut.nodes].sum() + self.roots[cut.beyond].sum() < need - least:
                    found.append(cut)
                    real = True
                capacity[network.node[cut.nodes]] = SCALE
            if not real:
                break
        return found
