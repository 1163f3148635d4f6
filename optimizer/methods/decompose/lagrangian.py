r"""The bound of a master that keeps whole columns beside the moves whole, with a Lagrangian cut from every pass.

.. math::

    \min\ d^T v + \theta \quad\text{s.t.}\quad
    \theta \ge \sum_b \varphi_b(y_k) + l^T y_k^+ - h^T y_k^- - y_k^T T v\quad\text{for every pass } k,
    \qquad \text{rows that only } v \text{ fills},\quad v \text{ whole where it must be}

A cut holds for every plan of the land, whole or not, since it is the Lagrangian at :math:`y_k`. So the master's own
dual bound is a bound for the Program; it is at least that of the best multipliers, which take v as divisible.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from formulations.program import INFINITY, Matrix
from optimizer.methods import highs
from optimizer.methods.decompose.bundle import Bundle
from optimizer.methods.decompose.master import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optimizer.methods.decompose.passes import Passes
    from optimizer.methods.decompose.setup import Setup
    from optimizer.results.solution import SolveOptions

MOST_ROUNDS = 30
"""Times that the master and the dual of the land answer each other."""

Visit = tuple["NDArray[np.float64]", float]
"""Multipliers of a pass, and the priced cost of all blocks there."""


class Lagrangian:
    """The master of a Program with whole columns beside the moves."""

    def __init__(self, setup: Setup, passes: Passes) -> None:
        self._setup, self._filled = setup, passes.filled
        self._integer = setup.pricing.program.integer[setup.side_columns]

    def solve(self, visits: Sequence[Visit], tolerance: float, options: SolveOptions, seconds: float) -> highs.Answer:
        """Solve it over the columns and, last, the value of the land, to an absolute gap of `tolerance`.

        Multipliers of rows that no land fills play no part: the master holds these rows themselves.
        """
        pricing, side = self._setup.pricing, self._setup.side
        multipliers = np.stack([np.where(self._filled, y, 0.0) for y, _ in visits])
        limits = np.where(multipliers > 0, pricing.lower, np.where(multipliers < 0, pricing.upper, 0.0))
        least = np.array([value for _, value in visits]) + (multipliers * limits).sum(axis=1)
        terms = sp.csr_array(side.terms)
        alone = np.flatnonzero(~self._filled)
        over_columns = sp.vstack([sp.csr_array(multipliers @ terms), terms[alone]], format="csr")
        theta = sp.csr_array(np.repeat([1.0, 0.0], [len(visits), len(alone)])[:, None])
        matrix = Matrix(
            rows=sp.csr_array(sp.hstack([over_columns, theta], format="csr")),
            row_lower=np.concatenate([least, pricing.lower[alone]]),
            row_upper=np.concatenate([np.full(len(visits), INFINITY), pricing.upper[alone]]),
            lower=np.append(side.least, -INFINITY),
            upper=np.append(side.most, INFINITY),
            cost=np.append(side.cost, 1.0),
            integer=np.append(self._integer, False),
        )
        solver = highs.load(matrix)
        highs.configure(solver, options, seconds)
        highs.choose_heuristics(solver, matrix)
        solver.setOptionValue("mip_rel_gap", 0.0)
        solver.setOptionValue("mip_abs_gap", max(tolerance, 1e-9))
        return highs.run(solver)


def master_bound(
    setup: Setup, passes: Passes, visits: Sequence[Visit], tolerance: float, options: SolveOptions, deadline: float
) -> float | None:
    """Return the master's dual bound; None where no column beside the moves is whole.

    The master proposes columns, the dual of the land with these in place gives cuts that answer them, until its bound
    rises by no more than `tolerance`.
    """
    if not setup.pricing.program.integer[setup.side_columns].any():
        return None
    master, land = Lagrangian(setup, passes), Bundle(passes, _no_columns(setup))
    best = -np.inf
    known = list(visits)
    for _ in range(MOST_ROUNDS):
        answer = master.solve(known, 0.0, options, deadline - time.perf_counter())
        if answer.bound is None or answer.values is None:
            return best if np.isfinite(best) else None
        if answer.bound <= best + tolerance:
            return max(best, answer.bound)
        best = answer.bound
        land.shift(setup.side.terms @ answer.values[:-1], 1.0)
        land.visits.clear()
        land.raise_to(lambda _: tolerance, deadline)
        known += [*land.visits, (land.best.y, float(land.best.at.value.sum()))]
    return best


def _no_columns(setup: Setup) -> Side:
    nothing = np.zeros(0)
    return Side(nothing, sp.csc_array((setup.pricing.n_rows, 0)), nothing, nothing)
