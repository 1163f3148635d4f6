"""What every method that flattens the Program begins and ends with: the LP relaxation, and a Solution from values."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from formulations.pooled import pooled
from optimizer.methods import highs
from optimizer.methods.implied import with_implied_limits
from optimizer.methods.least_change import change_of, least_change
from optimizer.methods.needless import postponed, without_needless
from optimizer.results.solution import Solution, Termination, cost_moved, departure_base, tidy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.merge import Merged
    from formulations.pooled import Pooled
    from formulations.program import Matrix, Program
    from optimizer.progress import Progress
    from optimizer.results.solution import Note, SolveOptions

ROUND_OFF = 1e-6
"""Part of the cost moved by which a bound may lie above its plan before it is a fault."""

KEPT = 1e-7
"""Round-off, relative to what a row adds up, within which a known plan keeps it."""

SLOW: Note = {
    "zh": "分支搜索缩小差距过慢，已停止；给出 --time-limit 则搜索至该时限",
    "en": "branching closed the gap too slowly and was ended; with --time-limit it goes on until then",
}

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
    if answer.slow and answer.status == highs.Status.kInterrupt:
        return Termination.GIVEN_UP
    return _TERMINATIONS.get(answer.status, Termination.NUMERICAL)


def is_patient(program: Program, options: SolveOptions) -> bool:
    """Whether a search goes on however slowly it closes its gap: all but those of prioritisations without a time limit.

    Among some thousand units with many tight targets, plans lie so close together that no search would come to an end.
    """
    return program.gap_base != "objective" or not len(program.moves) or bool(np.isfinite(options.time_limit_s))


@dataclass(frozen=True)
class Flat:
    """A Program flattened, land that no row tells apart merged, with the answer of its LP relaxation.

    `bound` is what the relaxation's multipliers prove, None where it has none.
    """

    program: Program
    merged: Merged | Pooled
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
    merged = pooled(program)
    matrix = merged.program.matrix()
    flattened = time.perf_counter()
    progress.stage("relaxation")
    solver = highs.load(matrix, integers=False)
    highs.configure(solver, options, deadline - time.perf_counter())
    if not len(program.moves):
        highs.choose_lp(solver, matrix)
    relaxed = highs.run(solver)
    bound = _bound(matrix, relaxed)
    return Flat(program, merged, matrix, relaxed, bound, began, flattened, deadline)


def _bound(matrix: Matrix, relaxed: highs.Answer) -> float | None:
    """Return what the multipliers of the relaxation prove; None where they prove nothing."""
    if relaxed.duals is None:
        return None
    open_ended = np.isinf(matrix.lower).any() or np.isinf(matrix.upper).any()
    if open_ended and relaxed.values is not None:
        matrix = with_implied_limits(matrix, float(matrix.cost @ relaxed.values))
    bound = highs.dual_bound(matrix, relaxed.duals)
    return bound if np.isfinite(bound) else None


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
    """Return the Solution of values of the merged Program; among plans no worse, the one that changes least.

    Raises ArithmeticError where the bound lies above the plan, which only a fault can do.
    """
    program, small = flat.program, flat.merged.program
    if termination is Termination.GAP_PROVEN:
        values = postponed(small, flat.matrix, values)
    if termination is Termination.GAP_PROVEN and _may_tie(small):
        progress.stage("least change")
        values = without_needless(small, flat.matrix, values, options, flat.deadline)
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
        notes=(SLOW,) if termination is Termination.GIVEN_UP else (),
    )


def _may_tie(program: Program) -> bool:
    """Whether plans may differ in what costs nothing: land that changes, or something built for free."""
    return len(program.moves) > 0 or bool(((change_of(program) > 0.0) & (program.cost == 0.0)).any())
