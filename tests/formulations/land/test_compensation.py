import pytest

from tests.build import instance_of, quota, rows_of, solve

ZONES = {"a": {"crop": 20, "bare": 10}}
MOVES = {"crop>ind": {}, "crop>orch": {}, "crop>paddy": {}, "crop>wood": {"restoration": 1}, "bare>crop": {}}
TWO = (2025, 2030)


def bank(value, **more):
    return quota("compensation_bank", value, **more)


def test_in_one_period_gains_of_the_same_period_count():
    """Orchards are a loss too; ecological retirement is exempt; within cropland nothing is lost."""
    instance = instance_of(ZONES, MOVES, quotas=[quota("compensation", 1), bank(3)])
    (row,) = rows_of(instance, "compensation")
    assert row.terms == {"a crop>ind 2030": 20, "a crop>orch 2030": 20, "a bare>crop 2030": -10}
    assert (row.lower, row.upper) == (-float("inf"), 3)


def test_over_periods_gains_count_from_the_next_on():
    instance = instance_of(ZONES, "crop>ind bare>crop", periods=TWO, quotas=[quota("compensation", 1), bank(3)])
    first, second = rows_of(instance, "compensation")
    assert first.terms == {"a crop>ind 2025": 20}
    assert second.terms == {"a crop>ind 2025": 20, "a crop>ind 2030": 20, "a bare>crop 2025": -10}
    assert (first.upper, second.upper) == (3, 3)


def test_the_value_is_the_ratio():
    instance = instance_of(ZONES, "crop>ind bare>crop", quotas=[quota("compensation", 0.5)])
    (row,) = rows_of(instance, "compensation")
    assert row.terms == {"a crop>ind 2030": 20, "a bare>crop 2030": -5}


@pytest.mark.parametrize(
    ("banked", "without", "upper"),
    [
        ([bank(3), bank(2)], (), 5),  # rows of a region add up
        ([bank(3), bank(2, grade=4), quota("compensation_grade", 1)], (), 3),  # a bank by grade is another matter
        ([bank(3, region="n"), quota("compensation", 1, region="n")], (), 0),  # a county's bank is not the city's
        ([bank(3)], ("compensation_bank",), 0),  # the bank switched off
    ],
)
def test_the_opening_bank(banked, without, upper):
    regions = {"all": "", "n": "all"}
    instance = instance_of(ZONES, MOVES, regions=regions, quotas=[quota("compensation", 1), *banked])
    row, *_ = rows_of(instance, "compensation", *without)
    assert row.upper == upper


def test_linked_building_and_reclamation_count_no_second_time():
    """Losses leave out LC, gains leave out L, in the period in which each counts."""
    quotas = [quota("compensation", 1), quota("linked_quota", 5)]
    zones = {"a": {"crop": 20, "grade": 5, "potential_grade": 0}, "b": {"vil": 10, "potential_grade": 5}}
    instance = instance_of(zones, "crop>ind vil>crop", quotas=quotas, periods=TWO)
    first, second = rows_of(instance, "compensation")
    assert first.terms == {"a crop>ind 2025": 20, "linked_quota all 2025 5 cropland": -1}
    assert second.terms == {
        "a crop>ind 2025": 20,
        "a crop>ind 2030": 20,
        "b vil>crop 2025": -10,
        "linked_quota all 2025 5 cropland": -1,
        "linked_quota all 2030 5 cropland": -1,
        "linked_quota all 2025 5 quota": 1,
    }


def test_a_loss_is_covered_by_the_bank_then_by_reclamation():
    """Industry takes 7 ha (7); the bank covers 3 and reclaiming 4 at 2 the rest: 15; without the bank 21."""
    moves = {"crop>ind": {"cost": 1}, "bare>crop": {"cost": 2}}
    quotas = [quota("compensation", 1), bank(3), quota("growth_demand", 7, "industry")]
    instance = instance_of(ZONES, moves, quotas=quotas)
    assert solve(instance).objective == pytest.approx(15)
    assert solve(instance, "compensation_bank").objective == pytest.approx(21)
    assert solve(instance, "compensation").objective == pytest.approx(7)


def test_over_periods_reclamation_comes_first():
    """All 7 ha are lost in the second period, and the 4 that the bank lacks are reclaimed in the first."""
    quotas = [
        quota("compensation", 1),
        bank(3),
        quota("growth_demand", 7, "industry"),
        quota("loss_cap", 0, "crop", period=2025),
    ]
    found = solve(instance_of(ZONES, "crop>ind bare>crop", quotas=quotas, periods=TWO))
    assert found.changes == {"a crop>ind 2030": 7, "a bare>crop 2025": 4}


def test_the_bank_is_carried_from_period_to_period():
    """Bank 3; industry takes 2 ha by 2025, 6 by 2030, 11 by 2035.

    2 of the bank go in 2025 and 1 is carried; of the 4 taken in 2030 it covers 1, so 3 are reclaimed by 2025; of the 5
    of 2035 nothing is left, so 5 are reclaimed by 2030. What is reclaimed in 2035 would serve no loss of the span.
    """
    years = (2025, 2030, 2035)
    zones = {"a": {"crop": 20}, "b": {"bare": 3}, "c": {"bare": 10}}
    quotas = [
        quota("compensation", 1),
        bank(3),
        *(quota("growth_demand", most, "industry", period=year) for most, year in zip((2, 6, 11), years, strict=True)),
        *(quota("ceiling", most, "industry", period=year) for most, year in zip((2, 6, 11), years, strict=True)),
    ]
    found = solve(instance_of(zones, "crop>ind bare>crop", quotas=quotas, periods=years))
    taken, reclaimed = ({year: 0.0 for year in years} for _ in range(2))
    for move, area in found.changes.items():
        (taken if ">ind" in move else reclaimed)[int(move.split()[-1])] += area
    assert taken == {2025: 2, 2030: 4, 2035: 5}
    assert reclaimed[2035] == 0
    assert reclaimed[2025] >= 3
    assert reclaimed[2025] + reclaimed[2030] == pytest.approx(8)
    assert found.objective == pytest.approx(11 + 8)


def test_what_a_period_gains_does_not_serve_its_own_loss():
    """Without a bank nothing may be lost in the first period, whatever is reclaimed in it."""
    quotas = [quota("compensation", 1), quota("growth_demand", 1, "industry", period=2025)]
    assert solve(instance_of(ZONES, "crop>ind bare>crop", quotas=quotas, periods=TWO)).objective is None
