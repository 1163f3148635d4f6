"""Whole land near the relaxation, row by row: for many rows, most of which nearly tied groups can put right.

A relaxation splits about as many whole groups as it has tight rows. Give each whole to the move that holds most of
it, and every tight row is off by about a hectare. Up to four flips, out of some hundred that change a row, put it
right at little regret and leave hardly any slack; rows that were put right before stay right. A row that misses more
than four flips make up is brought to its bound one flip after the other. The order of the rows
decides what is left for each, so rows that came out broken or dear come earlier in the next attempt. 逐行取整.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from optimizer.methods.decompose.ranges import ROUND_OFF
from optimizer.methods.decompose.row_order import RowOrder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.methods.decompose.rounding import Rounding, State

POOL = 50
"""Flips of either sign looked at for one row, those of least regret; first those that change no settled row."""

KEPT = 1500
"""Flips kept for one row, those of least regret, among which the others are looked for."""

FIRST, GROWTH, STEPS = 1e-3, 8.0, 7
"""Rise allowed at first to put a row right, in units of slack; how it grows while no set is found, and how often."""

FINE = 0.05
"""Slack with which a row is left that its own flips cannot bring nearer to its bound, in its unit."""

ATTEMPTS = 16
"""Attempts at most while there is no plan."""

SETTLED = 500
"""Rows put right in all, in further attempts, once there is a plan."""

SPREAD = 2.0
"""Spread of the logarithm of what regrets are multiplied by where flips are drawn."""

DEAR = 0.04
"""Part of the whole rise beyond which a row comes earlier in the next attempt, ..."""

EARLIER, FIRST_OF_ALL = 10.0, 1000.0
"""... and how much more urgent a dear and a broken row become."""

LEAST_URGENT = 1e-30
"""Of the most urgent row."""


class Settle:
    """Looks for whole shares of the open pieces, row by row."""

    def __init__(self, rounding: Rounding, seed: int) -> None:
        self._land, self._random = rounding, np.random.default_rng(seed)
        self._start = rounding.state
        self._price = rounding.ranges.price
        self._tight = (self._price > 0) | rounding.broken
        self._rows = np.flatnonzero(self._tight)
        flips = _cheapest(rounding, self._rows)
        change = sp.csr_array(rounding.change(flips))
        self._flips, self._ends = flips[change.indices], change.indptr
        self._order = RowOrder(sp.csr_array(change[self._rows]), rounding.regret(flips))

    def search(self, enough: float, deadline: float) -> NDArray[np.float64] | None:
        """Return shares of the pieces' moves, None where some row stays broken; ends at a rise of `enough`.

        An attempt in an order that was tried before draws its flips.
        """
        urgency = np.ones(len(self._price))
        best: State | None = None
        least, left = np.inf, SETTLED
        tried: set[tuple[int, ...]] = set()
        for _ in range(ATTEMPTS + SETTLED):
            order = self._order.order(urgency[self._rows])
            rise, spent = self._attempt(self._rows[order], enough, SPREAD * (tuple(order) in tried))
            tried.add(tuple(order))
            if rise < least:
                best, least = self._land.state, rise
            left -= max(len(order), 1) if best is not None else SETTLED // ATTEMPTS
            if least <= enough or left < 0 or time.perf_counter() > deadline:
                break
            spent += self._price * np.maximum(self._land.slack, 0.0)
            urgency[spent > DEAR * spent.sum()] *= EARLIER
            urgency[self._land.broken] *= FIRST_OF_ALL
            urgency = np.maximum(urgency / urgency.max(), LEAST_URGENT)
        if best is None:
            return None
        self._land.restore(best)
        return self._land.values()

    def _attempt(self, rows: NDArray[np.int64], enough: float, spread: float) -> tuple[float, NDArray[np.float64]]:
        """Settle rows from the start; return the rise, infinite where a row is broken, and what each row lost."""
        land = self._land
        land.restore(self._start)
        settled = ~self._tight
        spent = np.zeros(len(settled))
        for row in rows:
            settled[row] = True
            lost = float(land.loss[land.taken].sum())
            self._settle(row, settled, enough, spread)
            settled[row] = not land.ranges.broken(land.slack)[row]
            spent[row] = float(land.loss[land.taken].sum()) - lost
        return (np.inf if land.broken.any() else land.rise), spent

    def _settle(self, row: np.int64, settled: NDArray[np.bool_], enough: float, spread: float) -> None:
        """Put a row right, or nearer to its bound, by flips that leave no settled row broken."""
        land, price = self._land, self._price[row]
        rises = max(enough / 100, FIRST * price) * GROWTH ** np.arange(STEPS)
        for pool in self._pools(row, settled, spread):
            now = price * land.slack[row]
            broken = land.ranges.broken(land.slack)[row]
            limits = np.append(rises, np.inf) - now if broken else np.append(rises[rises < now] - now, -ROUND_OFF)
            if len(pool) and land.exchange(pool, settled, limits):
                return
            if not broken and land.slack[row] <= FINE:
                return
        self._near(row, settled)

    def _near(self, row: np.int64, settled: NDArray[np.bool_]) -> None:
        """Bring a broken row to its bounds one flip after the other, each the cheapest for what it brings nearer.

        Four flips of least regret may not make up for all that rows settled before took from this one.
        """
        land = self._land
        while (lack := float(_lack(land, row))) > ROUND_OFF:
            flips = self._flips[self._ends[row] : self._ends[row + 1]]
            flips = flips[flips != land.taken[land.of_move[flips]]]
            change = land.change(flips)
            brought = lack - _lack(land, row, change[[row]].toarray().ravel())
            after = land.slack[change.indices] + change.data
            wrong = settled[change.indices] & (change.indices != row)
            wrong &= (after < -ROUND_OFF) | (after > land.ranges.width[change.indices] + ROUND_OFF)
            place = np.repeat(np.arange(len(flips)), np.diff(change.indptr))
            able = (brought > ROUND_OFF) & (np.bincount(place, wrong, minlength=len(flips)) == 0)
            if not able.any():
                return
            loss = land.regret(flips) + self._price @ change
            rate = np.where(able, loss / np.where(able, brought, 1.0), np.inf)
            land.flip(flips[[int(rate.argmin())]])

    def _pools(self, row: np.int64, settled: NDArray[np.bool_], spread: float) -> list[NDArray[np.int64]]:
        """Return flips that change a row: those that change no settled tight row, then these and others."""
        land = self._land
        moved = np.flatnonzero(np.isin(land.of_move, np.flatnonzero(land.taken != self._start.taken)))
        moves = np.union1d(self._flips[self._ends[row] : self._ends[row + 1]], moved)
        moves = moves[moves != land.taken[land.of_move[moves]]]
        change = land.change(moves)
        place = np.repeat(np.arange(len(moves)), np.diff(change.indptr))
        amount = np.bincount(place, np.where(change.indices == row, change.data, 0.0), minlength=len(moves))
        others = (settled & self._tight)[change.indices] & (change.indices != row)
        alone = np.bincount(place, others, minlength=len(moves)) == 0
        drawn = np.exp(spread * self._random.standard_normal(len(moves)))
        order = np.argsort(land.regret(moves) * drawn, kind="stable")
        first, more = (
            [order[(side & kept)[order]][:POOL] for side in (amount > 0, amount < 0)] for kept in (alone, ~alone)
        )
        return [moves[np.concatenate(first)], moves[np.concatenate(first + more)]]


def _lack(land: Rounding, row: np.int64, change: NDArray[np.float64] | float = 0.0) -> NDArray[np.float64]:
    """Return by how much a row is missed after a change of its slack, 0 where it is kept."""
    slack = land.slack[row] + change
    return np.maximum(np.maximum(-slack, slack - land.ranges.width[row]), 0.0)


def _cheapest(land: Rounding, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the flips of least regret that change each of some rows."""
    flips = land.flips()
    flips = flips[np.argsort(land.regret(flips), kind="stable")]
    change = sp.csr_array(land.change(flips)[rows])
    change.sort_indices()
    rank = np.arange(len(change.indices)) - np.repeat(change.indptr[:-1], np.diff(change.indptr))
    return flips[np.unique(change.indices[rank < KEPT])]
