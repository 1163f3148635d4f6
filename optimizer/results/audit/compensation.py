"""Requisition and compensation of cropland (占补平衡, 占优补优) and the linked quota (增减挂钩).

One reclaimed hectare serves once: gains leave out what was given to the linked quota (L), losses leave out
the cropland that linked building took (LC).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizer.results.audit.lines import Line, Linked, Sum
from optimizer.results.audit.tables import WORST_GRADE, Quota

if TYPE_CHECKING:
    import numpy as np

    from optimizer.results.audit.flows import Kinds
    from optimizer.results.audit.lines import Books

_GRADES = range(1, WORST_GRADE + 1)
_ALL = slice(1, WORST_GRADE + 1)


def _loss(books: Books, moves: Kinds) -> np.ndarray:
    """Tell which changes take cropland and must be compensated; restoration changes are exempt."""
    return moves.out_of(books.land.groups.find("cropland")) & ~moves.restoration


def _balance(books: Books, row: Quota, period: int, grade: int | None) -> tuple[tuple[Sum, ...], tuple[Linked, ...]]:
    """Return losses so far less LC, and -value x (gains before the period less L), of a grade or better.

    In an instance of one period its own gains count.
    """
    cropland = books.land.groups.find("cropland")
    before = period if len(books.settings.periods) == 1 else period - 1

    def lost(moves: Kinds) -> np.ndarray:
        chosen = moves.until(period) & _loss(books, moves)
        return chosen if grade is None else chosen & (moves.grade_lost <= grade)

    def won(moves: Kinds) -> np.ndarray:
        chosen = moves.until(before) & moves.into(cropland)
        return -row.value * (chosen if grade is None else chosen & (moves.grade_won <= grade))

    grades = _ALL if grade is None else slice(1, grade + 1)
    sums = (
        Sum(lost, reads="" if grade is None else "grade_lost"),
        Sum(won, reads="" if grade is None else "grade_won"),
    )
    linked = (
        Linked("cropland", slice(period + 1), grades, -1.0),
        Linked("quota", slice(before + 1), grades, row.value),
    )
    return sums, linked


def _bank(books: Books, row: Quota, grades: range) -> float:
    rows = [bank for bank in books.land.rows("compensation_bank") if bank.region == row.region]
    return sum(bank.value for bank in rows if bank.grade in grades)


def compensation(books: Books, row: Quota) -> list[Line]:
    """占补平衡: in every period, losses so far - kappa x gains of earlier periods <= opening bank."""
    bank = _bank(books, row, range(1))
    periods = range(len(books.settings.periods))
    balances = [_balance(books, row, period, None) for period in periods]
    return [
        Line(row.rule, row, period, "<=", bank, "ha", sums, linked=linked)
        for period, (sums, linked) in zip(periods, balances, strict=True)
    ]


def compensation_grade(books: Books, row: Quota) -> list[Line]:
    """占优补优: the same for every grade h over the land of grade h or better."""
    lines = []
    for period in range(len(books.settings.periods)):
        for grade in _GRADES:
            sums, linked = _balance(books, row, period, grade)
            bank = _bank(books, row, range(1, grade + 1))
            words = f"grade {grade}"
            lines.append(Line(row.rule, row, period, "<=", bank, "ha", sums, linked=linked, grade=grade, more=words))
    return lines


def linked_quota(books: Books, row: Quota) -> list[Line]:
    """增减挂钩: L within the quota and what villages give back in its period, LC within L and what was built on."""
    total = (Linked("quota", slice(row.period + 1), _ALL, 1.0),)
    lines = [Line("linked_quota.total", row, row.period, "<=", row.value, "ha", linked=total, part="cap")]
    for period in range(len(books.settings.periods)):
        for grade in _GRADES:
            lines += _of_grade(books, row, period, grade)
    return lines


def _of_grade(books: Books, row: Quota, period: int, grade: int) -> list[Line]:
    """Return the rows of one grade in one period: L reclaimed, LC built on, LC so far within L so far."""
    cropland, built = books.land.groups.find("cropland"), books.land.groups.node("built")
    rural = books.land.groups.find("built_rural").present

    def reclaimed(moves: Kinds) -> np.ndarray:
        chosen = (moves.period == period) & (moves.grade_won == grade)
        return chosen & moves.into(cropland) & rural[moves.kind, moves.source]

    def taken(moves: Kinds) -> np.ndarray:
        cropland = books.land.groups.find("cropland")
        return (moves.period == period) & (moves.grade_lost == grade) & moves.out_of(cropland) & built[moves.to]

    now, only = slice(period, period + 1), slice(grade, grade + 1)
    covered = tuple(
        Linked(kind, slice(period + 1), slice(1, grade + 1), sign)  # type: ignore[arg-type]
        for kind, sign in (("quota", 1.0), ("cropland", -1.0))
    )
    whole = "linked_quota.cropland" if grade == WORST_GRADE else "linked_quota.grade"
    given, lost = (Linked("quota", now, only, -1.0),), (Linked("cropland", now, only, -1.0),)
    rows = (
        ("linked_quota.reclaimed", "reclaimed", (Sum(reclaimed, reads="grade_won"),), given),
        (whole, "grade", (), covered),
        ("linked_quota.taken", "built_on", (Sum(taken, reads="grade_lost"),), lost),
    )
    return [
        Line(name, row, period, ">=", 0.0, "ha", sums, linked=linked, part=part, grade=grade, more=f"grade {grade}")
        for name, part, sums, linked in rows
    ]
