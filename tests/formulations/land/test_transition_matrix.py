import pytest

from instances.faults import InstanceError
from tests.build import barred_by, instance_of, moves_of, quota, solve


@pytest.mark.parametrize(
    ("rows", "zone", "move", "exists"),
    [
        ({"bare>wood": {}}, {"bare": 5}, "a bare>wood", True),
        ({"bare>wood": {"allowed": 0}}, {"bare": 5}, "a bare>wood", False),  # listed, but not allowed
        ({"bare>wood": {}}, {"bare": 5}, "a bare>grass", False),  # a pair that is absent is not allowed
        ({"crop>wood": {"condition": "retirement"}}, {"crop": 5}, "a crop>wood", False),  # no land to retire
        ({"crop>wood": {"condition": "retirement"}}, {"crop": 5, "retirement": 1}, "a crop>wood", True),
        ({"bare>crop": {}}, {"bare": 5, "potential_grade": 0}, "a bare>crop", False),  # unfit for cropland
        ({"bare>crop": {}}, {"bare": 5, "potential_grade": 15}, "a bare>crop", True),  # the worst grade is a grade
        ({"crop>paddy": {}}, {"crop": 5, "potential_grade": 0}, "a crop>paddy", True),  # cropland already
    ],
)
def test_a_move_exists_where_the_matrix_permits_it(rows, zone, move, exists):
    instance = instance_of({"a": zone}, rows)
    assert (move in moves_of(instance)) is exists
    assert barred_by(instance, move) == (() if exists else ("transition_matrix",))


def test_a_condition_may_be_any_column_of_zones():
    zones = {"a": {"bare": 5, "near_water": 1}, "b": {"bare": 5, "near_water": 0}}
    assert moves_of(instance_of(zones, {"bare>marsh": {"condition": "near_water"}})) == {"a bare>marsh"}


def test_the_matrix_cannot_be_switched_off():
    instance = instance_of({"a": {"crop": 5}}, "crop>ind")
    with pytest.raises(InstanceError, match="no rule is called transition_matrix"):
        moves_of(instance, "transition_matrix")


def test_growth_takes_the_dearer_land_that_the_matrix_leaves():
    """Bare land at 3 is not allowed to become industry, so 4 ha come from cropland at 5: 20."""
    rows = {"crop>ind": {"cost": 5}, "bare>ind": {"cost": 3, "allowed": 0}}
    zones = {"a": {"crop": 5, "bare": 5}}
    found = solve(instance_of(zones, rows, quotas=[quota("growth_demand", 4, "industry")]))
    assert found.changes == {"a crop>ind 2030": 4}
    assert found.objective == pytest.approx(20)
