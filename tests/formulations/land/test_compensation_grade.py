import pytest

from tests.build import instance_of, quota, rows_of, solve

ZONES = {
    "good": {"crop": 10, "grade": 3},
    "poor": {"crop": 20, "grade": 8},
    "new": {"bare": 6, "potential_grade": 5},
}


def bank(value, grade):
    return quota("compensation_bank", value, grade=grade)


def test_one_row_a_grade_over_the_land_of_that_grade_or_better():
    """Grades 3 and 8 are lost, 5 is gained, 4 is banked; the better the land, the more rows it counts in."""
    quotas = [quota("compensation_grade", 1), bank(2, 4), bank(1, 8)]
    rows = rows_of(instance_of(ZONES, "crop>ind bare>crop", quotas=quotas), "compensation_grade")
    good, poor, new = {"good crop>ind 2030": 10}, {"poor crop>ind 2030": 20}, {"new bare>crop 2030": -6}
    assert [(row.label["grade"], row.terms, row.upper) for row in rows] == [
        (3, good, 0),
        (4, good, 2),
        (5, good | new, 2),
        (8, good | poor | new, 3),
    ]


def test_ungraded_cropland_is_lost_as_the_worst():
    zones = {"a": {"crop": 10, "grade": 0}}
    rows = rows_of(instance_of(zones, "crop>ind", quotas=[quota("compensation_grade", 1)]), "compensation_grade")
    assert [(row.label["grade"], row.terms) for row in rows] == [(15, {"a crop>ind 2030": 10})]


def test_over_periods_gains_count_from_the_next_on():
    zones = {"a": {"crop": 10, "grade": 5, "bare": 4, "potential_grade": 5}}
    instance = instance_of(zones, "crop>ind bare>crop", periods=(2025, 2030), quotas=[quota("compensation_grade", 1)])
    first, second = rows_of(instance, "compensation_grade")
    assert first.terms == {"a crop>ind 2025": 10}
    assert second.terms == {"a crop>ind 2025": 10, "a crop>ind 2030": 10, "a bare>crop 2025": -4}


def test_a_row_leaves_out_linked_land_of_its_grade_or_better():
    zones = {"a": {"crop": 10, "grade": 5}, "b": {"vil": 8, "potential_grade": 4}}
    quotas = [quota("compensation_grade", 1), quota("linked_quota", 5)]
    four, five = rows_of(instance_of(zones, "crop>ind vil>crop", quotas=quotas), "compensation_grade")
    better = {"linked_quota all 2030 4 cropland": -1, "linked_quota all 2030 4 quota": 1}
    assert four.terms == {"b vil>crop 2030": -8} | better
    worse = {"linked_quota all 2030 5 cropland": -1, "linked_quota all 2030 5 quota": 1}
    assert five.terms == {"a crop>ind 2030": 10, "b vil>crop 2030": -8} | better | worse


def test_new_land_covers_poorer_land_never_better():
    """4 ha of industry: good cropland at 1 cannot be covered by land of grade 5, so poor land at 1 + 1 goes,
    with 4 ha reclaimed at 1: 12. By quantity alone good land would do: 4 + 4 = 8.
    """
    quotas = [quota("compensation_grade", 1), quota("compensation", 1), quota("growth_demand", 4, "industry")]
    instance = instance_of(ZONES, "crop>ind bare>crop", quotas=quotas, zone_costs={("poor", "ind"): 1})
    assert solve(instance).objective == pytest.approx(12)
    assert solve(instance, "compensation_grade").objective == pytest.approx(8)


def test_banked_land_of_a_better_grade_covers_poorer_land():
    quotas = [quota("compensation_grade", 1), bank(4, 3), quota("growth_demand", 4, "industry")]
    found = solve(instance_of(ZONES, "crop>ind bare>crop", quotas=quotas, zone_costs={("good", "ind"): 1}))
    assert found.changes == {"poor crop>ind 2030": 4}
