r"""Least size of a reserve (保护地最小规模): each connected reserve is so large at least.

.. math:: \sum_{(i,z) \in P} a_{i,z}\, x_{i,z} \ge A \qquad \text{for every connected piece } P

a: layer `area_ha`, or the one of the line; A: value of the line. Source of neighbours: table `boundary`. The Program
keeps it as a graph (`formulations.connected`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formulations.restoration.graphs import graphs, union
from formulations.restoration.lines import layer, value
from formulations.restoration.neighbourhood import ADJACENCY
from formulations.restoration.reserves import pieces
from formulations.restoration.rule import SitePart, SiteRule

if TYPE_CHECKING:
    from formulations.connected import Connected
    from formulations.restoration.rule import Record
    from formulations.restoration.site_block import SiteBlock

NAME = "minimum_reserve"

AREA = "area_ha"


def build(block: SiteBlock) -> SitePart:
    """Return one graph a line."""
    return SitePart(connected=tuple(_line(block, record) for record in block.records(NAME)))


def _line(block: SiteBlock, record: Record) -> Connected:
    graph = union(graphs(block, {**record, "layer": ADJACENCY}))
    return pieces(block, record, graph, least=value(record), weight=layer(block, record, AREA))


RULE = SiteRule(NAME, "保护地最小规模", build)
