"""Requisition and compensation of cropland (占补平衡, 占优补优) and the linked quota (增减挂钩).

One reclaimed hectare serves once: gains leave out what was given to the linked quota (L), losses leave out
the cropland that linked building took (LC).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.check import RELATIVE, Check, row_check
from optimizer.results.audit.tables import WORST_GRADE, Quota

if TYPE_CHECKING:
    from optimizer.results.audit.flows import Flows
    from optimizer.results.audit.quotas import Books

_GRADES = slice(1, WORST_GRADE + 1)


def by_grade(flows: Flows, chosen: np.ndarray, grade: np.ndarray, periods: int) -> np.ndarray:
    """Return area [period, grade 0..15] of some flows, ha."""
    key = flows.period[chosen] * (WORST_GRADE + 1) + grade[chosen]
    area = np.bincount(key, flows.area_ha[chosen], minlength=periods * (WORST_GRADE + 1))
    return area.reshape(periods, WORST_GRADE + 1)


def _loss(books: Books, flows: Flows) -> np.ndarray:
    """Tell which flows take cropland and must be compensated; restoration changes are exempt."""
    return flows.out_of(books.land.groups.find("cropland")) & ~flows.restoration


def _earlier(cumulative: np.ndarray) -> np.ndarray:
    """Return the sums up to the period before; in an instance of one period its own gains count."""
    if len(cumulative) == 1:
        return cumulative
    return np.concatenate([np.zeros_like(cumulative[:1]), cumulative[:-1]])


def _sides(books: Books, row: Quota) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return cumulative losses less LC, usable gains less L, and the sum of |terms|, each [period, grade]."""
    flows, periods = books.here(row), len(books.settings.periods)
    lost = by_grade(flows, _loss(books, flows), flows.grade_lost, periods)
    won = by_grade(flows, flows.into(books.land.groups.find("cropland")), flows.grade_won, periods)
    quota, spared = books.linked(row)
    used, usable = np.cumsum(lost - spared, axis=0), _earlier(np.cumsum(won - quota, axis=0))
    scale = np.cumsum(lost + np.abs(spared), axis=0) + _earlier(np.cumsum(won + np.abs(quota), axis=0))
    return used, usable, scale


def _bank(books: Books, row: Quota, grades: range) -> list[float]:
    rows = [bank for bank in books.land.rows("compensation_bank") if bank.region == row.region]
    return [sum(bank.value for bank in rows if bank.grade == grade) for grade in grades]


def compensation(books: Books, row: Quota) -> list[Check]:
    """占补平衡: in every period, losses so far <= opening bank + kappa x gains of earlier periods."""
    used, usable, scale = (part.sum(axis=1) for part in _sides(books, row))
    bank = _bank(books, row, range(1))[0]
    return [
        books.check(row, period, used[period], "<=", bank + row.value * usable[period], bank + scale[period], "ha")
        for period in range(len(books.settings.periods))
    ]


def compensation_grade(books: Books, row: Quota) -> list[Check]:
    """占优补优: the same for every grade h over the land of grade h or better; the worst h is shown."""
    used, usable, scale = (np.cumsum(part[:, _GRADES], axis=1) for part in _sides(books, row))
    bank = np.cumsum(_bank(books, row, range(1, WORST_GRADE + 1)))
    checks = []
    for period in range(len(books.settings.periods)):
        bound = bank + row.value * usable[period]
        checks.append(_worst(books, row, row.rule, period, used[period], bound, scale[period] + bank))
    return checks


def _worst(
    books: Books, row: Quota, name: str, period: int, value: np.ndarray, bound: np.ndarray, scale: np.ndarray
) -> Check:
    """Judge rows of all grades `value <= bound` and show the worst against its own tolerance."""
    tolerance = RELATIVE * np.maximum(np.maximum(np.abs(bound), scale), 1.0)
    at = int(np.argmax((value - bound) / tolerance))
    subject = books.subject(row, period, f"grade {at + 1}")
    return row_check(name, row.rule, subject, value[at], "<=", bound[at], scale[at], "ha")


def linked_quota(books: Books, row: Quota) -> list[Check]:
    """增减挂钩: L within the quota and what villages give back in its period, LC within L and what was built on."""
    flows, periods = books.here(row), len(books.settings.periods)
    cropland, built = books.land.groups.find("cropland"), books.land.groups.node("built")
    reclaim = flows.into(cropland) & books.land.groups.find("built_rural").present[flows.kind, flows.source]
    reclaimed = by_grade(flows, reclaim, flows.grade_won, periods)[:, _GRADES]
    taken = by_grade(flows, _loss(books, flows) & built[flows.to], flows.grade_lost, periods)[:, _GRADES]
    quota, spared = (part[:, _GRADES] for part in books.linked(row))
    used, freed = np.cumsum(quota, axis=0), np.cumsum(spared, axis=0)
    total = float(used[row.period].sum())
    subject = books.subject(row, row.period)
    checks = [row_check("linked_quota.total", row.rule, subject, total, "<=", row.value, total, "ha")]
    for period in range(periods):
        better, spared_better = np.cumsum(used[period]), np.cumsum(freed[period])
        checks += [
            _worst(books, row, "linked_quota.reclaimed", period, quota[period], reclaimed[period], quota[period]),
            _within_quota(books, row, period, float(spared_better[-1]), float(better[-1])),
            _worst(books, row, "linked_quota.grade", period, spared_better, better, spared_better),
            _worst(books, row, "linked_quota.taken", period, spared[period], taken[period], spared[period]),
        ]
    return checks


def _within_quota(books: Books, row: Quota, period: int, spared: float, used: float) -> Check:
    """Judge LC so far <= L so far."""
    subject = books.subject(row, period)
    return row_check("linked_quota.cropland", row.rule, subject, spared, "<=", used, spared + used, "ha")
