r"""Mandatory allocation (全部分配): every unit is in exactly one management zone.

.. math:: o_i = 0 \quad \forall i

The block closes the option that leaves a unit out. Source: prioritizr, `add_mandatory_allocation_constraints`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formulations.restoration.rule import SitePart, SiteRule
from formulations.restoration.site_block import MANDATORY

if TYPE_CHECKING:
    from formulations.restoration.site_block import SiteBlock


def build(block: SiteBlock) -> SitePart:
    """Return nothing: it is a limit of the choice groups."""
    return SitePart()


RULE = SiteRule(MANDATORY, "全部分配", build)
