"""A study of the network alone: from buses, sites and candidate circuits to an audited folder of results."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from formulations.energy.assemble import assemble_network, existing_cost, weights
from formulations.energy.shares import RULES
from instances.faults import Fault, InstanceError
from optimizer.infeasibility.network import explain_network
from optimizer.methods import choose
from optimizer.results.multipliers import write_multipliers
from optimizer.results.network.plan import network_table, write_network
from optimizer.results.network.prices import marginals
from optimizer.results.network.write import write_network_tables
from optimizer.results.solution import Termination
from optimizer.results.start import beginning, keep_start
from optimizer.steiner_study import REASON as TREE
from optimizer.steiner_study import solve_trees, tree_program
from optimizer.study import Outcome, Run, bounded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from formulations.program import Program
    from instances.instance import Instance
    from optimizer.infeasibility.network_words import NetworkExplanation
    from optimizer.progress import Progress
    from optimizer.results.solution import Solution
    from optimizer.study import Clock, StudyOptions


@dataclass(frozen=True)
class _Run(Run):
    program: Program
    solution: Solution
    reason: Mapping[str, str] | None
    """Why a method of its own ran; None where one of those for all Programs did."""


def solve_network(
    instance: Instance, folder: Path, out: Path, options: StudyOptions, clock: Clock, progress: Progress
) -> Outcome:
    """Solve a study of the network alone and write its results to `folder`, which becomes `out`.

    Raises InstanceError for options that only land has, and for rules switched off that are not there.
    """
    progress.stage("build")
    asked_of, reason = _asked(instance, options), None
    program = tree_program(asked_of, options.method)
    if program is None:
        program = assemble_network(asked_of)
        clock.lap("build")
        solution = choose(options.method, program)(program, beginning(program, options), progress)
    else:
        clock.lap("build")
        reason = TREE
        solution = solve_trees(instance.require_network(), program, options.solve)
    clock.lap("solve")
    run = _Run(instance, options, folder, out, clock, progress, program, solution, reason)
    return _without_plan(run) if solution.shares is None else _with_plan(run)


def network_program(instance: Instance, options: StudyOptions) -> Program:
    """Return the Program with the rules that are on; raises InstanceError for options that do not fit."""
    return assemble_network(_asked(instance, options))


def _asked(instance: Instance, options: StudyOptions) -> Instance:
    """Return the instance with the rules that are on; raises InstanceError as `network_program`."""
    given = {"mode": options.mode, "extra": options.extra}
    if faults := [
        Fault(f"--{name}", "is for studies of land", "a network alone has no such option")
        for name, value in given.items()
        if value
    ]:
        raise InstanceError(faults)
    network, off = instance.require_network(), rules_off(instance, options.without)
    rules = network["rules"]
    kept = rules[~rules["rule"].isin(off)].reset_index(drop=True)
    return replace(instance, network=replace(network, tables={**network.tables, "rules": kept}))


def explain_study(instance: Instance, options: StudyOptions) -> NetworkExplanation:
    """Say what lacks where no plan exists; raises InstanceError for options that do not fit."""
    asked_of = _asked(instance, options)
    return explain_network(asked_of.require_network(), assemble_network(asked_of), options.solve)


def rules_off(instance: Instance, without: Iterable[str]) -> frozenset[str]:
    """Return the rules switched off by the instance or by name; raises InstanceError for unknown names."""
    return instance.rules_off(without, RULES)


def _without_plan(run: _Run) -> Outcome:
    infeasible = run.solution.termination is Termination.INFEASIBLE
    network = _asked(run.instance, run.options).require_network()
    return run.without_plan(
        _summary(run), partial(explain_network, network, run.program, run.options.solve) if infeasible else None
    )


def _with_plan(run: _Run) -> Outcome:
    run.progress.stage("plan")
    network, shares = run.instance.require_network(), run.solution.require_shares()
    margin = marginals(network, run.program, run.solution, run.options.solve)
    plan = network_table(network, run.program, shares, margin)
    (run.folder / "plan").mkdir(parents=True)
    write_network(plan, run.folder / "plan")
    write_multipliers(run.program, run.solution.duals, run.folder / "plan")
    keep_start(run.program, run.solution, run.options, run.folder)
    summary = _summary(run)
    tables = partial(write_network_tables, run.folder, run.instance, plan, summary, run.options.lang)
    return run.with_plan(summary, tables)


def _summary(run: _Run) -> dict[str, Any]:
    network, kinds = run.instance.require_network(), weights(run.instance.settings)
    kind = next(iter(kinds)) if len(kinds) == 1 else "weighted"
    units = {"cost": network.settings.money, "emissions": "tCO2e", "weighted": ""}
    figures = {
        "sense": "minimise",
        **bounded(run.solution),
        "objective_unit": units[kind],
        "objective_constant": kinds.get("cost", 0.0) * existing_cost(network),
    }
    asked_for = {
        **({} if run.reason is None else {"method_reason": dict(run.reason)}),
        "objective": kind,
        "rules_off": sorted(rules_off(run.instance, run.options.without)),
    }
    return run.summary("network", run.program, run.solution, figures, asked_for)
