r"""Growth demand by region and kind (增长需求): housing, industry, public services, ...

.. math::

    \sum_{t\le T}\Big(\sum_{i\notin G,\, j\in G} x_{z,i,j,t} - \sum_{i\in G,\, j\notin G} x_{z,i,j,t}\Big)
    \ge D_{g,G,T}\quad\text{ha}

The group G grows by D hectares, greenfield or redeveloped. What leaves G counts against it: homes pulled
down must be replaced, and two uses that exchange land meet no demand. Source: population and job
forecasts of the plan times land per person. The worth is what one more hectare of growth emits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from formulations.block import Row, Sum, bounds, number
from formulations.rule import Part, Rule

if TYPE_CHECKING:
    from formulations.block import LandBlock, Record
    from formulations.program import Quota


def build(block: LandBlock) -> Part:
    """Return one row for each quota."""
    groups = block.records_by_group("growth_demand")
    return Part(quotas=tuple(_family(block, group, records) for group, records in groups.items()))


def _family(block: LandBlock, group: str, records: list[Record]) -> Quota:
    rows = []
    for record in records:
        period = block.period_code(record)
        lower, upper = bounds(">=", number(record))
        sums = (Sum(block.up_to(period)),)
        rows.append(Row(block.region_code(record), sums, lower, upper, block.label(record, period)))
    weight = block.into(group).astype(np.int8) - block.out_of(group)
    return block.quota("growth_demand", weight, rows, "ha")


RULE = Rule("growth_demand", "增长需求", build)
