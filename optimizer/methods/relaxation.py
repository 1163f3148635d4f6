"""What every method that flattens the Program begins and ends with: the LP relaxation, and a Solution from values."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from formulations.merge import Merged, merge
from optimizer.methods import highs
from optimizer.methods.least_change import least_change
from optimizer.results.solution import Solution, Termination, cost_moved, departure_base, tidy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Matrix, Program
    from optimizer.progress import Progress
    from optimizer.results.solution import SolveOptions

ROUND_OFF = 1e-6
"""Part of the cost moved by which a bound may lie above its plan before it is a fault."""

KEPT = 1e-7
"""Round-off, relative to what a row adds up, within which a known plan keeps it."""

_TERMINATIONS = {
    highs.Status.kOptimal: Termination.GAP_PROVEN,
    highs.Status.kObjectiveTarget: Termination.GAP_PROVEN,
    highs.Status.kTimeLimit: Termination.TIME_LIMIT,
    highs.Status.kSolutionLimit: Termination.TIME_LIMIT,
    highs.Status.kInterrupt: Termination.INTERRUPTED,
    highs.Status.kInfeasible: Termination.INFEASIBLE,
    highs.Status.kUnbounded: Termination.UNBOUNDED,
    highs.Status.kUnboundedOrInfeasible: Termination.INFEASIBLE,
}


def termination_of(answer: highs.Answer) -> Termination:
    """Return how a solve by HiGHS ended."""
    return _TERMINATIONS.get(answer.status, Termination.NUMERICAL)


@dataclass(frozen=True)
class Flat:
    """A Program flattened, land that no row tells apart merged, with the answer of its LP relaxation.

    `bound` is what the relaxation's multipliers prove, None where it has none.
    """

    program: Program
    merged: Merged
    matrix: Matrix
    relaxed: highs.Answer
    bound: float | None
    began: float
    flattened: float
    deadline: float

    @property
    def duals(self) -> NDArray[np.float64] | None:
        """Multipliers of all rows of the Program, (rows,)."""
        return None if self.relaxed.duals is None else self.merged.expand_duals(self.relaxed.duals)

    def known(self, start: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
        """Return a plan that is known, (columns,) of the Program, as values of the merged one; None if it is none."""
        if start is None or len(start) != self.program.n_columns:
            return None
        matrix, values = self.matrix, self.merged.shrink(start)
        held, room = matrix.rows @ values, KEPT * (1.0 + abs(matrix.rows) @ np.abs(values))
        rows = (held >= matrix.row_lower - room) & (held <= matrix.row_upper + room)
        columns = (values >= matrix.lower - KEPT) & (values <= matrix.upper + KEPT)
        whole = np.abs(values - np.round(values))[matrix.integer] <= KEPT
        return values if rows.all() and columns.all() and whole.all() else None

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds of flattening and of solving so far."""
        return {"flatten": self.flattened - self.began, "solve": time.perf_counter() - self.flattened}


def relax(program: Program, options: SolveOptions, progress: Progress) -> Flat:
    """Flatten a Program and solve its LP relaxation."""
    began = time.perf_counter()
    deadline = began + options.time_limit_s
    progress.stage("flatten")
    merged = merge(program)
    matrix = merged.program.matrix()
    flattened = time.perf_counter()
    progress.stage("relaxation")
    solver = highs.load(matrix, integers=False)
    highs.configure(solver, options, deadline - time.perf_counter())
    relaxed = highs.run(solver)
    bound = highs.dual_bound(matrix, relaxed.duals) if relaxed.duals is not None else None
    return Flat(program, merged, matrix, relaxed, bound, began, flattened, deadline)


def without_plan(flat: Flat, method: str, termination: Termination, bound: float | None = None) -> Solution:
    """Return the Solution of a solve that found no plan."""
    return Solution(termination, method, bound=bound, duals=flat.duals, seconds=flat.seconds)


def with_plan(
    flat: Flat,
    method: str,
    values: NDArray[np.float64],
    termination: Termination,
    bound: float,
    bound_by: str,
    options: SolveOptions,
    progress: Progress,
) -> Solution:
    """Return the Solution of values of the merged Program; among plans no worse, the one that changes least."""
    program, small = flat.program, flat.merged.program
    if termination is Termination.GAP_PROVEN:
        progress.stage("least change")
        values = least_change(small, flat.matrix, values, options, flat.deadline)
    shares = tidy(program, flat.merged.expand(tidy(small, values)))
    objective = float(program.cost @ shares)
    base = departure_base(program, shares)
    if bound > objective + ROUND_OFF * cost_moved(program, shares):
        raise ArithmeticError(f"the bound {bound!r} lies above the plan of {objective!r}")
    return Solution(
        termination=termination,
        method=method,
        shares=shares,
        objective=objective,
        bound=min(bound, objective),
        bound_by=bound_by,
        base=base,
        duals=flat.duals,
        seconds=flat.seconds,
    )
