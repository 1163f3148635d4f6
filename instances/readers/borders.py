r"""Which polygons share a border, and how long it is (相邻关系与共边长度).

Where the edges of two polygons are the same segment, that is the border. What is left (corners of one in the middle
of another's side, overlaps, gaps below a tolerance) is measured against the polygons it runs along:

.. math:: L_{ab} = \tfrac12 \bigl(|\partial a \cap b_\varepsilon| + |\partial b \cap a_\varepsilon|\bigr)

with :math:`b_\varepsilon` the polygon b widened by the tolerance. So a sliver of overlap or gap between two zones
counts as one border, not as two or none. Touching in a point is no border.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Geod

if TYPE_CHECKING:
    import geopandas

TOLERANCE_M = 0.01
"""Gap between two polygons that counts as none."""

CONTACT_M = 4 * TOLERANCE_M
"""A segment of which no more runs along a polygon only touches it: a widened corner overlaps by some tolerances."""

M_PER_DEGREE = 111_320.0

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class _Measure:
    """How long lines are, in m: units of a projected reference system, or the ellipsoid of a geographic one."""

    metres: float
    geod: Geod | None

    def segments(self, start: Floats, end: Floats) -> Floats:
        """Return the lengths of segments, (k,), from their ends, (k, 2)."""
        if self.geod is None:
            return np.hypot(*(end - start).T) * self.metres
        _, _, length = self.geod.inv(start[:, 0], start[:, 1], end[:, 0], end[:, 1])
        return np.asarray(length, dtype=float)

    def lines(self, lines: NDArray[np.object_]) -> Floats:
        """Return the lengths of lines, (lines,); points and areas have none."""
        start, end, owner = _segments(lines)
        return np.bincount(owner, self.segments(start, end), minlength=len(lines)).astype(float)

    @property
    def tolerance(self) -> float:
        """Return the tolerance in units of the reference system."""
        return TOLERANCE_M / (self.metres if self.geod is None else M_PER_DEGREE)


def shared_borders(zones: geopandas.GeoDataFrame) -> pd.DataFrame:
    """Return zone_a, zone_b, length_m for every pair of polygons that share a border, ordered as the zones are."""
    measure = _measure(zones)
    shapes = shapely.force_2d(zones.geometry.to_numpy())
    start, end, owner = _segments(shapes)
    partner = _same_segment(start, end, owner, measure.tolerance)
    alone = partner < 0
    met = ~alone & (owner < partner)
    pairs = [owner[met] * len(shapes) + partner[met]]
    lengths = [measure.segments(start[met], end[met])]
    if alone.any():
        along, length = _along(shapes, start[alone], end[alone], owner[alone], measure)
        pairs.append(along)
        lengths.append(length / 2)
    key, place = np.unique(np.concatenate(pairs), return_inverse=True)
    total = np.bincount(place, np.concatenate(lengths), minlength=len(key))
    key, total = key[total > 0], total[total > 0]
    names = zones["zone"].to_numpy()
    return pd.DataFrame({"zone_a": names[key // len(shapes)], "zone_b": names[key % len(shapes)], "length_m": total})


def _measure(zones: geopandas.GeoDataFrame) -> _Measure:
    crs = zones.crs
    if crs is not None and crs.is_geographic:
        return _Measure(1.0, Geod(a=crs.ellipsoid.semi_major_metre, b=crs.ellipsoid.semi_minor_metre))
    return _Measure(1.0 if crs is None else float(crs.axis_info[0].unit_conversion_factor), None)


def _segments(shapes: NDArray[np.object_]) -> tuple[Floats, Floats, Ints]:
    """Return both ends of every segment of lines or rings, (k, 2) each, and the shape it belongs to."""
    parts, of_part = shapely.get_parts(shapes, return_index=True)
    polygons = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    rings, of_ring = shapely.get_rings(parts[polygons], return_index=True)
    lines = np.concatenate([parts[shapely.get_dimensions(parts) == 1], rings])
    of_line = np.concatenate([of_part[shapely.get_dimensions(parts) == 1], of_part[polygons][of_ring]])
    points, line = shapely.get_coordinates(lines, return_index=True)
    inside = np.flatnonzero(line[1:] == line[:-1])
    return points[inside], points[inside + 1], of_line[line[inside]].astype(np.int64)


def _same_segment(start: Floats, end: Floats, owner: Ints, grid: float) -> Ints:
    """Return the one other shape with the same segment (ends alike after rounding to `grid`), -1 for none, (k,)."""
    first, second = (np.round(points / grid).astype(np.int64) for points in (start, end))
    swap = (first[:, 0] > second[:, 0]) | ((first[:, 0] == second[:, 0]) & (first[:, 1] > second[:, 1]))
    low, high = np.where(swap[:, None], second, first), np.where(swap[:, None], first, second)
    order = np.lexsort((owner, high[:, 1], high[:, 0], low[:, 1], low[:, 0]))
    rows = np.hstack([low, high])[order]
    fresh = np.ones(len(order) + 1, dtype=bool)
    fresh[1:-1] = (rows[1:] != rows[:-1]).any(axis=1)
    begins = np.flatnonzero(fresh[:-1] & ~fresh[1:])
    pairs = begins[fresh[begins + 2]]
    one, other = order[pairs], order[pairs + 1]
    partner = np.full(len(owner), -1, dtype=np.int64)
    apart = owner[one] != owner[other]
    partner[one[apart]], partner[other[apart]] = owner[other[apart]], owner[one[apart]]
    return partner


def _along(
    shapes: NDArray[np.object_], start: Floats, end: Floats, owner: Ints, measure: _Measure
) -> tuple[Ints, Floats]:
    """Return pairs (a, b) as one code with a < b, and the length of each one's lone segments along the other."""
    lines = shapely.linestrings(np.stack([start, end], axis=1))
    tolerance = measure.tolerance
    line, shape = shapely.STRtree(shapes).query(lines, predicate="dwithin", distance=tolerance)
    other = owner[line] != shape
    line, shape = line[other], shape[other]
    wanted, place = np.unique(shape, return_inverse=True)
    wide = shapely.buffer(shapes[wanted], tolerance, join_style="mitre")
    length = measure.lines(shapely.intersection(lines[line], wide[place]))
    whole = measure.segments(start, end)[line]
    runs = (length > CONTACT_M) | (length >= whole * (1 - 1e-9))
    line, shape = line[runs], shape[runs]
    one, two = np.minimum(owner[line], shape), np.maximum(owner[line], shape)
    return one * len(shapes) + two, length[runs]
