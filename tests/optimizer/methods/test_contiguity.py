"""New land that hangs together: brute force over all selections of small grids, hand cases, and rows one by one."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pytest

from optimizer.methods import contiguity, core, direct
from optimizer.methods.contiguity.cells import cells_of
from optimizer.methods.contiguity.repair import joined, widened
from optimizer.methods.contiguity.rows import quota_of
from optimizer.methods.contiguity.separate import separate
from optimizer.methods.contiguity.tighten import tighten
from optimizer.progress import Silent
from optimizer.results.audit import audit
from optimizer.results.plan import plan_of, write_plan
from optimizer.results.solution import SolveOptions, Status, Termination
from tests.build import draft, program_of, quota
from tests.grid import CELL_HA, cells, edges

if TYPE_CHECKING:
    from instances.instance import Instance
    from optimizer.methods.contiguity.cells import Cells
    from optimizer.results.solution import Solution

ATTACH = quota("contiguity", 1, "built")


def large(hectares: float) -> dict[str, Any]:
    return quota("minimum_patch", hectares, "built")


def grow(hectares: float) -> dict[str, Any]:
    return quota("growth_demand", hectares, "industry", period=2030)


def solve(instance: Instance, inner: Any = direct.solve, gap: float = 1e-9, **more: Any) -> Solution:
    options = SolveOptions(gap=gap, threads=1, **more)
    return contiguity.solve(program_of(instance), options, Silent(), inner)


def chosen(instance: Instance, solution: Solution) -> set[str]:
    moves, names = program_of(instance).moves, instance.require_land().zones["zone"]
    taken = (solution.require_shares()[: len(moves)] > 0.5) & moves.changes
    return set(names.iloc[moves.zone[taken]])


def lawful(table: dict[tuple[str, str], float], new: set[str], held: set[str], rules: list[dict[str, Any]]) -> bool:
    """Judge a selection with networkx."""
    graph = nx.Graph(list(table))
    for rule in rules:
        if rule["rule"] == "contiguity":
            parts = nx.connected_components(graph.subgraph(new | held))
            if any(part & new and not part & held for part in parts):
                return False
        if rule["rule"] == "minimum_patch":
            parts = nx.connected_components(graph.subgraph(new))
            if any(len(part) * CELL_HA < rule["value"] for part in parts):
                return False
    return True


def by_force(costs: dict[str, float], table: Any, held: set[str], rules: list[Any], least: int) -> float | None:
    """Return the least cost of at least so many cells that lie as the rules ask."""
    names, best = list(costs), None
    for bits in product((False, True), repeat=len(names)):
        new = {name for name, bit in zip(names, bits, strict=True) if bit}
        cost = CELL_HA * sum(costs[name] for name in new)
        if len(new) >= least and (best is None or cost < best) and lawful(table, new, held, rules):
            best = cost
    return best


SETS = {"attach": [ATTACH], "patches of 2": [large(20)], "patches of 3": [large(30)], "both": [ATTACH, large(25)]}


def random_case(seed: int, rows: int, columns: int, rules: list[Any], **own: Any) -> tuple[Instance, float | None]:
    """Return a grid with random costs, some below zero, some cells held and some barred, and its least cost."""
    rng = np.random.default_rng(seed)
    names = list(cells(rows, columns))
    kinds = rng.choice(["crop", "ind", "pond"], len(names), p=[0.75, 0.13, 0.12])
    kinds[0] = "ind"
    held = dict(zip(names, kinds.tolist(), strict=True))
    costs = {name: float(rng.integers(0, 10)) for name in names if held[name] == "crop"}
    least = int(rng.integers(1, 5))
    instance = draft(
        cells(rows, columns, held, **own),
        {"crop>ind": {"cost": 0.0}},
        quotas=[*rules, grow(least * CELL_HA)],
        zone_costs={(name, "ind"): cost for name, cost in costs.items()},
        neighbours=edges(rows, columns),
    ).instance()
    anchors = {name for name, kind in held.items() if kind == "ind"}
    return instance, by_force(costs, edges(rows, columns), anchors, rules, least)


@pytest.mark.parametrize("rules", SETS.values(), ids=SETS.keys())
@pytest.mark.parametrize(
    ("seed", "size"),
    [pytest.param(seed, (3, 3 + seed % 2), marks=[pytest.mark.long] * (seed >= 4)) for seed in range(8)],
)
def test_brute_force_on_small_grids(seed, size, rules):
    instance, best = random_case(seed, *size, rules)
    solution = solve(instance, (direct.solve, core.solve)[seed % 2])
    if best is None:
        assert solution.termination is Termination.INFEASIBLE
        return
    assert solution.objective == pytest.approx(best)
    assert solution.bound == pytest.approx(best)
    assert solution.bound <= solution.objective
    assert solution.status(1e-9) is Status.OPTIMAL


@pytest.mark.parametrize("seed", range(4))
def test_lots_are_cells_too(seed):
    """A zone whose least lot is the zone decides by a column beside the moves."""
    instance, best = random_case(20 + seed, 3, 3, SETS["both"], whole=0, min_lot_ha=CELL_HA)
    program = program_of(instance)
    assert not program.moves.whole.any()
    solution = solve(instance)
    assert solution.objective == (None if best is None else pytest.approx(best))


SCATTERED = {"02": 1.0, "20": 1.0, "22": 1.0}
"""Cheap cells of a 3 x 3 grid, at two and four steps from 00; the others cost 3."""


def scattered(*quotas: dict[str, Any], least: int = 2, **more: Any) -> Instance:
    costs = {(name, "ind"): SCATTERED.get(name, 3.0) for name in cells(3, 3)}
    return draft(
        cells(3, 3, {"00": "ind"}),
        {"crop>ind": {"cost": 0.0}},
        quotas=[*quotas, grow(least * CELL_HA)],
        zone_costs=costs,
        neighbours=edges(3, 3),
        **more,
    ).instance()


def test_scattered_cells_are_joined_over_the_cheapest_way():
    """Two of the cheap cells cost 20 where they may lie apart; 01 and 02 beside the old land cost 40."""
    free, bound = scattered(), scattered(ATTACH)
    assert direct.solve(program_of(free), SolveOptions(gap=1e-9, threads=1), Silent()).objective == pytest.approx(20)
    solution = solve(bound)
    assert solution.objective == pytest.approx(40)
    assert chosen(bound, solution) in ({"01", "02"}, {"10", "20"})


def test_a_patch_needs_no_old_land():
    """Two cells in one patch of 20 ha: a cheap one and a neighbour. In one of 30 ha: 02, 12, 22."""
    assert solve(scattered(large(20))).objective == pytest.approx(40)
    three = scattered(large(30))
    solution = solve(three)
    assert solution.objective == pytest.approx(50)
    assert chosen(three, solution) in ({"02", "12", "22"}, {"20", "21", "22"})


def test_cells_out_of_reach_prove_that_there_is_no_plan():
    """Water cuts off the right column; the left holds two cells beside the old one."""
    zones = cells(3, 3, {"00": "ind", "01": "pond", "11": "pond", "21": "pond"})
    options = {"neighbours": edges(3, 3), "zone_costs": {}}
    two = draft(zones, "crop>ind", quotas=[ATTACH, grow(20)], **options).instance()
    assert chosen(two, solve(two)) == {"10", "20"}
    three = draft(zones, "crop>ind", quotas=[ATTACH, grow(30)], **options).instance()
    solution = solve(three)
    assert solution.status(1e-4) is Status.INFEASIBLE
    assert solution.shares is None


def test_with_no_time_there_is_neither_plan_nor_proof():
    solution = solve(scattered(ATTACH), time_limit_s=0.0)
    assert solution.status(1e-9) is Status.NO_PLAN
    assert solution.termination is Termination.TIME_LIMIT


def test_compactness_and_contiguity_together():
    """At 50 a km, apart: three cheap corners, 0.6 km more. Together: 70 along the edge of the grid, 0.2 km more."""
    border = quota("compactness", 50, "built", unit="10k CNY/km")
    apart = direct.solve(program_of(scattered(border, least=3)), SolveOptions(gap=1e-9, threads=1), Silent())
    assert apart.objective == pytest.approx(30 + 50 * 0.6)
    solution = solve(scattered(ATTACH, border, least=3))
    assert solution.bound <= solution.objective == pytest.approx(70 + 50 * 0.2)


def test_the_plan_passes_the_audit(tmp_path):
    folder = tmp_path / "instance"
    instance = draft(
        cells(4, 4, {"00": "ind"}),
        "crop>ind",
        quotas=[ATTACH, large(30), grow(60)],
        zone_costs={("33", "ind"): -0.5},
        neighbours=edges(4, 4),
    ).load(folder)
    solution = solve(instance)
    write_plan(plan_of(instance, program_of(instance), solution.require_shares()), tmp_path / "plan")
    report = audit(folder, tmp_path / "plan")
    assert {check.name for check in report.checks} >= {"contiguity", "minimum_patch"}
    assert report.passed


def grid_cells(least_ha: float = 0.0) -> Cells:
    """Cells of a 3 x 3 grid but its first, which is old land."""
    program = program_of(scattered(large(least_ha) if least_ha else ATTACH))
    return cells_of(program.patches[0], program.n_columns)


def violated(cells: Cells, point: dict[str, float]) -> list[dict[str, float]]:
    """Return the rows that separate a point, as terms by name of the zone."""
    names = [f"{r}{c}" for r, c in product(range(3), range(3))]
    value = np.array([point.get(names[node], 0.0) for node in cells.node])
    rows = [
        dict(zip((names[cells.node[c]] for c in row.cells), row.coefficient, strict=True))
        for row in separate(cells, value)
    ]
    assert all(sum(terms[name] * point.get(name, 0.0) for name in terms) < 0 for terms in rows)
    return rows


def test_rows_of_a_scattered_cell_are_nested():
    """22 alone: its neighbours, then the cells two steps away, where old land is near."""
    assert violated(grid_cells(), {"22": 1.0}) == [
        {"22": -1.0, "12": 1.0, "21": 1.0},
        {"22": -1.0, "02": 1.0, "11": 1.0, "20": 1.0},
        {"22": -1.0, "01": 1.0, "10": 1.0},
    ]
    assert violated(grid_cells(), {"01": 1.0, "02": 1.0}) == []


def test_a_narrow_way_is_found_by_flow():
    """22 has 0.9: 0.4 come over 12, or, where 12 is wide, 0.5 over 02; the narrowest cut nearest to it is taken."""
    narrow = {"01": 0.5, "02": 0.5, "12": 0.4, "22": 0.9}
    assert violated(grid_cells(), narrow) == [{"22": -1.0, "12": 1.0, "21": 1.0}]
    wide = violated(grid_cells(), narrow | {"12": 0.7})
    assert {"22": -1.0, "02": 1.0, "11": 1.0, "21": 1.0} in wide
    assert violated(grid_cells(), {"01": 0.5, "10": 0.5, "11": 1.0}) == []


def test_rows_of_small_patches():
    """22 of 10 ha needs 20 more among cells in reach of two steps, and a neighbour."""
    rows = violated(grid_cells(30), {"22": 1.0})
    assert {"22": -1.0, "12": 1.0, "21": 1.0} in rows
    (ball,) = [terms for terms in rows if terms["22"] == pytest.approx(-20)]
    assert {name: round(value, 6) for name, value in ball.items()} == {
        "22": -20, "12": 10, "21": 10, "02": 10, "11": 10, "20": 10
    }  # fmt: skip
    assert violated(grid_cells(30), {"22": 1.0, "12": 1.0, "02": 1.0}) == []


def test_repair_keeps_what_is_chosen_and_is_lawful():
    rng = np.random.default_rng(5)
    for seed, rules in product(range(3), SETS.values()):
        program = program_of(random_case(seed, 3, 3, rules)[0])
        for graph in (cells_of(one, program.n_columns) for one in program.patches):
            wanted = rng.random(len(graph)) < 0.4
            found = joined(graph, wanted, rng.random(len(graph)) + 0.1)
            assert not graph.unlawful(found).any()
            assert (found >= (wanted & ~graph.dead)).all()
            assert (widened(graph, found, 1) >= found).all()


def test_rows_are_ordinary_quotas_that_name_their_zone():
    program = program_of(scattered(ATTACH))
    graph = cells_of(program.patches[0], program.n_columns)
    rows = separate(graph, (graph.node == 8).astype(float))
    added = quota_of(program, graph, rows)
    assert added.rule == "contiguity"
    assert added.labels["zone"].tolist() == ["22", "22", "22"]
    dense = added.land_matrix(program.moves.area_ha).toarray()
    assert dense[0][program.patches[0].index] == pytest.approx([0, 0, 0, 0, 1, 0, 1, -1])


@pytest.mark.parametrize("seed", range(6))
def test_the_tightened_relaxation_proves_no_more_than_is_true(seed):
    instance, best = random_case(seed, 3, 4, SETS["both"])
    if best is None:
        return
    program = program_of(instance)
    every = [cells_of(one, program.n_columns) for one in program.patches]
    tight = tighten(program, every, [[], []], SolveOptions(threads=1), np.inf)
    assert tight.bound is not None
    assert tight.bound <= best + 1e-6
