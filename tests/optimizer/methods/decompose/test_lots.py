"""Minimum lots as blocks: hand-counted zones, and random ones against scipy's MILP solver."""

import numpy as np
import pytest

from optimizer.methods.decompose import lots
from optimizer.methods.decompose.lots import lot_blocks
from optimizer.methods.decompose.projects import project_blocks
from tests.build import column_names, draft, instance_of, program_of
from tests.optimizer.methods.decompose.block_milp import check, point_of, problems, weihai

NOTHING = np.zeros(0, dtype=np.int64)
FROM, INTO = ("crop", "orch", "grass", "bare", "vil"), ("ind", "city", "wood", "pond")


def answer(instance, cost, charge=None):
    """Evaluate an instance at costs a hectare by move; return the blocks' answers and the taken moves in hectares."""
    program = program_of(instance)
    names = column_names(instance, program)
    blocks = lot_blocks(program, NOTHING)
    per_ha = np.array([cost.get(name, 0.0) for name in names])
    area = np.concatenate([program.moves.area_ha, np.ones(len(names) - len(program.moves))])
    charges = np.array([(charge or {}).get(name, 0.0) for name in names])
    answers = blocks.evaluate((per_ha * area)[blocks.moves], charges[blocks.columns])
    changed = {names[m]: round(s * area[m], 9) for m, s in zip(*answers.moves, strict=True) if program.moves.changes[m]}
    return blocks, answers, changed


def test_classes_of_a_zone_make_up_a_lot():
    """4 ha of bare land gain 3 each by industry, 3 of cropland lose 1: a lot of 5 takes 1 ha of it, -12 + 1."""
    instance = instance_of({"a": {"crop": 3, "bare": 4, "min_lot_ha": 5}}, "crop>ind bare>ind")
    _, answers, changed = answer(instance, {"a bare>ind 2030": -3, "a crop>ind 2030": 1})
    assert changed == {"a bare>ind 2030": 4, "a crop>ind 2030": 1}
    assert answers.value == pytest.approx([-11])
    assert answers.regret == pytest.approx([11])  # without the lot nothing changes


def test_a_lot_too_dear_is_not_opened():
    """The cropland now loses 20: 4 x -3 + 20 = 8 is worse than nothing, and is what opening adds."""
    instance = instance_of({"a": {"crop": 3, "bare": 4, "min_lot_ha": 5}}, "crop>ind bare>ind")
    _, answers, changed = answer(instance, {"a bare>ind 2030": -3, "a crop>ind 2030": 20})
    assert changed == {}
    assert (answers.value, answers.regret) == (pytest.approx([0]), pytest.approx([8]))


def test_two_lots_do_not_fit():
    """4 ha like industry best (-3, other -2), 3 ha like housing best (-3, other -1), a lot is 5 of 7 hectares.

    One lot of industry: -12 - 3 = -15; of housing: -8 - 9 = -17.
    """
    zones = {"a": {"crop": 3, "bare": 4, "min_lot_ha": 5}}
    instance = instance_of(zones, "crop>ind bare>ind crop>city bare>city")
    cost = {"a bare>ind 2030": -3, "a bare>city 2030": -2, "a crop>ind 2030": -1, "a crop>city 2030": -3}
    _, answers, changed = answer(instance, cost)
    assert changed == {"a bare>city 2030": 4, "a crop>city 2030": 3}
    assert answers.value == pytest.approx([-17])
    assert answers.exact.all()
    assert answers.regret[answers.binaries > 0] == pytest.approx([2])


def test_a_whole_zone_chooses_one_option():
    """6 ha at -2 and 5 for the lot: -7; at -1: -6; of the third lot it is paid 9 but 4 a hectare to be lost: 15."""
    instance = instance_of({"a": {"bare": 6, "min_lot_ha": 5, "whole": 1}}, "bare>ind bare>city bare>wood")
    cost = {"a bare>ind 2030": -2, "a bare>city 2030": -1, "a bare>wood 2030": 4}
    _, answers, changed = answer(instance, cost, {"minimum_lot a ind 2030": 5, "minimum_lot a wood 2030": -9})
    assert changed == {"a bare>ind 2030": 6}
    assert answers.value == pytest.approx([-7])
    assert sorted(answers.regret) == pytest.approx([1, 1, 22])


def test_a_lot_that_is_paid_for_opens_without_gain():
    """5 ha cost 1 each, but the lot itself is worth 7: -2."""
    instance = instance_of({"a": {"bare": 6, "min_lot_ha": 5}}, "bare>ind")
    charge = {"minimum_lot a ind 2030": -7.0}
    _, answers, changed = answer(instance, {"a bare>ind 2030": 1}, charge)
    assert changed == {"a bare>ind 2030": 5}
    assert (answers.value, answers.regret) == (pytest.approx([-2]), pytest.approx([2]))


def test_a_lot_larger_than_its_land_can_never_open():
    instance = instance_of({"a": {"bare": 4, "min_lot_ha": 5}}, "bare>ind")
    _, answers, changed = answer(instance, {"a bare>ind 2030": -1})
    assert changed == {}
    assert answers.regret == pytest.approx([np.inf])


def test_zones_held_by_other_blocks_are_released():
    zones = {name: {"bare": 6, "crop": 1, "min_lot_ha": 5} for name in "abc"} | {"d": {"bare": 9}}
    program = program_of(instance_of(zones, "bare>ind crop>ind bare>city"))
    everything = lot_blocks(program, NOTHING)
    assert len(everything.unit) == 3
    assert len(everything.released) == 0
    lot_rows = [start + np.arange(len(q)) for q, start in zip(program.quotas, program.row_starts, strict=False)]
    assert sorted(everything.private_rows) == sorted(np.concatenate(lot_rows))
    blocks = lot_blocks(program, everything.groups[2:3])  # a group of zone b
    labels = program.columns[0].labels
    assert set(labels["zone"].iloc[blocks.released - program.offsets["minimum_lot"]]) == {"b"}
    assert set(labels["zone"].iloc[blocks.columns - program.offsets["minimum_lot"]]) == {"a", "c"}
    assert len(blocks.private_rows) == len(everything.private_rows) * 2 // 3
    assert lot_blocks(program, everything.groups) is None


def test_no_lots_no_blocks():
    assert lot_blocks(program_of(instance_of({"a": {"bare": 6}}, "bare>ind")), NOTHING) is None


def random_program(seed, zones, most_classes, periods, whole):
    rng = np.random.default_rng(seed)
    content = {}
    for number in range(zones):
        kinds = rng.choice(FROM, 1 if whole else rng.integers(1, most_classes + 1), replace=False)
        land = {kind: float(rng.integers(1, 9)) for kind in kinds}
        content[f"z{number}"] = land | {"min_lot_ha": float(rng.choice([2, 3, 5, 8])), "whole": whole}
    moves = " ".join(f"{source}>{target}" for source in FROM for target in INTO if rng.random() < 0.8)
    return program_of(draft(content, moves, periods=periods).instance())


def random_costs(rng, program, blocks):
    """Return priced costs: round numbers that tie, or any; most lots free of charge."""
    moves, lots_ = len(blocks.moves), len(blocks.columns)
    per_ha = rng.integers(-4, 6, moves).astype(float) if rng.random() < 0.5 else rng.normal(1, 3, moves)
    charge = np.where(rng.random(lots_) < 0.7, 0.0, rng.normal(0, 8, lots_))
    return per_ha * program.moves.area_ha[blocks.moves], charge


@pytest.mark.parametrize(
    ("most_classes", "periods", "whole"), [(2, (2025, 2030), 0), (3, (2030,), 0), (5, (2030,), 0), (1, (2025, 2030), 1)]
)
def test_random_zones_agree_with_milp(most_classes, periods, whole):
    program = random_program(most_classes, 25, most_classes, periods, whole)
    blocks = lot_blocks(program, NOTHING)
    taken_out = list(problems(program, blocks))
    rng = np.random.default_rng(most_classes)
    for trial in range(8):
        moves, charges = random_costs(rng, program, blocks)
        answers = blocks.evaluate(moves, charges)
        assert answers.exact.all()
        for problem in taken_out:
            cost = np.concatenate([moves[problem.moves], charges[problem.binaries]])
            check(problem, answers, cost, flips=trial == 0)


def test_a_search_cut_short_still_bounds(monkeypatch):
    monkeypatch.setattr(lots, "NODES", 1)
    program = random_program(7, 25, 4, (2030,), 0)
    blocks = lot_blocks(program, NOTHING)
    moves, charges = random_costs(np.random.default_rng(3), program, blocks)
    answers = blocks.evaluate(moves, charges)
    assert not answers.exact.all()
    for problem in problems(program, blocks):
        check(problem, answers, np.concatenate([moves[problem.moves], charges[problem.binaries]]), flips=True)


def test_shares_of_released_projects_limit_moves():
    """At most 4 of 8 ha may go to forest (-2 each), less than a lot of 5; grass takes its 4 ha and cannot either.

    Both classes of 6 ha of the second zone may reach a lot of 3: 3 of forest and 3 of grass, -6 - 3.
    """
    projects = {"p": {"members": "u;v", "to": "wood"}, "q": {"members": "u;v", "to": "grass"}}
    instance = instance_of(
        {"a": {"bare": 8, "min_lot_ha": 5}, "b": {"bare": 6, "min_lot_ha": 3}},
        "bare>wood bare>grass",
        projects=projects,
        units={"u": {"a": 0.5}, "v": {"b": 0.5}},
    )
    program = program_of(instance)
    blocks = lot_blocks(program, NOTHING)
    cost = np.zeros(program.n_columns)
    names = column_names(instance, program)
    for zone, area in (("a", 8), ("b", 6)):
        cost[names.index(f"{zone} bare>wood 2030")], cost[names.index(f"{zone} bare>grass 2030")] = -2 * area, -area
    answers = blocks.evaluate(cost[blocks.moves], cost[blocks.columns])
    assert answers.value == pytest.approx([0, -9])
    for problem in problems(program, blocks):
        check(problem, answers, cost[problem.columns], flips=True)


def test_weihai_agrees_with_milp():
    program = weihai()
    blocks = lot_blocks(program, project_blocks(program).groups)
    assert len(blocks.unit) == 58
    answers = blocks.evaluate(program.cost[blocks.moves], program.cost[blocks.columns])
    for problem in problems(program, blocks):
        assert point_of(problem, answers) @ program.cost[problem.columns] == pytest.approx(
            problem.least(program.cost[problem.columns]), abs=1e-6
        )


def test_large_numbers_end_too():
    """Costs of millions whose differences are lost in rounding: the search still ends, at the optimum."""
    program = random_program(5, 10, 5, (2030,), 0)
    blocks = lot_blocks(program, NOTHING)
    rng = np.random.default_rng(2)
    shift = np.repeat(rng.uniform(-1e7, 1e7, len(blocks.groups)), np.diff(blocks.first_move))
    per_ha = shift + rng.integers(-3, 3, len(blocks.moves)) * 0.1
    cost, charges = per_ha * program.moves.area_ha[blocks.moves], np.zeros(len(blocks.columns))
    answers = blocks.evaluate(cost, charges)
    for problem in problems(program, blocks):
        costs = np.concatenate(
            [(cost - shift * program.moves.area_ha[blocks.moves])[problem.moves], charges[problem.binaries]]
        )
        groups = slice(blocks.first_group[problem.number], blocks.first_group[problem.number + 1])
        base = shift[blocks.first_move[groups]] @ blocks.area[groups]
        assert answers.value[problem.number] - base == pytest.approx(problem.least(costs), abs=1e-5)
