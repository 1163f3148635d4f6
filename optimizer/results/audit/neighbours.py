"""Which zones share a border: as the instance states it, or as the plan says it was measured, checked by polygons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pyarrow as pa
import shapely

from optimizer.results.audit.check import Check, count_check
from optimizer.results.audit.files import AuditInputError, Names, RawTable, find_table, read_table

if TYPE_CHECKING:
    from pathlib import Path

    from optimizer.results.audit.tables import LandTables

_TABLE = "neighbours"
_SAMPLE = 2_000
"""Zones whose borders are measured again."""
_GAP_M = 0.01
"""Gap between polygons that still counts as a border."""
_ABSOLUTE_M = 0.5
_RELATIVE = 0.01
"""Difference of a measured border from the written one that is taken for none: these, and this part of it."""


@dataclass(frozen=True)
class Neighbours:
    """Pairs of zone codes, and the border they share in m."""

    left: np.ndarray
    right: np.ndarray
    length_m: np.ndarray

    def within(self, inside: np.ndarray) -> Neighbours:
        """Return the pairs of which both zones are chosen."""
        rows = inside[self.left] & inside[self.right]
        return Neighbours(self.left[rows], self.right[rows], self.length_m[rows])


def read_neighbours(land: LandTables, plan: Path) -> tuple[Neighbours, list[Check]]:
    """Read the table of the instance; without one, that of the plan, and measure polygons to vouch for it.

    Raises AuditInputError where neither is there.
    """
    found, stated = stated_neighbours(land, plan)
    return found, [_pairs(found)] if stated else [_pairs(found), _measured(land, found)]


def stated_neighbours(land: LandTables, plan: Path) -> tuple[Neighbours, bool]:
    """Read the table of the instance, or else of the plan; the second value tells whether the instance has it.

    Raises AuditInputError where neither is there.
    """
    table = find_table(land.folder, _TABLE, required=False)
    if table is not None:
        return _read(table, land.zones.names), True
    path = plan / f"{_TABLE}.parquet"
    if not path.is_file():
        raise AuditInputError(land.folder / _TABLE, "no table neighbours is there, nor does the plan hold one")
    return _read(read_table(path), land.zones.names), False


def _read(table: RawTable, zones: Names) -> Neighbours:
    return Neighbours(
        table.known_codes("zone_a", zones, "zone"),
        table.known_codes("zone_b", zones, "zone"),
        table.numbers("length_m"),
    )


def _pairs(found: Neighbours) -> Check:
    """Check that every pair stands once, is of two zones and has a border."""
    low, high = np.minimum(found.left, found.right), np.maximum(found.left, found.right)
    key = low.astype(np.int64) * (int(high.max(initial=0)) + 1) + high
    bad = int((low == high).sum() + (found.length_m <= 0).sum() + len(key) - len(np.unique(key)))
    words = "each pair of neighbours stands once, of two zones, with a border above 0 m"
    return count_check("neighbours", "neighbours", "", bad, words)


def _measured(land: LandTables, found: Neighbours) -> Check:
    """Measure the borders of some zones in the polygons; the written ones must agree."""
    shapes = _polygons(land)
    count = len(shapes)
    chosen = np.sort(np.random.default_rng(0).permutation(count)[:_SAMPLE])
    of_sample, other = shapely.STRtree(shapes).query(shapes[chosen], predicate="dwithin", distance=_GAP_M)
    one = chosen[of_sample]
    low, high = np.minimum(one, other), np.maximum(one, other)
    key = np.unique((low * count + high)[one != other])
    first, second = key // count, key % count
    length = (_run(shapes[first], shapes[second]) + _run(shapes[second], shapes[first])) / 2
    left, right = np.minimum(found.left, found.right), np.maximum(found.left, found.right)
    mine = np.isin(left, chosen) | np.isin(right, chosen)
    written_key = left[mine].astype(np.int64) * count + right[mine]
    both, place = np.unique(np.concatenate([key, written_key]), return_inverse=True)
    own = np.bincount(place[: len(key)], length, minlength=len(both))
    written = np.bincount(place[len(key) :], found.length_m[mine], minlength=len(both))
    off = np.flatnonzero(np.abs(own - written) > _ABSOLUTE_M + _RELATIVE * np.maximum(own, written))
    words = f"the borders of {len(chosen):,} of {count:,} zones, measured in the polygons, agree"
    if len(off):
        pair = (land.zones.names.label(both[off[0]] // count), land.zones.names.label(both[off[0]] % count))
        words = f"{pair[0]} and {pair[1]} share {own[off[0]]:.3f} m, not {written[off[0]]:.3f} m"
    return count_check("neighbours.measured", "neighbours", "", len(off), words, "pairs")


def _run(lines: np.ndarray, along: np.ndarray) -> np.ndarray:
    """Return how much of each outline runs along a polygon, m; the ends of a contact count for nothing."""
    common = shapely.intersection(shapely.boundary(lines), shapely.buffer(along, _GAP_M, join_style="mitre"))
    return np.asarray(np.maximum(shapely.length(common) - 2 * _GAP_M, 0.0))


def _polygons(land: LandTables) -> np.ndarray:
    """Read the polygons by zone code, in m."""
    for suffix in (".parquet", ".gpkg"):
        path = land.folder / f"zones{suffix}"
        if path.is_file():
            break
    else:
        raise AuditInputError(land.folder / "zones", "has no polygons to measure borders in")
    try:
        frame = geopandas.read_parquet(path) if suffix == ".parquet" else geopandas.read_file(path, layer="zones")
    except (OSError, ValueError, RuntimeError, pa.ArrowException) as error:
        raise AuditInputError(path, f"the polygons cannot be read: {error}") from error
    if frame.crs is not None and frame.crs.is_geographic:
        west, south, east, north = frame.total_bounds
        frame = frame.to_crs(f"+proj=aeqd +lat_0={(south + north) / 2} +lon_0={(west + east) / 2} +units=m")
    elif frame.crs is not None:
        unit = float(frame.crs.axis_info[0].unit_conversion_factor)
        frame = frame.set_geometry(frame.geometry.scale(unit, unit, origin=(0, 0)) if unit != 1 else frame.geometry)
    shapes = np.empty(len(land.zones), dtype=object)
    shapes[land.zones.names.codes(pa.array(frame["zone"].astype(str)))] = shapely.force_2d(frame.geometry.to_numpy())
    return shapes
