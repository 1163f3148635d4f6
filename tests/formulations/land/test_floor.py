import pytest

from tests.build import instance_of, quota, rows_of, solve

ZONES = {"a": {"vil": 10, "built_kind": "village"}, "b": {"vil": 8, "built_kind": "town"}, "c": {"vil": 6, "ind": 4}}
MOVES = "vil>crop ind>crop ind>vil vil>ind"


@pytest.mark.parametrize(
    ("group", "value", "unit", "lower"),
    [
        ("housing_rural", 20, "ha", -4),  # 24 ha of the class
        ("housing_rural", 0.5, "share", -12),  # half of the 24 ha that are there
        ("vil", 20, "ha", -4),  # a class is a group of one
    ],
)
def test_the_bound_is_relative_to_what_is_there(group, value, unit, lower):
    (row,) = rows_of(instance_of(ZONES, "vil>crop", quotas=[quota("floor", value, group, unit=unit)]), "floor")
    assert row.terms == {"a vil>crop 2030": -10, "b vil>crop 2030": -8, "c vil>crop 2030": -6}
    assert (row.lower, row.upper) == (lower, float("inf"))


def test_rural_built_land_is_told_by_czcsxm_on_the_present_side():
    """Zone b is a town: leaving it costs no rural land, and its rebuilding as a rural class adds some.

    Zone c says nothing, so its classes decide: vil is rural by its setting, industry urban.
    """
    (row,) = rows_of(instance_of(ZONES, MOVES, quotas=[quota("floor", 1, "built_rural")]), "floor")
    assert row.terms == {
        "a vil>crop 2030": -10,
        "a vil>ind 2030": -10,
        "c vil>crop 2030": -6,
        "c vil>ind 2030": -6,
        "c ind>vil 2030": 4,
    }
    assert row.label["base"] == 16


def test_a_stay_moves_nothing_between_urban_and_rural():
    """Industry in a village is rural land that stays rural; new industry there is urban."""
    zones = {"a": {"ind": 5, "bare": 3, "built_kind": "village"}}
    (row,) = rows_of(instance_of(zones, "bare>ind ind>grass", quotas=[quota("floor", 1, "built_urban")]), "floor")
    assert row.terms == {"a bare>ind 2030": 3}
    assert row.label["base"] == 0


def test_mining_land_is_neither():
    zones = {"a": {"ind": 5, "built_kind": "mining"}}
    quotas = [quota("floor", 0, "built_urban"), quota("floor", 0, "built_rural")]
    rows = rows_of(instance_of(zones, "ind>grass", quotas=quotas), "floor")
    assert [row.terms for row in rows] == [{}, {}]


def test_villages_keep_their_floor():
    """Reclaiming a hectare of village earns 2; 18 ha of village and town, 12 must stay: 6 go, -12."""
    zones = {"a": {"vil": 18}}
    moves = {"vil>crop": {"cost": -2}}
    instance = instance_of(zones, moves, quotas=[quota("floor", 12, "housing")])
    assert solve(instance).changes == {"a vil>crop 2030": 6}
    assert solve(instance, "floor").objective == pytest.approx(-36)
