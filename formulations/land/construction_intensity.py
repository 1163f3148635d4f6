r"""Development intensity (开发强度): built land as a share of all land.

.. math::

    A^0_{g,B} + \sum_{t\le T}\Big(\sum_{i\notin B, j\in B} x_{z,i,j,t} - \sum_{i\in B, j\notin B} x_{z,i,j,t}\Big)
    \le \delta_{g,T} A_g

:math:`A_g` is the land area of region g, :math:`\delta` a share (30 % is assumed where a plan states
none). Source: total and intensity control of the territorial plan. A zero worth means that another
limit binds first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formulations.block import number
from formulations.rule import Part, Rule

if TYPE_CHECKING:
    from formulations.block import LandBlock, Record


def build(block: LandBlock) -> Part:
    """Return one row for each quota, its bound turned into hectares."""
    records = [_in_hectares(block, record) for record in block.records("construction_intensity")]
    return Part(quotas=(block.stock_quota("construction_intensity", "built", records),)) if records else Part()


def _in_hectares(block: LandBlock, record: Record) -> Record:
    area = block.land.region_area_ha(block.region_code(record))
    return {**record, "value": number(record) * area, "unit": "ha"}


RULE = Rule("construction_intensity", "开发强度", build)
