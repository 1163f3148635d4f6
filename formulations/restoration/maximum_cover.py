r"""Maximum cover (最大覆盖): the most weighted features that some chosen unit holds at all, under a budget.

.. math:: \max \sum_{f,z} w_f\, y_{f,z} \quad\text{s.t.}\quad y_{f,z} \le \sum_{i: r_{f,i,z} > 0} x_{i,z},\quad
    y_{f,z} \in \{0, 1\}

With several management zones a feature counts once in each. Source: prioritizr, `add_max_cover_objective`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.program import INFINITY, Columns
from formulations.restoration.rule import SiteGoal, SitePart

if TYPE_CHECKING:
    from formulations.restoration.site_block import SiteBlock

NAME = "maximum_cover"

FAMILY = "covered"


def build(block: SiteBlock) -> SitePart:
    """Return one column and one row for each feature in each management zone that holds it."""
    sites = block.sites
    feature, variable = sites.amounts.tocoo().coords
    held = sites.amounts.tocoo().data > 0
    feature, variable = feature[held], variable[held]
    pair, row = np.unique(feature.astype(np.int64) * sites.n_zones + variable % sites.n_zones, return_inverse=True)
    feature, zone = np.divmod(pair, sites.n_zones)
    rows = sp.csr_array(sp.coo_array((np.ones(len(variable)), (row, variable)), shape=(len(pair), block.n)))
    labels = pd.DataFrame(
        {
            "feature": sites.features["feature"].to_numpy()[feature],
            "management_zone": sites.zones.to_numpy()[zone],
        }
    )
    worth = {NAME: sites.features["weight"].to_numpy(dtype=float)[feature]}
    none, one = np.zeros(len(pair)), np.ones(len(pair))
    columns = Columns(FAMILY, labels, none, one, integer=True, unit="1", cost=worth)
    terms = {FAMILY: sp.csr_array(sp.diags_array(-one))} if len(pair) else {}
    quota = block.row_family(NAME, rows, none, np.full(len(pair), INFINITY), labels, "1", terms)
    return SitePart(columns=(columns,), quotas=(quota,))


GOAL = SiteGoal(NAME, "最大覆盖", build, maximise=True)
