r"""Whole groups (整体取舍): a natural patch is taken as a whole or left.

.. math:: x_{i,z} = x_{j,z} \qquad \forall i, j \in G,\ \forall z

G: units of the group (table `unit_groups`); a line for `*` holds for each group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from formulations.restoration.lines import groups, in_zones
from formulations.restoration.rule import SitePart, SiteRule

if TYPE_CHECKING:
    from formulations.program import Quota
    from formulations.restoration.rule import Record
    from formulations.restoration.site_block import SiteBlock

NAME = "whole_group"


def build(block: SiteBlock) -> SitePart:
    """Return one row a member after the first, for each management zone, group and line."""
    return SitePart(quotas=tuple(_line(block, record) for record in block.records(NAME)))


def _line(block: SiteBlock, record: Record) -> Quota:
    zones = np.flatnonzero(in_zones(block, record)[: block.sites.n_zones])
    members = [np.unique(units) for units in groups(block, record).values()]
    first = np.concatenate([np.zeros(0, np.int64), *(np.repeat(units[:1], len(units) - 1) for units in members)])
    other = np.concatenate([np.zeros(0, np.int64), *(units[1:] for units in members)])
    pairs = [(units[:, None] * block.sites.n_zones + zones).ravel() for units in (first, other)]
    count = len(pairs[0])
    signs = np.tile([1.0, -1.0], count)
    rows = sp.csr_array(
        (signs, np.stack(pairs, axis=1).ravel(), np.arange(0, 2 * count + 1, 2)), shape=(count, block.n)
    )
    labels = block.variable_labels(pairs[1]).assign(id=str(record["id"]))
    return block.row_family(NAME, rows, np.zeros(count), np.zeros(count), labels, "1")


RULE = SiteRule(NAME, "整体取舍", build)
