"""Small landscapes, the best selection by trying all, and the restoration cases of New Caledonia."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from optimizer.methods.landscape import (
    Limits,
    Objective,
    diameter,
    grid_landscape,
    iic,
    largest_patch,
    mesh,
    number_of_patches,
)

DATA = Path(__file__).parents[5] / "shared" / "data" / "restopt"


def index(landscape, objective, limits, selected):
    """The objective with a selection, by the public indices."""
    present = landscape.habitat | selected
    if objective is Objective.MESH:
        return mesh(landscape, present)
    if objective is Objective.IIC:
        return iic(landscape, limits.iic_distance, present)
    if objective is Objective.LARGEST_PATCH:
        return largest_patch(landscape, present)
    if objective is Objective.PATCHES:
        return number_of_patches(landscape, present)
    return limits.restores(landscape)[selected].sum()


def keeps(landscape, limits, selected):
    """Whether a selection keeps every limit, by the public indices."""
    restored = limits.restores(landscape)[selected].sum()
    tests = [limits.least_restored - 1e-9 <= restored <= limits.most_restored + 1e-9]
    tests.append(limits.costs(landscape)[selected].sum() <= limits.budget + 1e-9)
    tests.append(diameter(landscape, selected) <= limits.diameter + 1e-9)
    if limits.most_components is not None:
        tests.append(number_of_patches(landscape, selected) <= limits.most_components)
    if limits.locked_in is not None:
        tests.append(selected[limits.locked_in].all())
    present = landscape.habitat | selected
    tests.append(limits.least_mesh <= 0 or mesh(landscape, present) >= limits.least_mesh - 1e-9)
    tests.append(limits.least_largest <= 0 or largest_patch(landscape, present) >= limits.least_largest - 1e-9)
    if limits.least_iic > 0:
        tests.append(iic(landscape, limits.iic_distance, present) >= limits.least_iic - 1e-9)
    if limits.most_patches is not None:
        tests.append(number_of_patches(landscape, present) <= limits.most_patches)
    return all(tests)


def brute_force(landscape, limits, objectives):
    """Best value of each objective over all selections; None where none keeps the limits."""
    units = np.flatnonzero(limits.available(landscape))
    best = dict.fromkeys(objectives)
    for bits in itertools.product((False, True), repeat=len(units)):
        selected = np.zeros(landscape.units, bool)
        selected[units[np.array(bits, bool)]] = True
        if not keeps(landscape, limits, selected):
            continue
        for objective in objectives:
            value = index(landscape, objective, limits, selected)
            better = max if objective.maximise else min
            best[objective] = value if best[objective] is None else better(best[objective], value)
    return best


def random_case(seed, rows=4, columns=5, free=9, neighbours=4):
    """A random grid with some units free, and what a unit restores and costs."""
    rng = np.random.default_rng(seed)
    landscape = grid_landscape(rng.random((rows, columns)) < 0.4, neighbours=neighbours)
    landscape = replace(landscape, area=rng.integers(1, 6, landscape.units).astype(float))
    open_units = np.flatnonzero(~landscape.habitat)
    locked_out = np.zeros(landscape.units, bool)
    locked_out[rng.permutation(open_units)[free:]] = True
    return landscape, Limits(
        restored=rng.integers(0, 6, landscape.units).astype(float),
        cost=rng.random(landscape.units),
        locked_out=locked_out,
        iic_distance=2.0,
    )


def read_case(name):
    """A case of New Caledonia: landscape, limits without numbers, published solution, what was published.

    Areas are in coarse cells, restored areas in fine cells, and distances in metres by the width of a cell.
    """
    layers = {
        layer: np.genfromtxt(DATA / f"{name}_{layer}.csv", delimiter=",")
        for layer in ("habitat", "locked_out", "restorable_finecells", "cell_area_finecells", "solution")
    }
    expected = json.loads((DATA / "expected.json").read_text())[name]
    inside = ~np.isnan(layers["habitat"])
    grid = grid_landscape(layers["habitat"] == 1, inside, expected["res_x"])
    landscape = replace(grid, area=np.ones(grid.units))
    share = 1.0 if name == "readme_maxmesh" else 0.7
    fine = layers["cell_area_finecells"][inside]
    restored = np.maximum(0.0, layers["restorable_finecells"][inside] - np.ceil(fine * (1.0 - share)))
    limits = Limits(restored=restored, locked_out=layers["locked_out"][inside] == 1)
    coarse_ha = expected["res_x"] * expected["res_y"] / 1e4
    return landscape, limits, (layers["solution"] == 3)[inside], expected["metadata"][0], coarse_ha
