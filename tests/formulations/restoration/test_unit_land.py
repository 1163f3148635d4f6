import pytest

from tests.build import rows_of
from tests.formulations.restoration.joint_land import joint

INF = float("inf")


def rows(**more):
    """Rows by part and by the zone or unit they are about; coefficients are of shares of the land."""
    found = {}
    for row in rows_of(joint(**more).instance(), "unit_land"):
        about = row.label.get("zone") or row.label.get("unit")
        found[row.label["part"], about] = row.terms, row.lower, row.upper
    return found


def test_land_is_restored_where_units_are_chosen_or_none_stand():
    """Half of zone b lies in no unit: 3 ha of it are free."""
    found = rows(restored_part=0.0)
    assert found == {
        ("most", "a"): ({"a bare>wood 2030": 10, "selection u1 ": -10}, -INF, 0),
        ("most", "b"): ({"b bare>wood 2030": 6, "selection u2 ": -3}, -INF, 3),
        ("most", "c"): ({"c bare>wood 2030": 4, "selection u2 ": -4}, -INF, 0),
    }


def test_a_chosen_unit_restores_its_part_over_whole_zones_and_in_each_other():
    found = rows(restored_part=0.5)
    least = {name: row for (part, name), row in found.items() if part == "least"}
    assert least == {
        "u1": ({"a bare>wood 2030": 10, "selection u1 ": -5}, 0, INF),
        "u2": ({"c bare>wood 2030": 4, "selection u2 ": -2}, 0, INF),
        "b": ({"b bare>wood 2030": 6, "selection u2 ": -1.5}, 0, INF),
    }


def test_a_zone_of_two_units_answers_for_both():
    units = {"u1": {"a": 1, "b": 0.25}, "u2": {"b": 0.5}}
    found = rows(units=units)
    assert found["most", "b"] == ({"b bare>wood 2030": 6, "selection u1 ": -1.5, "selection u2 ": -3}, -INF, 1.5)
    assert found["least", "b"] == ({"b bare>wood 2030": 6, "selection u1 ": -1.5, "selection u2 ": -3}, 0, INF)
    assert ("least", "u2") not in found


def test_a_unit_is_chosen_through_any_of_its_management_zones():
    terms, _, upper = rows(zones=("plant", "fence"))["most", "a"]
    assert terms == {"a bare>wood 2030": 10, "selection u1 plant": -10, "selection u1 fence": -10}
    assert upper == pytest.approx(0)
