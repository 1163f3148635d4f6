r"""Limits that columns without one have all the same, so that multipliers prove a bound.

No optimal plan costs more than one that is known, of objective z:

.. math:: c_j x_j \le z - \sum_{k \ne j} \min_{x_k} c_k x_k

limits what has a price (capacity to be built); rows then limit what depends on it (output, flows):

.. math:: a_{rj} x_j \le h_r - \sum_{k \ne j} \min_{x_k} a_{rk} x_k

Only columns without limit are given one. Every optimal plan keeps these limits, so a bound proven within them is one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Matrix

ROUNDS = 6
"""Passes over the rows; each reaches what depends on the columns of the one before."""

ROOM = 1e-6
"""Part by which limits are widened against round-off."""


def with_implied_limits(matrix: Matrix, objective: float) -> Matrix:
    """Return the matrix with a limit on every column for which plans no worse than `objective` imply one."""
    lower, upper = matrix.lower.copy(), matrix.upper.copy()
    cost = sp.csr_array(matrix.cost[None, :])
    _tighten(cost, np.array([-np.inf]), np.array([objective]), lower, upper)
    open_ = ~(np.isfinite(lower) & np.isfinite(upper))
    touched = np.flatnonzero(abs(matrix.rows) @ open_.astype(float))
    rows = sp.csr_array(matrix.rows[touched])
    for _ in range(ROUNDS):
        before = int(np.isinf(lower).sum() + np.isinf(upper).sum())
        _tighten(rows, matrix.row_lower[touched], matrix.row_upper[touched], lower, upper)
        if before == int(np.isinf(lower).sum() + np.isinf(upper).sum()):
            break
    return replace(matrix, lower=lower, upper=upper)


def _tighten(
    rows: sp.csr_array,
    row_lower: NDArray[np.float64],
    row_upper: NDArray[np.float64],
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
) -> None:
    """Limit, in place, columns without limit by rows whose other columns have one."""
    entries = sp.coo_array(rows)
    for sign, limit in ((1.0, row_upper), (-1.0, -row_lower)):
        value, row, column = sign * entries.data, entries.row, entries.col
        with np.errstate(invalid="ignore"):
            least = np.where(value > 0, value * lower[column], value * upper[column])
        open_ = np.isinf(least)
        count = np.bincount(row, weights=open_, minlength=rows.shape[0])
        total = np.bincount(row, weights=np.where(open_, 0.0, least), minlength=rows.shape[0])
        alone = np.isfinite(limit)[row] & (count[row] - open_ == 0)
        room = (limit[row] - (total[row] - np.where(open_, 0.0, least)))[alone]
        value, column = value[alone], column[alone]
        reach = room / value
        reach += ROOM * (1.0 + np.abs(reach)) * np.sign(value)
        above = (value > 0) & np.isinf(upper[column])
        below = (value < 0) & np.isinf(lower[column])
        highest, lowest = np.full(len(upper), np.inf), np.full(len(lower), -np.inf)
        np.minimum.at(highest, column[above], reach[above])
        np.maximum.at(lowest, column[below], reach[below])
        np.minimum(upper, highest, out=upper)
        np.maximum(lower, lowest, out=lower)
