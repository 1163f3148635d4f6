r"""Programs whose land costs nothing, where columns beside it may all be at their best: targets met within a budget.

Then the best multipliers are 0 and tell no land from other land. A plan is as good as any once it keeps all rows
with the columns beside held at their best, so any objective may lead to one: the least use of what is limited,

.. math:: \min \sum_{r:\, 0 < h_r < \infty} \frac{(A u)_r}{h_r}

a Program of its own, whose multipliers do tell land from land.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from formulations.program import INFINITY, Objective

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Program

SPARED = "spared"
"""Objective that what is limited is used little."""


def least_beside(program: Program) -> float | None:
    """Return what the columns beside the moves cost at least; None where moves cost something too, or it has no end."""
    cost = program.cost
    count = len(program.moves)
    if cost[:count].any() or not cost.any():
        return None
    least = float(cost[count:] @ np.where(cost[count:] != 0, _at_best(program), 0.0))
    return least if np.isfinite(least) else None


def _at_best(program: Program) -> NDArray[np.float64]:
    """Return the value at which each column beside the moves costs least, (columns beside,)."""
    lower, upper = (
        np.concatenate([getattr(family, side) for family in program.columns] or [np.zeros(0)])
        for side in ("lower", "upper")
    )
    return np.where(program.cost[len(program.moves) :] < 0, upper, lower)


def spared(program: Program) -> Program:
    """Return the Program in which columns that cost something are held at their best, and limits are used little."""
    best, first, columns = _at_best(program), len(program.moves), []
    for family in program.columns:
        start = program.offsets[family.family] - first
        part = slice(start, start + len(family))
        held = program.cost[first:][part] != 0
        lower, upper = (np.where(held, best[part], limit) for limit in (family.lower, family.upper))
        columns.append(replace(family, lower=lower, upper=upper, cost={}))
    return replace(
        program,
        columns=tuple(columns),
        objectives={SPARED: Objective(SPARED, _use(program), "")},
        minimise={SPARED: 1.0},
        gap_base="objective",
    )


def _use(program: Program) -> NDArray[np.float64]:
    """Return what a hectare of each move uses of limits, as parts of them, (moves,); 1 for changes where none is."""
    use = np.zeros(len(program.moves))
    for quota in program.quotas:
        limited = (quota.upper > 0) & (quota.upper < INFINITY)
        part = np.where(limited, 1.0 / np.where(limited, quota.upper, 1.0), 0.0) @ quota.rollup
        np.add.at(use, quota.index, quota.weight * part[quota.cell])
    return use if use.any() else program.moves.changes.astype(float)
