r"""What units hold of a raster or of the land, exactly: pixels on an edge count by the share that lies inside.

分区统计：按像元与单元的精确重叠面积计。With :math:`w_p` the share of pixel p inside the unit, :math:`v_p` its value and
:math:`A_p` its area: sum :math:`\sum w_p v_p`, mean :math:`\sum w_p A_p v_p / \sum w_p A_p`, area of a class k
:math:`\sum_{v_p = k} w_p A_p`. Shares are computed by exactextract (ISciences); pixels without data count nowhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import rasterio
from exactextract import exact_extract  # type: ignore[import-untyped]
from pyproj import CRS

from instances.faults import Fault, InstanceError
from instances.land import codes_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas

    from instances.land import Land

Statistic = Literal["sum", "mean"]


def raster_amounts(
    units: geopandas.GeoDataFrame, raster: Path, feature: str, statistic: Statistic = "sum"
) -> pd.DataFrame:
    """Return the amounts table (unit, feature, amount) of one feature: sum or mean of a raster in each unit.

    Units that hold no pixel with data, or 0, have no row. Raises InstanceError where the raster cannot be read or lies
    in another reference system than the units.
    """
    _require_same(units, raster)
    found = _extract(units, raster, [f"mean(coverage_weight={_area(units)})" if statistic == "mean" else "sum"])
    values = found.iloc[:, -1].to_numpy(dtype=float)
    held = np.isfinite(values) & (values != 0)
    table = {"unit": units["unit"].to_numpy()[held], "feature": feature, "amount": values[held]}
    return pd.DataFrame(table)


def class_amounts(units: geopandas.GeoDataFrame, raster: Path, features: Mapping[int, str]) -> pd.DataFrame:
    """Return the amounts table of features that are classes of a raster, in ha; several classes may be one feature.

    Pixels of a geographic raster count with their area on the sphere. Raises InstanceError as `raster_amounts`.
    """
    _require_same(units, raster)
    weight = _area(units)
    found = _extract(units, raster, ["unique", f"frac(coverage_weight={weight})", f"count(coverage_weight={weight})"])
    metres = 1.0 if units.crs.is_geographic else float(units.crs.axis_info[0].unit_conversion_factor)
    values, shares, whole = (found.iloc[:, place].to_numpy() for place in (-3, -2, -1))
    sizes = np.array([len(entry) for entry in values], dtype=np.int64)
    value = np.concatenate([np.zeros(0), *values])
    area = np.concatenate([np.zeros(0), *shares]) * np.repeat(whole.astype(float), sizes) * metres**2 / 1e4
    table = pd.DataFrame({"unit": np.repeat(units["unit"].to_numpy(), sizes), "value": value, "amount": area})
    table["feature"] = table["value"].map(features)
    table = table[table["feature"].notna() & (table["amount"] > 0)]
    return table.groupby(["unit", "feature"], sort=False)["amount"].sum().reset_index()


def land_amounts(land: Land, unit_zone: pd.DataFrame, groups: Mapping[str, str]) -> pd.DataFrame:
    """Return the amounts table of features that are groups of classes, in ha, from the zones that units stand on.

    A unit holds of each class of a zone the share of the zone that lies in it. `groups` names the group (or class) of
    each feature. Raises InstanceError for a name that is neither.
    """
    zone, kind, area = land.cover
    place = codes_of(unit_zone["zone"], land.zones["zone"])
    found = []
    for feature, group in groups.items():
        if not land.knows_group(group):
            raise InstanceError([Fault("land", f"{group!r} is neither a group nor a class", "see groups.csv")])
        held = np.bincount(zone, area * land.present_member(group, zone, kind), minlength=len(land.zones))
        amount = held[place] * unit_zone["share"].to_numpy(dtype=float)
        found.append(pd.DataFrame({"unit": unit_zone["unit"], "feature": feature, "amount": amount}))
    table = pd.concat(found, ignore_index=True).groupby(["unit", "feature"], as_index=False, sort=False)["amount"].sum()
    return table[table["amount"] > 0].reset_index(drop=True)


def _area(units: geopandas.GeoDataFrame) -> str:
    """Return how exactextract weighs pixels by their area."""
    return "area_spherical_m2" if units.crs.is_geographic else "area_cartesian"


def _extract(units: geopandas.GeoDataFrame, raster: Path, statistics: list[str]) -> pd.DataFrame:
    return exact_extract(str(raster), units[["geometry"]], statistics, output="pandas")


def _require_same(units: geopandas.GeoDataFrame, raster: Path) -> None:
    try:
        with rasterio.open(raster) as source:
            crs = source.crs
    except (OSError, rasterio.errors.RasterioError) as error:
        raise InstanceError([Fault(str(raster), f"cannot be read: {error}", "is it a raster?")]) from error
    hint = "reproject the units to the raster"
    if crs is None or units.crs is None:
        raise InstanceError([Fault(str(raster), "raster and units must both state a reference system", hint)])
    if not CRS.from_user_input(crs).equals(units.crs, ignore_axis_order=True):
        raise InstanceError(
            [Fault(str(raster), f"is in {crs.to_string()}, the units in {units.crs.to_string()}", hint)]
        )
