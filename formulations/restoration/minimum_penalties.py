r"""Minimum penalties (最小惩罚): penalties alone are minimised, under targets and a budget.

.. math:: \min \sum_k p_k(x)

Source: prioritizr, `add_min_penalties_objective`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formulations.restoration.rule import SiteGoal, SitePart

if TYPE_CHECKING:
    from formulations.restoration.site_block import SiteBlock

NAME = "minimum_penalties"


def build(block: SiteBlock) -> SitePart:
    """Return nothing: the penalties are there already."""
    return SitePart()


GOAL = SiteGoal(NAME, "最小惩罚", build)
