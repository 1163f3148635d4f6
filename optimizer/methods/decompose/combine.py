r"""Whole land near the relaxation where every flip changes many rows: sets of flips that fit together, by hashing.

A plan costs more than the relaxation by what its flips lose and by its slack at prices. With ten tight rows that each
flip changes, no few flips leave little slack in all of them: among n sets the least priced slack falls only with the
tenth root of n. So very many sets are needed, and only those that fit may be looked at: pairs of flips are joined to
fours that leave some of the rows where half of what is lacking would bring them, and fours to eights that leave the
other rows right; both joins look only into the same cell of a grid over the rows.

Source: Wagner (2002), A generalized birthday problem, doi:10.1007/3-540-45708-9_19. 分层配对取整.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from optimizer.methods.decompose import kernels_merge

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.methods.decompose.rounding import Rounding

FEWEST_ROWS, MOST_ROWS = 5, 16
"""Tight rows between which this pays: with fewer, fours are enough; with more, no set fits."""

IN_A_KEY = 5
"""Rows that a key tells cells of."""

TOUCHED = 2.0
"""Tight rows that a flip changes on average, at least."""

POOLS = (450, 200)
"""Flips of least regret that sets are made of, in one round after the other."""

FOURS = 3_000_000
"""Fours kept, at most."""

EIGHTS = 30_000_000
"""Eights looked at, at most."""

MARGIN = 1e-5
"""Slack that is kept, in what a flip changes on average, since sums are of single precision."""

TRIES = 12
"""Widths of cells tried, on a sample of the sets: ..."""

SAMPLE = 150_000
"""... about so many of them."""


class Combine:
    """Looks for whole shares of the open pieces in sets of up to eight flips.

    `soft` marks rows that a continuous column beside the moves keeps whatever the land does, (rows,).
    """

    def __init__(self, land: Rounding, soft: NDArray[np.bool_], seed: int) -> None:
        self._land, self._soft, self._random = land, soft, np.random.default_rng(seed)

    def search(self, enough: float, deadline: float) -> NDArray[np.float64] | None:
        """Return shares of the pieces' moves, None where no set was found; ends at a rise of `enough`."""
        found = False
        for most in POOLS:
            if time.perf_counter() > deadline or (found and self._rise() <= enough):
                break
            found |= self._round(most, enough, not found)
        return self._land.values() if found else None

    def _rise(self) -> float:
        """Return what the plan costs more than the relaxation, soft rows at their bound."""
        land = self._land
        return land.rise - float((land.ranges.price * land.slack)[self._soft].sum())

    def _round(self, most: int, enough: float, first: bool) -> bool:
        """Make the best set of flips found; whether there was one. The first need not be better than the start."""
        land = self._land
        flips = land.flips()
        order = np.argsort(land.regret(flips), kind="stable")[:most]
        pool = flips[order]
        change = land.change(pool)
        rows = self._rows(change.toarray())
        amounts = change[rows].toarray().T
        if first and not self._fits(amounts):
            return False
        price = land.ranges.price[rows]
        scale = np.where(price > 0, price, _typical(amounts, price))
        scale = scale / max(float(np.abs(amounts * scale).mean()), 1e-30)
        unit = float(np.max(price / scale)) or 1.0
        chosen = self._eight(
            amounts * scale,
            (land.regret(pool) + amounts @ price) / unit,
            land.of_move[pool],
            land.slack[rows] * scale - MARGIN,
            land.ranges.width[rows] * scale - 2 * MARGIN,
            (np.inf if first else -MARGIN, (enough - self._rise()) / unit),
        )
        if chosen is None:
            return False
        before = land.state
        land.flip(pool[chosen])
        if (land.broken & ~self._soft).any():
            land.restore(before)
            return False
        return True

    def _fits(self, amounts: NDArray[np.float64]) -> bool:
        """Whether sets are worth looking for, given what flips change of the tight rows, (flips, rows)."""
        flips, rows = amounts.shape
        many = rows >= FEWEST_ROWS and np.count_nonzero(amounts) >= TOUCHED * flips
        return 0 < rows <= MOST_ROWS and (many or bool(self._soft.any()))

    def _rows(self, change: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the rows that eight flips may break, or that have a price or are broken."""
        land = self._land
        reach = 8 * np.abs(change).max(axis=1, initial=0.0)
        room = np.minimum(land.slack, land.ranges.width - land.slack)
        return np.flatnonzero(((land.ranges.price > 0) | (room < reach)) & ~self._soft)

    def _eight(
        self,
        vectors: NDArray[np.float64],
        cost: NDArray[np.float64],
        owner: NDArray[np.int64],
        slack: NDArray[np.float64],
        width: NDArray[np.float64],
        limits: tuple[float, float],
    ) -> NDArray[np.int64] | None:
        """Return the flips of the best set found, as places in the pool, None where there is none."""
        pairs = kernels_merge.pairs_of(vectors.astype(np.float32), cost.astype(np.float32), owner)
        spread, lack = np.argsort(-vectors.std(axis=0), kind="stable"), -slack
        number = np.arange(len(pairs[0]), dtype=np.int32)
        sets, late = (number, np.zeros_like(number)), spread[:IN_A_KEY]
        if len(spread) >= FEWEST_ROWS:
            half = min((len(spread) + 1) // 2, IN_A_KEY)
            early, late = spread[:half], spread[half : half + IN_A_KEY]
            sets = kernels_merge.join_all(*self._join(pairs[2], sets, early, lack[early] / 2, FOURS), FOURS)
        if not len(sets[0]):
            return None
        args = (sets, pairs, slack, width, *limits, EIGHTS, owner)
        found, _ = kernels_merge.join_best(*self._join(pairs[2], sets, late, lack[late], EIGHTS), *args)
        chosen = found[found >= 0]
        return chosen if len(chosen) else None

    def _join(
        self,
        vectors: NDArray[np.float32],
        sets: tuple[NDArray[np.int32], NDArray[np.int32]],
        dims: NDArray[np.int64],
        target: NDArray[np.float64],
        most: int,
    ) -> tuple[NDArray[np.int32], ...]:
        """Return sorted keys of sets and of what they lack to a target, and the orders, in cells as wide as allowed."""
        left, right = sets
        every = max(len(left) // SAMPLE, 1)
        few = np.ascontiguousarray(left[::every]), np.ascontiguousarray(right[::every])  # as kernels take all
        width = 2.0 * float((vectors[few[0]] + vectors[few[1]])[:, dims].std(axis=0).mean()) + 1e-9
        for _ in range(TRIES):
            one, two, _, _ = self._keyed(vectors, few, dims, target, width)
            joins = max(kernels_merge.count_joins(one, two), 1) * every**2
            if most / 2 <= joins <= most:
                break
            width *= min(max((0.75 * most / joins) ** (1.0 / len(dims)), 0.3), 3.0)
        return self._keyed(vectors, sets, dims, target, width)

    def _keyed(
        self,
        vectors: NDArray[np.float32],
        sets: tuple[NDArray[np.int32], NDArray[np.int32]],
        dims: NDArray[np.int64],
        target: NDArray[np.float64],
        width: float,
    ) -> tuple[NDArray[np.int32], ...]:
        """Return sorted keys of sets and of what they lack to a target, in cells of some width, and the orders."""
        shift = self._random.uniform(0.0, width, len(dims))
        own = kernels_merge.keys(vectors, *sets, dims, 1.0, shift, width)
        lacking = kernels_merge.keys(vectors, *sets, dims, -1.0, target + shift + width / 3, width)
        order_own, order_lacking = np.argsort(own).astype(np.int32), np.argsort(lacking).astype(np.int32)
        return own[order_own], lacking[order_lacking], order_own, order_lacking


def _typical(amounts: NDArray[np.float64], price: NDArray[np.float64]) -> float:
    """Return a price at which a row without one weighs as much as the others."""
    priced = np.abs(amounts[:, price > 0] * price[price > 0])
    plain = np.abs(amounts)
    return float(priced.mean() / max(plain.mean(), 1e-30)) if priced.size and priced.any() else 1.0
