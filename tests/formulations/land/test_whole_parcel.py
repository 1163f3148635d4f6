import pytest

from tests.build import column_names, instance_of, program_of, quota, solve

ZONES = {"a": {"bare": 10, "whole": 1}, "b": {"bare": 10}}


def test_moves_of_a_whole_zone_are_whole_numbers():
    instance = instance_of(ZONES, "bare>ind bare>city")
    program = program_of(instance)
    whole = {name for name, kind in zip(column_names(instance, program), program.integer, strict=True) if kind}
    assert whole == {"a bare>bare 0", "a bare>ind 2030", "a bare>city 2030"}


def test_switched_off_no_move_is():
    assert not program_of(instance_of(ZONES, "bare>ind"), "whole_parcel").integer.any()


def test_a_whole_zone_changes_as_a_whole():
    """4 ha of industry: all 10 of zone a would cost 10, so zone b gives 4 at 1 + 1: 8; without the rule 4."""
    quotas = [quota("growth_demand", 4, "industry")]
    instance = instance_of(ZONES, "bare>ind", quotas=quotas, zone_costs={("b", "ind"): 1})
    assert solve(instance).changes == {"b bare>ind 2030": 4}
    assert solve(instance, "whole_parcel").objective == pytest.approx(4)


def test_a_project_on_part_of_a_whole_zone_gets_nothing_of_it():
    """All or nothing of zone a is asked, and the project may use half: nothing, and a bound of 0 in the matrix."""
    projects, units = {"p": {"members": "u", "to": "wood"}}, {"u": {"a": 0.5, "b": 1}}
    quotas = [quota("restoration_area", 7)]
    instance = instance_of(ZONES, {"bare>wood": {"restoration": 1}}, quotas=quotas, projects=projects, units=units)
    program = program_of(instance)
    assert program.matrix().upper[column_names(instance, program).index("a bare>wood 2030")] == 0
    assert solve(instance).changes == {"b bare>wood 2030": 7}
