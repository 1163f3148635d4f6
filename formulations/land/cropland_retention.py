r"""Cropland retention by region (耕地保有量).

.. math::

    A^0_{g,C} + \sum_{t\le T}\Big(\sum_{i\notin C, j\in C} x_{z,i,j,t} - \sum_{i\in C, j\notin C} x_{z,i,j,t}\Big)
    \ge R_{g,T}\quad\text{ha}

The area of cropland in region g at the end of period T is at least R. Source: retention targets
handed down by level, national 18.65 亿亩. A zero worth means that cropland is not scarce in g:
compensation or permanent farmland holds it already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formulations.rule import Part, Rule

if TYPE_CHECKING:
    from formulations.block import LandBlock


def build(block: LandBlock) -> Part:
    """Return one row for each quota."""
    records = block.records("cropland_retention")
    return Part(quotas=(block.stock_quota("cropland_retention", "cropland", records),)) if records else Part()


RULE = Rule("cropland_retention", "耕地保有量", build)
