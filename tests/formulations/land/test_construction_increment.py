import pytest

from tests.build import instance_of, quota, rows_of, solve

ZONES = {"a": {"region": "n", "crop": 20, "ind": 5}, "b": {"region": "s", "bare": 10}}
REGIONS = {"all": "", "n": "all", "s": "all"}
MOVES = "crop>ind bare>city ind>city ind>grass"


def test_only_land_that_was_not_built_counts_and_what_leaves_gives_nothing_back():
    instance = instance_of(ZONES, MOVES, regions=REGIONS, quotas=[quota("construction_increment", 4)])
    (row,) = rows_of(instance, "construction_increment")
    assert row.terms == {"a crop>ind 2030": 20, "b bare>city 2030": 10}
    assert (row.lower, row.upper) == (-float("inf"), 4)


def test_the_increment_of_an_early_period():
    quotas = [quota("construction_increment", 4, region="n", period=2025)]
    instance = instance_of(ZONES, MOVES, regions=REGIONS, quotas=quotas, periods=(2025, 2030))
    (row,) = rows_of(instance, "construction_increment")
    assert row.terms == {"a crop>ind 2025": 20}


def test_linked_quota_of_the_counties_adds_to_the_increment():
    quotas = [quota("construction_increment", 4), quota("linked_quota", 3, region="n")]
    zones = {"a": {"region": "n", "vil": 5, "bare": 3}}
    instance = instance_of(zones, "vil>crop bare>ind", regions=REGIONS, quotas=quotas)
    (row,) = rows_of(instance, "construction_increment")
    assert row.terms == {"a bare>ind 2030": 3, "linked_quota n 2030 5 quota": -1}


def test_growth_beyond_the_increment_is_redeveloped():
    """6 ha of housing: 4 on bare land at 1, 2 on industry at 5: 14; without the rule 6."""
    quotas = [quota("construction_increment", 4), quota("growth_demand", 6, "housing")]
    moves = {"bare>city": {"cost": 1}, "ind>city": {"cost": 5}}
    instance = instance_of(ZONES, moves, regions=REGIONS, quotas=quotas)
    assert solve(instance).objective == pytest.approx(14)
    assert solve(instance, "construction_increment").objective == pytest.approx(6)
