from __future__ import annotations

import numpy as np
import pytest
import shapely
from pyproj import CRS, Geod, Transformer

from instances.faults import InstanceError
from instances.readers.dltb.crs import (
    ellipsoidal_area_m2,
    gauss_kruger,
    require_cgcs2000,
    transform,
    with_prefix_of,
    working_system,
)
from tests.instances.readers.dltb_case import CRS as ZONE_41
from tests.instances.readers.dltb_case import entry, layer, parcels, run, square, write, zones

GEOD = Geod(a=6378137, rf=298.257222101)
ALL = (4490, *range(4491, 4555))


def near_meridian(code):
    """A field of some 50 m, 20 km east of the central meridian at 37 N, in the system."""
    crs = CRS.from_epsg(code)
    if crs.is_geographic:
        west, south = 122.4, 37.2
        return crs, shapely.box(west, south, west + 0.0006, south + 0.0005)
    easting = next(p.value for p in crs.coordinate_operation.params if p.name == "False easting")
    return crs, shapely.box(easting + 20_000, 4_100_000, easting + 20_050, 4_100_060)


@pytest.mark.parametrize("code", ALL)
def test_areas_on_the_ellipsoid_agree_with_geodesics_in_every_system(code):
    crs, shape = near_meridian(code)
    require_cgcs2000(crs, "layer")
    degrees = shapely.segmentize(transform(np.array([shape]), crs, CRS.from_epsg(4490)), 1e-5)[0]
    expected = abs(GEOD.geometry_area_perimeter(degrees)[0])
    assert ellipsoidal_area_m2(np.array([shape]), crs)[0] == pytest.approx(expected, rel=1e-6)


def test_areas_agree_over_a_county_too():
    shapes = np.array([square(x, y, x + 300, y + 300) for x in (0, 40_000) for y in (0, 40_000)])
    crs = CRS.from_user_input(ZONE_41)
    degrees = shapely.segmentize(transform(shapes, crs, CRS.from_epsg(4490)), 1e-4)
    expected = [abs(GEOD.geometry_area_perimeter(shape)[0]) for shape in degrees]
    assert ellipsoidal_area_m2(shapes, crs) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("stated", "easting", "meant"),
    [
        (4529, 41_460_000, 4529),  # prefix in both
        (4550, 460_000, 4550),  # in neither
        (4550, 41_460_000, 4529),  # in the coordinates only
        (4529, 460_000, 4550),  # in the system only
        (4499, 21_400_000, 4499),  # 6 degree zone 21
        (4510, 21_400_000, 4499),  # the same, prefix in the coordinates only
    ],
)
def test_zone_prefixes_that_are_there_or_not(stated, easting, meant):
    assert with_prefix_of(CRS.from_epsg(stated), easting) == CRS.from_epsg(meant)


def test_degrees_are_worked_on_in_the_nearest_zone():
    assert working_system(CRS.from_epsg(4490), 122.4) == CRS.from_epsg(4550)
    assert working_system(CRS.from_epsg(4529), 122.4) == CRS.from_epsg(4529)


def test_a_zone_without_a_code_is_made_by_its_parameters():
    crs = gauss_kruger(121.5, 500_000.0)
    x, y = Transformer.from_crs("EPSG:4490", crs, always_xy=True).transform(121.5, 37.0)
    assert x == pytest.approx(500_000.0)
    assert y == pytest.approx(Transformer.from_crs("EPSG:4490", "EPSG:4550", always_xy=True).transform(123, 37)[1])


@pytest.mark.parametrize("code", [4326, 32651, 3857, 25832, 2437, 4610])
def test_other_systems_are_refused(code):
    with pytest.raises(InstanceError, match="CGCS2000"):
        require_cgcs2000(CRS.from_epsg(code), "layer")


@pytest.mark.parametrize("form", ["WKT1_ESRI", "WKT1_GDAL"])
def test_the_wording_of_a_prj_file_is_understood(form):
    crs = CRS.from_wkt(CRS.from_epsg(4529).to_wkt(form))
    require_cgcs2000(crs, "layer")
    assert with_prefix_of(crs, 460_000.0) == CRS.from_epsg(4550)


@pytest.mark.parametrize("code", [4490, 4499, 4510, 4529, 4550])
def test_layers_in_any_system_give_the_same_zones(tmp_path, code):
    source = parcels().to_crs(code)
    lines = layer([square(0, -10, 30, 110)]).to_crs(4490)
    made = run(write(tmp_path / "survey", DLTB=source, YJJBNTTB=lines), tmp_path / "made")
    assert entry(made, "kept", "zones") == (5, pytest.approx(4.8))
    table = zones(tmp_path / "made")
    assert table["area_ha"].to_dict() == pytest.approx({"a-1": 0.3, "a-2": 0.7, "b": 2.0, "c": 0.8, "d": 1.0}, rel=2e-4)


def test_coordinates_with_a_prefix_that_their_system_lacks(tmp_path):
    source = parcels().set_crs(4550, allow_override=True)
    lines = layer([square(0, -10, 30, 110)])
    made = run(write(tmp_path / "survey", DLTB=source, YJJBNTTB=lines), tmp_path / "made")
    assert entry(made, "kept", "zones") == (5, pytest.approx(4.8))
    assert zones(tmp_path / "made").crs == CRS.from_epsg(4529)
