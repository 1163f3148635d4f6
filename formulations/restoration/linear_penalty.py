r"""Linear penalty (线性惩罚): a layer summed over the chosen units is added to what is minimised.

.. math:: +\ p \sum_{i,z} d_{i,z}\, x_{i,z}

p: value of the line; d: its layer. Source: prioritizr, `add_linear_penalties`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from formulations.restoration.lines import layer, value
from formulations.restoration.rule import PENALTIES, SitePart, SiteRule

if TYPE_CHECKING:
    from formulations.restoration.site_block import SiteBlock

NAME = "linear_penalty"


def build(block: SiteBlock) -> SitePart:
    """Return what each variable adds."""
    parts = [value(record) * layer(block, record) for record in block.records(NAME)]
    return SitePart(linear={PENALTIES: np.sum(parts, axis=0)})


RULE = SiteRule(NAME, "线性惩罚", build)
