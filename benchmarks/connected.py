"""Prioritisations whose chosen units hang together: gap that is proven within a time, from 1,024 to 100,000 units.

    python benchmarks/connected.py --csv grid_32x32.csv --rule contiguity --limit 60 --compare
    python benchmarks/connected.py 10000 --rule minimum_reserve --value 20 --gap 0.01

A made grid is that of `sanqu new-sites`; a CSV has the columns `cost` and f1, f2, ... of a square grid row by row. The
least cost that holds 20 % of each feature is asked for; each unit has an area of 1. `--compare` also gives the flow
formulation of the same Program to HiGHS in a process of its own.
"""

from __future__ import annotations

import math
import resource
import time
from pathlib import Path  # noqa: TC003 -- typer reads it
from typing import TYPE_CHECKING, Annotated

import highs_beside
import numpy as np
import pandas as pd
import typer

from formulations.flow import flow_rows
from formulations.restoration.assemble import assemble_sites
from formulations.restoration.site_block import SiteBlock
from instances.prioritisation import Problem
from instances.synthetic.sites import SiteOptions, boundary, in_memory
from optimizer.methods import choose
from optimizer.progress import Silent
from optimizer.results.solution import SolveOptions

if TYPE_CHECKING:
    from formulations.program import Program

TARGET = 0.2

EXAMPLES = """Examples:

python benchmarks/connected.py --csv grid_32x32.csv --rule contiguity --limit 60 --compare

python benchmarks/connected.py 10000 --rule minimum_reserve --value 20 --gap 0.01
"""

app = typer.Typer(add_completion=False)


def stated(units: int, csv: Path | None, rule: str, value: float, share: float) -> Program:
    """Return a grid with one rule as a Program."""
    if csv is None:
        cost, names, amounts = in_memory(SiteOptions(units, 10))
    else:
        table = pd.read_csv(csv)
        names = [name for name in table if name.startswith("f")]
        cost, amounts = table["cost"].to_numpy(dtype=float), table[names].to_numpy(dtype=float)
    count = len(cost)
    problem = Problem(cost, names, amounts).targets(relative=TARGET).boundary(boundary(SiteOptions(count, len(names))))
    own: dict[str, dict[str, object]] = {
        "separate_areas": {"feature": "*", "factor": share},
        "feature_contiguity": {"feature": str(names[0])},
        "minimum_reserve": {"layer": "size"},
    }
    problem = problem.layer("size", np.ones(count)).rule(rule, value=value, **own.get(rule, {}))
    return assemble_sites(SiteBlock(problem.sites()))


def line(name: str, units: int, objective: float | None, bound: float | None, seconds: float, processor: float) -> None:
    shown = [math.nan if figure is None else figure for figure in (objective, bound)]
    gap = (shown[0] - shown[1]) / abs(shown[0])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"| {name} | {units:,} | {shown[0]:.6g} | {shown[1]:.6g} | {gap:.2%} | {seconds:.1f} | {processor:.1f} "
        f"| {peak:.2f} |",
        flush=True,
    )


def run_highs(program: Program, gap: float, limit: float) -> None:
    found = highs_beside.solve(lambda: flow_rows(program).matrix(), gap, limit)
    line("HiGHS", program.moves.n_groups, found.objective, found.bound, found.seconds, found.processor_s)


@app.command(epilog=EXAMPLES)
def main(
    units: Annotated[int, typer.Argument(help="Units of a made grid.")] = 1024,
    csv: Annotated[Path | None, typer.Option(help="Read a square grid instead.")] = None,
    rule: Annotated[str, typer.Option(help="Rule of the rules table.")] = "contiguity",
    value: Annotated[float, typer.Option(help="Value of the rule.")] = 1.0,
    share: Annotated[float, typer.Option(help="Part of the target in each separate area.")] = 0.2,
    gap: Annotated[float, typer.Option(help="Gap to prove.")] = 0.01,
    limit: Annotated[float, typer.Option(help="Seconds allowed.")] = 60.0,
    threads: Annotated[int, typer.Option(help="Threads.")] = 1,
    compare: Annotated[bool, typer.Option("--compare", help="Also give the flow formulation to HiGHS.")] = False,
) -> None:
    """Print objective, bound, gap, seconds and processor seconds as a table."""
    program = stated(units, csv, rule, value, share)
    print("| | units | objective | bound | gap | seconds | processor s | peak GiB |\n|---|---|---|---|---|---|---|---|")
    began, processor = time.perf_counter(), time.process_time()
    found = choose("auto", program)(program, SolveOptions(gap=gap, time_limit_s=limit, threads=threads), Silent())
    seconds, processor = time.perf_counter() - began, time.process_time() - processor
    line("Sanqu", program.moves.n_groups, found.objective, found.bound, seconds, processor)
    if compare:
        highs_beside.in_own_process(run_highs, program, gap, limit, limit_s=limit)


if __name__ == "__main__":
    app()
