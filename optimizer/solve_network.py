"""A study of the network alone: from buses, sites and candidate circuits to an audited folder of results."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from formulations.energy.assemble import assemble_network, existing_cost, weights
from formulations.energy.shares import RULES
from instances.faults import Fault, InstanceError
from optimizer.infeasibility.network import explain_network
from optimizer.methods import choose
from optimizer.results.multipliers import write_multipliers
from optimizer.results.network.plan import network_table, write_network
from optimizer.results.network.prices import nodal_prices
from optimizer.results.network.write import write_network_tables
from optimizer.results.solution import Termination
from optimizer.steiner_study import REASON as TREE
from optimizer.steiner_study import solve_trees, tree_program
from optimizer.study import Outcome, asked, audited, versions, write_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from formulations.program import Program
    from instances.instance import Instance
    from optimizer.infeasibility.network import NetworkExplanation
    from optimizer.progress import Progress
    from optimizer.results.solution import Solution
    from optimizer.study import Clock, StudyOptions


@dataclass(frozen=True)
class _Run:
    instance: Instance
    program: Program
    solution: Solution
    options: StudyOptions
    clock: Clock
    folder: Path
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
        solution = choose(options.method, program)(program, options.solve, progress)
    else:
        clock.lap("build")
        reason = TREE
        solution = solve_trees(instance.require_network(), program, options.solve)
    clock.lap("solve")
    run = _Run(instance, program, solution, options, clock, folder, reason)
    if solution.shares is None:
        return _without_plan(run, out, progress)
    return _with_plan(run, out, progress)


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
    return explain_network(network_program(instance, options), options.solve)


def rules_off(instance: Instance, without: Iterable[str]) -> frozenset[str]:
    """Return the rules switched off by the instance or by name; raises InstanceError for unknown names."""
    names = frozenset(instance.settings.instance.rules_off) | frozenset(without)
    unknown = sorted(names - set(RULES))
    if unknown:
        hint = f"known are {', '.join(RULES)}"
        raise InstanceError([Fault("rules switched off", f"no rule is called {', '.join(unknown)}", hint)])
    return names


def _without_plan(run: _Run, out: Path, progress: Progress) -> Outcome:
    lines: tuple[str, ...] = ()
    summary = _summary(run)
    if run.solution.termination is Termination.INFEASIBLE:
        progress.stage("explain")
        explanation = explain_network(run.program, run.options.solve)
        lines = tuple(explanation.lines(run.options.lang))
        summary["explanation"] = explanation.to_dict()
        run.clock.lap("explain")
    summary["seconds"] = run.clock.summary()
    write_json(run.folder / "summary.json", summary)
    return Outcome(summary, out, explanation=lines)


def _with_plan(run: _Run, out: Path, progress: Progress) -> Outcome:
    progress.stage("plan")
    network, shares = run.instance.require_network(), run.solution.require_shares()
    prices = nodal_prices(network, run.program, run.solution, run.options.solve)
    plan = network_table(network, run.program, shares, prices)
    (run.folder / "plan").mkdir(parents=True)
    write_network(plan, run.folder / "plan")
    write_multipliers(run.program, run.solution.duals, run.folder / "plan")
    summary = _summary(run)
    write_json(run.folder / "summary.json", summary)
    run.clock.lap("plan")
    progress.stage("audit")
    report = audited(run.instance, run.folder, summary)
    run.clock.lap("audit")
    progress.stage("tables and report")
    summary["seconds"] = run.clock.summary()
    write_network_tables(run.folder, run.instance, plan, summary, run.options.lang)
    run.clock.lap("write")
    summary["seconds"] = run.clock.summary()
    write_json(run.folder / "summary.json", summary)
    return Outcome(summary, out, failures=tuple(report.lines()))


def _summary(run: _Run) -> dict[str, Any]:
    solution, program, options = run.solution, run.program, run.options
    network, kinds = run.instance.require_network(), weights(run.instance.settings)
    kind = next(iter(kinds)) if len(kinds) == 1 else "weighted"
    units = {"cost": network.settings.money, "emissions": "tCO2e", "weighted": ""}
    return {
        "kind": "network",
        "status": str(solution.status(options.solve.gap)),
        "termination": str(solution.termination),
        "sense": "minimise",
        "objective": solution.objective,
        "objective_unit": units[kind],
        "objective_constant": kinds.get("cost", 0.0) * existing_cost(network),
        "objectives": _objectives(run),
        "bound": solution.bound,
        "bound_by": solution.bound_by or None,
        "gap": solution.gap,
        "gap_abs": solution.gap_abs,
        "method": solution.method,
        "notes": [dict(note) for note in solution.notes],
        "seconds": run.clock.summary(),
        "size": _size(run),
        "audit": None,
        "versions": versions(),
        "instance": run.instance.settings.instance.name,
        "instance_hash": run.instance.hash,
        "options": {
            **asked(options, program),
            **({} if run.reason is None else {"method_reason": dict(run.reason)}),
            "objective": kind,
            "rules_off": sorted(rules_off(run.instance, options.without)),
        },
    }


def _objectives(run: _Run) -> dict[str, float] | None:
    """Return cost and emissions of the plan, whichever is minimised; None without one."""
    shares = run.solution.shares
    if shares is None:
        return None
    return {name: float(run.program.cost_of(name) @ shares) for name in run.program.objectives}


def _size(run: _Run) -> dict[str, int]:
    program, network = run.program, run.instance.require_network()
    return {
        "zones": 0,
        "moves": 0,
        "units": 0,
        "buses": network.n_buses,
        "candidates": len(network["candidates"]),
        "snapshots": network.n_snapshots,
        "rows": program.n_rows,
        "columns": program.n_columns,
        "integers": int(np.count_nonzero(program.integer)),
    }
