r"""The least relaxation: how far quotas must give way for a plan to exist.

.. math::

    \min \sum_k s_k \quad\text{s.t.}\quad
    l_k \le (A u)_k + \sigma_k s_k,\quad (A u)_k - \sigma_k s_k \le h_k,\quad s \ge 0

over every row k that stands for a line of the quotas table; :math:`\sigma_k` is its scale, so that a tenth
of a large target weighs as much as a tenth of a small one. Balances, permissions, projects, lots and the
ties of the linked quota are kept. Rows that need not give way at all are then taken out of the set one by
one, so that few rows are relaxed: without any one of those that are left there is no plan.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from formulations.program import INFINITY
from optimizer.methods import highs

if TYPE_CHECKING:
    from collections.abc import Callable

    import highspy
    from numpy.typing import NDArray

    from formulations.program import Matrix
    from optimizer.infeasibility.rows import QuotaRows
    from optimizer.results.solution import SolveOptions

NEGLIGIBLE = 1e-7
"""Shortfall, as a part of the row's scale, that solvers cannot tell from none."""

MIP_PART = 0.5
"""Part of the time left that one solve with whole numbers may take."""


@dataclass(frozen=True)
class Relaxed:
    """Shortfall of each quota row in its unit, (rows,), its multipliers, and what is proven.

    `proven`: the shortfall is least. `certain`: there is no plan without any, even if it is not proven least.
    """

    shortfall: NDArray[np.float64]
    values: NDArray[np.float64]
    duals: NDArray[np.float64] | None
    proven: bool
    certain: bool


@dataclass(frozen=True)
class Elastic:
    """A solver that holds the rows with slack columns; each solve starts where the last one ended."""

    rows: QuotaRows
    options: SolveOptions
    deadline: float
    integers: bool
    row_of: NDArray[np.int64]
    """Quota row of each slack column."""
    matrix: Matrix
    solver: highspy.Highs

    @classmethod
    def of(cls, rows: QuotaRows, options: SolveOptions, deadline: float, integers: bool) -> Elastic:
        """Add the slack columns and load the solver."""
        low = np.flatnonzero(rows.relaxable & np.isfinite(rows.lower))
        high = np.flatnonzero(rows.relaxable & np.isfinite(rows.upper))
        row_of = np.concatenate([low, high])
        sign = np.concatenate([np.ones(len(low)), -np.ones(len(high))])
        matrix = _with_slack(rows, row_of, sign)
        return cls(rows, options, deadline, integers, row_of, matrix, highs.load(matrix, integers))

    def least(self, limit: NDArray[np.float64], priced: NDArray[np.bool_] | None = None) -> Relaxed | None:
        """Return the least shortfall where no row gives way by more than its limit; None where there is none.

        Only `priced` rows, by default all, count in what is least.
        """
        count = len(self.row_of)
        columns = np.arange(self.rows.program.n_columns, self.rows.program.n_columns + count)
        upper = (limit / self.rows.scale)[self.row_of]
        cost = np.ones(count) if priced is None else priced[self.row_of].astype(float)
        highs.change_columns(self.solver, columns, upper, cost)
        left = self.deadline - time.perf_counter()
        highs.configure(self.solver, self.options, MIP_PART * left if self.integers else left)
        if self.integers:
            highs.start_from(self.solver, self._present())
        answer = highs.run(self.solver)
        if answer.values is None:
            return None
        proven = answer.status == highs.Status.kOptimal
        slack = answer.values[columns]
        slack[slack <= NEGLIGIBLE] = 0.0
        shortfall = np.bincount(self.row_of, weights=slack, minlength=len(self.rows)) * self.rows.scale
        return Relaxed(
            shortfall=shortfall,
            values=answer.values[: columns[0]],
            duals=None if self.integers or answer.duals is None else answer.duals[self.rows.first :],
            proven=proven,
            certain=(proven and bool(slack.any())) or (answer.bound or 0.0) > NEGLIGIBLE,
        )

    def _present(self) -> NDArray[np.float64]:
        """Return a plan to start from: all land stays as it is, and each quota gives way as far as that takes."""
        moves = self.rows.program.moves
        values = np.zeros(self.matrix.rows.shape[1])
        values[moves.start[:-1]] = 1.0
        reached = (self.rows.matrix.rows @ values[: self.rows.program.n_columns])[self.rows.first :]
        lacks = np.maximum(np.maximum(self.rows.lower - reached, reached - self.rows.upper), 0.0)
        values[self.rows.program.n_columns :] = (lacks / self.rows.scale)[self.row_of]
        return values

    def few(self, found: Relaxed) -> Relaxed:
        """Return a least relaxation of rows of which none can be spared, while time lasts."""
        return fewest(found, self.rows.scale, self.least, self.deadline)


def fewest(
    found: Relaxed,
    scale: NDArray[np.float64],
    least: Callable[[NDArray[np.float64]], Relaxed | None],
    deadline: float,
) -> Relaxed:
    """Return a least relaxation of rows of which none can be spared; `least` relaxes within limits."""
    by_size = np.argsort(found.shortfall / scale)
    for row in by_size[found.shortfall[by_size] > 0]:
        needed = found.shortfall > 0
        if needed.sum() < 2 or time.perf_counter() > deadline:
            break
        if needed[row]:
            needed[row] = False
            found = least(freely(needed)) or found
    return found


def freely(rows: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return limits, (rows,), that let the marked rows give way as far as need be, the others not at all."""
    return np.where(rows, INFINITY, 0.0)


def _with_slack(rows: QuotaRows, row_of: NDArray[np.int64], sign: NDArray[np.float64]) -> Matrix:
    matrix, count = rows.matrix, len(row_of)
    entries = (sign * rows.scale[row_of], (rows.first + row_of, np.arange(count)))
    slack = sp.csr_array(entries, shape=(matrix.rows.shape[0], count))
    return replace(
        matrix,
        rows=sp.csr_array(sp.hstack([matrix.rows, slack], format="csr")),
        lower=np.concatenate([matrix.lower, np.zeros(count)]),
        upper=np.concatenate([matrix.upper, np.full(count, INFINITY)]),
        cost=np.concatenate([np.zeros(len(matrix.cost)), np.ones(count)]),
        integer=np.concatenate([matrix.integer, np.zeros(count, dtype=bool)]),
    )
