"""`decompose`: quotas are priced, land answers to prices, and a small MIP decides what prices leave open.

Lagrangian decomposition: with multipliers on the coupled rows the land falls apart into choice groups, each an
argmin, and into blocks (lots, projects) that are solved exactly. A bundle raises the bound; plans are made near its
multipliers until the asked gap is proven. The cost grows in proportion to the number of moves.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from optimizer.methods import core
from optimizer.methods.boundary import program as borders
from optimizer.methods.decompose.alike import alike
from optimizer.methods.decompose.bundle import Bundle
from optimizer.methods.decompose.lagrangian import master_bound
from optimizer.methods.decompose.passes import Passes
from optimizer.methods.decompose.primal import Primal
from optimizer.methods.decompose.sampling import approach, sampled
from optimizer.methods.decompose.setup import Setup, set_up
from optimizer.results.solution import Solution, Termination, departure_base

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from formulations.program import Program
    from optimizer.methods.decompose.bundle import Raised
    from optimizer.progress import Progress
    from optimizer.results.solution import SolveOptions

NAME = "decompose"

DUAL_PART = 0.2
"""Part of the allowed gap that the bound may stay below its limit; the rest is for the plan."""

WIDER, FINER = 3.0, 0.25
"""What a further round does: more groups stay open, and the bound is raised further."""

ROUNDS = 3

SAFETY = 0.9

SMALL, SMALL_WHOLE = 300_000, 15_000
"""Moves and whole-number columns up to which branching may close what prices leave."""


@dataclass(frozen=True)
class Found:
    """A plan and its objective."""

    shares: NDArray[np.float64]
    objective: float
    base: float


def solve(program: Program, options: SolveOptions, progress: Progress) -> Solution:
    """Solve a Program; the gap, the bound and how it ended are in the Solution."""
    if program.boundaries:
        return borders.solve(program, options, progress)
    began = time.perf_counter()
    deadline = began + options.time_limit_s
    progress.stage("prices")
    setup = set_up(program, options.cores)
    passes = Passes(setup.pricing, alike(setup.pricing, setup.free, options.cores), setup.blocks, options.cores)
    progress.stage("bound")
    bundle = Bundle(passes, setup.side, setup.start(options.multipliers))
    few = sampled(passes) if options.multipliers is None else None
    if few is not None:
        approach(bundle, few, setup.side, _tolerance(options.gap, DUAL_PART), deadline)
    primal = Primal(passes, setup.side_columns, options, deadline)
    found: Found | None = None
    for round_ in range(ROUNDS):
        raised = bundle.raise_to(_tolerance(options.gap, DUAL_PART * FINER**round_), deadline)
        if raised.bound > bundle.ceiling:
            return Solution(Termination.INFEASIBLE, NAME, seconds={"solve": time.perf_counter() - began})
        progress.stage("plan")
        target = raised.bound + SAFETY * options.gap * max(raised.at.moved, 1.0)
        shares = primal.plan(raised, WIDER**round_, target)
        found = _better(program, found, shares)
        if _proven(found, raised.bound, options.gap):
            break
        if time.perf_counter() > deadline or primal.all_open:
            break
    if found is not None and not _proven(found, bundle.best.bound, options.gap):
        tolerance = DUAL_PART * options.gap * found.base
        master = master_bound(setup, passes, bundle.visits, tolerance, options, deadline)
        if master is not None and _proven(found, master, options.gap):
            return _proven_by_master(setup, bundle.best, found, master, time.perf_counter() - began)
    if not _proven(found, bundle.best.bound, options.gap) and _small(program):
        return _by_core(setup, bundle.best, found, options, progress, deadline)
    return _solution(setup, bundle.best, found, options, time.perf_counter() - began, deadline)


def _proven_by_master(setup: Setup, best: Raised, found: Found, bound: float, seconds: float) -> Solution:
    """Return a plan that the master proves, which keeps whole columns beside the moves whole."""
    return Solution(
        termination=Termination.GAP_PROVEN,
        method=NAME,
        shares=found.shares,
        objective=found.objective,
        bound=min(bound, found.objective),
        bound_by="master",
        base=found.base,
        duals=setup.pricing.multipliers(best.y),
        seconds={"solve": seconds},
    )


def _proven(found: Found | None, bound: float, gap: float) -> bool:
    return found is not None and found.objective - bound <= gap * found.base


def _small(program: Program) -> bool:
    return len(program.moves) <= SMALL and int(program.integer.sum()) <= SMALL_WHOLE


def _by_core(
    setup: Setup, best: Raised, found: Found | None, options: SolveOptions, progress: Progress, deadline: float
) -> Solution:
    """Let `core` finish: it branches, and proves where no plan is; the better bound and plan count."""
    left = replace(options, time_limit_s=max(deadline - time.perf_counter(), 0.0))
    solution = replace(core.solve(setup.pricing.program, left, progress), method=NAME)
    if solution.objective is None:
        return solution
    objective = solution.objective
    if found is not None and found.objective < objective:
        objective = found.objective
        solution = replace(solution, shares=found.shares, objective=objective, base=found.base)
    if solution.bound is None or best.bound > solution.bound:
        solution = replace(solution, bound=min(best.bound, objective), bound_by="dual")
        solution = replace(solution, duals=setup.pricing.multipliers(best.y))
    return solution


def _tolerance(gap: float, part: float) -> Callable[[Raised], float]:
    def allowed(best: Raised) -> float:
        return part * gap * max(best.at.moved, 1.0)

    return allowed


def _better(program: Program, found: Found | None, shares: NDArray[np.float64] | None) -> Found | None:
    """Return the better of the plan so far and a new one."""
    if shares is None:
        return found
    objective = float(program.cost @ shares)
    if found is not None and found.objective <= objective:
        return found
    return Found(shares, objective, departure_base(program, shares))


def _solution(
    setup: Setup, best: Raised, found: Found | None, options: SolveOptions, seconds: float, deadline: float
) -> Solution:
    duals = setup.pricing.multipliers(best.y)
    times = {"solve": seconds}
    if found is None:
        out_of_time = time.perf_counter() > deadline
        ended = Termination.TIME_LIMIT if out_of_time else Termination.NUMERICAL
        return Solution(ended, NAME, bound=best.bound, bound_by="dual", duals=duals, seconds=times)
    bound = min(best.bound, found.objective)
    proven = _proven(found, bound, options.gap)
    return Solution(
        termination=Termination.GAP_PROVEN if proven else Termination.TIME_LIMIT,
        method=NAME,
        shares=found.shares,
        objective=found.objective,
        bound=bound,
        bound_by="dual",
        base=found.base,
        duals=duals,
        seconds=times,
    )
