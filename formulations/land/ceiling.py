r"""Ceilings: the greatest area of a group (规模上限).

.. math::

    A^0_{g,G} + \sum_{t\le T}\Big(\sum_{i\notin G, j\in G} x_{z,i,j,t} - \sum_{i\in G, j\notin G} x_{z,i,j,t}\Big)
    \le U_{g,G,T}

In ha, or as a share of the present area: urban land at most 1.3 times that of 2020 is such a row
(`built_urban`). Source: national territorial plan outline for that cap; else the instance's own. A zero
worth means that the group does not want to grow so far.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formulations.rule import Part, Rule

if TYPE_CHECKING:
    from formulations.block import LandBlock


def build(block: LandBlock) -> Part:
    """Return one row for each quota."""
    groups = block.records_by_group("ceiling")
    return Part(quotas=tuple(block.stock_quota("ceiling", group, records) for group, records in groups.items()))


RULE = Rule("ceiling", "规模上限", build)
