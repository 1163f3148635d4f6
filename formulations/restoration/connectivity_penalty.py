r"""Connectivity penalty (连通度惩罚): units that are connected with each other should be chosen together.

.. math:: -\ p \sum_{i \le j} \sum_{z,y} W_{z,y}\, C_{ij}\, x_{i,z}\, x_{j,y}

p: value of the line, above 0 to choose connected units and below 0 to keep apart; C: connectivity (its layer, the same
in both directions; where a layer states both, one counts); W: weights of pairs of management zones (`zone_pairs` of the
same layer), by default each only with itself. Without a layer: `adjacency`, 1 for each shared border. Source:
prioritizr, `add_connectivity_penalties` and `add_neighbor_penalties`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from formulations.restoration.lines import in_zones, value
from formulations.restoration.neighbourhood import layer_of, once
from formulations.restoration.pairs import Products, pair_part, spread_pairs
from formulations.restoration.rule import SitePart, SiteRule, joined

if TYPE_CHECKING:
    from formulations.restoration.rule import Record
    from formulations.restoration.site_block import SiteBlock

NAME = "connectivity_penalty"


def build(block: SiteBlock) -> SitePart:
    """Return the borders, columns and linear costs of every line."""
    return joined([_line(block, record) for record in block.records(NAME)])


def _line(block: SiteBlock, record: Record) -> SitePart:
    name = layer_of(record)
    inside = in_zones(block, record)[: block.sites.n_zones]
    weights = np.where(np.outer(inside, inside), block.sites.zone_weights(name), 0.0)
    spread = spread_pairs(block, once(block.sites.connectivity(name)), weights)
    return pair_part(block, str(record["id"]), Products(spread.first, spread.second, -value(record) * spread.value))


RULE = SiteRule(NAME, "连通度惩罚", build)
