"""What every kind of study shares: what a solve may override, what it leaves behind, its clock and its summary."""

from __future__ import annotations

import json
import platform
import time
from dataclasses import dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from optimizer.methods import resolve_method
from optimizer.results.audit import audit
from optimizer.results.solution import SolveOptions, Status

if TYPE_CHECKING:
    from pathlib import Path

    from formulations.program import Program
    from instances.instance import Instance
    from optimizer.report.text import Lang
    from optimizer.results.audit import AuditReport


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

    def summary(self) -> dict[str, float]:
        """Return the stages that a summary tells, and their total; writing the plan is part of writing."""
        seconds = {**self.seconds, "total": round(time.perf_counter() - self._began, 3)}
        seconds["write"] = round(seconds.get("write", 0.0) + seconds.pop("plan", 0.0), 3)
        return {name: seconds.get(name, 0.0) for name in ("read", "build", "solve", "audit", "write", "total")}


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


def versions() -> dict[str, str]:
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
