"""A study of many scenarios: one process without Dask beside a cluster of this machine, and what warm starts save.

    python benchmarks/study.py --scenarios 50 --workers 2
    python benchmarks/study.py --scenarios 4 --starts

Scenarios are those of a bundled instance with demand and forest sinks scaled by made figures, all begun from the plan
of the first. Prints seconds of wall clock of both ways, their ratio, and whether every objective and bound is the
same number. With `--starts` each scenario is solved twice instead, with the plan of the first to begin from and
without: processor seconds of the solve alone, one thread.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from formulations.assemble import assemble, land_block
from instances.instance import load
from optimizer.methods import choose
from optimizer.progress import Silent
from optimizer.results.solution import SolveOptions
from optimizer.results.start import read_multipliers, read_values, write_start
from optimizer.studies.run import open_study, run_study
from optimizer.studies.runners import Runner
from optimizer.studies.solving import INSTANCES, instance_task

if TYPE_CHECKING:
    from optimizer.studies.tasks import Ended

FILE = """[study]
name = "many"
base = "{base}"
gap = {gap}

[[scenario]]
name = "s00"
"""
SCENARIO = """
[[scenario]]
name = "s{number:02d}"
from = "s00"
[[scenario.change]]
table = "land/quotas"
where = {{ rule = "growth_demand" }}
column = "value"
scale = {demand:.4f}
[[scenario.change]]
table = "land/factors"
where = {{ factor = "sink" }}
column = "value"
scale = {sink:.4f}
"""


def write_study(folder: Path, base: str, number: int, gap: float, seed: int) -> Path:
    """Write a study of `number` scenarios, all but the first with figures of their own."""
    random = np.random.default_rng(seed)
    parts = [
        SCENARIO.format(number=one, demand=random.uniform(0.85, 1.1), sink=random.uniform(0.7, 1.3))
        for one in range(1, number)
    ]
    path = folder / "many.toml"
    path.write_text(FILE.format(base=base, gap=gap) + "".join(parts), encoding="utf-8")
    return path


def timed(path: Path, out: Path, workers: int) -> tuple[float, dict[str, Ended]]:
    """Run a study and return seconds of wall clock and how its tasks ended."""
    began = time.perf_counter()
    ended = run_study(path, out, workers=workers)
    return time.perf_counter() - began, ended


def side_by_side(path: Path, folder: Path, workers: int) -> bool:
    """Run a study both ways, print seconds and ratio, and return whether both found the same."""
    alone, one = timed(path, folder / "one", 1)
    print(f"one process without Dask: {alone:.1f} s", flush=True)
    together, many = timed(path, folder / "many", workers)
    print(f"{workers} workers: {together:.1f} s, {alone / together:.2f} times less", flush=True)
    solves = [name for name in one if name.startswith("scenarios/")]
    told = ("status", "objective", "bound", "audit_passed")
    other = [name for name in solves if any(one[name].record[what] != many[name].record[what] for what in told)]
    print(f"{len(solves)} scenarios, {len(other)} with another status, objective, bound or audit {other or ''}")
    return not other


def starts(path: Path, folder: Path) -> None:
    """Print processor seconds of every solve with and without the plan of the first scenario to begin from."""
    study = open_study(path)
    Runner(folder).run([instance_task(one, study.base, study.base_hash) for one in study.scenarios])
    first = folder / "first"
    first.mkdir()
    for number, scenario in enumerate(study.scenarios):
        program = assemble(land_block(load(folder / INSTANCES / scenario.name)))
        options = SolveOptions(gap=study.file.study.gap, threads=1)
        ways = {"without": options}
        if number:
            begun = {"start": read_values(program, first), "multipliers": read_multipliers(program, first)}
            ways |= {"values": SolveOptions(options.gap, threads=1, start=begun["start"])}
            ways |= {"both": SolveOptions(options.gap, threads=1, **begun)}
        for way, asked in ways.items():
            began = time.process_time()
            found = choose(study.file.study.method, program)(program, asked, Silent())
            spent = time.process_time() - began
            print(
                f"{scenario.name} {way:8} {found.method:10} {spent:7.1f} s  {found.objective:.4f} {found.gap:.1e}",
                flush=True,
            )
            if not number:
                write_start(program, found.require_shares(), found.duals, first)


def main() -> None:
    """Write a study and run it; ends with 1 where the two ways differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", default="weihai-land")
    parser.add_argument("--scenarios", type=int, default=50)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--gap", type=float, default=1e-4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--starts", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        path = write_study(folder, asked.base, asked.scenarios, asked.gap, asked.seed)
        if asked.starts:
            starts(path, folder)
        else:
            sys.exit(not side_by_side(path, folder, asked.workers))


if __name__ == "__main__":
    main()
