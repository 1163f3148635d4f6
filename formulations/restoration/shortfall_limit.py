r"""Limit on the largest shortfall (最大缺口上限), beside an objective that minimises the total.

.. math:: h_t \ge T_t - \frac{|T_t|}{w_t}\, \sigma \qquad \forall t: w_t > 0

:math:`\sigma`: value of the rule; for a feature only where one is named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from formulations.program import INFINITY
from formulations.restoration.held import held_rows
from formulations.restoration.lines import of_features, value
from formulations.restoration.rule import SitePart, SiteRule
from formulations.restoration.shortfall import floors, scales

if TYPE_CHECKING:
    from formulations.restoration.site_block import SiteBlock

NAME = "shortfall_limit"


def build(block: SiteBlock) -> SitePart:
    """Return one row a target for each line."""
    targets, base = block.sites.targets, scales(block)
    quotas = []
    for record in block.records(NAME):
        which = floors(block)
        which = which[(targets.weight[which] > 0) & of_features(block, record)[targets.feature[which]]]
        if len(which):
            least = targets.value[which] - base[which] * value(record) / targets.weight[which]
            quotas.append(held_rows(block, NAME, which, least, np.full(len(which), INFINITY)))
    return SitePart(quotas=tuple(quotas))


RULE = SiteRule(NAME, "最大缺口上限", build)
