"""Shapes split by polygons, exactly, fast for many shapes and for polygons of many vertices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from instances.readers.raster.vectors import polygonal

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERTICES = 200
"""Most vertices of a tile."""

DUST = 1e-9
"""Share of a shape below which a part is arithmetic noise."""


def tiles(polygon: shapely.Geometry) -> NDArray[np.object_]:
    """Return a polygon halved until each tile has few vertices."""
    found, stack = [], list(shapely.get_parts(polygonal(np.array([polygon], dtype=object))[0]))
    while stack:
        tile = stack.pop()
        if shapely.get_num_coordinates(tile) <= VERTICES:
            found.append(tile)
            continue
        west, south, east, north = shapely.bounds(tile)
        if east - west >= north - south:
            middle = (west + east) / 2
            boxes = shapely.box([west, middle], south, [middle, east], north)
        else:
            middle = (south + north) / 2
            boxes = shapely.box(west, [south, middle], east, [middle, north])
        halves = polygonal(shapely.intersection(tile, boxes))
        stack += [part for part in shapely.get_parts(halves) if not shapely.is_empty(part)]
    return np.array(found, dtype=object)


def within(shapes: NDArray[np.object_], polygon: shapely.Geometry) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
    """Return the share of each shape that lies in a polygon, and that part of it, (shapes,) both.

    The part of a shape that lies wholly inside is the shape itself; where nothing does, an empty polygon.
    """
    share = np.zeros(len(shapes))
    part = np.full(len(shapes), shapely.Polygon(), dtype=object)
    pieces = tiles(polygon)
    if not len(pieces) or not len(shapes):
        return share, part
    which, tile = shapely.STRtree(pieces).query(shapes, predicate="intersects")
    whole = shapely.covers(pieces[tile], shapes[which])
    share[which[whole]], part[which[whole]] = 1.0, shapes[which[whole]]
    open_ = share[which] == 0
    which, tile = which[open_], tile[open_]
    cut = polygonal(shapely.intersection(shapes[which], pieces[tile]))
    order = np.argsort(which, kind="stable")
    which, cut = which[order], cut[order]
    begin = np.flatnonzero(np.diff(which, prepend=-1))
    count = np.diff(np.append(begin, len(which)))
    held = cut[begin] if len(begin) else np.zeros(0, dtype=object)
    for place in np.flatnonzero(count > 1):
        held[place] = shapely.union_all(cut[begin[place] : begin[place] + count[place]])
    own = which[begin] if len(begin) else np.zeros(0, dtype=np.int64)
    area = shapely.area(held) / shapely.area(shapes[own])
    inside = area > DUST
    share[own[inside]] = np.where(area[inside] > 1 - DUST, 1.0, area[inside])
    part[own[inside]] = held[inside]
    return share, part


def shares_in(
    one: NDArray[np.object_], other: NDArray[np.object_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the pairs of shapes that overlap, and the area (square units) of each overlap, exactly."""
    left, right = shapely.STRtree(other).query(one, predicate="intersects")
    area = np.zeros(len(left))
    covered = shapely.covers(one[left], other[right])
    area[covered] = shapely.area(other[right[covered]])
    cut = ~covered
    area[cut] = shapely.area(shapely.intersection(one[left[cut]], other[right[cut]]))
    kept = area > DUST * shapely.area(other[right])
    return left[kept], right[kept], area[kept]
