r"""Maximum branches (最多谱系分支): the most weighted branches that lead to a feature whose target is reached.

.. math:: \max \sum_b l_b\, v_b \quad\text{s.t.}\quad v_b \le \sum_{t: f(t) \in b} y_t,\quad h_t \ge T_t\, y_t

l: length of the branch. Each v is at most 1. Source: prioritizr, `add_max_phylo_div_objective`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.program import INFINITY, Columns
from formulations.restoration.reached import reached
from formulations.restoration.rule import SiteGoal, SitePart
from instances.land import codes_of

if TYPE_CHECKING:
    from formulations.restoration.site_block import SiteBlock

NAME = "maximum_branches"

FAMILY, REACHED = "branches", "reached_by_branches"


def build(block: SiteBlock) -> SitePart:
    """Return one column and one row a branch, and those of the targets."""
    table, targets = block.sites.tables["branches"], block.sites.targets
    branch, names = pd.factorize(table["branch"], sort=True)
    count = len(names)
    length = np.zeros(count)
    length[branch] = table["weight"].to_numpy(dtype=float)
    labels = pd.DataFrame({"branch": np.asarray(names)})
    columns = Columns(FAMILY, labels, np.zeros(count), np.ones(count), integer=False, unit="1", cost={NAME: length})
    feature = codes_of(table["feature"], block.sites.features["feature"])
    leads = sp.coo_array((np.ones(len(table)), (branch, feature)), shape=(count, len(block.sites.features)))
    of_target = (np.ones(len(targets)), (targets.feature, np.arange(len(targets))))
    reach = sp.csr_array(leads) @ sp.csr_array(sp.coo_array(of_target, shape=(leads.shape[1], len(targets))))
    terms = {FAMILY: sp.csr_array(-sp.eye_array(count)), REACHED: sp.csr_array(reach)}
    none = sp.csr_array((count, block.n))
    counted = block.row_family(NAME, none, np.zeros(count), np.full(count, INFINITY), labels, "1", terms)
    met, quota = reached(block, NAME, REACHED, {})
    return SitePart(columns=(columns, met), quotas=(counted, quota))


GOAL = SiteGoal(NAME, "最多谱系分支", build, maximise=True, soft=True)
