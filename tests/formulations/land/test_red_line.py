import pytest

from tests.build import barred_by, instance_of, moves_of, quota, solve

FROM_BARE = "bare>ind bare>road bare>crop bare>shed bare>orch bare>wood bare>pond"


def test_in_the_core_nothing_changes():
    instance = instance_of({"a": {"bare": 5, "vil": 2, "red_line": "core"}}, f"{FROM_BARE} vil>grass")
    assert moves_of(instance) == set()
    assert barred_by(instance, "a vil>grass") == ("red_line",)


def test_elsewhere_inside_no_development():
    """Built land of every kind, cropland and farm facilities may not grow; orchards and nature may."""
    instance = instance_of({"a": {"bare": 5, "red_line": "general"}}, FROM_BARE)
    assert moves_of(instance) == {"a bare>orch", "a bare>wood", "a bare>pond"}


@pytest.mark.parametrize("target", ["ind", "road", "crop", "shed"])
def test_the_reason_is_kept(target):
    instance = instance_of({"a": {"bare": 5, "red_line": "general"}}, FROM_BARE)
    assert barred_by(instance, f"a bare>{target}") == ("red_line",)


def test_built_land_may_leave_but_not_be_rebuilt():
    instance = instance_of({"a": {"vil": 5, "red_line": "general"}}, "vil>grass vil>ind")
    assert moves_of(instance) == {"a vil>grass"}


def test_outside_or_switched_off_it_bars_nothing():
    zones = {"a": {"bare": 5, "red_line": "core"}, "b": {"bare": 5}}
    instance = instance_of(zones, "bare>ind")
    assert moves_of(instance) == {"b bare>ind"}
    assert moves_of(instance, "red_line") == {"a bare>ind", "b bare>ind"}


def test_growth_goes_round_the_line():
    """6 ha of industry: zone a at 1 lies inside, so zone b at 1 + 2 gives them: 18; without the rule 6."""
    zones = {"a": {"bare": 10, "red_line": "general"}, "b": {"bare": 10}}
    quotas = [quota("growth_demand", 6, "industry")]
    instance = instance_of(zones, "bare>ind", quotas=quotas, zone_costs={("b", "ind"): 2})
    assert solve(instance).changes == {"b bare>ind 2030": 6}
    assert solve(instance, "red_line").objective == pytest.approx(6)
