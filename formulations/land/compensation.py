r"""Requisition-compensation balance by quantity (占补平衡), with a bank (以补定占).

.. math::

    \sum_{\tau\le t}\Big(\text{loss}_{g,\tau} - \sum_h \Lambda_{g,\tau,h}\Big) \le
    b_g + \kappa_g\sum_{\tau<t}\Big(\text{gain}_{g,\tau} - \sum_h L_{g,\tau,h}\Big)\quad\text{ha, every period } t

loss: cropland that becomes anything else, tree and fruit planting included, ecological retirement (moves
marked as restoration) exempt. gain: new cropland. b: opening bank. What is taken or reclaimed under the
linked quota (:math:`\Lambda, L`, see `linked_quota`) balances there and counts here no second time. With
one period, gains of the same period count. Source: 204号 (2024) and provincial notices on 占补平衡.
The worth is what one more hectare in the bank saves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from formulations.block import Row, Sum, number
from formulations.land.linked_quota import LinkedSum, linked_terms
from formulations.program import INFINITY
from formulations.rule import Part, Rule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.block import LandBlock

LOSS, GAIN = 0, 1


def counted_loss(block: LandBlock) -> NDArray[np.bool_]:
    """Whether a move takes cropland that must be compensated, (moves,)."""
    return block.out_of("cropland") & ~block.restores


def earlier(block: LandBlock, period: int) -> tuple[int, ...]:
    """Return the periods whose gains may cover the losses up to `period`."""
    return block.up_to(1) if block.n_periods == 1 else block.up_to(period - 1)


def opening_bank(block: LandBlock, region: str, grade: int = 0, up_to: bool = False) -> float:
    """Return the opening bank of a region, ha: of one grade, or of all grades from 1 up to it."""
    rows = [row for row in block.records("compensation_bank") if str(row["region"]) == region]
    grades = range(1, grade + 1) if up_to else (grade,)
    return sum(number(row) for row in rows if row["grade"] in grades)


def build(block: LandBlock) -> Part:
    """Return one row for each quota and period."""
    rows, linked = [], []
    for record in block.records("compensation"):
        region, ratio = block.region_code(record), number(record)
        bank = opening_bank(block, str(record["region"]))
        for period in block.up_to(block.n_periods):
            now, before = block.up_to(period), earlier(block, period)
            sums = (Sum(now, LOSS), Sum(before, GAIN, -ratio))
            rows.append(Row(region, sums, -INFINITY, bank, block.label(record, period)))
            linked.append((LinkedSum(region, now, cropland=-1.0), LinkedSum(region, before, quota=ratio)))
    if not rows:
        return Part()
    gains = block.into("cropland")
    layer = np.where(gains, np.int8(GAIN), np.int8(LOSS))
    terms = linked_terms(block, linked)
    return Part(
        quotas=(block.quota("compensation", counted_loss(block) | gains, rows, "ha", layer=layer, terms=terms),)
    )


RULE = Rule("compensation", "占补平衡", build)
