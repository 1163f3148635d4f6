"""The audit of a selection: read the raw restoration tables and the plan, recompute everything, report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optimizer.results.audit.check import Check, count_check
from optimizer.results.audit.report import AuditReport
from optimizer.results.audit.sites import landscape, lie, linear
from optimizer.results.audit.sites.books import Books
from optimizer.results.audit.sites.bound import bound_checks
from optimizer.results.audit.sites.decisions import decision_checks
from optimizer.results.audit.sites.figures import stage_checks, summary_checks
from optimizer.results.audit.sites.objective import recompute
from optimizer.results.audit.sites.penalties import PENALTIES
from optimizer.results.audit.sites.plan import read_selection
from optimizer.results.audit.sites.settings import read_settings
from optimizer.results.audit.sites.tables import read_sites
from optimizer.results.audit.sites.targets import target_checks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from optimizer.results.audit.sites.tables import Rule

CHECKS: dict[str, Callable[[Books, Rule], list[Check]]] = {
    "budget": linear.budget,
    "linear_constraint": linear.linear_constraint,
    "mandatory_allocation": linear.mandatory_allocation,
    "group_count": linear.group_count,
    "whole_group": linear.whole_group,
    "shortfall_limit": linear.shortfall_limit,
    "neighbours": lie.neighbours,
    "contiguity": lie.contiguity,
    "feature_contiguity": lie.feature_contiguity,
    "minimum_reserve": lie.minimum_reserve,
    "maximum_reserves": lie.maximum_reserves,
    "separate_areas": lie.separate_areas,
    "corridor": lie.corridor,
    **dict.fromkeys(landscape.LIMITS, landscape.limit),
    **dict.fromkeys(PENALTIES, linear.penalty),
}
"""What checks each rule of rules.csv."""


def _rule_checks(books: Books) -> list[Check]:
    checks: list[Check] = []
    for rule in books.rules:
        if rule.rule in CHECKS:
            checks += CHECKS[rule.rule](books, rule)
        else:
            words = f"rule {rule.id}: the audit knows no rule {rule.rule}, so nothing vouches for it"
            checks.append(count_check("rule.unknown", rule.rule, rule.id, 1, words, "rules"))
    return checks


def read_books(instance: Path, plan: Path, options: dict[str, Any]) -> Books:
    """Read an instance and the selection in a plan folder."""
    settings = read_settings(instance, options)
    sites = read_sites(instance, settings.upper_limit)
    return Books(sites, settings, read_selection(plan, sites))


def checks_of(books: Books) -> list[Check]:
    """Return the checks of a selection by itself: units, targets and rules."""
    return [
        *books.plan.checks,
        *decision_checks(books.sites, books.settings, books.plan),
        *target_checks(books.settings, books.held),
        *landscape.habitat_checks(books),
        *_rule_checks(books),
    ]


def audit_sites(instance: Path, plan: Path, summary: dict[str, Any] | None, checks: list[Check]) -> AuditReport:
    """Verify the selection in a plan folder; `summary` is None for a bare selection, `checks` are those made before."""
    books = read_books(instance, plan, (summary or {}).get("options") or {})
    checks = [*checks, *checks_of(books)]
    own = recompute(books)
    if summary is not None:
        checks += summary_checks(summary, own)
        checks += stage_checks(books, summary)
        checks += bound_checks(books, summary, own, plan)
    chosen = books.plan.chosen()
    limits = {f"reached.{name}": value for name, value in landscape.reached(books).items()}
    return AuditReport(tuple(checks), {"objective": own.value, "chosen": float(chosen.sum()), **own.parts, **limits})
