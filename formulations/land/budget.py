r"""Budgets (资金): cost of moves and of restoration projects.

.. math::

    \sum_{t\le T}\sum c_{z,i,j}\, x_{z,i,j,t} + \sum_{t\le T}\sum_{p\in g} f_p\, r_{p,t}
    + \sum_{u\in g} c_u x_u \le B_{g,T}\quad\text{10k CNY}

With group `projects` only restoration projects count: their fixed cost and the cost of the moves they
govern. A project counts for a region that holds all its land, and so does a planning unit u that is chosen with the
land, in every period. Source: the instance's own. The worth is
the objective that 10k CNY more would save.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from formulations.block import Row, Sum, bounds, number
from formulations.land.restoration_project import FAMILY
from formulations.restoration.unit_land import SELECTION, held_units
from formulations.rule import Part, Rule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.block import LandBlock

FREE, GOVERNED = 0, 1


def build(block: LandBlock) -> Part:
    """Return one row for each quota."""
    rows, fixed, chosen = [], [], []
    for record in block.records("budget"):
        region, period = block.region_code(record), block.period_code(record)
        lower, upper = bounds("<=", number(record))
        periods = block.up_to(period)
        free = () if record["group"] == "projects" else (Sum(periods, FREE),)
        sums = (*free, Sum(periods, GOVERNED))
        rows.append(Row(region, sums, lower, upper, block.label(record, period)))
        fixed.append(_fixed_costs(block, region, period))
        chosen.append(_unit_costs(block, region) * bool(free))
    if not rows:
        return Part()
    layer = np.where(block.moves.project >= 0, np.int8(GOVERNED), np.int8(FREE))
    terms = {FAMILY: sp.csr_array(np.array(fixed))} if block.projects else {}
    if block.sites is not None:
        terms[SELECTION] = sp.csr_array(np.array(chosen))
    return Part(quotas=(block.quota("budget", block.cost_per_ha, rows, "10k CNY", layer=layer, terms=terms),))


def _fixed_costs(block: LandBlock, region: int, period: int) -> list[float]:
    return [
        project.cost_wanyuan * (t <= period) * block.holds(region, project)
        for project in block.projects
        for t in block.up_to(block.n_periods)
    ]


def _unit_costs(block: LandBlock, region: int) -> NDArray[np.float64]:
    """Return what each choice of a unit costs in a region, (selection columns,)."""
    if block.sites is None:
        return np.zeros(0)
    return block.sites.cost * np.repeat(held_units(block, block.sites, region), block.sites.n_zones)


RULE = Rule("budget", "资金", build)
