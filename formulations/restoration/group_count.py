r"""Number of chosen units of a group (组内数量): at least or at most one of alternatives, or any number.

.. math:: \sum_{i \in G} \sum_z x_{i,z} \ \{\ge, \le, =\}\ V

G: units of the group (table `unit_groups`); a line for `*` holds for each group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.block import bounds
from formulations.restoration.lines import groups, in_zones, label, value
from formulations.restoration.rule import SitePart, SiteRule

if TYPE_CHECKING:
    from formulations.program import Quota
    from formulations.restoration.rule import Record
    from formulations.restoration.site_block import SiteBlock

NAME = "group_count"


def build(block: SiteBlock) -> SitePart:
    """Return one row a group for each line."""
    return SitePart(quotas=tuple(_line(block, record) for record in block.records(NAME)))


def _line(block: SiteBlock, record: Record) -> Quota:
    members = groups(block, record)
    zones = np.flatnonzero(in_zones(block, record)[: block.sites.n_zones])
    inside = [(np.unique(units)[:, None] * block.sites.n_zones + zones).ravel() for units in members.values()]
    variable = np.concatenate([np.zeros(0, np.int64), *inside])
    starts = np.cumsum([0, *map(len, inside)])
    rows = sp.csr_array((np.ones(len(variable)), variable, starts), shape=(len(members), block.n))
    low, high = bounds(str(record["sense"]), value(record))
    labels = pd.DataFrame([label(record) | {"group": name} for name in members])
    count = len(members)
    return block.row_family(NAME, rows, np.full(count, low), np.full(count, high), labels, "1")


RULE = SiteRule(NAME, "组内数量", build)
