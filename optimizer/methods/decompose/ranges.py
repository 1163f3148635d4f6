"""Rows as ranges with a price on slack: what making a relaxation whole works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Matrix

ROUND_OFF = 1e-9
"""What a row may be missed by, in its unit."""


@dataclass(frozen=True)
class Ranges:
    """Rows `0 <= rows @ values - low <= width`, turned so that slack counts from the bound that has a price.

    Attributes
    ----------
    rows
        (rows, columns).
    low, width
        (rows,); the width is infinite where a row has one bound, zero where it is an equation.
    price
        What a unit of slack costs at the multipliers, (rows,), never negative.
    number
        Place of each among the rows given, which also hold those without a bound, (rows,).
    """

    rows: sp.csr_array
    low: NDArray[np.float64]
    width: NDArray[np.float64]
    price: NDArray[np.float64]
    number: NDArray[np.int64]

    def broken(self, slack: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Mark the rows that are not kept, (rows,)."""
        return (slack < -ROUND_OFF) | (slack > self.width + ROUND_OFF)


def ranges_of(matrix: Matrix, duals: NDArray[np.float64], first: int) -> Ranges:
    """Return the rows of a matrix from `first` on as ranges; `duals` are those of all its rows."""
    y, lower, upper = duals[first:], matrix.row_lower[first:], matrix.row_upper[first:]
    turned = (y < 0) | ~np.isfinite(lower)
    sign = np.where(turned, -1.0, 1.0)
    low, high = np.where(turned, -upper, lower), np.where(turned, -lower, upper)
    bounded = np.isfinite(low)
    rows = sp.csr_array(sp.diags_array(sign) @ matrix.rows[first:])[bounded]
    width = (high - np.where(bounded, low, 0.0))[bounded]
    return Ranges(rows, low[bounded], width, np.abs(y)[bounded], np.flatnonzero(bounded))
