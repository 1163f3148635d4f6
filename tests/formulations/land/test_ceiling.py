import pytest

from tests.build import instance_of, quota, rows_of, solve

ZONES = {"a": {"orch": 10, "crop": 20}}
MOVES = {"crop>orch": {"cost": -1}, "orch>crop": {"cost": 3}}


@pytest.mark.parametrize(("value", "unit"), [(12, "ha"), (1.2, "share")])
def test_the_bound_is_relative_to_what_is_there(value, unit):
    (row,) = rows_of(instance_of(ZONES, MOVES, quotas=[quota("ceiling", value, "orchard", unit=unit)]), "ceiling")
    assert row.terms == {"a crop>orch 2030": 20, "a orch>crop 2030": -10}
    assert (row.lower, row.upper) == (-float("inf"), pytest.approx(2))


def test_an_earlier_period_has_its_own_row():
    quotas = [quota("ceiling", 11, "orchard", period=2025), quota("ceiling", 15, "orchard")]
    early, late = rows_of(instance_of(ZONES, "crop>orch", periods=(2025, 2030), quotas=quotas), "ceiling")
    assert early.terms == {"a crop>orch 2025": 20}
    assert late.terms == {"a crop>orch 2025": 20, "a crop>orch 2030": 20}
    assert (early.label["period"], late.label["period"]) == (2025, 2030)


def test_what_pays_grows_to_the_ceiling():
    """A hectare of orchard earns 1 and 2 ha more are allowed: -2; without the rule 20 ha: -20."""
    instance = instance_of(ZONES, MOVES, quotas=[quota("ceiling", 12, "orchard")])
    assert solve(instance).objective == pytest.approx(-2)
    assert solve(instance, "ceiling").objective == pytest.approx(-20)
