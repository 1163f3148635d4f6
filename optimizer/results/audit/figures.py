"""Figures of summary.json against the recomputed ones: objective, constant, gap, bound and status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optimizer.results.audit.check import RELATIVE, Check, count_check, judged

if TYPE_CHECKING:
    from optimizer.results.audit.flows import Changes
    from optimizer.results.audit.lines import Books, Made

_CONSTANT = 1e-9
"""Tolerance of the constant, relative to the sum of its magnitudes: no solver touches it."""
WITH_PLAN = ("optimal", "feasible")
STATUSES = (*WITH_PLAN, "infeasible", "unbounded", "no_plan", "error")


@dataclass(frozen=True)
class Objective:
    """Recomputed value, constant and sum |cost x| over departures, in tCO2e, 10k CNY or weighted."""

    value: float
    constant: float
    departures: float
    unit: str
    parts: dict[str, float]


def recompute(books: Books, made: Made, changes: Changes, flow: np.ndarray) -> Objective:
    """Recompute the objective from the changes; opened projects are departures from the present too."""
    settings, account = books.settings, books.account
    carbon, money = settings.weights
    terms = account.per_hectare(made.flows, settings.end_year)
    emission = np.sum(list(terms.values()), axis=0)
    fixed = float((books.projects.cost * made.plan.opened.sum(axis=1)).sum())
    each = carbon * emission[flow] + money * changes.unit_cost
    area = changes.moves.area_ha
    activity, sinks = account.activity.total(settings.end_year), account.constant_parts(0, settings.end_year)[1]
    parts = {name: float((value * made.flows.area_ha).sum()) for name, value in terms.items()}
    parts |= {
        "emissions": sum(parts.values()),
        "cost": float(made.flows.cost.sum()) + fixed,
        "project_cost": fixed,
        "activity": activity,
        "present_sinks": sinks,
        "changed_ha": float(area.sum()),
    }
    return Objective(
        value=float((each * area).sum()) + money * fixed,
        constant=carbon * (activity + sinks),
        departures=float(np.abs(each * area).sum()) + abs(money) * fixed,
        unit={"emissions": "tCO2e", "cost": "10k CNY", "weighted": "weighted"}[settings.objective],
        parts=parts,
    )


def _number(summary: dict[str, Any], name: str) -> float:
    value = summary.get(name)
    return float("nan") if isinstance(value, bool) or not isinstance(value, int | float) else float(value)


def _same(summary: dict[str, Any], name: str, own: float, tolerance: float, unit: str) -> Check:
    written = _number(summary, name)
    message = f"summary.json says {summary.get(name)!r}, recomputed {own:.12g} {unit}".rstrip()
    return judged(f"summary.{name}", "summary", "", abs(written - own), tolerance, unit, message)


def _status(summary: dict[str, Any], changed: bool) -> list[Check]:
    status = summary.get("status")
    known = status in STATUSES
    figures = [name for name in ("objective", "bound", "gap", "gap_abs") if summary.get(name) is not None]
    if status in WITH_PLAN:
        wrong = 0 if "objective" in figures else 1
        message = f"status {status} needs an objective"
    else:
        wrong = 0 if known and not figures and not changed else 1
        message = f"status {status!r} goes without a plan and its figures"
    checks = [count_check("summary.status", "summary", "", wrong, message, "contradictions")]
    asked = (summary.get("options") or {}).get("gap")
    if status == "optimal":
        reached = _number(summary, "gap")
        limit = float(asked) if isinstance(asked, int | float) else float("inf")
        words = f"status optimal with gap {summary.get('gap')!r}, asked {asked!r}"
        checks.append(judged("summary.optimal", "summary", "", reached - limit, RELATIVE * 1e-3, "", words))
    return checks


def _bound(summary: dict[str, Any], own: Objective) -> list[Check]:
    objective, bound = _number(summary, "objective"), _number(summary, "bound")
    scale = max(own.departures, abs(own.value), 1.0)
    message = f"bound {bound:.12g} must not lie above the objective {own.value:.12g}"
    gap_abs = abs(objective - bound)
    gap = gap_abs / max(own.departures, 1.0)
    return [
        judged("summary.bound", "summary", "", bound - min(objective, own.value), RELATIVE * scale, own.unit, message),
        _same(summary, "gap_abs", gap_abs, 1e-9 * scale, own.unit),
        _same(summary, "gap", gap, RELATIVE * gap + 1e-9, ""),
    ]


def summary_checks(books: Books, summary: dict[str, Any], own: Objective) -> list[Check]:
    """Compare summary.json with the recomputed figures; a bound that is null is accepted only for `feasible`."""
    status = summary.get("status")
    checks = _status(summary, own.parts["changed_ha"] > 0)
    if status not in WITH_PLAN:
        return checks
    tolerance = RELATIVE * max(own.departures, 1.0)
    constant_scale = max(abs(own.constant), books.account.constant_scale() * (own.constant != 0), 1.0)
    checks += [
        _same(summary, "objective", own.value, tolerance, own.unit),
        _same(summary, "objective_constant", own.constant, _CONSTANT * constant_scale, own.unit),
    ]
    sense = str(summary.get("sense") or "minimise")
    checks.append(
        count_check("summary.sense", "summary", "", 0 if sense.startswith("min") else 1, f"sense {sense!r}", "wrong")
    )
    if summary.get("bound") is None and status == "feasible":
        missing = sum(summary.get(name) is not None for name in ("gap", "gap_abs"))
        return [*checks, count_check("summary.gap", "summary", "", missing, "a gap needs a bound", "figures")]
    return [*checks, *_bound(summary, own)]
