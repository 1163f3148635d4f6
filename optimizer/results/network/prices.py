r"""Nodal prices 节点电价: what one more MWh of load at a bus would cost, whole decisions as the plan has them.

.. math:: \pi_{b,t} = \frac{y_{b,t}}{w_t\, Y_p}

:math:`y` multiplier of the balance of bus b in snapshot t, :math:`w` (h) hours that costs of the snapshot count,
:math:`Y` years of the stage. With whole numbers in the Program its LP is solved once more with them fixed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from formulations.energy.balance import RULE
from formulations.energy.calendar import Calendar
from formulations.energy.template import ENERGY
from optimizer.methods import highs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Program
    from instances.network import Network
    from optimizer.results.solution import Solution, SolveOptions


def nodal_prices(
    network: Network, program: Program, solution: Solution, options: SolveOptions
) -> NDArray[np.float64] | None:
    """Return what is minimised per MWh, (hours, buses); NaN where a snapshot counts no hours or a bus has no balance.

    None where there are no multipliers.
    """
    duals = solution.duals if not program.integer.any() else _with_fixed(program, solution, options)
    place = next((k for k, quota in enumerate(program.quotas) if quota.rule == ENERGY + RULE), None)
    if duals is None or place is None:
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


def _with_fixed(program: Program, solution: Solution, options: SolveOptions) -> NDArray[np.float64] | None:
    """Return the multipliers of the LP in which whole numbers are those of the plan."""
    matrix, whole = program.matrix(), np.round(solution.require_shares())
    fixed = replace(
        matrix,
        lower=np.where(matrix.integer, whole, matrix.lower),
        upper=np.where(matrix.integer, whole, matrix.upper),
    )
    solver = highs.load(fixed, integers=False)
    highs.configure(solver, options, options.time_limit_s)
    return highs.run(solver).duals
