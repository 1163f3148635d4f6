import pytest

from tests.build import instance_of, quota, rows_of, solve

ZONES = {"a": {"crop": 3, "bare": 4, "min_lot_ha": 5}, "b": {"bare": 20}}
MOVES = {"crop>ind": {"cost": 2}, "bare>ind": {"cost": 1}, "bare>city": {"cost": 1}}
INF = float("inf")


def test_one_lot_a_zone_new_class_and_period_made_up_by_all_its_classes():
    """Zone b asks no lot. Cropland and bare land of zone a make up one lot of industry, together at least 5 ha."""
    rows = rows_of(instance_of(ZONES, MOVES), "minimum_lot")
    least = [(row.terms, row.lower, row.upper) for row in rows if row.label["part"] == "least"]
    industry, city = "minimum_lot a ind 2030", "minimum_lot a city 2030"
    assert least == [
        ({"a crop>ind 2030": 3, "a bare>ind 2030": 4, industry: -5}, 0, INF),
        ({"a bare>city 2030": 4, city: -5}, 0, INF),
    ]
    opened = [(row.terms, row.upper) for row in rows if row.label["part"] == "open"]
    assert ({"a crop>ind 2030": 3, industry: -3}, 0) in opened


def test_each_period_is_its_own_lot():
    rows = rows_of(instance_of(ZONES, "bare>ind", periods=(2025, 2030)), "minimum_lot")
    assert [row.label["period"] for row in rows if row.label["part"] == "least"] == [2025, 2030]


def test_two_classes_make_up_a_lot_together():
    """2 ha of industry are asked of zone a alone, a lot is 5: 4 of bare land at 1 and 1 of cropland at 2: 6."""
    instance = instance_of({"a": ZONES["a"]}, MOVES, quotas=[quota("growth_demand", 2, "industry")])
    assert solve(instance).changes == {"a bare>ind 2030": 4, "a crop>ind 2030": 1}
    assert solve(instance, "minimum_lot").objective == pytest.approx(2)


def test_a_lot_that_is_too_large_is_not_begun():
    """2 ha in zone a cost 2 but a lot of 5 costs 6; zone b gives them at 1 + 1.5 each: 5."""
    quotas = [quota("growth_demand", 2, "industry")]
    instance = instance_of(ZONES, MOVES, quotas=quotas, zone_costs={("b", "ind"): 1.5})
    assert solve(instance).changes == {"b bare>ind 2030": 2}
