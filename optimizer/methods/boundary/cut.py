r"""The priced problem: a minimum cut, and the bound that its flow proves.

For row multipliers y the least cost over all choices is a minimum cut. Any flow f with |f_e| <= k_e proves

.. math:: \sum_n \min(\text{out}_n, \text{in}_n - \mathrm{div}_n f) + \sum_r (y_r^+ l_r - y_r^- h_r)

from below, so a bound is stored as y and f, and evaluated again without any maximum flow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.methods.boundary import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.methods.boundary.problem import BoundaryProblem

REACH = 2**29
"""Largest sum of a node's arc capacities in whole numbers; residuals and surpluses then fit 32 bits."""


@dataclass(frozen=True)
class Priced:
    """Each node's cheapest option on either side at given multipliers, (nodes,)."""

    outs: NDArray[np.float64]
    ins: NDArray[np.float64]
    best_out: NDArray[np.int32]
    best_in: NDArray[np.int32]

    def held(self, fixed: NDArray[np.int8] | None) -> Priced:
        """Return it with nodes held out (0) or in (1); -1 leaves a node free."""
        if fixed is None:
            return self
        outs = np.where(fixed == 1, np.inf, self.outs)
        return Priced(outs, np.where(fixed == 0, np.inf, self.ins), self.best_out, self.best_in)


@dataclass(frozen=True)
class Cut:
    """A minimum cut at multipliers: the bound that is certain, two best choices and what proves it.

    `fewest` and `most` are best choices with as few and as many nodes in the set as possible, options by node;
    `reduced` is what it costs beyond the bound to have a node in rather than out, (nodes,).
    """

    bound: float
    fewest: NDArray[np.int32]
    most: NDArray[np.int32]
    flow: NDArray[np.float64]
    reduced: NDArray[np.float64]


def usable(problem: BoundaryProblem, multipliers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return multipliers with those on absent limits set to zero."""
    absent = np.where(multipliers > 0, problem.row_lower, problem.row_upper)
    return np.where(np.isfinite(absent), multipliers, 0.0)


def worth_of_limits(problem: BoundaryProblem, multipliers: NDArray[np.float64]) -> float:
    """Return what usable multipliers pay for the limits of the rows."""
    limits = np.where(multipliers > 0, problem.row_lower, np.where(multipliers < 0, problem.row_upper, 0.0))
    return float(multipliers @ limits)


def capacities(problem: BoundaryProblem, multipliers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cost of each border at multipliers, (edges,)."""
    if problem.border_coefficients is None:
        return problem.capacity
    return np.asarray(problem.capacity - problem.border_coefficients @ multipliers)


def price(problem: BoundaryProblem, multipliers: NDArray[np.float64]) -> Priced:
    """Return each node's cheapest option on either side at multipliers."""
    count = problem.nodes
    priced = Priced(np.empty(count), np.empty(count), np.empty(count, np.int32), np.empty(count, np.int32))
    table = problem.coefficients
    kernels.price(
        problem.start,
        problem.inside,
        problem.cost,
        table.indptr,
        table.indices,
        table.data,
        multipliers,
        priced.outs,
        priced.ins,
        priced.best_out,
        priced.best_in,
    )
    return priced


def certify(
    problem: BoundaryProblem,
    multipliers: NDArray[np.float64],
    flow: NDArray[np.float64],
    fixed: NDArray[np.int8] | None = None,
) -> tuple[float, NDArray[np.float64]]:
    """Return the bound that multipliers and edge flows prove, and each node's reduced cost of being in.

    Any numbers prove a bound: multipliers on absent limits count as zero, flows beyond a capacity are cut to it.
    Flow runs from an edge's left to its right node, negative against it.
    """
    multipliers = usable(problem, multipliers)
    return _settle(problem, multipliers, flow, price(problem, multipliers).held(fixed))


def _settle(
    problem: BoundaryProblem, multipliers: NDArray[np.float64], flow: NDArray[np.float64], priced: Priced
) -> tuple[float, NDArray[np.float64]]:
    most = capacities(problem, multipliers)
    flow = np.clip(flow, -most, most)
    leaving = np.bincount(problem.left, flow, problem.nodes) - np.bincount(problem.right, flow, problem.nodes)
    paid = priced.ins - leaving
    total = float(np.minimum(paid, priced.outs).sum())
    return total + worth_of_limits(problem, multipliers), paid - priced.outs


class Cutter:
    """Minimum cuts at one set of multipliers after the other; each starts from the flow of the last."""

    def __init__(self, problem: BoundaryProblem):
        self._problem = problem
        count = problem.nodes
        self._surplus = np.empty(count, np.int32)
        self._tree = np.empty(count, np.int8)
        self._parent, self._stamp, self._depth, self._queue = (np.empty(count, np.int32) for _ in range(4))
        self._waiting = np.empty(count, np.bool_)
        self._orphans = np.empty(count, np.int32)
        self._residual = np.zeros(2 * len(problem.left), np.int32)
        self._scale = 1.0
        self._reach = np.ones(count, np.int64)
        self._limits = np.zeros(len(problem.left))
        self._hold(problem.capacity, np.zeros(len(problem.left)))

    def _hold(self, limits: NDArray[np.float64], flow: NDArray[np.float64]) -> None:
        """Set capacities and flow; capacities are rounded down, so that whole flows stay allowed."""
        problem, arcs = self._problem, self._problem.arcs
        sums = np.bincount(problem.left, limits, problem.nodes) + np.bincount(problem.right, limits, problem.nodes)
        largest = float(sums.max(initial=0.0))
        self._scale = REACH / largest if largest > 0 else float(REACH)
        whole = np.floor(limits * self._scale)
        flows = np.clip(np.trunc(flow * self._scale), -whole, whole)
        self._residual[arcs.forward] = whole - flows
        self._residual[arcs.backward] = whole + flows
        self._reach = 1 + (
            np.bincount(problem.left, whole, problem.nodes) + np.bincount(problem.right, whole, problem.nodes)
        ).astype(np.int64)
        self._limits = limits

    @property
    def flow(self) -> NDArray[np.float64]:
        """The flow that the last cut left on the edges, (edges,)."""
        arcs = self._problem.arcs
        return (self._residual[arcs.backward].astype(float) - self._residual[arcs.forward]) / (2.0 * self._scale)

    def start_from(self, flow: NDArray[np.float64]) -> None:
        """Let the next cut start from some flow."""
        self._hold(self._limits, flow)

    def cut(self, multipliers: NDArray[np.float64], fixed: NDArray[np.int8] | None = None) -> Cut:
        """Return a minimum cut; `fixed` holds nodes out (0) or in (1), -1 leaves them free."""
        problem, arcs = self._problem, self._problem.arcs
        multipliers = usable(problem, multipliers)
        limits = capacities(problem, multipliers)
        if limits is not self._limits:
            self._hold(limits, self.flow)
        priced = price(problem, multipliers).held(fixed)
        kernels.spread(
            arcs.start, arcs.sister, self._residual, priced.outs, priced.ins, self._scale, self._reach, self._surplus
        )
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
        flow = self.flow
        bound, reduced = _settle(problem, multipliers, flow, priced)
        fewest = _chosen(self._tree == kernels.SINK, priced)
        return Cut(bound, fewest, _chosen(self._tree != kernels.SOURCE, priced), flow, reduced)


def _chosen(sides: NDArray[np.bool_], priced: Priced) -> NDArray[np.int32]:
    return np.where(sides, priced.best_in, priced.best_out)
