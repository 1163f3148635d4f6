"""`direct`: the whole Program to HiGHS, land that no row tells apart merged first.

The LP relaxation comes first: its multipliers are the worth of the rules, and prove the bound where
no column is a whole number. Ties are then broken towards least change.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import highspy

from formulations.merge import merge
from optimizer.methods import highs
from optimizer.methods.first_plan import first_plan
from optimizer.methods.least_change import least_change
from optimizer.results.solution import Solution, SolveOptions, Termination, departure_base, tidy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from formulations.program import Matrix, Program
    from optimizer.progress import Progress

NAME = "direct"

SAFETY = 0.9
"""Part of the allowed gap that is asked of HiGHS, since the plan may move less cost than the relaxation."""

ROUND_OFF = 1e-6
"""Part of the cost moved by which a bound may lie above its plan before it is a fault."""

MOST_ATTEMPTS = 3
"""Solves with whole numbers; a second is needed only where the plan moves less cost than the relaxation."""

_TERMINATIONS = {
    highspy.HighsModelStatus.kOptimal: Termination.GAP_PROVEN,
    highspy.HighsModelStatus.kTimeLimit: Termination.TIME_LIMIT,
    highspy.HighsModelStatus.kInterrupt: Termination.INTERRUPTED,
    highspy.HighsModelStatus.kInfeasible: Termination.INFEASIBLE,
    highspy.HighsModelStatus.kUnbounded: Termination.UNBOUNDED,
    highspy.HighsModelStatus.kUnboundedOrInfeasible: Termination.INFEASIBLE,
}


def solve(program: Program, options: SolveOptions, progress: Progress) -> Solution:
    """Solve a Program; the gap, the bound and how it ended are in the Solution."""
    began = time.perf_counter()
    deadline = began + options.time_limit_s
    progress.stage("flatten")
    merged = merge(program)
    matrix = merged.program.matrix()
    flattened = time.perf_counter()
    progress.stage("relaxation")
    relaxed = _run(matrix, options, deadline, integers=False)
    if _TERMINATIONS.get(relaxed.status) in (Termination.INFEASIBLE, Termination.UNBOUNDED):
        return Solution(_TERMINATIONS[relaxed.status], NAME, seconds=_seconds(began, flattened))
    bound = highs.dual_bound(matrix, relaxed.duals) if relaxed.duals is not None else None
    duals = merged.expand_duals(relaxed.duals) if relaxed.duals is not None else None
    answer = relaxed
    if matrix.integer.any():
        progress.stage("integers")
        answer = _whole(merged.program, matrix, relaxed, options, deadline)
        if answer.bound is not None and (bound is None or answer.bound >= bound):
            bound = answer.bound
    termination = _TERMINATIONS.get(answer.status, Termination.NUMERICAL)
    if answer.values is None or bound is None:
        return Solution(termination, NAME, bound=bound, duals=duals, seconds=_seconds(began, flattened))
    progress.stage("least change")
    values = answer.values
    if termination is Termination.GAP_PROVEN:
        values = least_change(merged.program, matrix, values, options, deadline)
    shares = tidy(program, merged.expand(tidy(merged.program, values)))
    objective = float(program.cost @ shares)
    base = departure_base(program, shares)
    if bound > objective + ROUND_OFF * base:
        raise ArithmeticError(f"HiGHS claims the bound {bound!r} above its own plan of {objective!r}")
    return Solution(
        termination=termination,
        method=NAME,
        shares=shares,
        objective=objective,
        bound=min(bound, objective),
        bound_by="highs",
        base=base,
        duals=duals,
        seconds=_seconds(began, flattened),
    )


def _whole(
    program: Program, matrix: Matrix, relaxed: highs.Answer, options: SolveOptions, deadline: float
) -> highs.Answer:
    """Solve with whole numbers until the gap, which is relative to the cost moved, is reached."""
    base = departure_base(program, relaxed.values) if relaxed.values is not None else 1.0
    start = first_plan(program, matrix, relaxed, options, SAFETY * options.gap * base / 2, deadline)
    answer = relaxed
    for _ in range(MOST_ATTEMPTS):
        if start is not None and _proven(program, matrix, relaxed, start, options.gap):
            return replace(relaxed, values=start)
        solver = highs.load(matrix)
        highs.configure(solver, options, deadline - time.perf_counter())
        highs.choose_heuristics(solver, matrix)
        solver.setOptionValue("mip_rel_gap", 0.0)
        solver.setOptionValue("mip_abs_gap", max(SAFETY * options.gap * base, 1e-9))
        if start is not None:
            highs.start_from(solver, start)
        answer = highs.run(solver)
        if answer.values is None or answer.status != highspy.HighsModelStatus.kOptimal:
            return answer
        reached = departure_base(program, answer.values)
        if reached >= SAFETY * base:
            return answer
        base, start = reached, answer.values
    return answer


def _proven(program: Program, matrix: Matrix, relaxed: highs.Answer, plan: NDArray[np.float64], gap: float) -> bool:
    """Whether the bound of the relaxation already proves the gap of a plan."""
    if relaxed.duals is None:
        return False
    distance = float(matrix.cost @ plan) - highs.dual_bound(matrix, relaxed.duals)
    return distance <= gap * departure_base(program, plan)


def _run(matrix: Matrix, options: SolveOptions, deadline: float, integers: bool) -> highs.Answer:
    solver = highs.load(matrix, integers)
    highs.configure(solver, options, deadline - time.perf_counter())
    return highs.run(solver)


def _seconds(began: float, flattened: float) -> dict[str, float]:
    return {"flatten": flattened - began, "solve": time.perf_counter() - flattened}
