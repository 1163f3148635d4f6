"""A study of restoration sites alone: from planning units to an audited folder of results."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

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
from optimizer.study import Clock, Outcome, StudyOptions, asked, audited, versions, write_json

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
        solution = self.solution
        values = {name: getattr(solution, name) for name in ("objective", "bound")}
        signed = {name: None if value is None else self.sign * value + 0.0 for name, value in values.items()}
        return {**signed, "bound_by": solution.bound_by or None, "gap": solution.gap, "gap_abs": solution.gap_abs}


@dataclass(frozen=True)
class _Run:
    instance: Instance
    block: SiteBlock
    reached: tuple[Reached, ...]
    options: StudyOptions
    clock: Clock
    folder: Path

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
    run = _Run(instance, block, reached, options, clock, folder)
    clock.lap("solve")
    if run.last.solution.shares is None:
        return _without_plan(run, out, progress)
    return _with_plan(run, out, progress)


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
    names = frozenset(instance.settings.instance.rules_off) | frozenset(without)
    unknown = sorted(names - set(RULE_FORMS))
    if unknown:
        hint = f"known are {', '.join(RULE_FORMS)}"
        raise InstanceError([Fault("rules switched off", f"no rule is called {', '.join(unknown)}", hint)])
    return names


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

    Ends at the first stage without a plan.
    """
    found: list[Reached] = []
    for stage in stages(block):
        if found:
            progress.stage(f"objective {stage.kind}")
            before = found[-1]
            assert before.solution.objective is not None
            program = hold(program, before.stage, before.solution.objective)
        asked_of = stage.of(program)
        start = None if not found else found[-1].solution.shares
        solving = replace(options.solve, start=start if not program.connected else None)
        found.append(Reached(stage, asked_of, choose(options.method, asked_of)(asked_of, solving, progress)))
        if found[-1].solution.shares is None:
            break
    return tuple(found)


def _without_plan(run: _Run, out: Path, progress: Progress) -> Outcome:
    lines: tuple[str, ...] = ()
    summary = _summary(run)
    if run.last.solution.termination is Termination.INFEASIBLE:
        progress.stage("explain")
        answer = run.last.by_engine
        explanation = (
            explain_sites(run.block, run.last.program, run.options.solve) if answer is None else answer.explanation
        )
        lines = tuple(explanation.lines(run.options.lang))
        summary["explanation"] = explanation.to_dict()
        run.clock.lap("explain")
    summary["seconds"] = run.clock.summary()
    write_json(run.folder / "summary.json", summary)
    return Outcome(summary, out, explanation=lines)


def _with_plan(run: _Run, out: Path, progress: Progress) -> Outcome:
    progress.stage("plan")
    selection = chosen_sites(run.block, run.last.solution)
    write_selection(selection, run.folder / "plan")
    write_corridors(selection, run.folder / "plan")
    write_multipliers(run.last.program, run.last.solution.duals, run.folder / "plan")
    summary = _summary(run)
    write_json(run.folder / "summary.json", summary)
    run.clock.lap("plan")
    progress.stage("audit")
    report = audited(run.instance, run.folder, summary)
    run.clock.lap("audit")
    progress.stage("tables and report")
    summary["seconds"] = run.clock.summary()
    program, solution = run.last.program, run.last.solution
    write_site_tables(run.folder, run.instance, selection, (program, solution), summary, run.options.lang)
    run.clock.lap("write")
    summary["seconds"] = run.clock.summary()
    write_json(run.folder / "summary.json", summary)
    return Outcome(summary, out, failures=tuple(report.lines()))


def chosen_sites(block: SiteBlock, solution: Solution) -> Selection:
    """Return the selection of a Solution; raises ValueError where there is no plan."""
    return selection_of(block.sites, solution.require_shares()[block.column])


def _summary(run: _Run) -> dict[str, Any]:
    last, options = run.last, run.options
    return {
        "kind": "restoration",
        "status": str(last.solution.status(options.solve.gap)),
        "termination": str(last.solution.termination),
        "sense": last.stage.sense,
        "objective_kind": last.stage.kind,
        **last.figures(),
        "objective_unit": "",
        "objective_constant": 0.0,
        "stages": [
            {"kind": one.stage.kind, "sense": one.stage.sense, "tolerance": one.stage.tolerance, **one.figures()}
            for one in run.reached
        ],
        "method": last.solution.method,
        "notes": [dict(note) for note in last.solution.notes],
        "seconds": run.clock.summary(),
        "size": _size(run),
        "audit": None,
        "versions": versions(),
        "instance": run.instance.settings.instance.name,
        "instance_hash": run.instance.hash,
        "options": {
            **asked(options, last.program),
            **({} if last.by_engine is None else {"method_reason": dict(last.by_engine.reason)}),
            "rules_off": sorted(rules_off(run.instance, options.without)),
        },
    }


def _size(run: _Run) -> dict[str, int]:
    program = run.last.program
    none = dict.fromkeys(("zones", "moves", "units", "buses", "candidates", "snapshots"), 0)
    return {
        **none,
        "moves": len(program.moves),
        "units": run.block.sites.n_units,
        "rows": program.n_rows,
        "columns": program.n_columns,
        "integers": int(np.count_nonzero(program.integer)),
    }
