"""Sums, means and class areas of rasters over polygons that cut pixels, by hand."""

from __future__ import annotations

import geopandas
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely

from instances.faults import InstanceError
from instances.instance import load
from instances.readers.zonal import class_amounts, land_amounts, raster_amounts


@pytest.fixture
def raster(tmp_path):
    """Two by two pixels of 100 m: 1 2 above 3 and none."""
    path = tmp_path / "values.tif"
    transform = rasterio.transform.from_origin(500_000, 4_000_200, 100, 100)
    options = {"driver": "GTiff", "width": 2, "height": 2, "count": 1, "dtype": "float64", "crs": "EPSG:4550"}
    with rasterio.open(path, "w", transform=transform, nodata=-9, **options) as target:
        target.write(np.array([[1.0, 2], [3, -9]]), 1)
    return path


def units(crs="EPSG:4550"):
    """A: half of each upper pixel. B: the whole raster. C: outside."""
    corners = {"a": (50, 100, 150, 200), "b": (0, 0, 200, 200), "c": (500, 0, 600, 100)}
    x, y = 500_000, 4_000_000
    shapes = [shapely.box(x + w, y + s, x + e, y + n) for w, s, e, n in corners.values()]
    return geopandas.GeoDataFrame({"unit": list(corners)}, geometry=shapes, crs=crs)


def by_unit(table):
    return {(row.unit, row.feature): pytest.approx(row.amount) for row in table.itertuples()}


def test_sum_and_mean(raster):
    assert by_unit(raster_amounts(units(), raster, "sink")) == {("a", "sink"): 1.5, ("b", "sink"): 6}
    assert by_unit(raster_amounts(units(), raster, "sink", "mean")) == {("a", "sink"): 1.5, ("b", "sink"): 2}


def test_area_of_classes(raster):
    found = by_unit(class_amounts(units(), raster, {1: "reed", 2: "reed", 3: "marsh"}))
    assert found == {("a", "reed"): 1.0, ("b", "reed"): 2.0, ("b", "marsh"): 1.0}


def test_another_reference_system_is_refused(raster):
    with pytest.raises(InstanceError, match="is in EPSG:4550, the units in EPSG:4490"):
        raster_amounts(units("EPSG:4490"), raster, "sink")


def test_groups_of_the_land():
    land = load("tiny").require_land()
    zone = land.zones["zone"].iloc[0]
    member, (of_zone, kind, area) = land.member("cropland"), land.cover
    held = area[(of_zone == 0) & member[kind]].sum()
    pairs = pd.DataFrame({"unit": ["u"], "zone": [zone], "share": [0.5]})
    found = by_unit(land_amounts(land, pairs, {"fields": "cropland"}))
    assert found == ({("u", "fields"): held / 2} if held else {})
    with pytest.raises(InstanceError, match="'moss' is neither a group nor a class"):
        land_amounts(land, pairs, {"x": "moss"})
