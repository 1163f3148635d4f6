"""Choice groups of planning units, their limits, and objectives together, by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from formulations.flow import flow_rows
from formulations.merge import merge
from formulations.restoration.assemble import assemble_sites, hold, stages
from formulations.restoration.site_block import SiteBlock
from instances.faults import InstanceError
from instances.settings import SiteObjective
from optimizer.results.solution import Termination, departure_base, tidy
from tests.formulations.restoration.site_tables import Rows, program_of, selection, sites, solve, value

COSTS = (3.0, 2.0, 4.0)

THREE: Rows = [{"unit": f"u{i}", "cost": cost, "area_ha": 1.0} for i, cost in enumerate(COSTS)]
"""Three units of cost 3, 2 and 4."""

HOLDS: Rows = [{"unit": f"u{i}", "feature": "bird", "amount": amount} for i, amount in enumerate((6.0, 3.0, 9.0))]
"""They hold 6, 3 and 9 birds: half a cost unit each for the first, less for the last."""


def birds(target: float, **more: Any) -> Any:
    """Return the three units with a target of so many birds."""
    given = {"units": THREE, "amounts": HOLDS, "features": [{"feature": "bird", "target": target}]}
    return sites(more.pop("objective", "minimum_set"), **{**given, **more})


def answer(given: Any) -> float:
    program = program_of(given)
    return value(program, solve(program))


def test_a_unit_is_a_choice_group_whose_stay_is_to_be_left_out() -> None:
    block = SiteBlock(birds(1.0, management_zones=[{"management_zone": "plant"}, {"management_zone": "fence"}]))
    moves = block.moves
    assert (moves.n_groups, len(moves)) == (3, 9)
    assert moves.start.tolist() == [0, 3, 6, 9]
    assert moves.changes.tolist() == [False, True, True] * 3
    assert block.column.tolist() == [1, 2, 4, 5, 7, 8]
    program = assemble_sites(block)
    assert program.move_name(0) == "u0: out stays"
    assert program.move_name(5) == "u1: out>fence"


@pytest.mark.parametrize(
    ("target", "cost"),
    [(3.0, 2.0), (6.0, 3.0), (9.0, 4.0), (12.0, 6.0), (15.0, 7.0), (18.0, 9.0)],
)
def test_whole_units(target: float, cost: float) -> None:
    assert answer(birds(target)) == pytest.approx(cost)


@pytest.mark.parametrize(("target", "cost"), [(4.5, 2.0), (9.0, 4.0), (12.0, 5.5), (18.0, 9.0)])
def test_shares_of_units_are_taken_in_the_order_of_cost_for_each_bird(target: float, cost: float) -> None:
    assert answer(birds(target, decision="proportion")) == pytest.approx(cost)


@pytest.mark.parametrize(("target", "cost"), [(4.5, 2.0), (7.2, 3.2), (9.0, 4.1), (12.0, 5.6)])
def test_shares_up_to_a_limit(target: float, cost: float) -> None:
    assert answer(birds(target, decision="semicontinuous", upper_limit=0.8)) == pytest.approx(cost)


@pytest.mark.parametrize(("target", "cost"), [(3.0, 1.5), (4.5, 2.0), (1.2, 0.8), (1.5, 1.0), (2.4, 1.5)])
def test_shares_from_a_least_one(target: float, cost: float) -> None:
    """Half of the third unit costs 2 and holds 4.5, of the first 1.5 and 3, of the second 1 and 1.5."""
    least = 0.5 if target != 1.2 else 0.4
    assert answer(birds(target, decision="semicontinuous", least_share=least)) == pytest.approx(cost)


def test_locked_units() -> None:
    units = [dict(row, status=status) for row, status in zip(THREE, ("locked_in", "free", "locked_out"), strict=True)]
    assert answer(birds(3.0, units=units)) == pytest.approx(3.0)
    assert answer(birds(9.0, units=units)) == pytest.approx(5.0)
    program = program_of(birds(10.0, units=units))
    assert solve(program).termination is Termination.INFEASIBLE


def test_bounded_shares() -> None:
    bounds = [{"unit": "u0", "lower": 0.5, "upper": 0.75}, {"unit": "u2", "lower": 0.0, "upper": 0.5}]
    given = birds(6.0, decision="proportion", bounds=bounds)
    program = program_of(given)
    solution = solve(program)
    # 3 birds for 1.5 must be, then 3 of the 4.5 that half of the third holds, at 4/9 each.
    assert value(program, solution) == pytest.approx(1.5 + 3 * 4 / 9)
    assert selection(given, solution)[:, 0] == pytest.approx([0.5, 0.0, 1 / 3])


def test_lower_limits_by_management_zone_are_rows() -> None:
    zones = [{"management_zone": "p"}, {"management_zone": "q"}]
    bounds = [{"unit": "u0", "management_zone": "q", "lower": 0.25, "upper": 1.0}]
    given = sites(decision="proportion", units=THREE, management_zones=zones, bounds=bounds)
    program = program_of(given)
    assert [quota.rule for quota in program.quotas] == ["unit_limits"]
    assert value(program, solve(program)) == pytest.approx(0.75)


def test_a_unit_locked_in_may_take_any_management_zone() -> None:
    units = [{"unit": "u0", "status": "locked_in"}]
    zones = [{"management_zone": "p"}, {"management_zone": "q"}]
    layers = [
        {"layer": "cost", "unit": "u0", "management_zone": zone, "value": cost}
        for zone, cost in (("p", 5.0), ("q", 3.0))
    ]
    given = sites(units=units, management_zones=zones, layers=layers)
    program = program_of(given)
    assert value(program, solve(program)) == pytest.approx(3.0)


def test_targets_of_any_sense_and_management_zones() -> None:
    zones = [{"management_zone": "p"}, {"management_zone": "q"}]
    amounts = [dict(row, management_zone=zone) for row in HOLDS for zone in ("p", "q")]
    targets = [
        {"target": "a", "feature": "bird", "management_zones": "p", "sense": "==", "kind": "relative", "value": 0.5},
        {"target": "b", "feature": "bird", "management_zones": "q", "sense": ">=", "value": 3.0},
        {"target": "c", "feature": "bird", "management_zones": "p;q", "sense": "<=", "value": 12.0},
    ]
    given = sites(units=THREE, management_zones=zones, features=[{"feature": "bird"}], amounts=amounts, targets=targets)
    program = program_of(given)
    solution = solve(program)
    assert value(program, solution) == pytest.approx(6.0)  # the third for p, which is half of 18, the second for q
    assert selection(given, solution).tolist() == [[0, 0], [0, 1], [1, 0]]


def test_a_tie_break_by_cost_adds_the_share_of_all_cost() -> None:
    given = birds(0.0, objective="maximum_utility", cost_tie_break=0.01, rules=[{"rule": "budget", "value": 7.0}])
    program = program_of(given)
    assert program.sense == "maximise"
    assert value(program, solve(program)) == pytest.approx(15.0 - 0.01 * 7.0 / 9.0)


def test_objectives_are_added_up_with_their_weights() -> None:
    goals = [SiteObjective(kind="maximum_utility", weight=1.0), SiteObjective(kind="minimum_set", weight=2.1)]
    program = program_of(birds(0.0, objective=goals))
    assert program.sense == "minimise"
    solution = solve(program)
    assert solution.objective == pytest.approx(2.1 * 4.0 - 9.0)  # a bird of the third alone costs less than 1 / 2.1


@pytest.mark.parametrize(("tolerance", "cost"), [(0.0, 6.0), (0.25, 4.0), (0.5, 3.0), (1.0, 0.0)])
def test_objectives_in_order_lose_no_more_than_their_tolerance(tolerance: float, cost: float) -> None:
    goals = [SiteObjective(kind="maximum_utility", tolerance=tolerance), SiteObjective(kind="minimum_set")]
    rules = [{"rule": "budget", "value": 6.5}]
    block = SiteBlock(birds(0.0, objective=goals, combine="hierarchical", rules=rules))
    program = assemble_sites(block)
    first, second = stages(block)
    most = solve(first.of(program))
    assert most.objective == pytest.approx(-12.0)
    then = second.of(hold(program, first, most.objective))
    assert (first.sense, then.sense) == ("maximise", "minimise")
    assert solve(then).objective == pytest.approx(cost)


def test_a_gap_is_relative_to_the_objective() -> None:
    program = program_of(birds(12.0))
    shares = solve(program).require_shares()
    assert departure_base(program, shares) == pytest.approx(6.0)
    assert departure_base(replace(program, gap_base="departures"), 0 * shares) == 1.0


def test_tidy_leaves_no_unit_out_that_must_not_be() -> None:
    given = birds(0.0, decision="proportion", rules=[{"rule": "mandatory_allocation"}])
    program = program_of(given)
    assert program.moves.upper[::2].tolist() == [0.0, 0.0, 0.0]
    values = np.zeros(program.n_columns)
    values[1::2] = 1.0 - 1e-7
    assert tidy(program, values).tolist() == [0.0, 1.0] * 3


def test_alike_shares_merge_and_come_apart_again() -> None:
    units = [{"unit": f"u{i}", "cost": 2.0} for i in range(4)]
    amounts = [{"unit": f"u{i}", "feature": "bird", "amount": 4.0} for i in range(4)]
    bounds = [{"unit": f"u{i}", "lower": 0.25, "upper": 0.5} for i in range(4)]
    features = [{"feature": "bird", "target": 6.0}]
    given = sites(decision="proportion", units=units, amounts=amounts, bounds=bounds, features=features)
    program = program_of(given)
    assert merge(program).program.moves.n_groups == 1
    solution = solve(program)
    assert value(program, solution) == pytest.approx(3.0)
    assert selection(given, solution)[:, 0] == pytest.approx([0.375] * 4)


def test_units_that_must_hang_together_are_kept_as_a_graph() -> None:
    boundary = [{"unit_a": "u0", "unit_b": "u1", "length_m": 1.0}]
    given = birds(3.0, boundary=boundary, rules=[{"rule": "minimum_reserve", "value": 2.0}])
    program = program_of(given)
    (connected,) = program.connected
    assert (connected.kind, connected.least, connected.n_nodes) == ("pieces", 2.0, 3)
    assert (connected.left.tolist(), connected.right.tolist()) == ([0], [1])
    assert connected.chosen(np.array([0.0, 1.0, 1.0, 0.0, 1.0, 0.0])).tolist() == [True, False, False]
    assert flow_rows(program).connected == ()
    solution = solve(program)
    assert value(program, solution) == pytest.approx(5.0)
    assert len(solution.require_shares()) == program.n_columns


def test_what_hangs_together_needs_whole_units() -> None:
    given = birds(3.0, decision="proportion", rules=[{"rule": "contiguity"}])
    with pytest.raises(InstanceError, match="taken or left as a whole"):
        program_of(given)


def test_unknown_names_are_said() -> None:
    for rule, words in (
        ({"rule": "budget", "layer": "gold"}, "no layer is called 'gold'"),
        ({"rule": "group_count", "group": "alps"}, "no group is called 'alps'"),
        ({"rule": "linear_penalty"}, "needs a layer"),
        ({"rule": "maximum_reserves", "value": 1.5}, "no whole number"),
    ):
        with pytest.raises(InstanceError, match=words):
            program_of(birds(3.0, rules=[rule]))


def test_rows_read_as_algebra_and_as_a_named_model() -> None:
    program = assemble_sites(SiteBlock(birds(3.0)))
    assert program.explain(3) == (
        "target (id bird, feature bird, value 3.0): "
        "3 <= +6 [u0: out>chosen] +3 [u1: out>chosen] +9 [u2: out>chosen] <= inf amount"
    )
    assert list(program.to_pyomo().x)[:2] == [("u0", "out", "out", 0), ("u0", "out", "chosen", 0)]
