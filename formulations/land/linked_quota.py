r"""Linked quota (增减挂钩): reclaimed rural land earns new built land, once.

Columns :math:`L_{g,t,h}` (reclaimed hectares of grade h given to linked building) and
:math:`\Lambda_{g,t,h}` (cropland of grade h taken by linked building), ha. For every period t and grade h:

.. math::

    L_{g,t,h} &\le \text{reclaim}_{g,t,h} \\
    \sum_{\tau\le t}\sum_k \Lambda_{g,\tau,k} &\le \sum_{\tau\le t}\sum_k L_{g,\tau,k} \\
    \sum_{\tau\le t}\sum_{k\le h} \Lambda_{g,\tau,k} &\le \sum_{\tau\le t}\sum_{k\le h} L_{g,\tau,k} \\
    \Lambda_{g,t,h} &\le \text{cropland of grade } h \text{ built on in } t \\
    \sum_{t\le T}\sum_h L_{g,t,h} &\le \text{value}

reclaim: rural built land (by CZCSXM) that becomes cropland. A hectare is given in the period in which it is
reclaimed and earns building in that period or later: given afterwards, it would have served the compensation
balance before. Total built land does not rise, cropland does not fall, its grade is not worse. A reclaimed
hectare serves the linked quota or the compensation balance, never both: `compensation` leaves out L and
:math:`\Lambda`. Source: 国土资发〔2008〕138号. The worth of the cap is what one more hectare of linked quota saves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.block import Row, Sum, number
from formulations.program import INFINITY, Columns
from formulations.rule import Part, Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from formulations.block import LandBlock, Record
    from formulations.program import Quota

FAMILY = "linked_quota"
WORST_GRADE = 15


@dataclass(frozen=True)
class LinkedSum:
    """A sum over linked-quota columns: region, periods, grades up to `grade`, and the two coefficients."""

    region: int
    periods: tuple[int, ...]
    grade: int = WORST_GRADE
    quota: float = 0.0
    cropland: float = 0.0
    only_grade: bool = False


def grades_of(block: LandBlock) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Return the grade that each move loses and the grade that it gains, (moves,) each; ungraded is the worst."""
    zones, zone = block.land.zones, block.moves.zone
    lost, gained = (zones[name].to_numpy() for name in ("grade", "potential_grade"))
    return tuple(np.where(grade > 0, grade, WORST_GRADE).astype(np.int8)[zone] for grade in (lost, gained))  # type: ignore[return-value]


def present_grades(block: LandBlock) -> list[int]:
    """Return the grades of cropland that can leave or come and of the bank; the worst where there is none."""
    lost, gained = grades_of(block)
    banked = [int(str(record["grade"])) for record in block.records("compensation_bank") if record["grade"]]
    exchanged = np.union1d(lost[block.out_of("cropland")], gained[block.into("cropland")]).tolist()
    return sorted({*exchanged, *banked, *block.grades}) or [WORST_GRADE]


def linked_labels(block: LandBlock) -> pd.DataFrame:
    """Return one row a column: region code, period, grade, and kind `quota` or `cropland`."""
    regions = [block.region_code(record) for record in block.records(FAMILY)]
    grades = present_grades(block) if regions else []
    return pd.DataFrame(
        [
            (region, period, grade, kind)
            for region in regions
            for period in block.up_to(block.n_periods)
            for grade in grades
            for kind in ("quota", "cropland")
        ],
        columns=["region", "period", "grade", "kind"],
    )


def linked_terms(block: LandBlock, rows: Sequence[Sequence[LinkedSum]]) -> dict[str, sp.csr_array]:
    """Return the coefficients of linked-quota columns in some rows; empty where there are none.

    A row for a region above those with a linked quota sums all of theirs.
    """
    labels = linked_labels(block)
    if labels.empty:
        return {}
    matrix = np.zeros((len(rows), len(labels)))
    regions = labels["region"].to_numpy()
    for number_, parts in enumerate(rows):
        for part in parts:
            graded = labels["grade"] == part.grade if part.only_grade else labels["grade"] <= part.grade
            inside = block.land.subtree[part.region][regions] & labels["period"].isin(part.periods) & graded
            matrix[number_] += inside * np.where(labels["kind"] == "quota", part.quota, part.cropland)
    return {FAMILY: sp.csr_array(matrix)}


def build(block: LandBlock) -> Part:
    """Return the columns of every region with a linked quota, and their rows."""
    records = block.records(FAMILY)
    if not records:
        return Part()
    labels = linked_labels(block)
    names = block.land.regions["region"].to_numpy()
    shown = labels.assign(
        region=names[labels["region"]], period=[block.settings.time.periods[t - 1] for t in labels["period"]]
    )
    columns = Columns(FAMILY, shown, np.zeros(len(labels)), np.full(len(labels), INFINITY), integer=False, unit="ha")
    return Part(
        columns=(columns,),
        quotas=(_reclaimed(block, records), _built_on(block, records), _balance(block, records)),
    )


def _reclaimed(block: LandBlock, records: list[Record]) -> Quota:
    """L of a grade in a period is at most what is reclaimed of it in that period."""
    reclaim = block.into("cropland") & block.from_group("built_rural")
    _, gained = grades_of(block)
    rows, linked = [], []
    for record, period, grade in _each(block, records):
        region = block.region_code(record)
        label = block.label(record, period, grade=grade, part="reclaimed")
        rows.append(Row(region, (Sum((period,), grade),), 0.0, INFINITY, label))
        linked.append((LinkedSum(region, (period,), grade, quota=-1.0, only_grade=True),))
    return block.quota(FAMILY, reclaim, rows, "ha", layer=gained, terms=linked_terms(block, linked))


def _built_on(block: LandBlock, records: list[Record]) -> Quota:
    """Linked cropland of a grade in a period is at most what was built on."""
    built_on = block.out_of("cropland") & block.to_group("built")
    lost, _ = grades_of(block)
    rows, linked = [], []
    for record, period, grade in _each(block, records):
        region = block.region_code(record)
        label = block.label(record, period, grade=grade, part="built_on")
        rows.append(Row(region, (Sum((period,), grade),), 0.0, INFINITY, label))
        linked.append((LinkedSum(region, (period,), grade, cropland=-1.0, only_grade=True),))
    return block.quota(FAMILY, built_on, rows, "ha", layer=lost, terms=linked_terms(block, linked))


def _balance(block: LandBlock, records: list[Record]) -> Quota:
    """Linked cropland is covered by L, grade by grade from the best; L in all is capped."""
    rows, linked = [], []
    for record, period, grade in _each(block, records):
        region, now = block.region_code(record), block.up_to(period)
        rows.append(Row(region, (), 0.0, INFINITY, block.label(record, period, grade=grade, part="grade")))
        linked.append((LinkedSum(region, now, grade, quota=1.0, cropland=-1.0),))
    for record in records:
        region, period = block.region_code(record), block.period_code(record)
        rows.append(Row(region, (), -INFINITY, number(record), block.label(record, period, part="cap")))
        linked.append((LinkedSum(region, block.up_to(period), quota=1.0),))
    nothing = np.zeros(len(block.moves), dtype=bool)
    return block.quota(FAMILY, nothing, rows, "ha", terms=linked_terms(block, linked))


def _each(block: LandBlock, records: list[Record]) -> list[tuple[Record, int, int]]:
    periods, grades = block.up_to(block.n_periods), present_grades(block)
    return [(record, period, grade) for record in records for period in periods for grade in grades]


RULE = Rule(FAMILY, "增减挂钩", build)
