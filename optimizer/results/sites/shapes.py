"""Polygons of the planning units for maps and the GeoPackage; squares about their centres where none are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas
import numpy as np
import shapely

from instances import schema
from instances.land import codes_of
from instances.readers.folder import find_table, read_geometry
from instances.readers.geometry import has_polygons

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from instances.instance import Instance
    from optimizer.results.sites.plan import Selection

M2_PER_HA = 10_000.0


def unit_shapes(instance: Instance) -> geopandas.GeoSeries | None:
    """Return the polygon of each unit in the order of the units table; None where nothing says where units lie."""
    sites = instance.require_sites()
    table, crs = schema.table("restoration", "units"), instance.settings.instance.crs
    path = find_table(instance.folder, table)
    if path is not None and has_polygons(path, table):
        shapes = read_geometry(instance.folder, table)
        series = shapes.geometry.iloc[codes_of(sites.units, shapes["unit"])].reset_index(drop=True)
        return series.set_crs(crs) if series.crs is None and crs else series
    units = sites.tables["units"]
    x, y = units["x"].to_numpy(dtype=float), units["y"].to_numpy(dtype=float)
    if not (np.ptp(x) or np.ptp(y)):
        return None
    half = _side(x, y, units["area_ha"].to_numpy(dtype=float)) / 2
    return geopandas.GeoSeries(shapely.box(x - half, y - half, x + half, y + half), crs=crs or None)


def joint_shapes(instance: Instance) -> geopandas.GeoSeries | None:
    """Return the polygon of each unit of a joint study: its own, else the zones that it stands on; None without."""
    own = unit_shapes(instance)
    if own is not None or not instance.has_geometry():
        return own
    sites, zones = instance.require_sites(), instance.zone_geometry()
    stands = sites.tables["unit_zone"]
    unit = sites.unit_codes(stands["unit"].astype(str))
    zone = codes_of(stands["zone"], zones["zone"])
    held = np.asarray(zones.geometry.array)[zone]
    shapes = [shapely.union_all(held[unit == code]) for code in range(sites.n_units)]
    return geopandas.GeoSeries(shapes, crs=zones.crs or instance.settings.instance.crs or None)


def placed(table: pd.DataFrame, selection: Selection, shapes: geopandas.GeoSeries | None) -> pd.DataFrame:
    """Return chosen units with the middle of their polygons as x and y where the units table gives no places."""
    units = selection.sites.tables["units"]
    if shapes is None or units["x"].any() or units["y"].any():
        return table
    middle = shapely.centroid(np.asarray(shapes.array)[selection.sites.unit_codes(table["unit"])])
    return table.assign(x=np.round(shapely.get_x(middle), 2), y=np.round(shapely.get_y(middle), 2))


def _side(x: NDArray[np.float64], y: NDArray[np.float64], area_ha: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the side of a square for each unit: the step of the grid, at most what its area fills where it has one."""
    steps = [np.diff(np.unique(np.round(values, 6))) for values in (x, y)]
    step = min((float(one.min()) for one in steps if len(one)), default=1.0)
    sides = np.sqrt(np.maximum(area_ha, 0.0) * M2_PER_HA)
    return (
        np.where(sides > 0, np.minimum(sides, step), step)
        if _regular(steps, step)
        else np.where(sides > 0, sides, step)
    )


def _regular(steps: list[NDArray[np.float64]], step: float) -> bool:
    """Whether centres lie on a grid."""
    parts = [one / step for one in steps if len(one)]
    return all(np.allclose(part, np.round(part), atol=1e-3) for part in parts)
