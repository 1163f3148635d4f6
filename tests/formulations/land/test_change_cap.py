import pytest

from tests.build import instance_of, quota, rows_of, solve

ZONES = {"a": {"vil": 20, "crop": 10}}
YEARS = (2025, 2030, 2040)
MOVES = {"vil>crop": {"cost": -1}, "vil>city": {}, "crop>vil": {}}


@pytest.mark.parametrize(
    ("rule", "group", "moves"),
    [
        ("loss_cap", "housing_rural", {"vil>crop": 20, "vil>city": 20}),
        ("loss_cap", "housing", {"vil>crop": 20}),  # from village to city is no loss of housing
        ("gain_cap", "housing", {"crop>vil": 10}),
        ("gain_cap", "crop", {"vil>crop": 20}),
    ],
)
def test_period_0_caps_every_period_alone(rule, group, moves):
    rows = rows_of(instance_of(ZONES, MOVES, periods=YEARS, quotas=[quota(rule, 4, group)]), rule)
    assert [row.label["period"] for row in rows] == [2025, 2030, 2040]
    for year, row in zip(YEARS, rows, strict=True):
        assert row.terms == {f"a {move} {year}": value for move, value in moves.items()}
        assert (row.lower, row.upper) == (-float("inf"), 4)


def test_a_named_period_is_capped_alone():
    quotas = [quota("loss_cap", 0.1, "vil", period=2030, unit="share")]
    (row,) = rows_of(instance_of(ZONES, MOVES, periods=YEARS, quotas=quotas), "loss_cap")
    assert row.terms == {"a vil>crop 2030": 20, "a vil>city 2030": 20}
    assert row.upper == pytest.approx(2)


@pytest.mark.parametrize(("rule", "group"), [("loss_cap", "vil"), ("gain_cap", "cropland")])
def test_villages_empty_no_faster_than_the_cap(rule, group):
    """A hectare reclaimed earns 1; 4 ha in each of three periods: -12; without the rule all 20: -20."""
    instance = instance_of(ZONES, MOVES, periods=YEARS, quotas=[quota(rule, 4, group)])
    assert solve(instance).objective == pytest.approx(-12)
    assert solve(instance, rule).objective == pytest.approx(-20)
