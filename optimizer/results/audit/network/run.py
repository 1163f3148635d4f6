"""The audit of a network planned alone: the raw tables and the plan are read, everything is recomputed, and told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from optimizer.results.audit.check import RELATIVE, Check, count_check, judged
from optimizer.results.audit.network.bound import evaluate, price_rows
from optimizer.results.audit.network.connections import connection_checks
from optimizer.results.audit.network.flows import flow_checks
from optimizer.results.audit.network.keeps import plan_checks
from optimizer.results.audit.network.plan import Values, read_written
from optimizer.results.audit.network.sums import Sums, sums_of
from optimizer.results.audit.network.tables import read_network
from optimizer.results.audit.network.whole import system_of
from optimizer.results.audit.report import AuditReport
from optimizer.results.audit.sites.figures import LEAST_BASE, number_of
from optimizer.results.audit.worths import read_worths

if TYPE_CHECKING:
    from pathlib import Path

    from optimizer.results.audit.network.whole import Parts

WITH_PLAN = ("optimal", "feasible")
BOUND = 1e-9
"""Part of the objective by which a claimed bound may lie above what is proven."""
ROUND_OFF = 1e-13
"""Part of the magnitudes that add up to a bound which adding them up may lose."""
_WORDS = {
    "recursion": "the bound stands as the recursion over sets of terminals gave it",
    "separators": "the bound stands as branch and cut with separators gave it",
    "highs": "the bound stands as HiGHS reported it",
    "core": "the bound stands as HiGHS reported it for the columns left open, with the test on those fixed",
    "master": "the bound stands as HiGHS reported it for the master problem",
}


def audit_network(instance: Path, plan: Path, summary: dict[str, Any] | None, checks: list[Check]) -> AuditReport:
    """Verify the network in a plan folder; `summary` is None for a bare plan, `checks` are those made before."""
    network = read_network(instance, (summary or {}).get("options") or {})
    parts = system_of(network)
    values = Values(parts, read_written(plan, parts.system))
    flows = flow_checks(parts, values)
    found = [*checks, *plan_checks(parts, values), *flows, *connection_checks(parts, values)]
    own = sums_of(parts, values)
    if summary is not None:
        found += summary_checks(summary, own)
        found += _bound(parts, summary, own, plan)
    figures = {"objective": own.value, "objective_constant": own.constant, "cost": own.cost, "emissions": own.emissions}
    return AuditReport(tuple(found), {**figures, **own.years})


def _same(summary: dict[str, Any], name: str, own: float, tolerance: float, unit: str) -> Check:
    message = f"summary.json says {summary.get(name)!r}, recomputed {own:.12g} {unit}".rstrip()
    return judged(f"summary.{name}", "summary", "", abs(number_of(summary, name) - own), tolerance, unit, message)


def summary_checks(summary: dict[str, Any], own: Sums) -> list[Check]:
    """Compare summary.json with the recomputed figures; a bound that is null is accepted only for `feasible`."""
    status, scale = summary.get("status"), max(own.size, 1.0)
    told = summary.get("objectives")
    told = told if isinstance(told, dict) else {}
    checks = [
        count_check("summary.kind", "summary", "", int(summary.get("kind") != "network"), "kind network"),
        count_check("summary.status", "summary", "", int(status not in WITH_PLAN), f"status {status!r} with a plan"),
        count_check("summary.sense", "summary", "", int(summary.get("sense") != "minimise"), "a network minimises"),
        _same(summary, "objective", own.value, RELATIVE * scale, own.unit),
        _same(summary, "objective_constant", own.constant, BOUND * max(own.constant_size, 1.0), own.unit),
        _same(told, "cost", own.cost, RELATIVE * max(own.cost_size, 1.0), own.money),
        _same(told, "emissions", own.emissions, RELATIVE * max(own.emissions_size, 1.0), "tCO2e"),
    ]
    if summary.get("bound") is None:
        bad = int(status != "feasible") + sum(summary.get(name) is not None for name in ("gap", "gap_abs"))
        return [*checks, count_check("summary.gap", "summary", "", bad, "a gap needs a bound", "figures")]
    return [*checks, *_proof(summary, own, scale)]


def _proof(summary: dict[str, Any], own: Sums, scale: float) -> list[Check]:
    """Check that the bound lies below the plan, that the gap follows from both, and that it was reached."""
    objective, bound = number_of(summary, "objective"), number_of(summary, "bound")
    gap_abs = abs(objective - bound)
    gap = gap_abs / max(abs(objective), LEAST_BASE)
    message = f"bound {bound:.12g} must not lie above the objective {own.value:.12g}"
    above = bound - min(objective, own.value)
    checks = [
        judged("summary.bound", "summary", "", above, RELATIVE * scale, own.unit, message),
        _same(summary, "gap_abs", gap_abs, BOUND * scale, own.unit),
        _same(summary, "gap", gap, RELATIVE * gap + BOUND, ""),
    ]
    asked = (summary.get("options") or {}).get("gap")
    if summary.get("status") == "optimal":
        limit = float(asked) if isinstance(asked, int | float) else float("inf")
        words = f"status optimal with gap {summary.get('gap')!r}, asked {asked!r}"
        checks.append(
            judged("summary.optimal", "summary", "", number_of(summary, "gap") - limit, RELATIVE * 1e-3, "", words)
        )
    return checks


def _bound(parts: Parts, summary: dict[str, Any], own: Sums, folder: Path) -> list[Check]:
    """Judge the bound by what proves it."""
    by, claimed = summary.get("bound_by"), number_of(summary, "bound")
    if np.isnan(claimed):
        return []
    if by != "dual":
        words = _WORDS.get(str(by), "nothing is said of what proves the bound") + "; it is not evaluated anew"
        return [judged("bound", "summary", "", 0.0, 0.0, own.unit, words)]
    worths = read_worths(folder)
    if worths is None:
        words = "the bound is said to follow from multipliers, and there are none"
        return [count_check("bound.multipliers", "summary", "", 1, words, "files")]
    priced = price_rows(parts, worths)
    priced.unknown += len(worths.worth) - len(worths.of_family("energy:"))
    proven = evaluate(parts, priced, parts.system.network.weights, own.value)
    message = f"the multipliers prove {proven.value:.12g} {own.unit}, summary.json claims {claimed:.12g}"
    tolerance = BOUND * max(own.size, abs(own.value), 1.0) + ROUND_OFF * proven.size
    words = "every multiplier must name a row that is known"
    rows = count_check("bound.rows", "summary", "", proven.unknown, words)
    return [rows, judged("bound", "summary", "", claimed - proven.value, tolerance, own.unit, message)]
