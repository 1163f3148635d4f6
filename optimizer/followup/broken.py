r"""How much a plan breaks, whatever it is: the least that its quotas must give way, and the values that go with it.

.. math::

    \min_{v, s \ge 0} \sum_k s_k / \sigma_k \quad\text{s.t.}\quad
    l_k - s_k \le (A \hat u + T v)_k \le h_k + s_k

:math:`\hat u` the shares of moves, which are given; :math:`v` the other columns (projects opened, linked quota, ...),
which follow; :math:`\sigma_k` the scale of row k, so that a tenth of a large target weighs as much as a tenth of a
small one. Only the other columns are solved for: it takes little time however much land there is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from formulations.program import INFINITY, Matrix
from optimizer.methods import highs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.infeasibility.rows import QuotaRows
    from optimizer.results.solution import SolveOptions

NEGLIGIBLE = 1e-6
"""Shortfall, as a part of the row's scale (at least 1), that counts as none: what the audit lets pass."""


KEPT = 1e-9
"""Part of a row's scale that counts as nothing at all."""


@dataclass(frozen=True)
class Shortfall:
    """What a plan breaks.

    `total` is the sum of relative shortfalls, `values` those of every column, (columns,), and `lacks` what each quota
    row is short by in its unit, (quota rows,), rounding included.
    """

    total: float
    values: NDArray[np.float64]
    lacks: NDArray[np.float64]


@dataclass(frozen=True)
class Meter:
    """Measures plans of one Program."""

    rows: QuotaRows
    options: SolveOptions

    @property
    def count(self) -> int:
        """Number of moves."""
        return len(self.rows.program.moves)

    @cached_property
    def slack(self) -> sp.csr_array:
        """Columns that let every quota row give way upwards, then downwards, (quota rows, 2 x quota rows)."""
        scale = sp.diags_array(self.rows.scale)
        return sp.csr_array(sp.hstack([scale, -scale]))

    def measure(self, shares: NDArray[np.float64]) -> Shortfall:
        """Return the least shortfall of a plan, (moves,); raises ValueError where HiGHS finds none.

        Of the other columns that go with it, those are taken that cost least.
        """
        rows, matrix, count = self.rows, self.rows.matrix, self.count
        below = matrix.rows[rows.first :]
        made = below[:, :count] @ shares[:count]
        lower, upper = rows.lower - made, rows.upper - made
        others = matrix.rows.shape[1] - count
        if not others:
            return self._found(np.maximum(np.maximum(lower, -upper), 0.0), shares[:count].copy())
        slacks = self.slack.shape[1]
        small = Matrix(
            rows=sp.csr_array(sp.hstack([below[:, count:], self.slack], format="csr")),
            row_lower=lower,
            row_upper=upper,
            lower=np.concatenate([matrix.lower[count:], np.zeros(slacks)]),
            upper=np.concatenate([matrix.upper[count:], np.full(slacks, INFINITY)]),
            cost=np.concatenate([np.zeros(others), np.ones(slacks)]),
            integer=np.concatenate([matrix.integer[count:], np.zeros(slacks, dtype=bool)]),
        )
        values = self._least(small)
        own = matrix.cost[count:]
        if own.any():
            limits = np.concatenate([small.upper[:others], values[others:] + KEPT])
            values = self._least(replace(small, upper=limits, cost=np.concatenate([own, np.zeros(slacks)])))
        given_way = values[others:].reshape(2, -1).sum(axis=0) * rows.scale
        return self._found(given_way, np.concatenate([shares[:count], values[:others]]))

    def rounded(self, found: Shortfall) -> QuotaRows:
        """Return rows that let the rounding of a plan pass, so that holding it does not clash."""
        passed = NEGLIGIBLE * np.maximum(self.rows.scale, 1.0)
        return self.rows.loosened(np.where(found.lacks <= passed, found.lacks, 0.0) + KEPT * self.rows.scale)

    def _least(self, matrix: Matrix) -> NDArray[np.float64]:
        solver = highs.load(matrix)
        highs.configure(solver, self.options, self.options.time_limit_s)
        answer = highs.run(solver)
        if answer.values is None:
            raise ValueError(f"the shortfall of a plan was not found: {answer.status}")
        return answer.values

    def _found(self, lacks: NDArray[np.float64], values: NDArray[np.float64]) -> Shortfall:
        counts = lacks > NEGLIGIBLE * np.maximum(self.rows.scale, 1.0)
        return Shortfall(float((lacks / self.rows.scale)[counts].sum()), values, lacks)
