"""What every kind of study shares: what a solve may override, what it leaves behind, its clock and its summary."""

from __future__ import annotations

import json
import platform
import time
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from optimizer.methods import resolve_method
from optimizer.results.audit import audit
from optimizer.results.solution import Solution, SolveOptions, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from formulations.program import Program
    from instances.instance import Instance
    from optimizer.progress import Progress
    from optimizer.report.text import Lang
    from optimizer.results.audit import AuditReport


@dataclass(frozen=True)
class StudyOptions:
    """What a solve may override in the instance, and how results are written.

    `without` names rules that are switched off; `objective` and `mode` replace those of the instance;
    `extra` are Python files of further constraints (`formulations.extra_file`). `start` is the folder of an earlier
    plan to begin from; `keep_start` keeps what a later solve can begin from. Without `tables` only plan, summary and
    audit are written, for plans of which nothing but their figures is wanted.
    """

    solve: SolveOptions = field(default_factory=SolveOptions)
    method: str = "auto"
    objective: str | None = None
    mode: str | None = None
    without: tuple[str, ...] = ()
    lang: Lang = "zh"
    force: bool = False
    extra: tuple[Path, ...] = ()
    start: Path | None = None
    keep_start: bool = False
    tables: bool = True


@dataclass(frozen=True)
class Outcome:
    """What a solve left behind: the summary, and where; `explanation` says by language why there is no plan."""

    summary: dict[str, Any]
    folder: Path
    explanation: Mapping[Lang, tuple[str, ...]] = field(default_factory=dict)
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

    def summary(self) -> dict[str, float]:
        """Return the stages that a summary tells, and their total; writing the plan is part of writing."""
        seconds = {**self.seconds, "total": round(time.perf_counter() - self._began, 3)}
        seconds["write"] = round(seconds.get("write", 0.0) + seconds.pop("plan", 0.0), 3)
        return {name: seconds.get(name, 0.0) for name in ("read", "build", "solve", "audit", "write", "total")}


class Explanation(Protocol):
    """Why there is no plan, for people and for a summary."""

    def lines(self, lang: Lang) -> Iterable[str]:
        """Return what to print."""

    def to_dict(self) -> dict[str, Any]:
        """Return what a summary holds."""


@dataclass(frozen=True)
class Run:
    """A study under way: what was asked, and where its results go (`folder`, which becomes `out`)."""

    instance: Instance
    options: StudyOptions
    folder: Path
    out: Path
    clock: Clock
    progress: Progress

    def summary(
        self, kind: str, program: Program, solution: Solution, figures: Mapping[str, Any], asked_for: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the summary; `figures` are sense, objective and bound, `asked_for` options of this kind of study."""
        return {
            "kind": kind,
            "status": str(solution.status(self.options.solve.gap)),
            "termination": str(solution.termination),
            **figures,
            "objectives": _objectives(program, solution),
            "method": solution.method,
            "notes": [dict(note) for note in solution.notes],
            "seconds": self.clock.summary(),
            "size": _size(self.instance, program),
            "audit": None,
            "versions": versions(),
            "instance": self.instance.settings.instance.name,
            "instance_hash": self.instance.hash,
            "options": {**asked(self.options, program), **asked_for},
        }

    def without_plan(self, summary: dict[str, Any], explain: Callable[[], Explanation] | None) -> Outcome:
        """End without a plan; `explain` says why there can be none, None where that is not known."""
        lines: dict[Lang, tuple[str, ...]] = {}
        if explain is not None:
            self.progress.stage("explain")
            explanation = explain()
            lines = {"zh": tuple(explanation.lines("zh")), "en": tuple(explanation.lines("en"))}
            summary["explanation"] = explanation.to_dict()
            self.clock.lap("explain")
        summary["seconds"] = self.clock.summary()
        write_json(self.folder / "summary.json", summary)
        return Outcome(summary, self.out, explanation=lines)

    def with_plan(self, summary: dict[str, Any], write_tables: Callable[[], None]) -> Outcome:
        """Audit the plan that was written, and write the tables and the report made from the summary."""
        write_json(self.folder / "summary.json", summary)
        self.clock.lap("plan")
        self.progress.stage("audit")
        report = audited(self.instance, self.folder, summary)
        self.clock.lap("audit")
        if self.options.tables:
            self.progress.stage("tables and report")
            summary["seconds"] = self.clock.summary()
            write_tables()
            self.clock.lap("write")
        summary["seconds"] = self.clock.summary()
        write_json(self.folder / "summary.json", summary)
        return Outcome(summary, self.out, failures=tuple(report.lines()))


def bounded(solution: Solution) -> dict[str, Any]:
    """Return what is minimised, its bound and the gap, for a summary."""
    return {
        "objective": solution.objective,
        "bound": solution.bound,
        "bound_by": solution.bound_by or None,
        "gap": solution.gap,
        "gap_abs": solution.gap_abs,
    }


def _objectives(program: Program, solution: Solution) -> dict[str, float] | None:
    """Return what the plan comes to in every objective, minimised or not, without constants; None without a plan."""
    shares = solution.shares
    return None if shares is None else {name: float(program.cost_of(name) @ shares) for name in program.objectives}


def _size(instance: Instance, program: Program) -> dict[str, int]:
    land, restoration, network = instance.land, instance.restoration, instance.network
    return {
        "zones": 0 if land is None else len(land.zones),
        "moves": len(program.moves),
        "units": 0 if restoration is None else len(restoration.tables["units"]),
        "buses": 0 if network is None else network.n_buses,
        "candidates": 0 if network is None else len(network["candidates"]),
        "snapshots": 0 if network is None else network.n_snapshots,
        "rows": program.n_rows,
        "columns": program.n_columns,
        "integers": int(np.count_nonzero(program.integer)),
    }


def audited(instance: Instance, folder: Path, summary: dict[str, Any]) -> AuditReport:
    """Audit the plan in a folder, write audit.json and repeat its verdict in the summary."""
    report = audit(instance.folder, folder)
    found = report.to_dict()
    write_json(folder / "audit.json", found)
    summary["audit"] = {name: found[name] for name in ("passed", "checks", "failed")}
    return report


def asked(options: StudyOptions, program: Program) -> dict[str, Any]:
    """Return what was asked of the method, for the options of a summary."""
    return {
        "method": options.method,
        "method_reason": resolve_method(options.method, program).reason,
        "gap": options.solve.gap,
        "time_limit_s": None if np.isinf(options.solve.time_limit_s) else options.solve.time_limit_s,
        "threads": options.solve.threads,
        "seed": options.solve.seed,
    }


@cache
def versions() -> Mapping[str, str]:
    """Return the versions of what a result depends on."""
    names = ("sanqu", "highspy", "numba", "numpy", "pandas", "scipy", "geopandas")
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in names}}


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file for people and programs."""
    text = json.dumps(content, ensure_ascii=False, indent=2, default=_plain)
    path.write_text(text + "\n", encoding="utf-8")


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value)} cannot be written as JSON")
