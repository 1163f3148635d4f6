import pytest

from tests.build import instance_of, quota, rows_of, solve

ZONES = {"a": {"region": "n", "bare": 10, "cost_factor": 2}, "b": {"region": "s", "bare": 6}}
REGIONS = {"all": "", "n": "all", "s": "all"}
MOVES = {"bare>wood": {"cost": 3, "restoration": 1}, "bare>ind": {"cost": 5}}
PROJECTS = {"p": {"members": "u", "to": "wood", "cost_wanyuan": 7}}
UNITS = {"u": {"b": 1}}
OPENED = "restoration_project p 2030"


def make(*quotas, **more):
    return instance_of(ZONES, MOVES, regions=REGIONS, quotas=quotas, projects=PROJECTS, units=UNITS, **more)


def test_moves_cost_by_transition_zone_factor_and_place():
    """Zone a doubles the transition's cost; the place adds 1 for industry in zone b."""
    (row,) = rows_of(make(quota("budget", 50), zone_costs={("b", "ind"): 1}), "budget")
    assert row.terms == {
        "a bare>wood 2030": 60,
        "a bare>ind 2030": 100,
        "b bare>wood 2030": 18,
        "b bare>ind 2030": 36,
        OPENED: 7,
    }
    assert (row.lower, row.upper) == (-float("inf"), 50)


def test_group_projects_counts_projects_only():
    (row,) = rows_of(make(quota("budget", 20, "projects")), "budget")
    assert row.terms == {"b bare>wood 2030": 18, OPENED: 7}


@pytest.mark.parametrize(("region", "counts"), [("s", True), ("n", False)])
def test_a_project_counts_for_the_region_that_holds_its_land(region, counts):
    (row,) = rows_of(make(quota("budget", 20, region=region)), "budget")
    assert (OPENED in row.terms) is counts


def test_spending_accumulates_over_periods():
    quotas = (quota("budget", 20, "projects", period=2025), quota("budget", 30, "projects"))
    early, late = rows_of(make(*quotas, periods=(2025, 2030)), "budget")
    assert early.terms == {"b bare>wood 2025": 18, "restoration_project p 2025": 7}
    assert late.terms == early.terms | {"b bare>wood 2030": 18, OPENED: 7}


def test_the_dearer_objective_stays_within_the_budget():
    """Forest takes up 1 tCO2/ha/yr for 5 years. 25 pay for the project (7) and its 6 ha (18): -30.

    Without the rule all 16 ha are planted: -80.
    """
    options = {"factors": {("wood", "sink"): 1}, "objective": "emissions", "mode": "flux"}
    instance = make(quota("budget", 25), **options)
    assert solve(instance).changes == {"b bare>wood 2030": 6}
    assert solve(instance, "budget").objective == pytest.approx(-80)


def test_a_budget_of_projects_leaves_other_moves_alone():
    """16 pay for the project and 3 ha of it; zone a plants its 10 ha: -5 x 13."""
    options = {"factors": {("wood", "sink"): 1}, "objective": "emissions", "mode": "flux"}
    assert solve(make(quota("budget", 16, "projects"), **options)).objective == pytest.approx(-65)
