r"""Linear constraint (线性约束): a layer summed over the chosen units is limited.

.. math:: \sum_{i,z} d_{i,z}\, x_{i,z} \ \{\ge, \le, =\}\ V

d: the layer of the line. Source: prioritizr, `add_linear_constraints`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formulations.restoration.linear_rows import layer_rows
from formulations.restoration.rule import SitePart, SiteRule

if TYPE_CHECKING:
    from formulations.restoration.site_block import SiteBlock

NAME = "linear_constraint"


def build(block: SiteBlock) -> SitePart:
    """Return one row a line."""
    return SitePart(quotas=(layer_rows(block, NAME, block.records(NAME)),))


RULE = SiteRule(NAME, "线性约束", build)
