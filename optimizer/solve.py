"""The main job: from an instance to an audited folder of results."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from threadpoolctl import threadpool_limits

from formulations.assemble import assemble, land_block, rules_off
from instances.faults import raise_if_any
from instances.instance import Instance, load, resolve
from instances.network.plausibility import network_warnings
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
from optimizer.results.start import beginning, keep_start
from optimizer.results.tables import write_tables
from optimizer.solve_sites import solve_sites
from optimizer.study import Clock, Outcome, Run, StudyOptions, bounded

if TYPE_CHECKING:
    from pathlib import Path

    from formulations.block import LandBlock
    from formulations.extra_file import ExtraFile
    from formulations.program import Program
    from instances.settings import Settings
    from optimizer.progress import Progress

__all__ = ["Outcome", "StudyOptions", "overridden", "solve", "solve_into", "with_extra"]


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
    with new_folder(out, options is not None and options.force, (resolve(source),)) as folder:
        return solve_into(source, folder, out, options, progress)


@threadpool_limits.wrap(limits=1, user_api="blas")  # the last digit of a sum depends on how many threads share it
def solve_into(
    source: str | Path, folder: Path, out: Path, options: StudyOptions | None = None, progress: Progress | None = None
) -> Outcome:
    """Solve an instance and write its results into an empty folder, which is known as `out` in what is returned.

    Raises InstanceError for bad input or an unknown rule.
    """
    options, progress, clock = options or StudyOptions(), progress or Silent(), Clock()
    progress.stage("read")
    instance = overridden(load(source), options)
    raise_if_any(shape_faults(instance))
    if instance.network is not None:
        progress.warn(network_warnings(instance.folder, instance.network, instance.land))
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
    solution = choose(options.method, program)(program, beginning(program, options), progress)
    clock.lap("solve")
    run = _Run(instance, options, folder, out, clock, progress, block, program, solution, extra)
    return _without_plan(run) if solution.shares is None else _with_plan(run)


@dataclass(frozen=True)
class _Run(Run):
    block: LandBlock
    program: Program
    solution: Solution
    extra: tuple[ExtraFile, ...]


def with_extra(program: Program, block: LandBlock, paths: tuple[Path, ...]) -> tuple[Program, tuple[ExtraFile, ...]]:
    """Add the user's own constraints; Pyomo is loaded only where there are any."""
    if not paths:
        return program, ()
    from formulations.extra_file import attach_files

    return attach_files(program, block, paths)


def _without_plan(run: _Run) -> Outcome:
    infeasible = run.solution.termination is Termination.INFEASIBLE
    why = partial(explain, run.instance, run.block, run.program, run.options.solve) if infeasible else None
    return run.without_plan(_summary(run), why)


def _with_plan(run: _Run) -> Outcome:
    run.progress.stage("plan")
    program, solution, folder = run.program, run.solution, run.folder
    plan = plan_of(run.instance, program, solution.require_shares())
    write_plan(plan, folder / "plan")
    write_extra(program, solution.require_shares(), folder / "plan")
    write_multipliers(program, solution.duals, folder / "plan")
    keep_start(program, solution, run.options, folder)
    _write_energy(run)
    summary = _summary(run)
    tables = partial(write_tables, folder, run.instance, program, solution, plan, summary, run.options.lang)
    return run.with_plan(summary, tables)


def _write_energy(run: _Run) -> None:
    """Write the network's part of the plan; its code is loaded only where there is one."""
    if run.block.network is None:
        return
    from optimizer.results.network.plan import network_table, write_network
    from optimizer.results.network.prices import marginals

    margin = marginals(run.block.network, run.program, run.solution, run.options.solve)
    table = network_table(run.block.network, run.program, run.solution.require_shares(), margin)
    write_network(table, run.folder / "plan")


def _summary(run: _Run) -> dict[str, Any]:
    figures = {
        "sense": "minimise",
        **bounded(run.solution),
        "objective_unit": objective_unit(run.program),
        "objective_constant": run.program.constant,
    }
    asked_for = {
        "objective": run.instance.settings.objective.kind,
        "mode": run.instance.settings.carbon.mode,
        "rules_off": sorted(rules_off(run.instance, run.options.without)),
        "extra": [file.record() for file in run.extra],
    }
    kind = "land" if run.block.sites is None and run.block.network is None else "joint"
    return run.summary(kind, run.program, run.solution, figures, asked_for)
