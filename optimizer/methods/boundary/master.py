r"""The model of the dual: an LP over multipliers that collects cutting planes and proposes the next multipliers.

.. math::

    \max\ t + \sum_r (l_r y_r^+ - h_r y_r^-)
    \quad\text{s.t.}\quad t + a_k^T y \le c_k,\ |y - \hat y| \le \rho

with cost c and activity a of the choices k met so far.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from formulations.program import Matrix
from optimizer.methods import highs

if TYPE_CHECKING:
    from numpy.typing import NDArray

FAR = 1e25
"""Limit of the value before the first cutting plane."""

EDGE = 1e-9
"""Distance from the side of the box, relative, at which a multiplier lies on it."""


@dataclass(frozen=True)
class Proposal:
    """Multipliers, the forecast of the dual there, whether the box held them back, the weight of each choice met."""

    multipliers: NDArray[np.float64]
    forecast: float
    held_back: bool
    weights: NDArray[np.float64]


class Master:
    """The LP, kept warm from cut to cut; a row has one column for each of its limits, an equation has one."""

    def __init__(self, lower: NDArray[np.float64], upper: NDArray[np.float64]):
        below = np.flatnonzero(np.isfinite(lower))
        above = np.flatnonzero(np.isfinite(upper) & (lower != upper))
        self._row = np.concatenate([below, above])
        equal = lower[below] == upper[below]
        self._least = np.concatenate([np.where(equal, -np.inf, 0.0), np.full(len(above), -np.inf)])
        self._most = np.concatenate([np.full(len(below), np.inf), np.zeros(len(above))])
        self._rows = len(lower)
        count = len(self._row)
        cost = -np.concatenate([lower[below], upper[above], [1.0]])
        self._solver = highs.load(
            Matrix(
                rows=sp.csr_array((0, count + 1)),
                row_lower=np.zeros(0),
                row_upper=np.zeros(0),
                lower=np.append(self._least, -np.inf),
                upper=np.append(self._most, FAR),
                cost=cost,
                integer=np.zeros(count + 1, bool),
            )
        )
        # Cutting planes come as rows: the last basis stays dual feasible.
        self._solver.setOptionValue("presolve", "off")
        self._solver.setOptionValue("threads", 1)

    def add(self, cost: float, activity: NDArray[np.float64]) -> None:
        """Add the cutting plane of a choice."""
        count = len(self._row)
        terms = np.append(activity[self._row], 1.0)
        self._solver.addRow(-np.inf, cost, count + 1, np.arange(count + 1, dtype=np.int32), terms)

    def propose(self, centre: NDArray[np.float64], radius: NDArray[np.float64]) -> Proposal | None:
        """Solve within the box around `centre`; None where HiGHS gives up."""
        row, count = self._row, len(self._row)
        least = np.clip(centre[row] - radius[row], self._least, self._most)
        most = np.clip(centre[row] + radius[row], self._least, self._most)
        self._solver.changeColsBounds(count, np.arange(count, dtype=np.int32), least, most)
        self._solver.run()
        if self._solver.getModelStatus() != highs.Status.kOptimal:
            return None
        solution = self._solver.getSolution()
        values = np.array(solution.col_value)[:count]
        near = EDGE * (1.0 + np.abs(values))
        held_back = ((values >= most - near) & (most < self._most)) | ((values <= least + near) & (least > self._least))
        return Proposal(
            multipliers=np.bincount(row, values, self._rows).astype(float),
            forecast=-float(self._solver.getInfo().objective_function_value),
            held_back=bool(held_back.any()),
            weights=np.maximum(-np.array(solution.row_dual), 0.0),
        )
