"""Prioritisations by prices, sets of flips and minimum cuts: against HiGHS on the whole, and by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.optimize import LinearConstraint, milp

from formulations.restoration.assemble import assemble_sites
from formulations.restoration.site_block import SiteBlock
from instances.prioritisation import Problem
from instances.synthetic.sites import SiteOptions, boundary
from optimizer import methods
from optimizer.methods import decompose, direct, highs, resolve_method
from optimizer.methods.decompose import kernels_merge
from optimizer.methods.decompose.combine import Combine
from optimizer.methods.decompose.free_land import least_beside, spared
from optimizer.methods.decompose.pricing import price
from optimizer.methods.decompose.rounding import Rounding
from optimizer.methods.highs import dual_bound
from optimizer.progress import Silent
from optimizer.results.solution import SolveOptions, Termination
from tests.optimizer.methods.decompose.test_settle import matrix_of, relax
from tests.seeds import first_of

if TYPE_CHECKING:
    from formulations.program import Program
    from optimizer.results.solution import Solution

INF = np.inf


def problem(units: int, features: int, seed: int) -> Problem:
    rng = np.random.default_rng(seed)
    amounts = rng.uniform(0.1, 5.0, (units, features)) * (rng.random((units, features)) < 0.6)
    names = [f"f{k}" for k in range(features)]
    return Problem(rng.uniform(1.0, 100.0, units), names, amounts).targets(relative=0.3)


def program_of(stated: Problem) -> Program:
    return assemble_sites(SiteBlock(stated.sites()))


SECONDS = 300.0
"""More than enough, also where kernels are compiled on a busy machine."""


def solved(program: Program, gap: float = 1e-4) -> Solution:
    return decompose.solve(program, SolveOptions(gap=gap, time_limit_s=SECONDS), Silent())


def holds(program: Program, found: Solution) -> None:
    """The plan keeps every row and whole number, and its objective and the bound are what they are said to be."""
    matrix, shares = program.matrix(), found.require_shares()
    activity, room = matrix.rows @ shares, 1e-6 * (1.0 + abs(matrix.rows) @ np.abs(shares))
    assert (activity >= matrix.row_lower - room).all()
    assert (activity <= matrix.row_upper + room).all()
    assert (shares >= matrix.lower - 1e-9).all()
    assert (shares <= matrix.upper + 1e-9).all()
    assert (np.abs(shares - np.round(shares))[matrix.integer] < 1e-9).all()
    assert found.objective == pytest.approx(matrix.cost @ shares, rel=1e-9, abs=1e-9)
    assert found.bound is not None
    assert found.bound <= found.objective
    if found.bound_by == "dual" and found.duals is not None:
        count, duals = program.moves.n_groups, found.duals.copy()
        duals[:count] = 0.0
        priced = np.where(matrix.upper > 0, matrix.cost - matrix.rows.T @ duals, INF)[: len(program.moves)]
        duals[:count] = np.minimum.reduceat(priced, program.moves.start[:-1])
        assert found.bound <= dual_bound(matrix, duals) + 1e-6 * max(abs(found.objective), 1.0)


def budgeted(seed: int, part: float, units: int = 40) -> Problem:
    stated = problem(units, 5, seed)
    cost = stated.sites().cost
    return stated.budget(part * float(cost.sum())).minimum_shortfall()


CASES = {
    "minimum_set": lambda seed: problem(40, 5, seed),
    "minimum_set_locked": lambda seed: problem(40, 5, seed).locked_in([1, 2, 3]).locked_out([4, 5, 6, 7]),
    "shortfall_scarce": lambda seed: budgeted(seed, 0.05),
    "shortfall_nearly_enough": lambda seed: budgeted(seed, 0.14),
    "shortfall_ample": lambda seed: budgeted(seed, 0.5),
    "utility": lambda seed: problem(40, 5, seed).targets(relative=0.0).budget(300.0).maximum_utility(),
    "boundary": lambda seed: problem(36, 3, seed).boundary_penalty(5.0, 0.5, boundary(SiteOptions(36, 3))),
    "boundary_locked": lambda seed: (
        problem(36, 3, seed).boundary_penalty(5.0, 0.5, boundary(SiteOptions(36, 3))).locked_in([22]).locked_out([1])
    ),
}


@pytest.mark.parametrize("seed", first_of(range(3), 1))
@pytest.mark.parametrize("name", CASES)
def test_it_agrees_with_highs_within_the_gaps(name: str, seed: int) -> None:
    program = program_of(CASES[name](seed))
    found = solved(program, 3e-2)
    known = direct.solve(program, SolveOptions(gap=3e-2, time_limit_s=30.0), Silent())
    assert found.termination is Termination.GAP_PROVEN
    holds(program, found)
    assert known.objective is not None
    assert known.bound is not None
    scale = 1e-7 * max(abs(known.objective), 1.0)
    assert found.bound <= known.objective + scale
    assert found.objective >= known.bound - scale


def test_a_unit_that_counts_in_several_rows_of_one_family_is_priced_in_all() -> None:
    program = program_of(problem(1000, 3, 0))
    pricing = price(program, np.zeros(3, dtype=bool), np.zeros(program.moves.n_groups, dtype=np.int32))
    taken = np.arange(1, len(program.moves), 2)
    rows = pricing.columns(taken, np.ones(len(taken))).toarray()
    assert np.allclose(rows, program.quota_matrix()[:, taken].toarray())
    found = solved(program, 1e-3)
    assert found.termination is Termination.GAP_PROVEN
    holds(program, found)


@pytest.mark.long
def test_targets_that_a_budget_pays_for_leave_no_shortfall() -> None:
    program = program_of(budgeted(0, 0.5, units=600))
    found = solved(program)
    assert (found.termination, found.objective, found.bound) == (Termination.GAP_PROVEN, 0.0, 0.0)
    holds(program, found)


def test_what_is_spared_is_the_share_of_the_budget_and_shortfalls_are_held_at_none() -> None:
    program = program_of(
        Problem([4.0, 6.0, 10.0], ["f"], [[1.0], [2.0], [3.0]]).targets(absolute=3.0).budget(16.0).minimum_shortfall()
    )
    assert least_beside(program) == 0.0
    easy = spared(program)
    assert easy.cost == pytest.approx([0.0, 4 / 16, 0.0, 6 / 16, 0.0, 10 / 16, 0.0])
    assert (easy.columns[0].upper == 0).all()
    found = direct.solve(easy, SolveOptions(), Silent())
    assert found.objective == pytest.approx(10 / 16)  # units 1 and 2, or unit 3


def test_land_that_costs_something_is_not_free() -> None:
    assert least_beside(program_of(problem(20, 2, 0))) is None


# Sets of flips


def test_pairs_are_all_sets_of_up_to_two_flips_of_different_pieces() -> None:
    vectors = np.array([[1.0, 0.0], [2.0, 1.0], [4.0, -1.0]], dtype=np.float32)
    cost, owner = np.array([1.0, 2.0, 4.0], dtype=np.float32), np.array([0, 0, 1])
    first, second, total, paid = kernels_merge.pairs_of(vectors, cost, owner)
    sets = set(zip(first.tolist(), second.tolist(), strict=True))
    assert sets == {(-1, -1), (0, -1), (1, -1), (2, -1), (0, 2), (1, 2)}
    assert sorted(paid.tolist()) == [0, 1, 2, 4, 5, 6]
    assert np.allclose(total[:, 0], paid)


@pytest.mark.parametrize("seed", range(3))
def test_joins_are_all_equal_keys(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, two = (np.sort(rng.integers(0, 20, count, dtype=np.int32)) for count in (50, 60))
    equal = {(a, b) for a in range(50) for b in range(60) if one[a] == two[b]}
    assert kernels_merge.count_joins(one, two) == len(equal)
    orders = np.arange(50, dtype=np.int32), np.arange(60, dtype=np.int32)
    left, right = kernels_merge.join_all(one, two, *orders, 10_000)
    assert set(zip(left.tolist(), right.tolist(), strict=True)) == {(a, b) for a, b in equal if a <= b}


@pytest.mark.parametrize("seed", range(2))
def test_sets_of_flips_keep_rows_and_are_no_better_than_the_best_choice(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count, rows = 60, 5
    amounts, cost = rng.uniform(0.5, 3.0, (rows, count)), rng.uniform(5.0, 9.0, count)
    lower = 0.4 * amounts.sum(axis=1)
    matrix, pieces = matrix_of(cost, amounts, lower, np.full(rows, INF))
    relaxed, duals = relax(matrix, pieces)
    land = Rounding(matrix, pieces, relaxed, duals)
    shares = Combine(land, np.zeros(rows, dtype=bool), seed).search(0.0, INF)
    assert shares is not None
    chosen = shares[1::2]
    assert (amounts @ chosen >= lower - 1e-9).all()
    rows_kept, whole = LinearConstraint(amounts, lower), np.ones(count)
    best = milp(cost, integrality=whole, bounds=(0, 1), constraints=rows_kept, options={"mip_rel_gap": 0.01})
    assert best.mip_dual_bound - 1e-9 <= cost @ chosen <= 1.03 * best.fun
    assert matrix.cost @ relaxed + land.rise == pytest.approx(cost @ chosen)


def test_rows_that_columns_beside_keep_do_not_count() -> None:
    rng = np.random.default_rng(5)
    amounts = rng.uniform(0.5, 3.0, (6, 40))
    matrix, pieces = matrix_of(rng.uniform(5.0, 9.0, 40), amounts, 0.4 * amounts.sum(axis=1), np.full(6, INF))
    land = Rounding(matrix, pieces, *relax(matrix, pieces))
    soft = np.arange(6) > 0
    shares = Combine(land, soft, 0).search(0.0, INF)
    assert shares is not None
    assert amounts[0] @ shares[1::2] >= 0.4 * amounts[0].sum() - 1e-9


# Which method runs


def test_branching_that_closes_too_little_ends_where_no_time_limit_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(highs, "FIRST_LOOK", 10)
    program = program_of(problem(200, 10, 0))
    found = direct.solve(program, SolveOptions(gap=1e-6), Silent())
    assert found.termination is Termination.GIVEN_UP
    assert "--time-limit" in found.notes[0]["en"]
    assert "--time-limit" in found.notes[0]["zh"]
    holds(program, found)
    limited = direct.solve(program, SolveOptions(gap=1e-6, time_limit_s=2.0), Silent())
    assert limited.termination is not Termination.GIVEN_UP
    assert not limited.notes


def test_many_units_are_priced_and_bordered_ones_go_to_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = program_of(problem(100, 3, 0))
    bordered = program_of(CASES["boundary"](0))
    assert [resolve_method("auto", one).name for one in (plain, bordered)] == ["direct", "direct"]
    monkeypatch.setattr(methods, "MANY_UNITS", 100)
    monkeypatch.setattr(methods, "MANY_BORDERED", 36)
    chosen = [resolve_method("auto", one) for one in (plain, bordered)]
    assert [choice.name for choice in chosen] == ["decompose", "decompose"]
    assert "100 planning units" in chosen[0].reason["en"]
    assert "最小割" in chosen[1].reason["zh"]


def test_shares_and_a_row_for_each_unit_go_to_the_solver_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "MANY_UNITS", 50)
    assert resolve_method("auto", program_of(problem(100, 3, 0).proportion())).name == "direct"
    monkeypatch.setattr(methods, "MOST_PRICED", 2)
    choice = resolve_method("auto", program_of(problem(100, 3, 0)))
    assert (choice.name, "3 rows" in choice.reason["en"]) == ("direct", True)
