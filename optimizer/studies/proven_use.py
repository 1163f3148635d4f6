r"""What every plan within a limit must use at least, and can use at most, proven by the multipliers of a solve.

With multipliers :math:`y` of the quotas and :math:`\lambda` of the choice groups every plan costs at least
:math:`L(y, \lambda)`, and :math:`|d_c|` more for each unit by which a column departs from its cheaper end, with
:math:`d = c - A^T y - \lambda`. So in every plan of cost at most :math:`z`

.. math:: u_c \le \underline u_c + \frac{z - L}{d_c}\ (d_c > 0), \qquad
    u_c \ge \bar u_c - \frac{z - L}{-d_c}\ (d_c < 0)

In a group whose moves all reach 1, :math:`\lambda` may be anything between the least and the second least of
:math:`c - A^T y` without a change of L: the first gives the most of every other move, the second the least of the best.
What the other moves of a group leave of 1 limits each move too. These limits cost one pass and hold for all plans,
divisible or whole; they need not be the tightest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.methods import highs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Matrix, Program

WHOLE = 1e-6
"""By how much a whole number may be off and still be it."""


FULL = 1e-7
"""Share by which a sum of moves may be off and still be 1."""


@dataclass(frozen=True)
class Use:
    """Least and greatest value of every column, (columns,), in plans of at most some cost; `bound` is L."""

    least: NDArray[np.float64]
    most: NDArray[np.float64]
    bound: float


def proven_use(program: Program, multipliers: NDArray[np.float64], limit: float) -> Use:
    """Return what plans that cost at most `limit` use; `multipliers` (rows,) may be any, those of groups are made here.

    Where the limit lies below the bound no plan keeps it: least and most are then those of the columns.
    """
    matrix = program.matrix()
    groups = program.moves.n_groups
    y = np.concatenate([np.zeros(groups), multipliers[groups:]])
    priced = matrix.cost - matrix.rows.T @ _without_absent(matrix, y)
    first, second = _levels(program, matrix, priced)
    least, most = matrix.lower.copy(), matrix.upper.copy()
    bound = -np.inf
    for level in (first, second):
        y[:groups] = level
        bound = highs.dual_bound(matrix, y)
        low, high = _limits(matrix, priced - _spread(program, level), limit - bound)
        least, most = np.maximum(least, low), np.minimum(most, high)
    whole = matrix.integer
    least[whole], most[whole] = np.ceil(least[whole] - WHOLE), np.floor(most[whole] + WHOLE)
    return Use(*_balanced(program, least, most), bound)


def _balanced(
    program: Program, least: NDArray[np.float64], most: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return least and most, (columns,), with what the other moves of a group leave of 1: they add to it."""
    start = program.moves.start
    if len(start) < 2:
        return least, most
    count, size = int(start[-1]), np.diff(start)
    low, high = least[:count].copy(), most[:count].copy()
    others_low = np.repeat(np.add.reduceat(low, start[:-1]), size) - low
    others_high = np.repeat(np.add.reduceat(high, start[:-1]), size) - high
    least[:count] = np.maximum(low, 1.0 - others_high)
    most[:count] = np.minimum(high, 1.0 - others_low)
    return least, most


def _without_absent(matrix: Matrix, y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return multipliers without those that lean on a bound that is not there."""
    y = np.where((y > 0) & np.isinf(matrix.row_lower), 0.0, y)
    return np.where((y < 0) & np.isinf(matrix.row_upper), 0.0, y)


def _spread(program: Program, level: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the level of each move's group, and nothing for other columns, (columns,)."""
    moves = np.repeat(level, np.diff(program.moves.start))
    return np.concatenate([moves, np.zeros(program.n_columns - len(moves))])


def _levels(
    program: Program, matrix: Matrix, priced: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return two multipliers of every group that prove the same, (groups,): the least and the greatest that do.

    Moves are taken from the cheapest on until they add to 1. Where that is reached within a move, its price is the one
    multiplier; where it is reached with one full, all up to the price of the next prove the same.
    """
    start = program.moves.start
    count = int(start[-1])
    group = np.repeat(np.arange(len(start) - 1), np.diff(start))
    order = np.lexsort((priced[:count], group))
    cost, upper = priced[:count][order], matrix.upper[:count][order]
    total = np.cumsum(upper)
    before = total - upper
    before -= np.repeat(before[start[:-1]], np.diff(start))
    after = before + upper
    last = (before < 1.0) & (after >= 1.0 - FULL)
    place = np.full(len(start) - 1, -1)
    place[group[last][::-1]] = np.flatnonzero(last)[::-1]
    first = cost[place]
    following = np.minimum(place + 1, count - 1)
    full = (np.abs(after[place] - 1.0) <= FULL) & (place + 1 < start[1:])
    return first, np.where(full, cost[following], first)


def _limits(
    matrix: Matrix, reduced: NDArray[np.float64], slack: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return least and most of every column, (columns,): `slack` is what a plan may cost above the bound."""
    if slack < 0:
        return matrix.lower, matrix.upper
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = slack / np.abs(reduced)
        most = np.where(reduced > 0, matrix.lower + reach, matrix.upper)
        least = np.where(reduced < 0, matrix.upper - reach, matrix.lower)
    return np.where(np.isfinite(least), least, matrix.lower), np.where(np.isfinite(most), most, matrix.upper)
