"""Borders of several sets at once: against scipy's MIP, every choice written out, `direct` and the audit."""

from __future__ import annotations

import json
from itertools import product

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import linprog

from optimizer.methods.boundary import BoundaryProblem, certify, solve_boundary
from optimizer.methods.boundary import program as borders
from optimizer.methods.boundary.graph import Graph, graph_of
from optimizer.methods.boundary.layers import LayerCutter
from optimizer.progress import Silent
from optimizer.results.solution import SolveOptions
from optimizer.solve import StudyOptions
from optimizer.solve import solve as solve_folder
from tests.build import draft, program_of, quota
from tests.grid import cells, edges
from tests.optimizer.methods.boundary.boundary_cases import grid_edges
from tests.optimizer.methods.boundary.test_program import EXACT, agrees, audit_of, grid, penalty
from tests.seeds import first_of

EXCLUSIVE = [(0, 0), (1, 0), (0, 1)]
NESTED = [(0, 0), (1, 0), (1, 1)]
FREE = [(0, 0), (1, 0), (0, 1), (1, 1)]
THREE = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]


def random_problem(seed: int, kinds: list[tuple[int, ...]], row: bool = False) -> BoundaryProblem:
    """Nodes of a 2 x 4 grid that each take some of the kinds of options, with borders in every layer."""
    rng = np.random.default_rng(seed)
    nodes, layers = 8, len(kinds[0])
    node, inside = [], []
    for n in range(nodes):
        held = [kind for kind in kinds if rng.random() < 0.85] or [kinds[0]]
        node += [n] * len(held)
        inside += held
    left, right = grid_edges(2, 4)
    table = np.round(rng.random((len(node), 1)), 2) if row else np.zeros((len(node), 0))
    rows = table.shape[1]
    return BoundaryProblem(
        nodes=nodes,
        node=np.array(node, np.int32),
        inside=np.array(inside, bool),
        cost=np.round(rng.normal(0.0, 1.0, len(node)), 2),
        coefficients=sp.csr_array(table),
        row_lower=np.full(rows, 0.45 * nodes),
        row_upper=np.full(rows, np.inf),
        left=np.concatenate([left + k * nodes for k in range(layers)]).astype(np.int32),
        right=np.concatenate([right + k * nodes for k in range(layers)]).astype(np.int32),
        capacity=rng.uniform(0.0, 0.6, layers * len(left)),
    )


def least(problem: BoundaryProblem) -> float:
    """Return the least objective over every choice."""
    table = problem.coefficients.toarray()
    best = np.inf
    for choice in product(*(np.flatnonzero(problem.node == n) for n in range(problem.nodes))):
        taken = np.array(choice)
        if (table[taken].sum(axis=0) < problem.row_lower - 1e-9).any():
            continue
        side = problem.inside[taken]
        cost = problem.cost[taken].sum()
        for layer in range(side.shape[1]):
            own = problem.left // problem.nodes == layer
            ends = side[problem.left[own] % problem.nodes, layer], side[problem.right[own] % problem.nodes, layer]
            cost += problem.capacity[own] @ (ends[0] != ends[1])
        best = min(best, cost)
    return best


def relaxed(problem: BoundaryProblem) -> float:
    """Return the optimum of the relaxation: the most that flows prove."""
    options, count = len(problem.node), len(problem.left)
    one = sp.coo_array((np.ones(options), (problem.node, np.arange(options))), shape=(problem.nodes, options))
    sides = [one @ sp.diags_array(member.astype(float)) for member in problem.inside.T]
    side = sp.csr_array(sp.vstack(sides))
    away, wide = side[problem.left] - side[problem.right], sp.eye_array(count)
    rows = sp.vstack([sp.hstack([away, -wide]), sp.hstack([-away, -wide])])
    each = sp.hstack([one, sp.csr_array((problem.nodes, count))])
    cost = np.concatenate([problem.cost, problem.capacity])
    answer = linprog(cost, A_ub=rows, b_ub=np.zeros(2 * count), A_eq=each, b_eq=np.ones(problem.nodes), bounds=(0, 1))
    return float(answer.fun)


@pytest.mark.parametrize("kinds", [EXCLUSIVE, NESTED], ids=["exclusive", "nested"])
@pytest.mark.parametrize("seed", first_of(range(4), 2))
def test_two_sets_that_exclude_or_hold_each_other_are_one_cut(seed, kinds):
    problem = random_problem(seed, kinds)
    cut = LayerCutter(problem).cut(np.zeros(0))
    assert cut.bound == pytest.approx(least(problem), abs=1e-6)
    assert problem.objective(cut.fewest) == pytest.approx(cut.bound, abs=1e-6)
    assert certify(problem, np.zeros(0), cut.flow) == pytest.approx(cut.bound, abs=1e-9)


@pytest.mark.parametrize("kinds", [FREE, THREE], ids=["free", "three"])
@pytest.mark.parametrize("seed", first_of(range(3), 1))
def test_other_sets_are_bounded_from_below(seed, kinds):
    problem = random_problem(seed, kinds)
    known = least(problem)
    cut = LayerCutter(problem).cut(np.zeros(0))
    assert cut.bound <= known + 1e-6
    assert cut.bound == pytest.approx(relaxed(problem), abs=0.02)
    result = solve_boundary(problem, gap=1e-9)
    assert result.bound - 1e-9 <= known <= result.objective + 1e-9


@pytest.mark.parametrize("seed", range(3))
def test_rows_are_kept_by_plans(seed):
    problem = random_problem(seed, EXCLUSIVE, row=True)
    result = solve_boundary(problem, gap=1e-9)
    known = least(problem)
    assert result.bound <= known + 1e-6
    assert result.options is not None
    assert problem.is_feasible(result.options)
    assert known - 1e-9 <= result.objective <= known + 0.5


def test_any_flow_proves_a_bound():
    problem = random_problem(0, EXCLUSIVE)
    rng, known = np.random.default_rng(1), least(problem)
    for _ in range(20):
        flow = rng.normal(0.0, 1.0, len(problem.left))
        assert certify(problem, np.zeros(0), flow) <= known + 1e-9


def test_nodes_of_several_layers_cannot_be_held():
    problem = random_problem(0, FREE)
    with pytest.raises(ValueError, match="held"):
        LayerCutter(problem).cut(np.zeros(0), np.zeros(8, np.int8))


@pytest.mark.parametrize("seed", first_of(range(4), 2))
def test_built_and_restored_land_of_a_program(seed):
    quotas = [quota("growth_demand", 30, "industry"), quota("floor", 20, "forest"), penalty(20), penalty(15, "forest")]
    program = program_of(grid(*quotas, moves="crop>ind crop>wood", seed=seed))
    assert isinstance(graph_of(program), Graph)
    agrees(program)


def test_three_groups_and_zones_in_one_of_them():
    quotas = [quota("growth_demand", 20, "industry"), quota("floor", 20, "forest"), quota("floor", 10, "grass")]
    quotas += [penalty(20), penalty(15, "forest"), penalty(10, "grass")]
    agrees(program_of(grid(*quotas, moves="crop>ind crop>wood crop>grass", seed=2)))


def test_groups_over_different_land_fall_apart():
    held = {f"{row}2": "pond" for row in range(3)}
    quotas = [quota("growth_demand", 20, "industry"), quota("floor", 10, "wetland"), penalty(20), penalty(9, "wetland")]
    agrees(program_of(grid(*quotas, moves="crop>ind pond>marsh", held=held)))


def test_one_of_two_borders_is_limited():
    quotas = [quota("growth_demand", 30, "industry"), quota("floor", 20, "forest"), penalty(15, "forest")]
    agrees(program_of(grid(*quotas, penalty(1), quota("perimeter_limit", 0.8, "built"), moves="crop>ind crop>wood")))


def test_from_end_to_end_the_audit_proves_the_bound(tmp_path):
    rng = np.random.default_rng(3)
    names = cells(12, 12)
    costs = {(name, "ind"): float(cost) for name, cost in zip(names, rng.uniform(0, 6, len(names)), strict=True)}
    quotas = [
        quota("growth_demand", 310, "industry"),
        quota("floor", 200, "forest"),
        penalty(20),
        penalty(15, "forest"),
    ]
    table = edges(12, 12)
    made = draft(names, "crop>ind crop>wood", quotas=quotas, zone_costs=costs, neighbours=table)
    source = made.write(tmp_path / "grid")
    options = StudyOptions(method="decompose", solve=SolveOptions(gap=0.05, threads=1), tables=False)
    summary = solve_folder(source, tmp_path / "plan", options).summary
    assert (summary["method"], summary["bound_by"], summary["status"]) == ("decompose", "dual", "optimal")
    assert summary["audit"]["passed"]
    (told,) = (check for check in audit_of(tmp_path / "plan") if check["name"] == "bound")
    assert "the multipliers prove" in told["message"]
    assert json.loads((tmp_path / "plan" / "summary.json").read_text(encoding="utf-8"))["notes"] == []


def test_the_same_seed_gives_the_same_plan():
    quotas = [quota("growth_demand", 30, "industry"), quota("floor", 20, "forest"), penalty(20), penalty(15, "forest")]
    program = program_of(grid(*quotas, moves="crop>ind crop>wood", seed=1))
    first, again = (borders.solve(program, EXACT, Silent()) for _ in range(2))
    assert first.bound == again.bound
    assert np.array_equal(first.require_shares(), again.require_shares())
