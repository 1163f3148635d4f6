"""Expansion with whole circuits to proven optimum: published cases of 24 and 46 buses, made ones of 100 corridors.

    PYTHONPATH=. python benchmarks/expansion.py
    PYTHONPATH=. python benchmarks/expansion.py --made-only --days 2 --hours 4 --seeds 1

The published cases lie in `tests/tnep`, where their sources are. Made ones have 52 buses and 100 corridors of up to two
circuits, 200 whole-number columns. Seconds are processor time of the solve with one thread; `--limit` is wall time.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from formulations.energy.assemble import assemble_network
from instances.instance import load
from instances.synthetic.network import NetworkOptions, write_made_network
from optimizer.methods import direct
from optimizer.progress import Silent
from optimizer.results.solution import SolveOptions
from tests.tnep_cases import OPTIMA, write_published

if TYPE_CHECKING:
    from instances.instance import Instance

BUSES, CORRIDORS = 52, 100
PUBLISHED_GAP, MADE_GAP = 1e-4, 1e-6


def published(case: str, generation: str, power_flow: str) -> Instance:
    """Return a published case; `gen_max_MW` is redispatch."""
    with tempfile.TemporaryDirectory() as place:
        return load(write_published(Path(place) / case, case, generation, power_flow))


def made(seed: int, days: int, hours: int) -> Instance:
    """Return a made case."""
    options = NetworkOptions(BUSES, days=days, hours=hours, candidates=CORRIDORS, extendable=False, seed=seed)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "made"
        write_made_network(folder, options, "made")
        return load(folder)


def row(name: str, instance: Instance, gap: float, limit: float, known: float | None) -> str:
    """Solve a case and return its row."""
    program = assemble_network(instance)
    began = time.process_time()
    solution = direct.solve(program, SolveOptions(gap=gap, threads=1, time_limit_s=limit), Silent())
    seconds = time.process_time() - began
    found = "" if solution.objective is None else f"{solution.objective:,.1f}"
    reached = "" if solution.gap is None else f"{solution.gap:.1e}"
    told = [name, f"{int(program.integer.sum())}", "" if known is None else f"{known:,.0f}", found, reached]
    return f"| {' | '.join(told)} | {solution.termination} | {seconds:.1f} |"


def main() -> None:
    """Print a row for each case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--made-only", action="store_true")
    parser.add_argument("--days", type=int, default=1)
    parser.add_argument("--hours", type=int, default=1, help="snapshots of a day")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--limit", type=float, default=600.0, help="seconds of wall time for each case")
    asked = parser.parse_args()
    print("| case | whole columns | published | objective | gap | ended | solve s |")
    print("|---|---|---|---|---|---|---|")
    for (case, generation, law), known in OPTIMA.items():
        if not asked.made_only:
            name = f"{case}, {generation}, {law}"
            print(row(name, published(case, generation, law), PUBLISHED_GAP, asked.limit, known), flush=True)
    for seed in asked.seeds:
        name = f"{BUSES} buses, {CORRIDORS} corridors, {asked.days * asked.hours} snapshots, seed {seed}"
        print(row(name, made(seed, asked.days, asked.hours), MADE_GAP, asked.limit, None), flush=True)


if __name__ == "__main__":
    main()
