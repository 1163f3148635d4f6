"""Rules that add up over units: budgets, linear constraints, allocation, and groups of units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.check import RELATIVE, Check, count_check, judged, row_check
from optimizer.results.audit.sites.decisions import named
from optimizer.results.audit.sites.targets import largest_shortfall

if TYPE_CHECKING:
    from optimizer.results.audit.sites.books import Books
    from optimizer.results.audit.sites.tables import Rule


def _sum(books: Books, rule: Rule, layer: str, sense: str) -> list[Check]:
    values, zones = books.sites.layer(layer), books.sites.zones_of(rule.zone)
    if values is None or zones is None:
        return [books.unknown(rule)]
    terms = (values * books.plan.share)[:, zones]
    return [row_check(rule.rule, rule.rule, rule.id, terms.sum(), sense, rule.value, float(np.abs(terms).sum()), layer)]


def budget(books: Books, rule: Rule) -> list[Check]:
    """Check that a sum of a layer (by default the cost) stays within the budget."""
    return _sum(books, rule, rule.layer or "cost", "<=")


def linear_constraint(books: Books, rule: Rule) -> list[Check]:
    """Check a sum of a layer against its limit."""
    return _sum(books, rule, rule.layer, rule.sense)


def mandatory_allocation(books: Books, rule: Rule) -> list[Check]:
    """Check that every unit is taken."""
    missing = 1.0 - books.plan.taken
    words = named(books.sites, missing > RELATIVE, "every unit is in a management zone", "are in no management zone")
    return [judged(rule.rule, rule.rule, rule.id, float(missing.max(initial=0.0)), RELATIVE, "of a unit", words)]


def group_count(books: Books, rule: Rule) -> list[Check]:
    """Check how many units of each group are chosen."""
    groups, zones = books.sites.groups_named(rule.group), books.sites.zones_of(rule.zone)
    if groups is None or zones is None:
        return [books.unknown(rule)]
    checks = []
    for name, units in groups.items():
        count = float(books.plan.share[units][:, zones].sum())
        subject = f"{rule.id}: {name}"
        checks.append(row_check(rule.rule, rule.rule, subject, count, rule.sense, rule.value, count, "units"))
    return checks


def whole_group(books: Books, rule: Rule) -> list[Check]:
    """Check that every unit of a group is taken to the same share."""
    groups, zones = books.sites.groups_named(rule.group), books.sites.zones_of(rule.zone)
    if groups is None or zones is None:
        return [books.unknown(rule)]
    checks = []
    for name, units in groups.items():
        share = books.plan.share[units][:, zones]
        spread = float(np.ptp(share, axis=0).max(initial=0.0)) if len(units) else 0.0
        words = f"the units of {name} are taken to {share.min(initial=1.0):g} to {share.max(initial=0.0):g}"
        checks.append(judged(rule.rule, rule.rule, f"{rule.id}: {name}", spread, RELATIVE, "of a unit", words))
    return checks


def shortfall_limit(books: Books, rule: Rule) -> list[Check]:
    """Check the largest weighted part of a target that is missing."""
    features = books.features(rule)
    if features is None:
        return [books.unknown(rule)]
    found = largest_shortfall(books.held, features)
    return [row_check(rule.rule, rule.rule, rule.id, found, "<=", rule.value, 1.0, "of a target")]


def penalty(books: Books, rule: Rule) -> list[Check]:
    """Penalties ask for nothing by themselves; what they name must be there."""
    found = books.penalties.get(rule.id)
    bad = 0 if found is not None else 1
    words = f"adds {found:.9g} to what is minimised" if found is not None else "names a layer or zone that is not known"
    return [count_check(rule.rule, rule.rule, rule.id, bad, words, "rules")]
