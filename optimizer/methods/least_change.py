r"""Among plans no worse, the one that changes least (不做无理由的转换).

With whole numbers fixed, the optimal plans of the LP form a face: by complementarity a column with a
reduced cost stays at its bound, and a row with a multiplier stays tight, in every one of them. On that
face

.. math:: \min \sum_{m\text{ changes}} a_m u_m

is a small LP. Whole numbers themselves are decided with `nudge`, a cost on change too small to matter:

.. math:: \min\ c^T u + \varepsilon h(u),\qquad c^T u \ge \text{bound}' - \varepsilon \max h
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from optimizer.methods import highs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Matrix, Program
    from optimizer.results.solution import SolveOptions

NUDGE_SHARE = 0.02
"""Part of the asked gap that the nudge may cost."""

TIGHT = 1e-7
"""Reduced costs and multipliers above this, relative to the largest cost, hold their column or row in place."""


def change_of(program: Program) -> NDArray[np.float64]:
    """Return hectares changed by each column, (columns,); a project or lot opened counts as one."""
    extra = program.n_columns - len(program.moves)
    return np.concatenate([program.moves.area_ha * program.moves.changes, np.ones(extra)])


def nudge(program: Program, matrix: Matrix, gap_abs: float) -> tuple[Matrix, float]:
    """Return the matrix with a slight cost on change, and by how much its bound may exceed the true one."""
    change = change_of(program)
    finite = np.where(np.isfinite(matrix.upper), matrix.upper, 0.0)[len(program.moves) :]
    most = float(program.moves.group_area_ha.sum() + finite.sum())
    price = NUDGE_SHARE * gap_abs / max(most, 1.0)
    return replace(matrix, cost=matrix.cost + price * change), price * most


def least_change(
    program: Program, matrix: Matrix, values: NDArray[np.float64], options: SolveOptions, deadline: float
) -> NDArray[np.float64]:
    """Return values no worse than the given ones that change least; the given ones where time runs out."""
    whole = np.round(values)
    fixed = replace(
        matrix,
        lower=np.where(matrix.integer, whole, matrix.lower),
        upper=np.where(matrix.integer, whole, matrix.upper),
    )
    best = _solve(fixed, options, deadline)
    if best.values is None or best.duals is None:
        return values
    least = _solve(_face(fixed, best.values, best.duals, change_of(program)), options, deadline)
    return best.values if least.values is None else least.values


def _solve(matrix: Matrix, options: SolveOptions, deadline: float) -> highs.Answer:
    solver = highs.load(matrix, integers=False)
    highs.configure(solver, options, deadline - time.perf_counter())
    return highs.run(solver)


def _face(
    matrix: Matrix, values: NDArray[np.float64], duals: NDArray[np.float64], cost: NDArray[np.float64]
) -> Matrix:
    """Return the LP over the optimal face, with another cost."""
    tolerance = TIGHT * max(float(np.abs(matrix.cost).max()), 1e-30)
    held = np.abs(matrix.cost - matrix.rows.T @ duals) > tolerance
    activity = matrix.rows @ values
    scale = np.maximum(np.abs(matrix.rows).max(axis=1).toarray().ravel(), 1e-30)
    tight = np.abs(duals) * scale > tolerance
    return replace(
        matrix,
        cost=cost,
        lower=np.where(held, values, matrix.lower),
        upper=np.where(held, values, matrix.upper),
        row_lower=np.where(tight & (duals > 0), np.minimum(activity, matrix.row_upper), matrix.row_lower),
        row_upper=np.where(tight & (duals < 0), np.maximum(activity, matrix.row_lower), matrix.row_upper),
    )
