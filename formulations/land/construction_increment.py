r"""Increment of construction land (新增建设用地), with the linked quota (增减挂钩).

.. math::

    \sum_{t\le T}\ \sum_{i\notin B,\, j\in B} x_{z,i,j,t} - \sum_{t\le T}\sum_h L_{g,t,h}
    \le \Delta K_{g,T}\quad\text{ha}

New built land of region g up to the end of period T, less what reclaimed rural land has earned
(`linked_quota`). Source: annual plan of new construction land; 国土资发〔2008〕138号 for L. A zero
worth means that the increment is not scarce.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formulations.block import Row, Sum, bounds, number
from formulations.land.linked_quota import LinkedSum, linked_terms
from formulations.rule import Part, Rule

if TYPE_CHECKING:
    from formulations.block import LandBlock


def build(block: LandBlock) -> Part:
    """Return one row for each quota."""
    rows, linked = [], []
    for record in block.records("construction_increment"):
        region, period = block.region_code(record), block.period_code(record)
        lower, upper = bounds("<=", number(record))
        rows.append(Row(region, (Sum(block.up_to(period)),), lower, upper, block.label(record, period)))
        linked.append((LinkedSum(region, block.up_to(period), quota=-1.0),))
    if not rows:
        return Part()
    return Part(
        quotas=(
            block.quota("construction_increment", block.into("built"), rows, "ha", terms=linked_terms(block, linked)),
        )
    )


RULE = Rule("construction_increment", "新增建设用地", build)
