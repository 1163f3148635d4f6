"""Restoration projects (生态修复工程): opened once, within their area, share, prerequisites and locks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.check import ABSOLUTE_HA, RELATIVE, Check, judged, row_check
from optimizer.results.audit.permissions import describe, forbidden

if TYPE_CHECKING:
    from optimizer.results.audit.flows import Changes
    from optimizer.results.audit.plan import Plan
    from optimizer.results.audit.restoration import Projects
    from optimizer.results.audit.settings import Settings
    from optimizer.results.audit.tables import LandTables

RULE = "restoration_project"


def _area(changes: Changes, projects: Projects, periods: int) -> np.ndarray:
    governed = changes.project >= 0
    key = changes.project[governed] * periods + changes.moves.period[governed]
    area = np.bincount(key, changes.moves.area_ha[governed], minlength=len(projects) * periods)
    return area.reshape(len(projects), periods)


def _size_checks(
    name: str, code: int, area: np.ndarray, plan: Plan, projects: Projects, years: tuple[int, ...]
) -> list[Check]:
    checks = []
    for period, year in enumerate(years):
        subject, size = f"project {name}, {year}", float(area[code, period])
        if plan.opened[code, period] >= 1:
            limits = (("minimum", ">=", projects.min_area_ha[code]), ("maximum", "<=", projects.max_area_ha[code]))
        else:
            limits = (("open", "<=", 0.0),)  # type: ignore[assignment]
        checks += [
            row_check(f"{RULE}.{part}", RULE, subject, size, sense, to, size, "ha") for part, sense, to in limits
        ]
    return checks


def _prerequisites(code: int, plan: Plan, projects: Projects, years: tuple[int, ...]) -> list[Check]:
    checks = []
    for needed in projects.prerequisites[code]:
        ahead = np.cumsum(plan.opened[code]) - np.cumsum(plan.opened[needed])
        at = int(np.argmax(ahead))
        names = f"project {projects.names.label(code)}, {years[at]}"
        message = f"project {projects.names.label(needed)} must be open no later"
        checks.append(judged(f"{RULE}.prerequisite", RULE, names, float(ahead[at]), RELATIVE, "projects", message))
    return checks


def _share(land: LandTables, changes: Changes, settings: Settings) -> Check:
    over = changes.moves.area_ha - changes.share * changes.present_ha - RELATIVE * changes.present_ha
    excess = np.where((changes.project >= 0) & (changes.share > 0), over, 0.0)
    worst = int(np.argmax(excess)) if len(excess) else -1
    broken = worst >= 0 and excess[worst] > ABSOLUTE_HA
    subject = describe(land, changes, worst, settings.periods) if broken else ""
    amount = float(excess[worst]) if worst >= 0 else 0.0
    message = "a project uses no more of a zone than the share that lies in its units"
    return judged(f"{RULE}.share", RULE, subject, amount, ABSOLUTE_HA, "ha", message)


def project_checks(
    land: LandTables, changes: Changes, plan: Plan, projects: Projects, settings: Settings
) -> list[Check]:
    """Check every project; none where the rule is off or the instance has no projects."""
    if not settings.on(RULE) or not len(projects):
        return []
    area = _area(changes, projects, len(settings.periods))
    checks = [_share(land, changes, settings)]
    for code in range(len(projects)):
        name = projects.names.label(code)
        times = float(plan.opened[code].sum())
        checks.append(
            judged(f"{RULE}.once", RULE, f"project {name}", times - 1, 0.0, "openings", "a project opens in one period")
        )
        checks += _size_checks(name, code, area, plan, projects, settings.periods)
        checks += _prerequisites(code, plan, projects, settings.periods)
    locked = (changes.project >= 0) & (changes.share <= 0)
    why = "no free unit of the project stands on the zone"
    return [*checks, forbidden(f"{RULE}.locked_out", RULE, locked, land, changes, settings, why)]
