"""Branching on nodes: best bound first, each branch bounded by the dual with some nodes held in or out.

A branch starts from its parent's multipliers and from those of its choices that are still allowed, so it takes a
few minimum cuts. It splits on a node of the largest region over which the dual's choices disagree: what neighbours
it follows at these prices, so whole patches are decided at once.
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
    from collections.abc import Callable

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


@dataclass(frozen=True)
class Branch:
    """An open part of the problem: nodes held out (0) or in (1), what bounds it and the node it splits on next."""

    bound: float
    fixed: NDArray[np.int8]
    multipliers: NDArray[np.float64]
    known: tuple[Seen, ...]
    next_node: int


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
        """What all open branches prove together; infinite where none is open."""
        return min(self._heap[0][0] if self._heap else np.inf, self._left_over)

    def _push(self, branch: Branch) -> None:
        if branch.next_node < 0:
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
        node = self._choose(dual, fixed)
        known = tuple(dual.choices()[:KNOWN])
        return Branch(max(dual.bound, floor), fixed, dual.multipliers, known, node)

    def _choose(self, dual: Dual, fixed: NDArray[np.int8]) -> int:
        """Return the node to split on, -1 where all are held."""
        problem = self._problem
        weights, seen = dual.split()
        if seen:
            share = sum(w * problem.sides(s.options) for w, s in zip(weights, seen, strict=True))
            split = np.minimum(share, 1.0 - share)
            split[(fixed >= 0) | (split < 1e-6)] = 0.0
            if split.any():
                region = regions(problem, [s.options for s in seen], np.zeros(problem.nodes, bool))
                members = np.flatnonzero((region >= 0) & (split > 0))
                largest = int(np.argmax(np.bincount(region[members], split[members])))
                members = members[region[members] == largest]
                return int(members[len(members) // 2])
        free = np.flatnonzero(fixed < 0)
        return int(free[np.argmin(np.abs(dual.best.reduced[free]))]) if len(free) else -1

    def _child(self, parent: Branch, side: int, objective: float, deadline: float) -> tuple[Branch, Dual]:
        problem, fixed = self._problem, parent.fixed.copy()
        fixed[parent.next_node] = side
        held = fixed >= 0
        known = [s for s in parent.known if (problem.sides(s.options)[held] == fixed[held]).all()]
        dual = Dual(problem, self._cutters[side], parent.multipliers, fixed, REACH, known)
        dual.raise_to(PART, deadline, CUTS)
        if len(dual.split()[1]) < 2 and dual.bound < objective:
            dual.raise_to(0.0, deadline, LAST_CUTS)
        # What costs more than the best plan on one side is on the other, in every better plan.
        reduced, room = dual.best.reduced, objective - dual.bound
        fixed[(fixed < 0) & (reduced > room)] = 0
        fixed[(fixed < 0) & (reduced < -room)] = 1
        return self._branch(dual, fixed, parent.bound), dual

    def grow(
        self, splits: int, objective: float, enough: Callable[[float], bool], deadline: float, dive: bool = False
    ) -> list[Dual]:
        """Split the branches of least bound; stops where `enough(bound)`. Returns the duals of the new branches.

        `objective` is that of the best plan: branches that cannot better it are dropped. A dive goes on with the
        better part of the branch just split instead of the best of all.
        """
        met: list[Dual] = []
        parent: Branch | None = None
        with ThreadPoolExecutor(self._threads) as pool:
            run = pool.map if self._threads > 1 else map
            for _ in range(splits):
                if time.perf_counter() > deadline or (parent is None and (not self._heap or enough(self.bound))):
                    break
                split = heapq.heappop(self._heap)[2] if parent is None else parent
                parent = None
                sides = partial(self._child, split, objective=objective, deadline=deadline)
                for branch, dual in run(sides, (0, 1)):
                    if branch.bound >= objective:
                        continue
                    met.append(dual)
                    if not dive or branch.next_node < 0:
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
