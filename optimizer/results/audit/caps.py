"""Carbon caps (碳排放上限), nested by region, and budgets (资金)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.check import RELATIVE, Check, judged, row_check

if TYPE_CHECKING:
    from optimizer.results.audit.quotas import Books
    from optimizer.results.audit.tables import Quota


def carbon_cap(books: Books, row: Quota) -> list[Check]:
    """碳排放上限: emissions of the region up to the year <= value.

    The constant is taken to the right-hand side before the tolerance is set, so that a city's energy
    emissions do not hide the decision.
    """
    flows, year = books.here(row), books.settings.periods[row.period]
    terms = books.account.emission_per_hectare(flows, year) * flows.area_ha
    room = row.value - sum(books.account.constant_parts(row.region, year))
    scale = float(np.abs(terms).sum())
    subject = books.subject(row, row.period, "beyond what no decision changes")
    return [row_check(row.rule, row.rule, subject, float(terms.sum()), "<=", room, scale, "tCO2e")]


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


def budget(books: Books, row: Quota) -> list[Check]:
    """资金: cost so far of all moves and projects, or of projects with their governed moves, <= value."""
    flows = books.here(row)
    chosen = flows.until(row.period)
    if row.group == "projects":
        chosen &= flows.project >= 0
    below = books.land.regions.subtree(row.region)
    inside = (books.projects.region >= below.start) & (books.projects.region < below.stop)
    opened = books.plan.opened[:, : row.period + 1].sum(axis=1)
    fixed = float((books.projects.cost * opened)[inside].sum())
    cost, scale = float(flows.cost[chosen].sum()) + fixed, float(flows.cost_abs[chosen].sum()) + fixed
    return [books.check(row, row.period, cost, "<=", row.value, scale, "10k CNY")]
