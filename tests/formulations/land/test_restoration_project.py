import pytest

from optimizer.results.solution import Termination
from tests.build import column_names, instance_of, program_of, quota, rows_of, solve

ZONES = {"a": {"bare": 10, "crop": 4}, "b": {"bare": 6}, "c": {"bare": 20}}
MOVES = {"bare>wood": {"restoration": 1}, "crop>wood": {"restoration": 1, "cost": 3}, "bare>grass": {"restoration": 1}}
UNITS = {"u1": {"a": 1}, "u2": {"b": 0.5}}
ONE = {"p": {"members": "u1;u2", "to": "wood", "min_area_ha": 5, "max_area_ha": 8, "cost_wanyuan": 7}}
INF = float("inf")


def make(projects=None, **more):
    return instance_of(ZONES, MOVES, projects=projects or ONE, units=UNITS, **more)


def test_a_project_s_area_lies_between_its_limits():
    rows = rows_of(make(), "restoration_project")
    governed = {"a bare>wood 2030": 10, "a crop>wood 2030": 4, "b bare>wood 2030": 6}
    opened = "restoration_project p 2030"
    by_part = {row.label["part"]: (row.terms, row.lower, row.upper) for row in rows}
    assert by_part["least"] == (governed | {opened: -5}, 0, INF)
    assert by_part["most"] == (governed | {opened: -8}, -INF, 0)
    assert by_part["once"] == ({opened: 1}, -INF, 1)


def test_no_move_outgrows_its_land_its_share_or_the_project():
    rows = rows_of(make(), "restoration_project")
    reach = {next(iter(row.terms)): min(row.terms.values()) for row in rows if row.label["part"] == "open"}
    assert reach == {"a bare>wood 2030": -8, "a crop>wood 2030": -4, "b bare>wood 2030": -3}


def test_the_share_of_a_zone_limits_its_moves():
    instance = make()
    program = program_of(instance)
    upper = dict(zip(column_names(instance, program), program.moves.upper, strict=False))
    assert upper["b bare>wood 2030"] == 0.5
    assert upper["b bare>grass 2030"] == 1  # not a class of the project
    assert upper["c bare>wood 2030"] == 1  # not a zone of the project


def test_land_of_a_locked_out_unit_is_neither_the_project_s_nor_free():
    """Zone b stays governed with a share of 0: 3 ha of its forest cannot be had at any price."""
    instance = make(locked_out=["u2"], quotas=[quota("floor", 28.5, "forest")])
    program = program_of(instance)
    upper = dict(zip(column_names(instance, program), program.moves.upper, strict=False))
    assert upper["b bare>wood 2030"] == 0
    assert solve(instance).solution.termination is Termination.INFEASIBLE  # 8 in the project, 20 in zone c


def test_prerequisites_open_no_later():
    projects = ONE | {"q": {"members": "u2", "to": "grass"}}
    projects = {"p": ONE["p"] | {"members": "u1", "prerequisites": "q"}, "q": projects["q"]}
    rows = rows_of(make(projects, periods=(2025, 2030)), "restoration_project")
    after = [row.terms for row in rows if row.label["part"] == "after"]
    p1, p2, q1, q2 = (f"restoration_project {name} {year}" for name in "pq" for year in (2025, 2030))
    assert after == [{p1: 1, q1: -1}, {p1: 1, p2: 1, q1: -1, q2: -1}]


def test_its_land_changes_within_the_project_or_not_at_all():
    """6 ha of forest: the project would cost 7 + 6, zone c at 1 + 1 each 12; without the rule zone a at 1: 6."""
    instance = make(quotas=[quota("floor", 6, "forest")], zone_costs={("c", "wood"): 1})
    found = solve(instance)
    assert found.objective == pytest.approx(12)
    assert found.others == {}
    assert solve(instance, "restoration_project").objective == pytest.approx(6)


def test_a_project_worth_its_fixed_cost_is_opened():
    """8 ha of forest: the project 7 + 8 = 15, zone c 16."""
    found = solve(make(quotas=[quota("floor", 8, "forest")], zone_costs={("c", "wood"): 1}))
    assert found.objective == pytest.approx(15)
    assert found.others == {"restoration_project p 2030": 1}


def test_it_is_opened_in_one_period_only():
    """Half of the forest each period cannot both be the project's: 4 of the 8 ha come from zone c."""
    quotas = [quota("floor", 8, "forest"), quota("gain_cap", 4, "forest")]
    projects = {"p": ONE["p"] | {"min_area_ha": 0, "cost_wanyuan": 0}}
    found = solve(make(projects, quotas=quotas, zone_costs={("c", "wood"): 1}, periods=(2025, 2030)))
    assert found.objective == pytest.approx(4 * 1 + 4 * 2)


def test_a_prerequisite_is_paid_as_well():
    """p may restore zone a once q (fixed cost 2, nothing to do) is open: 8 ha at 1 + 7 + 2 = 17; zone c asks 24."""
    projects = {
        "p": ONE["p"] | {"members": "u1", "prerequisites": "q"},
        "q": {"members": "u2", "to": "grass", "cost_wanyuan": 2},
    }
    found = solve(make(projects, quotas=[quota("floor", 8, "forest")], zone_costs={("c", "wood"): 2, ("b", "wood"): 9}))
    assert found.objective == pytest.approx(17)
    assert set(found.others) == {"restoration_project p 2030", "restoration_project q 2030"}


def test_a_target_beyond_the_project_cannot_be_met():
    found = solve(make(quotas=[quota("floor", 29, "forest")]))  # 8 in the project, 20 in zone c
    assert found.solution.termination is Termination.INFEASIBLE
