"""Smooth random surfaces over a square of land: how steep it is, and where farmland lies together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

WAVES = 12
STEEPEST_DEG = 34.0
SLOPE_LIMITS_DEG = (2.0, 6.0, 15.0, 25.0)
CELLS_A_SIDE = 60


@dataclass(frozen=True)
class Surface:
    """A sum of plane waves, scaled to about -1 to 1."""

    waves: NDArray[np.float64]
    phases: NDArray[np.float64]

    def at(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the height at points, (points,)."""
        return np.asarray(np.cos(xy @ self.waves.T + self.phases).sum(axis=1) / np.sqrt(WAVES))


def draw_surface(rng: np.random.Generator, side_m: float) -> Surface:
    """Draw a surface with waves of a quarter to the whole of the side."""
    length = side_m * rng.uniform(0.25, 1.0, WAVES)
    angle = rng.uniform(0, 2 * np.pi, WAVES)
    waves = (2 * np.pi / length)[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return Surface(waves, rng.uniform(0, 2 * np.pi, WAVES))


def slope_degrees(height: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the slope of land at a height of the surface: plains below, hills above."""
    return STEEPEST_DEG * np.clip((height + 0.9) / 2.4, 0, 1) ** 2


def slope_class(degrees: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the slope class, 1 to 5."""
    return np.searchsorted(SLOPE_LIMITS_DEG, degrees) + 1


def square_cells(surface: Surface, edges: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return the squares between edges, which share their corners exactly, and the slope of each in degrees."""
    column, row = (grid.ravel() for grid in np.meshgrid(np.arange(len(edges) - 1), np.arange(len(edges) - 1)))
    cells = shapely.box(edges[column], edges[row], edges[column + 1], edges[row + 1])
    middle = (edges[:-1] + edges[1:]) / 2
    return cells, slope_degrees(surface.at(np.column_stack([middle[column], middle[row]])))


def slope_polygons(surface: Surface, side_m: float) -> list[tuple[int, NDArray[Any]]]:
    """Return polygons of each slope class, on square cells of their own."""
    step = side_m / CELLS_A_SIDE
    cells, degrees = square_cells(surface, (np.arange(-1, CELLS_A_SIDE + 2) + 0.37) * step)
    classes = slope_class(degrees)
    return [
        (int(value), shapely.get_parts(shapely.coverage_union_all(cells[classes == value])))
        for value in np.unique(classes)
    ]
