"""Carbon caps (碳排放上限), nested by region, and budgets (资金)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.check import RELATIVE, Check, judged
from optimizer.results.audit.lines import Line, Sum

if TYPE_CHECKING:
    from optimizer.results.audit.flows import Kinds
    from optimizer.results.audit.lines import Books
    from optimizer.results.audit.tables import Quota


def carbon_cap(books: Books, row: Quota) -> list[Line]:
    """碳排放上限: emissions of the region up to the year <= value.

    The constant is taken to the right-hand side before the tolerance is set, so that a city's energy
    emissions do not hide the decision.
    """
    year = books.settings.periods[row.period]
    sums = (Sum(lambda moves: books.account.emission_per_hectare(moves, year)),)
    room = row.value - sum(books.account.constant_parts(row.region, year))
    return [Line(row.rule, row, row.period, "<=", room, "tCO2e", sums, more="beyond what no decision changes")]


def nested_caps(books: Books) -> list[Check]:
    """Check that the caps of the regions directly below one region do not exceed its own (五级分解)."""
    caps = {(row.region, row.period): row for row in books.land.rows("carbon_cap")}
    checks = []
    for (region, period), row in caps.items():
        below = [caps[child, period].value for child in books.land.regions.children(region) if (child, period) in caps]
        if not below:
            continue
        tolerance = RELATIVE * max(abs(row.value), 1.0)
        message = f"caps below it add up to {sum(below):.9g} tCO2e, its own is {row.value:.9g} tCO2e"
        subject = books.subject(row, period)
        checks.append(
            judged("carbon_cap.nested", row.rule, subject, sum(below) - row.value, tolerance, "tCO2e", message)
        )
    return checks


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
