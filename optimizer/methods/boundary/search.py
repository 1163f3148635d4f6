"""Plans near a choice: breaches repaired where that costs least, then whatever can be saved is saved.

Annealing looks farther: options of random nodes change while breaches are allowed at a price.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.methods.boundary import anneal_kernels, search_kernels
from optimizer.methods.boundary.dual import typical_prices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.methods.boundary.problem import BoundaryProblem

PART = 2500
"""One in this many options is changed before all are rated anew."""

SLACKER = 1.2
"""Ratings may worsen by this factor while a list of changes is followed."""

LEAST_WEIGHT = 0.02
"""Weight of a row that has no multiplier, as part of a typical price."""

MOST_ROUNDS = 3000

HOT, COLD = 2.0, 0.1
"""First and last temperature of annealing in typical borders; from about 1.1 of them sets of a grid fall apart."""

COSTLY = 0.1
"""A typical border counts as this part of a typical cost at least, so that nodes change where borders are cheap."""


class Search:
    """Repairs and improves choices of one problem."""

    def __init__(self, problem: BoundaryProblem):
        self._problem, arcs = problem, problem.arcs
        table, borders = problem.coefficients, problem.border_coefficients
        rows = len(problem.row_lower)
        self._options = (problem.member, problem.cost, table.indptr, table.indices, table.data)
        whole = np.bincount(problem.left, problem.capacity, problem.sites)
        whole += np.bincount(problem.right, problem.capacity, problem.sites)
        empty = (np.zeros(1, np.int32), np.zeros(0, np.int32), np.zeros(0))
        border = empty if borders is None else (borders.indptr, borders.indices, borders.data)
        self._graph = (arcs.start, arcs.head, arcs.edge, whole, problem.capacity, *border)
        self._change = np.zeros(rows)
        # A row whose change passes through zero is listed again.
        widest = int(np.diff(table.indptr).max(initial=0))
        degree = int(np.diff(arcs.start).max(initial=0))
        per_edge = 0 if borders is None else int(np.diff(borders.indptr).max(initial=0))
        self._touched = np.zeros(2 * widest + problem.layers * degree * per_edge + 1, np.int32)
        self._found = np.empty(len(problem.node))
        self._typical = typical_prices(problem)
        self._movable = np.flatnonzero(np.diff(problem.start) > 1).astype(np.int32)
        self._heat = _typical_border(problem)

    def plan(
        self, options: NDArray[np.int32], multipliers: NDArray[np.float64]
    ) -> tuple[NDArray[np.int32], float] | None:
        """Return a plan near a choice and its objective; None where repair found none."""
        problem = self._problem
        taken, near, held = self._opened(options)
        weight = self._weight(multipliers)
        for repair in (True, False):
            slack = problem.tolerance()
            for _ in range(MOST_ROUNDS):
                if repair and self._kept(held, slack):
                    break
                if not self._round(repair, taken, near, held, (problem.row_lower, problem.row_upper, slack, weight)):
                    break
        if not problem.is_feasible(taken):
            return None
        return taken, problem.objective(taken)

    def annealed(
        self, options: NDArray[np.int32], multipliers: NDArray[np.float64], price: float, sweeps: int, seed: int
    ) -> tuple[NDArray[np.int32], float] | None:
        """Return a plan that annealing leads to from a choice, and its objective; None where it found none.

        A breach costs `price` times its multiplier; each sweep tries as many changes as nodes have a choice.
        """
        problem = self._problem
        if not len(self._movable) or self._heat <= 0:
            return None
        taken, near, held = self._opened(options)
        best = taken.copy()
        least = anneal_kernels.anneal(
            sweeps,
            HOT * self._heat,
            COLD * self._heat,
            np.random.default_rng(seed),
            self._movable,
            problem.start,
            taken,
            near,
            held,
            self._options,
            self._graph,
            (problem.row_lower, problem.row_upper, problem.tolerance(), price * self._weight(multipliers)),
            self._change,
            self._touched,
            best,
        )
        found = [self.plan(end, multipliers) for end in ([taken, best] if np.isfinite(least) else [taken])]
        return min((plan for plan in found if plan is not None), key=lambda plan: plan[1], default=None)

    def _opened(self, options: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]:
        """Return a copy of a choice as the kernels hold it: options, capacity next to the set, activity of rows."""
        problem, taken = self._problem, options.copy()
        sides = problem.sides(taken)
        near = np.bincount(problem.left, problem.capacity * sides[problem.right], problem.sites).astype(float)
        near += np.bincount(problem.right, problem.capacity * sides[problem.left], problem.sites)
        return taken, near, problem.activity(taken)

    def _weight(self, multipliers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what a unit of each row is worth, (rows,)."""
        return np.maximum(np.abs(multipliers), LEAST_WEIGHT * self._typical)

    def _kept(self, held: NDArray[np.float64], slack: NDArray[np.float64]) -> bool:
        problem = self._problem
        return bool(((held >= problem.row_lower - slack) & (held <= problem.row_upper + slack)).all())

    def _round(
        self,
        repair: bool,
        taken: NDArray[np.int32],
        near: NDArray[np.float64],
        held: NDArray[np.float64],
        limits: tuple[NDArray[np.float64], ...],
    ) -> int:
        """Rate all options and take the best few; return how many were taken."""
        problem, found = self._problem, self._found
        search_kernels.merits(
            repair,
            problem.start,
            taken,
            near,
            held,
            self._options,
            self._graph,
            limits,
            self._change,
            self._touched,
            found,
        )
        few = max(1, len(found) // PART)
        order = np.argpartition(found, few)[:few] if few < len(found) else np.arange(len(found))
        order = order[np.argsort(found[order], kind="stable")]
        last = found[order[-1]]
        worst = last * SLACKER if last > 0 else last / SLACKER
        if not np.isfinite(worst):
            order = order[np.isfinite(found[order])]
            worst = 1e300
        return search_kernels.follow(
            repair,
            order,
            worst,
            problem.node,
            taken,
            near,
            held,
            self._options,
            self._graph,
            limits,
            self._change,
            self._touched,
        )


def _typical_border(problem: BoundaryProblem) -> float:
    """Return the mean cost of a border, or `COSTLY` of the mean cost of an option where that is more."""
    borders, paid = problem.capacity[problem.capacity > 0], np.abs(problem.cost[problem.cost != 0])
    return max(float(borders.mean()) if len(borders) else 0.0, COSTLY * float(paid.mean()) if len(paid) else 0.0)
