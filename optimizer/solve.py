"""The main job: from an instance to an audited folder of results."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from formulations.assemble import assemble, land_block, rules_off
from instances.faults import raise_if_any
from instances.instance import Instance, load
from instances.readers.geometry import shape_faults
from optimizer.infeasibility import explain
from optimizer.methods import choose
from optimizer.progress import Silent
from optimizer.results.extra import write_extra
from optimizer.results.folder import new_folder
from optimizer.results.multipliers import write_multipliers
from optimizer.results.plan import plan_of, write_plan
from optimizer.results.rules import objective_unit
from optimizer.results.solution import Solution, Termination
from optimizer.results.tables import write_tables
from optimizer.solve_sites import solve_sites
from optimizer.study import Clock, Outcome, StudyOptions, asked, audited, versions, write_json

if TYPE_CHECKING:
    from pathlib import Path

    from formulations.block import LandBlock
    from formulations.extra_file import ExtraFile
    from formulations.program import Program
    from instances.settings import Settings
    from optimizer.progress import Progress

__all__ = ["Outcome", "StudyOptions", "overridden", "solve", "with_extra"]


def overridden(instance: Instance, options: StudyOptions) -> Instance:
    """Return the instance with the objective and mode that the options ask for."""
    settings: Settings = instance.settings
    if options.mode is not None:
        settings = settings.model_copy(update={"carbon": settings.carbon.model_copy(update={"mode": options.mode})})
    if options.objective is not None:
        changed = settings.objective.model_copy(update={"kind": options.objective})
        settings = settings.model_copy(update={"objective": changed})
    return replace(instance, settings=settings)


def solve(
    source: str | Path, out: Path, options: StudyOptions | None = None, progress: Progress | None = None
) -> Outcome:
    """Solve an instance and write its results to `out`, which appears whole or not at all.

    Raises InstanceError for bad input, an unknown rule or an existing `out` without `force`.
    """
    options, progress, clock = options or StudyOptions(), progress or Silent(), Clock()
    with new_folder(out, options.force) as folder:
        progress.stage("read")
        instance = overridden(load(source), options)
        raise_if_any(shape_faults(instance))
        clock.lap("read")
        if instance.land is None and instance.restoration is not None:
            return solve_sites(instance, folder, out, options, clock, progress)
        if instance.land is None and instance.network is not None:
            from optimizer.solve_network import solve_network  # Pyomo is loaded only where there is a network

            return solve_network(instance, folder, out, options, clock, progress)
        progress.stage("build")
        block = land_block(instance, options.without)
        program, extra = with_extra(assemble(block), block, options.extra)
        clock.lap("build")
        solution = choose(options.method, program)(program, options.solve, progress)
        clock.lap("solve")
        context = _Run(instance, block, program, solution, options, clock, folder, extra)
        if solution.shares is None:
            return _without_plan(context, out, progress)
        return _with_plan(context, out, progress)


@dataclass(frozen=True)
class _Run:
    instance: Instance
    block: LandBlock
    program: Program
    solution: Solution
    options: StudyOptions
    clock: Clock
    folder: Path
    extra: tuple[ExtraFile, ...] = ()


def with_extra(program: Program, block: LandBlock, paths: tuple[Path, ...]) -> tuple[Program, tuple[ExtraFile, ...]]:
    """Add the user's own constraints; Pyomo is loaded only where there are any."""
    if not paths:
        return program, ()
    from formulations.extra_file import attach_files

    return attach_files(program, block, paths)


def _without_plan(run: _Run, out: Path, progress: Progress) -> Outcome:
    lines: tuple[str, ...] = ()
    summary = _summary(run)
    if run.solution.termination is Termination.INFEASIBLE:
        progress.stage("explain")
        explanation = explain(run.instance, run.block, run.program, run.options.solve)
        lines = tuple(explanation.lines(run.options.lang))
        summary["explanation"] = explanation.to_dict()
        run.clock.lap("explain")
    summary["seconds"] = run.clock.summary()
    write_json(run.folder / "summary.json", summary)
    return Outcome(summary, out, explanation=lines)


def _with_plan(run: _Run, out: Path, progress: Progress) -> Outcome:
    progress.stage("plan")
    plan = plan_of(run.instance, run.program, run.solution.require_shares())
    write_plan(plan, run.folder / "plan")
    write_extra(run.program, run.solution.require_shares(), run.folder / "plan")
    write_multipliers(run.program, run.solution.duals, run.folder / "plan")
    _write_energy(run)
    summary = _summary(run)
    write_json(run.folder / "summary.json", summary)
    run.clock.lap("plan")
    progress.stage("audit")
    report = audited(run.instance, run.folder, summary)
    run.clock.lap("audit")
    progress.stage("tables and report")
    summary["seconds"] = run.clock.summary()
    write_tables(run.folder, run.instance, run.program, run.solution, plan, summary, run.options.lang)
    run.clock.lap("write")
    summary["seconds"] = run.clock.summary()
    write_json(run.folder / "summary.json", summary)
    return Outcome(summary, out, failures=tuple(report.lines()))


def _write_energy(run: _Run) -> None:
    """Write the network's part of the plan; its code is loaded only where there is one."""
    if run.block.network is None:
        return
    from optimizer.results.network.plan import network_table, write_network
    from optimizer.results.network.prices import nodal_prices

    prices = nodal_prices(run.block.network, run.program, run.solution, run.options.solve)
    table = network_table(run.block.network, run.program, run.solution.require_shares(), prices)
    write_network(table, run.folder / "plan")


def _summary(run: _Run) -> dict[str, Any]:
    solution, program, options = run.solution, run.program, run.options
    return {
        "kind": "land" if run.block.sites is None and run.block.network is None else "joint",
        "status": str(solution.status(options.solve.gap)),
        "termination": str(solution.termination),
        "sense": "minimise",
        "objective": solution.objective,
        "objective_unit": objective_unit(program),
        "objective_constant": program.constant,
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
            "objective": run.instance.settings.objective.kind,
            "mode": run.instance.settings.carbon.mode,
            "rules_off": sorted(rules_off(run.instance, options.without)),
            "extra": [file.record() for file in run.extra],
        },
    }


def _size(run: _Run) -> dict[str, int]:
    program = run.program
    restoration, network = run.instance.restoration, run.instance.network
    return {
        "zones": len(run.block.land.zones),
        "moves": len(program.moves),
        "units": 0 if restoration is None else len(restoration.tables["units"]),
        "buses": 0 if network is None else network.n_buses,
        "candidates": 0 if network is None else len(network["candidates"]),
        "snapshots": 0 if network is None else network.n_snapshots,
        "rows": program.n_rows,
        "columns": program.n_columns,
        "integers": int(program.integer.sum()),
    }
