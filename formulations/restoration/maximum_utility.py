r"""Maximum utility (最大效用): the most weighted amount of all features, under a budget.

.. math:: \max \sum_f w_f \sum_{i,z} r_{f,i,z}\, x_{i,z}

Source: prioritizr, `add_max_utility_objective`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from formulations.restoration.rule import SiteGoal, SitePart

if TYPE_CHECKING:
    from formulations.restoration.site_block import SiteBlock

NAME = "maximum_utility"


def build(block: SiteBlock) -> SitePart:
    """Return what each variable is worth."""
    weight = block.sites.features["weight"].to_numpy(dtype=float)
    return SitePart(linear={NAME: np.asarray(weight @ block.sites.amounts)})


GOAL = SiteGoal(NAME, "最大效用", build, maximise=True)
