"""Whole land near the relaxation, row by row: for many rows, each of which nearly tied groups can put right alone.

A relaxation splits about as many whole groups as it has tight rows. Give each whole to the move that holds most of
it, and every tight row is off by about a hectare. Most rows have flips that change no other tight row: land comes
from or goes to a use whose own limits are not reached. A few of them add up to what the row is off by, to a
millionth of a hectare: among two hundred flips there are sixty million sets of four, and sums of two meet in the
middle. Rows without such flips are settled before, by flips that otherwise change only rows settled later. 逐行取整.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from optimizer.methods.decompose.kernels_exchange import four_of
from optimizer.methods.decompose.sides import sides_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Matrix
    from optimizer.methods.decompose.pieces import Pieces

POOL = 110
"""Flips of either sign looked at for one row, those of least regret."""

CLOSE = 30.0
"""Slack up to which rounding might break a bound that the relaxation does not reach, in the unit of the row."""

ROUND_OFF = 1e-9

FINEST, COARSEST = 1e-7, 0.3
"""Least and greatest slack left in a row, in its unit; the coarser are tried where the finer are out of reach."""


def settle(
    matrix: Matrix, pieces: Pieces, relaxed: NDArray[np.float64], duals: NDArray[np.float64], enough: float
) -> NDArray[np.float64] | None:
    """Return shares of the pieces' moves with every whole piece whole, None where a row cannot be put right.

    `relaxed` and `duals` are of the relaxation of `matrix`; about half of `enough`, a rise of the objective, may be
    left as slack.
    """
    return _Settling(matrix, pieces, relaxed, duals).run(enough)


class _Settling:
    """Rounded land, what its tight rows are off by, and the flips that change them."""

    def __init__(
        self, matrix: Matrix, pieces: Pieces, relaxed: NDArray[np.float64], duals: NDArray[np.float64]
    ) -> None:
        count, first = len(pieces.moves), len(pieces)
        sides, bound, price = sides_of(matrix, duals, first)
        slack = sides @ relaxed - bound
        order = np.argsort(price == 0, kind="stable")
        tight = order[slack[order] <= CLOSE]
        self._reached = int((price[tight] > 0).sum())
        self._of_move = pieces.of_move
        self._whole = pieces.whole[self._of_move]
        self._taken = np.lexsort((-relaxed[:count], self._of_move))[pieces.start[:-1]]
        self._values = np.where(self._whole, 0.0, relaxed[:count])
        self._values[self._taken[pieces.whole]] = 1.0
        rounded = np.concatenate([self._values, relaxed[count:]])
        self._price = price[tight]
        self._slack = sides[tight] @ rounded - bound[tight]
        columns = sp.csc_array(sides[tight][:, :count])
        self._change = sp.csc_array(columns - columns[:, self._taken[self._of_move]])
        self._change.eliminate_zeros()
        on_rows = np.concatenate([np.zeros(first), duals[first:]])
        priced = (matrix.cost - matrix.rows.T @ on_rows)[:count]
        self._regret = priced - priced[self._taken[self._of_move]]
        self._able = self._whole.copy()
        self._able[self._taken] = False

    def run(self, enough: float) -> NDArray[np.float64] | None:
        """Settle the rows one after the other."""
        by_row = sp.csr_array(self._change)
        settled = np.zeros(len(self._slack), dtype=bool)
        loose = range(self._reached, len(self._slack))
        for row in [*self._order(by_row), *loose]:
            settled[row] = row < self._reached
            room = enough / (2 * len(settled) * max(self._price[row], 1e-12))
            free = self._price[row] == 0.0 and self._slack[row] >= -ROUND_OFF
            if not free and not self._settle(by_row, int(row), settled, min(max(room, FINEST), COARSEST)):
                return None
        return self._values

    def _order(self, by_row: sp.csr_array) -> list[int]:
        """Return the rows so that each has flips which change none before it: found from the last backwards."""
        count = self._reached
        reached = sp.csc_array(self._change[:count])
        open_rows = np.where(self._able, np.diff(reached.indptr), 0)
        left = np.zeros(len(open_rows))  # the sum of a flip's open rows: the row itself where there is one
        np.add.at(left, np.repeat(np.arange(len(open_rows)), np.diff(reached.indptr)), reached.indices)
        ways = np.bincount(left[open_rows == 1].astype(np.int64), minlength=count)
        placed, order = np.zeros(count, dtype=bool), []
        for _ in range(count):
            row = int(np.where(placed, -1, ways).argmax())
            placed[row] = True
            order.append(row)
            flips = self._entries(by_row, row)[0]
            open_rows[flips] -= 1
            left[flips] -= row
            freed = flips[open_rows[flips] == 1]
            ways += np.bincount(left[freed].astype(np.int64), minlength=count)
        return order[::-1]

    def _entries(self, by_row: sp.csr_array, row: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the flips that change a row, and by how much."""
        inside = slice(by_row.indptr[row], by_row.indptr[row + 1])
        return by_row.indices[inside].astype(np.int64), by_row.data[inside]

    def _settle(self, by_row: sp.csr_array, row: int, settled: NDArray[np.bool_], room: float) -> bool:
        """Leave a row with a slack from zero to `room`, by flips that change no settled row."""
        if -ROUND_OFF <= self._slack[row] <= room:
            return True
        moves, amount = self._entries(by_row, row)
        others = sp.csc_array(self._change[:, moves])
        others.data = settled[others.indices].astype(float)
        usable = self._able[moves] & (np.asarray(others.sum(axis=0)).ravel() <= settled[row])
        moves, amount = moves[usable], amount[usable]
        pool = np.concatenate([_least(self._regret[moves], amount > 0), _least(self._regret[moves], amount < 0)])
        moves, amount = moves[pool], amount[pool]
        while room <= COARSEST * 10:
            chosen = four_of(amount, self._regret[moves], -self._slack[row] + room / 2, room / 2)
            chosen = chosen[chosen >= 0]
            pieces = self._of_move[moves[chosen]]
            if len(chosen) and len(np.unique(pieces)) == len(pieces):
                self._flip(moves[chosen])
                return True
            room *= 10
        return bool(self._slack[row] >= -ROUND_OFF)

    def _flip(self, moves: NDArray[np.int64]) -> None:
        pieces = self._of_move[moves]
        self._slack = self._slack + np.asarray(self._change[:, moves].sum(axis=1)).ravel()
        self._values[self._taken[pieces]] = 0.0
        self._values[moves] = 1.0
        self._able[np.isin(self._of_move, pieces)] = False


def _least(regret: NDArray[np.float64], among: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the places of least regret among those marked."""
    places = np.flatnonzero(among)
    return places[np.argsort(regret[places], kind="stable")[:POOL]]
