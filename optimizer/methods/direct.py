"""`direct`: the whole Program to HiGHS.

The LP relaxation comes first: its multipliers are the worth of the rules, and prove the bound where
no column is a whole number. Ties are then broken towards least change.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import highspy

from optimizer.methods import highs
from optimizer.methods.least_change import NUDGE_SHARE, least_change, nudge
from optimizer.results.solution import Solution, SolveOptions, Termination, departure_base, tidy

if TYPE_CHECKING:
    from formulations.program import Matrix, Program
    from optimizer.progress import Progress

NAME = "direct"

MOST_ATTEMPTS = 3
"""Solves with whole numbers; a second is needed only where the plan moves less cost than the relaxation."""

_TERMINATIONS = {
    highspy.HighsModelStatus.kOptimal: Termination.GAP_PROVEN,
    highspy.HighsModelStatus.kTimeLimit: Termination.TIME_LIMIT,
    highspy.HighsModelStatus.kInterrupt: Termination.INTERRUPTED,
    highspy.HighsModelStatus.kHighsInterrupt: Termination.INTERRUPTED,
    highspy.HighsModelStatus.kInfeasible: Termination.INFEASIBLE,
    highspy.HighsModelStatus.kUnbounded: Termination.UNBOUNDED,
    highspy.HighsModelStatus.kUnboundedOrInfeasible: Termination.INFEASIBLE,
}


def solve(program: Program, options: SolveOptions, progress: Progress) -> Solution:
    """Solve a Program; the gap, the bound and how it ended are in the Solution."""
    began = time.perf_counter()
    deadline = began + options.time_limit_s
    progress.stage("flatten")
    matrix = program.matrix()
    flattened = time.perf_counter()
    progress.stage("relaxation")
    relaxed = _run(matrix, options, deadline, integers=False)
    if _TERMINATIONS.get(relaxed.status) in (Termination.INFEASIBLE, Termination.UNBOUNDED):
        return Solution(_TERMINATIONS[relaxed.status], NAME, seconds=_seconds(began, flattened))
    bound = highs.dual_bound(matrix, relaxed.duals) if relaxed.duals is not None else None
    answer, bound_by = relaxed, "dual"
    if matrix.integer.any():
        progress.stage("integers")
        answer = _whole(program, matrix, relaxed, options, deadline)
        if answer.bound is not None and (bound is None or answer.bound >= bound):
            bound, bound_by = answer.bound, "highs"
    termination = _TERMINATIONS.get(answer.status, Termination.NUMERICAL)
    if answer.values is None or bound is None:
        return Solution(termination, NAME, bound=bound, duals=relaxed.duals, seconds=_seconds(began, flattened))
    progress.stage("least change")
    values = answer.values
    if termination is Termination.GAP_PROVEN:
        values = least_change(program, matrix, values, options, deadline)
    shares = tidy(program, values)
    objective = float(program.cost @ shares)
    return Solution(
        termination=termination,
        method=NAME,
        shares=shares,
        objective=objective,
        bound=min(bound, objective),
        bound_by=bound_by,
        base=departure_base(program, shares),
        duals=relaxed.duals,
        seconds=_seconds(began, flattened),
    )


def _whole(
    program: Program, matrix: Matrix, relaxed: highs.Answer, options: SolveOptions, deadline: float
) -> highs.Answer:
    """Solve with whole numbers until the gap, which is relative to the cost moved, is reached."""
    start = relaxed.values
    base = departure_base(program, start) if start is not None else 1.0
    answer = relaxed
    for _ in range(MOST_ATTEMPTS):
        allowed = options.gap * base
        nudged, lead = nudge(program, matrix, allowed)
        solver = highs.load(nudged)
        highs.configure(solver, options, deadline - time.perf_counter())
        solver.setOptionValue("mip_rel_gap", 0.0)
        solver.setOptionValue("mip_abs_gap", max((1 - 2 * NUDGE_SHARE) * allowed, 1e-9))
        if answer is not relaxed and answer.values is not None:
            highs.start_from(solver, answer.values)
        answer = highs.run(solver)
        answer = replace(answer, bound=None if answer.bound is None else answer.bound - lead)
        if answer.values is None or answer.status != highspy.HighsModelStatus.kOptimal:
            return answer
        reached = departure_base(program, answer.values)
        if reached >= base * (1 - 1e-9):
            return answer
        base = 0.5 * reached
    return answer


def _run(matrix: Matrix, options: SolveOptions, deadline: float, integers: bool) -> highs.Answer:
    solver = highs.load(matrix, integers)
    highs.configure(solver, options, deadline - time.perf_counter())
    return highs.run(solver)


def _seconds(began: float, flattened: float) -> dict[str, float]:
    return {"flatten": flattened - began, "solve": time.perf_counter() - flattened}


