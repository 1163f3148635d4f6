"""Projects as GeoJSON on the instance `tiny`: land by zone and class, reference systems, and every kind of bad file."""

from __future__ import annotations

import json

import geopandas
import pytest
from shapely.geometry import box, mapping

from instances.faults import InstanceError
from optimizer.followup.given import given_plan
from optimizer.followup.overlay import taken_by
from optimizer.followup.project import Asked, read_project
from tests.optimizer.followup import cases

CRS = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4550"}}
S1 = box(520200, 4120000, 520240, 4120500)
"""2 ha of S1's 20, which holds crop 12, grass 3 and urban 5."""


def feature(shape=S1, **properties):
    return {"type": "Feature", "properties": {"use": "urban"} | properties, "geometry": shape and mapping(shape)}


def collection(*features, crs=CRS):
    return {"type": "FeatureCollection", "features": list(features)} | ({"crs": crs} if crs else {})


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    return given_plan("tiny", cases.drawn(tmp_path_factory.mktemp("tiny") / "plan", {}))


def read(tmp_path, given, content, asked=None):
    path = tmp_path / "project.geojson"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    project = read_project(path, given.model.instance, asked or Asked())
    return project, taken_by(project, given, str(path))


def pieces(given, taken):
    first = given.program.moves.start[taken.group]
    names, moves = given.program.names, given.program.moves
    return {
        f"{names.zones[moves.zone[row]]} {names.classes[moves.source[row]]}": round(area, 6)
        for row, area in zip(first, taken.area_ha, strict=True)
    }


def test_a_zone_gives_each_class_in_proportion(tmp_path, given):
    project, taken = read(tmp_path, given, collection(feature()))
    assert pieces(given, taken) == {"S1 crop": 1.2, "S1 grass": 0.3, "S1 urban": 0.5}
    assert project.period == 1


def test_a_year_may_be_written_as_a_decimal(tmp_path, given):
    assert read(tmp_path, given, collection(feature(period=2040.0)))[0].period == 1


def test_the_class_it_stands_on_may_be_named(tmp_path, given):
    _, taken = read(tmp_path, given, collection(feature(**{"from": "crop"})))
    assert pieces(given, taken) == {"S1 crop": 2.0}
    _, taken = read(tmp_path, given, collection(feature()), Asked(source="grass"))
    assert pieces(given, taken) == {"S1 grass": 2.0}


def test_a_polygon_over_two_zones_is_cut(tmp_path, given):
    _, taken = read(tmp_path, given, collection(feature(box(520380, 4120000, 520420, 4120500))))
    assert pieces(given, taken) == {"S1 crop": 0.6, "S1 grass": 0.15, "S1 urban": 0.25, "S2 crop": 1.0}


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4490", "EPSG:4529"])
def test_another_reference_system_gives_the_same_land(tmp_path, given, crs):
    shape = geopandas.GeoSeries([S1.segmentize(20)], crs="EPSG:4550").to_crs(crs).iloc[0]
    named = {"type": "name", "properties": {"name": crs}}
    _, taken = read(tmp_path, given, collection(feature(shape), crs=named))
    assert pieces(given, taken) == pytest.approx({"S1 crop": 1.2, "S1 grass": 0.3, "S1 urban": 0.5}, rel=1e-3)


def test_degrees_need_no_name(tmp_path, given):
    shape = geopandas.GeoSeries([S1], crs="EPSG:4550").to_crs("EPSG:4326").iloc[0]
    _, taken = read(tmp_path, given, feature(shape))
    assert sum(taken.area_ha) == pytest.approx(2.0, rel=1e-3)


def test_the_command_line_comes_first(tmp_path, given):
    project, _ = read(
        tmp_path, given, collection(feature(use="gold"), crs=None), Asked("village", 2030, "", "EPSG:4550")
    )
    assert given.program.names.classes[project.use] == "village"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "cannot be read"),
        ("[1]", "no GeoJSON"),
        ({"type": "Topology"}, "not a polygon"),
        (collection(), "holds no feature"),
        (collection(feature(), feature()), "holds 2 features"),
        (collection(feature(None)), "no geometry"),
        (collection(feature(box(0, 0, 0, 0))), "empty polygon"),
        (collection(feature(S1.centroid)), "is a Point"),
        (
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 1], [1, 0], [0, 0]]]},
            "no valid polygon",
        ),
        ({"type": "Polygon", "coordinates": [[[0, 0], ["x", 1], [0, 1], [0, 0]]]}, "cannot be read"),
        (collection(feature(), crs=None), "no reference system"),
        (collection(feature(), crs={"type": "name", "properties": {"name": "moon"}}), "is no reference system"),
        (collection(feature(), crs={"type": "link"}), "crs has no name"),
        (collection(feature(box(36.9, 122.0, 37.0, 122.1)), crs=None), "latitude before longitude"),
        (feature() | {"properties": ["use", "urban"]}, "properties are no names"),
        (collection(feature(period=2030.5)), "no year of the plan"),
        (json.dumps(collection(feature())).replace('"use": "urban"', '"use": "urban", "period": Infinity'), "no year"),
        (collection(feature(use="")), "does not say what the land becomes"),
        (collection(feature(use="gold")), "no class is called 'gold'"),
        (collection(feature(period="soon")), "no year of the plan"),
        (collection(feature(period=2060)), "no year of the plan"),
        (collection(feature(box(0, 0, 100, 100))), "lie on no land"),
        (collection(feature(box(519900, 4120000, 520100, 4120500))), "5 of its 10 ha lie on no land"),
        (collection(feature(**{"from": "forest"})), "holds 0 ha of class forest"),
    ],
)
def test_a_project_that_cannot_be_used_is_refused_with_one_fault(tmp_path, given, content, message):
    with pytest.raises(InstanceError, match=message) as raised:
        read(tmp_path, given, content)
    assert len(raised.value.faults) == 1
