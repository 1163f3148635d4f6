"""Corridors between core areas: time to proven least cost, and to a stated gap of benefit under a budget.

    python benchmarks/corridors.py
    python benchmarks/corridors.py --side 114 --cores 3 --cores 8 --cores 20
    python benchmarks/corridors.py --data ../shared/data/corridors --table corridors.md

A made grid has a smooth cost field, four neighbours a cell, and core areas of 3 x 3 cells. `--data` names a folder with
published instances, `grizzly40_nodes.csv` and so on.
"""

from __future__ import annotations

import json
import time
from pathlib import Path  # noqa: TC003 -- typer reads it
from typing import TYPE_CHECKING, Annotated

import numpy as np
import pandas as pd
import typer

from optimizer.methods.corridors import (
    CorridorResult,
    Network,
    NodeGraph,
    budgeted,
    discs,
    networks,
    node_graph,
    resistance_graph,
    steiner,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SMOOTHNESS, NOT_FOR_SALE = 3.0, 9999999

EXAMPLES = """Examples:

python benchmarks/corridors.py --side 114 --cores 3 --cores 8 --cores 20

python benchmarks/corridors.py --data ../shared/data/corridors --table corridors.md
"""

app = typer.Typer(add_completion=False)


def smooth_field(side: int, seed: int) -> np.ndarray:
    """Return a field of mean 0 and deviation 1, smooth over a few cells, (side, side)."""
    noise = np.random.default_rng(seed).normal(size=(side, side))
    wave = np.fft.fftfreq(side)
    damping = np.exp(-0.5 * (wave[:, None] ** 2 + wave[None] ** 2) * (2 * np.pi * SMOOTHNESS) ** 2)
    field = np.real(np.fft.ifft2(np.fft.fft2(noise) * damping))
    return (field - field.mean()) / field.std()


def made(side: int, cores: int, seed: int) -> tuple[NodeGraph, list[np.ndarray]]:
    """Return a made grid and its core areas."""
    resistance = np.exp(smooth_field(side, seed))
    rng = np.random.default_rng(seed)
    cell = np.arange(side * side).reshape(side, side)
    corner = rng.choice(side - 2, (cores, 2), replace=False)
    areas = [cell[row : row + 3, column : column + 3].ravel() for row, column in corner]
    return resistance_graph(resistance, neighbours=4), areas


def published(folder: Path, name: str) -> tuple[NodeGraph, list[np.ndarray], np.ndarray]:
    """Return graph, core areas and utility of a published instance."""
    nodes, links = pd.read_csv(folder / f"{name}_nodes.csv"), pd.read_csv(folder / f"{name}_edges.csv")
    cost = nodes["cost"].to_numpy(float)
    cost[cost >= NOT_FOR_SALE] = np.inf
    cores = [np.array([node]) for node in np.flatnonzero(nodes["reserve"] > 0)]
    graph = node_graph(cost, links["i"].to_numpy(), links["j"].to_numpy())
    return graph, cores, nodes["utility"].to_numpy(float)


class Table:
    """Lines printed as they come, and kept for a file."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.add("| case | nodes | asked | objective | bound | gap | method | seconds | processor s |")
        self.add("|---|---|---|---|---|---|---|---|---|")

    def add(self, line: str) -> None:
        """Print and keep a line."""
        self.lines.append(line)
        print(line, flush=True)

    def run(self, case: str, graph: NodeGraph, asked: str, solve: Callable[[], CorridorResult | None]) -> None:
        """Solve and add a line; utility is the objective where there is any."""
        began, processor = time.perf_counter(), time.process_time()
        found = solve()
        took = f"{time.perf_counter() - began:.2f} | {time.process_time() - processor:.2f} |"
        if found is None:
            self.add(f"| {case} | {len(graph):,} | {asked} | no plan | | | | {took}")
            return
        objective = found.utility or found.cost
        self.add(
            f"| {case} | {len(graph):,} | {asked} | {objective:.8g} | {found.bound:.8g} | {found.gap:.3%} "
            f"| {found.method} | {took}"
        )


def run_published(table: Table, folder: Path, gap: float, limit: float) -> None:
    for case in json.loads((folder / "expected.json").read_text()):
        graph, cores, utility = published(folder, case["case"])
        table.run(case["case"], graph, "least cost", lambda g=graph, c=cores: steiner(g, c))
        cut = Network("all", cores)
        table.run(case["case"], graph, "least cost", lambda g=graph, n=cut: networks(g, [n], 0.0, limit))
        for budget in case["budgets"]:
            table.run(
                case["case"],
                graph,
                f"utility, budget {budget:,}",
                lambda g=graph, c=cores, u=utility, b=budget: budgeted(g, c, u, b, gap=gap, time_limit_s=limit),
            )


@app.command(epilog=EXAMPLES)
def main(
    side: Annotated[int, typer.Option(help="Cells along a side of a made grid.")] = 114,
    cores: Annotated[list[int] | None, typer.Option(help="Core areas of a made grid; may be given again.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of published instances.")] = None,
    radius: Annotated[float, typer.Option(help="Radius in cells of the wide corridor, on a grid of 40 x 40.")] = 1.0,
    gap: Annotated[float, typer.Option(help="Gap to prove where benefit counts.")] = 0.001,
    limit: Annotated[float, typer.Option(help="Seconds allowed for each branch and cut.")] = 120.0,
    seed: Annotated[int, typer.Option(help="Seed of the made grids.")] = 0,
    table: Annotated[Path | None, typer.Option(help="Also write the table here.")] = None,
) -> None:
    """Print objective, bound, gap, seconds and processor seconds as a table."""
    steiner(*made(12, 3, seed))  # compiles or loads
    lines = Table()
    for count in cores or [3, 8]:
        graph, areas = made(side, count, seed)
        lines.run(f"grid, {count} cores", graph, "least cost", lambda g=graph, a=areas: steiner(g, a, None, 0.0, limit))
    graph, areas = made(side, 4, seed)
    pair = [Network("blue", areas[:2]), Network("green", areas[2:])]
    lines.run("grid, 2 networks", graph, "least cost", lambda: networks(graph, pair, 0.0, limit))
    small, ends = made(40, 3, seed)
    wide = discs((40, 40), radius)
    lines.run(f"grid, radius {radius:g}", small, "least cost", lambda: steiner(small, ends, wide, gap, limit))
    if data is not None:
        run_published(lines, data, gap, limit)
    if table is not None:
        table.write_text("\n".join(lines.lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    app()
