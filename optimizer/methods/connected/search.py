"""Branch and cut over what hangs together: relaxations with separating rows, plans, and regions that split branches.

Every bound on the way holds for the Program as a whole: that of a branch is what the multipliers of its relaxation
prove, and the least over open branches and those that were closed for their bound is the bound of all.
"""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from formulations.merge import merge
from optimizer.methods import highs
from optimizer.methods.connected.decide import SPLIT, decision_of
from optimizer.methods.connected.graph import HALF, graph_of
from optimizer.methods.connected.model import Model
from optimizer.methods.connected.plain import Plain, anneal, plain_of
from optimizer.methods.connected.regions import require
from optimizer.methods.connected.rooted import Rooted
from optimizer.methods.connected.shaped import shaped
from optimizer.methods.connected.starts import joined, large
from optimizer.results.solution import LEAST_BASE, Solution, Termination, cost_moved, departure_base, tidy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Program
    from optimizer.methods.connected.graph import Graph
    from optimizer.methods.connected.model import Decision
    from optimizer.progress import Progress
    from optimizer.results.solution import SolveOptions

NAME = "connected"

SAFETY = 0.98
"""Part of the allowed gap at which a branch is closed."""

FIRST_PART, PLAN_PART, LATER_PART = 0.12, 0.12, 0.05
"""Parts of the time left for the first plan, the second, and each further search."""

FIRST_STEPS, LONGEST = 8_000, 4
"""Steps of annealing for each node in the first search for a plan, and how many times as many later ones have."""

RATE = 500_000
"""Steps of one run of annealing for each second that a search for a plan has."""

ROOT_PART = 0.5
"""Part of the time left for rounds of the first relaxation."""

SMALL = 0.05
"""Part of the nodes up to which a region that every good plan enters holds all roots."""

ORDERED = 5
"""Nodes that lead the order of roots where there is no such region."""

TOWARDS, STRAIGHT, FEW_CUTS = 0.3, 5, 5
"""Rows are sought halfway between a point and the mean of points so far, which moves so far towards it; at the point
itself every so many rounds, and where fewer rows were found."""

LITTLE = 0.01
"""Relative rise of the bound after which regions are sought again."""

STALLED, VAIN = 2e-4, 6
"""Relative rise of the bound below which a round counts as vain, and vain rounds after which they end."""

BRANCH_ROUNDS, BRANCH_RISE = 12, 5e-4
"""Rounds of a branch, and the relative rise below which they end."""

ROUND_OFF = 1e-8
"""Distance of bound and plan, relative to the objective, that is none."""

LOOK_EVERY = 25
"""Branches between two searches for a plan."""


@dataclass(frozen=True)
class Branch:
    """Decisions taken so far, upwards or not."""

    decisions: tuple[tuple[Decision, bool], ...] = ()


class Search:
    """The search for one Program; it works on the Program with alike land merged."""

    def __init__(self, program: Program, options: SolveOptions, progress: Progress) -> None:
        self._began = time.perf_counter()
        self._deadline = self._began + options.time_limit_s
        self._program, self._options, self._progress = program, options, progress
        self._merged = merge(program)
        self._small = replace(self._merged.program, connected=())
        self._own = self._small.matrix()
        self._graphs = tuple(graph_of(demand, self._own.upper) for demand in self._merged.program.connected)
        self._plain: Plain | None = plain_of(self._small, self._own, self._graphs)
        self._plan: NDArray[np.float64] | None = None
        self._objective = np.inf
        self._bound = -np.inf
        self._duals: NDArray[np.float64] | None = None
        self._looks = 0
        self._given_up = np.inf

    def run(self) -> Solution:
        """Relax, plan, tighten, plan again, branch; until the gap is proven or the time is over."""
        try:
            return self._ended(self._searched())
        except KeyboardInterrupt:
            return self._ended(Termination.INTERRUPTED)

    def _searched(self) -> Termination:
        self._progress.stage("relaxation")
        solver = highs.load(self._own, integers=False)
        highs.configure(solver, self._options, self._time_left())
        relaxed = highs.run(solver)
        if highs.is_infeasible(relaxed):
            return Termination.INFEASIBLE
        if relaxed.status == highs.Status.kUnbounded:
            return Termination.UNBOUNDED
        if relaxed.values is None or relaxed.duals is None:
            return Termination.TIME_LIMIT
        self._duals = relaxed.duals
        self._bound = highs.dual_bound(self._own, relaxed.duals)
        self._progress.stage("plan")
        self._look(relaxed.values, FIRST_PART)
        if self._done():
            return Termination.GAP_PROVEN
        self._progress.stage("relaxation with separating rows")
        return self._branched(self._modelled(relaxed.values))

    def _modelled(self, values: NDArray[np.float64]) -> Model:
        """Return the relaxation with roots: in a small region that every good plan enters, else in order."""
        model = Model(self._own, self._graphs, rooted=True)
        self._required(model, values)
        if all(len(_region(tree)) <= SMALL * len(tree.graph) for tree in model.trees if isinstance(tree, Rooted)):
            for tree in model.trees:
                if isinstance(tree, Rooted):
                    region = _region(tree)
                    model.lead(tree, _ranked(tree.graph, values, region), alone=True)
            return model
        self._given_up = np.inf
        model = Model(self._own, self._graphs, rooted=False)
        for tree in model.trees:
            if tree.graph.demand.most == 1:
                model.lead(tree, _ranked(tree.graph, values, np.arange(len(tree.graph)))[:ORDERED], alone=False)
        return model

    def _required(self, model: Model, values: NDArray[np.float64]) -> int:
        """Ask for regions that every good plan enters, where a plan must be one piece; return how many were new."""
        count = 0
        for tree in model.trees:
            if self._plan is not None and isinstance(tree, Rooted):
                new, bound = require(model, tree, values, self._cutoff(), self._options, self._deadline)
                self._given_up, count = min(self._given_up, bound), count + new
        return count

    def _time_left(self) -> float:
        return self._deadline - time.perf_counter()

    def _allowed(self, part: float) -> float:
        """Return the distance from the bound at which a plan counts as proven, times a part of the asked gap."""
        if self._plan is None:
            return 0.0
        none = ROUND_OFF * max(abs(self._objective), 1.0)
        return max(part * self._options.gap * departure_base(self._small, self._plan), none)

    def _done(self) -> bool:
        return self._plan is not None and self._objective - self._bound <= self._allowed(1.0)

    def _cutoff(self) -> float:
        """Return the bound from which a branch needs no further look."""
        return self._objective - self._allowed(SAFETY)

    def _closed(self, bound: float) -> bool:
        return bound >= self._cutoff()

    def _keep(self, values: NDArray[np.float64]) -> bool:
        """Keep a plan that is lawful and the best so far; tell whether it is lawful."""
        values = np.where(self._own.integer, np.round(values), values)
        if not all(graph.is_lawful(values) for graph in self._graphs):
            return False
        objective = float(self._own.cost @ values)
        if objective < self._objective:
            self._plan, self._objective = values, objective
        return True

    def _look(self, values: NDArray[np.float64], part: float) -> None:
        """Look for a plan near a point of the relaxation, and near the best plan."""
        seconds = part * self._time_left()
        if seconds <= 0:
            return
        assert self._duals is not None
        until, seed = time.perf_counter() + seconds, self._options.seed + 10_000 * self._looks
        self._looks += 1
        if self._plain is None:
            found = shaped(self._own, self._graphs, values[: len(self._own.cost)], self._plan, self._options, until)
            if found is not None:
                self._keep(found)
            return
        plain, point = self._plain, values[self._plain.column]
        steps = FIRST_STEPS * len(plain.graph) * (LONGEST if self._looks > 1 else 1)
        # by the time asked for, not the time left: the same steps on any machine
        steps = int(min(steps, RATE * part * self._options.time_limit_s)) + 1
        starts = [self._near(point > HALF, point), None if self._plan is None else self._plan[plain.column] > HALF]
        best = anneal(plain, starts, self._duals[: self._small.n_rows], steps, seed, until)
        if best is not None:
            self._keep(plain.values(best, len(self._own.cost)))

    def _near(self, chosen: NDArray[np.bool_], point: NDArray[np.float64]) -> NDArray[np.bool_] | None:
        """Return lawful pieces near chosen nodes of the relaxation; None where they miss a node that must be there."""
        plain = self._plain
        assert plain is not None
        assert self._duals is not None
        price = np.maximum(plain.price(self._duals[: self._small.n_rows]), 0.0)
        found = chosen | plain.locked
        if np.isfinite(plain.most):
            found = joined(plain.graph, found, price * (1.0 - point), plain.most)
        if plain.least > 0:
            found = large(plain.graph, found, plain.size, plain.least)
        return None if (plain.locked & ~found).any() or not found.any() else found

    def _branched(self, model: Model) -> Termination:
        """Tighten and split branches, least bound first."""
        open_: list[tuple[float, int, Branch]] = [(self._bound, 0, Branch())]
        made, seen = 1, 0
        while open_:
            bound, _, branch = heapq.heappop(open_)
            least = min(bound, self._given_up)
            self._raise(least)
            if self._done():
                return Termination.GAP_PROVEN
            if self._closed(bound):
                self._given_up = min(self._given_up, bound)
                continue
            if self._time_left() <= 0:
                return Termination.TIME_LIMIT
            values, reached, lawful = self._tightened(
                model, branch, bound, min((self._given_up, *(o[0] for o in open_[:1])))
            )
            seen += 1
            if values is None:
                if reached == np.inf:
                    continue
                self._given_up = min(self._given_up, max(bound, reached))
                continue
            if lawful or self._closed(reached):
                self._given_up = min(self._given_up, reached)
                continue
            if seen % LOOK_EVERY == 0:
                self._look(values, LATER_PART)
            decision = decision_of(model, values)
            if decision is None:
                self._given_up = min(self._given_up, reached)
                continue
            for taken in (True, False):
                heapq.heappush(open_, (reached, made, Branch((*branch.decisions, (decision, taken)))))
                made += 1
        self._raise(self._given_up)
        if self._plan is None:
            return Termination.INFEASIBLE if self._given_up == np.inf else Termination.TIME_LIMIT
        return Termination.GAP_PROVEN if self._done() else Termination.TIME_LIMIT

    def _raise(self, bound: float) -> None:
        none = ROUND_OFF * max(abs(self._objective), 1.0) if self._plan is not None else 0.0
        self._bound = max(self._bound, self._objective if bound >= self._objective - none else bound)

    def _tightened(
        self, model: Model, branch: Branch, bound: float, others: float
    ) -> tuple[NDArray[np.float64] | None, float, bool]:
        """Return the last point of a branch, its bound, and whether the point is a lawful plan.

        There is no point where the branch is empty, of infinite bound, or the time is over.
        """
        root = not branch.decisions
        until = min(self._deadline, time.perf_counter() + ROOT_PART * self._time_left()) if root else self._deadline
        best, vain, round_, values, looked = bound, 0, 0, None, -np.inf
        mean: NDArray[np.float64] | None = None
        while True:
            answer, proven = model.solve(self._options, self._deadline, branch.decisions, self._cutoff())
            if highs.is_infeasible(answer):
                return None, np.inf, False
            if answer.values is None or proven is None or answer.status != highs.Status.kOptimal:
                return values, best if proven is None else max(best, proven), False
            rise, values, round_ = proven - best, answer.values, round_ + 1
            best = max(best, proven)
            if root:
                self._duals = answer.duals
                self._raise(min(best, others, self._given_up))
            if self._closed(best) or self._done():
                return values, best, False
            if self._is_whole(values) and self._keep(values[: len(self._own.cost)]):
                return values, best, True
            scale = max(abs(best), LEAST_BASE)
            vain = vain + 1 if rise < (STALLED if root else BRANCH_RISE) * scale else 0
            if root:
                model.purge(values)
                mean = values if mean is None else (1 - TOWARDS) * mean + TOWARDS * values
            cuts = model.cut((values + mean) / 2) if mean is not None and round_ % STRAIGHT else 0
            cuts = model.cut(values) if cuts < FEW_CUTS else cuts
            if root and looked < best and (vain >= VAIN or not cuts):
                looked = best + LITTLE * abs(best)
                if self._required(model, values):
                    vain = 0
                    continue
            ended = vain >= VAIN if root else round_ >= BRANCH_ROUNDS or (vain > 0 and round_ > 1)
            if not cuts or time.perf_counter() > until or (ended and not self._is_whole(values)):
                break
        if root:
            self._look(values, PLAN_PART)
        return values, best, False

    def _is_whole(self, values: NDArray[np.float64]) -> bool:
        own = values[: len(self._own.cost)]
        return bool((np.abs(own - np.round(own))[self._own.integer] <= SPLIT).all())

    def _ended(self, termination: Termination) -> Solution:
        """Return the Solution of the best plan and bound."""
        merged, program, rows = self._merged, self._program, self._small.n_rows
        duals = None if self._duals is None else merged.expand_duals(self._duals[:rows])
        bound = float(self._bound) if np.isfinite(self._bound) else None
        seconds = {"solve": time.perf_counter() - self._began}
        if self._plan is None:
            none = termination in (Termination.INFEASIBLE, Termination.UNBOUNDED)
            return Solution(termination, NAME, bound=None if none else bound, duals=duals, seconds=seconds)
        shares = tidy(program, merged.expand(tidy(self._small, self._plan)))
        objective = float(program.cost @ shares)
        if bound is not None and bound > objective + 1e-6 * cost_moved(program, shares):
            raise ArithmeticError(f"the bound {bound!r} lies above the plan of {objective!r}")
        return Solution(
            termination=termination,
            method=NAME,
            shares=shares,
            objective=objective,
            bound=None if bound is None else min(bound, objective),
            bound_by="branch",
            base=departure_base(program, shares),
            duals=duals,
            seconds=seconds,
        )


def _region(tree: Rooted) -> NDArray[np.int64]:
    """Return the smallest region that every good plan enters, all nodes where none is known."""
    regions = [tree.regions[number] for number in sorted(tree.required)]
    return min(regions, key=len, default=np.arange(len(tree.graph)))


def _ranked(graph: Graph, values: NDArray[np.float64], nodes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return nodes, those that a point chooses first."""
    return nodes[np.argsort(-(graph.incidence @ values)[nodes], kind="stable")]
