"""Figures of summary.json against the recomputed ones: sense, objective, constant, gap, bound and status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optimizer.results.audit.check import RELATIVE, Check, count_check, judged
from optimizer.results.audit.sites.objective import recompute

if TYPE_CHECKING:
    from optimizer.results.audit.sites.books import Books
    from optimizer.results.audit.sites.objective import Objective

WITH_PLAN = ("optimal", "feasible")
LEAST_BASE = 1e-9
"""What a gap is relative to where the objective is 0."""


def number_of(summary: dict[str, Any], name: str) -> float:
    """Return a figure of the summary; what is no number becomes nan."""
    value = summary.get(name)
    return float("nan") if isinstance(value, bool) or not isinstance(value, int | float) else float(value)


def _same(summary: dict[str, Any], name: str, own: float, tolerance: float) -> Check:
    message = f"summary.json says {summary.get(name)!r}, recomputed {own:.12g}"
    return judged(f"summary.{name}", "summary", "", abs(number_of(summary, name) - own), tolerance, "", message)


def summary_checks(summary: dict[str, Any], own: Objective) -> list[Check]:
    """Compare summary.json with the recomputed figures; a bound that is null is accepted only for `feasible`."""
    status, sense = summary.get("status"), "maximise" if own.maximise else "minimise"
    scale = max(own.size, abs(own.value), 1.0)
    wrong = [
        count_check("summary.kind", "summary", "", int(summary.get("kind") != "restoration"), "kind restoration"),
        count_check("summary.status", "summary", "", int(status not in WITH_PLAN), f"status {status!r} with a plan"),
        count_check("summary.sense", "summary", "", int(summary.get("sense") != sense), f"the study asks to {sense}"),
        _same(summary, "objective", own.value, RELATIVE * scale),
        _same(summary, "objective_constant", 0.0, 0.0),
    ]
    if summary.get("bound") is None:
        bad = int(status != "feasible") + sum(summary.get(name) is not None for name in ("gap", "gap_abs"))
        return [*wrong, count_check("summary.gap", "summary", "", bad, "a gap needs a bound", "figures")]
    return [*wrong, *_proof(summary, own, scale)]


def _proof(summary: dict[str, Any], own: Objective, scale: float) -> list[Check]:
    """Check that no plan may be better than the bound, and that the gap follows from both."""
    objective, bound = number_of(summary, "objective"), number_of(summary, "bound")
    beyond = own.value - bound if own.maximise else bound - own.value
    gap_abs = abs(objective - bound)
    gap = gap_abs / max(abs(objective), LEAST_BASE)
    checks = [
        judged(
            "summary.bound",
            "summary",
            "",
            beyond,
            RELATIVE * scale,
            "",
            f"the bound {bound:.12g} must not be worse than the objective {own.value:.12g}",
        ),
        _same(summary, "gap_abs", gap_abs, 1e-9 * scale),
        _same(summary, "gap", gap, RELATIVE * gap + 1e-9),
    ]
    asked = (summary.get("options") or {}).get("gap")
    if summary.get("status") == "optimal" and isinstance(asked, int | float):
        words = f"status optimal with gap {summary.get('gap')!r}, asked {asked!r}"
        checks.append(judged("summary.optimal", "summary", "", gap - asked, RELATIVE * 1e-3, "", words))
    return checks


def stage_checks(books: Books, summary: dict[str, Any]) -> list[Check]:
    """Of objectives in order, check that each before the last keeps its value but for what it may lose."""
    settings = books.settings
    if settings.combine != "hierarchical" or len(settings.aims) < 2:
        return []
    stages = summary.get("stages")
    if not isinstance(stages, list) or [stage.get("kind") for stage in stages] != [aim.kind for aim in settings.aims]:
        words = "summary.json must hold a stage for each objective, in order"
        return [count_check("summary.stages", "summary", "", 1, words, "stages")]
    checks = []
    for aim, stage in zip(settings.aims[:-1], stages, strict=False):
        own = recompute(books, (aim,))
        best, scale = number_of(stage, "objective"), max(own.size, abs(own.value), 1.0)
        lost = best - own.value if own.maximise else own.value - best
        words = f"{own.value:.9g} in the plan, {best:.9g} in its own stage, {aim.tolerance:g} of it may be lost"
        tolerance = RELATIVE * scale
        checks.append(
            judged(
                f"summary.stage.{aim.kind}", "summary", aim.kind, lost - aim.tolerance * abs(best), tolerance, "", words
            )
        )
    return checks
