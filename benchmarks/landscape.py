"""Units to restore for the best landscape index: value, bound and seconds.

    python benchmarks/landscape.py 4776 --objective MESH --diameter 6
    python benchmarks/landscape.py 40000 --objective LARGEST_PATCH --components 1 --most 20
    python benchmarks/landscape.py --restopt FOLDER

A made grid of square cells of side 1 has patches of habitat on 60 % of it and one cell in five locked out; a free cell
restores between 0.3 and 1. `--restopt` solves the New Caledonia cases of a folder of grids (`NAME_habitat.csv`, ... and
`expected.json`), of which the published values and seconds are given beside.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path  # noqa: TC003 -- typer reads it
from typing import Annotated

import numpy as np
import typer
from boundary import smooth_field

from optimizer.methods.landscape import Landscape, Limits, Objective, choose_restoration, grid_landscape

EXAMPLES = """Examples:

python benchmarks/landscape.py 4776 --objective MESH --diameter 6

python benchmarks/landscape.py 40000 --objective LARGEST_PATCH --components 1 --most 20

python benchmarks/landscape.py --restopt FOLDER
"""

CASES = (
    ("readme_maxmesh", Objective.MESH, 1.0, Limits(least_restored=90, most_restored=220, diameter=2400)),
    (
        "test_maxmesh_1comp",
        Objective.MESH,
        0.7,
        Limits(least_restored=90, most_restored=110, diameter=2700, most_components=1),
    ),
    (
        "test_minrestore_1comp",
        Objective.RESTORED,
        0.7,
        Limits(least_restored=90, most_restored=110, diameter=2700, most_components=1),
    ),
)
"""Name, objective, share of a cell that must be habitat, limits in hectares and metres."""

FINE_CELLS = 256
"""Fine cells a whole cell, in which restored area is counted."""

app = typer.Typer(add_completion=False)


def made(cells: int, seed: int) -> tuple[Landscape, Limits]:
    """Return a made square grid, with what cells restore and which are locked out."""
    side = round(cells**0.5)
    rng = np.random.default_rng(seed)
    field = smooth_field(side, seed) + 0.8 * rng.normal(size=(side, side))
    landscape = grid_landscape(field > np.quantile(field, 0.4))
    restored = rng.uniform(0.3, 1.0, landscape.units)
    return landscape, Limits(restored=restored, locked_out=rng.random(landscape.units) < 0.2)


def read(folder: Path, name: str, share: float, limits: Limits) -> tuple[Landscape, Limits, dict[str, float]]:
    """Return a case of a folder, areas in cells and restored areas in fine cells, and what is published of it."""
    layers = {
        layer: np.genfromtxt(folder / f"{name}_{layer}.csv", delimiter=",")
        for layer in ("habitat", "locked_out", "restorable_finecells", "cell_area_finecells")
    }
    expected = json.loads((folder / "expected.json").read_text())[name]
    inside = ~np.isnan(layers["habitat"])
    grid = grid_landscape(layers["habitat"] == 1, inside, expected["res_x"])
    spared = np.ceil(layers["cell_area_finecells"][inside] * (1.0 - share))
    fine_ha = expected["res_x"] * expected["res_y"] / 1e4 / FINE_CELLS
    limits = replace(
        limits,
        restored=np.maximum(0.0, layers["restorable_finecells"][inside] - spared),
        least_restored=limits.least_restored / fine_ha,
        most_restored=limits.most_restored / fine_ha,
        locked_out=layers["locked_out"][inside] == 1,
    )
    published = expected["metadata"][0]
    best = published.get("mesh_best", published.get("min_restore_best"))
    unit = fine_ha * FINE_CELLS if "mesh_best" in published else 1.0
    return replace(grid, area=np.ones(grid.units)), limits, {"best": best / unit, "seconds": published["solving_time"]}


def line(
    name: str,
    landscape: Landscape,
    objective: Objective,
    limits: Limits,
    seconds: float,
    published: dict[str, float] | None = None,
) -> None:
    """Solve and print one line of the table."""
    began, processor = time.perf_counter(), time.process_time()
    found = choose_restoration(landscape, objective, limits, time_limit=seconds)
    wall, processor = time.perf_counter() - began, time.process_time() - processor
    free = int(limits.available(landscape).sum())
    known = "| | |" if published is None else f"| {published['best']:.8g} | {published['seconds']:.3f} |"
    print(
        f"| {name} | {landscape.units:,} | {free:,} | {objective.name} | {found.value:.8g} | {found.bound:.8g} "
        f"| {found.gap:.2%} | {wall:.2f} | {processor:.2f} {known}",
        flush=True,
    )


@app.command(epilog=EXAMPLES)
def main(
    cells: Annotated[int, typer.Argument(help="Cells of a made grid (its side is rounded).")] = 4776,
    restopt: Annotated[Path | None, typer.Option(help="Solve the published cases of this folder instead.")] = None,
    objective: Annotated[str, typer.Option(help="MESH, LARGEST_PATCH, PATCHES, IIC or RESTORED.")] = "MESH",
    least: Annotated[float, typer.Option(help="Least restored area.")] = 0.0,
    most: Annotated[float, typer.Option(help="Most restored area.")] = 10.0,
    diameter: Annotated[float, typer.Option(help="Most diameter of the selection.")] = float("inf"),
    components: Annotated[int | None, typer.Option(help="Most components of the selection.")] = None,
    limit: Annotated[float, typer.Option(help="Seconds allowed.")] = 60.0,
    seed: Annotated[int, typer.Option(help="Seed of the made grid.")] = 0,
    repeats: Annotated[int, typer.Option(help="Solves in one process; the first also compiles or loads.")] = 2,
) -> None:
    """Print value, bound, gap, seconds and processor seconds as a table."""
    print("| | cells | free | objective | value | bound | gap | seconds | processor s | published | published s |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for _ in range(repeats):
        if restopt is not None:
            for name, aim, share, kept in CASES:
                landscape, limits, published = read(restopt, name, share, kept)
                line(name, landscape, aim, limits, limit, published)
            continue
        landscape, limits = made(cells, seed)
        limits = replace(
            limits,
            least_restored=least,
            most_restored=most,
            diameter=diameter,
            most_components=components,
            iic_distance=2.0,
        )
        line("made", landscape, Objective[objective], limits, limit)


if __name__ == "__main__":
    app()
