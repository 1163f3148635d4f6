"""The order in which rows are put right one after the other.

A row that is put right by flips that change other rows must come before them. So the order is found from its end:
of the rows without a place, the next from the end is the one with the cheapest flips that change none of the others.
What flips cost differs by orders of magnitude: land of a rare class changes hands at a hundred times the regret of
cropland. Rows of rare classes so come early, while every flip may be used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    from numpy.typing import NDArray

WANTED = 8
"""A row is put right about as cheaply as its flip of this rank."""

MISSING = 1e6
"""Regret that stands for each flip a row lacks to that rank."""

LEAST = 1e-9


class RowOrder:
    """Orders rows; `change` is what flips change, (rows, flips), and `regret` what they lose, (flips,)."""

    def __init__(self, change: sp.csr_array, regret: NDArray[np.float64]) -> None:
        self._rows, self._flips, self._regret = change, sp.csc_array(change), regret

    def order(self, urgency: NDArray[np.float64]) -> list[int]:
        """Return the rows in order; those of more `urgency`, (rows,), come earlier."""
        count = self._rows.shape[0]
        without = np.diff(self._flips.indptr)  # rows without a place that a flip changes
        dear = np.array([self._dear(row, without) for row in range(count)])
        order: list[int] = []
        for _ in range(count):
            row = int((dear * urgency).argmin())
            order.append(row)
            dear[row] = np.inf
            flips = self._of(row)
            without[flips] -= 1
            freed = flips[without[flips] == 1]
            for other in np.unique(self._flips[:, freed].indices):
                if np.isfinite(dear[other]):
                    dear[other] = self._dear(int(other), without)
        return order[::-1]

    def _of(self, row: int) -> NDArray[np.int64]:
        return self._rows.indices[self._rows.indptr[row] : self._rows.indptr[row + 1]].astype(np.int64)

    def _dear(self, row: int, without: NDArray[np.int64]) -> float:
        """Return what it costs to put a row right by flips that change no other row without a place."""
        flips = self._of(row)
        regret = self._regret[flips[without[flips] == 1]]
        if len(regret) < WANTED:
            return MISSING * (WANTED + 1 - len(regret))
        return max(float(np.partition(regret, WANTED - 1)[WANTED - 1]), LEAST)
