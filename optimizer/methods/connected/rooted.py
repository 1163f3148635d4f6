r"""One piece by separators of nodes: columns for its root and regions, the rows between, and the cuts of a point.

With :math:`u_n` whether node n is chosen and :math:`r_n` whether it is the root,

.. math::

    r_n \le u_n, \quad \sum_n r_n \le 1, \quad
    \sum_{n \in D} r_n + \sum_{n \in S} u_n \ge u_v \qquad v \in D

for every set S of nodes and every set D that only S leads into from outside: the root lies in D, or the piece comes in
through S. Roots of the same plan are told apart: in an order of nodes the first chosen one is the root,
:math:`u_n + \sum_{m \succ n} r_m \le 1`.

A region is a set of nodes with a column :math:`y` that is 1 where any is chosen. It is separated like a node that
hangs on all nodes of the region.

Where the root lies in a small region, these rows bound about as well as trees of links (`tree`) in less time, with a
third of the columns. Source: Álvarez-Miranda, Ljubić and Mutzel (2013), The maximum weight connected subgraph problem.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from optimizer.methods.connected.separators import Separators

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.methods.connected.graph import Graph
    from optimizer.methods.connected.separators import Separator

VIOLATED = 1e-3
"""What a row must lack to be added."""

MOST_FLOWS = 400
"""Nodes looked at in one search."""

REGIONS = 400
"""Columns for regions."""

Rows = tuple[sp.csr_array, "NDArray[np.float64]", "NDArray[np.float64]"]
"""Coefficients, lower and upper bounds."""


class Rooted:
    """Columns and rows of one demand on a single piece.

    Attributes
    ----------
    graph
        Nodes of the demand.
    first
        Column of the first root; those of the regions come after the roots.
    width
        Number of columns of the model.
    regions, required
        Nodes of each region in use, and the numbers of those that every plan enters.
    """

    def __init__(self, graph: Graph, first: int, width: int) -> None:
        self.graph, self.first, self.width = graph, first, width
        self.regions: list[NDArray[np.int64]] = []
        self.required: set[int] = set()
        self._implied: set[int] = set()
        self._separators = Separators(graph)

    @staticmethod
    def columns(graph: Graph) -> int:
        """Return the number of columns that a graph needs."""
        return len(graph) + REGIONS

    @property
    def upper(self) -> NDArray[np.float64]:
        """Upper bounds of the columns."""
        return np.ones(self.columns(self.graph))

    def rows(self) -> Rows:
        """Return the rows between nodes and roots."""
        count = len(self.graph)
        every = np.arange(count)
        parts = [self._chosen(every) - self._roots(every, every, count), self._roots(0 * every, every, 1)]
        lower = [np.zeros(count), np.full(1, -np.inf)]
        upper = [np.full(count, np.inf), np.ones(1)]
        return sp.csr_array(sp.vstack(parts, format="csr")), np.concatenate(lower), np.concatenate(upper)

    def ordered(self, first: NDArray[np.int64]) -> sp.csr_array:
        """Return rows of at most 1: no node after a chosen one of the first is the root."""
        after = np.ones((len(first), len(self.graph)), dtype=bool)
        for k in range(len(first)):
            after[k:, first[k]] = False
        row, node = np.nonzero(after)
        return sp.csr_array(self._roots(row, node, len(first)) + self._chosen(first))

    def _roots(self, row: NDArray[np.int64], node: NDArray[np.int64], count: int) -> sp.csr_array:
        return sp.csr_array((np.ones(len(row)), (row, self.first + node)), shape=(count, self.width))

    def _chosen(self, nodes: NDArray[np.int64]) -> sp.csr_array:
        """Return one row a node: the columns that choose it."""
        rows = self.graph.incidence[nodes]
        return sp.csr_array((rows.data, rows.indices, rows.indptr), shape=(len(nodes), self.width))

    def _entered(self, region: int, count: int = 1) -> sp.csr_array:
        column = self.first + len(self.graph) + region
        return sp.csr_array((np.ones(count), (np.arange(count), np.full(count, column))), shape=(count, self.width))

    def require(self, nodes: NDArray[np.int64]) -> int | None:
        """Take a column for a region that every plan enters; return the column, None where none is left.

        Regions that hold it are entered with it, and are separated no more.
        """
        if len(self.regions) == REGIONS:
            return None
        wider = {held for held in self.required if np.isin(nodes, self.regions[held]).all()}
        self.required -= wider
        self._implied |= wider
        self.regions.append(nodes)
        self.required.add(len(self.regions) - 1)
        return self.first + len(self.graph) + len(self.regions) - 1

    def open_region(self, nodes: NDArray[np.int64]) -> sp.csr_array | None:
        """Take a column for a region; return its rows of at least 0, first that of its column alone.

        None where no column is left.
        """
        if len(self.regions) == REGIONS:
            return None
        self.regions.append(nodes)
        number = len(self.regions) - 1
        own = self._entered(number, len(nodes)) - self._chosen(nodes)
        return sp.csr_array(sp.vstack([self._entered(number), own], format="csr"))

    def point(self, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return how far nodes are chosen, and are roots, at values of columns, (nodes,) each."""
        count = len(self.graph)
        incidence = self.graph.incidence
        return incidence @ values[: incidence.shape[1]], values[self.first : self.first + count]

    def entrance(self, values: NDArray[np.float64], nodes: NDArray[np.int64]) -> float:
        """Return how far a region can be entered from roots at a point, at most 1."""
        return self._separators.within(*self.point(values)).entrance(nodes)

    def cuts(self, values: NDArray[np.float64]) -> sp.csr_array | None:
        """Return rows of at least 0 that a point violates, None where none was found."""
        chosen, roots = self.point(values)
        within = self._separators.within(chosen, roots)
        found: dict[tuple[bytes, bytes], tuple[Separator, sp.csr_array]] = {}
        beyond = np.zeros(len(chosen), dtype=bool)
        for node in self._looked_at(chosen).tolist():
            if not beyond[node]:
                for cut in within.before(np.array([node]), float(chosen[node]), VIOLATED, alone=True):
                    found[cut.key(), str(node).encode()] = cut, self._chosen(np.array([node]))
                    beyond[cut.beyond] = True
        used = self.first + len(chosen)
        for number, nodes in enumerate(self.regions):
            need = float(values[used + number])
            if number not in self._implied and need > VIOLATED:
                for cut in within.before(nodes, need, VIOLATED, alone=False):
                    found[cut.key(), f"y{number}".encode()] = cut, self._entered(number)
        if not found:
            return None
        return sp.csr_array(sp.vstack([self._row(cut) - needs for cut, needs in found.values()], format="csr"))

    def _row(self, cut: Separator) -> sp.csr_array:
        through = self._chosen(cut.nodes).sum(axis=0)[None, :]
        return sp.csr_array(through) + self._roots(np.zeros(len(cut.beyond), dtype=np.int64), cut.beyond, 1)

    def _looked_at(self, chosen: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return nodes, greatest first, that no greater neighbour speaks for.

        What separates a node from roots separates any greater neighbour, or has it among its nodes and is satisfied.
        """
        graph, spoken = self.graph, np.zeros(len(chosen), dtype=bool)
        found = []
        order = np.argsort(-chosen, kind="stable")
        for node in order[chosen[order] > VIOLATED].tolist():
            around = graph.beside[graph.start[node] : graph.start[node + 1]]
            if not spoken[around].any():
                found.append(node)
            spoken[node] = True
        return np.array(found[:MOST_FLOWS], dtype=np.int64)
