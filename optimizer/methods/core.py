r"""`core`: the LP relaxation, a small MIP over what it leaves open, and a proof for what it settled.

With reduced costs d of the relaxation's multipliers and its bound z, a column that leaves the bound it stands at
raises the objective to at least z + \|d\|. So

1. columns with small \|d\| make a core; the rest stand where the relaxation has them. Its MIP finds plans, which the
   bound of the relaxation may already prove;
2. once there is a plan of objective v, whole columns with :math:`z + |d| \ge v` are settled for good: no better plan
   moves them. The MIP over the others, started from the plan, proves

   .. math:: \text{bound} = \min(v,\ \text{bound of that MIP})

   for all of them. Divisible columns are never settled so, since a small share of one costs less than d.

The core widens until the asked gap is proven; otherwise the gap that is proven is reported. Without a time limit the
proof of a prioritisation ends where it closes its gap too slowly. 核心规划法.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from optimizer.methods import highs
from optimizer.methods.relaxation import Flat, is_patient, relax, termination_of, with_plan, without_plan
from optimizer.results.solution import Solution, SolveOptions, Termination, departure_base

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Program
    from optimizer.progress import Progress

NAME = "core"

FIRST_CORE = 400
"""Whole columns in the first core, beside those that the relaxation splits."""

WIDER = 5
"""How many times as many the next core has."""

NODES = 200
"""Branch-and-bound nodes for a core that needs no proof."""

SAFETY = 0.9

SPLIT = 1e-6
"""Distance from a whole number below which a value counts as whole."""

ROUND_OFF = 1e-9
"""Room in the test that settles columns, relative to the objective."""


@dataclass
class _Best:
    """The best plan so far, of the merged Program."""

    values: NDArray[np.float64] | None = None
    objective: float = np.inf


def solve(program: Program, options: SolveOptions, progress: Progress) -> Solution:
    """Solve a Program; the gap, the bound and how it ended are in the Solution."""
    flat = relax(program, options, progress)
    ended = termination_of(flat.relaxed)
    if ended in (Termination.INFEASIBLE, Termination.UNBOUNDED):
        return Solution(ended, NAME, seconds=flat.seconds)
    if flat.relaxed.values is None or flat.bound is None:
        return without_plan(flat, NAME, ended)
    if not flat.matrix.integer.any():
        return with_plan(flat, NAME, flat.relaxed.values, ended, flat.bound, "dual", options, progress)
    return _Core(flat, options, progress).run()


class _Core:
    """The search of one Program."""

    def __init__(self, flat: Flat, options: SolveOptions, progress: Progress) -> None:
        assert flat.relaxed.values is not None
        assert flat.relaxed.duals is not None
        assert flat.bound is not None
        self._flat, self._options, self._progress = flat, options, progress
        self._matrix, self._relaxed, self._floor = flat.matrix, flat.relaxed.values, flat.bound
        self._reduced = np.abs(flat.matrix.cost - flat.matrix.rows.T @ flat.relaxed.duals)
        known = flat.known(options.start)
        self._best = _Best() if known is None else _Best(known, float(flat.matrix.cost @ known))

    def run(self) -> Solution:
        """Widen the core until a plan is proven, then settle columns for good."""
        whole = int(self._matrix.integer.sum())
        size = FIRST_CORE
        while size < whole and not self._done(self._floor) and self._time_left() > 0:
            self._progress.stage("core")
            self._try(size)
            size *= WIDER
        if self._done(self._floor):
            return self._solution(self._floor, "dual", Termination.GAP_PROVEN)
        self._progress.stage("proof")
        answer = self._settle()
        ended = termination_of(answer)
        if self._best.values is None:
            return without_plan(self._flat, NAME, ended, self._floor)
        proven = -np.inf if answer.bound is None else min(answer.bound, self._best.objective)
        if ended is Termination.INFEASIBLE:  # nothing is better than the plan
            proven, ended = self._best.objective, Termination.GAP_PROVEN
        bound, bound_by = (proven, "core") if proven > self._floor else (self._floor, "dual")
        if ended is Termination.GAP_PROVEN and self._open(bound):
            ended = Termination.GIVEN_UP  # a better plan that moves less is measured by a smaller base
        return self._solution(bound, bound_by, ended)

    def _time_left(self) -> float:
        return self._flat.deadline - time.perf_counter()

    def _base(self) -> float:
        values = self._relaxed if self._best.values is None else self._best.values
        return departure_base(self._flat.merged.program, values)

    def _done(self, bound: float) -> bool:
        return self._best.objective - bound <= SAFETY * self._options.gap * self._base()

    def _open(self, bound: float) -> bool:
        """Return whether the gap asked is left open, by more than round-off."""
        room = ROUND_OFF * max(abs(self._best.objective), 1.0)
        return self._best.objective - bound > max(self._options.gap * self._base(), room)

    def _try(self, size: int) -> None:
        """Look for a plan in a core of some whole columns, those of least reduced cost."""
        matrix = self._matrix
        whole = np.flatnonzero(matrix.integer)
        near = whole[np.argsort(self._reduced[whole], kind="stable")[:size]]
        open_ = ~matrix.integer
        open_[near] = True
        open_ |= np.abs(self._relaxed - np.round(self._relaxed)) > SPLIT
        self._keep(self._mip(open_, NODES))

    def _settle(self) -> highs.Answer:
        """Solve over all columns that a plan better than the best could move."""
        room = ROUND_OFF * max(abs(self._best.objective), 1.0) if np.isfinite(self._best.objective) else 0.0
        settled = self._matrix.integer & (self._floor + self._reduced >= self._best.objective + room)
        settled &= np.abs(self._relaxed - np.round(self._relaxed)) <= SPLIT
        answer = self._mip(~settled, None)
        self._keep(answer)
        return answer

    def _mip(self, open_: NDArray[np.bool_], nodes: int | None) -> highs.Answer:
        matrix, held = self._matrix, np.round(self._relaxed)
        fixed = matrix.integer & ~open_
        restricted = replace(
            matrix, lower=np.where(fixed, held, matrix.lower), upper=np.where(fixed, held, matrix.upper)
        )
        solver = highs.load(restricted)
        highs.configure(solver, self._options, self._time_left())
        highs.choose_heuristics(solver, restricted)
        solver.setOptionValue("mip_rel_gap", 0.0)
        solver.setOptionValue("mip_abs_gap", max(SAFETY * self._options.gap * self._base(), 1e-9))
        if nodes is not None:
            highs.stop_at(solver, self._floor + SAFETY * self._options.gap * self._base(), nodes)
        if self._best.values is not None:
            highs.start_from(solver, self._best.values)
        return highs.run(solver, nodes is not None or is_patient(self._flat.program, self._options))

    def _keep(self, answer: highs.Answer) -> None:
        if answer.values is None:
            return
        objective = float(self._matrix.cost @ answer.values)
        if objective < self._best.objective:
            self._best = _Best(answer.values, objective)

    def _solution(self, bound: float, bound_by: str, ended: Termination) -> Solution:
        assert self._best.values is not None
        return with_plan(self._flat, NAME, self._best.values, ended, bound, bound_by, self._options, self._progress)
