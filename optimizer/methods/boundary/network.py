"""A graph that keeps its flow from cut to cut, in whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.methods.boundary import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.methods.boundary.problem import Arcs

REACH = 2**29
"""Largest sum of a node's arc capacities in whole numbers; residuals and surpluses then fit 32 bits."""


class Network:
    """Nodes and edges, capacities and the flow on them."""

    def __init__(self, arcs: Arcs, left: NDArray[np.int32], right: NDArray[np.int32]):
        self._arcs, self._left, self._right = arcs, left, right
        count = len(arcs.start) - 1
        self._count = count
        self._surplus = np.empty(count, np.int32)
        self._tree = np.empty(count, np.int8)
        self._parent, self._stamp, self._depth, self._queue = (np.empty(count, np.int32) for _ in range(4))
        self._waiting = np.empty(count, np.bool_)
        self._orphans = np.empty(count, np.int32)
        self._residual = np.zeros(2 * len(left), np.int32)
        self._scale = 1.0
        self._reach = np.ones(count, np.int64)
        self.limits = np.zeros(len(left))

    def hold(self, limits: NDArray[np.float64], flow: NDArray[np.float64]) -> None:
        """Set capacities and flow; capacities are rounded down, so that whole flows stay allowed."""
        largest = float(self._around(limits).max(initial=0.0))
        self._scale = REACH / largest if largest > 0 else float(REACH)
        whole = np.floor(limits * self._scale)
        flows = np.clip(np.trunc(flow * self._scale), -whole, whole)
        self._residual[self._arcs.forward] = whole - flows
        self._residual[self._arcs.backward] = whole + flows
        self._reach = 1 + self._around(whole).astype(np.int64)
        self.limits = limits

    def _around(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum over the edges of each node, (nodes,)."""
        total = np.bincount(self._left, values, self._count) + np.bincount(self._right, values, self._count)
        return total.astype(float)

    @property
    def flow(self) -> NDArray[np.float64]:
        """The flow on the edges, (edges,), from left to right."""
        arcs = self._arcs
        return (self._residual[arcs.backward].astype(float) - self._residual[arcs.forward]) / (2.0 * self._scale)

    def cut(self, outs: NDArray[np.float64], ins: NDArray[np.float64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which nodes are in, as few and as many as a minimum cut has, (nodes,), for what either side costs."""
        arcs = self._arcs
        kernels.spread(arcs.start, arcs.sister, self._residual, outs, ins, self._scale, self._reach, self._surplus)
        kernels.min_cut(
            arcs.start,
            arcs.head,
            arcs.sister,
            self._residual,
            self._surplus,
            self._tree,
            self._parent,
            self._stamp,
            self._depth,
            self._queue,
            self._waiting,
            self._orphans,
        )
        return self._tree == kernels.SINK, self._tree != kernels.SOURCE
