r"""Minimum cuts where several sets have borders: two sets at a time are one cut, and others are priced by their flows.

A node in two layers is two sites. What its cheapest options cost, E(s, t), couples both by an edge: where options put
the node into one set or the other, never both, the second set is turned round (out counts as in), and then

.. math:: E(s, t) = c + a s + b t + w\, [s \ne t], \qquad w \ge 0

is what a minimum cut takes. So two sets that exclude each other, or of which one holds the other, are priced exactly.
With more sets the pairs take turns, each raising the bound with the flows of the other sets held, and subgradient
steps on all flows follow. Whatever the flows are, `certify` proves a bound of them: flows are all the multipliers
that the split of a node into sites needs.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from optimizer.methods.boundary.cut import Cut, Cutter, capacities, certify, usable
from optimizer.methods.boundary.network import Network
from optimizer.methods.boundary.problem import arcs_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.methods.boundary.problem import BoundaryProblem

TURNS = 2
"""Turns of all pairs for one set of multipliers."""

STEPS, PATIENCE = 100, 15
"""Most subgradient steps for one set of multipliers, and those that may go by without a rise."""

RISE = 1e-5
"""Rise of the bound, relative, that counts."""

MOMENTUM = 0.7
"""Part of a step that goes on as the last one went."""

TIE = 1e-9
"""Cost, relative to the borders of a node, that is none."""


def cutter_of(problem: BoundaryProblem) -> Cutter | LayerCutter:
    """Return what cuts a problem of one or of several layers."""
    return Cutter(problem) if problem.layers == 1 else LayerCutter(problem)


class LayerCutter:
    """Minimum cuts of a problem with several layers, from one set of multipliers to the next."""

    def __init__(self, problem: BoundaryProblem):
        self._problem = problem
        self._flow = np.zeros(len(problem.left))
        self._pairs = [_Pair(problem, one, two) for one, two in _paired(problem)]

    def cut(self, multipliers: NDArray[np.float64], fixed: NDArray[np.int8] | None = None) -> Cut:
        """Return a cut; nodes cannot be held (`fixed`), since it is not said in which layer."""
        if fixed is not None:
            raise ValueError("nodes of several layers cannot be held")
        problem = self._problem
        multipliers = usable(problem, multipliers)
        limits = capacities(problem, multipliers)
        self._flow = np.clip(self._flow, -limits, limits)
        priced = np.asarray(problem.cost - problem.coefficients @ multipliers)
        for turn in range(TURNS):
            exact = True
            for pair in self._pairs:
                others = priced - problem.leaving(self._flow, but=pair.layers)
                fewest, most, tight = pair.cut(others, limits, self._flow)
                exact &= tight
            if len(self._pairs) == 1 or turn + 1 == TURNS:
                break
        if len(self._pairs) > 1 or not exact:
            self._flow, most = climbed(problem, priced, limits, self._flow)
        bound = certify(problem, multipliers, self._flow)
        return Cut(bound, fewest, most, self._flow.copy(), np.zeros(problem.nodes))


def climbed(
    problem: BoundaryProblem, priced: NDArray[np.float64], limits: NDArray[np.float64], flow: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Raise what flows prove by steps along subgradients with momentum; return the best flow and its options by node.

    A flow is right where the options that it makes cheapest agree on both ends of the edge, or it is at its limit.
    """
    best, kept, chosen, since = -np.inf, flow, np.zeros(0, np.int32), 0
    heading = np.zeros(len(flow))
    for step in range(1, STEPS + 1):
        paid = priced - problem.leaving(flow)
        options = cheapest(problem, paid)
        value = float(paid[options].sum())
        since = 0 if value > best + RISE * abs(value) else since + 1
        if value > best:
            best, kept, chosen = value, flow, options
        if since > PATIENCE:
            break
        sides = problem.sides(options).astype(float)
        heading = MOMENTUM * heading + (1.0 - MOMENTUM) * (sides[problem.right] - sides[problem.left])
        flow = np.clip(flow + limits / np.sqrt(step) * heading, -limits, limits)
    return kept, chosen


def cheapest(problem: BoundaryProblem, priced: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return the option of each node that costs least, (nodes,), the first of equal ones."""
    least = np.minimum.reduceat(priced, problem.start[:-1])
    at = np.flatnonzero(priced <= least[problem.node])
    return at[np.searchsorted(problem.node[at], np.arange(problem.nodes))].astype(np.int32)


class _Pair:
    """Two layers and the edges that couple their sites."""

    def __init__(self, problem: BoundaryProblem, one: int, two: int):
        self._problem, self.layers = problem, (one, two)
        nodes, member = problem.nodes, problem.member
        self._layer = [np.flatnonzero(problem.left // nodes == layer) for layer in self.layers]
        code = 2 * member[:, one].astype(np.int64) + member[:, two]
        key = problem.node.astype(np.int64) * 4 + code
        self._order = np.argsort(key, kind="stable")
        self._key, self._first = np.unique(key[self._order], return_index=True)
        held = np.bincount(self._key, minlength=4 * nodes).reshape(nodes, 4) > 0
        self._coupled = np.flatnonzero(
            (held[:, 2:].any(1) & held[:, :2].any(1)) & (held[:, 1::2].any(1) & held[:, ::2].any(1))
        )
        known = held[self._coupled]
        self._turned = bool((~known[:, [0, 3]]).sum() >= (~known[:, [1, 2]]).sum())
        ends = [side[edges] % nodes for edges in self._layer for side in (problem.left, problem.right)]
        left = np.concatenate([ends[0], nodes + ends[2], self._coupled]).astype(np.int32)
        right = np.concatenate([ends[1], nodes + ends[3], nodes + self._coupled]).astype(np.int32)
        self._network = Network(arcs_of(2 * nodes, left, right), left, right)
        self._between = np.zeros(len(self._coupled))

    def cut(
        self, priced: NDArray[np.float64], limits: NDArray[np.float64], flow: NDArray[np.float64]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], bool]:
        """Cut at prices of options and write the new flow of both layers.

        Returns two choices, options by node, and whether the cut says all: some prices have no edge between sites.
        """
        (first, second), sign = self._layer, -1.0 if self._turned else 1.0
        around = self._problem.around(limits).reshape(self._problem.layers, -1)
        sizes = tuple(around[layer] for layer in self.layers)
        table = self._table(priced, sizes)
        bend = table[:, 0] + table[:, 3] - table[:, 1] - table[:, 2]
        one = (table[:, 2] - table[:, 0] + table[:, 3] - table[:, 1]) / 2
        two = (table[:, 1] - table[:, 0] + table[:, 3] - table[:, 2]) / 2
        between = np.maximum(-sign * bend[self._coupled], 0.0) / 2
        network = self._network
        network.hold(
            np.concatenate([limits[first], limits[second], between]),
            np.concatenate([flow[first], sign * flow[second], self._between]),
        )
        ins = np.concatenate([one, sign * two])
        sides = network.cut(np.zeros(len(ins)), ins)
        found = network.flow
        flow[first], flow[second] = found[: len(first)], sign * found[len(first) : len(first) + len(second)]
        self._between = found[len(first) + len(second) :]
        fewest, most = (self._chosen(priced, sizes, side) for side in sides)
        loose = sign * bend[self._coupled] > TIE * (sizes[0] + sizes[1])[self._coupled]
        return fewest, most, not loose.any()

    def _table(self, priced: NDArray[np.float64], sizes: tuple[NDArray[np.float64], ...]) -> NDArray[np.float64]:
        """Return what each node costs out of both sets, in the second, in the first and in both, (nodes, 4).

        A set is left or joined at no more than all borders of the site: that also stands for what no option does.
        """
        table = np.full((self._problem.nodes, 4), np.inf)
        table.ravel()[self._key] = np.minimum.reduceat(priced[self._order], self._first)
        for size, flip in ((sizes[0], [2, 3, 0, 1]), (sizes[1], [1, 0, 3, 2])):
            table = np.minimum(table, table[:, flip] + size[:, None])
        return table

    def _chosen(
        self, priced: NDArray[np.float64], sizes: tuple[NDArray[np.float64], ...], sides: NDArray[np.bool_]
    ) -> NDArray[np.int32]:
        """Return the cheapest option of each node, (nodes,), leaving its sides at the price of their borders."""
        problem, nodes = self._problem, self._problem.nodes
        for layer, size, side in zip(self.layers, sizes, (sides[:nodes], sides[nodes:] ^ self._turned), strict=True):
            priced = priced + np.where(problem.member[:, layer] != side[problem.node], size[problem.node], 0.0)
        return cheapest(problem, priced)


def _paired(problem: BoundaryProblem) -> list[tuple[int, int]]:
    """Return the pairs of layers that some node ties, and for each other layer one pair it is in."""
    count, member = problem.layers, problem.member
    start = problem.start[:-1]
    moving = [np.logical_or.reduceat(m, start) & ~np.logical_and.reduceat(m, start) for m in member.T]
    pairs = [(one, two) for one, two in combinations(range(count), 2) if (moving[one] & moving[two]).any()]
    for layer in range(count):
        if not any(layer in pair for pair in pairs):
            pairs.append((layer, layer + 1) if layer + 1 < count else (layer - 1, layer))
    return pairs
