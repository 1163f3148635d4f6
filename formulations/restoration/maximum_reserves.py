r"""Number of reserves (保护地数量上限): the chosen units fall into at most so many connected reserves.

What is connected is told as for `contiguity`; the reserves of all management zones count together. The Program keeps
it as a graph (`formulations.connected`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formulations.restoration.graphs import graphs, union
from formulations.restoration.lines import number
from formulations.restoration.reserves import pieces
from formulations.restoration.rule import SitePart, SiteRule

if TYPE_CHECKING:
    from formulations.connected import Connected
    from formulations.restoration.rule import Record
    from formulations.restoration.site_block import SiteBlock

NAME = "maximum_reserves"


def build(block: SiteBlock) -> SitePart:
    """Return one graph a line."""
    return SitePart(connected=tuple(_line(block, record) for record in block.records(NAME)))


def _line(block: SiteBlock, record: Record) -> Connected:
    return pieces(block, record, union(graphs(block, record)), most=number(record))


RULE = SiteRule(NAME, "保护地数量上限", build)
