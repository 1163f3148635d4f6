"""The graph of one demand on connected pieces: nodes that may be chosen, their neighbours, and what plans keep it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from formulations.patches import Patches

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.connected import Connected

ROUND_OFF = 1e-9
"""Part of the least weight that a piece may lack."""

HALF = 0.5


@dataclass(frozen=True)
class Graph:
    """Nodes of a demand that some column may choose, numbered from 0.

    Attributes
    ----------
    demand
        The demand.
    node
        Number in the demand of each node, (nodes,).
    incidence
        Which columns choose a node, (nodes, columns).
    weight
        What each column adds to the weight of its piece, at its node, (nodes, columns).
    start, beside
        Neighbours of node n are `beside[start[n]:start[n + 1]]`.
    """

    demand: Connected
    node: NDArray[np.int64]
    incidence: sp.csr_array
    weight: sp.csr_array
    start: NDArray[np.int64]
    beside: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.node)

    def ends(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return both ends of every edge, each edge in both directions."""
        return np.repeat(np.arange(len(self)), np.diff(self.start)), self.beside

    def pieces(self, chosen: NDArray[np.bool_]) -> tuple[int, NDArray[np.int64]]:
        """Return the number of pieces of chosen nodes and the piece of each node, -1 for others, (nodes,)."""
        left, right = self.ends()
        both = chosen[left] & chosen[right]
        links = sp.csr_array((np.ones(int(both.sum())), (left[both], right[both])), shape=(len(self), len(self)))
        label = connected_components(links, directed=False)[1]
        names, number = np.unique(label[chosen], return_inverse=True)
        found = np.full(len(self), -1, dtype=np.int64)
        found[chosen] = number
        return len(names), found

    def is_lawful(self, values: NDArray[np.float64]) -> bool:
        """Whether values of columns, whole ones, keep the demand."""
        demand = self.demand
        chosen = self.incidence @ values > HALF
        count, piece = self.pieces(chosen)
        weight = np.bincount(piece[chosen], (self.weight @ values)[chosen], minlength=count)
        enough = weight >= demand.least * (1 - ROUND_OFF)
        if demand.kind == "areas":
            return bool(enough.sum() >= demand.count)
        return bool(count <= demand.most and enough.all())

    def patches(self) -> Patches:
        """Return the least weight of a piece as a demand on patches; a node weighs what its heaviest column does."""
        heaviest = np.zeros(self.demand.n_nodes)
        heaviest[self.node] = self.weight.max(axis=1).toarray().ravel()
        demand = self.demand
        open_ = self.incidence.tocoo()
        return Patches(
            rule=demand.rule,
            label=demand.label,
            index=open_.coords[1].astype(np.int64),
            node=self.node[open_.coords[0]].astype(np.int32),
            anchor=np.zeros(demand.n_nodes, dtype=bool),
            area_ha=heaviest,
            left=demand.left,
            right=demand.right,
            least_ha=demand.least,
            attach=False,
        )


def graph_of(demand: Connected, upper: NDArray[np.float64]) -> Graph:
    """Return the graph of a demand; columns whose upper bound is 0 choose nothing."""
    open_ = upper[demand.index] > HALF
    index, place = demand.index[open_], demand.node[open_]
    node, here = np.unique(place, return_inverse=True)
    shape = (len(node), len(upper))
    number = np.full(demand.n_nodes, -1, dtype=np.int64)
    number[node] = np.arange(len(node))
    left, right = number[demand.left], number[demand.right]
    real = (left >= 0) & (right >= 0) & (left != right)
    ends = np.concatenate([left[real], right[real]]), np.concatenate([right[real], left[real]])
    links = sp.csr_array((np.ones(len(ends[0])), ends), shape=(len(node), len(node)))
    links.sum_duplicates()
    links.sort_indices()
    return Graph(
        demand=demand,
        node=node.astype(np.int64),
        incidence=sp.csr_array((np.ones(len(index)), (here.ravel(), index)), shape=shape),
        weight=sp.csr_array((demand.weight[open_], (here.ravel(), index)), shape=shape),
        start=links.indptr.astype(np.int64),
        beside=links.indices.astype(np.int64),
    )
