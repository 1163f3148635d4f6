import pytest

from tests.build import instance_of, quota, solve


def test_nothing_changes_without_a_reason():
    """Every move is free of cost, and no rule asks for any."""
    zones = {f"z{k}": {"bare": 5, "crop": 5} for k in range(3)}
    assert solve(instance_of(zones, {"bare>ind": {"cost": 0}, "crop>wood": {"cost": 0}})).changes == {}


def test_free_moves_stop_at_what_is_asked():
    quotas = [quota("growth_demand", 4, "industry")]
    found = solve(instance_of({"a": {"bare": 10}}, {"bare>ind": {"cost": 0}}, quotas=quotas))
    assert found.changes == {"a bare>ind 2030": 4}


def test_one_hectare_that_serves_two_rules_is_preferred():
    """Growth of 4 ha in industry and in all built land: free on either, but industry serves both."""
    quotas = [quota("growth_demand", 4, "industry"), quota("growth_demand", 4, "built")]
    found = solve(instance_of({"a": {"bare": 10}}, {"bare>ind": {"cost": 0}, "bare>city": {"cost": 0}}, quotas=quotas))
    assert sum(found.changes.values()) == pytest.approx(4)


def test_the_objective_is_not_given_up_for_less_change():
    """A hectare of forest earns 1: all 10 are planted."""
    found = solve(instance_of({"a": {"bare": 10}}, {"bare>wood": {"cost": -1}}))
    assert found.changes == {"a bare>wood 2030": 10}


def test_a_whole_zone_without_a_reason_stays():
    zones = {"a": {"bare": 10, "whole": 1}, "b": {"bare": 4, "whole": 1}}
    quotas = [quota("growth_demand", 4, "industry")]
    found = solve(instance_of(zones, {"bare>ind": {"cost": 1}, "bare>wood": {"cost": 0}}, quotas=quotas))
    assert found.changes == {"b bare>ind 2030": 4}


def test_no_project_is_open_without_moves():
    projects = {"p": {"members": "u", "to": "wood"}}
    found = solve(instance_of({"a": {"bare": 10}}, "bare>wood", projects=projects, units={"u": {"a": 1}}))
    assert found.others == {}


def test_no_linked_quota_is_taken_without_need():
    zones = {"a": {"vil": 10, "crop": 10, "grade": 5}}
    quotas = [quota("linked_quota", 5), quota("growth_demand", 2, "industry"), quota("construction_increment", 4)]
    found = solve(instance_of(zones, {"vil>crop": {"cost": -1}, "crop>ind": {"cost": 1}}, quotas=quotas))
    assert found.others == {}


def test_linked_quota_is_used_rather_than_more_land_changed():
    """Of 10 ha built on cropland 4 are in the increment and the bank; the other 6 need 6 ha reclaimed.

    Given to the linked quota they also spare the cropland they earn; else 12 ha would be reclaimed.
    """
    zones = {"a": {"vil": 20, "potential_grade": 5}, "b": {"crop": 20, "grade": 5}}
    quotas = [
        quota("linked_quota", 8),
        quota("growth_demand", 10, "industry"),
        quota("construction_increment", 4),
        quota("compensation", 1),
        quota("compensation_bank", 4),
    ]
    found = solve(instance_of(zones, {"vil>crop": {"cost": 0}, "crop>ind": {"cost": 1}}, quotas=quotas))
    assert found.changes == pytest.approx({"a vil>crop 2030": 6, "b crop>ind 2030": 10})
