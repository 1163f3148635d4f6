import pytest

from tests.build import barred_by, instance_of, moves_of, quota, solve

MOVES = "crop>ind crop>orch crop>wood crop>shed crop>paddy bare>crop bare>ind"


def test_its_cropland_stays_cropland():
    """Orchard, forest and farm facilities are barred as well as built land; within cropland it may change."""
    instance = instance_of({"a": {"crop": 5, "farmland": 1}}, MOVES)
    assert moves_of(instance) == {"a crop>paddy"}


@pytest.mark.parametrize("target", ["ind", "orch", "wood", "shed"])
def test_the_reason_is_kept(target):
    instance = instance_of({"a": {"crop": 5, "farmland": 1}}, MOVES)
    assert barred_by(instance, f"a crop>{target}") == ("permanent_farmland",)


def test_other_land_inside_is_free():
    instance = instance_of({"a": {"bare": 5, "farmland": 1}}, MOVES)
    assert moves_of(instance) == {"a bare>crop", "a bare>ind"}


def test_switched_off_it_bars_nothing():
    instance = instance_of({"a": {"crop": 5, "farmland": 1}}, "crop>ind crop>wood")
    assert moves_of(instance, "permanent_farmland") == {"a crop>ind", "a crop>wood"}


def test_growth_takes_other_cropland():
    """6 ha of industry from zone b at 1 + 2: 18; without the rule from zone a: 6."""
    zones = {"a": {"crop": 10, "farmland": 1}, "b": {"crop": 10}}
    quotas = [quota("growth_demand", 6, "industry")]
    instance = instance_of(zones, "crop>ind", quotas=quotas, zone_costs={("b", "ind"): 2})
    assert solve(instance).objective == pytest.approx(18)
    assert solve(instance, "permanent_farmland").changes == {"a crop>ind 2030": 6}
