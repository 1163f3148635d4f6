"""The two tasks that every scenario is: its instance, made and checked; and its plan, solved and audited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from formulations.assemble import rules_off as land_rules_off
from instances.instance import load
from instances.scenarios.derive import derive
from optimizer.progress import Silent
from optimizer.solve import StudyOptions, solve_into
from optimizer.solve_sites import rules_off as site_rules_off
from optimizer.studies.tasks import Task

if TYPE_CHECKING:
    from pathlib import Path

    from instances.instance import Instance
    from instances.scenarios.derive import Changes
    from optimizer.report.text import Lang
    from optimizer.studies.asked import Asked
    from optimizer.studies.scenarios import Scenario

INSTANCES, SCENARIOS = "instances", "scenarios"
"""Folders of a study."""

TOLD = ("kind", "status", "termination", "objective", "objective_unit", "bound", "gap", "gap_abs", "seconds")
"""What the record of a plan repeats of its summary."""


def instance_task(scenario: Scenario, base: Path, base_hash: str) -> Task:
    """Return the task that writes the instance of a scenario and checks it."""
    name = f"{base.name}.{scenario.name}"
    stated = {
        "base": base_hash,
        "name": name,
        "settings": dict(scenario.changes.settings),
        "rules_off": scenario.changes.rules_off,
        "rules_on": scenario.changes.rules_on,
        "tables": [change.model_dump() for change in scenario.changes.tables],
        "lines": [line.model_dump() for line in scenario.changes.lines],
    }
    arguments = {"base": base, "changes": scenario.changes, "name": name}
    return Task(f"{INSTANCES}/{scenario.name}", write_instance, arguments, stated)


def write_instance(folder: Path, base: Path, changes: Changes, name: str) -> dict[str, Any]:
    """Write an instance and read it as a solve would; raises InstanceError for every fault found."""
    derive(base, folder, changes, name)
    instance = load(folder)
    _raise_if_unknown_rules(instance, changes.rules_on)
    return {"hash": instance.hash}


def _raise_if_unknown_rules(instance: Instance, on: tuple[str, ...]) -> None:
    """Raise InstanceError where a rule is switched off, or `on`, that this kind of study does not have."""
    if instance.land is not None:
        land_rules_off(instance, on)
    elif instance.network is not None:
        from optimizer.solve_network import rules_off  # Pyomo is loaded only where there is a network

        rules_off(instance, on)
    else:
        site_rules_off(instance, on)


def solve_task(scenario: Scenario, root: Path, asked: Asked, lang: Lang, tables: bool = True) -> Task:
    """Return the task that solves a scenario, from the plan of the scenario that it starts from.

    Without `tables` only the plan and its figures are written.
    """
    before = f"{SCENARIOS}/{scenario.parent}" if scenario.parent else ""
    arguments = {
        "instance": root / INSTANCES / scenario.name,
        "start": root / before if before else None,
        "asked": asked,
        "lang": lang,
        "tables": tables,
    }
    after = (f"{INSTANCES}/{scenario.name}", *((before,) if before else ()))
    stated = asked.stated() | {"lang": lang, "tables": tables}
    return Task(f"{SCENARIOS}/{scenario.name}", solve_scenario, arguments, stated, after)


def solve_scenario(
    folder: Path, instance: Path, start: Path | None, asked: Asked, lang: Lang, tables: bool
) -> dict[str, Any]:
    """Solve an instance into a folder, as `sanqu solve` does, on one thread."""
    options = StudyOptions(asked.options(), asked.method, lang=lang, start=start, keep_start=True, tables=tables)
    outcome = solve_into(instance, folder, folder, options, Silent())
    audit = outcome.summary["audit"]
    return {
        **{name: outcome.summary.get(name) for name in TOLD},
        "audit_passed": None if audit is None else audit["passed"],
        "explanation": {lang: list(lines) for lang, lines in outcome.explanation.items()},
    }
