r"""Floors: the least area of a group (保有量下限).

.. math::

    A^0_{g,G} + \sum_{t\le T}\Big(\sum_{i\notin G, j\in G} x_{z,i,j,t} - \sum_{i\in G, j\notin G} x_{z,i,j,t}\Big)
    \ge F_{g,G,T}

Forest, wetland, grassland, water, and every kind of built land, rural housing included: without
the last an emissions-only plan empties villages. In ha, or as a share of the present area. Source:
forest and wetland targets (林地保有量, 湿地面积) and the instance's own. A zero worth means that nothing
presses on the group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formulations.rule import Part, Rule

if TYPE_CHECKING:
    from formulations.block import LandBlock


def build(block: LandBlock) -> Part:
    """Return one row for each quota."""
    groups = block.records_by_group("floor")
    return Part(quotas=tuple(block.stock_quota("floor", group, records) for group, records in groups.items()))


RULE = Rule("floor", "保有量下限", build)
