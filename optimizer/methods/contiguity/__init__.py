"""Contiguity: a Program whose new land must hang together, by separating rows around any method.

A Program knows the graph of `Patches` but no row of it. Here the relaxation is tightened by rows that its points
violate; a restricted Program whose plans are all lawful gives a plan; and where the gap between both is not yet
proven, the inner method solves the Program with the rows so far, its plan is separated, and so on. Every bound on the
way holds for the Program as a whole. 连片布局：分离割平面法。
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from formulations.merge import merge
from optimizer.methods import highs
from optimizer.methods.contiguity.cells import cells_of
from optimizer.methods.contiguity.repair import joined, widened
from optimizer.methods.contiguity.rows import with_rows
from optimizer.methods.contiguity.separate import separate
from optimizer.methods.contiguity.shapes import shaped
from optimizer.methods.contiguity.tighten import Tight, tighten
from optimizer.results.solution import Solution, SolveOptions, Termination, departure_base, tidy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Program
    from optimizer.methods.contiguity.rows import Row
    from optimizer.progress import Progress

Method = Callable[["Program", "SolveOptions", "Progress"], "Solution"]

NAME = "contiguity"

STEPS = 2
"""Cells so far from a repaired point are open to the first lawful plan; one step further with each attempt."""

STEP = 1e-3
"""What a cell costs at least, relative to the mean price of one."""

HALF = 0.5

PLAN_PART = 0.4
"""Part of the time left that the search for one plan may take."""

PLAN_GAP = 0.5
"""Part of the asked gap that a restricted plan may stay behind the best of its kind."""


def solve(program: Program, options: SolveOptions, progress: Progress, inner: Method) -> Solution:
    """Solve a Program with patches; `inner` solves the Programs without that this makes of it.

    The bound is HiGHS's or the inner method's for the Program with separating rows; the multipliers are those of the
    Program's own rows in the tightened relaxation.
    """
    return _Search(program, options, progress, inner).run()


class _Search:
    """The search for one Program; it works on the Program with alike land merged."""

    def __init__(self, program: Program, options: SolveOptions, progress: Progress, inner: Method) -> None:
        self._began = time.perf_counter()
        self._deadline = self._began + options.time_limit_s
        self._program, self._options, self._progress, self._inner = program, options, progress, inner
        self._merged = merge(program)
        self._small = replace(self._merged.program, patches=())
        self._every = tuple(cells_of(one, self._small.n_columns) for one in self._merged.program.patches)
        self._steps = STEPS
        self._name = NAME
        self._plan: NDArray[np.float64] | None = None
        self._objective = np.inf
        self._bound = -np.inf
        self._duals: NDArray[np.float64] | None = None

    def run(self) -> Solution:
        """Tighten, look for a plan, solve with the rows so far, separate its plan; until the gap is proven."""
        rows: list[list[Row]] = [[] for _ in self._every]
        while True:
            self._progress.stage("relaxation with separating rows")
            tight = tighten(self._small, self._every, rows, self._options, self._deadline)
            if highs.is_infeasible(tight.answer):
                return self._ended(Termination.INFEASIBLE)
            self._raise(tight.bound)
            self._duals = tight.answer.duals if tight.answer.duals is not None else self._duals
            if self._time_left() <= 0:
                return self._ended(Termination.TIME_LIMIT)
            if tight.answer.values is not None:
                self._progress.stage("plan")
                self._shape(tight.answer.values)
            if self._done():
                return self._ended(Termination.GAP_PROVEN)
            rows = [list(list_) for list_ in tight.rows]
            ended = self._solve_with(rows, tight)
            if ended is not None:
                return self._ended(ended)

    def _solve_with(self, rows: list[list[Row]], tight: Tight) -> Termination | None:
        """Solve with the rows so far and add what the plan violates; tell how the search ends, None if it goes on."""
        self._progress.stage("integers")
        program = self._small
        for cells, list_ in zip(self._every, rows, strict=True):
            program = with_rows(program, cells, list_)
        relaxed = self._inner(program, self._asked(tight.answer.duals, 1.0, self._time_left()), self._progress)
        self._name = "contiguity"
        if relaxed.shares is None and relaxed.termination in (Termination.INFEASIBLE, Termination.UNBOUNDED):
            return relaxed.termination
        self._raise(relaxed.bound)
        if relaxed.shares is None:
            return relaxed.termination
        shares = relaxed.shares
        found = [separate(cells, np.round(cells.incidence @ shares)) for cells in self._every]
        if not any(found):
            self._keep(shares)
            return Termination.GAP_PROVEN if self._done() else relaxed.termination
        if relaxed.termination is Termination.INTERRUPTED:
            return relaxed.termination
        if self._time_left() <= 0:
            return Termination.TIME_LIMIT
        self._shape(shares)
        for list_, more in zip(rows, found, strict=True):
            list_ += more
        return Termination.GAP_PROVEN if self._done() else None

    def _asked(self, duals: NDArray[np.float64] | None, part: float, seconds: float) -> SolveOptions:
        gap = self._options.gap * part
        return replace(self._options, gap=gap, time_limit_s=max(seconds, 0.0), multipliers=duals, start=None)

    def _time_left(self) -> float:
        return self._deadline - time.perf_counter()

    def _raise(self, bound: float | None) -> None:
        if bound is not None:
            self._bound = max(self._bound, bound)

    def _keep(self, shares: NDArray[np.float64]) -> None:
        objective = float(self._small.cost @ shares)
        if objective < self._objective:
            self._plan, self._objective = shares, objective

    def _done(self) -> bool:
        if self._plan is None:
            return False
        return self._objective - self._bound <= self._options.gap * departure_base(self._small, self._plan)

    def _shape(self, values: NDArray[np.float64]) -> None:
        """Look for a lawful plan near some values, and near the best plan so far."""
        near = values if self._plan is None else np.maximum(values, self._plan)
        points, weights, opened = [], [], []
        for cells, price in zip(self._every, self._prices(), strict=True):
            step = STEP * (float(price.mean()) or 1.0)
            point = np.clip(cells.incidence @ near, 0.0, 1.0)
            weight = price * (1.0 - point) + step
            whole = joined(cells, point > HALF, weight)
            points.append(np.maximum(point, whole))
            weights.append(np.where(whole, step, weight))
            opened.append(widened(cells, whole, self._steps))
        program = shaped(self._small, self._every, points, weights, self._common(opened))
        found = self._inner(program, self._asked(None, PLAN_GAP, PLAN_PART * self._time_left()), self._progress)
        if found.shares is not None:
            self._keep(found.shares[: self._small.n_columns])
        self._steps += 1

    def _common(self, opened: list[NDArray[np.bool_]]) -> list[NDArray[np.bool_]]:
        """Open a zone for every quota where one opens it, (cells,) each."""
        nodes = np.zeros(len(self._every[0].patches.anchor), dtype=bool)
        for cells, open_ in zip(self._every, opened, strict=True):
            nodes[cells.node[open_]] = True
        return [nodes[cells.node] for cells in self._every]

    def _prices(self) -> list[NDArray[np.float64]]:
        """Return what new land on each cell costs beside the best use of it, at the multipliers of the own rows."""
        small, moves = self._small, self._small.moves
        matrix = small.quota_matrix()
        cost = small.cost
        if self._duals is not None:
            cost = cost - matrix.T @ self._duals[moves.n_groups : small.n_rows]
        least = np.minimum.reduceat(cost[: len(moves)], moves.start[:-1])
        beside = np.concatenate([cost[: len(moves)] - least[moves.group], np.maximum(cost[len(moves) :], 0.0)])
        found = []
        for cells in self._every:
            entries = cells.incidence.tocoo()
            price = np.full(len(cells), np.inf)
            np.minimum.at(price, entries.coords[0], beside[entries.coords[1]])
            found.append(price)
        return found

    def _ended(self, termination: Termination) -> Solution:
        """Return the Solution of the best plan and bound."""
        merged, program = self._merged, self._program
        duals = None if self._duals is None else merged.expand_duals(self._duals[: self._small.n_rows])
        bound = float(self._bound) if np.isfinite(self._bound) else None
        seconds = {"solve": time.perf_counter() - self._began}
        if self._plan is None:
            return Solution(termination, self._name, bound=bound, duals=duals, seconds=seconds)
        shares = tidy(program, merged.expand(tidy(self._small, self._plan)))
        objective = float(program.cost @ shares)
        return Solution(
            termination=termination,
            method=self._name,
            shares=shares,
            objective=objective,
            bound=None if bound is None else min(bound, objective),
            bound_by="highs",
            base=departure_base(program, shares),
            duals=duals,
            seconds=seconds,
        )
