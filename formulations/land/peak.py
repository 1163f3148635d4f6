r"""Peaking of emissions (碳达峰): from a stated year on the annual inventory falls, period by period.

.. math::

    A_{g,k} = c_{g,k} + \sum_t f_{r(z),i,j,t}(Y_k)\, x_{z,i,j,t} + s_k \le (1-\sigma)\, A_{g,k-1},\qquad
    A_{g,k} \le A_{g,k-1}\qquad\text{for every period } k \text{ that ends after the year of the quota}

:math:`A_{g,k}` (tCO2e/yr) the inventory of the last year :math:`Y_k` of period k in region g: :math:`c` the city total
of that year less the uptake of present land, which no decision changes; :math:`f` (tCO2e/ha/yr) the sink that a move
has lost and the sink that it has won in that year, by its age since planting, and under bottom_up the activity that it
carries; :math:`s` what the network emits in a year of its stage, where electricity is planned with the land.
:math:`\sigma` (the value) is the least fall from one period end to the next; with 0 the curve may stay level. Stocks
that are lost once stay out: they belong to no year's inventory. The second row keeps the curve falling where it lies
below zero. The rows compare years and say nothing of how high the first is: building sooner or planting later turns a
curve too, and where that is the cheapest way a plan takes it, least emissions over the span or not. An annual
`carbon_cap` of the year states how high the peak may be. Source: 2030年前碳达峰行动方案 (国发〔2021〕23号); the year
and the share are the instance's own. The worth is what a tonne a year more in the later year saves; zero: the curve
falls by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from formulations.block import Row, Sum, number
from formulations.land.carbon_cap import ANNUAL
from formulations.program import INFINITY
from formulations.rule import Part, Rule

if TYPE_CHECKING:
    from formulations.block import LandBlock, Record
    from formulations.program import Quota

NAME = "peak"
SHARE = {"part": "cap"}
"""Label of the row by share, which may give way like that of a cap."""

ROUND_OFF = 1e-12
"""Part of a yearly rate below which its change from year to year is what rounding leaves."""


def build(block: LandBlock) -> Part:
    """Return a family of rows for each quota, later period and fall asked, since weights differ between them.

    What the network supplies joins the rows where they are put together.
    """
    quotas = []
    for record in block.records(NAME):
        for period in range(block.period_code(record) + 1, block.n_periods + 1):
            quotas.append(_row(block, record, period, 0.0, {}))
            if number(record) > 0:
                quotas.append(_row(block, record, period, number(record), SHARE))
    return Part(quotas=tuple(quotas))


def _row(block: LandBlock, record: Record, period: int, fall: float, part: dict[str, str]) -> Quota:
    """Return the row that compares the end of a period with the end of the one before."""
    before, now = block.settings.time.periods[period - 2 : period]
    region = block.region_code(record)
    constant = block.carbon.annual_constant(region, now) - (1.0 - fall) * block.carbon.annual_constant(region, before)
    later, earlier = block.annual_per_ha(now), (1.0 - fall) * block.annual_per_ha(before)
    weight = np.where(np.abs(later - earlier) > ROUND_OFF * np.abs(later), later - earlier, 0.0)
    label = block.label(record, period, base=constant, fall=fall, **part)
    row = Row(region, (Sum(block.up_to(period)),), -INFINITY, -constant, label)
    return block.quota(NAME, weight, (row,), ANNUAL)


RULE = Rule(NAME, "碳达峰", build)
