"""A study of restoration sites alone: from planning units to an audited folder of results."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from formulations.restoration.assemble import Stage, assemble_sites, hold, stages
from formulations.restoration.site_block import SiteBlock
from instances.faults import Fault, InstanceError
from instances.site_rules import RULE_FORMS
from instances.sites import Sites
from optimizer.corridor_study import is_corridor, solve_corridors
from optimizer.infeasibility.sites import explain_sites
from optimizer.landscape_study import is_landscape, solve_landscape
from optimizer.methods import choose
from optimizer.progress import Silent
from optimizer.results.multipliers import write_multipliers
from optimizer.results.sites.corridors import write_corridors
from optimizer.results.sites.plan import selection_of, write_selection
from optimizer.results.sites.write import write_site_tables
from optimizer.results.solution import Solution, Termination
from optimizer.results.start import beginning, keep_start
from optimizer.study import Clock, Outcome, Run, StudyOptions, bounded

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from formulations.program import Program
    from instances.instance import Instance
    from optimizer.engine_answer import EngineAnswer
    from optimizer.infeasibility.site_words import SiteExplanation
    from optimizer.progress import Progress
    from optimizer.results.sites.plan import Selection


@dataclass(frozen=True)
class Reached:
    """What a stage of the objectives came to: its Program, the Solution, and both in the sense of the study.

    `by_engine` is the answer of an engine that works on graphs instead of rows; None where the Program was solved.
    """

    stage: Stage
    program: Program
    solution: Solution
    by_engine: EngineAnswer | None = None

    @property
    def sign(self) -> float:
        """Sign by which what is minimised becomes what the study asks for."""
        return -1.0 if self.stage.sense == "maximise" else 1.0

    def figures(self) -> dict[str, Any]:
        """Return objective, bound and gap for a summary; gaps are relative to the objective."""
        found = bounded(self.solution)
        values = {name: found[name] for name in ("objective", "bound")}
        return found | {name: None if value is None else self.sign * value + 0.0 for name, value in values.items()}


@dataclass(frozen=True)
class _Run(Run):
    block: SiteBlock
    reached: tuple[Reached, ...]

    @property
    def last(self) -> Reached:
        return self.reached[-1]


def solve_sites(
    instance: Instance, folder: Path, out: Path, options: StudyOptions, clock: Clock, progress: Progress
) -> Outcome:
    """Solve a study of restoration sites and write its results to `folder`, which becomes `out`.

    Raises InstanceError for options that only land has, and for rules switched off that are not there.
    """
    progress.stage("build")
    block = site_block(instance, options)
    reached = _by_engine(block, options, progress)
    if reached is None:
        program = assemble_sites(block)
        clock.lap("build")
        reached = solve_stages(block, program, options, progress)
    clock.lap("solve")
    run = _Run(instance, options, folder, out, clock, progress, block, reached)
    return _without_plan(run) if run.last.solution.shares is None else _with_plan(run)


def site_block(instance: Instance, options: StudyOptions) -> SiteBlock:
    """Return the planning units with the rules that are on; raises InstanceError for options that do not fit."""
    given = {"objective": options.objective, "mode": options.mode, "extra": options.extra}
    if faults := [
        Fault(f"--{name}", "is for studies of land", "a study of sites states its objectives in instance.toml")
        for name, value in given.items()
        if value
    ]:
        raise InstanceError(faults)
    sites, off = instance.require_sites(), rules_off(instance, options.without)
    rules = sites.tables["rules"]
    kept = rules[~rules["rule"].isin(off)].reset_index(drop=True)
    return SiteBlock(Sites({**sites.tables, "rules": kept}, sites.settings))


def explain_study(instance: Instance, options: StudyOptions) -> SiteExplanation:
    """Say which rules of a study clash; raises InstanceError for options that do not fit."""
    block = site_block(instance, options)
    reached = _by_engine(block, options, Silent())
    if reached is not None and reached[0].by_engine is not None:
        return reached[0].by_engine.explanation
    return explain_sites(block, assemble_sites(block), options.solve)


def rules_off(instance: Instance, without: Iterable[str]) -> frozenset[str]:
    """Return the rules switched off by the instance or by name; raises InstanceError for unknown names."""
    return instance.rules_off(without, RULE_FORMS)


def _by_engine(block: SiteBlock, options: StudyOptions, progress: Progress) -> tuple[Reached, ...] | None:
    """Answer landscape indices, and corridors by themselves, on their graphs; None for all other studies.

    Raises InstanceError where landscape indices are combined with what their search does not know.
    """
    engine = solve_landscape if is_landscape(block) else solve_corridors if is_corridor(block, options.method) else None
    if engine is None:
        return None
    progress.stage("search")
    answer = engine(block, options.solve)
    return (Reached(answer.stage, answer.program, answer.solution, answer),)


def solve_stages(block: SiteBlock, program: Program, options: StudyOptions, progress: Progress) -> tuple[Reached, ...]:
    """Solve the objectives in order, each held within its tolerance by those after it; one where they are weighted.

    Ends at the first stage without a plan. The first begins from an earlier plan where the options name one, but not
    from its multipliers where there are several stages: those are of the last.
    """
    found: list[Reached] = []
    begun, in_order = beginning(program, options), stages(block)
    multipliers = begun.multipliers if len(in_order) == 1 else None
    for stage in in_order:
        if found:
            progress.stage(f"objective {stage.kind}")
            before = found[-1]
            assert before.solution.objective is not None
            program = hold(program, before.stage, before.solution.objective)
        asked_of = stage.of(program)
        start = begun.start if not found else found[-1].solution.shares
        solving = replace(begun, start=None if program.connected else start, multipliers=multipliers)
        found.append(Reached(stage, asked_of, choose(options.method, asked_of)(asked_of, solving, progress)))
        if found[-1].solution.shares is None:
            break
    return tuple(found)


def _without_plan(run: _Run) -> Outcome:
    if run.last.solution.termination is not Termination.INFEASIBLE:
        return run.without_plan(_summary(run), None)
    answer = run.last.by_engine
    if answer is not None:
        return run.without_plan(_summary(run), lambda: answer.explanation)
    return run.without_plan(_summary(run), partial(explain_sites, run.block, run.last.program, run.options.solve))


def _with_plan(run: _Run) -> Outcome:
    run.progress.stage("plan")
    program, solution, folder = run.last.program, run.last.solution, run.folder
    selection = chosen_sites(run.block, solution)
    write_selection(selection, folder / "plan")
    write_corridors(selection, folder / "plan")
    write_multipliers(program, solution.duals, folder / "plan")
    if run.last.by_engine is None:
        keep_start(program, solution, run.options, folder)
    summary = _summary(run)
    tables = partial(write_site_tables, folder, run.instance, selection, (program, solution), summary, run.options.lang)
    return run.with_plan(summary, tables)


def chosen_sites(block: SiteBlock, solution: Solution) -> Selection:
    """Return the selection of a Solution; raises ValueError where there is no plan."""
    return selection_of(block.sites, solution.require_shares()[block.column])


def _summary(run: _Run) -> dict[str, Any]:
    last = run.last
    figures = {
        "sense": last.stage.sense,
        "objective_kind": last.stage.kind,
        **last.figures(),
        "objective_unit": "",
        "objective_constant": 0.0,
        "stages": [
            {"kind": one.stage.kind, "sense": one.stage.sense, "tolerance": one.stage.tolerance, **one.figures()}
            for one in run.reached
        ],
    }
    asked_for = {
        **({} if last.by_engine is None else {"method_reason": dict(last.by_engine.reason)}),
        "rules_off": sorted(rules_off(run.instance, run.options.without)),
    }
    return run.summary("restoration", last.program, last.solution, figures, asked_for)
