"""Whole land near the relaxation, by looking through sets of flips: for few rows, and very many nearly tied groups.

Round the relaxation, and the sums of a few rows are off by about a hectare. Flips of nearly tied groups put them
right: sets of four out of some hundred are billions, and the best of them leaves hardly any slack. A flip's part of
the rise of the objective is its regret and what it changes of the slack, at the multipliers, so sets of two that are
sorted by their part meet in the middle. 折半搜索取整.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from optimizer.methods.decompose.kernels_exchange import four_within
from optimizer.methods.decompose.sides import sides_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Matrix
    from optimizer.methods.decompose.pieces import Pieces

NEAREST, DRAWN = 140, 60
"""Flips in a search: those of least regret, and others drawn ..."""

MORE_LIKELY = 10
"""... among so many times as many of the next."""

STARTS = 3
"""Descents from the rounded relaxation, each with other draws; the best counts."""

PATIENCE = 2
"""Searches in a row that may find nothing before a descent ends."""

TINY = 1e-6

FIRST_RISE, MORE = 4.0, 8.0
"""Rise of the objective allowed at first, as a multiple of what is enough, and how it grows while no set is found."""

ATTEMPTS = 4

MOST_ROWS = 12
"""Priced rows beyond which sets of four are too few to keep them all."""


class Meet:
    """Looks for whole shares of the open pieces; `relaxed` and `duals` are of the relaxation of `matrix`."""

    def __init__(
        self, matrix: Matrix, pieces: Pieces, relaxed: NDArray[np.float64], duals: NDArray[np.float64], seed: int
    ) -> None:
        self._pieces, self._relaxed, count = pieces, relaxed, len(pieces.moves)
        self._of_move, self._random = pieces.of_move, np.random.default_rng(seed)
        self._whole = pieces.whole[self._of_move]
        on_rows = np.concatenate([np.zeros(len(pieces)), duals[len(pieces) :]])
        self._priced = (matrix.cost - matrix.rows.T @ on_rows)[:count]
        self._sides, self._bound, self.price = sides_of(matrix, duals, len(pieces))
        self._random_signs = self._random.random(self._sides.shape[0])
        self._columns = sp.csc_array(self._sides[:, :count])
        self._taken = np.lexsort((-relaxed[:count], self._of_move))[pieces.start[:-1]]
        self._lowest = np.minimum.reduceat(self._priced, pieces.start[:-1])

    def search(self, enough: float) -> NDArray[np.float64] | None:
        """Return shares of the pieces' moves, None where no set of flips keeps the rows; ends at a rise of `enough`."""
        rounded, best, least = self._taken, None, np.inf
        for _ in range(STARTS):
            self._taken = rounded.copy()
            rise = self._descend(enough)
            if rise < least:
                best, least = self._taken, rise
            if least <= enough or (best is None and not self._pieces.whole.any()):
                break
        if best is None:
            return None
        self._taken = best
        return self._values()[: len(self._whole)]

    def _descend(self, enough: float) -> float:
        """Flip until nothing falls any more; return the rise reached, infinite where the rows are not kept."""
        rise, idle = np.inf, 0
        allowed = [max(enough, TINY) * FIRST_RISE * MORE**k for k in range(ATTEMPTS)]
        while True:
            slack = self._sides @ self._values() - self._bound
            lost = float((self._priced[self._taken] - self._lowest)[self._pieces.whole].sum())
            if (slack >= 0).all():
                rise = lost + float(self.price @ slack)
                if rise <= enough:
                    return rise
            pool = self._pool()
            limits = [rise] if np.isfinite(rise) else allowed
            flipped = len(pool) > 0 and any(self._flip(pool, slack, most - lost) for most in limits)
            idle = 0 if flipped else idle + 1
            if idle > PATIENCE or (idle and not np.isfinite(rise)):
                return rise

    def _values(self) -> NDArray[np.float64]:
        values = self._relaxed.copy()
        values[: len(self._whole)][self._whole] = 0.0
        values[self._taken[self._pieces.whole]] = 1.0
        return values

    def _pool(self) -> NDArray[np.int64]:
        """Return flips that change some row: of each sort those of least regret, and some drawn among the next.

        A sort is the signs of what a flip changes. Without all sorts no set adds up to what is off.
        """
        free = self._whole.copy()
        free[self._taken] = False
        moves = np.flatnonzero(free)
        change = self._columns[:, moves] - self._columns[:, self._taken[self._of_move[moves]]]
        sort = self._random_signs @ change.sign()
        regret = self._priced[moves] - self._priced[self._taken[self._of_move[moves]]]
        useful = np.flatnonzero(np.diff(sp.csc_array(change).indptr) > 0)
        order = useful[np.lexsort((regret[useful], sort[useful]))]
        sorts, first = np.unique(sort[order], return_index=True)
        rank = np.arange(len(order)) - first[np.searchsorted(sorts, sort[order])]
        near = max(NEAREST // max(len(sorts), 1), 2)
        rest = order[(rank >= near) & (rank < near * MORE_LIKELY)]
        drawn = self._random.choice(rest, min(DRAWN, len(rest)), replace=False)
        least = useful[np.argsort(regret[useful], kind="stable")[:NEAREST]]
        return moves[np.unique(np.concatenate([order[rank < near], drawn, least]))]

    def _flip(self, pool: NDArray[np.int64], slack: NDArray[np.float64], most: float) -> bool:
        """Make the best set of flips whose rise stays below `most`; False where there is none."""
        owner = self._of_move[pool]
        now = self._taken[owner]
        change = (self._columns[:, pool] - self._columns[:, now]).toarray().T
        loss = self._priced[pool] - self._priced[now]
        chosen = four_within(np.ascontiguousarray(change), owner, loss, slack, self.price, most)
        chosen = chosen[chosen >= 0]
        self._taken[owner[chosen]] = pool[chosen]
        return len(chosen) > 0
