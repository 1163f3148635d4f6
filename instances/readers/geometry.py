"""Checks of the polygons of zones and units: reference system, validity, place, and area against the cover.

图形检查：坐标系、有效性、位置、面积。The reference system stands in the file's header and is checked whenever an
instance is read; the polygons themselves are checked by `sanqu check` and before a solve.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import pyogrio
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from instances import schema
from instances.faults import Fault
from instances.readers.folder import find_table, read_geometry
from instances.readers.guards import UNREADABLE
from instances.row_faults import MOST_TOLD, row_faults

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import geopandas
    from numpy.typing import NDArray

    from instances.instance import Instance
    from instances.schema import Table

AREA_TOLERANCE = 0.01
"""Relative difference of a zone's cover from its polygon that is worth a warning."""

LIKELY = 20
"""Confidence (%) from which an EPSG code counts for a reference system that has none, as in a .prj."""


def _tables() -> tuple[Table, ...]:
    return schema.table("land", "zones"), schema.table("restoration", "units")


def crs_faults(folder: Path, stated: str, sound: Mapping[str, set[str]]) -> list[Fault]:
    """Return where zones, units or segments lack a reference system or have another than the instance states.

    Only tables that are `sound` (names by part) are looked at; what is wrong with others has been said.
    """
    faults = []
    for table in (*_tables(), schema.table("network", "segments")):
        path = find_table(folder, table) if table.name in sound[table.part] else None
        if path is None or path.suffix == ".csv":
            continue
        try:
            has_geometry, crs = _crs_of(path, table)
        except (*UNREADABLE, CRSError, KeyError) as error:
            faults.append(Fault(str(path), f"its reference system cannot be read: {error}", "export the file again"))
            continue
        if not has_geometry or not stated:
            continue
        if crs is None:
            hint = "assign it in the file (QGIS: Define Layer Projection)"
            faults.append(Fault(str(path), f"has no reference system; instance.toml says {stated}", hint, None, "crs"))
        elif not _same(crs, CRS.from_user_input(stated)):
            message = f"is in {_name(crs)}; instance.toml says {stated}"
            faults.append(Fault(str(path), message, "reproject the file or correct [instance] crs", None, "crs"))
    return faults


def has_polygons(path: Path, table: Table) -> bool:
    """Whether a file holds geometry; a plain table in Parquet does not."""
    return path.suffix != ".csv" and _crs_of(path, table)[0]


def _crs_of(path: Path, table: Table) -> tuple[bool, CRS | None]:
    """Return whether a file has polygons, and their reference system, from its header."""
    if path.suffix == ".gpkg":
        facts = pyogrio.read_info(path, layer=table.name)
        return facts["geometry_type"] is not None, None if facts["crs"] is None else CRS.from_user_input(facts["crs"])
    text = (pq.read_schema(path).metadata or {}).get(b"geo")
    if text is None:
        return False, None
    geo = json.loads(text)
    column = geo["columns"][geo["primary_column"]]
    stated = column.get("crs", "OGC:CRS84")
    return True, None if stated is None else CRS.from_user_input(stated)


def _same(one: CRS, other: CRS) -> bool:
    if one.equals(other, ignore_axis_order=True):
        return True
    code = one.to_epsg(min_confidence=LIKELY)
    return code is not None and code == other.to_epsg(min_confidence=LIKELY)


def _name(crs: CRS) -> str:
    authority = crs.to_authority()
    return ":".join(authority) if authority else str(crs.name)


def shape_faults(instance: Instance) -> list[Fault]:
    """Return every polygon of zones and units that is missing, empty, broken or out of place."""
    zones, units = _tables()
    on_land = instance.has_geometry()
    faults = list(_wrong_shapes(instance.folder, zones)) if on_land else []
    path = find_table(instance.folder, units)
    if instance.restoration is None or path is None or not has_polygons(path, units):
        return faults
    faults += _wrong_shapes(instance.folder, units)
    return faults or (list(_outside(instance.folder, zones, units)) if on_land else [])


def _wrong_shapes(folder: Path, table: Table) -> Iterator[Fault]:
    path, key = find_table(folder, table), table.key[0]
    frame = read_geometry(folder, table)
    shapes = frame.geometry.to_numpy()
    words = _problems(shapes)
    wrong = np.flatnonzero(words != "")
    for row in wrong[:MOST_TOLD]:
        message = f"{key} {frame[key].iloc[row]}: {words[row]}"
        hint = "draw it" if shapes[row] is None else "repair it (QGIS: Fix Geometries)"
        yield Fault(str(path), message, hint, int(row) + 1, "geometry")
    if len(wrong) > MOST_TOLD:
        yield Fault(str(path), f"{len(wrong) - MOST_TOLD:,} more shapes are missing or broken", column="geometry")


def _problems(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return what is wrong with each shape, empty text where nothing is."""
    words = np.full(len(shapes), "", dtype=object)
    missing = shapely.is_missing(shapes)
    words[missing] = "has no polygon"
    empty = ~missing & shapely.is_empty(shapes)
    words[empty] = "has an empty polygon"
    kind = shapely.get_type_id(shapes)
    other = ~missing & ~empty & (kind != shapely.GeometryType.POLYGON) & (kind != shapely.GeometryType.MULTIPOLYGON)
    for row in np.flatnonzero(other):
        words[row] = f"is a {shapes[row].geom_type}, not a polygon"
    for row in np.flatnonzero((words == "") & ~shapely.is_valid(shapes)):
        words[row] = f"is no valid polygon: {shapely.is_valid_reason(shapes[row])}"
    return words


def _outside(folder: Path, zones: Table, units: Table) -> Iterator[Fault]:
    """Find units that lie wholly outside the extent of the zones."""
    west, south, east, north = read_geometry(folder, zones).total_bounds
    frame, path = read_geometry(folder, units), find_table(folder, units)
    box = frame.bounds.to_numpy()
    away = np.flatnonzero((box[:, 0] > east) | (box[:, 2] < west) | (box[:, 1] > north) | (box[:, 3] < south))

    def words(row: int) -> str:
        return f"unit {frame['unit'].iloc[row]} lies outside the zones"

    hint = "is its reference system right?"
    yield from row_faults(str(path), away, words, hint, "geometry", "units outside the zones")


def area_warnings(instance: Instance) -> list[Fault]:
    """Return zones whose cover differs from their polygon by more than a hundredth.

    Where the account of the survey (TBDLMJ, KCMJ) and the drawing differ, the account holds; so this is no error.
    """
    if not instance.has_geometry():
        return []
    frame = instance.zone_geometry()
    land = instance.require_land()
    drawn, stated = hectares(frame), land.zone_area_ha
    off = np.flatnonzero(np.abs(drawn - stated) > AREA_TOLERANCE * np.maximum(drawn, stated))
    path = str(find_table(instance.folder, _tables()[0]))

    def words(row: int) -> str:
        name = land.zones["zone"].iloc[row]
        return f"zone {name}: cover adds to {stated[row]:.4f} ha, its polygon has {drawn[row]:.4f} ha"

    rest = f"cover and polygon differ by more than {AREA_TOLERANCE:.0%}"
    return list(row_faults(path, off, words, "the cover counts", "geometry", rest))


def hectares(frame: geopandas.GeoDataFrame) -> NDArray[np.float64]:
    """Return areas in the units of a projected reference system, on the ellipsoid of a geographic one."""
    crs = frame.crs
    if crs is None:
        return frame.geometry.area.to_numpy() / 1e4
    if not crs.is_geographic:
        metres = float(crs.axis_info[0].unit_conversion_factor)
        return frame.geometry.area.to_numpy() * metres**2 / 1e4
    body = crs.ellipsoid
    equal_area = CRS.from_proj4(f"+proj=cea +a={body.semi_major_metre} +b={body.semi_minor_metre} +units=m")
    return frame.geometry.to_crs(equal_area).area.to_numpy() / 1e4
