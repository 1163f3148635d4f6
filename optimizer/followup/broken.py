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

from formulations.program import ENERGY, INFINITY, Matrix
from optimizer.methods import highs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.infeasibility.rows import QuotaRows
    from optimizer.results.solution import SolveOptions

NEGLIGIBLE = 1e-6
"""Shortfall, as a part of the row's scale (at least 1), that counts as none: what the audit lets pass."""


KEPT = 1e-9
"""Part of a row's scale that counts as nothing at all."""

SPARE = 0.1
"""Part of a negligible shortfall that a second solve may add: solvers keep rows only to a tolerance."""


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

    @cached_property
    def of_network(self) -> NDArray[np.bool_]:
        """Which columns beside the moves are those of a network, (other columns,)."""
        families = self.rows.program.columns
        return np.concatenate([np.zeros(0, bool), *(np.full(len(f), f.family.startswith(ENERGY)) for f in families)])

    def measure(self, shares: NDArray[np.float64], network: NDArray[np.float64] | None = None) -> Shortfall:
        """Return the least shortfall of a plan, (moves,); raises ValueError where HiGHS finds none.

        Of the other columns that go with it, those are taken that cost least; where `network` gives values of every
        column, (columns,), those of the network stay as they are there.
        """
        rows, matrix, count = self.rows, self.rows.matrix, self.count
        below = matrix.rows[rows.first :]
        made = below[:, :count] @ shares[:count]
        lower, upper = rows.lower - made, rows.upper - made
        others = matrix.rows.shape[1] - count
        if not others:
            return self._found(np.maximum(np.maximum(lower, -upper), 0.0), shares[:count].copy())
        slacks = self.slack.shape[1]
        least, most = matrix.lower[count:], matrix.upper[count:]
        if network is not None:
            least, most = (np.where(self.of_network, network[count:], limit) for limit in (least, most))
        small = Matrix(
            rows=sp.csr_array(sp.hstack([below[:, count:], self.slack], format="csr")),
            row_lower=lower,
            row_upper=upper,
            lower=np.concatenate([least, np.zeros(slacks)]),
            upper=np.concatenate([most, np.full(slacks, INFINITY)]),
            cost=np.concatenate([np.zeros(others), np.ones(slacks)]),
            integer=np.concatenate([matrix.integer[count:], np.zeros(slacks, dtype=bool)]),
        )
        values = self._least(small)
        own = matrix.cost[count:]
        if own.any():
            spare = np.tile(SPARE * NEGLIGIBLE * np.maximum(rows.scale, 1.0) / rows.scale, 2)
            limits = np.concatenate([small.upper[:others], values[others:] + spare])
            values = self._least(replace(small, upper=limits, cost=np.concatenate([own, np.zeros(slacks)])))
        given_way = values[others:].reshape(2, -1).sum(axis=0) * rows.scale
        return self._found(given_way, np.concatenate([shares[:count], values[:others]]))

    def beside(self, shares: NDArray[np.float64], others: NDArray[np.float64]) -> Shortfall:
        """Return what a plan, (moves,), lacks beside given values of the other columns; nothing is solved."""
        values = np.concatenate([shares[: self.count], others])
        made = self.rows.matrix.rows[self.rows.first :] @ values
        return self._found(np.maximum(np.maximum(self.rows.lower - made, made - self.rows.upper), 0.0), values)

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
