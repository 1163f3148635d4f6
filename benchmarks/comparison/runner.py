"""One process a run: instances made once, a worker for each route, and what came of it.

The process that starts workers imports nothing large: a child counts its parent's memory at its start as its own.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from comparison.cases import Case

BENCHMARKS = Path(__file__).resolve().parents[1]
ROOT = BENCHMARKS.parent
GENERATOR = ROOT / "instances" / "synthetic"
PROTOTYPE = ROOT.parent / "shared" / "prototypes" / "land_dual.py"

MAKE = """
import json, sys
from pathlib import Path
from instances.synthetic import generate
generate(Path(sys.argv[1]), **json.loads(sys.argv[2]))
"""

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "POLARS_MAX_THREADS")
"""Libraries that start threads of their own are told how many through these."""

SPARE_S = 300.0
"""Seconds beside the time limit that reading, building and ending may take before a run is stopped from outside."""

Record = dict[str, Any]


@dataclass(frozen=True)
class Limits:
    """What every run may take; `gap` None takes that of the case."""

    gap: float | None = None
    time_limit_s: float = 100.0
    threads: int = 1
    repeats: int = 1
    prototype: Path = PROTOTYPE


def instance(case: Case, seed: int, cache: Path) -> Path:
    """Return the folder of a case's instance, made if it is not there; a changed generator makes it anew."""
    sources = b"".join(path.read_bytes() for path in sorted(GENERATOR.iterdir()) if path.is_file())
    options = json.dumps({**case.flags, "seed": seed}, sort_keys=True)
    folder = cache / f"{case.name}-{hashlib.sha256(sources + options.encode()).hexdigest()[:10]}"
    if not folder.exists():
        subprocess.run([sys.executable, "-c", MAKE, str(folder), options], cwd=ROOT, check=True)
    return folder


def compare(
    cases: Iterable[Case],
    routes: Sequence[str],
    seeds: Sequence[int],
    limits: Limits,
    cache: Path,
    tell: Callable[[Record], None],
) -> list[Record]:
    """Run every route on every case and seed, and return one record a run in that order."""
    return [
        record
        for case in cases
        for seed in seeds
        for record in _side_by_side(case, routes, seed, limits, instance(case, seed, cache), tell)
    ]


def _side_by_side(
    case: Case, routes: Sequence[str], seed: int, limits: Limits, folder: Path, tell: Callable[[Record], None]
) -> list[Record]:
    """Run the routes on one instance; those that need the base of the gap take it from an earlier plan."""
    from routes import NEED_BASE, split

    task: Record = {
        "folder": str(folder),
        "zones": case.zones,
        "gap": case.gap if limits.gap is None else limits.gap,
        "time_limit_s": limits.time_limit_s,
        "threads": limits.threads,
        "seed": seed,
        "prototype": str(limits.prototype),
    }
    base: float | None = None
    records = []
    for route in routes:
        name, argument = split(route)
        if name in NEED_BASE and base is None:
            base = _run("relaxation", task | {"argument": ""}, limits).get("base")
        given = task | {"argument": argument, "base": base}
        runs = [_run(route, given, limits) for _ in range(limits.repeats)]
        best = min(runs, key=lambda run: run.get("total_s", float("inf")))
        base = base or best.get("base")
        known = {"case": case.name, "route": route, "seed": seed, "zones": case.zones, "threads": limits.threads}
        records.append(known | {"gap_asked": task["gap"]} | best)
        tell(records[-1])
    return records


def _run(route: str, task: Record, limits: Limits) -> Record:
    """Run one worker; one that fails or does not end becomes a record that says so."""
    command = [sys.executable, "-m", "routes.worker", json.dumps(task | {"route": route})]
    environment = {**os.environ, **dict.fromkeys(THREADS, str(limits.threads))}
    most = limits.time_limit_s + SPARE_S
    load = os.getloadavg()[0]
    try:
        ended = subprocess.run(
            command, cwd=BENCHMARKS, env=environment, capture_output=True, text=True, timeout=most, check=False
        )
    except subprocess.TimeoutExpired:
        return {"status": "stopped", "note": f"stopped after {most:g} s"}
    if ended.returncode:
        last = ended.stderr.strip().splitlines()[-1:] or [f"exit code {ended.returncode}"]
        return {"status": "failed", "note": last[0]}
    record: Record = json.loads(ended.stdout.splitlines()[-1])
    return {"load": load, **record}


def resized(case: Case, zones: int) -> Case:
    """Return a case of another size."""
    return replace(case, name=f"{case.name}-{zones}", flags={**case.flags, "zones": zones})
