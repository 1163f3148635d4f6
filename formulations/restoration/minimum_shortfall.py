r"""Minimum shortfall (最小缺口): the least weighted sum of relative shortfalls, mostly under a budget.

.. math:: \min \sum_t w_t s_t \quad\text{s.t.}\quad h_t + |T_t|\, s_t \ge T_t,\quad s_t \ge 0

w: weight of the feature, or of the target. Source: prioritizr, `add_min_shortfall_objective`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from formulations.program import INFINITY, Columns
from formulations.restoration.held import held_rows, target_labels
from formulations.restoration.rule import SiteGoal, SitePart
from formulations.restoration.shortfall import floors, largest, scales

if TYPE_CHECKING:
    from formulations.restoration.site_block import SiteBlock

NAME = "minimum_shortfall"

FAMILY = "shortfall"


def build(block: SiteBlock) -> SitePart:
    """Return one column and one row a target."""
    targets, which = block.sites.targets, floors(block)
    columns = Columns(
        FAMILY,
        target_labels(block, which),
        np.zeros(len(which)),
        largest(block)[which],
        integer=False,
        unit="1",
        cost={NAME: targets.weight[which]},
    )
    most = np.full(len(which), INFINITY)
    terms = {FAMILY: sp.csr_array(sp.diags_array(scales(block)[which]))} if len(which) else {}
    quota = held_rows(block, NAME, which, targets.value[which], most, terms)
    return SitePart(columns=(columns,), quotas=(quota,))


GOAL = SiteGoal(NAME, "最小缺口", build, soft=True)
