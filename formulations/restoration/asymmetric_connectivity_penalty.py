r"""Asymmetric connectivity penalty (有向连通度惩罚): what leads from a chosen unit to one that is not costs.

.. math:: +\ p \sum_{i,j} \sum_{z,y} W_{z,y}\, C_{ij}\, x_{i,z}\, (1 - x_{j,y})

p: value of the line; C: connectivity from i to j (its layer, as stated); W: weights of pairs of management zones
(`zone_pairs` of the same layer), by default each only with itself. Source: prioritizr,
`add_asym_connectivity_penalties`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from formulations.restoration.lines import in_zones, value
from formulations.restoration.neighbourhood import layer_of
from formulations.restoration.pairs import Products, pair_part, spread_pairs
from formulations.restoration.rule import PENALTIES, SitePart, SiteRule, joined

if TYPE_CHECKING:
    from formulations.restoration.rule import Record
    from formulations.restoration.site_block import SiteBlock

NAME = "asymmetric_connectivity_penalty"


def build(block: SiteBlock) -> SitePart:
    """Return the borders, columns and linear costs of every line."""
    return joined([_line(block, record) for record in block.records(NAME)])


def _line(block: SiteBlock, record: Record) -> SitePart:
    name = layer_of(record)
    inside = in_zones(block, record)[: block.sites.n_zones]
    weights = np.where(np.outer(inside, inside), block.sites.zone_weights(name), 0.0)
    spread = spread_pairs(block, block.sites.connectivity(name), weights)
    leaving = np.bincount(spread.first, value(record) * spread.value, minlength=block.n).astype(float)
    pairs = Products(spread.first, spread.second, -value(record) * spread.value)
    return joined([SitePart(linear={PENALTIES: leaving}), pair_part(block, str(record["id"]), pairs)])


RULE = SiteRule(NAME, "有向连通度惩罚", build)
