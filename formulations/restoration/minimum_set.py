r"""Minimum set (最小集): the least cost at which all targets are met.

.. math:: \min \sum_{i,z} c_{i,z}\, x_{i,z}

c: layer `cost`, else the cost of the units table. Source: prioritizr, `add_min_set_objective`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formulations.restoration.rule import SiteGoal, SitePart

if TYPE_CHECKING:
    from formulations.restoration.site_block import SiteBlock

NAME = "minimum_set"


def build(block: SiteBlock) -> SitePart:
    """Return the cost of every variable."""
    return SitePart(linear={NAME: block.sites.cost})


GOAL = SiteGoal(NAME, "最小集", build)
