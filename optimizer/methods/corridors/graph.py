"""Graphs of planning units or raster cells that corridors run over, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class CorridorError(ValueError):
    """A corridor problem is stated wrongly: a core, cost, utility or link that cannot be used."""


class DisconnectedCoresError(CorridorError):
    """Core areas that nodes for sale cannot connect.

    Attributes
    ----------
    components
        Core areas (numbers from 0) that hang together, one tuple for each separate component.
    network
        Name of the network, empty where there is one.
    """

    def __init__(self, components: tuple[tuple[int, ...], ...], network: str = "") -> None:
        self.components, self.network = components, network
        sets = "; ".join("{" + ", ".join(str(core) for core in component) + "}" for component in components)
        where = f" of network {network}" if network else ""
        super().__init__(
            f"the core areas{where} lie in separate components: {sets}; "
            "no nodes for sale lead from one to another (allow nodes between them, or ask for fewer cores)"
        )


class BudgetTooSmallError(CorridorError):
    """A budget below what connecting the core areas costs at least (`needed`)."""

    def __init__(self, budget: float, needed: float) -> None:
        self.budget, self.needed = budget, needed
        super().__init__(f"the budget {budget:g} is below {needed:g}, the least that connects the core areas")


@dataclass(frozen=True)
class NodeGraph:
    """An undirected graph whose nodes are bought.

    Attributes
    ----------
    start, beside
        Neighbours of node v are `beside[start[v]:start[v + 1]]`, in order.
    cost
        Of a node, at least 0; infinite where it is not for sale, (nodes,).
    """

    start: NDArray[np.int64]
    beside: NDArray[np.int64]
    cost: NDArray[np.float64]

    def __post_init__(self) -> None:
        if np.isnan(self.cost).any() or (self.cost < 0).any():
            bad = int(np.flatnonzero(~(self.cost >= 0))[0])
            raise CorridorError(
                f"node {bad} has cost {self.cost[bad]}; a cost is at least 0, or inf where not for sale"
            )

    def __len__(self) -> int:
        return len(self.cost)

    @property
    def for_sale(self) -> NDArray[np.bool_]:
        """Whether a node may be bought, (nodes,)."""
        return np.isfinite(self.cost)

    def ends(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return both ends of every link, each link in both directions."""
        return np.repeat(np.arange(len(self)), np.diff(self.start)), self.beside

    def components(self, chosen: NDArray[np.bool_]) -> NDArray[np.int32]:
        """Return the connected component of each node among the chosen; others are components alone, (nodes,)."""
        left, right = self.ends()
        both = chosen[left] & chosen[right]
        graph = sp.csr_array((np.ones(int(both.sum())), (left[both], right[both])), shape=(len(self), len(self)))
        return connected_components(graph, directed=False)[1]


def node_graph(cost: NDArray[np.float64], left: NDArray[np.int64], right: NDArray[np.int64]) -> NodeGraph:
    """Return the graph of costs (nodes,) and links `left[e]` - `right[e]`; links given twice count once.

    Raises
    ------
    CorridorError
        Where a link refers to an unknown node, or a cost is negative or not a number.
    """
    cost = np.asarray(cost, dtype=float)
    one, two = np.asarray(left, dtype=np.int64), np.asarray(right, dtype=np.int64)
    bad = (one < 0) | (two < 0) | (one >= len(cost)) | (two >= len(cost))
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        raise CorridorError(f"link {at} joins nodes {one[at]} and {two[at]}, of which one is unknown")
    apart = one != two
    one, two = one[apart], two[apart]
    ends = np.concatenate([one, two]), np.concatenate([two, one])
    matrix = sp.csr_array((np.ones(2 * len(one)), ends), shape=(len(cost), len(cost)))
    matrix.sum_duplicates()
    return NodeGraph(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), cost)


@dataclass(frozen=True)
class Contracted:
    """The nodes a network may use, each core area made one node.

    Attributes
    ----------
    graph
        Nodes 0 .. cores - 1 are the core areas, of cost 0; the others are nodes for sale.
    cores
        Number of core areas after those that share nodes became one.
    node
        Node of the whole graph that each other node is, (nodes - cores,).
    """

    graph: NodeGraph
    cores: int
    node: NDArray[np.int64]

    def spread(self, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the nodes of the whole graph that chosen nodes are, core areas left out."""
        return self.node[chosen[chosen >= self.cores] - self.cores]


def contract(
    graph: NodeGraph, cores: Sequence[NDArray[np.int64]], allowed: NDArray[np.bool_], network: str = ""
) -> Contracted:
    """Return what a network may use with its core areas contracted; nodes no core reaches are left out.

    Raises
    ------
    CorridorError
        Where there is no core, or one is empty or holds unknown nodes.
    DisconnectedCoresError
        Where the allowed nodes do not connect the core areas.
    """
    group = _groups(len(graph), cores)
    label = np.full(len(graph), -1, dtype=np.int64)
    for number, core in enumerate(cores):
        label[core] = group[number]
    count = int(max(group)) + 1
    usable = allowed & graph.for_sale & (label < 0)
    label[usable] = count + np.arange(int(usable.sum()))
    whole = _relabelled(graph, label, count, np.flatnonzero(usable))
    part = whole.graph.components(np.ones(len(whole.graph), dtype=bool))
    reached = part[:count]
    if (reached != reached[0]).any():
        of_core = [int(reached[g]) for g in group]
        sets = tuple(tuple(c for c, p in enumerate(of_core) if p == q) for q in dict.fromkeys(of_core))
        raise DisconnectedCoresError(sets, network)
    keep = part == reached[0]
    label = np.where(keep, np.cumsum(keep) - 1, -1)
    return _relabelled(whole.graph, label, count, whole.node[keep[count:]])


def _groups(nodes: int, cores: Sequence[NDArray[np.int64]]) -> list[int]:
    """Return the number of each core area; areas that share a node have the same."""
    if not cores:
        raise CorridorError("there is no core area")
    owner = np.full(nodes, -1, dtype=np.int64)
    group = list(range(len(cores)))
    for number, core in enumerate(cores):
        if len(core) == 0:
            raise CorridorError(f"core area {number} has no nodes")
        unknown = (np.asarray(core) < 0) | (np.asarray(core) >= nodes)
        if unknown.any():
            raise CorridorError(f"core area {number} holds node {np.asarray(core)[unknown][0]}, which does not exist")
        for met in {group[other] for other in owner[core].tolist() if other >= 0}:
            group = [group[number] if g == met else g for g in group]
        owner[core] = number
    names = {g: k for k, g in enumerate(dict.fromkeys(group))}
    return [names[g] for g in group]


def _relabelled(graph: NodeGraph, label: NDArray[np.int64], count: int, node: NDArray[np.int64]) -> Contracted:
    """Return the graph of labels (-1: left out), of which the first `count` are core areas."""
    size = int(label.max()) + 1
    cost = np.zeros(size)
    other = label >= count
    cost[label[other]] = graph.cost[other]
    left, right = graph.ends()
    one, two = label[left], label[right]
    kept = (one >= 0) & (two >= 0) & (one < two)
    return Contracted(node_graph(cost, one[kept], two[kept]), count, node)
