import pytest

from tests.build import instance_of, quota, rows_of, solve

ZONES = {"a": {"crop": 20, "vil": 10, "ind": 5}}


def test_rebuilding_adds_nothing():
    """15 ha are built; from one built class to another the total stays."""
    instance = instance_of(ZONES, "crop>ind vil>ind vil>crop", quotas=[quota("construction_total", 18)])
    (row,) = rows_of(instance, "construction_total")
    assert row.terms == {"a crop>ind 2030": 20, "a vil>crop 2030": -10}
    assert (row.lower, row.upper) == (-float("inf"), 3)


def test_growth_beyond_the_total_is_redeveloped():
    """7 ha of industry: 3 on cropland at 1, the other 4 on village land at 4: 3 + 16 = 19; without the rule 7."""
    quotas = [quota("construction_total", 18), quota("growth_demand", 7, "industry")]
    instance = instance_of(ZONES, {"crop>ind": {"cost": 1}, "vil>ind": {"cost": 4}}, quotas=quotas)
    assert solve(instance).objective == pytest.approx(19)
    assert solve(instance, "construction_total").objective == pytest.approx(7)
