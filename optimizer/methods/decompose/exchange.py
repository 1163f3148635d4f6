"""Split whole groups made whole by exchange: others of their kind change places, so that every row keeps its sum.

A relaxation splits a few whole groups between two kinds of moves. Given whole to one of them, each leaves a remainder
of hectares that should have gone to the other. A few groups that are nearly tied between the same two kinds flip so
that their hectares add up to the remainder, to a tolerance far below what any row notices: among two hundred groups
there are a billion sets of four, and meeting in the middle looks through them in milliseconds. 互换取整.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.methods.decompose import kernels_exchange

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.methods.decompose.pieces import Pieces
    from optimizer.methods.decompose.pricing import Pricing

POOL = 240
"""Flips looked at for one remainder, those of least regret."""

EXACT_HA = 1e-7
"""Hectares by which a remainder may be missed."""

SPLIT = 1e-7
"""Shares between this and one less this are split."""


@dataclass
class _State:
    """Open whole land during the exchange: the move that each piece takes, and which pieces may still flip."""

    taken: NDArray[np.int64]
    movable: NDArray[np.bool_]


@dataclass(frozen=True)
class Exchanged:
    """Shares after an exchange.

    `unsettled` are the moves that held most of the split pieces which found no partners, `lacking` (n, 2) the
    classes of kinds between which flips were missing, in both directions.
    """

    shares: NDArray[np.float64]
    unsettled: NDArray[np.int64]
    lacking: NDArray[np.int64]


def exchange(pricing: Pricing, pieces: Pieces, values: NDArray[np.float64], priced: NDArray[np.float64]) -> Exchanged:
    """Make every whole piece whole while rows keep their sums; `values` and `priced` belong to the pieces' moves.

    Pieces that find no partners take the move that held most of them, and are reported.
    """
    of_move = pieces.of_move
    largest = np.lexsort((-values, of_move))[pieces.start[:-1]]
    state = _State(largest.copy(), pieces.whole.copy())
    split = np.flatnonzero(pieces.whole & (values[largest] < 1.0 - SPLIT))
    flips = _Flips(pieces, pricing.classes[pricing.kind[pieces.moves]])
    unsettled = [piece for piece in split if not flips.settle_piece(state, int(piece), values, priced)]
    shares = np.where(pieces.whole[of_move], 0.0, values)
    shares[state.taken[pieces.whole]] = 1.0
    lacking = np.array(sorted(flips.lacking), dtype=np.int64).reshape(-1, 2)
    return Exchanged(shares, largest[np.array(unsettled, dtype=np.int64)], lacking)


class _Flips:
    """Which whole pieces could go from one kind of move to another."""

    def __init__(self, pieces: Pieces, kinds: NDArray[np.int64]) -> None:
        self._pieces, self._kinds = pieces, kinds
        self.lacking: set[tuple[int, int]] = set()
        whole_moves = np.flatnonzero(pieces.whole[pieces.of_move])
        self._piece = pieces.of_move
        order = np.argsort(kinds[whole_moves], kind="stable")
        self._moves = whole_moves[order]
        self._sorted = kinds[self._moves]

    def _of_kind(self, kind: int) -> NDArray[np.int64]:
        first, last = np.searchsorted(self._sorted, [kind, kind + 1])
        return self._moves[first:last]

    def settle_piece(self, state: _State, piece: int, values: NDArray[np.float64], priced: NDArray[np.float64]) -> bool:
        """Let others take over what a split piece gave to all but its largest move; False where some found none."""
        start, kept = self._pieces.start, state.taken[piece]
        parts = [m for m in range(start[piece], start[piece + 1]) if values[m] > SPLIT and m != kept]
        state.movable[piece] = False
        return all(
            self._settle(state, self._kinds[kept], self._kinds[m], values[m] * self._pieces.area[piece], priced)
            for m in parts
        )

    def _settle(self, state: _State, here: int, there: int, need: float, priced: NDArray[np.float64]) -> bool:
        """Move `need` hectares from kind `here` to kind `there` by flips of least regret; False where none fit."""
        sides = []
        for source, target, sign in ((here, there, 1.0), (there, here, -1.0)):
            moves = self._of_kind(target)
            pieces = self._piece[moves]
            now = state.taken[pieces]
            able = state.movable[pieces] & (self._kinds[now] == source)
            regret = priced[moves[able]] - priced[now[able]]
            sides.append((moves[able], sign * self._pieces.area[pieces[able]], regret))
        moves, amount, regret = (np.concatenate(side) for side in zip(*sides, strict=True))
        nearest = np.argsort(regret, kind="stable")[:POOL]
        moves, amount, regret = moves[nearest], amount[nearest], regret[nearest]
        chosen = kernels_exchange.four_of(amount, regret, need, EXACT_HA)
        chosen = chosen[chosen >= 0]
        if not len(chosen):
            self.lacking |= {(int(here), int(there)), (int(there), int(here))}
            return False
        state.taken[self._piece[moves[chosen]]] = moves[chosen]
        return True
