"""A first plan from the LP relaxation: what it leaves whole stays, the rest is decided by a small MIP.

Land relaxations are nearly whole: of 20,000 whole zones a handful are split. Keeping the others gives a
plan in a fraction of the time HiGHS needs for its first one, often within the asked gap of the
relaxation's bound. It proves nothing by itself: the bound comes from the relaxation or from HiGHS.
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

WHOLE = 1e-6
"""Distance from a whole number below which a value counts as whole."""

NEAR_TIES = 300
"""Further whole columns set free, those of least reduced cost: room to repair what rounding breaks."""

NODES = 50
"""Branch-and-bound nodes allowed."""


def first_plan(
    program: Program,
    matrix: Matrix,
    relaxed: highs.Answer,
    options: SolveOptions,
    gap_abs: float,
    deadline: float,
) -> NDArray[np.float64] | None:
    """Return the values of a plan near the relaxation, (columns,), None where none was found.

    Not tried where whole columns are few: they are then projects and lots, which a relaxation opens by
    halves, and keeping its choices leaves no plan.
    """
    if highs.few_integers(matrix) or relaxed.values is None or relaxed.duals is None:
        return None
    free = _undecided(program, matrix, relaxed.values, relaxed.duals)
    whole = np.round(relaxed.values)
    held = matrix.integer & ~free
    core = replace(
        matrix,
        lower=np.where(held, whole, matrix.lower),
        upper=np.where(held, whole, matrix.upper),
        integer=free,
    )
    solver = highs.load(core)
    highs.configure(solver, options, deadline - time.perf_counter())
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", gap_abs)
    solver.setOptionValue("mip_max_nodes", NODES)
    return highs.run(solver).values


def _undecided(
    program: Program, matrix: Matrix, values: NDArray[np.float64], duals: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether a whole column is split by the relaxation or nearly tied; all moves of such a zone are."""
    split = matrix.integer & (np.abs(values - np.round(values)) > WHOLE)
    reduced = np.abs(matrix.cost - matrix.rows.T @ duals)
    rivals = np.flatnonzero(matrix.integer & (values < WHOLE) & (matrix.upper > matrix.lower))
    split[rivals[np.argsort(reduced[rivals], kind="stable")[:NEAR_TIES]]] = True
    moves, count = program.moves, len(program.moves)
    zones = np.logical_or.reduceat(split[:count], moves.start[:-1])
    split[:count] = zones[moves.group]
    return split & matrix.integer
