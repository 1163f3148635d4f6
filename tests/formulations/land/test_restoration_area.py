import pytest

from tests.build import instance_of, quota, rows_of, solve

ZONES = {"a": {"region": "n", "bare": 10, "crop": 5}, "b": {"region": "s", "bare": 6}}
REGIONS = {"all": "", "n": "all", "s": "all"}
MOVES = {"bare>wood": {"restoration": 1}, "bare>grass": {}, "crop>marsh": {"restoration": 1, "cost": 3}}


def test_moves_that_the_matrix_marks_count():
    instance = instance_of(ZONES, MOVES, regions=REGIONS, quotas=[quota("restoration_area", 8)])
    (row,) = rows_of(instance, "restoration_area")
    assert row.terms == {"a bare>wood 2030": 10, "a crop>marsh 2030": 5, "b bare>wood 2030": 6}
    assert (row.lower, row.upper) == (8, float("inf"))


def test_a_county_meets_its_own_target():
    """12 ha in n: 10 of bare land at 1, 2 of cropland at 3: 16; for the city 12 of bare land: 12."""
    county = instance_of(ZONES, MOVES, regions=REGIONS, quotas=[quota("restoration_area", 12, region="n")])
    city = instance_of(ZONES, MOVES, regions=REGIONS, quotas=[quota("restoration_area", 12)])
    assert solve(county).objective == pytest.approx(16)
    assert solve(city).objective == pytest.approx(12)
    assert solve(city, "restoration_area").objective == 0
