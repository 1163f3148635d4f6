"""The whole command: `sanqu solve` as a user runs it, with reading, building, solving, audit and writing."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from routes.children import run_child
from routes.task import Answer, Task

START = "from optimizer.cli import app; app()"


def run(task: Task) -> Answer:
    """Run the command; building holds reading too, and the note has every stage as the command reports it."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "plan"
        command = [sys.executable, "-c", START, "solve", task.folder, "--out", str(out)]
        command += ["--method", task.argument or "auto", "--gap", repr(task.gap), "--seed", str(task.seed)]
        command += ["--threads", str(task.threads), "--time-limit", repr(task.time_limit_s)]
        ended = run_child(command)
        if not (out / "summary.json").exists():
            raise ended.failure()
        summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    stages = summary["seconds"]
    audit = summary["audit"]
    told = ", ".join(f"{name} {stages[name]:.1f}" for name in ("read", "build", "solve", "audit", "write"))
    return Answer(
        build_s=stages["read"] + stages["build"],
        solve_s=stages["solve"],
        objective=summary["objective"],
        bound=summary["bound"],
        gap=summary["gap"],
        termination=summary["termination"],
        total_s=ended.seconds,
        processor_s=ended.processor_s,
        peak_mb=ended.peak_mb,
        note=f"{summary['method']}; {told}; audit {'passed' if audit and audit['passed'] else 'FAILED'}",
    )
