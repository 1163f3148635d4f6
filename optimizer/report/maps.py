"""Maps of a plan as PNG pictures without any text; legends are HTML (bare machines lack Chinese fonts)."""

from __future__ import annotations

import io
import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.path import Path

from optimizer.report import pixels
from optimizer.report.drawing import data_uri
from optimizer.results.colors import BLANK, class_colors

if TYPE_CHECKING:
    import geopandas

    from instances.instance import Instance
    from instances.land import Bools, Floats, Ints
    from optimizer.results.coded import CodedMoves

LARGE = 20_000
"""Zones beyond which maps are painted pixel by pixel."""
DEGREE = 111_320.0
"""Metres of a degree along the equator of WGS 84."""
BORDER = "#4b514d"
"""Colour of the outlines of regions."""
_PIXELS = 1100
_GREATEST_HEIGHT = 1.4
_SCALES = 4
"""A scale bar takes at most this part of the width."""


@dataclass(frozen=True)
class Maps:
    """Three maps: the canvas, the colour of each zone and the painted picture by name, and the classes they show."""

    canvas: Canvas
    fills: dict[str, Floats]
    pictures: dict[str, bytes]
    shown: tuple[int, ...]
    """Codes of the classes that are dominant somewhere before or after."""
    gained: tuple[int, ...]
    """Codes of the classes gained most somewhere."""
    blank: str = BLANK

    def uri(self, name: str) -> str:
        """Return the picture `before`, `after` or `change` as a data URI."""
        return data_uri(self.pictures[name])


def rgb(colors: tuple[str, ...]) -> Floats:
    """Return #rrggbb colours as numbers between 0 and 1, (colours, 3)."""
    return np.array([[int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)] for color in colors]).reshape(-1, 3)


def dominant(areas: Floats) -> Ints:
    """Return the class with the most hectares in each zone, (zones,), -1 in a zone without land."""
    return np.where(areas.sum(axis=1) > 0, areas.argmax(axis=1), -1).astype(np.int64)


def _ring_codes(offsets: Ints) -> Ints:
    codes = np.full(offsets[-1], Path.LINETO, dtype=np.uint8)
    codes[offsets[:-1]] = Path.MOVETO
    codes[offsets[1:] - 1] = Path.CLOSEPOLY
    return codes


def _paths(polygons: np.ndarray) -> list[Path]:
    """Return a path for each polygon, holes as further rings."""
    if not len(polygons):
        return []
    _, coordinates, (rings, of_polygon) = shapely.to_ragged_array(polygons)
    paths = []
    for first, last in itertools.pairwise(of_polygon):
        start, end = rings[first], rings[last]
        codes = _ring_codes(rings[first : last + 1].astype(np.int64) - start)
        paths.append(Path(coordinates[start:end, :2], codes))
    return paths


@dataclass(frozen=True)
class Canvas:
    """Polygons of the zones, ready to be filled several times.

    Attributes
    ----------
    region
        Region of each polygon, whose outlines are drawn; -1 for a polygon that belongs to none.
    aspect
        How much longer a step upwards is on the ground than one across.
    metres
        Length of a step across, 0 where nothing says it.
    """

    geometry: np.ndarray
    region: Ints
    aspect: float = 1.0
    metres: float = 0.0

    @cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """Extent of all zones."""
        left, bottom, right, top = shapely.total_bounds(self.geometry)
        return float(left), float(bottom), float(right), float(top)

    @cached_property
    def size(self) -> tuple[float, float]:
        """Width and height of the picture in inches at 100 dpi."""
        left, bottom, right, top = self.bounds
        ratio = (top - bottom) * self.aspect / max(right - left, 1e-9)
        width = _PIXELS / 100 * min(1.0, _GREATEST_HEIGHT / max(ratio, 1e-9))
        return width, max(width * ratio, 0.2)

    @cached_property
    def parts(self) -> tuple[list[Path], Ints]:
        """Return a path for each polygon, and the zone it belongs to."""
        polygons, zone = shapely.get_parts(self.geometry, return_index=True)
        flat = np.isin(shapely.get_type_id(polygons), (3,)) & ~shapely.is_empty(polygons)
        polygons, zone = polygons[flat], zone[flat]
        return _paths(polygons), zone.astype(np.int64)

    @cached_property
    def borders(self) -> list[np.ndarray]:
        """Outlines of the regions, closed over slivers between zones."""
        left, _, right, _ = self.bounds
        pixel = (right - left) / _PIXELS
        lines: list[np.ndarray] = []
        for region in np.unique(self.region[self.region >= 0]):
            merged = shapely.simplify(shapely.union_all(self.geometry[self.region == region]), pixel / 4)
            closed = shapely.buffer(shapely.buffer(merged, pixel, join_style="mitre"), -pixel, join_style="mitre")
            parts = shapely.get_parts(closed)
            rings = shapely.get_rings(parts[shapely.get_type_id(parts) == 3])
            lines += [shapely.get_coordinates(ring) for ring in rings if shapely.length(ring) > 20 * pixel]
        return lines

    @cached_property
    def frame(self) -> tuple[float, float, float, float]:
        """Extent of the picture: left, bottom, right, top."""
        left, bottom, right, top = self.bounds
        margin = 0.01 * (right - left)
        return left - margin, bottom - margin, right + margin, top + margin

    @property
    def scale(self) -> tuple[float, float] | None:
        """A round length in km and the part of the picture's width that it takes; None without known lengths."""
        left, _, right, _ = self.frame
        wide = (right - left) * self.metres / 1000
        if wide <= 0:
            return None
        power = 10.0 ** np.floor(np.log10(wide / _SCALES))
        length = float(power * max(step for step in (1, 2, 5) if step * power <= wide / _SCALES))
        return length, length / wide

    def pixels(self, points: Floats) -> Floats:
        """Return places on the ground as places on the picture, from its upper left, (points, 2)."""
        left, bottom, right, top = self.frame
        width, height = self.size
        scale = np.array([100 * width / (right - left), -100 * height / (top - bottom)])
        return (points - np.array([left, top])) * scale

    @property
    def is_large(self) -> bool:
        """Whether there are so many zones that maps are painted pixel by pixel."""
        return len(self.geometry) > LARGE

    @cached_property
    def zone_of_pixel(self) -> np.ndarray:
        """Zone at the centre of each pixel, (height, width), -1 where there is none."""
        width, height = self.size
        return pixels.zone_of_pixel(self.geometry, self.pixels, (round(100 * width), round(100 * height)))

    @cached_property
    def edges(self) -> Bools:
        """Pixels on an edge of a region, (height, width)."""
        return pixels.outlines(self.zone_of_pixel, self.region)

    def paint(self, colors: Floats) -> bytes:
        """Fill each zone with its colour, (zones, 3), and return the picture as PNG."""
        if self.is_large:
            return pixels.painted(self.zone_of_pixel, self.edges, colors, rgb((BORDER,))[0])
        width, height = self.size
        figure = Figure(figsize=(width, height), dpi=100)
        canvas = FigureCanvasAgg(figure)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        left, bottom, right, top = self.frame
        axes.set_xlim(left, right)
        axes.set_ylim(bottom, top)
        paths, zone = self.parts
        fills = colors[zone]
        axes.add_collection(
            PathCollection(paths, facecolors=fills, edgecolors=fills, linewidths=0.4, antialiased=len(paths) <= LARGE)
        )
        axes.add_collection(LineCollection(self.borders, colors="white", linewidths=1.6))
        axes.add_collection(LineCollection(self.borders, colors=BORDER, linewidths=0.5))
        stream = io.BytesIO()
        canvas.print_png(stream)
        return stream.getvalue()


def canvas_of(instance: Instance) -> Canvas | None:
    """Return the canvas of an instance, or None where its zones have no polygons."""
    if not instance.has_geometry():
        return None
    shapes = instance.zone_geometry()
    geometry = np.asarray(shapes.geometry.array)
    if not len(geometry) or shapely.is_missing(geometry).all() or not np.isfinite(shapely.total_bounds(geometry)).all():
        return None
    return canvas_on(shapes.geometry, instance.require_land().zone_region)


def canvas_on(shapes: geopandas.GeoSeries, region: Ints) -> Canvas:
    """Return the canvas of some polygons in their reference system."""
    geometry, crs = np.asarray(shapes.array), shapes.crs
    if crs is None:
        return Canvas(geometry, region)
    if not crs.is_geographic:
        return Canvas(geometry, region, metres=float(crs.axis_info[0].unit_conversion_factor))
    _, bottom, _, top = shapely.total_bounds(geometry)
    narrower = max(float(np.cos(np.deg2rad((bottom + top) / 2))), 0.05)
    return Canvas(geometry, region, 1 / narrower, DEGREE * narrower)


def change_colors(gain: Floats, total: Floats, colors: Floats) -> Floats:
    """Return colours of the change map: the class gained most, the deeper the more of the zone changes."""
    changed = gain.sum(axis=1)
    share = np.divide(changed, total, out=np.zeros_like(changed), where=total > 0)
    depth = np.where(changed > 0, 0.25 + 0.75 * np.sqrt(np.clip(share, 0, 1)), 0.0)[:, None]
    blank = rgb((BLANK,))
    return blank * (1 - depth) + colors[gain.argmax(axis=1)] * depth


def draw_maps(instance: Instance, coded: CodedMoves) -> Maps | None:
    """Return the maps before, after and of the change; None where the instance has no geometry."""
    canvas = canvas_of(instance)
    if canvas is None:
        return None
    colors = rgb(class_colors(coded.land))
    palette = np.vstack([colors, rgb((BLANK,))])
    areas = coded.zone_areas(after=False)
    before, after = dominant(areas), dominant(coded.zone_areas(after=True))
    gain = coded.zone_areas(after=True, changed_only=True)
    fills = {
        "before": palette[before],
        "after": palette[after],
        "change": change_colors(gain, areas.sum(axis=1), colors),
    }
    return Maps(
        canvas=canvas,
        fills=fills,
        pictures={name: canvas.paint(fill) for name, fill in fills.items()},
        shown=tuple(int(code) for code in np.union1d(before, after) if code >= 0),
        gained=tuple(int(code) for code in np.unique(dominant(gain)) if code >= 0),
    )
