"""How `decompose` ends where prices do not close the gap: with what it has, and with what `core` adds."""

import numpy as np
import pytest

from optimizer.methods import core, decompose
from optimizer.methods.decompose.primal import Primal
from optimizer.progress import Silent
from optimizer.results.solution import Solution, SolveOptions, Status, Termination, within
from tests.build import program_of
from tests.end_to_end.random_instances import make
from tests.end_to_end.reference import Study
from tests.end_to_end.reference_optimum import by_milp

OPEN = 13
"""Seed of an instance whose optimum lies above the bound of multipliers."""

OPTIONS = SolveOptions(gap=1e-9, threads=1)


def made(seed):
    draft = make(seed)
    return program_of(draft.instance()), by_milp(Study(draft.settings, draft.tables))


def out_of_time(program, options, progress):
    """Stand in for a `core` that has no time."""
    return Solution(Termination.TIME_LIMIT, core.NAME)


def test_a_plan_outlives_a_core_that_finds_none(monkeypatch):
    program, optimum = made(OPEN)
    monkeypatch.setattr(core, "solve", out_of_time)
    found = decompose.solve(program, OPTIONS, Silent())
    assert found.shares is not None
    assert found.bound_by == "dual"
    assert found.duals is not None
    assert found.bound < optimum <= found.objective + 1e-6
    assert found.termination is Termination.GIVEN_UP
    assert found.status(OPTIONS.gap) is Status.FEASIBLE


def test_a_bound_outlives_a_core_that_finds_none(monkeypatch):
    program, optimum = made(OPEN)
    monkeypatch.setattr(core, "solve", out_of_time)
    monkeypatch.setattr(Primal, "plan", lambda *_: None)
    found = decompose.solve(program, OPTIONS, Silent())
    assert found.shares is None
    assert found.status(OPTIONS.gap) is Status.NO_PLAN
    assert found.bound < optimum


def test_core_finds_the_plan_that_prices_do_not(monkeypatch):
    program, optimum = made(OPEN)
    monkeypatch.setattr(Primal, "plan", lambda *_: None)
    monkeypatch.setattr(decompose, "SMALL", 0)
    found = decompose.solve(program, OPTIONS, Silent())
    assert found.objective == pytest.approx(optimum, rel=1e-6)
    assert found.termination is Termination.GAP_PROVEN


def test_core_starts_from_the_plan_that_prices_found(monkeypatch):
    program, _ = made(OPEN)
    starts = []

    def seen(program, options, progress):
        starts.append(options.start)
        return out_of_time(program, options, progress)

    monkeypatch.setattr(core, "solve", seen)
    found = decompose.solve(program, OPTIONS, Silent())
    assert np.array_equal(starts[0], found.shares)


@pytest.mark.parametrize(
    ("objective", "bound", "gap", "base", "expected"),
    [
        (-37.989999999999995, -37.99, 0.0, 30.0, True),
        (-37.98999, -37.99, 0.0, 30.0, False),
        (101.0, 100.0, 0.1, 10.0, True),
        (102.0, 100.0, 0.1, 10.0, False),
        (1.0, None, 0.1, 10.0, False),
    ],
)
def test_a_gap_of_mere_round_off_counts_as_none(objective, bound, gap, base, expected):
    assert within(objective, bound, gap, base) == expected
    solution = Solution(Termination.GAP_PROVEN, "direct", np.zeros(1), objective, bound, "highs", base)
    assert (solution.status(gap) is Status.OPTIMAL) == expected
