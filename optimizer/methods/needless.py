r"""Whole decisions of a network that a plan does without, taken back (不建无用之物).

A circuit, a segment or a site that costs nothing in what is minimised may be open in an optimal plan for no reason, or
sooner than it is of use; multipliers do not tell, for a row that needs it not may hold it all the same. So each is
tried: closed, else put off to the latest period, and kept so where the best that dispatch and land can answer is no
worse. Of land only what bears strips or facilities answers; the rest stays as the plan has it, so that an answer is a
few steps of the simplex from the last. What costs money is put off to the latest period in which it costs no more, as
far as nothing else need change: a segment then opens with the first circuit on it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from formulations.program import ENERGY, Matrix
from optimizer.methods import highs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from formulations.program import Program
    from optimizer.results.solution import SolveOptions

ROUNDS = 3
"""Times that all are tried: what one stands on falls in the round after it."""

MOST_TRIALS = 300

ROUND_OFF = 1e-9
"""Loss of objective that counts as none, relative to the sum of |cost x|."""

TIED = (ENERGY + "strip_land", ENERGY + "facility_land")
"""Rules by which corridors and sites take land that nothing is produced on."""

NONE = 1e-9
"""Shares up to this are none."""


@dataclass(frozen=True)
class Decision:
    """A column that is taken, and those of the same thing in later periods, the latest first."""

    column: int
    later: tuple[int, ...]


def without_needless(
    program: Program, matrix: Matrix, values: NDArray[np.float64], options: SolveOptions, deadline: float
) -> NDArray[np.float64]:
    """Return values, (columns,), that are no worse, with no free decision of the network that may be taken back.

    `matrix` is that of the Program, `values` a plan of it; the plan itself where nothing can be taken back in time.
    """
    decisions = free_decisions(program, values)
    return _Search(program, matrix, values, options, deadline).run(decisions) if decisions else values


def free_decisions(program: Program, values: NDArray[np.float64]) -> list[Decision]:
    """Return what a plan takes and costs nothing, the dearest in money first, and of alike circuits the last."""
    found = [one for one in _taken(program, values) if program.cost[one.column] == 0.0]
    money = program.cost_of("cost") if "cost" in program.objectives else np.zeros(program.n_columns)
    return sorted(found, key=lambda one: (-money[one.column], -one.column))


def postponed(program: Program, matrix: Matrix, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values, (columns,), with decisions of the network as late as rows let them be, all else kept, for no more.

    What one stands on gives way in the round after it.
    """
    found, cost = values.copy(), matrix.cost
    decisions = [one for one in _taken(program, values) if one.later]
    if not decisions:
        return values
    columns = matrix.rows.tocsc()
    for _ in range(ROUNDS):
        left = []
        activity = matrix.rows @ found
        for decision in decisions:
            for later in decision.later:
                change = columns[:, [later]] - columns[:, [decision.column]]
                rows, by = change.indices, change.data
                low, high = matrix.row_lower[rows], matrix.row_upper[rows]
                now = activity[rows]
                keeps = (now + by >= np.minimum(low, now) - NONE) & (now + by <= np.maximum(high, now) + NONE)
                if cost[later] <= cost[decision.column] and keeps.all():
                    found[[decision.column, later]] = 0.0, 1.0
                    activity[rows] += by
                    break
            else:
                left.append(decision)
        if len(left) == len(decisions):
            break
        decisions = left
    return found


def _taken(program: Program, values: NDArray[np.float64]) -> Iterator[Decision]:
    """Yield the whole decisions of the network that a plan takes and need not."""
    for family in program.columns:
        start, labels = program.offsets[family.family], family.labels
        if not (family.integer and family.family.startswith(ENERGY)):
            continue
        at = np.arange(start, start + len(family))
        taken = (values[at] > 0.5) & (family.lower < 0.5)
        own = labels.groupby([one for one in labels.columns if one != "period"], sort=False).ngroup().to_numpy()
        period = labels["period"].to_numpy()
        for place in np.flatnonzero(taken):
            others = np.flatnonzero((own == own[place]) & (period > period[place]) & (family.upper > 0.5))
            latest = others[np.argsort(-period[others], kind="stable")]
            yield Decision(int(at[place]), tuple(int(one) for one in at[latest]))


class _Search:
    """Answers of dispatch and of the land that changes to decisions of the network."""

    def __init__(
        self, program: Program, matrix: Matrix, values: NDArray[np.float64], options: SolveOptions, deadline: float
    ) -> None:
        self._options, self._deadline = options, deadline
        self._values = values
        self._open = _answering(program, values)
        self._place = np.cumsum(self._open) - 1
        self._small, _ = restricted(matrix, values, self._open)
        self._solver = highs.load(self._small, integers=False)
        if not len(program.moves):
            highs.choose_lp(self._solver, self._small)
        self._room = ROUND_OFF * max(float(np.abs(matrix.cost * values).sum()), 1.0)
        self._trials = 0

    def run(self, decisions: list[Decision]) -> NDArray[np.float64]:
        """Try all decisions until none gives way."""
        best = self._answer(np.inf)
        if best is None:
            return self._values
        highs.choose_simplex(self._solver)
        any_yet = False
        for _ in range(ROUNDS):
            left: list[Decision] = []
            for decision in decisions:
                answer = self._yields(decision, float(self._small.cost @ best))
                if answer is None:
                    left.append(decision)
                else:
                    best, any_yet = answer, True
            if len(left) == len(decisions):
                break
            decisions = left
        if not any_yet:
            return self._values
        found = self._values.copy()
        found[self._open] = best
        return found

    def _yields(self, decision: Decision, value: float) -> NDArray[np.float64] | None:
        """Return the answer to a decision taken back or put off; None, and all as it was, where it would cost."""
        columns = np.array([decision.column, *decision.later], dtype=np.int64)
        held = self._place[columns]
        for chosen in range(-1, len(decision.later)):
            trial = np.zeros(len(columns))
            if chosen >= 0:
                trial[1 + chosen] = 1.0
            highs.hold_columns(self._solver, held, trial)
            answer = self._answer(value + self._room)
            if answer is not None:
                return answer
        highs.hold_columns(self._solver, held, np.eye(1, len(columns))[0])
        return None

    def _answer(self, most: float) -> NDArray[np.float64] | None:
        """Return the best columns for what is held now; None where they cost more than `most`."""
        self._trials += 1
        if self._trials > MOST_TRIALS or time.perf_counter() > self._deadline:
            return None
        highs.stop_above(self._solver, most)
        highs.configure(self._solver, self._options, self._deadline - time.perf_counter())
        answer = highs.run(self._solver)
        if answer.status != highs.Status.kOptimal or answer.values is None:
            return None
        return answer.values if float(self._small.cost @ answer.values) <= most else None


def _answering(program: Program, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Mark all columns beside the moves, and the moves of land that bears a strip or a facility, (columns,)."""
    moves = program.moves
    found = np.ones(program.n_columns, dtype=bool)
    some = np.zeros(moves.n_groups, dtype=bool)
    for quota in program.quotas:
        if quota.rule in TIED:
            index = np.asarray(quota.index, dtype=np.int64)
            some[moves.group_of(index[values[index] > NONE])] = True
    found[: len(moves)] = some[moves.group]
    return found


def restricted(
    matrix: Matrix, values: NDArray[np.float64], free: NDArray[np.bool_]
) -> tuple[Matrix, NDArray[np.int64]]:
    """Return the problem of the columns that are free, (columns,), whole ones at their values, and the rows it keeps.

    All other columns stay at their values; rows without a free column are left out.
    """
    held = matrix.rows @ np.where(free, 0.0, values)
    some = matrix.rows.tocsc()[:, np.flatnonzero(free)].tocsr()
    kept = np.flatnonzero(np.diff(some.indptr) > 0)
    whole, at = matrix.integer[free], np.round(values[free])
    small = Matrix(
        rows=some[kept],
        row_lower=matrix.row_lower[kept] - held[kept],
        row_upper=matrix.row_upper[kept] - held[kept],
        lower=np.where(whole, at, matrix.lower[free]),
        upper=np.where(whole, at, matrix.upper[free]),
        cost=matrix.cost[free],
        integer=whole,
    )
    return small, kept
