r"""Nodal prices 节点电价 and worths of limits 约束的价值: what the objective gains at the margin of a plan.

.. math:: \pi_{b,t} = \frac{y_{b,t}}{w_t\, Y_p} \qquad \pi_r = \frac{\partial z}{\partial v_r} = \pm y_r

:math:`y` multiplier of the balance of bus b in snapshot t, or of the row of limit r; :math:`w` (h) hours that costs of
the snapshot count, :math:`Y` years of the stage. Whole decisions are as the plan has them: with whole numbers in the
Program its LP is solved once more with them fixed. Of much land only what the plan divides answers. A row that states a
limit the other way round turns the sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from formulations.energy.balance import RULE
from formulations.energy.calendar import Calendar
from formulations.energy.shares import RULES
from formulations.energy.template import ENERGY
from optimizer.methods import highs
from optimizer.methods.needless import restricted
from optimizer.results.network.limits import limit_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Program
    from instances.network import Network
    from optimizer.results.solution import Solution, SolveOptions

MUCH_LAND, WHOLLY = 300_000, 1.0 - 1e-9
"""Moves from which land that takes one of them wholly stays as the plan has it, and the share that counts as that."""


@dataclass(frozen=True)
class Marginals:
    """What is minimised at the margin of a plan.

    Attributes
    ----------
    prices
        Per MWh, (hours, buses); NaN where a snapshot counts no hours or a bus has no balance. None without balances.
    limits
        By which the objective rises for one more unit of what a row of `rules` limits a year (tCO2e, MWh, MW),
        (stages, rows of `rules`); NaN where a limit does not hold.
    """

    prices: NDArray[np.float64] | None
    limits: NDArray[np.float64]


def marginals(network: Network, program: Program, solution: Solution, options: SolveOptions) -> Marginals | None:
    """Return nodal prices and worths of limits; None where there are no multipliers."""
    duals = solution.duals if not program.integer.any() else _with_fixed(program, solution, options)
    if duals is None:
        return None
    return Marginals(_nodal(network, program, duals), _limits(network, program, duals))


def _nodal(network: Network, program: Program, duals: NDArray[np.float64]) -> NDArray[np.float64] | None:
    place = next((k for k, quota in enumerate(program.quotas) if quota.rule == ENERGY + RULE), None)
    if place is None:
        return None
    calendar = Calendar(network)
    labels = program.quotas[place].labels
    first = int(program.row_starts[place])
    found = duals[first : first + len(labels)].reshape(calendar.copies("hour"), -1)
    balanced = labels["id"].iloc[: found.shape[1]]
    hours = calendar.year_cost_h[:, None]
    prices = np.full((len(found), network.n_buses), np.nan)
    counted = np.divide(found, hours, out=np.full_like(found, np.nan), where=hours > 0)
    prices[:, network.bus_codes(balanced)] = counted
    return prices


def _limits(network: Network, program: Program, duals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the worth of each row of `rules` in each stage; an equality has a row either way, which add up."""
    rules, years = network["rules"], network.stage_years
    worth = np.full((len(years), len(rules)), np.nan)
    place = {str(name): k for k, name in enumerate(rules["id"])}
    for quota, start in zip(program.quotas, program.row_starts[:-1].tolist(), strict=True):
        if quota.rule.removeprefix(ENERGY) not in RULES or not quota.rule.startswith(ENERGY):
            continue
        for row, (name, year) in enumerate(zip(quota.labels["id"], quota.labels["period"], strict=True)):
            own, end = limit_of(str(name), place)
            k, stage = place[own], years.index(int(year))
            sense = end or str(rules["sense"].iloc[k])
            sign = 1.0 if np.isfinite(quota.lower[row]) == (sense == ">=") else -1.0
            worth[stage, k] = np.nan_to_num(worth[stage, k]) + sign * duals[start + row]
    return worth


def _with_fixed(program: Program, solution: Solution, options: SolveOptions) -> NDArray[np.float64] | None:
    """Return the multipliers of the LP in which whole numbers are those of the plan."""
    shares = solution.require_shares()
    small, rows = restricted(program.matrix(), shares, _at_the_margin(program, shares))
    solver = highs.load(small, integers=False)
    highs.configure(solver, options, options.time_limit_s)
    found = highs.run(solver).duals
    if found is None:
        return None
    duals = np.zeros(program.n_rows)
    duals[rows] = found
    return duals


def _at_the_margin(program: Program, shares: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which columns may answer to one more unit, (columns,): of much land what is not wholly decided one way."""
    moves = program.moves
    free = np.ones(program.n_columns, dtype=bool)
    if len(moves) >= MUCH_LAND:
        parted = np.ones(moves.n_groups, dtype=bool)
        parted[moves.group[shares[: len(moves)] > WHOLLY]] = False
        free[: len(moves)] = parted[moves.group]
    return free
