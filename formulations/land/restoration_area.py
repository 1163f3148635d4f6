r"""Restored area (新增生态修复面积).

.. math:: \sum_{t\le T}\ \sum_{(i,j)\in\text{restoration}} x_{z,i,j,t} \ge S_{g,T}\quad\text{ha}

over moves that the transition matrix marks as restoration. Source: indicator A-29. A zero worth means
that restoration pays for itself in carbon.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formulations.block import Row, Sum, bounds, number
from formulations.rule import Part, Rule

if TYPE_CHECKING:
    from formulations.block import LandBlock


def build(block: LandBlock) -> Part:
    """Return one row for each quota."""
    rows = []
    for record in block.records("restoration_area"):
        period = block.period_code(record)
        lower, upper = bounds(">=", number(record))
        sums = (Sum(block.up_to(period)),)
        rows.append(Row(block.region_code(record), sums, lower, upper, block.label(record, period)))
    return Part(quotas=(block.quota("restoration_area", block.restores, rows, "ha"),)) if rows else Part()


RULE = Rule("restoration_area", "新增生态修复面积", build)
