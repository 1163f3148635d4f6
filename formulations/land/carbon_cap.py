r"""Regional carbon caps (碳排放上限), cumulative or of a single year, child caps within the parent's.

.. math:: E^0_{g,Y} + \sum_{t\le T} e_{r(z),i,j,t}(Y)\, x_{z,i,j,t} + s \le \text{cap}_{g,T},\qquad
    \sum_{g'\in\text{children}(g)} \text{cap}_{g',T} \le \text{cap}_{g,T}

In tCO2e: cumulative emissions from the base year to Y, the end of period T: activity and sinks that no decision
changes (:math:`E^0`), and what moves emit up to Y, stocks included. In tCO2e/yr: the inventory of the year Y alone, as
`peak` counts it, without stocks: a stage of the emissions curve, the height of its peak, neutrality where the cap is
zero. :math:`s` what the network emits in the same time, for the whole area; it belongs to no part of it. The second
line is required of the data. Five levels, national to township. Source: regional carbon budgets (P4). The worth is a
carbon price in tCO2e of the objective per unit of the cap; with a cost objective, 10k CNY per unit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formulations.block import Row, Sum, bounds, number
from formulations.rule import Part, Rule

if TYPE_CHECKING:
    from formulations.block import LandBlock, Record
    from formulations.program import Quota

NAME = "carbon_cap"
ANNUAL = "tCO2e/yr"
"""Unit of caps on the inventory of a single year."""


def build(block: LandBlock) -> Part:
    """Return one row for each quota; one family a period and unit, since weights run to its end.

    What the network supplies joins the rows where they are put together; those that it does not join stay apart.
    """
    families: dict[tuple[int, str, bool], list[Record]] = {}
    for record in block.records(NAME):
        supplied = block.network is not None and block.region_code(record) == block.land.root
        families.setdefault((block.period_code(record), str(record["unit"]), supplied), []).append(record)
    return Part(quotas=tuple(_family(block, *key[:2], records) for key, records in families.items()))


def _family(block: LandBlock, period: int, unit: str, records: list[Record]) -> Quota:
    year, annual = block.settings.time.periods[period - 1], unit == ANNUAL
    rows = []
    for record in records:
        region = block.region_code(record)
        constant = block.carbon.annual_constant(region, year) if annual else block.carbon.constant(region, year)
        lower, upper = bounds("<=", number(record), constant)
        rows.append(Row(region, (Sum(block.up_to(period)),), lower, upper, block.label(record, period, base=constant)))
    weight = block.annual_per_ha(year) if annual else block.emissions_per_ha(year)
    return block.quota(NAME, weight, rows, unit)


RULE = Rule(NAME, "碳排放上限", build)
