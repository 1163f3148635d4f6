r"""A bound from ways that share what each cell costs: one way from the first core area to each other, of each network.

With :math:`\lambda^t_u \ge 0` the share of way t in cell u, :math:`T_u` the nodes that a way of fewest nodes touches
once (see `window`), and :math:`P_t` over all ways,

.. math:: z \ge \sum_t \min_{P_t} \sum_{u: P_t \cap T_u \ne \emptyset} \lambda^t_u,\qquad \sum_t \lambda^t_u = c_u

since what a plan buys serves all its ways. Shares follow subgradients, averaged as by Barahona and Anbil (2000), The
volume algorithm. For two core areas there is one way, and the bound needs no shares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from optimizer.methods.corridors import window
from optimizer.methods.corridors.model import HELD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.methods.corridors.model import Layer, Model

PATIENCE = 12
"""Steps without a better bound after which steps become half as long."""

LEAST_STEP = 5e-3
"""Length of a step at which shares are left as they are."""

NEW = 0.2
"""Part of the newest ways in the average."""


@dataclass(frozen=True)
class Charged:
    """A layer's graph as ways see it: its discs, and the part of them that bounds count, each by node.

    `whole` and `once` are pairs of starts and cells.
    """

    layer: Layer
    whole: tuple[NDArray[np.int64], NDArray[np.int64]]
    once: tuple[NDArray[np.int64], NDArray[np.int64]]

    def least(
        self, pay: NDArray[np.float64], source: NDArray[np.bool_], goal: NDArray[np.bool_], *, whole: bool
    ) -> Ways:
        """Return least ways from sources to the nearest goal, or everywhere without one; they pay `pay` of cells."""
        graph = self.layer.contracted.graph
        value = np.empty(len(graph.beside))
        before = np.empty(len(graph.beside), dtype=np.int64)
        cells = self.whole if whole else self.once
        last = window.least_wide(graph.start, graph.beside, *cells, pay, source, goal, value, before)
        return Ways(self.layer, value, before, int(last))

    def only(self, node: int) -> NDArray[np.bool_]:
        """Return a mask of one node."""
        mask = np.zeros(len(self.layer.contracted.graph), dtype=bool)
        mask[node] = True
        return mask


@dataclass(frozen=True)
class Ways:
    """Values of steps and the steps before them, (entries,); `last` leads to the nearest goal, -1 without one."""

    layer: Layer
    value: NDArray[np.float64]
    before: NDArray[np.int64]
    last: int

    def nodes(self) -> NDArray[np.int64]:
        """Return the nodes of the way to the goal, its source left out."""
        graph, entry, found = self.layer.contracted.graph, self.last, []
        while entry >= 0:
            found.append(int(graph.beside[entry]))
            entry = int(self.before[entry])
        return np.array(found[::-1], dtype=np.int64)


def charged(layer: Layer) -> Charged:
    """Return a layer with what its ways pay for."""
    discs = sp.csr_array(layer.discs)
    graph, cells = layer.contracted.graph, discs.shape[1]
    by_cell = sp.csc_array(discs)
    centre = np.full(cells, -1, dtype=np.int64)
    bought = layer.centre != HELD
    centre[layer.centre[bought]] = np.flatnonzero(bought)
    first, cell = discs.indptr.astype(np.int64), discs.indices.astype(np.int64)
    around, node = by_cell.indptr.astype(np.int64), by_cell.indices.astype(np.int64)
    kept = window.touched_once(graph.start, graph.beside, first, cell, layer.cores, around, node, centre)
    owner = np.repeat(np.arange(cells), np.diff(around))
    once = sp.csr_array((np.ones(int(kept.sum())), (node[kept], owner[kept])), shape=discs.shape)
    return Charged(layer, (first, cell), (once.indptr.astype(np.int64), once.indices.astype(np.int64)))


class Shares:
    """Shares, the best bound they gave, and which nodes each layer's ways may still use.

    Attributes
    ----------
    bound
        Proven for the model's minimised cost.
    use
        How much the ways of late touched each cell, at most 1, (bought,).
    """

    def __init__(self, model: Model, layers: list[Charged]) -> None:
        self.cost = model.cost[: model.bought]
        self.ways = [(layer, core) for layer in layers for core in range(1, layer.layer.cores)]
        self.layers = layers
        self.share = np.tile(self.cost / max(len(self.ways), 1), (len(self.ways), 1))
        self.best = self.share.copy()
        self.bound = 0.0
        self.mean = np.zeros_like(self.share)
        self.step, self.vain, self.count = 1.0, 0, 0

    @property
    def use(self) -> NDArray[np.float64]:
        """How much the ways of late touched each cell, (bought,)."""
        return self.mean.max(axis=0, initial=0.0)

    @property
    def settled(self) -> bool:
        """Whether further steps bring little."""
        return self.step < LEAST_STEP or (len(self.ways) <= 1 and self.count > 0)

    def improve(self, objective: float) -> None:
        """Take one step; `objective` is the cost of the best plan."""
        touched = np.zeros_like(self.share)
        value = 0.0
        for number, (layer, core) in enumerate(self.ways):
            found = layer.least(self.share[number], layer.only(0), layer.only(core), whole=False)
            nodes = found.nodes()
            first, cell = layer.once
            for node in nodes.tolist():
                touched[number, cell[first[node] : first[node + 1]]] = 1.0
            value += float(found.value[found.last])
        if value > self.bound:
            gain = value - self.bound
            self.bound, self.best = value, self.share.copy()
            self.vain = 0 if gain > 1e-4 * abs(value) else self.vain + 1
        else:
            self.vain += 1
        if self.vain >= PATIENCE:
            self.step, self.vain = self.step / 2, 0
            self.share = self.best.copy()
        self.mean = touched if self.count == 0 else NEW * touched + (1 - NEW) * self.mean
        self.count += 1
        slope = self.mean - self.mean.mean(axis=0)
        length = float((slope**2).sum())
        if length > 0:
            pace = self.step * max(objective - value, 1e-6 * objective) / length
            self.share = on_simplex(self.share + pace * slope, self.cost)

    def open_nodes(self, room: float) -> list[NDArray[np.bool_]]:
        """Return which nodes of each layer a plan may use that costs no more than the bound and the room.

        A node through which every way of the layer pays more than the room beyond its least is closed.
        """
        found = []
        for charge in self.layers:
            open_ = np.zeros(len(charge.layer.contracted.graph), dtype=bool)
            for number, (layer, core) in enumerate(self.ways):
                if layer is charge:
                    more, least = _through(layer, core, self.best[number])
                    open_ |= more - least <= room
            open_[: charge.layer.cores] = True
            found.append(open_)
        return found


def _through(charge: Charged, core: int, pay: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return what the least way to a core area pays through each node, (nodes,), and what the least of all pays."""
    layer = charge.layer
    graph, opposite = layer.contracted.graph, layer.separation.opposite
    nowhere = np.zeros(len(graph), dtype=bool)
    there = charge.least(pay, charge.only(0), nowhere, whole=False).value
    back = charge.least(pay, charge.only(core), nowhere, whole=False).value
    left, right = graph.ends()
    first, cell = charge.once
    once = sp.csr_array((np.ones(len(cell)), cell, first), shape=(len(graph), len(pay)))
    own = np.asarray(once @ pay, dtype=float)
    common = sp.csr_array(once[left]).multiply(sp.csr_array(once[right]))
    both = own[left] + own[right] - np.asarray(common @ pay, dtype=float)
    step = there + back[opposite] - both
    found = np.full(len(graph), np.inf)
    np.minimum.at(found, left, step)
    np.minimum.at(found, right, step)
    return found, float(found[core])


def on_simplex(values: NDArray[np.float64], total: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the nearest shares of at least 0 that sum up to the total in each column, (ways, cells).

    Source: Held, Wolfe and Crowder (1974), Validation of subgradient optimization.
    """
    down = -np.sort(-values, axis=0)
    excess = np.cumsum(down, axis=0) - total
    rank = np.arange(1, len(values) + 1)[:, None]
    last = (down - excess / rank > 0).sum(axis=0) - 1
    level = np.take_along_axis(excess, last[None].clip(0), axis=0)[0] / (last.clip(0) + 1)
    return np.maximum(values - level, 0.0)
