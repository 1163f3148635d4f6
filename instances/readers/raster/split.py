"""Exact splitting: pixels into pieces that lie wholly inside or outside of every polygon.

Everything is in pixel coordinates. A polygon is halved along pixel edges until its tiles are small;
a tile that is a full rectangle needs no geometry at all, and only pixels on an edge are ever overlaid.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from instances.readers.raster.vectors import polygonal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


DUST = 1e-7
"""Share of a pixel below which a piece is arithmetic noise."""

_SIDE, _VERTICES = 16, 200


@dataclass(frozen=True)
class Layer:
    """Polygons laid over the grid, each with a value from 1 on.

    Attributes
    ----------
    whole
        Value of each pixel that one polygon covers, 0 elsewhere, (pixels,).
    pixel, value, part
        The pixels that an edge cuts, ordered by pixel: which polygon, and the part of the pixel inside it.
    """

    whole: NDArray[np.int64] = field(repr=False)
    pixel: NDArray[np.int64] = field(repr=False)
    value: NDArray[np.int64] = field(repr=False)
    part: NDArray[np.object_] = field(repr=False)


@dataclass(frozen=True)
class Pieces:
    """Pieces of pixels: the pixel, the share of it, the shape (None for all of it), and one code for each layer."""

    pixel: NDArray[np.int64] = field(repr=False)
    share: NDArray[np.float64] = field(repr=False)
    shape: NDArray[np.object_] = field(repr=False)
    codes: dict[str, NDArray[np.int64]] = field(repr=False)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Pieces:
        """Return some of the pieces."""
        codes = {name: values[rows] for name, values in self.codes.items()}
        return Pieces(self.pixel[rows], self.share[rows], self.shape[rows], codes)

    def shapes(self, width: int) -> NDArray[np.object_]:
        """Return the shape of every piece in pixel coordinates; `width` is that of the grid."""
        out = self.shape.copy()
        full = np.array([shape is None for shape in out], dtype=bool)
        out[full] = squares(self.pixel[full], width)
        return out

    def with_code(self, name: str, values: NDArray[np.int64]) -> Pieces:
        """Return the pieces with one more code."""
        return Pieces(self.pixel, self.share, self.shape, {**self.codes, name: values})


def whole_pixels(count: int) -> Pieces:
    """Return one piece for each pixel."""
    return Pieces(np.arange(count), np.ones(count), np.full(count, None, dtype=object), {})


def squares(pixel: NDArray[np.int64], width: int) -> NDArray[np.object_]:
    """Return the pixels as unit squares."""
    row, column = np.divmod(pixel, width)
    return shapely.box(column, row, column + 1, row + 1)


def disjoint(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], float]:
    """Take from each polygon what an earlier one holds; returns them with the area that lay in two, in pixels."""
    out, twice = shapes.copy(), 0.0
    later, earlier = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    for i in np.unique(later[earlier < later]):
        mine = earlier[(later == i) & (earlier < i)]
        taken = shapely.difference(out[i], shapely.union_all(shapes[mine]))
        twice += shapely.area(out[i]) - shapely.area(taken)
        out[i] = taken
    return polygonal(out), twice


def lay(shapes: NDArray[np.object_], shape: tuple[int, int]) -> Layer:
    """Lay disjoint polygons, in pixel coordinates, over a grid of `shape`; their values are 1, 2, ..."""
    height, width = shape
    whole = np.zeros(height * width, dtype=np.int64)
    pixels, values, parts = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=object)]
    frame = shapely.box(0, 0, width, height)
    for value, polygon in enumerate(shapes, start=1):
        for tile, (west, south, east, north) in _tiles(shapely.intersection(polygon, frame)):
            rows, columns = np.mgrid[south:north, west:east]
            pixel = (rows * width + columns).ravel()
            if tile is None:
                whole[pixel] = value
                continue
            box = squares(pixel, width)
            shapely.prepare(tile)
            covered = shapely.covers(tile, box)
            whole[pixel[covered]] = value
            edge = ~covered & shapely.intersects(tile, box)
            part = polygonal(shapely.intersection(tile, box[edge]))
            area = shapely.area(part)
            whole[pixel[edge][area > 1 - DUST]] = value
            cut = (area > DUST) & (area <= 1 - DUST)
            pixels.append(pixel[edge][cut])
            values.append(np.full(int(cut.sum()), value))
            parts.append(part[cut])
    pixel = np.concatenate(pixels)
    order = np.argsort(pixel, kind="stable")
    return Layer(whole, pixel[order], np.concatenate(values)[order], np.concatenate(parts)[order])


def _tiles(polygon: shapely.Geometry) -> Iterator[tuple[shapely.Geometry | None, tuple[int, int, int, int]]]:
    """Halve a polygon along pixel edges; yields tiles with the pixels they span, None for a full rectangle."""
    stack = [polygon]
    while stack:
        tile = stack.pop()
        if shapely.area(tile) <= 0:
            continue
        bounds = shapely.bounds(tile)
        west, south = (int(v) for v in np.floor(bounds[:2]))
        east, north = (int(v) for v in np.ceil(bounds[2:]))
        across, along = east - west, north - south
        if shapely.area(tile) == across * along:
            yield None, (west, south, east, north)
        elif max(across, along) <= 1 or (
            max(across, along) <= _SIDE and shapely.get_num_coordinates(tile) <= _VERTICES
        ):
            yield tile, (west, south, east, north)
        elif across >= along:
            middle = west + across // 2
            stack += _halves(tile, (west, south, middle, north), (middle, south, east, north))
        else:
            middle = south + along // 2
            stack += _halves(tile, (west, south, east, middle), (west, middle, east, north))


def _halves(tile: shapely.Geometry, *boxes: tuple[int, int, int, int]) -> list[shapely.Geometry]:
    halves = polygonal(shapely.intersection(tile, np.array([shapely.box(*box) for box in boxes])))
    return [half for half in halves if not shapely.is_empty(half)]


def cut(pieces: Pieces, name: str, layer: Layer, width: int) -> Pieces:
    """Cut pieces by a layer; the code `name` is the value of the polygon a piece lies in, 0 where in none.

    Shares of the parts of a piece add up to the share of the piece.
    """
    start = np.searchsorted(layer.pixel, pieces.pixel, side="left")
    count = np.searchsorted(layer.pixel, pieces.pixel, side="right") - start
    plain = pieces.take(count == 0)
    plain = plain.with_code(name, layer.whole[plain.pixel])
    touched = np.flatnonzero(count)
    if not len(touched):
        return plain
    parent = np.repeat(touched, count[touched])
    first = np.repeat(np.cumsum(count[touched]) - count[touched], count[touched])
    entry = np.repeat(start[touched], count[touched]) + np.arange(len(parent)) - first
    shape = pieces.take(parent).shapes(width)
    within = polygonal(shapely.intersection(shape, layer.part[entry]))
    rest = _remainder(parent, shape, layer.part[entry])
    child = np.concatenate((parent, touched))
    shapes = np.concatenate((within, rest))
    values = np.concatenate((layer.value[entry], layer.whole[pieces.pixel[touched]]))
    area = shapely.area(shapes)
    kept = area > DUST
    child, shapes, values, area = child[kept], shapes[kept], values[kept], area[kept]
    summed = np.bincount(child, weights=area, minlength=len(pieces.pixel))
    parts = pieces.take(child)
    share = area * (pieces.share[child] / summed[child])
    parts = Pieces(parts.pixel, share, shapes, {**parts.codes, name: values})
    return joined(plain, parts)


def _remainder(parent: NDArray[np.int64], shape: NDArray[np.object_], part: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return what of each piece lies in no part; rows of one parent follow each other."""
    begin = np.flatnonzero(np.diff(parent, prepend=-1))
    many = np.diff(np.append(begin, len(parent)))
    cover = part[begin].copy()
    for i in np.flatnonzero(many > 1):
        cover[i] = shapely.union_all(part[begin[i] : begin[i] + many[i]])
    return polygonal(shapely.difference(shape[begin], cover))


def joined(first: Pieces, second: Pieces) -> Pieces:
    """Return the pieces of both, in the order of pixels."""
    pixel = np.concatenate((first.pixel, second.pixel))
    order = np.argsort(pixel, kind="stable")
    return Pieces(
        pixel[order],
        np.concatenate((first.share, second.share))[order],
        np.concatenate((first.shape, second.shape))[order],
        {name: np.concatenate((first.codes[name], second.codes[name]))[order] for name in first.codes | second.codes},
    )
