r"""Requisition-compensation balance by quality (占优补优).

.. math::

    \sum_{\tau\le t}\sum_{k\le h}(\text{loss}_{g,\tau,k} - \Lambda_{g,\tau,k}) \le
    \sum_{k\le h} b_{g,k} + \kappa_g\sum_{\tau<t}\sum_{k\le h}(\text{gain}_{g,\tau,k} - L_{g,\tau,k})
    \quad\text{every period } t \text{ and grade } h

Grade 1 is the best. Cropland lost has the grade it has (ungraded counts as the worst), new cropland the
grade its site can reach. Banked land of a better grade covers a loss of a worse one, never the reverse.
Source: 占优补优, formalised here (assumed). See `compensation` for the other symbols; the worth is what
one more banked hectare of grade h or better saves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from formulations.block import Row, Sum, number
from formulations.land.compensation import counted_loss, earlier, opening_bank
from formulations.land.linked_quota import WORST_GRADE, LinkedSum, grades_of, linked_terms, present_grades
from formulations.program import INFINITY
from formulations.rule import Part, Rule

if TYPE_CHECKING:
    from formulations.block import LandBlock, Record


def build(block: LandBlock) -> Part:
    """Return one row for each quota, period and grade that occurs."""
    rows, linked = [], []
    for record in block.records("compensation_grade"):
        for period in block.up_to(block.n_periods):
            for grade in present_grades(block):
                row, terms = _row(block, record, period, grade)
                rows.append(row)
                linked.append(terms)
    if not rows:
        return Part()
    gains = block.into("cropland")
    lost, gained = grades_of(block)
    layer = np.where(gains, WORST_GRADE + gained, lost)
    terms_of = linked_terms(block, linked)
    weight = counted_loss(block) | gains
    return Part(quotas=(block.quota("compensation_grade", weight, rows, "ha", layer=layer, terms=terms_of),))


def _row(block: LandBlock, record: Record, period: int, grade: int) -> tuple[Row, tuple[LinkedSum, ...]]:
    region, ratio = block.region_code(record), number(record)
    now, before = block.up_to(period), earlier(block, period)
    losses = [Sum(now, k) for k in range(1, grade + 1)]
    gains = [Sum(before, WORST_GRADE + k, -ratio) for k in range(1, grade + 1)]
    bank = opening_bank(block, str(record["region"]), grade, up_to=True)
    row = Row(region, (*losses, *gains), -INFINITY, bank, block.label(record, period, grade=grade))
    linked = (
        LinkedSum(region, now, grade, cropland=-1.0),
        LinkedSum(region, before, grade, quota=ratio),
    )
    return row, linked


RULE = Rule("compensation_grade", "占优补优", build)
