r"""Trees of least weight over core areas: exact over subsets where cores are few, paths to the nearest otherwise.

With :math:`w` the weights of nodes, the tree over cores :math:`S` and node v weighs

.. math::

    f(S, v) = \min\Bigl\{\min_{\emptyset \ne R \subset S} f(R, v) + f(S \setminus R, v) - w_v,\;
    \min_{u \sim v} f(S, u) + w_v\Bigr\}

The second choice is Dijkstra's over all v at once. 斯坦纳树动态规划。
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.methods.corridors import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.methods.corridors.graph import NodeGraph

MOST_VALUES = 60_000_000
"""Subsets times nodes that are kept at most, 12 bytes each."""

MOST_STEPS = 4_000_000_000
"""Pairs of subsets times nodes that are compared at most; some seconds."""


def fits(nodes: int, cores: int) -> bool:
    """Whether the recursion over subsets of so many cores is small enough."""
    return nodes << cores <= MOST_VALUES and nodes * 3**cores <= MOST_STEPS


@dataclass(frozen=True)
class Trees:
    """Least trees over all subsets of cores 0 .. k - 1.

    Attributes
    ----------
    value
        :math:`f(S, v)` with S as bits, infinite where there is no way, (2^k, nodes).
    """

    value: NDArray[np.float64]
    _origin: NDArray[np.int32]

    @property
    def through(self) -> NDArray[np.float64]:
        """Weight of the least tree over all cores and a node, (nodes,)."""
        return self.value[-1]

    def nodes(self, end: int, subset: int = -1) -> NDArray[np.int64]:
        """Return the nodes of the least tree over a subset of cores (all: -1) and the node `end`, in order."""
        todo, found = [(subset % len(self.value), end)], set()
        while todo:
            bits, v = todo.pop()
            found.add(v)
            origin = int(self._origin[bits, v])
            if origin <= kernels.SPLIT:
                part = kernels.SPLIT - origin
                todo += [(part, v), (bits ^ part, v)]
            elif origin != kernels.NONE:
                todo.append((bits, origin))
        return np.array(sorted(found), dtype=np.int64)


def least_trees(graph: NodeGraph, cores: int) -> Trees:
    """Return the least trees over the first nodes of a graph, its cores."""
    return Trees(*kernels.subset_trees(graph.start, graph.beside, graph.cost, np.arange(cores)))


def least_tree(graph: NodeGraph, cores: int) -> NDArray[np.int64]:
    """Return the nodes of the least tree over the first nodes of a graph; the last core stays out of the subsets."""
    return least_trees(graph, cores - 1).nodes(cores - 1) if cores > 1 else np.zeros(1, dtype=np.int64)


def nearest_tree(graph: NodeGraph, weight: NDArray[np.float64], cores: int, first: int) -> NDArray[np.int64]:
    """Return a tree over all cores, grown from one by the least path to the nearest other.

    Source: Takahashi and Matsuyama (1980), An approximate solution for the Steiner problem in graphs.
    """
    value = np.full(len(graph), np.inf)
    origin = np.full(len(graph), kernels.NONE, dtype=np.int32)
    held = np.zeros(len(graph), dtype=bool)
    held[first] = True
    value[first] = 0.0
    while not held[:cores].all():
        kernels.spread_out(graph.start, graph.beside, weight, value, origin)
        node = int(np.argmin(np.where(held[:cores], np.inf, value[:cores])))
        while not held[node]:
            held[node] = True
            value[node] = 0.0
            node = int(origin[node])
    return np.flatnonzero(held)
