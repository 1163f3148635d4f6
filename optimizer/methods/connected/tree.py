r"""Few pieces as trees: columns for links and roots, the rows between, and the separators that a point violates.

Every piece is a tree that grows from a root over directed links. With :math:`u_n` whether node n is chosen,
:math:`r_n` whether it is a root, :math:`z_a` whether link a is taken, :math:`\delta^-(D)` the links into a set D, and
m pieces allowed,

.. math::

    r_n + \sum_{a \in \delta^-(n)} z_a = u_n, \quad \sum_n r_n \le m, \quad z_{nm} + z_{mn} \le u_n,\ u_m \\
    \sum_{n \in D} r_n + \sum_{a \in \delta^-(D)} z_a \ge u_v \qquad v \in D

The last, one for each D and v, are separated by maximum flow. Where one piece is allowed, roots of the same plan are
told apart: in an order of nodes the first chosen one is the root, :math:`u_n + \sum_{m \succ n} r_m \le 1`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from optimizer.methods.corridors import kernels
from optimizer.methods.corridors.graph import NodeGraph, node_graph

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.methods.connected.graph import Graph

VIOLATED = 1e-3
"""What a row must lack to be added."""

SCALE = 10**6
"""Capacities of maximum flow are whole numbers."""

CREEP = 100
"""Capacity that every link has besides, so that separators are of few links."""

NESTED = 8
"""Separators looked for between the roots and one node."""

MOST_FLOWS = 400
"""Nodes looked at in one search."""

MOST_PAIRS = 300
"""Edges whose rows are added in one round."""

Rows = tuple[sp.csr_array, "NDArray[np.float64]", "NDArray[np.float64]"]
"""Coefficients, lower and upper bounds."""


@dataclass(frozen=True)
class Tree:
    """Columns and rows of one demand on the number of pieces.

    Attributes
    ----------
    first
        Column of the first link; links are those of `network`, whose node 0 is where roots come from.
    width
        Number of columns of the model.
    """

    graph: Graph
    first: int
    width: int

    @cached_property
    def network(self) -> NodeGraph:
        """Nodes, numbered from 1, and node 0 beside all of them."""
        count = len(self.graph)
        left, right = self.graph.ends()
        once = left < right
        none, every = np.zeros(count, dtype=np.int64), 1 + np.arange(count)
        return node_graph(
            np.zeros(count + 1), np.concatenate([none, left[once] + 1]), np.concatenate([every, right[once] + 1])
        )

    @cached_property
    def ends(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Tail and head of each link."""
        return self.network.ends()

    @cached_property
    def opposite(self) -> NDArray[np.int64]:
        """Link in the other direction."""
        left, right = self.ends
        return np.lexsort((left, right))

    @cached_property
    def upper(self) -> NDArray[np.float64]:
        """Upper bound of each link: none leads back to node 0."""
        return (self.ends[1] > 0).astype(float)

    @property
    def links(self) -> slice:
        """Columns of the links."""
        return slice(self.first, self.first + len(self.network.beside))

    @staticmethod
    def columns(graph: Graph) -> int:
        """Return the number of columns that a graph needs."""
        return 2 * len(graph) + len(graph.beside)

    def rows(self) -> Rows:
        """Return the rows between nodes, links and roots."""
        left, right = self.ends
        count = len(self.graph)
        entered = self._of_links(right[right > 0] - 1, np.flatnonzero(right > 0), count)
        roots = np.flatnonzero(left == 0)
        most = self._of_links(np.zeros(len(roots), dtype=np.int64), roots, 1)
        parts = [entered - self._chosen(np.arange(count)), most]
        lower = [np.zeros(count), np.full(1, -np.inf)]
        upper = [np.zeros(count), np.full(1, self.graph.demand.most)]
        return sp.csr_array(sp.vstack(parts, format="csr")), np.concatenate(lower), np.concatenate(upper)

    def ordered(self, first: NDArray[np.int64]) -> sp.csr_array:
        """Return rows of at most 1: no node after a chosen one of the first is the root."""
        left, right = self.ends
        roots = np.flatnonzero((left == 0) & ~np.isin(right - 1, first))
        row = [np.full(len(roots), k) for k in range(len(first))]
        link = [roots for _ in first]
        place = {int(right[entry]) - 1: entry for entry in np.flatnonzero(left == 0).tolist()}
        for k in range(len(first)):
            row.append(np.full(len(first) - k - 1, k))
            link.append(np.array([place[int(node)] for node in first[k + 1 :]], dtype=np.int64))
        if not len(first):
            return sp.csr_array((0, self.width))
        return self._of_links(np.concatenate(row), np.concatenate(link), len(first)) + self._chosen(first)

    def _of_links(self, row: NDArray[np.int64], link: NDArray[np.int64], count: int) -> sp.csr_array:
        return sp.csr_array((np.ones(len(row)), (row, self.first + link)), shape=(count, self.width))

    def _chosen(self, nodes: NDArray[np.int64]) -> sp.csr_array:
        """Return one row a node: the columns that choose it."""
        rows = self.graph.incidence[nodes]
        return sp.csr_array((rows.data, rows.indices, rows.indptr), shape=(len(nodes), self.width))

    def open_region(self, nodes: NDArray[np.int64]) -> sp.csr_array:
        """Return the row of links into a region, roots in it counted, (1, columns)."""
        links = self._entering(nodes)
        return self._of_links(np.zeros(len(links), dtype=np.int64), links, 1)

    def entrance(self, values: NDArray[np.float64], nodes: NDArray[np.int64]) -> float:
        """Return how far links and roots enter a region at a point."""
        return float(values[self.links][self._entering(nodes)].sum())

    def _entering(self, nodes: NDArray[np.int64]) -> NDArray[np.int64]:
        left, right = self.ends
        inside = np.zeros(len(self.network), dtype=bool)
        inside[1 + nodes] = True
        return np.flatnonzero(~inside[left] & inside[right])

    def cuts(self, values: NDArray[np.float64]) -> sp.csr_array | None:
        """Return rows of at least 0 that a point violates, None where none was found."""
        incidence, links = self.graph.incidence, values[self.links]
        point = np.append(1.0, incidence @ values[: incidence.shape[1]])
        found: dict[tuple[bytes, int], tuple[NDArray[np.int64], int]] = {}
        for links_of, node in self._separators(links, point):
            found[links_of.tobytes(), node] = links_of, node
        parts = [] if (pairs := self._pairs(links, point)) is None else [pairs]
        if found:
            row = np.repeat(np.arange(len(found)), [len(cut) for cut, _ in found.values()])
            link = np.concatenate([cut for cut, _ in found.values()])
            nodes = np.array([node - 1 for _, node in found.values()])
            parts.append(self._of_links(row, link, len(found)) - self._chosen(nodes))
        return sp.csr_array(sp.vstack(parts, format="csr")) if parts else None

    def _pairs(self, links: NDArray[np.float64], point: NDArray[np.float64]) -> sp.csr_array | None:
        """Return the rows of both directions of an edge and one of its ends that a point violates most."""
        left, right = self.ends
        both = links + links[self.opposite] - point[right]
        both[(left == 0) | (right == 0)] = 0.0
        worst = np.argsort(-both, kind="stable")[:MOST_PAIRS]
        worst = worst[both[worst] > VIOLATED]
        if not len(worst):
            return None
        row = np.repeat(np.arange(len(worst)), 2)
        link = np.stack([worst, self.opposite[worst]], axis=1).ravel()
        return sp.csr_array(self._chosen(right[worst] - 1) - self._of_links(row, link, len(worst)))

    def _separators(
        self, links: NDArray[np.float64], point: NDArray[np.float64]
    ) -> list[tuple[NDArray[np.int64], int]]:
        whole = np.ceil(np.maximum(links, 0.0) * SCALE).astype(np.int64) + CREEP
        whole[self.ends[1] == 0] = 0
        found: list[tuple[NDArray[np.int64], int]] = []
        done = np.zeros(len(point), dtype=bool)
        for node in self._looked_at(point).tolist():
            if not done[node]:
                cuts, beyond = self._nested(links, float(point[node]), whole, node)
                done |= beyond
                found += [(cut, node) for cut in cuts]
        return found

    def _looked_at(self, point: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return nodes, greatest first: one for each piece of nodes that are whole, and split ones."""
        whole = point[1:] > 1 - VIOLATED
        _, piece = self.graph.pieces(whole)
        _, first = np.unique(piece[whole], return_index=True)
        split = 1 + np.flatnonzero((point[1:] > VIOLATED) & ~whole)
        split = split[np.argsort(-point[split], kind="stable")]
        return np.concatenate([1 + np.flatnonzero(whole)[first], split])[:MOST_FLOWS]

    def _nested(
        self, links: NDArray[np.float64], need: float, whole: NDArray[np.int64], node: int
    ) -> tuple[list[NDArray[np.int64]], NDArray[np.bool_]]:
        """Return separators one beyond another between the roots and a node, and the nodes beyond any."""
        (left, right), network = self.ends, self.network
        found: list[NDArray[np.int64]] = []
        beyond = np.zeros(len(network), dtype=bool)
        capacity = whole.copy()
        for _ in range(NESTED):
            residual = capacity.copy()
            most = int(need * SCALE) + 100 * CREEP
            _, level = kernels.flow(network.start, network.beside, self.opposite, residual, 0, node, most)
            if level[node] >= 0:
                break
            near = level >= 0
            far = kernels.leading(network.start, network.beside, self.opposite, residual, node)
            far[0] = False
            last, first = np.flatnonzero(~far[left] & far[right]), np.flatnonzero(near[left] & ~near[right])
            cuts = [last] if np.array_equal(first, last) else [last, first]
            real = [cut for cut in cuts if links[cut].sum() < need - VIOLATED]
            if not real:
                break
            found += real
            beyond |= far
            capacity[np.concatenate(cuts)] = SCALE
        return found, beyond
