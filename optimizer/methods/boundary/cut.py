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
from optimizer.methods.boundary.network import Network

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.methods.boundary.problem import BoundaryProblem


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
        problem.member.ravel(),
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


def certify(problem: BoundaryProblem, multipliers: NDArray[np.float64], flow: NDArray[np.float64]) -> float:
    """Return the bound that multipliers (rows,) and edge flows (edges,) prove.

    Any numbers prove a bound: multipliers on absent limits count as zero, flows beyond a capacity are cut to it.
    Flow runs from an edge's left to its right node, negative against it.
    """
    multipliers = usable(problem, multipliers)
    if problem.layers > 1:
        return _settle_layers(problem, multipliers, flow)
    return _settle(problem, multipliers, flow, price(problem, multipliers))[0]


def _settle(
    problem: BoundaryProblem, multipliers: NDArray[np.float64], flow: NDArray[np.float64], priced: Priced
) -> tuple[float, NDArray[np.float64]]:
    """Return the bound, and each node's reduced cost of being in its set, (nodes,)."""
    most = capacities(problem, multipliers)
    flow = np.clip(flow, -most, most)
    leaving = np.bincount(problem.left, flow, problem.nodes) - np.bincount(problem.right, flow, problem.nodes)
    paid = priced.ins - leaving
    total = float(np.minimum(paid, priced.outs).sum())
    return total + worth_of_limits(problem, multipliers), paid - priced.outs


def _settle_layers(problem: BoundaryProblem, multipliers: NDArray[np.float64], flow: NDArray[np.float64]) -> float:
    most = capacities(problem, multipliers)
    paid = problem.cost - problem.coefficients @ multipliers - problem.leaving(np.clip(flow, -most, most))
    return float(np.minimum.reduceat(paid, problem.start[:-1]).sum()) + worth_of_limits(problem, multipliers)


class Cutter:
    """Minimum cuts at one set of multipliers after the other; each starts from the flow of the last."""

    def __init__(self, problem: BoundaryProblem):
        self._problem = problem
        self._network = Network(problem.arcs, problem.left, problem.right)
        self._network.hold(problem.capacity, np.zeros(len(problem.left)))

    @property
    def flow(self) -> NDArray[np.float64]:
        """The flow that the last cut left on the edges, (edges,)."""
        return self._network.flow

    def start_from(self, flow: NDArray[np.float64]) -> None:
        """Let the next cut start from some flow."""
        self._network.hold(self._network.limits, flow)

    def cut(self, multipliers: NDArray[np.float64], fixed: NDArray[np.int8] | None = None) -> Cut:
        """Return a minimum cut; `fixed` holds nodes out (0) or in (1), -1 leaves them free."""
        problem, network = self._problem, self._network
        multipliers = usable(problem, multipliers)
        limits = capacities(problem, multipliers)
        if limits is not network.limits:
            network.hold(limits, network.flow)
        priced = price(problem, multipliers).held(fixed)
        fewest, most = network.cut(priced.outs, priced.ins)
        flow = network.flow
        bound, reduced = _settle(problem, multipliers, flow, priced)
        return Cut(bound, _chosen(fewest, priced), _chosen(most, priced), flow, reduced)


def _chosen(sides: NDArray[np.bool_], priced: Priced) -> NDArray[np.int32]:
    return np.where(sides, priced.best_in, priced.best_out)
