r"""Budget (预算): what the chosen units cost is limited.

.. math:: \sum_{i,z} c_{i,z}\, x_{i,z} \le B

c: the layer of the line, by default the cost; over one management zone, or all together. A budget on the units of one
management zone and one on all may stand side by side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formulations.restoration.linear_rows import layer_rows
from formulations.restoration.rule import SitePart, SiteRule
from instances.sites import COST

if TYPE_CHECKING:
    from formulations.restoration.site_block import SiteBlock

NAME = "budget"


def build(block: SiteBlock) -> SitePart:
    """Return one row a line."""
    return SitePart(quotas=(layer_rows(block, NAME, block.records(NAME), COST),))


RULE = SiteRule(NAME, "预算", build)
