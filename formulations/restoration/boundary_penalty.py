r"""Boundary penalty (边界惩罚): chosen units should lie together.

.. math::

    +\ p \sum_{z,y} W_{z,y} \Bigl[\sum_i [z = y]\,(S_i + e\,E_i)\, x_{i,z}
    - 2 \sum_{i<j} B_{ij}\, x_{i,z} x_{j,y}\Bigr]

p: value of the line; e: its factor, the part of a border shared with no unit that counts; B: border that two units
share (table `boundary`), :math:`S_i = \sum_j B_{ij}`, E: the border of a unit that it shares with none; W: weights of
pairs of management zones (`zone_pairs`, layer `boundary`), by default each only with itself. For units within one
management zone this is p times the length of the border between chosen and other units. A line that names management
zones counts only those. Source: prioritizr, `add_boundary_penalties`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from formulations.restoration.lines import factor, in_zones, value
from formulations.restoration.pairs import Products, pair_part, spread_pairs
from formulations.restoration.rule import PENALTIES, SitePart, SiteRule, joined

if TYPE_CHECKING:
    from formulations.restoration.rule import Record
    from formulations.restoration.site_block import SiteBlock

NAME = "boundary_penalty"

LAYER = "boundary"
"""Layer of the weights of pairs of management zones."""


def build(block: SiteBlock) -> SitePart:
    """Return the borders and linear costs of every line."""
    return joined([_line(block, record) for record in block.records(NAME)])


def _line(block: SiteBlock, record: Record) -> SitePart:
    sites = block.sites
    inside = in_zones(block, record)[: sites.n_zones]
    weights = np.where(np.outer(inside, inside), sites.zone_weights(LAYER), 0.0)
    borders, units = sites.borders, sites.n_units
    shared = np.bincount(borders.left, borders.value, units) + np.bincount(borders.right, borders.value, units)
    alone = np.add.outer(shared + factor(record) * sites.outer, np.zeros(sites.n_zones)) * np.diag(weights)
    # Borders are stated once and weights for both orders of the zones: of z and y the mean counts.
    spread = spread_pairs(block, borders, (weights + weights.T) / 2)
    pairs = Products(spread.first, spread.second, -2 * value(record) * spread.value)
    own = SitePart(linear={PENALTIES: value(record) * alone.ravel()})
    return joined([own, pair_part(block, str(record["id"]), pairs)])


RULE = SiteRule(NAME, "边界惩罚", build)
