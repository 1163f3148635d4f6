"""A rough program kept beside the project that solves a made model of the same size (not the same instance).

It is given the number of zones and prints `dual t SECONDS primal t SECONDS`, `gap`, `dual` and `primal`.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from routes.children import run_child
from routes.task import Answer, Skipped, Task


def run(task: Task) -> Answer:
    """Run it and read off what it prints."""
    if not Path(task.prototype).is_file():
        raise Skipped("the program is not there (--prototype FILE)")
    ended = run_child([sys.executable, task.prototype, str(task.zones)])
    if ended.code:
        raise ended.failure()
    found = {name: _number(name, ended.text) for name in ("dual", "primal", "gap", "dual t", "primal t")}
    return Answer(
        build_s=0.0,
        solve_s=found["dual t"] + found["primal t"],
        objective=found["primal"],
        bound=found["dual"],
        gap=found["gap"],
        termination="ended",
        processor_s=ended.processor_s,
        peak_mb=ended.peak_mb,
        note="a made model of this size, not this instance; gap relative to the objective",
    )


def _number(name: str, text: str) -> float:
    found = re.search(rf"(?:^|\s){name}\s+(-?[\d.]+(?:e[-+]?\d+)?)", text)
    if found is None:
        raise RuntimeError(f"no {name!r} in what it printed: {text.strip()[-300:]}")
    return float(found.group(1))
