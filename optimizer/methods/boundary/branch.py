"""Branching on nodes: best bound first, each branch bounded by the dual with some nodes held in or out.

A branch starts from its parent's multipliers and from those of its choices that are still allowed, so it takes a
few minimum cuts. It splits on a node of a region over which the dual's choices disagree: what neighbours it follows at
these prices, so whole patches are decided at once. In small problems the region is the one of several that raises the
bound most: tried where nothing is known of it, else estimated from what splits of its nodes gained before.

Source: Achterberg, Koch and Martin (2005), Branching rules revisited (reliability branching).
"""

from __future__ import annotations

import heapq
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from optimizer.methods.boundary.core import regions
from optimizer.methods.boundary.cut import Cutter, price
from optimizer.methods.boundary.dual import Dual, Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from optimizer.methods.boundary.problem import BoundaryProblem

CUTS = 20
"""Minimum cuts a branch may take."""

LAST_CUTS = 200
"""Minimum cuts of a branch whose choices all agree."""

KNOWN = 16
"""Choices that a branch hands on."""

PART = 5e-5
"""Forecast rise, relative, at which a branch is bounded well enough."""

REACH = 0.01
"""Box around the parent's multipliers, in typical prices."""

CANDIDATES, SMALL = 8, 5_000
"""Regions among which a split is chosen, and the nodes up to which this is worth its cuts; beyond, the largest is."""

LEAST_SHARE, LEAST_GAIN = 0.02, 1e-5
"""Least share of choices that a gain is divided by, and least gain, relative to the bound, that counts in a product."""


@dataclass(frozen=True)
class Candidate:
    """A region to split on: nodes that all choices take together, and the share of choices that have them in."""

    nodes: NDArray[np.intp]
    share: float

    @property
    def node(self) -> int:
        """The node that is held."""
        return int(self.nodes[len(self.nodes) // 2])

    def moved(self, side: int) -> float:
        """Return the share of choices that holding the node on a side excludes."""
        return max(1.0 - self.share if side else self.share, LEAST_SHARE)


class Gains:
    """What splits gained so far, by side and node, (2, nodes): rises of the bound per share of choices excluded."""

    def __init__(self, nodes: int):
        self._total, self._times = np.zeros((2, nodes)), np.zeros((2, nodes))

    def learn(self, candidate: Candidate, side: int, gain: float) -> None:
        """Remember the gain of holding a candidate's node on a side."""
        self._total[side, candidate.nodes] += gain / candidate.moved(side)
        self._times[side, candidate.nodes] += 1.0

    def knows(self, candidate: Candidate) -> bool:
        """Whether each node of a candidate was in a split."""
        return bool((self._times[:, candidate.nodes].sum(axis=0) > 0).all())

    def expected(self, candidate: Candidate, least: float) -> float:
        """Return the product of the gains expected of both sides, each `least` or more."""
        total = self._total[:, candidate.nodes].sum(axis=1)
        mean = total / np.maximum(self._times[:, candidate.nodes].sum(axis=1), 1.0)
        return float(np.prod([max(mean[side] * candidate.moved(side), least) for side in (0, 1)]))


@dataclass(frozen=True)
class Branch:
    """An open part of the problem: nodes held out (0) or in (1), its bound and regions to split on next, if any."""

    bound: float
    fixed: NDArray[np.int8]
    multipliers: NDArray[np.float64]
    known: tuple[Seen, ...]
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class Decided:
    """A branch whose nodes are all held: its choice at its multipliers."""

    options: NDArray[np.int32]
    multipliers: NDArray[np.float64]


class Tree:
    """Open branches, the least bound first.

    `decided` collects branches with every node held; where nodes have one option a side they leave the tree, so
    whoever grows it must take them up.
    """

    def __init__(self, problem: BoundaryProblem, root: Dual, threads: int):
        self._problem = problem
        self._cutters = [Cutter(problem) for _ in range(2)]
        self._threads = min(threads, 2)
        self._most = CANDIDATES if problem.nodes <= SMALL else 1
        self._gains = Gains(problem.nodes)
        self._heap: list[tuple[float, int, Branch]] = []
        self._count = 0
        self._left_over = np.inf
        self.decided: list[Decided] = []
        options = np.bincount(problem.node[problem.member[:, 0]], minlength=problem.nodes)
        self._one_each = bool(max(options.max(), (np.bincount(problem.node) - options).max()) <= 1)
        both = (options > 0) & (options < np.bincount(problem.node, minlength=problem.nodes))
        fixed = np.where(both, -1, np.where(options > 0, 1, 0)).astype(np.int8)
        self._push(self._branch(root, fixed, root.bound))

    @property
    def bound(self) -> float:
        """What all open branches prove together; the least cutoff, infinite without one, where none is open."""
        return min(self._heap[0][0] if self._heap else np.inf, self._left_over)

    def _push(self, branch: Branch) -> None:
        if not branch.candidates:
            priced = price(self._problem, branch.multipliers)
            options = np.where(branch.fixed == 1, priced.best_in, priced.best_out)
            self.decided.append(Decided(options, branch.multipliers))
            # With one option a side there is nothing left to choose: this is a plan, or none.
            if not self._one_each:
                self._left_over = min(self._left_over, branch.bound)
            return
        self._count += 1
        heapq.heappush(self._heap, (branch.bound, self._count, branch))

    def _branch(self, dual: Dual, fixed: NDArray[np.int8], floor: float) -> Branch:
        known = tuple(dual.choices()[:KNOWN])
        return Branch(max(dual.bound, floor), fixed, dual.multipliers, known, self._candidates(dual, fixed))

    def _candidates(self, dual: Dual, fixed: NDArray[np.int8]) -> tuple[Candidate, ...]:
        """Return the regions to split on, those that most choices split first; none where all nodes are held."""
        problem = self._problem
        weights, seen = dual.split()
        if seen:
            share = np.array(weights) @ np.array([problem.sides(s.options) for s in seen], float)
            split = np.minimum(share, 1.0 - share)
            split[(fixed >= 0) | (split < 1e-6)] = 0.0
            if split.any():
                region = regions(problem, [s.options for s in seen], np.zeros(problem.nodes, bool))
                members = np.flatnonzero((region >= 0) & (split > 0))
                sizes = np.bincount(region[members], split[members])
                order = np.argsort(-sizes, kind="stable")[: self._most]
                groups = [members[region[members] == k] for k in order[sizes[order] > 0]]
                return tuple(Candidate(group, float(share[group[len(group) // 2]])) for group in groups)
        free = np.flatnonzero(fixed < 0)
        return (Candidate(free[[np.argmin(np.abs(dual.best.reduced[free]))]], 0.5),) if len(free) else ()

    def _split(
        self, parent: Branch, run: Callable[..., Iterable[tuple[Branch, Dual]]], cutoff: float, deadline: float
    ) -> tuple[tuple[Branch, Dual], ...]:
        """Return both parts of a branch, split on the best of its candidates."""
        if len(parent.candidates) == 1:
            (only,) = parent.candidates
            return tuple(run(partial(self._child, parent, only, cutoff=cutoff, deadline=deadline), (0, 1)))
        least = LEAST_GAIN * abs(parent.bound)
        expected = {k: self._gains.expected(one, least) for k, one in enumerate(parent.candidates)}
        tried = [k for k in expected if not self._gains.knows(parent.candidates[k])]
        known = sorted(expected.keys() - set(tried), key=lambda k: (expected[k], -k))[-1:]
        best = -np.inf
        parts: tuple[tuple[Branch, Dual], ...] = ()
        for k in tried + known:
            if parts and ((k in known and expected[k] <= best) or time.perf_counter() > deadline):
                break
            candidate = parent.candidates[k]
            both = tuple(run(partial(self._child, parent, candidate, cutoff=cutoff, deadline=deadline), (0, 1)))
            # A part beyond the cutoff is left out, however far beyond.
            gains = [max(min(branch.bound, cutoff) - parent.bound, 0.0) for branch, _ in both]
            for side in (0, 1):
                self._gains.learn(candidate, side, gains[side])
            merit = float(np.prod(np.maximum(gains, least)))
            if merit > best:
                best, parts = merit, both
        return parts

    def _child(
        self, parent: Branch, candidate: Candidate, side: int, cutoff: float, deadline: float
    ) -> tuple[Branch, Dual]:
        problem, fixed = self._problem, parent.fixed.copy()
        fixed[candidate.node] = side
        held = fixed >= 0
        known = [s for s in parent.known if (problem.sides(s.options)[held] == fixed[held]).all()]
        dual = Dual(problem, self._cutters[side], parent.multipliers, fixed, REACH, known)
        dual.raise_to(PART, deadline, CUTS)
        if len(dual.split()[1]) < 2 and dual.bound < cutoff:
            dual.raise_to(0.0, deadline, LAST_CUTS)
        # What costs more than the cutoff on one side is on the other, in every plan below it.
        reduced, room = dual.best.reduced, cutoff - dual.bound
        fixed[(fixed < 0) & (reduced > room)] = 0
        fixed[(fixed < 0) & (reduced < -room)] = 1
        return self._branch(dual, fixed, parent.bound), dual

    def grow(
        self, splits: int, cutoff: float, enough: Callable[[float], bool], deadline: float, dive: bool = False
    ) -> list[Dual]:
        """Split the branches of least bound; stops where `enough(bound)`. Returns the duals of the new branches.

        Plans from `cutoff` on are left out, and the tree proves no bound beyond it: the objective of the best plan, or
        less by the gap allowed. A dive goes on with the better part of the branch just split instead of the best of
        all.
        """
        self._left_over = min(self._left_over, cutoff)
        met: list[Dual] = []
        parent: Branch | None = None
        with ThreadPoolExecutor(self._threads) as pool:
            run = pool.map if self._threads > 1 else map
            for _ in range(splits):
                if time.perf_counter() > deadline or (parent is None and (not self._heap or enough(self.bound))):
                    break
                split = heapq.heappop(self._heap)[2] if parent is None else parent
                parent = None
                for branch, dual in self._split(split, run, cutoff, deadline):
                    if branch.bound >= cutoff:
                        continue
                    met.append(dual)
                    if not dive or not branch.candidates:
                        self._push(branch)
                    elif parent is None:
                        parent = branch
                    else:
                        better, worse = (branch, parent) if branch.bound < parent.bound else (parent, branch)
                        self._push(worse)
                        parent = better
                if dive and parent is None:
                    break
            if parent is not None:
                self._push(parent)
        return met
