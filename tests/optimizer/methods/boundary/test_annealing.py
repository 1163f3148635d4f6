"""Annealed plans and the split of branches against brute force and another solver."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.methods.boundary.branch import Tree
from optimizer.methods.boundary.dual import Dual
from optimizer.methods.boundary.layers import cutter_of
from optimizer.methods.boundary.search import Search
from tests.optimizer.methods.boundary.boundary_cases import brute_force, by_milp, many_options, simple


def raised(problem):
    dual = Dual(problem, cutter_of(problem))
    dual.raise_to(1e-4, np.inf)
    return dual


@pytest.mark.parametrize("seed", range(6))
def test_annealing_finds_the_best_of_all_plans(seed):
    problem = simple(seed, 3, 4)
    optimum = brute_force(problem)
    dual, search = raised(problem), Search(problem)
    start = dual.choices()[0].options
    before = start.copy()
    found = [search.annealed(start, dual.multipliers, 2.0, 200, seed) for seed in range(8)]
    assert (start == before).all()
    objectives = []
    for options, objective in filter(None, found):
        assert problem.is_feasible(options)
        assert objective == pytest.approx(problem.objective(options))
        objectives.append(objective)
    assert min(objectives) == pytest.approx(optimum, abs=1e-9)


def test_annealing_keeps_a_limit_on_the_perimeter():
    problem = many_options(1, 4, 4, perimeter=True)
    dual = raised(problem)
    found = Search(problem).annealed(dual.choices()[0].options, dual.multipliers, 2.0, 300, 0)
    assert found is not None
    assert problem.is_feasible(found[0])
    assert found[1] == pytest.approx(problem.objective(found[0]))


def test_nothing_to_choose_is_not_annealed():
    problem = simple(1, 3, 3)
    still = type(problem)(
        nodes=9,
        node=np.arange(9, dtype=np.int32),
        inside=np.zeros(9, bool),
        cost=np.zeros(9),
        coefficients=problem.coefficients[::2],
        row_lower=np.zeros(len(problem.row_lower)),
        row_upper=problem.row_upper,
        left=problem.left,
        right=problem.right,
        capacity=problem.capacity,
    )
    dual = raised(still)
    assert Search(still).annealed(np.arange(9, dtype=np.int32), dual.multipliers, 2.0, 10, 0) is None


@pytest.mark.parametrize("part", [0.0, 0.01, 0.05])
def test_a_tree_proves_no_more_than_its_cutoff_and_the_optimum(part):
    problem = simple(0, 8, 8)
    optimum = by_milp(problem)
    cutoff = optimum - part * abs(optimum)
    tree = Tree(problem, raised(problem), 1)
    met = -np.inf
    for _ in range(40):
        tree.grow(10, cutoff, lambda _: False, np.inf)
        assert met - 1e-9 <= tree.bound <= cutoff + 1e-9
        met = tree.bound
