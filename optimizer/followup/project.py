"""A proposed project as GeoJSON: one polygon, what is to be built, and by when (拟建项目)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.errors import ShapelyError

from instances.faults import Fault, InstanceError

if TYPE_CHECKING:
    from pathlib import Path

    from instances.instance import Instance

DEGREES = "OGC:CRS84"
"""What GeoJSON is in where it says nothing (RFC 7946)."""

POLYGONS = ("Polygon", "MultiPolygon")


@dataclass(frozen=True)
class Project:
    """A project: name, class of its land, number of its period from 1, and its polygon.

    `source` is the class of present land that it takes; empty where it takes what its zones hold, in proportion.
    """

    name: str
    use: int
    period: int
    shape: geopandas.GeoSeries
    source: int = -1


@dataclass(frozen=True)
class Asked:
    """What the command line says of the project, before what the file says; empty and 0 where it does not."""

    use: str = ""
    period: int = 0
    source: str = ""
    crs: str = ""


def read_project(path: Path, instance: Instance, asked: Asked) -> Project:
    """Read a project; raises InstanceError with one fault for the first thing that is wrong with it."""
    where = str(path)
    content = _json(path)
    feature, stated = _feature(content, where)
    properties = feature.get("properties") or {}
    if not isinstance(properties, dict):
        raise InstanceError([Fault(where, "its properties are no names with values", 'such as {"use": CLASS}')])
    shape = _polygon(feature.get("geometry"), where)
    crs = _crs(asked.crs or _named(content, where), shape, where)
    use = asked.use or str(properties.get("use") or "")
    if not use:
        hint = 'write "use": CLASS in its properties, or give --use CLASS'
        raise InstanceError([Fault(where, "does not say what the land becomes", hint)])
    source = asked.source or str(properties.get("from") or "")
    return Project(
        name=str(properties.get("name") or stated or path.stem),
        use=_class(instance, use, where, "use"),
        period=_period(instance, asked.period or properties.get("period") or 0, where),
        shape=geopandas.GeoSeries([shape], crs=crs),
        source=_class(instance, source, where, "from") if source else -1,
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise InstanceError([Fault(str(path), f"cannot be read: {error}", "a project is a GeoJSON file")]) from error
    if not isinstance(content, dict) or "type" not in content:
        raise InstanceError([Fault(str(path), "is no GeoJSON", "a project is a Feature with one polygon")])
    return content


def _feature(content: dict[str, Any], where: str) -> tuple[dict[str, Any], str]:
    """Return the one feature of a file, and the name of its collection."""
    if content["type"] == "Feature":
        return content, ""
    if content["type"] in POLYGONS:
        return {"geometry": content}, ""
    if content["type"] != "FeatureCollection":
        words = f"is a {content['type']}, not a polygon"
        raise InstanceError([Fault(where, words, "a project is a Feature with one polygon")])
    features = content.get("features")
    if not isinstance(features, list) or not features or not isinstance(features[0], dict):
        raise InstanceError([Fault(where, "holds no feature", "draw the project")])
    if len(features) > 1:
        hint = "one project a file; parts of one project are a MultiPolygon"
        raise InstanceError([Fault(where, f"holds {len(features)} features", hint)])
    return features[0], str(content.get("name") or "")


def _polygon(geometry: Any, where: str) -> shapely.Geometry:
    if not isinstance(geometry, dict) or not geometry.get("type"):
        raise InstanceError([Fault(where, "has no geometry", "draw the project")])
    if geometry["type"] not in POLYGONS:
        raise InstanceError([Fault(where, f"is a {geometry['type']}, not a polygon", "draw the outline of the land")])
    try:
        shape = shapely.force_2d(shapely.from_geojson(json.dumps(geometry)))
    except (ShapelyError, ValueError, TypeError) as error:
        raise InstanceError([Fault(where, f"its geometry cannot be read: {error}", "draw it again")]) from error
    if shape is None or shape.is_empty or not shape.envelope.area > 0:
        raise InstanceError([Fault(where, "has an empty polygon", "draw the project")])
    if not shape.is_valid:
        words = f"is no valid polygon: {shapely.is_valid_reason(shape)}"
        raise InstanceError([Fault(where, words, "repair it (QGIS: Fix Geometries)")])
    return shape


def _named(content: dict[str, Any], where: str) -> str:
    """Return the reference system that a file names, empty where it names none."""
    stated = content.get("crs")
    if stated is None:
        return ""
    name = (stated.get("properties") or {}).get("name") if isinstance(stated, dict) else None
    if not isinstance(name, str):
        raise InstanceError([Fault(where, "its crs has no name", 'such as "urn:ogc:def:crs:EPSG::4550"', column="crs")])
    return name


def _crs(stated: str, shape: shapely.Geometry, where: str) -> CRS:
    if not stated:
        west, south, east, north = shape.bounds
        if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90:
            turned = max(abs(west), abs(east)) <= 90 and max(abs(south), abs(north)) <= 180
            if turned:
                words = "has latitude before longitude"
                raise InstanceError([Fault(where, words, "GeoJSON has longitude first: swap the coordinates")])
            hint = "name it in the file, or give --crs EPSG:4550 or what it is in"
            raise InstanceError([Fault(where, "has no reference system, and its coordinates are no degrees", hint)])
        stated = DEGREES
    try:
        return CRS.from_user_input(stated)
    except CRSError as error:
        raise InstanceError([Fault(where, f"{stated!r} is no reference system", "such as EPSG:4550")]) from error


def _class(instance: Instance, name: str, where: str, column: str) -> int:
    names = instance.require_land().classes["class"].astype(str).tolist()
    if name not in names:
        raise InstanceError([Fault(where, f"no class is called {name!r}", f"one of {', '.join(names)}", column=column)])
    return names.index(name)


def _period(instance: Instance, year: Any, where: str) -> int:
    """Return the period that a year lies in, counted from 1; the first where none is given."""
    ends = instance.settings.time.periods
    if not year:
        return 1
    first = instance.settings.carbon.base_year
    try:
        number = int(str(year).removesuffix(".0"))  # what QGIS writes of a column of decimals
    except ValueError:
        number = first
    if not first < number <= ends[-1]:
        words = f"{year!r} is no year of the plan"
        hint = f"a year from {first + 1} to {ends[-1]}"
        raise InstanceError([Fault(where, words, hint, column="period")])
    return 1 + next(place for place, end in enumerate(ends) if number <= end)
