import pytest

from tests.build import barred_by, instance_of, moves_of, quota, solve


@pytest.mark.parametrize(
    ("slope", "zone", "exists"),
    [
        (5, {"bare": 5}, False),  # above 25 degrees
        (4, {"bare": 5}, True),  # 15 to 25 degrees may be terraced
        (5, {"orch": 5}, False),  # an orchard is no cropland
    ],
)
def test_new_cropland_above_25_degrees_is_barred(slope, zone, exists):
    instance = instance_of({"a": {**zone, "slope_class": slope}}, "bare>crop orch>crop")
    assert bool(moves_of(instance)) is exists


def test_cropland_there_may_change_within_cropland_and_leave():
    instance = instance_of({"a": {"crop": 5, "slope_class": 5}}, "crop>paddy crop>wood")
    assert moves_of(instance) == {"a crop>paddy", "a crop>wood"}


def test_every_reason_is_kept():
    zone = {"bare": 5, "slope_class": 5, "potential_grade": 0, "red_line": "general"}
    instance = instance_of({"a": zone}, "bare>crop")
    assert barred_by(instance, "a bare>crop") == ("transition_matrix", "red_line", "slope")


def test_reclamation_goes_to_flat_land():
    """4 ha more cropland: zone b at 1 + 2 is flat: 12; without the rule zone a at 1: 4."""
    zones = {"a": {"bare": 10, "slope_class": 5}, "b": {"bare": 10}}
    quotas = [quota("cropland_retention", 4)]
    instance = instance_of(zones, "bare>crop", quotas=quotas, zone_costs={("b", "crop"): 2})
    assert solve(instance).changes == {"b bare>crop 2030": 4}
    assert solve(instance, "slope").objective == pytest.approx(4)
