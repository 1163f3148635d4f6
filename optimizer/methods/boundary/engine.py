"""Boundary problems of any size: dual by minimum cuts, plans near its choices, annealing, a core MIP, branching.

Each step is taken only while the gap asked is not proven.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from optimizer.methods.boundary import core
from optimizer.methods.boundary.branch import Tree
from optimizer.methods.boundary.cut import certify, price
from optimizer.methods.boundary.dual import Dual
from optimizer.methods.boundary.layers import cutter_of
from optimizer.methods.boundary.search import Search
from optimizer.progress import Progress, Silent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.methods.boundary.dual import Seen
    from optimizer.methods.boundary.problem import BoundaryProblem

DUAL_PART = 0.1
"""Part of the allowed gap that the dual may leave."""

MOST_PLANS = 12
"""Choices of the dual from which plans are made."""

PATIENCE = 2
"""Plans that may be no better than the best before a core follows."""

LOOSE = (0, 50, 100, 200, 400)
"""Nodes set loose beside those on which choices differ, in one core after the other."""

TRIALS, FEWEST_SWEEPS, MOST_SWEEPS = 2_500_000, 100, 1000
"""Changes that one annealing tries, and sweeps over all nodes that this comes to; with fewer it does not pay."""

PRICES = (2.0, 1.2)
"""What breaches cost while annealing, times their multipliers, in turn."""

ANNEALED = 8
"""Plans annealed before each core."""

ROUNDS = 2
"""Rounds of annealing and core before branching; the second only where the first found a better plan."""

CORE_PART = 0.2
"""Part of the time left that one core may take, and part of the time of branching that all of them may take.

None takes longer than all steps before it together: at a million units its LP alone may not end.
"""

LEAST_CORE_S = 2.0
"""Seconds that a core may always take."""

MANY = 5_000
"""Nodes from which choices of the dual lie near enough to good plans for a core of them to come before annealing."""

CORE_NODES = 40
"""Branch-and-bound nodes of a core."""

ENOUGH = 0.9
"""Part of the allowed gap at which a core ends, and which branching leaves unproven."""

POOL = 12
"""Plans kept, the best ones."""

PLANS = 4
"""Plans made after a dive and after splits."""

SPLITS, DIVE = 30, 15
"""Branches split between two attempts at better plans, and those split in a dive for one."""


@dataclass(frozen=True)
class Point:
    """The gap at a moment: seconds since the start, bound and objective (infinite where there is no plan yet)."""

    seconds: float
    bound: float
    objective: float


@dataclass(frozen=True)
class BoundaryResult:
    """The best plan, what is proven of it and what proves that.

    `options` is the option that each node takes and `sides` whether each site is in its set, (sites,), both None
    where no plan was found. `bound` holds for all choices; `multipliers` (rows,) and `flow` (edges,) prove
    `root_bound` by `cut.certify`, which is `bound` where nothing was branched.
    """

    options: NDArray[np.int32] | None
    sides: NDArray[np.bool_] | None
    objective: float
    bound: float
    root_bound: float
    multipliers: NDArray[np.float64]
    flow: NDArray[np.float64]
    cuts: int
    history: tuple[Point, ...] = field(default=())

    @property
    def gap(self) -> float:
        """Distance of objective and bound relative to the objective; infinite where there is no plan."""
        if not np.isfinite(self.objective):
            return np.inf
        return max(self.objective - self.bound, 0.0) / max(abs(self.objective), 1e-12)


def solve_boundary(
    problem: BoundaryProblem,
    gap: float = 1e-3,
    time_limit_s: float = np.inf,
    seed: int = 0,
    threads: int = 1,
    progress: Progress | None = None,
    start: NDArray[np.float64] | None = None,
    gap_abs: float = 1e-9,
    branching: bool = True,
) -> BoundaryResult:
    """Solve until `gap`, relative to the objective, or `gap_abs` is proven, or the time is over.

    `start` are multipliers to begin with, those of an earlier solve of nearly the same problem. Without `branching`
    it ends with the dual, the plans near its choices, where there are any, and a core of what these leave open; with
    several layers it ends with the plans.
    """
    run = _Run(problem, gap, gap_abs, time_limit_s, seed, threads)
    progress = progress or Silent()
    progress.stage("dual")
    run.raise_dual(start)
    steps = [("plans", run.make_plans)]
    if problem.layers == 1:
        steps += [("core", run.recombine), *[("branch", run.branch)] * branching]
    for name, step in steps:
        if run.enough(run.bound) or run.late:
            break
        progress.stage(name)
        step()
    return run.result()


class _Run:
    """One solve: the dual, the plans found so far and the clock."""

    def __init__(
        self, problem: BoundaryProblem, gap: float, gap_abs: float, time_limit_s: float, seed: int, threads: int
    ):
        self._problem, self._gap, self._gap_abs, self._seed, self._threads = problem, gap, gap_abs, seed, threads
        self._began = time.perf_counter()
        self._deadline = self._began + time_limit_s
        self._search = Search(problem)
        self._pool: list[tuple[float, NDArray[np.int32]]] = []
        self._history: list[Point] = []
        self._cores = self._annealed = 0
        self._core_seconds = 0.0
        self.bound = -np.inf

    @property
    def late(self) -> bool:
        """Whether the time is over."""
        return time.perf_counter() >= self._deadline

    @property
    def objective(self) -> float:
        """Objective of the best plan, infinite where there is none."""
        return self._pool[0][0] if self._pool else np.inf

    def enough(self, bound: float) -> bool:
        """Whether a bound proves the gap asked."""
        return bool(self._pool) and self.objective - bound <= self._allowed

    @property
    def _allowed(self) -> float:
        """Distance of objective and bound that is asked."""
        return max(self._gap * abs(self.objective), self._gap_abs)

    def _note(self, bound: float | None = None) -> None:
        self.bound = max(self.bound, min(self.objective, -np.inf if bound is None else bound))
        self._history.append(Point(time.perf_counter() - self._began, self.bound, self.objective))

    def _keep(self, found: tuple[NDArray[np.int32], float] | None) -> None:
        """Add a plan to the pool."""
        if found is None:
            return
        options, objective = found
        best = objective < self.objective - 1e-9 * max(abs(objective), 1.0)
        if all((options != other).any() for _, other in self._pool):
            self._pool.append((objective, options))
            self._pool.sort(key=lambda plan: plan[0])
            del self._pool[POOL:]
        if best:
            self._note()

    def raise_dual(self, start: NDArray[np.float64] | None) -> None:
        """Raise the dual nearly as far as it goes."""
        self._dual = Dual(self._problem, cutter_of(self._problem), start)
        self._dual.raise_to(DUAL_PART * self._gap, self._deadline)
        self._note(self._dual.bound)

    def make_plans(self) -> None:
        """Make plans from the choices of the dual."""
        since = 0
        for seen in self._dual.choices()[:MOST_PLANS]:
            if self.late or self.enough(self.bound) or (since >= PATIENCE and self._problem.layers == 1):
                return
            before = self.objective
            self._keep(self._search.plan(seen.options, self._dual.multipliers))
            since = 0 if self.objective < before else since + bool(self._pool)

    def _solve_core(self, dual: Dual, choices: list[Seen]) -> None:
        """Choose regions of nodes anew, starting from the best plan."""
        problem, plan = self._problem, self._pool[0][1]
        known = [options for _, options in self._pool] + [seen.options for seen in choices]
        loose = LOOSE[min(self._cores, len(LOOSE) - 1)]
        self._cores += 1
        region = core.regions(problem, known, core.loosest(dual.best.reduced, loose))
        if region.max() < 0:
            return
        priced = price(problem, dual.multipliers)
        other = np.where(problem.sides(plan), priced.best_out, priced.best_in)
        other = np.where(other < 0, plan, other)
        began, allowed = time.perf_counter(), self._allowed
        seconds = min(CORE_PART * (self._deadline - began), max(began - self._began, LEAST_CORE_S))
        enough = self.bound + ENOUGH * allowed
        found = core.rechosen(problem, plan, other, region, 0.1 * allowed, enough, seconds, CORE_NODES, self._seed)
        self._core_seconds += time.perf_counter() - began
        if found is not plan:
            self._keep(self._search.plan(found, dual.multipliers))

    def recombine(self) -> None:
        """Choose anew where choices of the dual and annealed plans differ, while that helps."""
        if self._problem.nodes >= MANY and self._pool:
            self._solve_core(self._dual, self._dual.choices()[:POOL])
        sweeps = min(TRIALS // max(self._problem.nodes, 1), MOST_SWEEPS)
        for _ in range(ROUNDS if sweeps >= FEWEST_SWEEPS else 0):
            before = self.objective
            self._anneal(sweeps)
            if self._pool and self._goes_on():
                self._solve_core(self._dual, [])
            if self.objective == before:
                return

    def _goes_on(self) -> bool:
        return not (self.late or self.enough(self.bound))

    def _anneal(self, sweeps: int) -> None:
        """Anneal a few plans from choices of the dual."""
        choices = self._dual.choices()[:ANNEALED]
        for _ in range(ANNEALED):
            if not self._goes_on():
                return
            start = choices[self._annealed % len(choices)].options
            price = PRICES[self._annealed % len(PRICES)]
            seed = self._seed + self._annealed
            self._annealed += 1
            self._keep(self._search.annealed(start, self._dual.multipliers, price, sweeps, seed))

    def branch(self) -> None:
        """Split the problem until the gap is proven, looking for better plans on the way."""
        tree = Tree(self._problem, self._dual, self._threads)
        began, self._core_seconds = time.perf_counter(), 0.0
        while not self.late and not self.enough(self.bound):
            before = self.objective
            dived = self._grow(tree, DIVE, dive=True)
            self._plans_of(dived[-PLANS:])
            met = sorted(self._grow(tree, SPLITS, dive=False), key=lambda dual: dual.bound)
            self._plans_of(met[:PLANS])
            if not dived and not met:
                return
            spare = self._core_seconds <= CORE_PART * (time.perf_counter() - began)
            if self.objective == before and spare and met and self._pool and self._goes_on():
                self._solve_core(met[0], [dual.choices()[0] for dual in met[:POOL]] + self._dual.choices()[:POOL])

    def _grow(self, tree: Tree, splits: int, dive: bool) -> list[Dual]:
        """Split branches; the tree's bound holds once the plans of decided branches are kept."""
        cutoff = self.objective - ENOUGH * self._allowed if self._pool else np.inf
        met = tree.grow(splits, cutoff, self.enough, self._deadline, dive)
        for decided in tree.decided:
            self._keep(self._search.plan(decided.options, decided.multipliers))
        tree.decided.clear()
        self._note(tree.bound)
        return met

    def _plans_of(self, duals: list[Dual]) -> None:
        for dual in duals:
            if self.late or self.enough(self.bound):
                return
            self._keep(self._search.plan(dual.choices()[0].options, dual.multipliers))

    def result(self) -> BoundaryResult:
        """Return what was found; the bound is evaluated again from multipliers and flow."""
        dual, problem = self._dual, self._problem
        root = certify(problem, dual.multipliers, dual.best.flow)
        options = self._pool[0][1] if self._pool else None
        return BoundaryResult(
            options=options,
            sides=None if options is None else problem.sides(options),
            objective=self.objective,
            bound=min(max(self.bound, root), self.objective),
            root_bound=root,
            multipliers=dual.multipliers,
            flow=dual.best.flow,
            cuts=dual.cuts,
            history=tuple(self._history),
        )
