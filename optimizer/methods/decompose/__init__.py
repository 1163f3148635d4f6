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
from optimizer.methods.decompose.free_land import least_beside, spared
from optimizer.methods.decompose.joint import Joint, has_network
from optimizer.methods.decompose.lagrangian import master_bound
from optimizer.methods.decompose.partial import in_pieces
from optimizer.methods.decompose.passes import Passes
from optimizer.methods.decompose.primal import Primal
from optimizer.methods.decompose.sampling import approach, sampled
from optimizer.methods.decompose.setup import Setup, set_up
from optimizer.methods.needless import free_decisions, without_needless
from optimizer.results.solution import Solution, Termination, departure_base, within

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from formulations.program import Program
    from optimizer.methods.decompose.bundle import Raised
    from optimizer.methods.decompose.joint import Joined
    from optimizer.progress import Progress
    from optimizer.results.solution import SolveOptions

NAME = "decompose"

DUAL_PART = 0.2
"""Part of the allowed gap that the bound may stay below its limit; the rest is for the plan."""

WIDER, FINER = 3.0, 0.25
"""What a further round does: more groups stay open, and the bound is raised further."""

ROUNDS = 3

WORTH = 0.1
"""Part of what is open that a further round must close for yet another to follow."""

ROUGH = 1e-3
"""Gap of a plan that only has to keep the rows."""

SAFETY = 0.9

LEAST_BASE = 1e-6
"""What a gap relative to the objective is relative to where that is 0, as part of what a plan costs at most."""

NOTHING = (Termination.INFEASIBLE, Termination.UNBOUNDED)
"""How a solve ends that proves that there is no best plan."""

SMALL, SMALL_WHOLE = 300_000, 15_000
"""Moves and whole-number columns up to which branching may close what prices leave."""

LARGEST = 3_000_000
"""Moves up to which `core` looks for a plan where prices led to none: its relaxation has a column for each."""


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
    deadline = time.perf_counter() + options.time_limit_s
    pieces = in_pieces(program)
    if pieces is None:
        return _without_needless(program, _solve(program, options, progress), options, deadline)
    other = replace(options, multipliers=pieces.multipliers(options.multipliers), start=None)
    found = pieces.solution(_solve(pieces.program, other, progress))
    return _without_needless(program, found, options, deadline)


def _without_needless(program: Program, found: Solution, options: SolveOptions, deadline: float) -> Solution:
    """Return a Solution whose plan opens nothing of a network for no reason."""
    if found.shares is None or not free_decisions(program, found.shares):
        return found
    shares = without_needless(program, program.matrix(), found.shares, options, deadline)
    objective = float(program.cost @ shares)
    bound = None if found.bound is None else min(found.bound, objective)
    return replace(found, shares=shares, objective=objective, bound=bound, base=departure_base(program, shares))


def _solve(program: Program, options: SolveOptions, progress: Progress) -> Solution:
    began = time.perf_counter()
    deadline = began + options.time_limit_s
    progress.stage("prices")
    setup = set_up(program, options.cores)
    if setup.partly:
        return replace(core.solve(program, options, progress), method=NAME)
    passes = Passes(setup.pricing, alike(setup.pricing, setup.free, options.cores), setup.blocks, options.cores)
    progress.stage("bound")
    bundle = Bundle(passes, setup.side, setup.start(options.multipliers))
    if has_network(program):
        return _beside_network(setup, passes, bundle, options, progress, began, deadline)
    base = _base_of(program, bundle)
    few = sampled(passes) if options.multipliers is None else None
    if few is not None:
        approach(bundle, few, setup.side, _tolerance(options.gap, DUAL_PART, base), deadline)
    primal = Primal(passes, setup.side_columns, options, deadline)
    found: Found | None = None
    for round_ in range(ROUNDS):
        raised = bundle.raise_to(_tolerance(options.gap, DUAL_PART * FINER**round_, base), deadline)
        if raised.bound > bundle.ceiling:
            return Solution(Termination.INFEASIBLE, NAME, seconds={"solve": time.perf_counter() - began})
        if round_ == 0 and (easy := _free_land(program, setup, raised, options, progress, deadline)) is not None:
            return replace(easy, seconds={"solve": time.perf_counter() - began})
        progress.stage("plan")
        target = raised.bound + SAFETY * options.gap * base(raised)
        shares = primal.plan(raised, bundle.mixed(), WIDER**round_, target)
        before, found = found, _better(program, found, shares)
        if _proven(found, raised.bound, options.gap) or _stuck(before, found, raised.bound):
            break
        if time.perf_counter() > deadline or primal.exhausted:
            break
    if found is not None and not _proven(found, bundle.best.bound, options.gap):
        tolerance = DUAL_PART * options.gap * found.base
        master = master_bound(setup, passes, bundle.visits, tolerance, options, deadline)
        if master is not None and _proven(found, master, options.gap):
            return _proven_by_master(setup, bundle.best, found, master, time.perf_counter() - began)
    if not _proven(found, bundle.best.bound, options.gap) and _for_core(program, found, deadline):
        return _by_core(setup, bundle.best, found, options, progress, deadline)
    return _solution(setup, bundle.best, found, options, time.perf_counter() - began, deadline)


def _beside_network(
    setup: Setup,
    passes: Passes,
    bundle: Bundle,
    options: SolveOptions,
    progress: Progress,
    began: float,
    deadline: float,
) -> Solution:
    """Solve land and the network that is planned with it."""
    program = setup.pricing.program
    progress.stage("plan")
    primal = Primal(passes, setup.side_columns, options, deadline)
    joined = Joint(setup, passes, bundle, primal, options, deadline).solve()
    solution = _joined(setup, bundle.best, joined, options, began, deadline)
    plan = _better(program, None, joined.shares)
    if solution.termination is Termination.GAP_PROVEN or not _for_core(program, plan, deadline):
        return solution
    return _by_core(setup, bundle.best, plan, options, progress, deadline)


def _joined(
    setup: Setup, best: Raised, joined: Joined, options: SolveOptions, began: float, deadline: float
) -> Solution:
    """Return the Solution of land and network together; the better of both bounds counts."""
    program, seconds = setup.pricing.program, time.perf_counter() - began
    found = _better(program, None, joined.shares)
    solution = _solution(setup, best, found, options, seconds, deadline)
    if joined.bound <= best.bound:
        return solution
    if found is None:
        return replace(solution, bound=joined.bound, bound_by="master")
    bound = min(joined.bound, found.objective)
    ended = Termination.GAP_PROVEN if _proven(found, bound, options.gap) else solution.termination
    return replace(solution, termination=ended, bound=bound, bound_by="master")


def _free_land(
    program: Program, setup: Setup, raised: Raised, options: SolveOptions, progress: Progress, deadline: float
) -> Solution | None:
    """Return a plan with all columns beside the land at their best, where land costs nothing; None where none is."""
    least = least_beside(program)
    if least is None or raised.bound > least + options.gap * max(abs(least), LEAST_BASE):
        return None
    left = replace(options, gap=ROUGH, time_limit_s=deadline - time.perf_counter(), multipliers=None, start=None)
    plan = solve(spared(program), left, progress)
    if plan.shares is None:
        return None
    objective = float(program.cost @ plan.shares)
    return Solution(
        termination=Termination.GAP_PROVEN,
        method=NAME,
        shares=plan.shares,
        objective=objective,
        bound=min(raised.bound, objective),
        bound_by="dual",
        base=departure_base(program, plan.shares),
        duals=setup.pricing.multipliers(raised.y),
    )


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
    return found is not None and within(found.objective, bound, gap, found.base)


def _stuck(before: Found | None, found: Found | None, bound: float) -> bool:
    """Whether a round closed too little of what was open for another to be worth its time."""
    if before is None or found is None:
        return False
    return before.objective - found.objective <= WORTH * (before.objective - bound)


def _for_core(program: Program, found: Found | None, deadline: float) -> bool:
    """Whether `core` goes on: it branches on small Programs, and looks for a plan of larger ones that have none."""
    if time.perf_counter() > deadline:
        return False
    if found is None and len(program.moves) <= LARGEST:
        return True
    return len(program.moves) <= SMALL and int(program.integer.sum()) <= SMALL_WHOLE


def _by_core(
    setup: Setup, best: Raised, found: Found | None, options: SolveOptions, progress: Progress, deadline: float
) -> Solution:
    """Let `core` finish: it branches, and proves where no plan is; the better bound and plan count."""
    start = options.start if found is None else found.shares
    left = replace(options, time_limit_s=max(deadline - time.perf_counter(), 0.0), start=start)
    other = replace(core.solve(setup.pricing.program, left, progress), method=NAME)
    if other.bound is None or best.bound > other.bound:
        by_prices = replace(other, bound=best.bound, bound_by="dual", duals=setup.pricing.multipliers(best.y))
    else:
        by_prices = other
    if other.termination is Termination.GAP_PROVEN or found is None:
        found = None if other.objective is None else Found(other.require_shares(), other.objective, other.base)
    else:
        found = _better(setup.pricing.program, found, other.shares)
    if found is None:
        return other if other.termination in NOTHING else by_prices
    assert by_prices.bound is not None
    bound = min(by_prices.bound, found.objective)
    ended = Termination.TIME_LIMIT if time.perf_counter() > deadline else Termination.GIVEN_UP
    return replace(
        by_prices,
        termination=Termination.GAP_PROVEN if _proven(found, bound, options.gap) else ended,
        shares=found.shares,
        objective=found.objective,
        bound=bound,
        base=found.base,
    )


def _base_of(program: Program, bundle: Bundle) -> Callable[[Raised], float]:
    """Return what a gap is relative to before there is a plan: the cost that the best answers move, or the bound."""
    least = LEAST_BASE * bundle.ceiling

    def base(best: Raised) -> float:
        return max(abs(best.bound), least) if program.gap_base == "objective" else max(best.at.moved, 1.0)

    return base


def _tolerance(gap: float, part: float, base: Callable[[Raised], float]) -> Callable[[Raised], float]:
    def allowed(best: Raised) -> float:
        return part * gap * base(best)

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
    ended = Termination.TIME_LIMIT if time.perf_counter() > deadline else Termination.GIVEN_UP
    if found is None:
        return Solution(ended, NAME, bound=best.bound, bound_by="dual", duals=duals, seconds=times)
    bound = min(best.bound, found.objective)
    proven = _proven(found, bound, options.gap)
    return Solution(
        termination=Termination.GAP_PROVEN if proven else ended,
        method=NAME,
        shares=found.shares,
        objective=found.objective,
        bound=bound,
        bound_by="dual",
        base=found.base,
        duals=duals,
        seconds=times,
    )
