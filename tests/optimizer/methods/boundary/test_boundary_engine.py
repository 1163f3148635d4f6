"""Plans and bounds of boundary problems against brute force and another solver."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from optimizer.methods.boundary import solve_boundary
from tests.optimizer.methods.boundary.boundary_cases import brute_force, by_milp, many_options, proven_by_hand, simple
from tests.seeds import first_of

CASES = [
    *[pytest.param(simple, (seed, 3, 4), {"budget": seed % 2 == 1}, id=f"simple-{seed}") for seed in range(12)],
    *[
        pytest.param(many_options, (seed, 2, 4), {"perimeter": seed % 2 == 1}, id=f"options-{seed}")
        for seed in range(12)
    ],
]


def check(problem, result, optimum):
    scale = 1e-7 * max(1.0, abs(optimum)) if np.isfinite(optimum) else 0.0
    assert result.bound <= optimum + scale
    assert result.root_bound <= optimum + scale
    assert result.root_bound == pytest.approx(
        proven_by_hand(problem, result.multipliers, result.flow), rel=1e-9, abs=1e-6
    )
    if result.options is None:
        assert result.objective == np.inf
        return
    assert problem.is_feasible(result.options)
    assert (problem.node[result.options] == np.arange(problem.nodes)).all()
    assert result.objective == pytest.approx(problem.objective(result.options))
    assert result.objective >= optimum - scale
    assert (result.sides == problem.inside[result.options]).all()


@pytest.mark.parametrize(("make", "arguments", "options"), CASES)
def test_small_problems_against_brute_force(make, arguments, options):
    problem = make(*arguments, **options)
    optimum = brute_force(problem)
    result = solve_boundary(problem, gap=1e-6, time_limit_s=30)
    check(problem, result, optimum)
    if make is simple and np.isfinite(optimum):
        assert result.objective == pytest.approx(optimum, abs=1e-5)


def test_four_by_four_against_brute_force():
    problem = simple(5, 4, 4)
    result = solve_boundary(problem, gap=1e-6, time_limit_s=5)
    optimum = brute_force(problem)
    check(problem, result, optimum)
    assert result.gap <= 1e-6


@pytest.mark.parametrize("seed", range(4))
def test_eight_by_eight_against_another_solver(seed):
    problem = simple(seed, 8, 8, budget=seed % 2 == 0)
    optimum = by_milp(problem)
    result = solve_boundary(problem, gap=2e-2, time_limit_s=20)
    check(problem, result, optimum)
    assert result.gap <= 2e-2


@pytest.mark.parametrize("seed", first_of(range(3), 1))
def test_options_and_perimeter_against_another_solver(seed):
    problem = many_options(seed, 7, 7, perimeter=True)
    result = solve_boundary(problem, gap=1e-3, time_limit_s=1)
    check(problem, result, by_milp(problem))


def test_same_answer_with_every_number_of_threads():
    problem = simple(3, 12, 12)
    answers = [solve_boundary(problem, gap=1e-4, threads=threads) for threads in (1, 1, 2)]
    for answer in answers[1:]:
        assert (answer.options == answers[0].options).all()
        assert answer.bound == answers[0].bound
        assert len(answer.history) == len(answers[0].history)


def test_earlier_multipliers_save_cuts():
    problem = simple(3, 12, 12)
    cold = solve_boundary(problem, gap=1e-2)
    warm = solve_boundary(problem, gap=1e-2, start=cold.multipliers)
    assert warm.cuts < cold.cuts
    assert warm.gap <= 1e-2


def test_history_closes_in():
    problem = simple(1, 8, 8)
    history = solve_boundary(problem, gap=1e-4, time_limit_s=10).history
    assert all(a.bound <= b.bound + 1e-9 and a.objective >= b.objective for a, b in itertools.pairwise(history))


def test_rows_that_cannot_be_kept_have_no_plan():
    problem = simple(1, 3, 3)
    beyond = replace(problem, row_lower=np.full(len(problem.row_lower), 1e3))
    result = solve_boundary(beyond, time_limit_s=2)
    assert result.options is None
    assert result.gap == np.inf
