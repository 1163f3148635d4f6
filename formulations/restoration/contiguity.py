r"""Contiguity (连片): all chosen units are connected with each other.

Every two chosen units are joined by a path of chosen neighbours (by the layer of the line, by default units that
share a border). With several management zones those that `zone_pairs` of the layer ties together are connected as
one, by default each on its own; a line that names management zones speaks only of those. The Program keeps it as a
graph (`formulations.connected`). Source: prioritizr, `add_contiguity_constraints`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formulations.restoration.graphs import graphs
from formulations.restoration.reserves import pieces
from formulations.restoration.rule import SitePart, SiteRule

if TYPE_CHECKING:
    from formulations.restoration.site_block import SiteBlock

NAME = "contiguity"


def build(block: SiteBlock) -> SitePart:
    """Return one graph for each line and set of management zones."""
    return SitePart(
        connected=tuple(
            pieces(block, record, graph, most=1) for record in block.records(NAME) for graph in graphs(block, record)
        )
    )


RULE = SiteRule(NAME, "连片", build)
