import pytest

from optimizer.results.solution import Termination
from tests.build import instance_of, quota, rows_of, solve

ZONES = {
    "vil": {"region": "n", "vil": 10, "potential_grade": 5},
    "crop": {"region": "n", "crop": 20, "grade": 5},
}
REGIONS = {"all": "", "n": "all", "s": "all"}
MOVES = {"vil>crop": {"cost": 2}, "crop>ind": {"cost": 1}}
INF = float("inf")


def parts(rows, part):
    return [(row.terms, row.lower, row.upper) for row in rows if row.label["part"] == part]


def test_the_rows_of_one_period_and_grade():
    rows = rows_of(
        instance_of(ZONES, MOVES, regions=REGIONS, quotas=[quota("linked_quota", 6, region="n")]), "linked_quota"
    )
    given, taken = "linked_quota n 2030 5 quota", "linked_quota n 2030 5 cropland"
    assert parts(rows, "reclaimed") == [({"vil vil>crop 2030": 10, given: -1}, 0, INF)]
    assert parts(rows, "built_on") == [({"crop crop>ind 2030": 20, taken: -1}, 0, INF)]
    assert parts(rows, "grade") == [({given: 1, taken: -1}, 0, INF)]
    assert parts(rows, "cap") == [({given: 1}, -INF, 6)]


def test_reclaimed_and_built_land_count_in_their_own_period():
    quotas = [quota("linked_quota", 6, region="n")]
    rows = rows_of(instance_of(ZONES, MOVES, regions=REGIONS, quotas=quotas, periods=(2025, 2030)), "linked_quota")
    late = parts(rows, "reclaimed")[1][0]
    assert late == {"vil vil>crop 2030": 10, "linked_quota n 2030 5 quota": -1}
    assert parts(rows, "built_on")[1][0] == {"crop crop>ind 2030": 20, "linked_quota n 2030 5 cropland": -1}


def test_better_reclaimed_land_covers_worse_never_the_reverse():
    """Cropland of grade 5 is taken, land of grades 4 and 8 reclaimed: that of 8 covers nothing of grade 5."""
    zones = ZONES | {
        "vil": {"region": "n", "vil": 10, "potential_grade": 4},
        "poor": {"region": "n", "vil": 10, "potential_grade": 8},
    }
    rows = rows_of(
        instance_of(zones, MOVES, regions=REGIONS, quotas=[quota("linked_quota", 6, region="n")]), "linked_quota"
    )
    four, five, _ = (row.terms for row in rows if row.label["part"] == "grade")
    assert four == {"linked_quota n 2030 4 quota": 1, "linked_quota n 2030 4 cropland": -1}
    assert five == four | {"linked_quota n 2030 5 quota": 1, "linked_quota n 2030 5 cropland": -1}


@pytest.mark.parametrize(
    ("kind", "counts"),
    [
        ("", True),  # the class is rural
        ("village", True),
        ("town", False),  # rural housing in a town is urban land
        ("mining", False),
    ],
)
def test_reclaimed_land_is_rural_by_czcsxm(kind, counts):
    zones = {"a": {"vil": 10, "built_kind": kind}}
    rows = rows_of(instance_of(zones, MOVES, quotas=[quota("linked_quota", 6)]), "linked_quota")
    assert ("a vil>crop 2030" in parts(rows, "reclaimed")[0][0]) is counts


SINGLE_USE = [
    quota("growth_demand", 6, "industry"),
    quota("construction_increment", 3, region="n"),
    quota("compensation", 1, region="n"),
    quota("linked_quota", 10, region="n"),
]


def test_a_reclaimed_hectare_serves_once():
    """6 ha of industry (6 x 1) exceed the increment by 3, so 3 ha reclaimed go to the linked quota. They cover
    3 of the 6 ha of cropland lost, so that 3 more are reclaimed for the compensation: 6 + 6 x 2 = 18.

    Were the 3 ha to serve both, 3 would do: 12.
    """
    instance = instance_of(ZONES, MOVES, regions=REGIONS, quotas=SINGLE_USE)
    found = solve(instance)
    assert found.objective == pytest.approx(18)
    assert found.changes == {"crop crop>ind 2030": 6, "vil vil>crop 2030": 6}
    assert found.others["linked_quota n 2030 5 quota"] >= 3 - 1e-6
    assert solve(instance, "compensation").objective == pytest.approx(12)


def test_a_reclaimed_hectare_serves_once_over_periods():
    """As above, with gains that count one period later: what covers a loss of 2030 is reclaimed by 2025.

    Could the 3 ha be given to the linked quota in 2030, after they covered the loss, 3 ha would do: 12.
    """
    instance = instance_of(ZONES, MOVES, regions=REGIONS, quotas=SINGLE_USE, periods=(2025, 2030))
    found = solve(instance)
    assert found.objective == pytest.approx(18)
    assert sum(area for move, area in found.changes.items() if "vil>crop" in move) == pytest.approx(6)


def test_a_quota_of_the_city_s_counties_serves_the_city_s_rows():
    """Increment and compensation stated for the city, linked quota for the county: as above."""
    city = [row | {"region": "all"} if row["rule"] != "linked_quota" else row for row in SINGLE_USE]
    assert solve(instance_of(ZONES, MOVES, regions=REGIONS, quotas=city)).objective == pytest.approx(18)


@pytest.mark.parametrize("most", [0, 2.9])
def test_the_cap_holds(most):
    quotas = [*SINGLE_USE[:-1], quota("linked_quota", most, region="n")]
    found = solve(instance_of(ZONES, MOVES, regions=REGIONS, quotas=quotas))
    assert found.solution.termination is Termination.INFEASIBLE


def test_switched_off_there_is_no_linked_quota():
    instance = instance_of(ZONES, MOVES, regions=REGIONS, quotas=SINGLE_USE)
    assert solve(instance, "linked_quota").solution.termination is Termination.INFEASIBLE
    assert solve(instance, "linked_quota", "construction_increment").objective == pytest.approx(18)


def test_without_cropland_to_exchange_it_is_an_empty_promise():
    """No cropland can leave or come: one column of the worst grade, which nothing fills."""
    instance = instance_of({"a": {"bare": 10}}, "bare>ind", quotas=[quota("linked_quota", 6)])
    rows = rows_of(instance, "linked_quota")
    assert parts(rows, "reclaimed") == [({"linked_quota all 2030 15 quota": -1}, 0, INF)]
    assert solve(instance).objective == 0
