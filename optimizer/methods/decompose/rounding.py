"""Whole land near a relaxation: which move each piece takes, what the rows have left, and what flips do to both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from optimizer.methods.decompose.kernels_exchange import four_within
from optimizer.methods.decompose.ranges import ROUND_OFF, ranges_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Matrix
    from optimizer.methods.decompose.pieces import Pieces

CHECKS = 1_000_000
"""Sets of four looked at in one search."""


@dataclass(frozen=True)
class State:
    """Which move each piece takes, (pieces,), and the slack of each row, (rows,)."""

    taken: NDArray[np.int64]
    slack: NDArray[np.float64]


class Rounding:
    """Whole pieces, each wholly at one of its moves; at first at the one that holds most of it in the relaxation.

    A flip takes a piece from its move to another. `loss` is the priced cost of each move above the least of its
    piece, (moves,), so a plan costs more than the relaxation by what its moves lose and by its slack at the prices of
    `ranges`. Divisible pieces and columns beside the moves stay as `relaxed` has them.
    """

    def __init__(
        self, matrix: Matrix, pieces: Pieces, relaxed: NDArray[np.float64], duals: NDArray[np.float64]
    ) -> None:
        count, first = len(pieces.moves), len(pieces)
        self.ranges = ranges_of(matrix, duals, first)
        self.of_move = pieces.of_move
        self._whole = pieces.whole
        on_rows = np.concatenate([np.zeros(first), duals[first:]])
        priced = (matrix.cost - matrix.rows.T @ on_rows)[:count]
        self.loss = priced - np.minimum.reduceat(priced, pieces.start[:-1])[self.of_move]
        self._columns = sp.csc_array(self.ranges.rows[:, :count])
        self.taken = np.lexsort((-relaxed[:count], self.of_move))[pieces.start[:-1]]
        self._relaxed = relaxed
        self.slack = self.ranges.rows @ np.concatenate([self.values(), relaxed[count:]]) - self.ranges.low

    @property
    def rise(self) -> float:
        """What the plan costs more than the relaxation: what its moves lose, and its slack at prices."""
        return float(self.loss[self.taken[self._whole]].sum()) + float(self.ranges.price @ self.slack)

    @property
    def broken(self) -> NDArray[np.bool_]:
        """The rows that are not kept, (rows,)."""
        return self.ranges.broken(self.slack)

    @property
    def state(self) -> State:
        """Where it stands."""
        return State(self.taken.copy(), self.slack.copy())

    def restore(self, state: State) -> None:
        """Go back to a state."""
        self.taken, self.slack = state.taken.copy(), state.slack.copy()

    def values(self) -> NDArray[np.float64]:
        """Return the shares of the pieces' moves, (moves,)."""
        whole = self._whole[self.of_move]
        shares = np.where(whole, 0.0, self._relaxed[: len(whole)])
        shares[self.taken[self._whole]] = 1.0
        return shares

    def flips(self) -> NDArray[np.int64]:
        """Return all moves that a whole piece could take instead of its own."""
        able = self._whole[self.of_move]
        able[self.taken] = False
        return np.flatnonzero(able)

    def change(self, moves: NDArray[np.int64]) -> sp.csc_array:
        """Return what flips to some moves change of the slack, (rows, moves)."""
        change = sp.csc_array(self._columns[:, moves] - self._columns[:, self.taken[self.of_move[moves]]])
        change.eliminate_zeros()
        return change

    def regret(self, moves: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return what flips to some moves lose, (moves,)."""
        return self.loss[moves] - self.loss[self.taken[self.of_move[moves]]]

    def flip(self, moves: NDArray[np.int64]) -> None:
        """Make flips of different pieces."""
        self.slack = self.slack + np.asarray(self.change(moves).sum(axis=1)).ravel()
        self.taken[self.of_move[moves]] = moves

    def exchange(self, pool: NDArray[np.int64], rows: NDArray[np.bool_], limits: NDArray[np.float64]) -> bool:
        """Make the best set of up to four flips of a pool that leaves none of `rows` broken; False where there is none.

        `limits` (ascending) are rises over the present that are tried one after the other; only the slack of `rows`
        counts.
        """
        change = self.change(pool)
        touched = np.zeros(len(self.slack), dtype=bool)
        touched[change.indices] = True
        counted = np.flatnonzero(rows & touched)
        owner = self.of_move[pool]
        slack, price = self.slack[counted], self.ranges.price[counted]
        floor = -float(price @ slack) - float(self.loss[self.taken[np.unique(owner)]].sum()) - ROUND_OFF
        amounts = np.ascontiguousarray(change[counted].toarray().T)
        width = self.ranges.width[counted]
        args = (amounts, owner, self.regret(pool), slack, width, price, floor, limits, ROUND_OFF, CHECKS)
        chosen = four_within(*args)
        chosen = chosen[chosen >= 0]
        self.flip(pool[chosen])
        return len(chosen) > 0
