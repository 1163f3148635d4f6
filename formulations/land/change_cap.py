r"""Caps on change per class and period (转换规模上限): `loss_cap` and `gain_cap`.

.. math::

    \sum_{i\in G,\, j\notin G} x_{z,i,j,t} \le U^-_{g,G,t}, \qquad
    \sum_{i\notin G,\, j\in G} x_{z,i,j,t} \le U^+_{g,G,t}

for one period t (a quota with period 0 makes a row for every period). In ha, or as a share of the
present area of G in g. Source: the instance's own; without such caps an emissions-only plan rebuilds
a region in one period. A zero worth means that change is slower than allowed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from formulations.block import Row, Sum, bounds, number
from formulations.rule import Part, Rule

if TYPE_CHECKING:
    from formulations.block import LandBlock, Record
    from formulations.program import Quota


def build_loss(block: LandBlock) -> Part:
    """Return one row for each quota and period on what leaves a group."""
    return _build(block, "loss_cap")


def build_gain(block: LandBlock) -> Part:
    """Return one row for each quota and period on what joins a group."""
    return _build(block, "gain_cap")


def _build(block: LandBlock, rule: str) -> Part:
    groups = block.records_by_group(rule)
    return Part(quotas=tuple(_family(block, rule, group, records) for group, records in groups.items()))


def _family(block: LandBlock, rule: str, group: str, records: list[Record]) -> Quota:
    rows = []
    for record in records:
        region = block.region_code(record)
        scale = block.land.present_ha(group, region) if record["unit"] == "share" else 1.0
        lower, upper = bounds("<=", number(record) * scale)
        periods = (block.period_code(record),) if record["period"] else block.up_to(block.n_periods)
        rows += [Row(region, (Sum((t,)),), lower, upper, block.label(record, t)) for t in periods]
    weight = block.out_of(group) if rule == "loss_cap" else block.into(group)
    return block.quota(rule, weight, rows, "ha")


LOSS_RULE = Rule("loss_cap", "减少规模上限", build_loss)
GAIN_RULE = Rule("gain_cap", "增加规模上限", build_gain)
