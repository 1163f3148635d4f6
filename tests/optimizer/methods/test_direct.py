import numpy as np
import pytest

from optimizer.methods import METHODS, choose, direct
from optimizer.methods.highs import dual_bound
from optimizer.progress import Silent
from optimizer.results.solution import SolveOptions, Status, Termination
from tests.build import instance_of, program_of, quota, solve

ZONES = {"a": {"bare": 10}, "b": {"bare": 10}}
GROW = quota("growth_demand", 6, "industry")


def test_auto_and_direct_are_methods():
    program = program_of(instance_of(ZONES, "bare>ind", quotas=[GROW]))
    assert METHODS["direct"] is choose("direct", program)
    assert choose("auto", program) in METHODS.values()
    with pytest.raises(KeyError):
        choose("magic", program)


def test_without_whole_numbers_the_multipliers_prove_the_bound():
    instance = instance_of(ZONES, "bare>ind", quotas=[GROW], zone_costs={("b", "ind"): 2})
    solution = solve(instance).solution
    assert solution.termination is Termination.GAP_PROVEN
    assert solution.bound == pytest.approx(solution.objective) == pytest.approx(6)
    assert dual_bound(program_of(instance).matrix(), solution.duals) == pytest.approx(6)


def test_with_whole_numbers_the_bound_is_never_above_the_objective():
    zones = {"a": {"bare": 10, "whole": 1}, "b": {"bare": 7, "whole": 1}}
    solution = solve(instance_of(zones, "bare>ind", quotas=[GROW])).solution
    assert solution.objective == pytest.approx(7)
    assert solution.bound <= solution.objective
    assert solution.gap <= 1e-9
    assert solution.status(1e-4) is Status.OPTIMAL


@pytest.mark.parametrize(("asked", "cost", "by"), [(6, 6, "dual"), (5, 6, "highs")])
def test_the_bound_is_said_to_come_from_what_proves_it(asked, cost, by):
    """Whole zones of 6 ha: one is just what is asked, and the relaxation tells; of 5 ha it would take five sixths."""
    zones = {name: {"bare": 6, "whole": 1} for name in "ab"}
    quotas = [quota("growth_demand", asked, "industry")]
    instance = instance_of(zones, "bare>ind", quotas=quotas, zone_costs={("b", "ind"): 2})
    solution = direct.solve(program_of(instance), SolveOptions(gap=1e-6), Silent())
    assert (solution.objective, solution.bound) == (pytest.approx(cost), pytest.approx(cost))
    assert solution.bound_by == by
    assert (dual_bound(program_of(instance).matrix(), solution.duals) == pytest.approx(cost)) == (by == "dual")


def test_no_plan_meets_contradictory_rules():
    quotas = [GROW, quota("construction_total", 3)]
    solution = solve(instance_of(ZONES, "bare>ind", quotas=quotas)).solution
    assert solution.termination is Termination.INFEASIBLE
    assert solution.status(1e-4) is Status.INFEASIBLE
    with pytest.raises(ValueError, match="there is no plan"):
        solution.require_shares()


def test_only_whole_numbers_may_stand_in_the_way():
    """Two whole zones of 10 ha, 6 ha at least and 8 at most: shares would do, whole zones do not."""
    zones = {"a": {"bare": 10, "whole": 1}, "b": {"bare": 10, "whole": 1}}
    instance = instance_of(zones, "bare>ind", quotas=[GROW, quota("ceiling", 8, "industry")])
    assert solve(instance).solution.termination is Termination.INFEASIBLE
    assert solve(instance, "whole_parcel").objective == pytest.approx(6)


def test_a_limit_of_no_time_gives_no_plan_and_no_proof():
    program = program_of(instance_of(ZONES, "bare>ind", quotas=[GROW]))
    solution = direct.solve(program, SolveOptions(time_limit_s=0, threads=1), Silent())
    assert solution.status(1e-4) in (Status.NO_PLAN, Status.OPTIMAL)
    assert solution.termination in (Termination.TIME_LIMIT, Termination.GAP_PROVEN)


def test_every_choice_group_adds_to_one():
    instance = instance_of(ZONES, "bare>ind bare>wood", quotas=[GROW, quota("floor", 9, "forest")])
    moves = program_of(instance).moves
    shares = solve(instance).solution.shares
    assert np.add.reduceat(shares[: len(moves)], moves.start[:-1]) == pytest.approx([1, 1], abs=1e-12)


def test_the_gap_is_relative_to_the_cost_moved():
    solution = solve(instance_of(ZONES, {"bare>ind": {"cost": 50}}, quotas=[GROW])).solution
    assert solution.base == pytest.approx(300)


def test_the_worth_of_a_rule_is_its_multiplier():
    """One more hectare of growth costs 3 once zone a's cheap land is used up by the cap on its region."""
    zones = {"a": {"bare": 4}, "b": {"bare": 10}}
    instance = instance_of(zones, "bare>ind", quotas=[GROW], zone_costs={("b", "ind"): 2})
    solution = solve(instance).solution
    assert solution.duals[program_of(instance).row_starts[0]] == pytest.approx(3)
