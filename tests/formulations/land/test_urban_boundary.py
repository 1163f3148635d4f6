import pytest

from tests.build import barred_by, instance_of, moves_of, quota, solve

MOVES = "bare>ind bare>city bare>vil bare>road bare>wood ind>city city>ind"


def test_outside_only_urban_land_is_barred():
    """Rural and linear uses go outside, and so does what is not built."""
    instance = instance_of({"a": {"bare": 5, "boundary": 0}}, MOVES)
    assert moves_of(instance) == {"a bare>vil", "a bare>road", "a bare>wood"}
    assert barred_by(instance, "a bare>ind") == ("urban_boundary",)


def test_urban_land_outside_may_not_change_its_urban_use():
    assert moves_of(instance_of({"a": {"ind": 5, "boundary": 0}}, MOVES)) == set()


def test_inside_it_bars_nothing():
    assert moves_of(instance_of({"a": {"ind": 5, "boundary": 1}}, MOVES)) == {"a ind>city"}


def test_growth_stays_inside():
    """6 ha of industry: zone b inside, at 1 + 2: 18; without the rule zone a at 1: 6."""
    zones = {"a": {"bare": 10, "boundary": 0}, "b": {"bare": 10}}
    quotas = [quota("growth_demand", 6, "industry")]
    instance = instance_of(zones, "bare>ind", quotas=quotas, zone_costs={("b", "ind"): 2})
    assert solve(instance).changes == {"b bare>ind 2030": 6}
    assert solve(instance, "urban_boundary").objective == pytest.approx(6)
