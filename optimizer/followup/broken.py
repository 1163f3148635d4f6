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

SPARE = 0.1
"""Part of a negligible shortfall that a second solve may add where it finds nothing without: solvers keep rows only to
a tolerance. Else what costs much, such as power in every hour of many years, would live on it."""


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

    def measure(self, shares: NDArray[np.float64], network: NDArray[np.float64] | None = None) -> Shortfall:
        """Return the least shortfall of a plan, (moves,); raises ValueError where HiGHS finds none.

        Of the other columns that go with it, those are taken that cost least; columns of which `network`, (columns,),
        is not NaN stay as they are there.
        """
        matrix, count = self.rows.matrix, self.count
        least, most = matrix.lower[count:], matrix.upper[count:]
        if network is not None:
            held = network[count:]
            least, most = (np.where(np.isnan(held), limit, held) for limit in (least, most))
        values = np.concatenate([shares[:count], np.clip(0.0, least, most)])
        lacks = self.beside(shares, values[count:]).lacks
        free = count + np.flatnonzero(least != most)
        tied = np.flatnonzero(np.diff(self._below[:, free].indptr))
        if len(tied):
            values[free], lacks[tied] = self._free(values, free, tied, least[free - count], most[free - count])
        return self._found(lacks, values)

    def _free(
        self,
        values: NDArray[np.float64],
        free: NDArray[np.int64],
        tied: NDArray[np.int64],
        least: NDArray[np.float64],
        most: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return values of columns that are free, (free,), and what the rows that they count in lack, (tied,).

        They lie between `least` and `most`, (free,); `values`, (columns,), are those of all others.
        """
        rows, matrix, scale = self.rows, self.rows.matrix, self.rows.scale[tied]
        below = self._below[tied]
        others = values.copy()
        others[free] = 0.0
        made, slack = below @ others, sp.diags_array(scale)
        slacks = np.zeros(2 * len(tied))
        small = Matrix(
            rows=sp.csr_array(sp.hstack([below[:, free], slack, -slack], format="csr")),
            row_lower=rows.lower[tied] - made,
            row_upper=rows.upper[tied] - made,
            lower=np.concatenate([least, slacks]),
            upper=np.concatenate([most, slacks + INFINITY]),
            cost=np.concatenate([np.zeros(len(free)), slacks + 1.0]),
            integer=np.concatenate([matrix.integer[free], slacks > 0]),
        )
        found = self._least(small)
        if found is None:
            raise ValueError("the shortfall of a plan was not found")
        own = matrix.cost[free]
        if own.any():
            cheap, lacking = replace(small, cost=np.concatenate([own, slacks])), found[len(free) :]
            spare = np.tile(SPARE * NEGLIGIBLE * np.maximum(scale, 1.0) / scale, 2)
            for most_lacking in (np.where(lacking > spare, lacking + spare, 0.0), lacking + spare):
                best = self._least(replace(cheap, upper=np.concatenate([most, most_lacking])))
                if best is not None:
                    found = best
                    break
        chosen = np.where(matrix.integer[free], np.round(found[: len(free)]), found[: len(free)])
        chosen = np.clip(chosen, least, most)
        return chosen, found[len(free) :].reshape(2, -1).sum(axis=0) * scale

    def beside(self, shares: NDArray[np.float64], others: NDArray[np.float64]) -> Shortfall:
        """Return what a plan, (moves,), lacks beside given values of the other columns; nothing is solved."""
        values = np.concatenate([shares[: self.count], others])
        made = self._below @ values
        return self._found(np.maximum(np.maximum(self.rows.lower - made, made - self.rows.upper), 0.0), values)

    def rounded(self, found: Shortfall) -> QuotaRows:
        """Return rows that let the rounding of a plan pass, so that holding it does not clash.

        Rounding is what the plan lacks, and what solvers leave of a row with all its columns held.
        """
        passed = NEGLIGIBLE * np.maximum(self.rows.scale, 1.0)
        left = self.beside(found.values[: self.count], found.values[self.count :]).lacks
        rounding = np.where(found.lacks <= passed, np.maximum(found.lacks, left), 0.0)
        return self.rows.loosened(rounding + KEPT * self.rows.scale)

    @cached_property
    def _below(self) -> sp.csr_array:
        """The quota rows over all columns, (quota rows, columns)."""
        return sp.csr_array(self.rows.matrix.rows[self.rows.first :])

    def _least(self, matrix: Matrix) -> NDArray[np.float64] | None:
        solver = highs.load(matrix)
        highs.configure(solver, self.options, self.options.time_limit_s)
        return highs.run(solver).values

    def _found(self, lacks: NDArray[np.float64], values: NDArray[np.float64]) -> Shortfall:
        counts = lacks > NEGLIGIBLE * np.maximum(self.rows.scale, 1.0)
        return Shortfall(float((lacks / self.rows.scale)[counts].sum()), values, lacks)
