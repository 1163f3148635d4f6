"""Branch and cut: the relaxation is tightened by separators, then solved in whole numbers until its plan is lawful.

Every bound on the way holds for the problem as a whole. 分离割平面与分支定界。
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.methods import highs
from optimizer.methods.corridors.model import distinct, stacked
from optimizer.results.solution import SolveOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from formulations.program import Matrix
    from optimizer.methods.corridors.model import Model, Row

    Repair = Callable[[NDArray[np.float64]], NDArray[np.float64] | None]

STALLED = 1e-5
"""Relative rise of the bound below which a round of cuts counts as vain."""

VAIN = 12
"""Vain rounds in a row after which whole numbers are asked for."""

EVERY = 5
"""Rounds of cuts between two searches for a plan."""

SLACK = 1e-7
"""Reduced cost beyond the gap, relative to the objective, that closes a column."""

ROUND_OFF = 1e-9
"""Gap, relative to the objective, that is none."""

TIGHT = 1e-6
"""Slack of a row that still counts as tight."""

SEARCH_S = 60.0
"""Seconds after which a search that has a plan is given up where no time limit is set."""


def ending(deadline: float) -> float:
    """Return when a search ends by `time.perf_counter`; `deadline` is infinite without a time limit."""
    return deadline if np.isfinite(deadline) else time.perf_counter() + SEARCH_S


@dataclass
class Search:
    """Best plan and bound so far; `run` improves both.

    Attributes
    ----------
    plan
        Columns of the best plan, None where none is known, (columns,).
    bound
        Proven for the model's minimised cost.
    rounds
        Relaxations solved.
    """

    model: Model
    repair: Repair
    gap: float
    deadline: float
    plan: NDArray[np.float64] | None
    rows: list[Row]
    base: float = 0.0
    """Constant that belongs to the objective, for the relative gap."""
    bound: float = -np.inf
    rounds: int = 0

    def __post_init__(self) -> None:
        self.upper = self.model.upper.copy()

    @property
    def objective(self) -> float:
        """Minimised cost of the best plan, infinite where none is known."""
        return np.inf if self.plan is None else self.model.objective(self.plan)

    def run(self) -> bool:
        """Search until the gap is proven or the time is over; tell whether plans exist as far as is known."""
        model = self.model
        self._tighten()
        while not self._done():
            if time.perf_counter() >= self.deadline:
                return True
            matrix = model.matrix(self.rows, self.upper)
            solver = highs.load(matrix)
            left = self.deadline - time.perf_counter()
            highs.configure(solver, SolveOptions(gap=self.gap / 2, threads=1), left)
            if self.plan is not None:
                highs.start_from(solver, model.with_links(self.plan))
            answer = highs.run(solver)
            if highs.is_infeasible(answer):
                # columns were closed that no better plan takes: what is left then proves the plan
                self.bound = self.objective
                return self.plan is not None
            if answer.bound is not None:
                self._raise(answer.bound)
            if answer.values is None:
                return True
            point = np.where(model.integer, np.round(answer.values), answer.values)
            found = model.violated(point)
            if found:
                self._keep(self.repair(point))
                self.rows = distinct(self.rows + found)
            else:
                self._keep(point)
                if answer.status != highs.Status.kOptimal:
                    return True
        return True

    def _done(self) -> bool:
        if self.plan is None:
            return False
        allowed = self.gap * abs(self.objective + self.base) + ROUND_OFF * max(abs(self.objective), 1.0)
        return self.objective - self.bound <= allowed

    def _raise(self, bound: float) -> None:
        self.bound = min(max(self.bound, bound), self.objective)

    def _keep(self, plan: NDArray[np.float64] | None) -> None:
        if plan is not None and self.model.objective(plan) < self.objective:
            self.plan = plan

    def _tighten(self) -> None:
        """Solve relaxations with more and more separators, close columns that no better plan takes."""
        model = self.model
        solver = highs.load(model.matrix(self.rows, self.upper), integers=False)
        solver.setOptionValue("threads", 1)
        vain, values = 0, np.zeros(len(model.cost))
        while vain < VAIN and time.perf_counter() < self.deadline:
            solver.setOptionValue("time_limit", solver.getRunTime() + max(self.deadline - time.perf_counter(), 0.0))
            answer = highs.run(solver)
            if answer.values is None or answer.duals is None:
                return
            values = answer.values
            self.rounds += 1
            matrix = model.matrix(self.rows, self.upper)
            bound = highs.dual_bound(matrix, answer.duals)
            vain = 0 if bound > self.bound + STALLED * abs(bound) else vain + 1
            self._raise(bound)
            found = model.violated(answer.values)
            if self.rounds % EVERY == 1 or not found:
                self._keep(self.repair(answer.values))
            self._close(matrix, answer.duals, bound)
            if self._done() or not found:
                break
            self.rows += found
            highs.add_rows(solver, stacked(found, len(model.cost)), np.array([row.lower for row in found]))
        self.rows = [row for row in self.rows if row.coefficients @ values[row.columns] < row.lower + TIGHT]

    def _close(self, matrix: Matrix, duals: NDArray[np.float64], bound: float) -> None:
        """Close columns whose reduced cost shows that no plan better than the best takes them."""
        if self.plan is None:
            return
        reduced = matrix.cost - matrix.rows.T @ duals
        room = self.objective - bound
        self.upper[reduced > room + SLACK * max(abs(self.objective), 1.0)] = 0.0
