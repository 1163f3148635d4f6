"""Corridors of the Weihai instance: least-cost routes over a friction grid of the synthetic zones.

Routes that run together share segments, which are paid for and take land once. 走廊路径：合成地理上的最小费用路径，
共用区段只计一次。
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import geopandas
import networkx as nx
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra
from shapely.geometry import LineString

from instances.library.weihai_energy import NEW_LINES, bus_points, reactance
from instances.library.weihai_energy_sites import STRIP_ON
from instances.library.weihai_energy_sources import TEPPC, V30

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

CELL_M = 400.0
WIDTH_M = 35.0
"""Width of a 220 kV corridor: 30 to 40 m (V30, GB 50293-1999 table 7.5.5)."""

TOWER_HA_PER_KM = 0.03
"""Three towers a km with 100 m2 of feet each (assumed)."""

WANYUAN_PER_KM = 150.0
"""A 220 kV line on even cropland, 10k CNY (recalled)."""

FRICTION = {
    "0301": 2.25,
    "0307": 2.25,
    "0305": 2.25,
    "0701": 1.59,
    "05H1": 1.59,
    "08H1": 1.59,
    "08H2": 1.59,
    "0702": 1.3,
    "0601": 1.3,
    "1105": 1.2,
    "1108": 1.2,
    "0603": 1.2,
}
"""Cost by class over that of cropland: forest 2.25, urban 1.59, suburban 1.3, wetland 1.2 (TEPPC, reVX)."""

SLOPE_FRICTION = {1: 1.0, 2: 1.4, 3: 1.75, 4: 1.75, 5: 1.75}
"""Steps from 2 % and from 8 % (TEPPC, reVX), taken from 2 and 6 degrees, the nearest slope classes (assumed)."""

PENALTY = {"general": 8.0, "boundary": 3.0, "whole": 4.0}
"""Times the friction in the general red line, inside the urban boundary, over whole parcels (assumed)."""

BARRED_M = 600.0
"""Distance kept from the core of the red line and from towns (assumed)."""

LEAST_OPEN = 0.5
"""Part of a zone that strips may lie on, below which it is a town: overhead lines do not cross it (assumed)."""

SMOOTH_M = 250.0
SLIVER_HA = 0.005
SOURCE = f"least-cost route; width {V30}; {TEPPC}; 1.5 million CNY/km recalled; towers, penalties assumed"

Cell = tuple[int, int]


class Grid:
    """Friction over square cells (rows, columns), infinite off the land and near towns and the core of the red line."""

    def __init__(self, zones: geopandas.GeoDataFrame, cover: pd.DataFrame) -> None:
        west, south, east, north = zones.total_bounds
        self._corner = np.array([west, south])
        self.shape = int((north - south) // CELL_M) + 1, int((east - west) // CELL_M) + 1
        points = shapely.points(self.middle(np.indices(self.shape).reshape(2, -1).T))
        zone = np.full(len(points), -1)
        inside, of = shapely.STRtree(zones.geometry.to_numpy()).query(points, predicate="within")
        zone[inside] = of
        cost = np.append(_friction(zones, cover), np.inf)[zone]
        barred = (zones["red_line"] == "core") | _is_town(zones, cover)
        away = shapely.union_all(zones.geometry[barred].to_numpy()).buffer(BARRED_M)
        cost[shapely.contains(away, points)] = np.inf
        self.friction = cost.reshape(self.shape)

    def middle(self, cells: NDArray[np.int64] | list[Cell]) -> NDArray[np.float64]:
        """Return the middle of cells (row, column), (cells, 2), m."""
        rows, columns = np.asarray(cells).T
        return np.round(self._corner + CELL_M * (np.column_stack([columns, rows]) + 0.5), 1)

    def nearest(self, point: NDArray[np.float64]) -> Cell:
        """Return the open cell nearest to a point."""
        cells = np.argwhere(np.isfinite(self.friction))
        away = np.linalg.norm(self.middle(cells) - point, axis=1)
        row, column = cells[int(away.argmin())]
        return int(row), int(column)

    def graph(self, discount: dict[tuple[int, int], float]) -> csr_array:
        """Return the costs of steps between neighbouring cells, those of `discount` by its factor."""
        rows, columns = self.shape
        number = np.arange(rows * columns).reshape(self.shape)
        parts = []
        for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
            here = (slice(0, rows - down), slice(max(0, -right), columns - max(0, right)))
            there = (slice(down, rows), slice(max(0, right), columns + min(0, right)))
            mean = (self.friction[here] + self.friction[there]) / 2 * float(np.hypot(down, right))
            open_ = np.isfinite(mean)
            parts.append((number[here][open_], number[there][open_], mean[open_]))
        one, other, cost = (np.concatenate(part) for part in zip(*parts, strict=True))
        if discount:
            factor = np.array([discount.get((a, b), 1.0) for a, b in zip(one.tolist(), other.tolist(), strict=True)])
            cost = cost * factor
        return csr_array(coo_array((cost, (one, other)), shape=(rows * columns,) * 2))


SHARED = 0.5
"""Part of its cost that a step costs where another route runs already: routes like to run together (assumed)."""


def _friction(zones: pd.DataFrame, cover: pd.DataFrame) -> NDArray[np.float64]:
    """Return the friction of each zone: the mean over its classes, times slope and control lines."""
    weighted = cover.assign(value=cover["area_ha"] * cover["class"].map(FRICTION).fillna(1.0))
    sums = weighted.groupby("zone")[["value", "area_ha"]].sum()
    mean = zones["zone"].map(sums["value"] / sums["area_ha"]).to_numpy()
    line = np.where(zones["red_line"] == "general", PENALTY["general"], 1.0)
    town = np.where(zones["boundary"] == 1, PENALTY["boundary"], 1.0)
    whole = np.where(zones["whole"] == 1, PENALTY["whole"], 1.0)
    slope = zones["slope_class"].map(SLOPE_FRICTION).to_numpy()
    result: NDArray[np.float64] = np.asarray(mean * slope * line * town * whole, dtype=float)
    return result


def _is_town(zones: pd.DataFrame, cover: pd.DataFrame) -> pd.Series:
    """Return which zones hold too little land that strips may lie on."""
    under = cover["area_ha"].where(cover["class"].isin(STRIP_ON), 0.0).groupby(cover["zone"]).sum()
    return zones["zone"].map(under / cover.groupby("zone")["area_ha"].sum()) < LEAST_OPEN


def corridors(
    zones: geopandas.GeoDataFrame, cover: pd.DataFrame, candidates: pd.DataFrame
) -> tuple[dict[str, pd.DataFrame], geopandas.GeoDataFrame]:
    """Return tables corridors, segment_zones and candidates (with reactances), and the segments."""
    grid = Grid(zones, cover)
    routes = _routes(grid)
    pieces = _segments(routes)
    names = {piece: f"s{k + 1:02d}" for k, piece in enumerate(pieces)}
    lines = {names[piece]: LineString(grid.middle(list(piece))).simplify(SMOOTH_M) for piece in pieces}
    friction = {names[piece]: _mean_friction(grid, piece) for piece in pieces}
    shapes = [line.buffer(WIDTH_M / 2, cap_style="flat") for line in lines.values()]
    land = _strips(list(lines), shapes, zones)
    table = _segment_table(lines, friction, land, zones)
    use = {corridor: [names[piece] for piece in pieces if _runs(piece, route)] for corridor, route in routes.items()}
    rows = [(corridor, segment, SOURCE, "made") for corridor, some in use.items() for segment in some]
    listed = pd.DataFrame(rows, columns=["corridor", "segment", "source", "status"])
    length = {corridor: float(sum(lines[name].length for name in some)) / 1_000.0 for corridor, some in use.items()}
    circuits = candidates.copy()
    for row, entry in circuits.iterrows():
        if entry["corridor"]:
            ohm = reactance(entry["from_bus"], entry["to_bus"], length[entry["corridor"]])
            circuits.loc[row, "reactance_ohm"] = ohm
    return {"corridors": listed, "segment_zones": land, "candidates": circuits}, table


def _routes(grid: Grid) -> dict[str, list[Cell]]:
    """Return the cells of each corridor; a route finds it cheaper to follow those before it."""
    points, routes = bus_points(), {}
    discount: dict[tuple[int, int], float] = {}
    for one, other, _most in NEW_LINES:
        start, end = (grid.nearest(points[bus]) for bus in (one, other))
        columns = grid.shape[1]
        first, last = (row * columns + column for row, column in (start, end))
        graph = grid.graph(discount)
        _, before = dijkstra(graph, directed=False, indices=[first], return_predecessors=True)
        steps = [last]
        while steps[-1] != first:
            steps.append(int(before[0, steps[-1]]))
        routes[f"{one}-{other}"] = [divmod(step, columns) for step in reversed(steps)]
        discount |= {(min(pair), max(pair)): SHARED for pair in pairwise(steps)}
    return routes


def _segments(routes: dict[str, list[Cell]]) -> list[tuple[Cell, ...]]:
    """Return the pieces between ends and forks of all routes taken together, each a chain of cells."""
    graph: nx.Graph = nx.Graph()
    for corridor, route in routes.items():
        for one, other in pairwise(route):
            users = graph.get_edge_data(one, other, {"users": frozenset()})["users"] | {corridor}
            graph.add_edge(one, other, users=users)
    ends = {cell for route in routes.values() for cell in (route[0], route[-1])}
    knots = {cell for cell in graph if cell in ends or not _passes(graph, cell)}
    pieces, done = [], set()
    for knot in sorted(knots):
        for step in sorted(graph[knot]):
            chain = [knot, step]
            while chain[-1] not in knots:
                chain.append(next(cell for cell in graph[chain[-1]] if cell != chain[-2]))
            if frozenset((chain[0], chain[1])) not in done:
                done |= {frozenset((chain[0], chain[1])), frozenset((chain[-1], chain[-2]))}
                pieces.append(tuple(chain))
    return pieces


def _passes(graph: nx.Graph, cell: Cell) -> bool:
    """Return whether the same routes come to a cell and leave it, one way each."""
    users = [graph[cell][other]["users"] for other in graph[cell]]
    return len(users) == 2 and users[0] == users[1]


def _runs(piece: tuple[Cell, ...], route: Iterable[Cell]) -> bool:
    steps = {frozenset(pair) for pair in pairwise(route)}
    return frozenset(piece[:2]) in steps


def _mean_friction(grid: Grid, piece: tuple[Cell, ...]) -> float:
    """Return the mean friction along a piece, without what is a penalty rather than a cost."""
    return float(np.minimum([grid.friction[cell] for cell in piece], MOST_FRICTION).mean())


MOST_FRICTION = 4.0
"""Forest on a slope: above it lie penalties, which steer the route and are not paid."""


def _strips(names: list[str], shapes: list[shapely.Geometry], zones: geopandas.GeoDataFrame) -> pd.DataFrame:
    """Return the land of each strip by zone; where strips meet, it counts with the first."""
    polygons = zones.geometry.to_numpy()
    tree, rows = shapely.STRtree(polygons), []
    taken = shapely.GeometryCollection()
    for name, shape in zip(names, shapes, strict=True):
        own = shape.difference(taken)
        taken = shapely.union(taken, shape)
        whole = sum(own.intersection(polygons[k]).area for k in tree.query(own))
        for k in sorted(tree.query(own)):
            area = own.intersection(polygons[k]).area / 1e4
            if area >= SLIVER_HA:
                rows.append((name, zones["zone"].iloc[k], round(area, 6), area * 1e4 / whole if whole else 0.0))
    table = pd.DataFrame(rows, columns=["segment", "zone", "area_ha", "tower_ha"])
    km = {name: shape.area / WIDTH_M / 1_000.0 for name, shape in zip(names, shapes, strict=True)}
    towers = table["segment"].map(km) * TOWER_HA_PER_KM * table["tower_ha"]
    table["tower_ha"] = np.minimum(towers.round(6), table["area_ha"])
    return table.assign(source=SOURCE, status="made")


def _segment_table(
    lines: dict[str, LineString], friction: dict[str, float], land: pd.DataFrame, zones: geopandas.GeoDataFrame
) -> geopandas.GeoDataFrame:
    red = set(zones.loc[zones["red_line"] == "general", "zone"])
    farm = set(zones.loc[zones["farmland"] == 1, "zone"])
    rows = []
    for name, line in lines.items():
        strip = land[land["segment"] == name]
        crossed = [
            f"{role} {strip.loc[strip['zone'].isin(some), 'area_ha'].sum():.2f} ha"
            for role, some in (("red_line", red), ("farmland", farm))
            if strip["zone"].isin(some).any()
        ]
        km = line.length / 1_000.0
        rows.append((name, round(km, 3), WIDTH_M, round(WANYUAN_PER_KM * km * friction[name], 1), "; ".join(crossed)))
    table = pd.DataFrame(rows, columns=["segment", "length_km", "width_m", "cost", "crossings"])
    table = table.assign(source=SOURCE, status="made")
    return geopandas.GeoDataFrame(table, geometry=list(lines.values()), crs=zones.crs)
