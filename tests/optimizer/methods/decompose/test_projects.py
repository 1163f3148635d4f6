"""Restoration projects as blocks: hand-counted projects, and random ones against scipy's MILP solver."""

import numpy as np
import pytest

from optimizer.methods.decompose.projects import project_blocks
from tests.build import column_names, draft, instance_of, program_of
from tests.optimizer.methods.decompose.block_milp import check, problems, weihai
from tests.seeds import first_of

ZONES = {"a": {"bare": 10, "crop": 4}, "b": {"bare": 6}, "c": {"bare": 20}}
MOVES = "bare>wood crop>wood bare>grass bare>ind"
UNITS = {"u1": {"a": 1}, "u2": {"b": 0.5}}
ONE = {"p": {"members": "u1;u2", "to": "wood", "min_area_ha": 5, "max_area_ha": 8}}
FROM, INTO = ("crop", "orch", "bare", "vil"), ("wood", "grass", "marsh", "ind")


def answer(instance, cost, charge):
    """Evaluate an instance at costs a hectare by move and charges by opening; changes come back in hectares."""
    program = program_of(instance)
    names = column_names(instance, program)
    blocks = project_blocks(program)
    area = program.moves.area_ha
    per_ha = np.array([cost.get(name, 0.0) for name in names[: len(area)]])
    charges = np.array([charge.get(name.removeprefix("restoration_project "), 0.0) for name in names])
    answers = blocks.evaluate((per_ha * area)[blocks.moves], charges[blocks.columns])
    changed = {names[m]: round(s * area[m], 9) for m, s in zip(*answers.moves, strict=True) if program.moves.changes[m]}
    return answers, changed


def make(projects=None, zones=None, **more):
    return instance_of(zones or ZONES, MOVES, projects=projects or ONE, units=UNITS, **more)


def test_gains_are_taken_up_to_the_greatest_area():
    """3 of zone b (half of 6) at -5, then 5 of 10 at -4 until 8 ha are full: -35 and 20 to open."""
    cost = {"a bare>wood 2030": -4, "a crop>wood 2030": -1, "b bare>wood 2030": -5}
    answers, changed = answer(make(), cost, {"p 2030": 20})
    assert changed == {"b bare>wood 2030": 3, "a bare>wood 2030": 5}
    assert (answers.value, answers.regret) == (pytest.approx([-15]), pytest.approx([15]))


def test_losses_fill_up_to_the_least_area():
    """3 ha gain 5 each, the 2 ha that are missing to 5 cost 1 each: -13; with 20 to open it stays closed."""
    cost = {"a bare>wood 2030": 2, "a crop>wood 2030": 1, "b bare>wood 2030": -5}
    answers, changed = answer(make(), cost, {"p 2030": 3})
    assert changed == {"b bare>wood 2030": 3, "a crop>wood 2030": 2}
    assert answers.value == pytest.approx([-10])
    answers, changed = answer(make(), cost, {"p 2030": 20})
    assert changed == {}
    assert (answers.value, answers.regret) == (pytest.approx([0]), pytest.approx([7]))


def test_a_gain_counts_against_the_best_other_use():
    """Bare land of a earns 3 as industry: forest at -4 is worth 1 a hectare there and 4 on its cropland.

    6 of b and 10 of a stand at -3 as industry, -48; 8 ha of forest: 4 x -4, 3 of b at -5 + 3, 1 of a at -4 + 3.
    """
    cost = {"a bare>wood 2030": -4, "a crop>wood 2030": -4, "b bare>wood 2030": -5}
    cost |= {"a bare>ind 2030": -3, "b bare>ind 2030": -3}
    answers, changed = answer(make(), cost, {"p 2030": 0.5})
    assert answers.value == pytest.approx([-48 - 16 - 6 - 1 + 0.5])
    assert changed["a bare>ind 2030"] == 9


def test_the_best_period_opens_and_only_one():
    """-5 x 3 - 4 x 5 = -35: with 20 to open in 2025 and 18 in 2030, the second; without it the first, 2 more."""
    cost = {f"{move} {year}": c for move, c in {"a bare>wood": -4, "b bare>wood": -5}.items() for year in (2025, 2030)}
    answers, changed = answer(make(periods=(2025, 2030)), cost, {"p 2025": 20, "p 2030": 18})
    assert set(changed) == {"b bare>wood 2030", "a bare>wood 2030"}
    assert answers.binaries.tolist() == [0, 1]
    assert (answers.value, answers.regret) == (pytest.approx([-17]), pytest.approx([2, 2]))


def test_two_new_classes_each_have_the_zone_s_share():
    """Half of 6 ha may go to forest at -5 and half to grass at -3: 3 and 3, and no more."""
    projects = {"p": {"members": "u2", "to": "wood;grass", "max_area_ha": 8}}
    answers, changed = answer(make(projects), {"b bare>wood 2030": -5, "b bare>grass 2030": -3}, {})
    assert changed == {"b bare>wood 2030": 3, "b bare>grass 2030": 3}
    assert answers.value == pytest.approx([-24])


def test_a_whole_zone_that_the_window_cuts_is_a_lower_bound():
    """10 of a at -4 do not fit into 8: the bound takes 8 of it, -32; with 12 it takes all."""
    zones = {"a": {"bare": 10, "whole": 1}, "b": {"bare": 6}, "c": {"bare": 20}}
    wide, tight = ({"p": {"members": "u1;u2", "to": "wood", "max_area_ha": most}} for most in (12, 10.5))
    cost = {"a bare>wood 2030": -4, "b bare>wood 2030": -1}
    answers, changed = answer(make(wide, zones), cost, {})
    assert changed == {"a bare>wood 2030": 10, "b bare>wood 2030": 2}
    assert answers.exact.all()
    cost["b bare>wood 2030"] = -5
    answers, _ = answer(make(tight, zones), cost, {})
    assert answers.value == pytest.approx([-45])  # 3 at -5 and 7.5 of the 10 at -4
    assert not answers.exact.any()


def test_a_whole_zone_larger_than_the_project_is_not_the_project_s():
    zones = {"a": {"bare": 10, "whole": 1}, "b": {"bare": 6}, "c": {"bare": 20}}
    answers, changed = answer(make(zones=zones), {"a bare>wood 2030": -4}, {})
    assert changed == {}
    assert answers.regret == pytest.approx([np.inf])  # zone b alone cannot make up 5 ha


def test_of_projects_that_share_land_the_first_is_kept():
    """Project q takes grass of zone b, which p takes forest of: q and its rows are priced; r shares with q alone."""
    units = UNITS | {"u3": {"c": 1}, "u4": {"b": 0.25, "c": 0.5}}
    projects = ONE | {"q": {"members": "u4", "to": "grass"}, "r": {"members": "u3", "to": "wood"}}
    program = program_of(instance_of(ZONES, MOVES, projects=projects, units=units))
    blocks = project_blocks(program)
    names = [program.column_name(int(column)) for column in blocks.columns]
    assert names == ["restoration_project(p, 2030)", "restoration_project(r, 2030)"]
    assert [program.column_name(int(c)) for c in blocks.released] == ["restoration_project(q, 2030)"]
    kept = [program.row_label(int(row))[1] for row in blocks.private_rows]
    assert {(label["project"], label["part"]) for label in kept} == {
        (name, part) for name in "pr" for part in ("least", "most", "open", "once")
    }
    costs = np.random.default_rng(1).normal(-1, 4, (15, program.n_columns))
    for cost in costs:
        answers = blocks.evaluate(cost[blocks.moves], cost[blocks.columns])
        for problem in problems(program, blocks):
            check(problem, answers, cost[problem.columns], flips=True)


def test_prerequisites_stay_priced():
    projects = ONE | {"q": {"members": "u3", "to": "wood", "prerequisites": "p"}}
    units = UNITS | {"u3": {"c": 1}}
    program = program_of(instance_of(ZONES, MOVES, projects=projects, units=units, periods=(2025, 2030)))
    blocks = project_blocks(program)
    rest = set(range(program.moves.n_groups, program.n_rows)) - set(blocks.private_rows.tolist())
    assert [program.row_label(row)[1]["part"] for row in sorted(rest)] == ["after", "after"]


def test_a_project_without_land_is_a_block_that_stays_closed():
    """No change into marsh is allowed: q cannot reach 2 ha and never opens; r opens for its worth."""
    projects = {"q": {"members": "u1", "to": "marsh", "min_area_ha": 2}, "r": {"members": "u1", "to": "pond"}} | ONE
    program = program_of(make(projects))
    blocks = project_blocks(program)
    assert len(blocks.released) == 0
    answers = blocks.evaluate(np.zeros(len(blocks.moves)), np.array([-3.0, -4.0, 1.0]))
    assert answers.value == pytest.approx([0, -4, 0])
    assert answers.regret == pytest.approx([np.inf, 4, 1])
    for problem in problems(program, blocks):
        costs = np.concatenate([np.zeros(len(problem.moves)), np.array([-3.0, -4.0, 1.0])[problem.binaries]])
        check(problem, answers, costs, flips=True)


def test_no_projects_no_blocks():
    assert project_blocks(program_of(instance_of(ZONES, MOVES))) is None


def random_program(seed, whole):
    """Four projects on 16 zones; a zone may lie in two units of one project, and in part."""
    rng = np.random.default_rng(seed)
    zones = {}
    for number in range(16):
        is_whole = int(rng.random() < whole)
        kinds = rng.choice(FROM, 1 if is_whole else rng.integers(1, 4), replace=False)
        zones[f"z{number}"] = {kind: float(rng.integers(1, 12)) for kind in kinds} | {"whole": is_whole}
    units = {f"u{k}": {f"z{k}": float(rng.choice([1, 1, 0.5, 0.3]))} for k in range(16)}
    projects = {}
    for number in range(4):
        least, extra = rng.integers(0, 12), rng.integers(1, 25)
        projects[f"p{number}"] = {
            "members": ";".join(f"u{k}" for k in range(4 * number, 4 * number + 4)),
            "to": ";".join(rng.choice(INTO[:3], rng.integers(1, 4), replace=False)),
            "min_area_ha": float(least),
            "max_area_ha": float(least + extra),
        }
    moves = " ".join(f"{source}>{target}" for source in FROM for target in INTO if rng.random() < 0.85)
    periods = ((2030,), (2025, 2030), (2022, 2026, 2030))[seed % 3]
    return program_of(draft(zones, moves, projects=projects, units=units, periods=periods).instance())


@pytest.mark.parametrize("whole", [0.0, 0.4])
@pytest.mark.parametrize("seed", first_of(range(9), 2))
def test_random_projects_agree_with_milp(seed, whole):
    program = random_program(seed, whole)
    blocks = project_blocks(program)
    taken_out = list(problems(program, blocks))
    rng = np.random.default_rng(seed)
    for trial in range(12):
        per_ha = rng.integers(-5, 5, program.n_columns) if trial % 2 else rng.normal(0, 3, program.n_columns)
        cost = per_ha[blocks.moves] * program.moves.area_ha[blocks.moves]
        charges = rng.normal(5, 15, len(blocks.columns))
        answers = blocks.evaluate(cost, charges)
        assert whole or answers.exact.all()
        for problem in taken_out:
            costs = np.concatenate([cost[problem.moves], charges[problem.binaries]])
            check(problem, answers, costs, flips=trial < 3)


def test_regrets_are_what_the_other_value_costs():
    """Where land changes in part, nothing is lost: value + regret is the optimum with the binary flipped."""
    program = random_program(1, 0.0)
    blocks = project_blocks(program)
    rng = np.random.default_rng(5)
    cost, charges = rng.normal(0, 20, len(blocks.moves)), rng.normal(5, 15, len(blocks.columns))
    answers = blocks.evaluate(cost, charges)
    for problem in problems(program, blocks):
        costs = np.concatenate([cost[problem.moves], charges[problem.binaries]])
        for position, column in enumerate(problem.binaries, start=len(problem.moves)):
            other = problem.least(costs, position, 1 - answers.binaries[column])
            assert answers.value[problem.number] + answers.regret[column] == pytest.approx(other, abs=1e-7)


def test_weihai_agrees_with_milp():
    program = weihai()
    blocks = project_blocks(program)
    assert len(blocks.unit) == 12
    cost = program.cost
    answers = blocks.evaluate(cost[blocks.moves], cost[blocks.columns])
    for problem in problems(program, blocks):
        value, optimum = answers.value[problem.number], problem.least(cost[problem.columns])
        assert value <= optimum + 1e-6
        if answers.exact[problem.number]:
            assert value == pytest.approx(optimum, abs=1e-5)
