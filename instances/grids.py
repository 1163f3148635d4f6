"""Grids of cells as planning units: landscapes and resistance surfaces (阻力面) from raster layers in a few lines.

    landscape_problem("habitat.tif", restorable="restorable.tif").maximum_mesh().rule("restored_area", value=220)
    corridor_problem(resistance(classes, {1: 1, 2: 30}), {"hill": hill, "shore": shore}, cell_size=30).minimum_set()

A layer is an array (rows, columns), a CSV file without a head or a GeoTIFF; blank cells are outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pandas as pd
import rasterio
import shapely

from instances.faults import Fault, InstanceError
from instances.prioritisation import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    Layer = ArrayLike | str | Path

M2_PER_HA = 10_000.0
HABITAT, RESTORABLE = "habitat", "restorable"


@dataclass(frozen=True)
class Grid:
    """Values of cells, (rows, columns), NaN where blank, and where the grid lies.

    `size` is width and height of a cell, `corner` the upper left one of the grid, in m of the reference system.
    """

    values: NDArray[np.float64]
    size: tuple[float, float] | None = None
    corner: tuple[float, float] = (0.0, 0.0)
    crs: str = ""


def read_grid(layer: Layer) -> Grid:
    """Return a layer; raises InstanceError where it is no grid of numbers or the file cannot be read."""
    if not isinstance(layer, (str, Path)):
        values = np.asarray(layer, dtype=float)
        if values.ndim != 2:
            raise InstanceError([Fault("grid", f"has {values.ndim} dimensions", "give rows and columns")])
        return Grid(values)
    path = Path(layer)
    try:
        if path.suffix.lower() in (".tif", ".tiff"):
            return _read_tiff(path)
        return Grid(np.genfromtxt(path, delimiter=",", encoding="utf-8-sig", ndmin=2))
    except (OSError, ValueError) as error:
        raise InstanceError([Fault(str(path), f"cannot be read as a grid: {error}", "write CSV or GeoTIFF")]) from error


def _read_tiff(path: Path) -> Grid:
    with rasterio.open(path) as source:
        values = source.read(1, masked=True).astype(float).filled(np.nan)
        place = source.transform
        if place.b or place.d:
            raise InstanceError([Fault(str(path), "the grid is rotated", "turn it north up")])
        crs = "" if source.crs is None else source.crs.to_string()
        return Grid(values, (place.a, -place.e), (place.c, place.f), crs)


def resistance(
    classes: Layer,
    by_class: Mapping[int, float],
    slope: Layer | None = None,
    by_slope: Sequence[tuple[float, float]] = (),
) -> NDArray[np.float64]:
    """Return a resistance surface: the resistance of the class of each cell, times a factor for its slope.

    Parameters
    ----------
    classes
        Land class of each cell, blank outside.
    by_class
        Resistance of each class; infinite where no corridor may run.
    slope
        Slope of each cell, in the unit of `by_slope`.
    by_slope
        Limits of slope, rising, and the factor of cells up to each; steeper ones have that of the last.

    Raises
    ------
    InstanceError
        Where a class has no resistance or the layers differ in shape.
    """
    code = read_grid(classes).values
    there = ~np.isnan(code)
    unknown = sorted(set(np.unique(code[there]).tolist()) - set(map(float, by_class)))
    if unknown:
        names = ", ".join(f"{one:g}" for one in unknown)
        raise InstanceError([Fault("resistance", f"no resistance is stated for class {names}", "add it to by_class")])
    found = np.full(code.shape, np.nan)
    for name, value in by_class.items():
        found[code == name] = value
    if slope is None or not len(by_slope):
        return found
    steep = read_grid(slope).values
    _same_shape("slope", steep, code)
    limits, factors = np.array(by_slope, dtype=float).T
    return np.asarray(found * factors[np.minimum(np.searchsorted(limits, np.nan_to_num(steep)), len(limits) - 1)])


def _same_shape(name: str, values: NDArray[np.float64], other: NDArray[np.float64]) -> None:
    if values.shape != other.shape:
        sizes = f"{values.shape[0]}x{values.shape[1]}, not {other.shape[0]}x{other.shape[1]}"
        raise InstanceError([Fault(name, f"the grid is {sizes}", "all layers are of one grid")])


def cells_problem(grid: Grid, cell_size: float | tuple[float, float] | None, cost: Layer | None = None) -> Problem:
    """Return the cells that are not blank as units, row by row, named r1c1 and so on; neighbours share a side.

    Raises InstanceError where nothing says how large a cell is, or the layers differ in shape.
    """
    width, height = _size(grid, cell_size)
    row, column = np.nonzero(~np.isnan(grid.values))
    x, y = grid.corner[0] + column * width, grid.corner[1] - row * height
    boxes = shapely.box(x, y - height, x + width, y)
    units = geopandas.GeoDataFrame(
        {
            "unit": [f"r{i}c{j}" for i, j in zip((row + 1).tolist(), (column + 1).tolist(), strict=True)],
            "cost": 0.0 if cost is None else _inside("cost", cost, grid),
            "area_ha": width * height / M2_PER_HA,
            "x": x + width / 2,
            "y": y - height / 2,
        },
        geometry=boxes,
        crs=grid.crs or None,
    )
    nothing = pd.DataFrame({"unit": [], "feature": [], "amount": []})
    return Problem(units, [], nothing).boundary(_borders(grid, units["unit"], (width, height)))


def _size(grid: Grid, stated: float | tuple[float, float] | None) -> tuple[float, float]:
    size = grid.size if stated is None else stated
    if size is None:
        raise InstanceError([Fault("grid", "nothing says how large a cell is", "give cell_size, in m")])
    return size if isinstance(size, tuple) else (float(size), float(size))


def _borders(grid: Grid, names: pd.Series, size: tuple[float, float]) -> pd.DataFrame:
    """Return the borders of cells side by side, and the outer edges."""
    there = ~np.isnan(grid.values)
    code = np.where(there, np.cumsum(there).reshape(there.shape) - 1, -1)
    pairs = [(code[:, :-1], code[:, 1:], size[1]), (code[:-1], code[1:], size[0])]
    left = np.concatenate([one.ravel() for one, _, _ in pairs])
    right = np.concatenate([two.ravel() for _, two, _ in pairs])
    length = np.concatenate([np.full(one.size, width) for one, _, width in pairs])
    both = (left >= 0) & (right >= 0)
    left, right, length = left[both], right[both], length[both]
    outer = np.full(len(names), 2.0 * sum(size))
    np.subtract.at(outer, np.concatenate([left, right]), np.concatenate([length, length]))
    edge = np.flatnonzero(outer > 0)
    ends = [np.concatenate([one, edge]) for one in (left, right)]
    return pd.DataFrame(
        {
            "unit_a": names.to_numpy()[ends[0]],
            "unit_b": names.to_numpy()[ends[1]],
            "length_m": np.concatenate([length, outer[edge]]),
        }
    )


def _inside(name: str, layer: Layer, grid: Grid) -> NDArray[np.float64]:
    """Return a layer in the cells that are not blank, (units,); blank cells of its own count 0."""
    values = read_grid(layer).values
    _same_shape(name, values, grid.values)
    return np.asarray(np.nan_to_num(values[~np.isnan(grid.values)]))


def landscape_problem(
    habitat: Layer,
    restorable: Layer | None = None,
    locked_out: Layer | None = None,
    cost: Layer | None = None,
    cell_size: float | tuple[float, float] | None = None,
) -> Problem:
    """Return a landscape as a problem, to which objective and limits are added.

    Parameters
    ----------
    habitat
        1 where there is habitat now, 0 elsewhere, blank outside the landscape.
    restorable
        What restoring a cell adds, in any unit: layer `restorable`, for rules `restored_area`.
    locked_out
        1 for cells that cannot be restored.
    cost
        Cost of restoring a cell.
    cell_size
        Width of a cell, or width and height, in m; a GeoTIFF knows its own.

    Raises
    ------
    InstanceError
        Where layers cannot be read or differ in shape.
    """
    grid = read_grid(habitat)
    now = _inside(HABITAT, grid.values, grid) > 0
    problem = cells_problem(grid, cell_size, cost).layer(HABITAT, now)
    if restorable is not None:
        problem = problem.layer(RESTORABLE, _inside(RESTORABLE, restorable, grid))
    shut = now if locked_out is None else now | (_inside("locked_out", locked_out, grid) > 0)
    return problem.locked_out(shut)


def corridor_problem(
    resistance: Layer,
    cores: Mapping[str, ArrayLike],
    cell_size: float | tuple[float, float] | None = None,
    rings: int = 0,
) -> Problem:
    """Return the least resistance that connects core areas (生态源地) as a problem; a cell costs its resistance x ha.

    Parameters
    ----------
    resistance
        Of each cell; infinite where no corridor may run, blank outside.
    cores
        Whether each cell belongs to a core area, (rows, columns), by name.
    cell_size
        As for `landscape_problem`.
    rings
        Rings of neighbours on either side of the corridor.

    Raises
    ------
    InstanceError
        Where layers cannot be read or differ in shape.
    """
    grid = read_grid(resistance)
    shut = np.isinf(grid.values)
    ha = np.prod(_size(grid, cell_size)) / M2_PER_HA
    problem = cells_problem(grid, cell_size, np.where(shut, 0.0, grid.values) * ha)
    problem = problem.locked_out(shut[~np.isnan(grid.values)])
    for name, mask in cores.items():
        problem = problem.group(name, _inside(name, np.asarray(mask, dtype=float), grid) > 0)
    return problem.corridor(*cores, rings=rings)
