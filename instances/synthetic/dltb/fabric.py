"""The polygons of a made survey: irregular parcels by village, with roads and rivers as thin polygons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from numpy.typing import NDArray

MEAN_PARCEL_M2 = 8_000.0
CELLS_A_PARCEL = 1.75
MERGED = 0.6
"""Share of cells that are joined to their nearest neighbour."""
PARCELS_A_VILLAGE = 250
VILLAGES_A_TOWNSHIP = 8
WIDTHS_M = {"1101": 40.0, "1003": 14.0, "1006": 5.0, "1107": 3.0}
"""Full width of rivers, roads, farm roads and ditches; what comes first keeps its land where they cross."""


@dataclass(frozen=True)
class Fabric:
    """Parcels: polygon, village, and the class of those that are roads or water courses (else empty).

    `villages` and `towns` are the centres (m), `township` the town of each village, `side_m` the side of the square.
    """

    shapes: NDArray[Any]
    village: NDArray[np.int64]
    linear: NDArray[Any]
    villages: NDArray[np.float64]
    towns: NDArray[np.float64]
    township: NDArray[np.int64]
    side_m: float


def jittered(rng: np.random.Generator, count: int, side: float) -> NDArray[np.float64]:
    """Return about `count` points of a jittered grid over a square, at least as many."""
    rows = int(np.ceil(np.sqrt(count)))
    step = side / rows
    grid = np.stack(np.meshgrid(np.arange(rows), np.arange(rows)), axis=-1).reshape(-1, 2)
    return (grid + rng.uniform(0.12, 0.88, grid.shape)) * step


def nearest(places: NDArray[np.float64], points: NDArray[np.float64], count: int = 1) -> NDArray[np.int64]:
    """Return the position of the nearest place of each point, or of the `count` nearest."""
    return np.asarray(cKDTree(places).query(points, k=count)[1], dtype=np.int64)


def draw_fabric(rng: np.random.Generator, parcels: int) -> Fabric:
    """Draw about `parcels` polygons over a square."""
    side = float(np.sqrt(parcels * MEAN_PARCEL_M2))
    villages = jittered(rng, max(4, parcels // PARCELS_A_VILLAGE), side)
    towns = jittered(rng, max(2, len(villages) // VILLAGES_A_TOWNSHIP), side)
    township = nearest(towns, villages)
    cells, village = _parcels(rng, parcels, side, villages)
    lines = _lines(rng, villages, towns, township, side)
    shapes, village, linear = _with_lines(cells, village, lines, len(villages))
    return Fabric(shapes, village, linear, villages, towns, township, side)


def _parcels(
    rng: np.random.Generator, parcels: int, side: float, villages: NDArray[np.float64]
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return polygons merged from the Voronoi cells of a jittered grid, and the village of each."""
    points = jittered(rng, int(parcels * CELLS_A_PARCEL), side)
    square = shapely.box(0, 0, side, side)
    diagram = shapely.voronoi_polygons(shapely.multipoints(points), extend_to=square, ordered=True)
    cells = shapely.clip_by_rect(shapely.get_parts(diagram), 0, 0, side, side)
    neighbour = nearest(points, points, 2)[:, 1]
    near_village = nearest(villages, points)
    joined = np.flatnonzero((rng.random(len(points)) < MERGED) & (near_village == near_village[neighbour]))
    graph = coo_array((np.ones(len(joined)), (joined, neighbour[joined])), shape=(len(points), len(points)))
    count, group = connected_components(graph, directed=False)
    shapes = _united(cells, group, count)
    village = np.zeros(count, dtype=np.int64)
    village[group] = near_village
    return shapes, village


def _united(cells: NDArray[Any], group: NDArray[Any], count: int) -> NDArray[Any]:
    order = np.argsort(group, kind="stable")
    start = np.searchsorted(group[order], np.arange(count + 1))
    shapes = np.empty(count, dtype=object)
    for number in range(count):
        members = cells[order[start[number] : start[number + 1]]]
        shapes[number] = members[0] if len(members) == 1 else shapely.coverage_union_all(members)
    return shapes


def _lines(
    rng: np.random.Generator,
    villages: NDArray[np.float64],
    towns: NDArray[np.float64],
    township: NDArray[np.int64],
    side: float,
) -> dict[str, NDArray[Any]]:
    """Return roads and water courses as strips, by class."""
    near = nearest(villages, villages, min(4, len(villages)))
    pairs = np.unique(np.sort([(a, b) for a, row in enumerate(near) for b in row[1:]], axis=1), axis=0)
    tracks = [_bent(rng, villages[a], villages[b]) for a, b in pairs]
    ditches = [_bent(rng, villages[a] + 0.05 * side, villages[b] - 0.03 * side) for a, b in pairs[::3]]
    roads = [_bent(rng, towns[town], villages[village]) for village, town in enumerate(township)]
    levels = np.linspace(-0.05, 1.05, 40) * side
    river = np.column_stack([levels, side * (0.5 + 0.18 * np.sin(levels / side * 7 + rng.uniform(0, 6)))])
    lines = {"1101": [river], "1003": roads, "1006": tracks, "1107": ditches}
    return {
        code: shapely.buffer([shapely.linestrings(line) for line in held], WIDTHS_M[code] / 2, cap_style="flat")
        for code, held in lines.items()
    }


def _bent(rng: np.random.Generator, start: NDArray[Any], end: NDArray[Any]) -> NDArray[np.float64]:
    """Return a way between two points with three bends."""
    along = np.linspace(0, 1, 5)[:, None]
    sway = 0.08 * np.linalg.norm(end - start) * np.sin(np.pi * along) * rng.standard_normal((5, 2))
    return start + along * (end - start) + sway


def _with_lines(
    cells: NDArray[Any], village: NDArray[np.int64], lines: dict[str, NDArray[Any]], count: int
) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[Any]]:
    """Return parcels cut by the strips, then the strips of each village: polygon, village, class of strips."""
    grounds = _united(cells, village, count)
    taken = np.full(count, shapely.Polygon(), dtype=object)
    strips: list[tuple[Any, int, str]] = []
    for code, held in lines.items():
        tree = shapely.STRtree(held)
        for ground in range(count):
            near = held[tree.query(grounds[ground], predicate="intersects")]
            if not len(near):
                continue
            strip = shapely.intersection(shapely.union_all(near), grounds[ground])
            strip = shapely.difference(strip, taken[ground])
            taken[ground] = shapely.union(taken[ground], strip)
            strips += [(part, ground, code) for part in shapely.get_parts(strip) if part.area > 1.0]
    cut = shapely.intersects(cells, taken[village])
    cells = cells.copy()
    cells[cut] = shapely.difference(cells[cut], taken[village[cut]])
    parts, owner = shapely.get_parts(cells, return_index=True)
    held = shapely.area(parts) > 1.0
    shapes = np.concatenate([parts[held], np.array([strip[0] for strip in strips], dtype=object)])
    where = np.concatenate([village[owner[held]], np.array([strip[1] for strip in strips], dtype=np.int64)])
    linear = np.concatenate([np.full(int(held.sum()), ""), np.array([strip[2] for strip in strips])]).astype(object)
    return shapes, where, linear
