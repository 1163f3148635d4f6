"""The CGCS2000 systems, zone prefixes that coordinates have or lack, and areas on the ellipsoid.

国家2000坐标系、带号与椭球面积。EPSG 4490 is geographic; 4491 to 4554 are Gauss-Krüger in 6 and 3 degree
zones, with the zone number before the easting or without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS, Transformer

from instances.faults import Fault, InstanceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIRST_CM_3_DEGREES = 4534
"""EPSG code of the 3 degree zone at 75 E without prefix; the next codes follow every 3 degrees."""
WITH_PREFIX_3_DEGREES, WITH_PREFIX_6_DEGREES = 4488, 4478
"""EPSG code less the zone number, for zones that stand before the easting."""
HALF_ZONE_M = 500_000.0
ELLIPSOID = "+a=6378137 +rf=298.257222101"
MERCATOR = "Transverse Mercator"


def parse(text: str, place: str) -> CRS:
    """Return the system of that name; raises InstanceError where there is none."""
    try:
        return CRS.from_user_input(text)
    except Exception as error:
        hint = "name a CGCS2000 system, such as EPSG:4529"
        raise InstanceError([Fault(place, f"{text!r} is no reference system", hint)]) from error


def require_cgcs2000(crs: CRS, place: str) -> None:
    """Raise InstanceError unless the system is CGCS2000, geographic or Gauss-Krüger."""
    ellipsoid = crs.ellipsoid
    same = ellipsoid is not None and (
        abs(ellipsoid.semi_major_metre - 6378137) < 1e-3 and abs(ellipsoid.inverse_flattening - 298.257222101) < 1e-6
    )
    names = f"{crs.name} {crs.datum.name if crs.datum else ''}".upper().replace("_", " ")
    named = "CGCS2000" in names or "CHINA 2000" in names or "CHINA GEODETIC COORDINATE SYSTEM 2000" in names
    operation = crs.coordinate_operation
    plane = crs.is_geographic or (operation is not None and operation.method_name == MERCATOR)
    if not (same and named and plane):
        hint = "a survey database is in CGCS2000 (EPSG:4490 to 4554); transform it, or state [source] crs"
        raise InstanceError([Fault(place, f"reference system is {crs.name}", hint)])


def _parameter(crs: CRS, name: str) -> float:
    operation = crs.coordinate_operation
    assert operation is not None
    return next(float(item.value) for item in operation.params if item.name == name)


def gauss_kruger(meridian: float, false_easting: float) -> CRS:
    """Return the CGCS2000 projection with a central meridian (degrees) and false easting (m)."""
    if false_easting == HALF_ZONE_M and meridian % 3 == 0 and 75 <= meridian <= 135:
        return CRS.from_epsg(FIRST_CM_3_DEGREES + round((meridian - 75) / 3))
    zone = round((false_easting - HALF_ZONE_M) / 1e6)
    if 25 <= zone <= 45 and meridian == 3 * zone:
        return CRS.from_epsg(WITH_PREFIX_3_DEGREES + zone)
    if 13 <= zone <= 23 and meridian == 6 * zone - 3:
        return CRS.from_epsg(WITH_PREFIX_6_DEGREES + zone)
    text = f"+proj=tmerc +lat_0=0 +lon_0={meridian} +k=1 +x_0={false_easting} +y_0=0 {ELLIPSOID} +units=m"
    return CRS.from_proj4(text)


def with_prefix_of(crs: CRS, easting: float) -> CRS:
    """Return the system that the coordinates are really in: its false easting has the zone prefix that they have.

    Files are met whose eastings carry the zone number although their system does not, and the other way round.
    """
    if crs.is_geographic:
        return crs
    stated = _parameter(crs, "False easting")
    prefix = np.floor(easting / 1e6) * 1e6
    if not np.isfinite(easting) or np.floor(stated / 1e6) * 1e6 == prefix or not 0 <= prefix < 1e8:
        return crs
    return gauss_kruger(_parameter(crs, "Longitude of natural origin"), prefix + HALF_ZONE_M)


def working_system(crs: CRS, longitude: float) -> CRS:
    """Return the projected system to work in: the layer's own, or for degrees the nearest 3 degree zone."""
    if not crs.is_geographic:
        return crs
    return gauss_kruger(float(np.clip(round(longitude / 3) * 3, 75, 135)), HALF_ZONE_M)


def transform(shapes: NDArray[Any], source: CRS, target: CRS) -> NDArray[Any]:
    """Return shapes in another system; x is easting or longitude in both."""
    if source == target or not len(shapes):
        return shapes
    change = Transformer.from_crs(source, target, always_xy=True)
    return shapely.transform(shapes, lambda xy: np.column_stack(change.transform(xy[:, 0], xy[:, 1])))


def ellipsoidal_area_m2(shapes: NDArray[Any], crs: CRS) -> NDArray[np.float64]:
    """Return areas on the ellipsoid, by an equal-area projection centred on the data, (shapes,), m2."""
    held = shapely.total_bounds(shapes)
    if not np.isfinite(held).all():
        return np.zeros(len(shapes))
    to_degrees = Transformer.from_crs(crs, "EPSG:4490", always_xy=True)
    lon, lat = to_degrees.transform((held[0] + held[2]) / 2, (held[1] + held[3]) / 2)
    equal = CRS.from_proj4(f"+proj=laea +lon_0={lon} +lat_0={lat} {ELLIPSOID} +units=m")
    return np.asarray(shapely.area(transform(shapes, crs, equal)))
