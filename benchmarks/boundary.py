"""Boundary-length problems: time to a proven gap, from 1,024 to a million units.

    python benchmarks/boundary.py 2500 --gap 0.01 --compare
    python benchmarks/boundary.py 1000000 --gap 0.001
    python benchmarks/boundary.py --csv grid_316x316.csv.gz --penalty 10 --gap 0.002

A made grid has a smooth cost field and ten features, of which 30 % must be held; a CSV has the columns `cost` and
f1, f2, ... of a square grid row by row, of which 20 % must be held, and its outer edges count half. `--compare` also
gives the model, with one column a unit and one a border, to HiGHS in a process of its own.
"""

from __future__ import annotations

import resource
import time
from pathlib import Path  # noqa: TC003 -- typer reads it
from typing import Annotated

import highs_beside
import numpy as np
import pandas as pd
import scipy.sparse as sp
import typer

from formulations.program import Matrix
from optimizer.methods.boundary import BoundaryProblem, in_or_out, solve_boundary

FEATURES, SMOOTHNESS = 10, 6.0

EXAMPLES = """Examples:

python benchmarks/boundary.py 2500 --gap 0.01 --compare

python benchmarks/boundary.py 1000000 --gap 0.001

python benchmarks/boundary.py --csv grid_316x316.csv.gz --penalty 10 --gap 0.002
"""

app = typer.Typer(add_completion=False)


def smooth_field(side: int, seed: int) -> np.ndarray:
    """Return a field of mean 0 and deviation 1, smooth over a few cells, (side, side)."""
    noise = np.random.default_rng(seed).normal(size=(side, side))
    wave = np.fft.fftfreq(side)
    damping = np.exp(-0.5 * (wave[:, None] ** 2 + wave[None] ** 2) * (2 * np.pi * SMOOTHNESS) ** 2)
    field = np.real(np.fft.ifft2(np.fft.fft2(noise) * damping))
    return (field - field.mean()) / field.std()


def grid_edges(side: int) -> tuple[np.ndarray, np.ndarray]:
    index = np.arange(side * side, dtype=np.int32).reshape(side, side)
    left = np.concatenate([index[:, :-1].ravel(), index[:-1].ravel()])
    return left, np.concatenate([index[:, 1:].ravel(), index[1:].ravel()])


def made(units: int, penalty: float, seed: int) -> BoundaryProblem:
    """Return a made square grid."""
    side = round(units**0.5)
    cost = np.exp(0.5 * smooth_field(side, seed)).ravel()
    amounts = np.stack([np.maximum(smooth_field(side, seed + 1 + f) - 0.5, 0.0).ravel() for f in range(FEATURES)])
    left, right = grid_edges(side)
    limits = 0.3 * amounts.sum(axis=1), np.full(FEATURES, np.inf)
    return in_or_out(cost, amounts, *limits, left, right, np.full(len(left), penalty))


def read(path: Path, penalty: float) -> BoundaryProblem:
    """Return the square grid of a CSV."""
    table = pd.read_csv(path)
    side = round(len(table) ** 0.5)
    amounts = table[[c for c in table if c.startswith("f")]].to_numpy(float).T
    outer = np.zeros((side, side))
    for edge in (outer[0], outer[-1], outer[:, 0], outer[:, -1]):
        edge += 0.5 * penalty
    left, right = grid_edges(side)
    limits = 0.2 * amounts.sum(axis=1), np.full(len(amounts), np.inf)
    return in_or_out(
        table["cost"].to_numpy(float) + outer.ravel(), amounts, *limits, left, right, np.full(len(left), penalty)
    )


def flat(problem: BoundaryProblem) -> Matrix:
    """Return the model for HiGHS: one column a unit, one a border, two rows a border."""
    units, edges = problem.nodes, len(problem.left)
    ends = sp.csr_array(
        (
            np.tile([1.0, -1.0], edges),
            (np.repeat(np.arange(edges), 2), np.stack([problem.left, problem.right], 1).ravel()),
        ),
        shape=(edges, units),
    )
    eye = sp.eye_array(edges, format="csr")
    amounts = sp.csr_array(problem.coefficients[1::2].T)
    rows = sp.block_array([[-ends, eye], [ends, eye], [amounts, None]], format="csr")
    return Matrix(
        rows=rows,
        row_lower=np.concatenate([np.zeros(2 * edges), problem.row_lower]),
        row_upper=np.concatenate([np.full(2 * edges, np.inf), problem.row_upper]),
        lower=np.zeros(units + edges),
        upper=np.ones(units + edges),
        cost=np.concatenate([problem.cost[1::2], problem.capacity]),
        integer=np.arange(units + edges) < units,
    )


def line(name: str, units: int, objective: float, bound: float, seconds: float, processor: float) -> None:
    gap = (objective - bound) / abs(objective)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"| {name} | {units:,} | {objective:.6g} | {bound:.6g} | {gap:.3%} | {seconds:.2f} | {processor:.2f} "
        f"| {peak:.2f} |",
        flush=True,
    )


def run_highs(problem: BoundaryProblem, gap: float, limit: float) -> None:
    found = highs_beside.solve(lambda: flat(problem), gap, limit)
    line("HiGHS", problem.nodes, found.objective, found.bound, found.seconds, found.processor_s)


@app.command(epilog=EXAMPLES)
def main(
    units: Annotated[int, typer.Argument(help="Units of a made grid (its side is rounded).")] = 2500,
    csv: Annotated[Path | None, typer.Option(help="Read a square grid instead.")] = None,
    penalty: Annotated[float, typer.Option(help="Cost of a border.")] = 0.5,
    gap: Annotated[float, typer.Option(help="Gap to prove.")] = 0.01,
    limit: Annotated[float, typer.Option(help="Seconds allowed.")] = 300.0,
    seed: Annotated[int, typer.Option(help="Seed of the made grid.")] = 0,
    threads: Annotated[int, typer.Option(help="Threads.")] = 1,
    repeats: Annotated[int, typer.Option(help="Solves in one process; the first also compiles or loads.")] = 2,
    compare: Annotated[bool, typer.Option("--compare", help="Also give the whole model to HiGHS.")] = False,
) -> None:
    """Print objective, bound, gap, seconds and processor seconds as a table."""
    problem = made(units, penalty, seed) if csv is None else read(csv, penalty)
    print("| | units | objective | bound | gap | seconds | processor s | peak GiB |\n|---|---|---|---|---|---|---|---|")
    for _ in range(repeats):
        began, processor = time.perf_counter(), time.process_time()
        found = solve_boundary(problem, gap, limit, threads=threads)
        line(
            "Sanqu",
            problem.nodes,
            found.objective,
            found.bound,
            time.perf_counter() - began,
            time.process_time() - processor,
        )
    if compare:
        highs_beside.in_own_process(run_highs, problem, gap, limit, limit_s=limit)


if __name__ == "__main__":
    app()
