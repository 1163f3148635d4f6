"""From networks over a graph to a model: columns of bought nodes, lines, and the rows between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from optimizer.methods.corridors.graph import CorridorError, contract
from optimizer.methods.corridors.model import HELD, Layer, Model, Row
from optimizer.methods.corridors.separate import Separation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optimizer.methods.corridors.graph import Contracted, NodeGraph


@dataclass(frozen=True)
class Network:
    """Core areas that must be connected with each other, and the nodes that may do it.

    Attributes
    ----------
    name
        For messages, e.g. blue or green.
    cores
        Node numbers of each core area; they are held, need no width, and cost what they cost if that is finite.
    allowed
        Whether the network may use a node, (nodes,); None where it may use all.
    discs
        Nodes that must be bought for a line through a node, (nodes, nodes); None for a corridor one node wide.
    """

    name: str
    cores: Sequence[NDArray[np.int64]]
    allowed: NDArray[np.bool_] | None = None
    discs: sp.csr_array | None = None

    def contracted(self, graph: NodeGraph) -> Contracted:
        """Return the graph of nodes through which a line may run, with contracted core areas.

        Raises
        ------
        CorridorError
            Where a core area, `allowed` or `discs` does not fit the graph.
        DisconnectedCoresError
            Where the core areas cannot be connected.
        """
        count = len(graph)
        if self.allowed is not None and self.allowed.shape != (count,):
            raise CorridorError(f"network {self.name}: `allowed` has {len(self.allowed)} entries for {count} nodes")
        allowed = np.ones(count, dtype=bool) if self.allowed is None else self.allowed
        if self.discs is not None:
            if self.discs.shape != (count, count):
                raise CorridorError(f"network {self.name}: `discs` is {self.discs.shape} for {count} nodes")
            closed = ~graph.for_sale
            for core in self.cores:
                inside = (core >= 0) & (core < count)
                closed[core[inside]] = False
            allowed = allowed & (self.discs @ closed.astype(float) == 0)
        return contract(graph, self.cores, allowed, self.name)


def held_nodes(networks: Sequence[Network]) -> NDArray[np.int64]:
    """Return the nodes of all core areas, in order."""
    return np.unique(np.concatenate([core for network in networks for core in network.cores]))


def least_cost_model(graph: NodeGraph, networks: Sequence[Network], contracted: Sequence[Contracted]) -> Model:
    """Return the model that buys nodes for several networks at least cost."""
    cost = np.where(graph.for_sale, graph.cost, 0.0)
    cost[held_nodes(networks)] = 0.0
    layers, columns = _layers(networks, contracted, len(graph), attach=False)
    every = np.zeros(columns)
    every[: len(graph)] = cost
    rows = tuple(row for layer in layers for row in (*_links(layer), *_entered(layer)))
    return Model(
        every, every, np.inf, len(graph), _whole(layers, columns), _open(layers, len(graph), columns), layers, rows
    )


def benefit_model(
    graph: NodeGraph, network: Network, contracted: Contracted, utility: NDArray[np.float64], budget: float
) -> Model:
    """Return the model that buys one connected network of most utility; core areas are neither paid nor counted."""
    count, held = len(graph), held_nodes([network])
    (layer,), columns = _layers([network], [contracted], count, attach=True)
    price, cost = np.zeros(columns), np.zeros(columns)
    price[:count], cost[:count] = np.where(graph.for_sale, graph.cost, 0.0), -utility
    price[held], cost[held] = 0.0, 0.0
    rows = (*_links(layer), *_entered(layer), *_within(layer))
    return Model(cost, price, budget, count, _whole((layer,), columns), _open((layer,), count, columns), (layer,), rows)


def _layers(
    networks: Sequence[Network], contracted: Sequence[Contracted], bought: int, attach: bool
) -> tuple[tuple[Layer, ...], int]:
    """Return the layers and the number of columns."""
    layers, columns = [], bought
    for network, one in zip(networks, contracted, strict=True):
        none = np.full(one.cores, HELD)
        centre = np.concatenate([none, one.node])
        column = centre
        wide = network.discs is not None
        if wide:
            column = np.concatenate([none, columns + np.arange(len(one.node))])
            columns += len(one.node)
        separation = Separation(one.graph, one.cores, attach)
        links = columns + np.arange(len(one.graph.beside))
        columns += len(links)
        layers.append(Layer(one, separation, column, links, centre, _discs(network, one), wide))
    return tuple(layers), columns


def _discs(network: Network, contracted: Contracted) -> sp.csr_array:
    """Return the bought nodes that the line needs at each node, core areas of the network left out."""
    node, cores = contracted.node, contracted.cores
    own = np.zeros(0) if network.discs is None else np.ones(network.discs.shape[0])
    if network.discs is None:
        size = 1 + int(max(node.max(initial=-1), held_nodes([network]).max()))
        ends = cores + np.arange(len(node)), node
        return sp.csr_array((np.ones(len(node)), ends), shape=(cores + len(node), size))
    own[held_nodes([network])] = 0.0
    lines = sp.csr_array(network.discs[node].astype(float) * own[None, :])
    lines.eliminate_zeros()
    return sp.csr_array(sp.vstack([sp.csr_array((cores, len(own))), lines]))


def _links(layer: Layer) -> list[Row]:
    """Return rows: a line needs all nodes within its width."""
    if not layer.wide:
        return []
    one = np.array([1.0, -1.0])
    ends = layer.discs.tocoo()
    lines = layer.column[ends.coords[0]]
    return [Row(np.array([u, v]), one, 0.0) for u, v in zip(ends.coords[1], lines, strict=True)]


def _entered(layer: Layer) -> list[Row]:
    """Return rows: a line enters a node at most once, and only where it comes; a core area once."""
    graph, separation, rows = layer.contracted.graph, layer.separation, []
    for v in range(1, len(graph)):
        entering = layer.links[separation.opposite[graph.start[v] : graph.start[v + 1]]]
        if v < layer.cores:
            rows.append(Row(entering, np.full(len(entering), -1.0), -1.0))
        else:
            rows.append(Row(np.append(entering, layer.column[v]), np.append(np.full(len(entering), -1.0), 1.0), 0.0))
            for link in entering.tolist() if len(entering) > 1 else []:
                back = layer.links[separation.opposite[link - layer.links[0]]]
                onward = np.append(entering[entering != link], back)
                rows.append(Row(onward, np.append(np.ones(len(entering) - 1), -1.0), 0.0))
    return rows


def _within(layer: Layer) -> list[Row]:
    """Return rows of benefit: a node taken is entered, a node bought lies within the width of a line."""
    graph, separation, rows = layer.contracted.graph, layer.separation, []
    for v in range(layer.cores, len(graph)):
        entering = layer.links[separation.opposite[graph.start[v] : graph.start[v + 1]]]
        rows.append(Row(np.append(entering, layer.column[v]), np.append(np.ones(len(entering)), -1.0), 0.0))
    if layer.wide:
        by_node = sp.csc_array(layer.discs)
        for u in np.flatnonzero(np.diff(by_node.indptr)).tolist():
            lines = layer.column[by_node.indices[by_node.indptr[u] : by_node.indptr[u + 1]]]
            rows.append(Row(np.append(lines, u), np.append(np.ones(len(lines)), -1.0), 0.0))
    return rows


def _whole(layers: Sequence[Layer], columns: int) -> NDArray[np.bool_]:
    """Return whether columns are whole numbers: all but links, which follow from the nodes."""
    whole = np.ones(columns, dtype=bool)
    for layer in layers:
        whole[layer.links] = False
    return whole


def _open(layers: Sequence[Layer], bought: int, columns: int) -> NDArray[np.float64]:
    """Return upper bounds: 0 for nodes that no line of any network needs."""
    upper = np.ones(columns)
    upper[:bought] = 0.0
    for layer in layers:
        upper[np.unique(layer.discs.indices)] = 1.0
        upper[layer.links[layer.contracted.graph.beside == 0]] = 0.0
    return upper
