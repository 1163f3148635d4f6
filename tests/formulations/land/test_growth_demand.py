import pytest

from tests.build import instance_of, quota, rows_of, solve

ZONES = {"a": {"crop": 20, "vil": 10, "city": 5}}
MOVES = "crop>city vil>city city>ind crop>vil vil>crop"


@pytest.mark.parametrize(
    ("group", "terms"),
    [
        ("housing_urban", {"crop>city": 20, "vil>city": 10, "city>ind": -5}),  # greenfield or redeveloped alike
        (
            "housing",
            {"crop>city": 20, "crop>vil": 20, "vil>crop": -10, "city>ind": -5},
        ),  # a move within housing counts not
        ("city", {"crop>city": 20, "vil>city": 10, "city>ind": -5}),  # a class
        ("built", {"crop>city": 20, "crop>vil": 20, "vil>crop": -10}),
    ],
)
def test_arrivals_count_and_departures_count_against_them(group, terms):
    (row,) = rows_of(instance_of(ZONES, MOVES, quotas=[quota("growth_demand", 6, group)]), "growth_demand")
    assert row.terms == {f"a {move} 2030": value for move, value in terms.items()}
    assert (row.lower, row.upper) == (6, float("inf"))


def test_new_urban_land_is_told_by_the_class_and_old_by_the_zone():
    """In a village, city housing is rural as it stands, so a change to industry makes it urban."""
    zones = {"a": {"city": 5, "built_kind": "village"}}
    (row,) = rows_of(instance_of(zones, "city>ind", quotas=[quota("growth_demand", 2, "built_urban")]), "growth_demand")
    assert row.terms == {"a city>ind 2030": 5}


def test_demand_accumulates_over_periods():
    quotas = [quota("growth_demand", 3, "industry", period=2025), quota("growth_demand", 7, "industry")]
    early, late = rows_of(instance_of(ZONES, "crop>ind", periods=(2025, 2030), quotas=quotas), "growth_demand")
    assert early.terms == {"a crop>ind 2025": 20}
    assert late.terms == {"a crop>ind 2025": 20, "a crop>ind 2030": 20}


def test_homes_pulled_down_are_replaced_on_top():
    """Industry needs 4 ha and may only take homes (1); 6 + 4 ha of homes then come from cropland (1): 14."""
    quotas = [quota("growth_demand", 4, "industry"), quota("growth_demand", 6, "housing")]
    found = solve(instance_of(ZONES, "city>ind crop>city", quotas=quotas))
    assert found.objective == pytest.approx(14)
    assert found.changes == {"a city>ind 2030": 4, "a crop>city 2030": 10}
