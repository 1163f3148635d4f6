"""Quotas handed down: caps that do not fit, targets that are not handed on, levels out of order."""

import pytest

from instances.faults import InstanceError
from instances.quota_levels import handed_down, level_warnings
from tests.build import draft, quota

REGIONS = {"all": "", "city": "all", "n": "city", "s": "city"}
ZONES = {"a": {"region": "n", "crop": 30}, "b": {"region": "s", "crop": 50}}


def made(folder, *quotas, levels=None, zones=ZONES):
    """Return an instance of a province with one city and two counties."""
    one = draft(zones, "crop>ind", quotas=quotas, regions=REGIONS)
    for row in one.tables["regions"]:
        row["level"] = (levels or {"all": "province", "city": "city"}).get(row["region"], "county")
    return one.load(folder)


def handed(folder, rule, *values):
    """Return an instance in which regions have quotas of one rule."""
    return made(folder, *(quota(rule, value, region=region) for region, value in values))


def warned(instance):
    return [str(one) for one in level_warnings(instance.folder, instance.require_land(), instance.settings)]


def test_caps_of_counties_are_held_against_the_city(tmp_path):
    """The counties may build 7 + 5 ha, the city 10: two of them nobody can use."""
    (told,) = warned(handed(tmp_path, "construction_increment", ("city", 10), ("n", 7), ("s", 5)))
    assert "quotas.csv" in told
    assert "n, s have 12 together, city has 10" in told
    assert "cannot use 2 of it" in told


def test_levels_between_may_be_left_out(tmp_path):
    """The province has the cap, the city none: the counties are held against the province."""
    instance = handed(tmp_path, "construction_increment", ("all", 10), ("n", 7), ("s", 5))
    (one,) = handed_down(instance.require_land(), instance.settings)
    assert (one.region, one.below, one.over, one.whole) == ("all", {"n": 7, "s": 5}, 2, True)


def test_each_level_is_held_against_the_next(tmp_path):
    instance = handed(tmp_path, "construction_increment", ("all", 20), ("city", 12), ("n", 7), ("s", 5))
    pairs = [(one.region, one.below) for one in handed_down(instance.require_land(), instance.settings)]
    assert pairs == [("all", {"city": 12}), ("city", {"n": 7, "s": 5})]
    assert warned(instance) == []


def test_targets_that_are_not_handed_on_are_told(tmp_path):
    (told,) = warned(handed(tmp_path, "cropland_retention", ("city", 60), ("n", 20), ("s", 30)))
    assert "10 are asked of city and of nobody below it" in told


def test_targets_of_some_counties_say_nothing_of_the_rest(tmp_path):
    targets = [("city", 60), ("n", 20)]
    assert (
        warned(made(tmp_path, *(quota("cropland_retention", value, region=region) for region, value in targets))) == []
    )


def test_periods_groups_and_shares_are_kept_apart(tmp_path):
    rows = [
        quota("ceiling", 5, "industry", region="city"),
        quota("ceiling", 9, "forest", region="n"),
        quota("ceiling", 1.2, "industry", region="n", unit="share"),
        quota("gain_cap", 1, "industry", region="city"),
        quota("gain_cap", 2, "industry", region="n"),
    ]
    assert warned(made(tmp_path, *rows)) == []


def test_of_several_caps_of_a_region_the_least_binds(tmp_path):
    rows = [("city", 10), ("city", 30), ("n", 7), ("n", 2), ("s", 5)]
    assert (
        warned(made(tmp_path, *(quota("construction_increment", value, region=region) for region, value in rows))) == []
    )


def test_carbon_caps_that_do_not_fit_are_refused_across_levels(tmp_path):
    caps = [quota("carbon_cap", value, region=region) for region, value in (("all", 10), ("n", 7), ("s", 5))]
    with pytest.raises(InstanceError, match="below all add to 12"):
        made(tmp_path, *caps)


def test_a_county_that_holds_a_city_is_odd(tmp_path):
    (told,) = warned(made(tmp_path, levels={"all": "province", "city": "township"}))[:1]
    assert "n (county) lies in city (township)" in told
