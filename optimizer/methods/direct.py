"""`direct`: the whole Program to HiGHS, land that no row tells apart merged first.

The LP relaxation comes first: its multipliers are the worth of the rules, and prove the bound where
no column is a whole number. A prioritisation without a time limit ends where branching closes its gap
too slowly. Ties are then broken towards least change. Units that must hang together are stated as a
flow, which suits small Programs.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from formulations.flow import flow_rows
from optimizer.methods import highs
from optimizer.methods.first_plan import first_plan
from optimizer.methods.relaxation import Flat, is_patient, relax, termination_of, with_plan, without_plan
from optimizer.results.solution import Solution, SolveOptions, Termination, departure_base

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from formulations.program import Program
    from optimizer.progress import Progress

NAME = "direct"

SAFETY = 0.9
"""Part of the allowed gap that is asked of HiGHS, since the plan may move less cost than the relaxation."""

MOST_ATTEMPTS = 3
"""Solves with whole numbers; a second is needed only where the plan moves less cost than the relaxation."""


def solve(program: Program, options: SolveOptions, progress: Progress) -> Solution:
    """Solve a Program; the gap, the bound and how it ended are in the Solution."""
    if program.connected:
        return _with_flows(program, options, progress)
    flat = relax(program, options, progress)
    ended = termination_of(flat.relaxed)
    if ended in (Termination.INFEASIBLE, Termination.UNBOUNDED):
        return Solution(ended, NAME, seconds=flat.seconds)
    answer, bound, bound_by = flat.relaxed, flat.bound, "dual"
    if bound is None and ended is Termination.GAP_PROVEN and answer.values is not None:
        bound, bound_by = float(flat.matrix.cost @ answer.values), "highs"  # a column without price or limit
    if flat.matrix.integer.any():
        progress.stage("integers")
        answer = _whole(flat, options)
        if answer.bound is not None and (bound is None or answer.bound >= bound):
            bound, bound_by = answer.bound, "highs"
    ended = termination_of(answer)
    if answer.values is None or bound is None:
        return without_plan(flat, NAME, ended, bound)
    return with_plan(flat, NAME, answer.values, ended, bound, bound_by, options, progress)


def _with_flows(program: Program, options: SolveOptions, progress: Progress) -> Solution:
    """Solve a Program with what must hang together stated as flows; the Solution knows nothing of them."""
    solution = solve(flow_rows(program), replace(options, start=None, multipliers=None), progress)
    shares = None if solution.shares is None else solution.shares[: program.n_columns]
    duals = None if solution.duals is None else solution.duals[: program.n_rows]
    by = "highs" if solution.bound_by == "dual" else solution.bound_by  # multipliers of flows are not kept
    return replace(solution, shares=shares, duals=duals, bound_by=by)


def _whole(flat: Flat, options: SolveOptions) -> highs.Answer:
    """Solve with whole numbers until the gap, which is relative to the cost moved, is reached."""
    program, matrix, relaxed, deadline = flat.merged.program, flat.matrix, flat.relaxed, flat.deadline
    base = departure_base(program, relaxed.values) if relaxed.values is not None else 1.0
    known = flat.known(options.start)
    if known is not None and proven(flat, known, options.gap):
        return replace(relaxed, values=known)
    start = first_plan(program, matrix, relaxed, options, SAFETY * options.gap * base / 2, deadline)
    if known is not None and (start is None or matrix.cost @ known <= matrix.cost @ start):
        start = known
    answer = relaxed
    for _ in range(MOST_ATTEMPTS):
        if start is not None and proven(flat, start, options.gap):
            return replace(relaxed, values=start)
        solver = highs.load(matrix)
        highs.configure(solver, options, deadline - time.perf_counter())
        highs.choose_heuristics(solver, matrix)
        solver.setOptionValue("mip_rel_gap", 0.0)
        solver.setOptionValue("mip_abs_gap", max(SAFETY * options.gap * base, 1e-9))
        if start is not None:
            highs.start_from(solver, start)
        answer = highs.run(solver, is_patient(program, options))
        if answer.values is None or answer.status != highs.Status.kOptimal:
            return answer
        reached = departure_base(program, answer.values)
        if reached >= SAFETY * base:
            return answer
        base, start = reached, answer.values
    return answer


def proven(flat: Flat, plan: NDArray[np.float64], gap: float) -> bool:
    """Whether the bound of the relaxation already proves the gap of a plan of the merged Program."""
    if flat.bound is None:
        return False
    return float(flat.matrix.cost @ plan) - flat.bound <= gap * departure_base(flat.merged.program, plan)
