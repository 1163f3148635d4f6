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
from instances.faults import Fault, InstanceError
from optimizer.methods import highs
from optimizer.methods.relaxation import termination_of
from optimizer.results.solution import Termination

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
        """Return the least shortfall of a plan, (moves,); raises InstanceError where there is no time to prove it.

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
        free = np.flatnonzero(least != most)
        tied = np.flatnonzero(np.diff(self._below[:, count + free].indptr))
        if len(tied):
            values[count + free] = 0.0
            small = self._elastic(values, count + free, tied, np.stack([least[free], most[free]]))
            found = self._chosen(small, count + free, tied)
            values[count + free] = found[: len(free)]
            lacks[tied] = found[len(free) :].reshape(2, -1).sum(axis=0) * self.rows.scale[tied]
        return self._found(lacks, values)

    def _elastic(
        self, held: NDArray[np.float64], free: NDArray[np.int64], tied: NDArray[np.int64], limits: NDArray[np.float64]
    ) -> Matrix:
        """Return the rows `tied` over free columns between their limits, (2, free), and slacks, at cost 1, up and down.

        `held`, (columns,), are the values of all other columns, 0 for free ones.
        """
        below, slack = self._below[tied], sp.diags_array(self.rows.scale[tied])
        made, slacks = below @ held, np.zeros(2 * len(tied))
        return Matrix(
            rows=sp.csr_array(sp.hstack([below[:, free], slack, -slack], format="csr")),
            row_lower=self.rows.lower[tied] - made,
            row_upper=self.rows.upper[tied] - made,
            lower=np.concatenate([limits[0], slacks]),
            upper=np.concatenate([limits[1], slacks + INFINITY]),
            cost=np.concatenate([np.zeros(len(free)), slacks + 1.0]),
            integer=np.concatenate([self.rows.matrix.integer[free], slacks > 0]),
        )

    def _chosen(self, small: Matrix, free: NDArray[np.int64], tied: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the values of free columns and of slacks: least slack first, then least cost, whole numbers whole."""
        found = self._least(small)
        assert found is not None  # slacks take up whatever lacks
        own, scale = self.rows.matrix.cost[free], self.rows.scale[tied]
        if own.any():
            lacking = found[len(free) :]
            spare = np.tile(SPARE * NEGLIGIBLE * np.maximum(scale, 1.0) / scale, 2)
            cheap = replace(small, cost=np.concatenate([own, np.zeros(len(lacking))]))
            for most in (np.where(lacking > spare, lacking + spare, 0.0), lacking + spare):
                best = self._least(replace(cheap, upper=np.concatenate([small.upper[: len(free)], most])))
                if best is not None:
                    found = best
                    break
        chosen = np.where(small.integer, np.round(found), found)
        return np.clip(chosen, small.lower, small.upper)

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
        """Return the best values, (columns,), None where there are none; raises InstanceError where time is up."""
        solver = highs.load(matrix)
        highs.configure(solver, self.options, self.options.time_limit_s)
        answer = highs.run(solver)
        ended = termination_of(answer)
        if ended in (Termination.TIME_LIMIT, Termination.INTERRUPTED):
            words = "no time to find what goes with the plan's land (projects, lots, linked quota, network)"
            raise InstanceError([Fault("--time-limit", words, "give more seconds")])
        return None if ended is Termination.INFEASIBLE else answer.values

    def _found(self, lacks: NDArray[np.float64], values: NDArray[np.float64]) -> Shortfall:
        counts = lacks > NEGLIGIBLE * np.maximum(self.rows.scale, 1.0)
        return Shortfall(float((lacks / self.rows.scale)[counts].sum()), values, lacks)
