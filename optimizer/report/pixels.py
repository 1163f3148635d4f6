"""Maps of very many zones, pixel by pixel: each shows the zone in which its centre lies.

A vector map of a million zones costs half a minute and 2 GB, to be seen through about as many pixels. Here polygons
are turned into pixels once, and every map is a look-up.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import shapely
from PIL import Image
from scipy import ndimage

from instances.readers.collector import paused
from optimizer.report import kernels

if TYPE_CHECKING:
    from collections.abc import Callable

    from instances.land import Bools, Floats, Ints

_SPECK = 25
"""Pixels below which a part of a region, or a hole in it, has no outline."""
_CHUNK = 250_000
"""Shapes that are turned into points at a time."""
_SQUARE = np.ones((3, 3), dtype=bool)


def zone_of_pixel(geometry: np.ndarray, to_pixels: Callable[[Floats], Floats], size: tuple[int, int]) -> np.ndarray:
    """Return the zone at the centre of each pixel, (height, width), -1 where there is none.

    `to_pixels` turns places on the ground into pixels from the upper left; `size` is (width, height).
    """
    picture = np.full((size[1], size[0]), -1, dtype=np.int32)
    for first in range(0, len(geometry), _CHUNK):
        with paused():
            polygons, shape = _polygons(geometry[first : first + _CHUNK])
            rings, of_polygon = _rings(polygons)
        points = to_pixels(shapely.get_coordinates(polygons))
        kernels.burn(points, rings, of_polygon, (first + shape).astype(np.int32), picture)
    return picture


def _polygons(geometry: np.ndarray) -> tuple[np.ndarray, Ints]:
    """Return the polygons of all shapes, parts one by one, and the shape of each."""
    if (shapely.get_type_id(geometry) != shapely.GeometryType.POLYGON).any():
        geometry, shape = shapely.get_parts(geometry, return_index=True)
    else:
        shape = np.arange(len(geometry))
    kept = (shapely.get_type_id(geometry) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(geometry)
    return (geometry, shape) if kept.all() else (geometry[kept], shape[kept])


def _rings(polygons: np.ndarray) -> tuple[Ints, Ints]:
    """Return where each ring starts among the points, and each polygon among the rings, one more than there are.

    Only rings of polygons with holes become objects; most have none.
    """
    holes, points = shapely.get_num_interior_rings(polygons), shapely.get_num_coordinates(polygons)
    of_polygon = np.concatenate([[0], np.cumsum(holes + 1)])
    length = np.empty(of_polygon[-1], dtype=np.int64)
    simple = holes == 0
    length[of_polygon[:-1][simple]] = points[simple]
    length[np.repeat(~simple, holes + 1)] = shapely.get_num_coordinates(shapely.get_rings(polygons[~simple]))
    return np.concatenate([[0], np.cumsum(length)]), of_polygon


def outlines(zone: np.ndarray, region: Ints) -> Bools:
    """Return the pixels on an edge of a region, (height, width); slivers between zones and specks have none."""
    of_pixel = np.where(zone >= 0, region[zone] + 1, 0)
    lines = np.zeros(zone.shape, dtype=bool)
    for code, window in enumerate(ndimage.find_objects(of_pixel), start=1):
        if window is None:
            continue
        mask = np.pad(of_pixel[window] == code, 3)
        mask = _without_specks(ndimage.binary_closing(mask, _SQUARE))
        mask = ~_without_specks(~mask)
        edge = mask & ~ndimage.binary_erosion(mask, _SQUARE)
        lines[window] |= edge[3:-3, 3:-3]
    return lines


def _without_specks(mask: Bools) -> Bools:
    parts, _ = ndimage.label(mask)
    kept = np.bincount(parts.ravel()) >= _SPECK
    kept[0] = False
    return kept[parts]


def painted(zone: np.ndarray, lines: Bools, colors: Floats, line: Floats) -> bytes:
    """Return a PNG: each pixel in the colour of its zone, (zones, 3), lines in theirs with a white edge."""
    shades = np.vstack([np.round(colors * 255), np.full(3, 255.0)]).astype(np.uint8)  # the last, for -1, is white
    picture = shades[zone]
    picture[ndimage.binary_dilation(lines, _SQUARE)] = 255
    picture[lines] = np.round(line * 255).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "png")
    return stream.getvalue()
