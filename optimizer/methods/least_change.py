r"""Among plans no worse, the one that changes least (不做无理由的转换).

With whole numbers fixed, the optimal plans of the LP form a face: by complementarity a column with a
reduced cost stays at its bound, and a row with a multiplier stays tight, in every one of them. On that
face

.. math:: \min \sum_{m\text{ changes}} a_m u_m

is a small problem. A whole decision may be undone there (never newly taken) where undoing costs nothing.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from formulations.program import ENERGY, is_user
from optimizer.methods import highs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Columns, Matrix, Program
    from optimizer.results.solution import SolveOptions

NODES = 100
"""Branch-and-bound nodes allowed for undoing whole decisions; the start is a plan already."""

TIGHT = 1e-9
"""Reduced costs and multipliers above this, relative to the largest cost, hold their column or row in place."""

BOOKED = 1e-3
"""What a hectare of a continuous column beside the moves counts, in hectares changed."""

SOLVER_TOLERANCE = 1e-7
"""Reduced costs below this mean nothing to HiGHS."""

ROUND_OFF = 1e-9
"""Loss of objective that counts as none, relative to the sum of |cost x|."""


def change_of(program: Program) -> NDArray[np.float64]:
    """Return hectares changed by each column, (columns,); a project or lot opened counts as one, a user's own not.

    A hectare of linked quota, or a MW to be built, changes nothing, but is not taken without need; what a network does
    hour by hour does not count.
    """
    others = [np.full(len(family), _weight(family)) for family in program.columns]
    return np.concatenate([program.moves.area_ha * program.moves.changes, *others])


def _weight(family: Columns) -> float:
    """Return what a unit of a column beside the moves counts, in hectares changed."""
    hourly = family.family.startswith(ENERGY) and bool((family.labels["snapshot"].astype(str) != "").any())
    if is_user(family.family) or hourly:
        return 0.0
    return 1.0 if family.integer else BOOKED


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
    face = _face(program, matrix, best.values, best.duals)
    least = _solve(face, options, deadline, start=best.values)
    room = ROUND_OFF * max(float(np.abs(matrix.cost * best.values).sum()), 1.0)
    if least.values is None or matrix.cost @ least.values > matrix.cost @ best.values + room:
        return best.values
    return least.values


def _tolerance(matrix: Matrix) -> float:
    return max(TIGHT * float(np.abs(matrix.cost).max()), SOLVER_TOLERANCE)


def _solve(
    matrix: Matrix, options: SolveOptions, deadline: float, start: NDArray[np.float64] | None = None
) -> highs.Answer:
    free = matrix.integer & (matrix.upper > matrix.lower)
    solver = highs.load(replace(matrix, integer=free))
    highs.configure(solver, options, deadline - time.perf_counter())
    if start is not None and free.any():
        solver.setOptionValue("mip_max_nodes", NODES)
        highs.start_from(solver, start)
    return highs.run(solver)


def _face(program: Program, matrix: Matrix, values: NDArray[np.float64], duals: NDArray[np.float64]) -> Matrix:
    """Return the problem of least change over the optimal face."""
    tolerance = _tolerance(matrix)
    reduced = matrix.cost - matrix.rows.T @ duals
    held = np.abs(reduced) > tolerance
    undone = _may_be_undone(program, matrix, values, reduced, tolerance)
    held = np.where(matrix.integer, ~undone, held)
    activity = matrix.rows @ values
    scale = np.maximum(abs(matrix.rows).max(axis=1).toarray().ravel(), 1e-30)
    tight = np.abs(duals) * scale > tolerance
    return replace(
        matrix,
        cost=change_of(program),
        lower=np.where(held, values, matrix.lower),
        upper=np.where(held, values, matrix.upper),
        row_lower=np.where(tight, activity, matrix.row_lower),
        row_upper=np.where(tight, activity, matrix.row_upper),
    )


def _may_be_undone(
    program: Program,
    matrix: Matrix,
    values: NDArray[np.float64],
    reduced: NDArray[np.float64],
    tolerance: float,
) -> NDArray[np.bool_]:
    """Whether a whole decision is taken and worth nothing, or is the stay that would replace it, (columns,)."""
    moves, count = program.moves, len(program.moves)
    stays = moves.start[:-1]
    reference = np.concatenate([reduced[stays][moves.group], np.zeros(program.n_columns - count)])
    free = matrix.integer & (values > 0.5) & (np.abs(reduced - reference) <= tolerance)
    taken = np.logical_or.reduceat(free[:count] & moves.changes, stays)
    free[stays] = taken & matrix.integer[stays]
    return free
