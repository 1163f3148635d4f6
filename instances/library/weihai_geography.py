"""Synthetic geography of the Weihai instance: a peninsula, its districts, and zones cut by every control line.

Nothing here is a map of Weihai. The outline, relief, rivers, towns and control lines are made
from a seed; only the total area is published. Areas are planar in EPSG:4550 (the geography is
synthetic, so an ellipsoidal correction would correct nothing).

合成地理：轮廓、地形、控制线均由随机种子生成，并非威海真实地图。
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPolygon, Polygon, box
from shapely.ops import unary_union

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

LAND_AREA_HA = 579_700.0
"""5,797 km2: facts, V7 (published)."""

CENTRE = (402_000.0, 4_113_000.0)
"""Easting and northing in EPSG:4550 of the point the peninsula is drawn around."""

DISTRICTS = ("huancui", "wendeng", "rongcheng", "rushan")
DISTRICT_SHARE = {"huancui": 0.17, "wendeng": 0.28, "rongcheng": 0.26, "rushan": 0.29}
"""Share of the land area by district: recalled, rounded; not published in the facts."""

SEATS = {"huancui": (0.06, 0.62), "wendeng": (0.04, -0.06), "rongcheng": (0.62, 0.10), "rushan": (-0.52, -0.34)}
"""District seats, in units of the peninsula's half axes (made)."""

SEAT_AREA_HA = {"huancui": 17_000.0, "wendeng": 10_500.0, "rongcheng": 10_000.0, "rushan": 8_000.0}
TOWN_AREA_HA = 640.0
TOWNS = 20
HALF_AXES_M = (64_000.0, 39_000.0)

PEAKS = (
    (-0.62, 0.16, 1.00, 0.17),
    (-0.30, 0.20, 0.80, 0.15),
    (-0.22, -0.36, 0.70, 0.12),
    (-0.78, -0.18, 0.65, 0.12),
    (0.16, 0.28, 0.75, 0.13),
    (0.30, -0.28, 0.70, 0.13),
    (0.42, 0.42, 0.60, 0.11),
    (0.78, -0.12, 0.55, 0.09),
    (-0.08, 0.48, 0.60, 0.10),
)
"""Mountains (made): place in half axes, height, width."""

MIN_PIECE_HA = 4.0
HA = 10_000.0


@dataclass
class Piece:
    """A piece of land while it is being cut: its polygon and the lines it lies inside."""

    polygon: Polygon
    district: str
    cell: int
    tags: dict[str, bool] = field(default_factory=dict)

    def cut(self, polygon: Polygon, tag: str, inside: bool) -> Piece:
        """Return the part of this piece that is `polygon`, inside or outside of line `tag`."""
        return Piece(polygon, self.district, self.cell, {**self.tags, tag: inside})

    def has(self, tag: str) -> bool:
        """Tell whether the piece lies inside line `tag`."""
        return self.tags.get(tag, False)


class Noise:
    """A smooth random field: a sum of cosines with seeded directions and phases, about N(0, 1)."""

    def __init__(self, generator: np.random.Generator, length_m: float, terms: int = 48) -> None:
        self._waves = generator.normal(0.0, 2.0 / length_m, size=(2, terms))
        self._phases = generator.uniform(0.0, 2.0 * np.pi, terms)

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Return the field at `points` (n, 2)."""
        local = points - np.asarray(CENTRE)
        return np.cos(local @ self._waves + self._phases).sum(axis=1) * np.sqrt(2.0 / len(self._phases))


@dataclass(frozen=True)
class Terrain:
    """What the zones are cut from: outline, coast, relief, rivers, towns and the control lines' shapes."""

    outline: Polygon
    coast: BaseGeometry
    rivers: BaseGeometry
    seats: dict[str, np.ndarray]
    towns: np.ndarray
    boundary: BaseGeometry
    red_general: BaseGeometry
    red_core: BaseGeometry
    reservoirs: BaseGeometry
    tidal: BaseGeometry
    relief: Noise

    def elevation(self, points: np.ndarray) -> np.ndarray:
        """Return a relative height (about 0 at the coast, 1 on the highest peak) at `points`."""
        shore = shapely.distance(shapely.points(points), self.coast)
        return elevation(points, shore, self.relief)


def to_plane(u: float, v: float) -> np.ndarray:
    """Return easting and northing of a place given in half axes."""
    return np.array([CENTRE[0] + u * HALF_AXES_M[0], CENTRE[1] + v * HALF_AXES_M[1]])


def elevation(points: np.ndarray, shore_m: np.ndarray, relief: Noise) -> np.ndarray:
    """Return relative heights: peaks and relief, fading to 0 at the shore."""
    height = 0.16 + 0.07 * relief(points)
    for u, v, top, width in PEAKS:
        squared = ((points - to_plane(u, v)) ** 2).sum(axis=1)
        height = height + top * np.exp(-squared / (2.0 * (width * HALF_AXES_M[0]) ** 2)) * 0.8
    return np.clip(height, 0.0, None) * np.clip(shore_m / 7_000.0, 0.0, 1.0)


def scaled_to(polygon: Polygon, area_ha: float) -> Polygon:
    """Return `polygon` scaled about `CENTRE` to have `area_ha`."""
    factor = float(np.sqrt(area_ha * HA / polygon.area))
    centre = np.asarray(CENTRE)
    return shapely.transform(polygon, lambda xy: (xy - centre) * factor + centre)


def blob(generator: np.random.Generator, centre: np.ndarray, area_ha: float, roughness: float = 0.12) -> Polygon:
    """Return a rough circle around `centre` with `area_ha`."""
    angle = np.linspace(0.0, 2.0 * np.pi, 36, endpoint=False)
    radius = np.ones_like(angle)
    for order in range(2, 7):
        radius += roughness / np.sqrt(order) * np.cos(order * angle + generator.uniform(0.0, 2.0 * np.pi))
    radius *= np.sqrt(area_ha * HA / np.pi / np.mean(radius**2))
    return Polygon(centre + np.column_stack([np.cos(angle), np.sin(angle)]) * radius[:, None])


def outline(generator: np.random.Generator) -> tuple[Polygon, BaseGeometry]:
    """Return the peninsula, 5,797 km2, and its coast (all of its edge but the straight land border in the west)."""
    angle = np.linspace(0.0, 2.0 * np.pi, 720, endpoint=False)
    radius = np.ones_like(angle)
    for order in range(2, 40):
        amplitude = 0.16 / order**0.85
        radius += amplitude * generator.normal() * np.cos(order * angle + generator.uniform(0.0, 2.0 * np.pi))
    x = CENTRE[0] + HALF_AXES_M[0] * radius * np.cos(angle)
    y = CENTRE[1] + HALF_AXES_M[1] * radius * np.sin(angle)
    west = CENTRE[0] - 0.80 * HALF_AXES_M[0]
    land = Polygon(np.column_stack([x, y])).buffer(0).intersection(box(west, y.min() - 1, x.max() + 1, y.max() + 1))
    land = scaled_to(largest(land), LAND_AREA_HA)
    west = land.bounds[0]
    coast = land.exterior.difference(box(west - 50, land.bounds[1] - 50, west + 50, land.bounds[3] + 50))
    return land, coast


def largest(shape: BaseGeometry) -> Polygon:
    """Return the largest polygon of a shape, without holes."""
    parts = polygons(shape)
    return Polygon(max(parts, key=lambda part: part.area).exterior)


def polygons(shape: BaseGeometry) -> list[Polygon]:
    """Return the polygons of a shape; lines and points are left out."""
    if isinstance(shape, Polygon):
        return [] if shape.is_empty else [shape]
    return [part for child in getattr(shape, "geoms", ()) for part in polygons(child)]


def river_lines(generator: np.random.Generator, land: Polygon, coast: BaseGeometry) -> BaseGeometry:
    """Return meandering lines from the peaks to the shore."""
    lines = []
    for u, v, _top, _width in PEAKS:
        start = to_plane(u, v)
        for bearing in generator.uniform(0.0, 2.0 * np.pi, 2):
            reach = start + 28_000.0 * np.array([np.cos(bearing), np.sin(bearing)])
            mouth = shapely.get_coordinates(shapely.shortest_line(coast, shapely.points(reach)))[0]
            step = np.linspace(0.0, 1.0, 24)[:, None]
            sway = np.cumsum(generator.normal(0.0, 450.0, size=(24, 2)), axis=0) * np.sin(np.pi * step)
            lines.append(LineString(start + (mouth - start) * step + sway))
    return unary_union(lines).intersection(land)


def town_places(
    generator: np.random.Generator, land: Polygon, seats: np.ndarray, relief: Noise, coast: BaseGeometry
) -> np.ndarray:
    """Return the towns: low places at least 8 km from each other and 9 km from a seat."""
    west, south, east, north = land.bounds
    chosen: list[np.ndarray] = []
    inner = land.buffer(-2_200.0)
    while len(chosen) < TOWNS:
        place = np.array([generator.uniform(west, east), generator.uniform(south, north)])
        point = shapely.points(place)
        if not inner.contains(point):
            continue
        height = elevation(place[None, :], np.array([coast.distance(point)]), relief)[0]
        others = np.vstack([seats, *chosen])
        away = np.linalg.norm(others - place, axis=1)
        if (
            height < 0.42
            and away[: len(seats)].min() > 9_000.0
            and (len(chosen) == 0 or away[len(seats) :].min() > 8_000.0)
        ):
            chosen.append(place)
    return np.vstack(chosen)


def make_terrain(generator: np.random.Generator) -> Terrain:
    """Draw the outline, the relief and the shapes of the control lines."""
    land, coast = outline(generator)
    relief = Noise(generator, 12_000.0)
    seats = {name: to_plane(*SEATS[name]) for name in DISTRICTS}
    towns = town_places(generator, land, np.vstack(list(seats.values())), relief, coast)
    urban = [blob(generator, seats[name], SEAT_AREA_HA[name]) for name in DISTRICTS]
    urban += [blob(generator, town, TOWN_AREA_HA * generator.uniform(0.7, 1.3)) for town in towns]
    boundary = unary_union(urban).intersection(land)
    reservoirs = _reservoirs(generator, land, boundary, relief, coast)
    general, core = _red_lines(generator, land, boundary, coast)
    tidal = land.intersection(coast.buffer(620.0)).difference(boundary)
    return Terrain(
        land,
        coast,
        river_lines(generator, land, coast),
        seats,
        towns,
        boundary,
        general,
        core,
        reservoirs,
        tidal,
        relief,
    )


def _reservoirs(
    generator: np.random.Generator, land: Polygon, boundary: BaseGeometry, relief: Noise, coast: BaseGeometry
) -> BaseGeometry:
    west, south, east, north = land.bounds
    inner = land.buffer(-6_000.0)
    shapes: list[Polygon] = []
    while len(shapes) < 26:
        place = np.array([generator.uniform(west, east), generator.uniform(south, north)])
        point = shapely.points(place)
        height = elevation(place[None, :], np.array([coast.distance(point)]), relief)[0]
        near = any(shape.distance(point) < 4_500.0 for shape in shapes)
        if inner.contains(point) and 0.2 < height < 0.6 and not near and boundary.distance(point) > 2_500.0:
            shapes.append(blob(generator, place, generator.uniform(640.0, 960.0), 0.22))
    return unary_union(shapes)


def _red_lines(
    generator: np.random.Generator, land: Polygon, boundary: BaseGeometry, coast: BaseGeometry
) -> tuple[BaseGeometry, BaseGeometry]:
    general, core = [], []
    for u, v, top, width in PEAKS:
        area = 12_200.0 * top * (width / 0.13)
        general.append(blob(generator, to_plane(u, v), area))
        core.append(blob(generator, to_plane(u, v), 0.26 * area, 0.08))
    for _ in range(16):
        mouth = coast.interpolate(generator.uniform(0.0, 1.0), normalized=True)
        general.append(blob(generator, shapely.get_coordinates(mouth)[0], generator.uniform(1_300.0, 2_600.0)))
    inside = unary_union(general).intersection(land).difference(boundary)
    return inside, unary_union(core).intersection(inside)


def make_cells(generator: np.random.Generator, terrain: Terrain) -> list[Polygon]:
    """Return Voronoi cells of jittered points, denser inside the urban development boundary."""
    rural = _jittered(generator, terrain.outline, 2_600.0)
    urban = _jittered(generator, terrain.boundary, 1_020.0)
    apart = shapely.distance(shapely.points(rural), terrain.boundary) > 500.0
    points = np.vstack([rural[apart], urban])
    cells = shapely.voronoi_polygons(shapely.multipoints(points), extend_to=terrain.outline)
    clipped = [part for cell in shapely.get_parts(cells) for part in polygons(cell.intersection(terrain.outline))]
    clipped.sort(key=lambda cell: (round(cell.centroid.x), round(cell.centroid.y)))
    return _merged(clipped)


def _jittered(generator: np.random.Generator, shape: BaseGeometry, spacing: float) -> np.ndarray:
    west, south, east, north = shape.bounds
    x, y = np.meshgrid(np.arange(west, east, spacing), np.arange(south, north, spacing))
    points = np.column_stack([x.ravel(), y.ravel()])
    points = points + generator.uniform(-0.38, 0.38, points.shape) * spacing
    return points[shapely.contains_xy(shape, points[:, 0], points[:, 1])]


def _merged(parts: list[Polygon]) -> list[Polygon]:
    """Join every part smaller than `MIN_PIECE_HA` to the neighbour it shares most edge with."""
    kept = list(parts)
    for small in sorted((p for p in parts if p.area < MIN_PIECE_HA * HA), key=lambda p: p.area):
        tree = shapely.STRtree(kept)
        near = [int(i) for i in tree.query(small, predicate="intersects") if kept[i] is not small]
        shared = [kept[i].intersection(small).length for i in near]
        if not near or max(shared) <= 0:
            continue
        home = near[int(np.argmax(shared))]
        joined = kept[home].union(small)
        if isinstance(joined, Polygon):
            kept[home] = joined
            kept = [p for p in kept if p is not small]
    return kept


def assign_districts(cells: list[Polygon], terrain: Terrain) -> list[str]:
    """Return the district of each cell: a power diagram of the seats whose weights are tuned to the shares."""
    centres = shapely.get_coordinates(shapely.centroid(np.array(cells)))
    areas = shapely.area(np.array(cells))
    seats = np.vstack([terrain.seats[name] for name in DISTRICTS])
    squared = ((centres[:, None, :] - seats[None, :, :]) ** 2).sum(axis=2)
    weight = np.zeros(len(DISTRICTS))
    wanted = np.array([DISTRICT_SHARE[name] for name in DISTRICTS])
    step = 2.0e9
    chosen = np.argmin(squared - weight, axis=1)
    for _ in range(400):
        share = np.bincount(chosen, areas, len(DISTRICTS)) / areas.sum()
        weight += step * (wanted - share)
        step *= 0.99
        chosen = np.argmin(squared - weight, axis=1)
    return [DISTRICTS[int(i)] for i in chosen]


def split_by(pieces: list[Piece], line: BaseGeometry, tag: str) -> list[Piece]:
    """Cut every piece along the edge of `line`; slivers follow their neighbour, so that the line runs on zone edges."""
    shapely.prepare(line)
    result: list[Piece] = []
    for piece in pieces:
        if not line.intersects(piece.polygon):
            result.append(piece.cut(piece.polygon, tag, False))
        elif line.contains(piece.polygon):
            result.append(piece.cut(piece.polygon, tag, True))
        else:
            result.extend(_split(piece, line, tag))
    return result


def _split(piece: Piece, line: BaseGeometry, tag: str) -> list[Piece]:
    inside = [(part, True) for part in polygons(piece.polygon.intersection(line))]
    outside = [(part, False) for part in polygons(piece.polygon.difference(line))]
    parts = sorted(inside + outside, key=lambda item: -item[0].area)
    big = [item for item in parts if item[0].area >= MIN_PIECE_HA * HA] or parts[:1]
    flags = [flag for _part, flag in big]
    shapes = [part for part, _flag in big]
    for small, _flag in parts[len(shapes) :]:
        shared = [shape.intersection(small).length for shape in shapes]
        home = int(np.argmax(shared))
        joined = shapes[home].union(small)
        shapes[home] = joined if isinstance(joined, Polygon) else MultiPolygon(polygons(joined))
    return [piece.cut(shape, tag, flag) for shape, flag in zip(shapes, flags, strict=True)]


def cut_share(polygon: Polygon, share: float, bearing: float) -> tuple[Polygon, Polygon] | None:
    """Cut `polygon` by a straight line at `bearing` so that the first part has `share` of its area."""
    direction = np.array([np.cos(bearing), np.sin(bearing)])
    across = np.array([-direction[1], direction[0]])
    reach = 60_000.0
    offsets = shapely.get_coordinates(polygon) @ direction
    low, high = float(offsets.min()), float(offsets.max())
    middle = np.asarray(polygon.centroid.coords[0]) @ across

    def half(offset: float) -> Polygon:
        base = direction * offset + across * middle
        corners = [base - across * reach, base + across * reach]
        return Polygon([*corners, corners[1] - direction * reach, corners[0] - direction * reach])

    for _ in range(22):
        middle_offset = 0.5 * (low + high)
        if polygon.intersection(half(middle_offset)).area < share * polygon.area:
            low = middle_offset
        else:
            high = middle_offset
    side = half(0.5 * (low + high))
    first, second = polygon.intersection(side), polygon.difference(side)
    if isinstance(first, Polygon) and isinstance(second, Polygon):
        return first, second
    return None
