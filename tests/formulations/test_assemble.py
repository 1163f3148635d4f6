import pytest

from formulations.assemble import land_block, rules_off
from formulations.land import OPTIONAL_RULES, RULES
from instances.faults import InstanceError
from tests.build import instance_of, program_of, quota, rows_of

ZONES = {"a": {"crop": 10, "bare": 4}}
QUOTAS = [quota("growth_demand", 2, "industry"), quota("cropland_retention", 5)]


def test_only_rules_with_data_make_rows():
    program = program_of(instance_of(ZONES, "crop>ind", quotas=QUOTAS))
    assert [family.rule for family in program.quotas] == ["cropland_retention", "growth_demand"]


def test_an_instance_without_quotas_has_no_rows_but_its_groups():
    program = program_of(instance_of(ZONES, "crop>ind"))
    assert program.n_rows == program.moves.n_groups == 2


@pytest.mark.parametrize("stated", ["in the instance", "by name"])
def test_a_rule_is_switched_off(stated):
    off = ["growth_demand"]
    inside = stated == "in the instance"
    instance = instance_of(ZONES, "crop>ind", quotas=QUOTAS, rules_off=off if inside else ())
    assert rows_of(instance, "growth_demand", *([] if inside else off)) == []


def test_both_lists_count():
    instance = instance_of(ZONES, "crop>ind", rules_off=["slope"])
    assert rules_off(instance, ["floor"]) == {"slope", "floor"}


@pytest.mark.parametrize("name", ["flor", "transition_matrix", ""])
def test_an_unknown_name_is_refused_with_the_known_ones(name):
    instance = instance_of(ZONES, "crop>ind")
    with pytest.raises(InstanceError, match="known are red_line"):
        land_block(instance, [name])


def test_every_rule_can_be_switched_off_by_its_name():
    assert {rule.name for rule in RULES} <= set(OPTIONAL_RULES)
    assert len(set(OPTIONAL_RULES)) == len(OPTIONAL_RULES)


@pytest.mark.parametrize(
    ("objective", "weights"),
    [
        ("emissions", {"emissions": 1}),
        ("cost", {"cost": 1}),
        ({"kind": "weighted", "emission_weight": 3, "cost_weight": 2}, {"emissions": 3, "cost": 2}),
    ],
)
def test_what_is_minimised(objective, weights):
    assert program_of(instance_of(ZONES, "crop>ind", objective=objective)).minimise == weights
