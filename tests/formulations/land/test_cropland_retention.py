import pytest

from tests.build import instance_of, quota, rows_of, solve

ZONES = {"a": {"region": "n", "crop": 10, "bare": 4}, "b": {"region": "s", "crop": 20}}
REGIONS = {"all": "", "n": "all", "s": "all"}
MOVES = "crop>ind crop>paddy bare>crop"


def test_the_row_is_the_change_of_cropland_against_what_is_there():
    """30 ha are there: 27 kept means the change is at least -3; crop to paddy stays cropland."""
    (row,) = rows_of(
        instance_of(ZONES, MOVES, regions=REGIONS, quotas=[quota("cropland_retention", 27)]), "cropland_retention"
    )
    assert row.terms == {"a crop>ind 2030": -10, "a bare>crop 2030": 4, "b crop>ind 2030": -20}
    assert (row.lower, row.upper) == (-3, float("inf"))
    assert row.label["base"] == 30


def test_a_county_counts_its_own_land():
    quotas = [quota("cropland_retention", 9, region="n")]
    (row,) = rows_of(instance_of(ZONES, MOVES, regions=REGIONS, quotas=quotas), "cropland_retention")
    assert row.terms == {"a crop>ind 2030": -10, "a bare>crop 2030": 4}
    assert row.lower == -1


@pytest.mark.parametrize(
    ("period", "years"),
    [(2025, {"2025"}), (2030, {"2025", "2030"}), (0, {"2025", "2030"})],  # 0 names the last period
)
def test_the_row_sums_all_periods_up_to_its_own(period, years):
    quotas = [quota("cropland_retention", 25, period=period)]
    (row,) = rows_of(instance_of({"b": {"crop": 30}}, MOVES, periods=(2025, 2030), quotas=quotas), "cropland_retention")
    assert row.terms == {f"b crop>ind {year}": -30 for year in years}


def test_switched_off_there_is_no_row():
    instance = instance_of(ZONES, MOVES, regions=REGIONS, quotas=[quota("cropland_retention", 27)])
    assert rows_of(instance, "cropland_retention", "cropland_retention") == []


def test_growth_beyond_the_target_is_paid_by_reclamation():
    """Industry takes 5 ha of 30 (5 x 1), 27 must stay: 2 ha of bare land are reclaimed (2 x 1): 7."""
    quotas = [quota("cropland_retention", 27), quota("growth_demand", 5, "industry")]
    found = solve(instance_of(ZONES, MOVES, regions=REGIONS, quotas=quotas))
    assert found.objective == pytest.approx(7)
    assert found.changes["a bare>crop 2030"] == pytest.approx(2)
