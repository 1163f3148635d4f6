"""Slopes and distances on planes and lines whose answers are known."""

import numpy as np
import pytest
import rasterio
import shapely
from pyproj import Transformer

from instances.faults import InstanceError
from instances.readers.raster.terrain import slope_class, slope_degrees

DEM = 'name = "dem"\nfile = "dem.tif"\nrole = "dem"'


def test_slope_of_a_plane():
    row, column = np.mgrid[0:4, 0:5].astype(float)
    height = 30.0 * column + 40.0 * row  # 0.3 and 0.4 over 100 m: a gradient of 0.5
    assert np.allclose(slope_degrees(height, (100.0, 100.0)), np.degrees(np.arctan(0.5)))


def test_slope_by_numpy_where_all_is_known_and_one_sided_where_not():
    height = np.random.default_rng(1).uniform(0, 100, (6, 7))
    down, across = np.gradient(height, 20.0, 30.0)
    assert np.allclose(slope_degrees(height, (20.0, 30.0)), np.degrees(np.arctan(np.hypot(down, across))))
    edge = np.array([[0.0, 3.0, np.nan], [0.0, 3.0, np.nan]])
    assert np.allclose(slope_degrees(edge, (1.0, 3.0))[:, :2], 45.0)


def test_limits_belong_to_the_gentler_class():
    degrees = np.array([0, 2, 2.01, 6, 6.01, 15, 15.01, 25, 25.01, np.nan])
    assert slope_class(degrees).tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 0]


def plane(study, raster_file, across: float, **options):
    """A DEM of 25 m pixels around the land cover, rising to the east by `across` metres a metre."""
    east = (np.arange(40) * 25.0 * across).astype(np.float32)
    corner = rasterio.transform.from_origin(4_000_000 - 300, 3_000_000 + 600, 25, 25)
    raster_file(study.folder / "dem.tif", np.tile(east, (40, 1)), transform=corner, **options)


@pytest.mark.parametrize(("across", "expected"), [(0.02, 1), (0.08, 2), (0.2, 3), (0.4, 4), (0.5, 5)])
def test_a_dem_gives_slope_classes(study, raster_file, across, expected):
    plane(study, raster_file, across)  # 1.1, 4.6, 11.3, 21.8 and 26.6 degrees
    study.overlay(DEM)
    _, zones = study.run()
    assert set(zones["slope_class"]) == {expected}


def test_a_dem_in_degrees_is_warped_to_metres(study, raster_file):
    # a slope of 11.3 degrees to the north, in degrees of latitude of 111.2 km
    lon, lat = 5.6, 50.2
    rows = np.arange(60)[::-1, None] * 0.0005 * 111_200 * 0.2
    corner = rasterio.transform.from_origin(lon, lat, 0.0005, 0.0005)
    raster_file(study.folder / "dem.tif", np.tile(rows, (1, 400)).astype(np.float32), crs="EPSG:4326", transform=corner)
    values = np.ones((3, 4), dtype=np.uint8)
    east, north = Transformer.from_crs(4326, 3035, always_xy=True).transform(5.65, 50.18)
    raster_file(study.folder / "cover.tif", values, transform=rasterio.transform.from_origin(east, north, 100, 100))
    study.overlay(DEM)
    _, zones = study.run()
    assert set(zones["slope_class"]) == {3}


def test_land_without_elevation_is_a_fault_or_filled(study, raster_file):
    flat = np.zeros((3, 2), dtype=np.float32)  # the left half only
    raster_file(study.folder / "dem.tif", flat)
    study.overlay(DEM)
    with pytest.raises(InstanceError, match="has no elevation for"):
        study.run()
    (study.folder / "instance").rmdir()
    study.overlays = ""
    study.overlay(DEM + "\nmissing_slope_class = 4")
    report, zones = study.run()
    filled = zones.loc[zones["slope_class"] == 4, "area_ha"].sum()
    assert report.hectares("slope_filled", "dem") == pytest.approx(filled)
    assert zones.loc["r0c3", "slope_class"] == 4
    assert zones.loc["r0c0", "slope_class"] == 1


def test_distance_is_measured_from_pixel_centres(study):
    road = shapely.LineString([(4_000_000, 2_999_000), (4_000_000, 3_001_000)])  # along the left edge
    study.shapes("roads.gpkg", [road])
    study.overlay('name = "roads"\nfile = "roads.gpkg"\nrole = "roads"\nwithin_m = 150')
    _, zones = study.run()
    assert zones.loc[["r0c0", "r0c1", "r0c2", "r0c3"], "roads_distance_m"].to_list() == pytest.approx(
        [50, 150, 250, 350]
    )
    assert zones.loc[["r0c0", "r0c1", "r0c2"], "near_roads"].to_list() == [1, 1, 0]
