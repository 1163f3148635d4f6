r"""By how much the bound rises at least where a unit is left out: from multipliers of the rows.

With any multipliers y of the rows, such as those of the LP relaxation, and priced costs :math:`r = c - A^T y` every
plan costs at least

.. math:: D = y \cdot \text{limits} + \sum_g \min_{m \in g} r_m + \sum_c \min_{l_c \le v \le h_c} r_c v

and where unit g is left out at least :math:`D + r_{out(g)} - \min_{m \in g} r_m`. Multipliers that fit the rows without
the unit prove more: the relaxation solved anew without it, from the basis of the last, takes a few steps each.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from optimizer.methods import decompose, highs, resolve_method
from optimizer.methods.relaxation import relax
from optimizer.progress import Silent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.results.solution import SolveOptions
    from optimizer.sites.model import Model


ROUGH = 1e-3
"""Gap at which a large study is solved for its prices."""


MOST_RELAXED = 50_000
"""Options of units up to which the relaxation is solved anew without a unit."""


@dataclass(frozen=True)
class Prices:
    """A bound of every plan, and by how much it rises at least where each unit is left out, (units,)."""

    bound: float
    rise: NDArray[np.float64]


def prices(model: Model, options: SolveOptions) -> Prices:
    """Return what multipliers prove; a bound of minus infinity where none were found."""
    program, units = model.program, model.sites.n_units
    duals = _multipliers(model, options)
    if duals is None:
        return Prices(-np.inf, np.zeros(units))
    matrix = program.quota_matrix()
    low = np.concatenate([np.zeros(0), *(quota.lower for quota in program.quotas)])
    high = np.concatenate([np.zeros(0), *(quota.upper for quota in program.quotas)])
    y = duals[program.moves.n_groups :]
    y = np.where(((y > 0) & np.isinf(low)) | ((y < 0) & np.isinf(high)), 0.0, y)
    limits = np.where(y > 0, low, np.where(y < 0, high, 0.0))
    priced = program.cost - matrix.T @ y
    count = len(program.moves)
    options_of = np.where(model.upper > 0, priced[:count].reshape(model.upper.shape), np.inf)
    least = options_of.min(axis=1)
    other = priced[count:]
    at = (
        np.concatenate([np.zeros(0), *(family.lower for family in program.columns)]),
        np.concatenate([np.zeros(0), *(family.upper for family in program.columns)]),
    )
    terms = np.where(other > 0, other * at[0], np.where(other < 0, other * at[1], 0.0))
    bound = float(y @ limits + least.sum() + terms.sum())
    return Prices(bound, options_of[:, 0] - least)


def _multipliers(model: Model, options: SolveOptions) -> NDArray[np.float64] | None:
    """Return multipliers of all rows, (rows,): of the LP relaxation, or the prices that a large study is solved by."""
    if resolve_method("auto", model.program).name == decompose.NAME:
        return model.solve(replace(options, gap=max(options.gap, ROUGH))).duals
    return relax(model.program, options, Silent()).duals


def bounds_without(
    model: Model, units: NDArray[np.int64], options: SolveOptions, seconds: float
) -> NDArray[np.float64]:
    """Return what every plan without each of some units costs at least, (units,): infinite where there is none.

    Minus infinity for what the seconds did not suffice for, and for all of a study that is too large or has borders.
    """
    program, until = model.program, time.perf_counter() + seconds
    found = np.full(len(units), -np.inf)
    if len(program.moves) > MOST_RELAXED or program.boundaries:
        return found
    matrix = program.matrix()
    solver = highs.load(matrix, integers=False)
    highs.configure(solver, options, seconds)
    if highs.run(solver).duals is None:
        return found
    for place, unit in enumerate(units):
        if time.perf_counter() > until:
            break
        taken = unit * model.upper.shape[1] + np.arange(1, model.upper.shape[1])
        upper = matrix.upper.copy()
        upper[taken] = 0.0
        highs.change_columns(solver, taken, upper[taken], matrix.cost[taken])
        answer = highs.run(solver)
        highs.change_columns(solver, taken, matrix.upper[taken], matrix.cost[taken])
        if highs.is_infeasible(answer):
            found[place] = np.inf
        elif answer.duals is not None:
            found[place] = highs.dual_bound(replace(matrix, upper=upper), answer.duals)
    return found
