import pytest

from instances.faults import InstanceError
from optimizer.results.solution import Termination
from tests.build import column_names, program_of, quota, rows_of, solve
from tests.formulations.restoration.joint_land import joint


def taken(found):
    return {name: value for name, value in found.others.items() if name.startswith("selection")}


def test_the_cheaper_unit_is_chosen_and_restored():
    """u2: 2 and its 7 ha, 9 in all; u1 would be 3 + 10."""
    found = solve(joint().instance())
    assert found.objective == pytest.approx(9)
    assert taken(found) == {"selection u2 ": 1}


def test_units_may_only_bound():
    """With 0 of the land asked for, u2 costs 2 and just the 5 ha of forest are planted."""
    assert solve(joint(restored_part=0.0).instance()).objective == pytest.approx(7)


def test_a_share_of_a_unit_brings_a_share_of_its_land():
    """Half of u2 holds the target: 1, and 3.5 ha of it; 1.5 more are free in zone b: 6 in all."""
    found = solve(joint(decision="proportion").instance())
    assert found.objective == pytest.approx(6)
    assert taken(found) == {"selection u2 ": pytest.approx(0.5)}


def test_penalties_count_in_the_objective_of_their_unit():
    """Both units: 5 and 17 ha; their border is the 3 m of u1 alone, at 2 a metre 6 more."""
    rules = [{"rule": "boundary_penalty", "value": 2.0, "factor": 1.0}]
    assert solve(joint(3.0, rules=rules).instance()).objective == pytest.approx(22)
    dear = joint(3.0, rules=rules, penalty_unit="10k CNY").instance()
    assert solve(dear).objective == pytest.approx(28)


def test_the_money_of_a_region_pays_for_units_too():
    enough = joint(quotas=[quota("budget", 9)]).instance()
    assert solve(enough).objective == pytest.approx(9)
    short = joint(quotas=[quota("budget", 8.9)]).instance()
    assert solve(short).solution.termination is Termination.INFEASIBLE


def test_rules_on_units_hold_and_can_be_switched_off_by_their_name():
    """With 2.5 for units, u2 is within reach, both are not; with the rule off they are."""
    instance = joint(3.0, rules=[{"rule": "budget", "value": 2.5}]).instance()
    assert solve(instance).solution.termination is Termination.INFEASIBLE
    assert solve(instance, "site:budget").objective == pytest.approx(22)
    with pytest.raises(InstanceError, match=r"known are .*site:budget"):
        program_of(instance, "site:budgets")


def test_chosen_units_may_have_to_hang_together():
    """Neighbours: u2 alone has none, so u1 comes with it."""
    alone = joint(rules=[{"rule": "neighbours", "value": 1.0, "factor": 0.0}]).instance()
    assert solve(alone).objective == pytest.approx(22)
    together = joint(rules=[{"rule": "contiguity"}]).instance()
    assert solve(together).objective == pytest.approx(9)


def test_a_unit_is_taken_once_over_its_management_zones():
    instance = joint(zones=("plant", "fence")).instance()
    once = rows_of(instance, "site:unit_once")
    assert [row.terms for row in once] == [
        {f"selection {unit} plant": 1, f"selection {unit} fence": 1} for unit in ("u1", "u2")
    ]
    assert {(row.lower, row.upper) for row in once} == {(0, 1)}
    assert sum(taken(solve(instance)).values()) == pytest.approx(1)


def test_every_unit_may_have_to_be_taken():
    instance = joint(rules=[{"rule": "mandatory_allocation"}]).instance()
    assert solve(instance).objective == pytest.approx(22)
    assert column_names(instance, program_of(instance))[-2:] == ["selection u1 ", "selection u2 "]


def test_core_areas_may_have_to_be_connected():
    """u1 and u3 are core areas, and only u2 lies between them: it costs 2 and its 7 ha."""
    made = joint(1.0, rules=[{"rule": "corridor", "group": "p;q"}])
    made.tables["units"].append({"unit": "u3", "area_ha": 1.0, "status": "free", "cost": 9.0})
    made.tables["boundary"].append({"unit_a": "u2", "unit_b": "u3", "length_m": 1.0})
    made.tables["unit_groups"] = [{"group": "p", "unit": "u1"}, {"group": "q", "unit": "u3"}]
    found = solve(made.instance())
    assert found.objective == pytest.approx(9)
    assert taken(found) == {"selection u2 ": 1}


def test_a_rule_of_a_study_of_sites_alone_is_refused(tmp_path):
    made = joint(rules=[{"rule": "restored_area", "sense": ">=", "value": 1.0}])
    with pytest.raises(InstanceError, match="rule restored_area is for a study of sites alone"):
        program_of(made.load(tmp_path))
