r"""The master of the dual: an LP over multipliers that collects the cuts of passes and proposes the next multipliers.

.. math::

    \max\ \sum_b \theta_b + \sum_r (l_r y_r^+ - h_r y_r^-) - \sum_v \bar v\,\sigma_v \quad\text{s.t.}\quad
    \theta_b + \sum_r u_{kbr}\, y_r \le s_{kb},\qquad T_v^T y - \sigma_v \le d_v,\qquad |y_r - \hat y_r| \le \rho_r

with u and s the usage and plain cost of block b in pass k; v the columns beside the moves (cost d, coefficients T,
from 0 to :math:`\bar v`), whose part of the dual is exact here; :math:`\hat y` the best multipliers so far and
:math:`\rho` a box around them that keeps the next ones near, infinite for rows that no land fills: the LP of a network
planned with the land lies in here as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import highspy
import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    from numpy.typing import NDArray

INFINITY = highspy.kHighsInf

ROUND_OFF = 1e-9
"""Priced cost that counts as zero."""

FAR = 1e30
"""Upper limit of a block's value before its first cut."""

LARGE = 20_000
"""Entries of the columns beside the moves from which the first proposal comes by interior points."""


@dataclass(frozen=True)
class Side:
    """Columns beside the moves as the dual sees them: cost, coupled coefficients, least and greatest value."""

    cost: NDArray[np.float64]
    terms: sp.csc_array
    least: NDArray[np.float64]
    most: NDArray[np.float64]

    def value(self, y: NDArray[np.float64]) -> float:
        """Return the least priced cost of the columns; -inf where it falls without end."""
        reduced = self.cost - self.terms.T @ y
        # An unbounded column at a price of zero, to round-off, costs nothing.
        endless = np.isinf(self.most) | np.isinf(self.least)
        reduced[endless & (np.abs(reduced) <= ROUND_OFF)] = 0.0
        at = np.where(reduced < 0, self.most, np.where(reduced > 0, self.least, 0.0))
        return float(reduced @ at)

    @property
    def dearest(self) -> float:
        """No values of the columns cost more."""
        at = np.where(self.cost > 0, self.most, np.where(self.cost < 0, self.least, 0.0))
        return float(self.cost @ at)

    def with_least(self) -> Side:
        """Return columns that each have a least value: those without one turned round, free ones in two halves."""
        down = np.flatnonzero(np.isinf(self.least))
        if not len(down):
            return self
        up = np.flatnonzero(np.isfinite(self.least) | np.isinf(self.most))
        least, most = self.least[up], self.most[down]
        return Side(
            cost=np.concatenate([self.cost[up], -self.cost[down]]),
            terms=sp.csc_array(sp.hstack([self.terms[:, up], -self.terms[:, down]])),
            least=np.concatenate([np.where(np.isinf(least), 0.0, least), np.where(np.isinf(most), 0.0, -most)]),
            most=np.concatenate([self.most[up], np.full(len(down), INFINITY)]),
        )


@dataclass(frozen=True)
class Proposal:
    """What the master proposes: multipliers, its forecast of the dual there, and whether the box held it back."""

    y: NDArray[np.float64]
    forecast: float
    held_back: bool


class Master:
    """The LP over multipliers, kept warm from pass to pass."""

    def __init__(self, lower: NDArray[np.float64], upper: NDArray[np.float64], n_blocks: int, side: Side) -> None:
        side = side.with_least()
        self._rows = len(lower)
        self._below, self._above = np.isfinite(lower), np.isfinite(upper)
        self._equal = self._below & self._above & (lower == upper)
        self._above &= ~self._equal
        self._plus = np.cumsum(self._below) - 1
        self._minus = self._below.sum() + np.cumsum(self._above) - 1
        count = int(self._below.sum() + self._above.sum())
        self._theta = count
        bounded = np.flatnonzero(np.isfinite(side.most))
        self._solver = highspy.Highs()
        self._solver.setOptionValue("output_flag", False)
        self._solver.setOptionValue("threads", 1)
        # Cuts come as rows: the last basis stays dual feasible.
        self._solver.setOptionValue("presolve", "off")
        self._taken = side.terms @ side.least
        span = (side.most - side.least)[bounded]
        cost = np.concatenate([self._limits(lower, upper), np.ones(n_blocks), -span])
        self._constant = float(side.cost @ side.least)
        low = np.concatenate([np.where(self._equal, -INFINITY, 0.0)[self._below], np.zeros(self._above.sum())])
        least = np.concatenate([low, np.full(n_blocks, -FAR), np.zeros(len(bounded))])
        most = np.concatenate([np.full(count, INFINITY), np.full(n_blocks, FAR), np.full(len(bounded), INFINITY)])
        self._add_columns(cost, least, most)
        self._solver.changeObjectiveSense(highspy.ObjSense.kMaximize)
        self._add_side(side, bounded, count + n_blocks)
        self._first_cut, self._n_blocks = self._solver.getNumRow(), n_blocks
        self._cold = side.terms.nnz >= LARGE
        self.weights = np.zeros((0, n_blocks))
        """Weight of each pass in the best mix of answers that the last proposal knew, (passes, blocks)."""

    def _limits(self, lower: NDArray[np.float64], upper: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.concatenate([(lower - self._taken)[self._below], (self._taken - upper)[self._above]])

    def set_bounds(self, lower: NDArray[np.float64], upper: NDArray[np.float64]) -> None:
        """Change the bounds of the coupled rows; cuts stay as they are."""
        cost = self._limits(lower, upper)
        self._solver.changeColsCost(len(cost), np.arange(len(cost), dtype=np.int32), cost)

    def _add_columns(self, cost: NDArray[np.float64], least: NDArray[np.float64], most: NDArray[np.float64]) -> None:
        nothing, none = np.zeros(0, dtype=np.int32), np.zeros(0)
        self._solver.addCols(len(cost), cost, least, most, 0, np.zeros(len(cost), dtype=np.int32), nothing, none)

    def _add_rows(self, upper: NDArray[np.float64], matrix: sp.csr_array) -> None:
        starts, indices = matrix.indptr[:-1].astype(np.int32), matrix.indices.astype(np.int32)
        low = np.full(len(upper), -INFINITY)
        self._solver.addRows(len(upper), low, upper, matrix.nnz, starts, indices, matrix.data)

    def _over_y(self, matrix: sp.csr_array, width: int) -> sp.coo_array:
        """Return a matrix over rows' multipliers as one over the LP's columns."""
        coo = sp.coo_array(matrix)
        below, above = self._below[coo.col], self._above[coo.col]
        data = np.concatenate([coo.data[below], -coo.data[above]])
        row = np.concatenate([coo.row[below], coo.row[above]])
        col = np.concatenate([self._plus[coo.col[below]], self._minus[coo.col[above]]])
        return sp.coo_array((data, (row, col)), shape=(matrix.shape[0], width))

    def _add_side(self, side: Side, bounded: NDArray[np.int64], first: int) -> None:
        if not len(side.cost):
            return
        width = self._solver.getNumCol()
        slack = sp.coo_array(
            (-np.ones(len(bounded)), (bounded, first + np.arange(len(bounded)))), (len(side.cost), width)
        )
        self._add_rows(side.cost, sp.csr_array(self._over_y(sp.csr_array(side.terms.T), width) + slack))

    def add_cuts(
        self,
        blocks: NDArray[np.int64],
        spent: NDArray[np.float64],
        pair_block: NDArray[np.int64],
        pair_row: NDArray[np.int64],
        usage: NDArray[np.float64],
    ) -> None:
        """Add the cuts of a pass for the given blocks; `spent` is (all blocks,), pairs are those of the pass."""
        place = np.full(len(spent), -1, dtype=np.int64)
        place[blocks] = np.arange(len(blocks))
        kept = (place[pair_block] >= 0) & (usage != 0)
        width = self._solver.getNumCol()
        matrix = sp.csr_array((usage[kept], (place[pair_block[kept]], pair_row[kept])), shape=(len(blocks), self._rows))
        theta = sp.coo_array(
            (np.ones(len(blocks)), (np.arange(len(blocks)), self._theta + blocks)), shape=(len(blocks), width)
        )
        self._add_rows(spent[blocks], sp.csr_array(self._over_y(matrix, width) + theta))

    def propose(self, center: NDArray[np.float64], radius: NDArray[np.float64]) -> Proposal | None:
        """Solve within the box around `center`; None where HiGHS gives up."""
        low, high = center - radius, center + radius
        plus_low = np.where(self._equal, low, np.maximum(low, 0.0))[self._below]
        plus_high = np.where(self._equal, high, np.maximum(high, 0.0))[self._below]
        minus_low, minus_high = np.maximum(-high, 0.0)[self._above], np.maximum(-low, 0.0)[self._above]
        count = self._theta
        least, most = np.concatenate([plus_low, minus_low]), np.concatenate([plus_high, minus_high])
        self._solver.changeColsBounds(count, np.arange(count, dtype=np.int32), least, most)
        self._run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solution = self._solver.getSolution()
        values = np.array(solution.col_value)
        self.weights = np.abs(np.array(solution.row_dual)[self._first_cut :]).reshape(-1, self._n_blocks)
        y = np.zeros(self._rows)
        y[self._below] += values[: int(self._below.sum())]
        y[self._above] -= values[int(self._below.sum()) : count]
        # Only a side of the box that cuts off multipliers holds them back; zero is the end of their range.
        taken, wide = values[:count], most > least
        upper, lower = wide & np.isfinite(most), wide & np.isfinite(least) & (least != 0.0)
        edge = taken[upper] >= most[upper] - 1e-9 * (1 + np.abs(most[upper]))
        held = taken[lower] <= least[lower] + 1e-9 * (1 + np.abs(least[lower]))
        value = float(self._solver.getInfo().objective_function_value) + self._constant
        return Proposal(y, value, bool(edge.any() or held.any()))

    def _run(self) -> None:
        """Solve; the basis of interior points and crossover is where simplex goes on from."""
        if self._cold:
            self._solver.setOptionValue("solver", "ipx")
            self._solver.setOptionValue("presolve", "on")
        self._solver.run()
        if self._cold:
            self._solver.setOptionValue("solver", "simplex")
            self._solver.setOptionValue("presolve", "off")
            self._cold = False
