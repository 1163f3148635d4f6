"""Rows as one-sided bounds with a price on slack: what making a relaxation whole works with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Matrix


def sides_of(
    matrix: Matrix, duals: NDArray[np.float64], first: int
) -> tuple[sp.csr_array, NDArray[np.float64], NDArray[np.float64]]:
    """Return every bound of a row as `side @ values >= bound`, with the price of slack there."""
    rows, y = matrix.rows[first:], duals[first:]
    below, above = np.isfinite(matrix.row_lower[first:]), np.isfinite(matrix.row_upper[first:])
    sides = sp.vstack([rows[below], -rows[above]], format="csr")
    bound = np.concatenate([matrix.row_lower[first:][below], -matrix.row_upper[first:][above]])
    price = np.concatenate([np.maximum(y, 0.0)[below], np.maximum(-y, 0.0)[above]])
    return sp.csr_array(sides), bound, price
