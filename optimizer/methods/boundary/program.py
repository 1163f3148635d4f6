"""Programs with borders that count: minimum cuts where the graph says it all, else the whole to HiGHS.

Multipliers and cuts come first, then branching. Where shares may change, multipliers and flows prove the same bound,
and a plan of whole zones is as good as any that comes within the gap of it; branching would prove nothing there. A
small Program that multipliers do not settle is sooner settled by HiGHS.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from optimizer.methods import direct
from optimizer.methods.boundary.engine import BoundaryResult, solve_boundary
from optimizer.methods.boundary.graph import Graph, graph_of
from optimizer.results.solution import Solution, Termination, departure_base, within

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from formulations.program import Program
    from optimizer.progress import Progress
    from optimizer.results.solution import Note, SolveOptions

NAME = "decompose"

FIRST_GAP = 1e-2
"""Gap of the first attempt, which tells how much cost a plan moves."""

SAFETY = 0.9
"""Part of the allowed gap that is asked, since the plan may move less cost than the one before."""

ATTEMPTS = 2
"""Attempts after the first two, with branching where that pays."""

SMALL = 1_000_000
"""Columns up to which HiGHS proves sooner than branching what multipliers leave open; it is given nothing larger."""

MOST_BRANCHED = 200_000
"""Nodes of the graph up to which branching raises the bound in time that anybody waits."""

NO_PLAN_NEAR: Note = {
    "zh": "乘子所选附近没有找到可行方案",
    "en": "no plan was found near what multipliers choose",
}

NOT_PROVEN: Note = {
    "zh": "乘子与图割未能证明所求误差",
    "en": "multipliers and cuts did not prove the gap",
}

FEW_UNITS, LEAST_UNITS = 5_000, 1_000
"""Planning units up to which HiGHS, started from a plan near the multipliers, may prove sooner than branching here."""

WIDE_GAP = 5e-3
"""Gap of the multipliers from which branching pays from `LEAST_UNITS` units; below it HiGHS is sooner."""

ROUND_OFF = 1e-9
"""Part of the cost moved by which two bounds may differ and be the same."""


@dataclass(frozen=True)
class _Found:
    """A plan, its objective and base, and the proof so far: the best bound, and the one that multipliers prove."""

    shares: NDArray[np.float64]
    objective: float
    base: float
    bound: float
    root: BoundaryResult

    def proven(self, gap: float) -> bool:
        """Whether a gap relative to the base is proven."""
        return within(self.objective, self.bound, gap, self.base)


def solve(program: Program, options: SolveOptions, progress: Progress) -> Solution:
    """Solve a Program with borders; where it goes to HiGHS instead, a note in the Solution says why."""
    began = time.perf_counter()
    deadline = began + options.time_limit_s
    progress.stage("graph")
    graph = graph_of(program)
    if not isinstance(graph, Graph):
        return _directly(program, options, progress, deadline, graph)
    found = _search(graph, options, progress, deadline)
    if found is None and time.perf_counter() > deadline:
        return Solution(Termination.TIME_LIMIT, NAME, seconds={"solve": time.perf_counter() - began})
    if found is None:
        return _directly(program, options, progress, deadline, NO_PLAN_NEAR)
    own = _solution(graph, found, options, time.perf_counter() - began)
    if own.termination is Termination.GAP_PROVEN or time.perf_counter() > deadline:
        return own
    if program.n_columns > SMALL:
        return replace(own, termination=Termination.GIVEN_UP, notes=(*own.notes, NOT_PROVEN))
    other = _directly(program, replace(options, start=found.shares), progress, deadline, NOT_PROVEN)
    return _joined(graph, found, other, options, time.perf_counter() - began)


def _joined(graph: Graph, found: _Found, other: Solution, options: SolveOptions, seconds: float) -> Solution:
    """Return the better plan with the better bound; one that multipliers prove is better where it is enough."""
    if other.shares is not None and other.objective is not None and other.objective < found.objective:
        found = replace(found, shares=other.shares, objective=other.objective, base=other.base)
    own = replace(_solution(graph, found, options, seconds), notes=other.notes)
    if found.proven(options.gap) or other.bound is None or other.bound <= found.bound:
        return own
    proven = found.objective - other.bound <= options.gap * found.base
    return replace(
        own,
        termination=Termination.GAP_PROVEN if proven else other.termination,
        method=other.method,
        bound=min(other.bound, found.objective),
        bound_by=other.bound_by or "highs",
        duals=other.duals,
    )


def _directly(program: Program, options: SolveOptions, progress: Progress, deadline: float, why: Note) -> Solution:
    """Solve by `direct` in the time that is left, and say why."""
    left = replace(options, time_limit_s=max(deadline - time.perf_counter(), 0.0))
    solution = direct.solve(program, left, progress)
    note: Note = {"zh": f"改由 {direct.NAME} 求解：{why['zh']}", "en": f"solved by {direct.NAME}: {why['en']}"}
    return replace(solution, notes=(*solution.notes, note))


def _search(graph: Graph, options: SolveOptions, progress: Progress, deadline: float) -> _Found | None:
    """Find a plan, then prove the gap relative to what it moves; again where a better one moves less.

    A gap relative to the objective is the engine's own: one attempt does.
    """
    start = graph.start(options.multipliers)
    found: _Found | None = None
    alone = graph.program.gap_base == "objective"
    gap, gap_abs = options.gap if alone else max(options.gap, FIRST_GAP), 0.0
    nodes = graph.problem.nodes
    large = nodes >= (LEAST_UNITS if alone else 0) and (alone or graph.program.n_columns > SMALL)
    grown = graph.whole and graph.problem.layers == 1 and large and nodes <= MOST_BRANCHED
    attempts = (grown,) if nodes >= FEW_UNITS or not grown else (False, True)
    for branching in attempts if alone else (False, False, *ATTEMPTS * (grown,)):
        if alone and found is not None and found.objective - found.bound < WIDE_GAP * found.base:
            break
        result = solve_boundary(
            graph.problem,
            gap=gap,
            time_limit_s=deadline - time.perf_counter(),
            seed=options.seed,
            threads=options.cores,
            progress=progress,
            start=start,
            gap_abs=gap_abs,
            branching=branching,
        )
        found = _better(graph, found, result)
        if found is None or found.proven(options.gap) or time.perf_counter() > deadline:
            break
        start = found.root.multipliers
        gap_abs = SAFETY * options.gap * found.base
        gap = gap_abs / max(abs(found.objective), abs(found.root.root_bound), gap_abs)
    return found


def _better(graph: Graph, found: _Found | None, result: BoundaryResult) -> _Found | None:
    """Join a result to what was found before."""
    bound, root = result.bound, result
    if found is not None:
        bound = max(bound, found.bound)
        root = result if result.root_bound >= found.root.root_bound else found.root
    if result.options is None or (found is not None and result.objective >= found.objective):
        return None if found is None else replace(found, bound=bound, root=root)
    shares = graph.shares(result.options)
    objective = float(graph.program.cost @ shares)
    return _Found(shares, objective, departure_base(graph.program, shares), bound, root)


def _solution(graph: Graph, found: _Found, options: SolveOptions, seconds: float) -> Solution:
    """Return what was found; the bound is that of the multipliers where it proves the gap or nothing proves more."""
    root = found.root.root_bound
    by_root = root >= found.bound - ROUND_OFF * found.base or found.objective - root <= options.gap * found.base
    proven = found.proven(options.gap)
    return Solution(
        termination=Termination.GAP_PROVEN if proven else Termination.TIME_LIMIT,
        method=NAME,
        shares=found.shares,
        objective=found.objective,
        bound=min(root if by_root else found.bound, found.objective),
        bound_by="dual" if by_root else "branch",
        base=found.base,
        duals=graph.multipliers(found.root.multipliers, found.root.flow),
        seconds={"solve": seconds},
    )
