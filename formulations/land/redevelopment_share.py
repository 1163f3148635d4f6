r"""Redevelopment share (存量土地供应比例): part of growth stands on land already built.

.. math:: \sum_{t\le T}\ \sum_{i\in B,\, j\in G} x_{z,i,j,t} \ge \rho_g \sum_{t\le T}\ \sum_{j\in G} x_{z,i,j,t}

over arrivals in G from outside it; for G = built, over moves from one built class to another
(redeveloped) and all moves into built. Source: indicator A-24; London takes 96 % on existing sites.
A zero worth means that growth redevelops so much by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from formulations.block import Row, Sum, number
from formulations.program import INFINITY
from formulations.rule import Part, Rule

if TYPE_CHECKING:
    from formulations.block import LandBlock, Record
    from formulations.program import Quota

GREENFIELD, REDEVELOPED = 0, 1


def build(block: LandBlock) -> Part:
    """Return one row for each quota."""
    groups = block.records_by_group("redevelopment_share")
    return Part(quotas=tuple(_family(block, group or "built", records) for group, records in groups.items()))


def _family(block: LandBlock, group: str, records: list[Record]) -> Quota:
    arrives = block.moves.converts & block.to_group(group)
    if group != "built":
        arrives &= ~block.from_group(group)
    layer = np.where(block.from_group("built"), np.int8(REDEVELOPED), np.int8(GREENFIELD))
    rows = []
    for record in records:
        period, share = block.period_code(record), number(record)
        periods = block.up_to(period)
        sums = (Sum(periods, REDEVELOPED, 1.0 - share), Sum(periods, GREENFIELD, -share))
        rows.append(Row(block.region_code(record), sums, 0.0, INFINITY, block.label(record, period)))
    return block.quota("redevelopment_share", arrives, rows, "ha", layer=layer)


RULE = Rule("redevelopment_share", "存量用地比例", build)
