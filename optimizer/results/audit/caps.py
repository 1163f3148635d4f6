"""Carbon caps (碳排放上限) of a span or a year, nested by region, and budgets (资金)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.check import RELATIVE, Check, judged
from optimizer.results.audit.lines import Line, Sum

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optimizer.results.audit.flows import Kinds
    from optimizer.results.audit.lines import Books
    from optimizer.results.audit.tables import Quota


YEARLY = "tCO2e/yr"
"""Unit of a cap on the last year of its period alone."""


def carbon_cap(books: Books, row: Quota) -> list[Line]:
    """碳排放上限: emissions of the region up to the year, or in the year alone, <= value.

    The constant is taken to the right-hand side before the tolerance is set, so that a city's energy
    emissions do not hide the decision. What a network emits counts for the whole area (region 0) only.
    """
    settings, account, more = books.settings, books.account, "beyond what no decision changes"
    supply: tuple[tuple[int, float], ...] = ()
    if row.unit == YEARLY:
        weight = Sum(lambda moves: account.annual_per_hectare(moves, row.period))
        constant = account.annual_constant(row.region, row.period)
        supply = ((row.period, 1.0),)
    else:
        year = settings.periods[row.period]
        weight = Sum(lambda moves: account.emission_per_hectare(moves, year))
        constant = sum(account.constant_parts(row.region, year))
        supply = tuple((k, float(settings.periods[k] - settings.starts[k])) for k in range(row.period + 1))
    supply = () if row.region else supply
    return [Line(row.rule, row, row.period, "<=", row.value - constant, row.unit, (weight,), supply=supply, more=more)]


def nested_caps(books: Books) -> list[Check]:
    """Check that the caps of the nearest regions below one region do not exceed its own (五级分解).

    Of several caps of one region and period the lowest counts.
    """
    caps: dict[tuple[int, int, str], Quota] = {}
    for row in books.land.rows("carbon_cap"):
        key = row.region, row.period, row.unit
        caps[key] = min(caps.get(key, row), row, key=lambda one: one.value)
    checks = []
    for (region, *of), row in caps.items():
        same = {where: one for (where, *what), one in caps.items() if what == of}
        below = [same[child].value for child in _nearest(books, region, set(same))]
        if not below:
            continue
        tolerance = RELATIVE * max(abs(row.value), 1.0)
        message = f"caps below it add up to {sum(below):.9g} {row.unit}, its own is {row.value:.9g} {row.unit}"
        subject = books.subject(row, row.period)
        checks.append(
            judged("carbon_cap.nested", row.rule, subject, sum(below) - row.value, tolerance, row.unit, message)
        )
    return checks


def _nearest(books: Books, region: int, capped: set[int]) -> Iterator[int]:
    """Yield the regions below one that have a cap, whether or not levels lie between."""
    for child in books.land.regions.children(region):
        if child in capped:
            yield child
        else:
            yield from _nearest(books, child, capped)


def budget(books: Books, row: Quota) -> list[Line]:
    """资金: cost so far of all moves, projects and chosen units, or of projects with their governed moves, <= value."""
    projects, periods = books.projects, np.arange(len(books.settings.periods))
    below = books.land.regions.subtree(row.region)
    inside = (projects.region < 0) | ((projects.region >= below.start) & (projects.region < below.stop))
    openings = np.outer(projects.cost * inside, periods <= row.period)

    def governed(moves: Kinds) -> np.ndarray:
        return moves.until(row.period) & (moves.project >= 0)

    counted = (
        Sum(governed, money=True, reads="governed")
        if row.group == "projects"
        else Sum(lambda moves: moves.until(row.period), money=True)
    )
    units = None if books.joint is None or row.group == "projects" else books.joint.cost_inside(below)
    return [Line(row.rule, row, row.period, "<=", row.value, "10k CNY", (counted,), openings=openings, units=units)]
