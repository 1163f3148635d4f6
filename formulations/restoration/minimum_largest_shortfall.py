r"""Minimum largest shortfall (最大缺口最小): the worst weighted relative shortfall is made as small as it can be.

.. math:: \min z \quad\text{s.t.}\quad h_t + \frac{|T_t|}{w_t}\, z \ge T_t\quad\forall t: w_t > 0,\quad z \ge 0

Source: prioritizr, `add_min_largest_shortfall_objective`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.program import INFINITY, Columns
from formulations.restoration.held import held_rows
from formulations.restoration.rule import SiteGoal, SitePart
from formulations.restoration.shortfall import floors, largest, scales

if TYPE_CHECKING:
    from formulations.restoration.site_block import SiteBlock

NAME = "minimum_largest_shortfall"

FAMILY = "largest_shortfall"


def build(block: SiteBlock) -> SitePart:
    """Return one column, and one row a target."""
    targets = block.sites.targets
    which = floors(block)
    which = which[targets.weight[which] > 0]
    weight = targets.weight[which]
    top = np.array([max((largest(block)[which] * weight).max(initial=0.0), 0.0)])
    label = pd.DataFrame({"objective": [NAME]})
    columns = Columns(FAMILY, label, np.zeros(1), top, integer=False, unit="1", cost={NAME: np.ones(1)})
    terms = {FAMILY: sp.csr_array((scales(block)[which] / weight)[:, None])} if len(which) else {}
    most = np.full(len(which), INFINITY)
    quota = held_rows(block, NAME, which, targets.value[which], most, terms)
    return SitePart(columns=(columns,), quotas=(quota,))


GOAL = SiteGoal(NAME, "最大缺口最小", build, soft=True)
