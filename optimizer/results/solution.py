"""What a method returns: values with a bound, and how the solve ended."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from formulations.boundary import PRESENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from formulations.boundary import Boundary
    from formulations.program import Program
    from optimizer.results.terms import Lang

    Note = Mapping[Lang, str]


class Termination(StrEnum):
    """Why a method stopped."""

    GAP_PROVEN = "gap_proven"
    """The asked gap is proven."""
    TIME_LIMIT = "time_limit"
    INTERRUPTED = "interrupted"
    INFEASIBLE = "infeasible"
    """No plan meets every rule."""
    UNBOUNDED = "unbounded"
    """The objective falls without end; a price or bound is missing."""
    NUMERICAL = "numerical"
    """The solver gave up; rescale the instance (see `sanqu check`)."""
    GIVEN_UP = "given_up"
    """The method had nothing more to try before its time was up; the asked gap stays open, or no plan was found."""


class Status(StrEnum):
    """Quality of what came out."""

    OPTIMAL = "optimal"
    """A plan within the asked gap."""
    FEASIBLE = "feasible"
    """A plan with a larger gap, which is stated."""
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    NO_PLAN = "no_plan"
    """Neither a plan nor a proof that there is none, within the limits."""
    ERROR = "error"


ROUND_OFF = 1e-12
"""Part of an objective that adding it up in another order may change."""


def within(objective: float, bound: float | None, gap: float, base: float) -> bool:
    """Whether a bound proves a gap relative to `base`; a distance of mere round-off counts as none."""
    return bound is not None and objective - bound <= gap * base + ROUND_OFF * max(abs(objective), base)


@dataclass(frozen=True)
class SolveOptions:
    """What a method may take: gap relative to the cost moved, seconds, threads, seed.

    `threads` 0 means what fits: one for HiGHS, and every core for passes over moves, whose results are the same
    for any number.
    `multipliers` are those of an earlier solve, (rows,), and `start` the values of a plan, (columns,), for methods
    that can begin from them.
    """

    gap: float = 1e-4
    time_limit_s: float = float("inf")
    threads: int = 0
    seed: int = 0
    multipliers: NDArray[np.float64] | None = None
    start: NDArray[np.float64] | None = None

    @property
    def cores(self) -> int:
        """Threads for passes over moves."""
        return self.threads or os.cpu_count() or 1


@dataclass(frozen=True)
class Solution:
    """The answer of a method.

    Attributes
    ----------
    shares
        Value of every column, (columns,); None where there is no plan.
    bound
        No plan has an objective below it; None only where the Program is infeasible or nothing was proven.
    bound_by
        `highs` (as HiGHS reports it), `dual` (re-evaluated from `duals`), `core` (as HiGHS reports it for what the
        reduced costs leave open), `master` (as HiGHS reports it for the master of `decompose`), `branch` (the least
        bound of a search tree whose branches are bounded by multipliers and flows), or the engine of a study of sites:
        `landscape`, `separators`, `recursion`.
    duals
        Multiplier of every row in the LP relaxation, (rows,), objective per unit of the bound; None if not solved.
    notes
        What else is to be known of the solve, a sentence in either language each.
    """

    termination: Termination
    method: str
    shares: NDArray[np.float64] | None = None
    objective: float | None = None
    bound: float | None = None
    bound_by: str = ""
    base: float = 1.0
    duals: NDArray[np.float64] | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    @property
    def gap_abs(self) -> float | None:
        """Distance of the objective from the bound."""
        if self.objective is None or self.bound is None:
            return None
        return abs(self.objective - self.bound)

    @property
    def gap(self) -> float | None:
        """`gap_abs` relative to the cost of what departs from the present (at least 1)."""
        return None if self.gap_abs is None else self.gap_abs / self.base

    def status(self, asked_gap: float) -> Status:
        """Return the quality of the answer against the asked gap."""
        if self.shares is not None:
            proven = self.objective is not None and within(self.objective, self.bound, asked_gap, self.base)
            return Status.OPTIMAL if proven else Status.FEASIBLE
        return {
            Termination.INFEASIBLE: Status.INFEASIBLE,
            Termination.UNBOUNDED: Status.UNBOUNDED,
            Termination.NUMERICAL: Status.ERROR,
        }.get(self.termination, Status.NO_PLAN)

    def require_shares(self) -> NDArray[np.float64]:
        """Return the values, (columns,); raises ValueError where there is no plan."""
        if self.shares is None:
            raise ValueError(f"there is no plan: {self.termination}")
        return self.shares


LEAST_BASE = 1e-9
"""What a gap is relative to where the objective is 0."""


def departure_base(program: Program, shares: NDArray[np.float64]) -> float:
    """Return what gaps are relative to: the cost moved, or |objective| where the Program says so."""
    if program.gap_base == "objective":
        return max(abs(float(program.cost @ shares)), LEAST_BASE)
    return cost_moved(program, shares)


def cost_moved(program: Program, shares: NDArray[np.float64]) -> float:
    """Return the sum of |cost x| over columns that depart from the present, at least 1.

    Of a border that counts it is the part that changes: the column less its present value.
    """
    departures = np.array(shares)
    for boundary in program.boundaries:
        departures[edge_columns(program, boundary)] -= boundary.present
    for family in program.columns:
        if family.family.startswith(PRESENT):
            departures[program.offsets[family.family]] = 0.0
    return max(float(np.abs(program.cost * departures).sum()), 1.0)


def edge_columns(program: Program, boundary: Boundary) -> slice:
    """Return where the columns of a border's edges stand."""
    first = program.offsets[boundary.family]
    return slice(first, first + len(boundary))


def tidy(program: Program, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return solver values, (columns,), with whole numbers whole, crumbs swept up and every choice group adding to one.

    Solvers keep rows only to a tolerance; the stay of each group takes up what is missing, or its other moves where the
    stay may not. Borders follow the land.
    """
    shares = np.where(program.integer, np.round(values), values)
    moves = program.moves
    count = len(moves)
    land = np.clip(shares[:count], 0.0, moves.upper)
    land[land < 1e-9] = 0.0
    stays = moves.start[:-1]
    land[stays] = 0.0
    total = np.add.reduceat(land, stays)
    wanted = np.clip(total, 1.0 - moves.upper[stays], 1.0)
    scale = np.divide(wanted, total, out=np.ones(len(total)), where=total > 0)
    land *= np.repeat(scale, np.diff(moves.start))
    land[stays] = 1.0 - np.where(total > 0, wanted, 0.0)
    shares[:count] = land
    shares[count:] = np.maximum(shares[count:], np.concatenate([np.zeros(0), *(f.lower for f in program.columns)]))
    for boundary in program.boundaries:
        shares[edge_columns(program, boundary)] = boundary.widths(shares)
    return shares
