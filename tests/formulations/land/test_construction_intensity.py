import pytest

from tests.build import instance_of, quota, rows_of, solve

ZONES = {"a": {"region": "n", "crop": 30, "ind": 10}, "b": {"region": "s", "crop": 60}}
REGIONS = {"all": "", "n": "all", "s": "all"}


@pytest.mark.parametrize(
    ("region", "share", "upper"),
    [("all", 0.15, 5), ("n", 0.3, 2), ("s", 0.1, 6)],  # of 100, 40 and 60 ha of land, 10, 10 and 0 built
)
def test_the_share_is_of_all_land_of_the_region(region, share, upper):
    quotas = [quota("construction_intensity", share, region=region)]
    (row,) = rows_of(instance_of(ZONES, "crop>ind", regions=REGIONS, quotas=quotas), "construction_intensity")
    assert row.upper == pytest.approx(upper)
    assert set(row.terms.values()) <= {30, 60}


def test_growth_moves_to_the_emptier_county():
    """5 ha of industry: 2 in n at 1, the rest in s at 1 + 3: 2 + 12 = 14; without the rule 5."""
    quotas = [quota("construction_intensity", 0.3, region="n"), quota("growth_demand", 5, "industry")]
    instance = instance_of(ZONES, "crop>ind", regions=REGIONS, quotas=quotas, zone_costs={("b", "ind"): 3})
    assert solve(instance).changes == {"a crop>ind 2030": 2, "b crop>ind 2030": 3}
    assert solve(instance, "construction_intensity").objective == pytest.approx(5)
