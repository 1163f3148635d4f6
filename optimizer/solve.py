"""The main job: from an instance to an audited folder of results."""

from __future__ import annotations

import json
import platform
import time
from dataclasses import dataclass, field, replace
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from formulations.assemble import assemble, land_block, rules_off
from instances.faults import raise_if_any
from instances.instance import Instance, load
from instances.readers.geometry import shape_faults
from optimizer.infeasibility import explain
from optimizer.methods import choose, resolve_method
from optimizer.progress import Silent
from optimizer.results.audit import audit
from optimizer.results.extra import write_extra
from optimizer.results.folder import new_folder
from optimizer.results.multipliers import write_multipliers
from optimizer.results.plan import plan_of, write_plan
from optimizer.results.rules import objective_unit
from optimizer.results.solution import Solution, SolveOptions, Status, Termination
from optimizer.results.tables import write_tables

if TYPE_CHECKING:
    from pathlib import Path

    from formulations.block import LandBlock
    from formulations.extra_file import ExtraFile
    from formulations.program import Program
    from instances.settings import Settings
    from optimizer.progress import Progress
    from optimizer.report.text import Lang


@dataclass(frozen=True)
class StudyOptions:
    """What a solve may override in the instance, and how results are written.

    `without` names rules that are switched off; `objective` and `mode` replace those of the instance;
    `extra` are Python files of further constraints (`formulations.extra_file`).
    """

    solve: SolveOptions = field(default_factory=SolveOptions)
    method: str = "auto"
    objective: str | None = None
    mode: str | None = None
    without: tuple[str, ...] = ()
    lang: Lang = "zh"
    force: bool = False
    extra: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What a solve left behind: the summary, and where."""

    summary: dict[str, Any]
    folder: Path
    explanation: tuple[str, ...] = ()
    failures: tuple[str, ...] = field(default=())

    @property
    def has_plan(self) -> bool:
        """Whether there is a plan."""
        return self.summary["status"] in (Status.OPTIMAL, Status.FEASIBLE)

    @property
    def audit_passed(self) -> bool:
        """Whether the audit of the plan passed; true where there is none to audit."""
        return self.summary["audit"] is None or bool(self.summary["audit"]["passed"])


class Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self._began = self._last = time.perf_counter()
        self.seconds: dict[str, float] = {}

    def lap(self, name: str) -> None:
        """Close a stage."""
        now = time.perf_counter()
        self.seconds[name] = round(now - self._last, 3)
        self._last = now

    def total(self) -> dict[str, float]:
        """Return all stages and their total."""
        return {**self.seconds, "total": round(time.perf_counter() - self._began, 3)}


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
    source: str | Path, out: Path, options: StudyOptions = StudyOptions(), progress: Progress | None = None
) -> Outcome:
    """Solve an instance and write its results to `out`, which appears whole or not at all.

    Raises InstanceError for bad input, an unknown rule or an existing `out` without `force`.
    """
    progress, clock = progress or Silent(), Clock()
    with new_folder(out, options.force) as folder:
        progress.stage("read")
        instance = overridden(load(source), options)
        raise_if_any(shape_faults(instance))
        clock.lap("read")
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
    summary["seconds"] = _seconds(run.clock)
    _write_json(run.folder / "summary.json", summary)
    return Outcome(summary, out, explanation=lines)


def _with_plan(run: _Run, out: Path, progress: Progress) -> Outcome:
    progress.stage("plan")
    plan = plan_of(run.instance, run.program, run.solution.require_shares())
    write_plan(plan, run.folder / "plan")
    write_extra(run.program, run.solution.require_shares(), run.folder / "plan")
    write_multipliers(run.program, run.solution.duals, run.folder / "plan")
    summary = _summary(run)
    _write_json(run.folder / "summary.json", summary)
    run.clock.lap("plan")
    progress.stage("audit")
    report = audit(run.instance.folder, run.folder)
    _write_json(run.folder / "audit.json", report.to_dict())
    summary["audit"] = {name: report.to_dict()[name] for name in ("passed", "checks", "failed")}
    run.clock.lap("audit")
    progress.stage("tables and report")
    summary["seconds"] = _seconds(run.clock)
    write_tables(run.folder, run.instance, run.program, run.solution, plan, summary, run.options.lang)
    run.clock.lap("write")
    summary["seconds"] = _seconds(run.clock)
    _write_json(run.folder / "summary.json", summary)
    return Outcome(summary, out, failures=tuple(report.lines()))


def _seconds(clock: Clock) -> dict[str, float]:
    seconds = clock.total()
    seconds["write"] = round(seconds.get("write", 0.0) + seconds.pop("plan", 0.0), 3)
    return {name: seconds.get(name, 0.0) for name in ("read", "build", "solve", "audit", "write", "total")}


def _summary(run: _Run) -> dict[str, Any]:
    solution, program, options = run.solution, run.program, run.options
    return {
        "kind": "land",
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
        "seconds": _seconds(run.clock),
        "size": _size(run),
        "audit": None,
        "versions": versions(),
        "instance": run.instance.settings.instance.name,
        "instance_hash": run.instance.hash,
        "options": {
            "method": options.method,
            "method_reason": resolve_method(options.method, program).reason,
            "gap": options.solve.gap,
            "time_limit_s": None if np.isinf(options.solve.time_limit_s) else options.solve.time_limit_s,
            "threads": options.solve.threads,
            "seed": options.solve.seed,
            "objective": run.instance.settings.objective.kind,
            "mode": run.instance.settings.carbon.mode,
            "rules_off": sorted(rules_off(run.instance, options.without)),
            "extra": [file.record() for file in run.extra],
        },
    }


def _size(run: _Run) -> dict[str, int]:
    program = run.program
    restoration = run.instance.restoration
    return {
        "zones": len(run.block.land.zones),
        "moves": len(program.moves),
        "units": 0 if restoration is None else len(restoration.tables["units"]),
        "buses": 0,
        "candidates": 0,
        "snapshots": 0,
        "rows": program.n_rows,
        "columns": program.n_columns,
        "integers": int(program.integer.sum()),
    }


def versions() -> dict[str, str]:
    """Return the versions of what a result depends on."""
    names = ("sanqu", "highspy", "numba", "numpy", "pandas", "scipy", "geopandas")
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in names}}


def _write_json(path: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=2, default=_plain)
    path.write_text(text + "\n", encoding="utf-8")


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value)} cannot be written as JSON")
