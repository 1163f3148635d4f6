r"""Maximum features (最多对象达标): the most weighted targets that are reached, under a budget.

.. math:: \max \sum_t w_t y_t \quad\text{s.t.}\quad h_t \ge T_t\, y_t,\quad y_t \in \{0, 1\}

Source: prioritizr, `add_max_features_objective`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formulations.restoration.reached import reached
from formulations.restoration.rule import SiteGoal, SitePart

if TYPE_CHECKING:
    from formulations.restoration.site_block import SiteBlock

NAME = "maximum_features"

FAMILY = "reached"


def build(block: SiteBlock) -> SitePart:
    """Return one column and one row a target."""
    columns, quota = reached(block, NAME, FAMILY, {NAME: block.sites.targets.weight})
    return SitePart(columns=(columns,), quotas=(quota,))


GOAL = SiteGoal(NAME, "最多对象达标", build, maximise=True, soft=True)
