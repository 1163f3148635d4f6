"""The audit itself: read the instance's raw tables and the plan, recompute everything, report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimizer.results.audit.activity import read_activity
from optimizer.results.audit.balance import balance_checks
from optimizer.results.audit.bound import bound_checks
from optimizer.results.audit.caps import budget, carbon_cap, nested_caps
from optimizer.results.audit.carbon import Account
from optimizer.results.audit.check import Check, count_check
from optimizer.results.audit.compensation import compensation, compensation_grade, linked_quota
from optimizer.results.audit.decisions import decision_checks
from optimizer.results.audit.extra import extra_checks
from optimizer.results.audit.factors import read_factors
from optimizer.results.audit.figures import recompute, summary_checks
from optimizer.results.audit.files import AuditInputError, read_json
from optimizer.results.audit.flows import both, changes_of, flows_of, present_area, under_overlays
from optimizer.results.audit.joint import read_joint
from optimizer.results.audit.lines import Books, Made, line_checks
from optimizer.results.audit.network.land import read_energy
from optimizer.results.audit.network.run import audit_network
from optimizer.results.audit.overlays import read_overlays
from optimizer.results.audit.peak import peak
from optimizer.results.audit.permissions import permission_checks
from optimizer.results.audit.placement import PLACED, placement_checks
from optimizer.results.audit.plan import plan_folder, read_plan
from optimizer.results.audit.projects import project_checks
from optimizer.results.audit.quotas import LINES
from optimizer.results.audit.report import AuditReport
from optimizer.results.audit.restoration import read_projects
from optimizer.results.audit.settings import read_settings
from optimizer.results.audit.sites.run import audit_sites
from optimizer.results.audit.tables import read_land

if TYPE_CHECKING:
    from optimizer.results.audit.joint import Joint
    from optimizer.results.audit.network.land import Energy
    from optimizer.results.audit.overlays import Overlays
    from optimizer.results.audit.restoration import Projects
    from optimizer.results.audit.settings import Settings
    from optimizer.results.audit.tables import LandTables

LINES_OF = LINES | {
    "compensation": compensation,
    "compensation_grade": compensation_grade,
    "linked_quota": linked_quota,
    "carbon_cap": carbon_cap,
    "peak": peak,
    "budget": budget,
}
_DATA_ONLY = {"compensation_bank"}


def _summary(plan_dir: Path) -> tuple[dict[str, Any] | None, list[Check]]:
    """Return summary.json; a bare folder of moves has none, elsewhere a missing or broken one fails a check."""
    path = plan_dir / "summary.json"
    if not path.is_file() and plan_dir.name == "plan":
        path = plan_dir.parent / "summary.json"
    if not path.is_file() and plan_folder(plan_dir) == plan_dir:
        return None, []
    try:
        summary = read_json(path)
        if not isinstance(summary.get("options") or {}, dict):
            raise AuditInputError(path, "options must be an object")
        return summary, []
    except AuditInputError as error:
        return None, [Check("summary.readable", "summary", "", False, 1.0, 0.0, "files", str(error))]


def _quota_checks(books: Books, made: Made) -> list[Check]:
    checks: list[Check] = []
    for row in books.land.quotas:
        if row.rule in _DATA_ONLY | PLACED or not books.settings.on(row.rule):
            continue
        if row.rule not in LINES_OF:
            words = f"quota {row.id}: the audit knows no rule {row.rule}, so nothing vouches for it"
            checks.append(count_check("rule.unknown", row.rule, row.id, 1, words, "quotas"))
            continue
        checks += line_checks(books, made, LINES_OF[row.rule](books, row))
    return checks + (nested_caps(books) if books.settings.on("carbon_cap") else [])


def books_of(
    land: LandTables,
    settings: Settings,
    projects: Projects,
    joint: Joint | None = None,
    overlays: Overlays | None = None,
    energy: Energy | None = None,
) -> Books:
    """Return what quotas are read against; reads factors and activity."""
    present = present_area(land)
    factors, activity = (
        read_factors(land, marine=settings.marine),
        read_activity(land, settings, present, supplied=overlays is not None),
    )
    return Books(land, settings, projects, Account(land, settings, factors, activity, present, overlays), joint, energy)


def audit(instance_dir: Path | str, plan_dir: Path | str) -> AuditReport:
    """Verify a written plan against an instance.

    `plan_dir` holds plan/moves.parquet (and summary.json), or moves.parquet (or .csv) itself; where the instance has
    no land it is selection.parquet (or .csv). Files that cannot be read raise AuditInputError, which names the file;
    whatever is wrong with the plan is a failed check.
    """
    instance, plan_dir = Path(instance_dir), Path(plan_dir)
    summary, checks = _summary(plan_dir)
    folder = plan_folder(plan_dir)
    alone = not (instance / "land").is_dir()
    if alone and (instance / "restoration").is_dir():
        return audit_sites(instance, folder, summary, checks)
    if alone and (instance / "network").is_dir():
        return audit_network(instance, folder, summary, checks)
    return _audit_land(instance, folder, summary, checks)


def _audit_land(instance: Path, folder: Path, summary: dict[str, Any] | None, checks: list[Check]) -> AuditReport:
    """Verify the plan in a folder for land, and for the sites and the network that are planned with it."""
    options = (summary or {}).get("options") or {}
    settings = read_settings(instance, options)
    land = read_land(instance, settings.periods)
    projects = read_projects(instance, land)
    overlays = read_overlays(instance, land)
    linked = settings.on("linked_quota")
    plan = read_plan(folder, land, projects.names, settings.periods, linked=linked, overlays=overlays)
    checks += plan.checks
    group = land.cover.places(plan.moves.zone, plan.moves.source)
    checks += balance_checks(land, plan.moves, group)
    changes = changes_of(land, plan.moves, group, projects)
    checks += permission_checks(land, changes, settings)
    checks += decision_checks(land, changes, settings)
    checks += project_checks(land, changes, plan, projects, settings)
    under = under_overlays(land, plan.moves, group, projects)
    checks += [] if overlays is None else overlays.checks(land, under)
    all_changes = both(changes, under)
    flows, flow = flows_of(land, all_changes)
    joint = read_joint(instance, folder, land, projects, settings, options)
    checks += [] if joint is None else joint.checks(changes)
    energy = read_energy(instance, folder, land, overlays, settings, options)
    checks += [] if energy is None else energy.checks(changes, under)
    books, made = books_of(land, settings, projects, joint, overlays, energy), Made(plan, flows)
    checks += _quota_checks(books, made)
    placed, penalties = placement_checks(books, made, folder)
    checks += placed
    extra = extra_checks(folder, options, land, plan, projects, settings)
    checks += extra.checks
    own = extra.added_to(recompute(books, made, all_changes, flow), settings)
    own = penalties.added_to(own, settings.weights)
    own = own if joint is None else joint.added_to(own, settings)
    own = own if energy is None else energy.added_to(own, settings)
    if summary is not None:
        checks += summary_checks(books, summary, own)
        checks += bound_checks(books, LINES_OF, summary, own, folder)
    figures = {
        "objective": own.value,
        "objective_constant": own.constant,
        "departures": own.departures,
        **own.parts,
    }
    return AuditReport(tuple(checks), figures)
