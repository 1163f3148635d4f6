r"""Regional carbon caps (碳排放上限), child caps within the parent's.

.. math:: E^0_{g,Y} + \sum_{t\le T} e_{r(z),i,j,t}(Y)\, x_{z,i,j,t} \le \text{cap}_{g,T},\qquad
    \sum_{g'\in\text{children}(g)} \text{cap}_{g',T} \le \text{cap}_{g,T}

Cumulative emissions from the base year to Y, the end of period T: activity and sinks that no decision
changes (:math:`E^0`), and what moves emit up to Y. The second line is required of the data. Five levels,
national to township. Source: regional carbon budgets (P4). The worth is a carbon price in tCO2e of the
objective per tCO2e of the cap; with a cost objective, 10k CNY per tCO2e.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formulations.block import Row, Sum, bounds, number
from formulations.rule import Part, Rule

if TYPE_CHECKING:
    from formulations.block import LandBlock, Record
    from formulations.program import Quota


def build(block: LandBlock) -> Part:
    """Return one row for each quota; one family a period, since weights run to its end."""
    by_period: dict[int, list[Record]] = {}
    for record in block.records("carbon_cap"):
        by_period.setdefault(block.period_code(record), []).append(record)
    return Part(quotas=tuple(_family(block, period, records) for period, records in by_period.items()))


def _family(block: LandBlock, period: int, records: list[Record]) -> Quota:
    year = block.settings.time.periods[period - 1]
    rows = []
    for record in records:
        region = block.region_code(record)
        constant = block.carbon.constant(region, year)
        lower, upper = bounds("<=", number(record), constant)
        rows.append(Row(region, (Sum(block.up_to(period)),), lower, upper, block.label(record, period, base=constant)))
    return block.quota("carbon_cap", block.emissions_per_ha(year), rows, "tCO2e")


RULE = Rule("carbon_cap", "碳排放上限", build)
