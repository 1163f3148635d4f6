r"""What land under the strip of a line costs, zone by zone, at given prices of all else.

A zone's own rows (`strip_land`) hardly touch anything beyond the zone. Their multipliers follow from the others: with
:math:`D_{z,q}` what the cheapest hectare of zone z gives up that is under a strip from period q on,

.. math:: \sum_{p \ge q} y_{z,p} = \min_{q' \le q} \max(0, D_{z,q'})

is the most at which no land goes under a strip unasked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from formulations.program import ENERGY
from optimizer.methods.decompose.block import moves_of_groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.methods.decompose.pricing import Pricing

STRIP_LAND = ENERGY + "strip_land"


class Strips:
    """The strip rows of a Program.

    Attributes
    ----------
    rows
        Their places among the coupled rows, by zone and in it by period.
    moves
        Moves that lie under a strip.
    """

    def __init__(self, pricing: Pricing) -> None:
        program = pricing.program
        self._pricing = pricing
        self.rows = np.zeros(0, dtype=np.int64)
        self.moves = np.zeros(0, dtype=np.int64)
        number = next((k for k, quota in enumerate(program.quotas) if quota.rule == STRIP_LAND), None)
        if number is None:
            return
        quota = program.quotas[number]
        first = int(program.row_starts[number]) - program.moves.n_groups
        self.rows = np.searchsorted(pricing.rows, np.arange(first, first + len(quota)))
        self.moves = np.asarray(quota.index, dtype=np.int64)
        self._periods = int(program.moves.period[self.moves].max(initial=1))
        self._place = np.asarray(quota.cell, dtype=np.int64)
        self._groups, self._group = np.unique(program.moves.group_of(self.moves), return_inverse=True)
        self._all, self._starts = moves_of_groups(program.moves, self._groups)

    def priced(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the multipliers with those of the strip rows set; `y` is (coupled rows,)."""
        if not len(self.rows):
            return y
        pricing = self._pricing
        y = y.copy()
        y[self.rows] = 0.0
        price, cost = pricing.prices(y), pricing.cost_at(y)
        reduced = cost[self._all] - price[pricing.kind[self._all]]
        free = np.where(np.isin(self._all, self.moves), np.inf, reduced)
        free[pricing.program.moves.upper[self._all] <= 0] = np.inf
        other = np.minimum.reduceat(free, self._starts[:-1])
        given_up = cost[self.moves] - price[pricing.kind[self.moves]] - other[self._group]
        least = np.full(len(self.rows), np.inf)
        np.minimum.at(least, self._place, given_up)
        worth = np.minimum.accumulate(np.maximum(least.reshape(-1, self._periods), 0.0), axis=1)
        worth[np.isinf(worth)] = 0.0
        y[self.rows] = (worth - np.append(worth[:, 1:], np.zeros((len(worth), 1)), axis=1)).ravel()
        return y
