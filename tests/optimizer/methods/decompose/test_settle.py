"""Making a relaxation whole row by row: hand-made rows, and random ones against brute force and the relaxation."""

import itertools
import time

import numpy as np
import pytest
import scipy.sparse as sp

from formulations.program import Matrix
from optimizer.methods.decompose.kernels_exchange import four_within
from optimizer.methods.decompose.pieces import Pieces
from optimizer.methods.decompose.ranges import ranges_of
from optimizer.methods.decompose.rounding import Rounding
from optimizer.methods.decompose.row_order import RowOrder
from optimizer.methods.decompose.settle import Settle

INF = np.inf


def matrix_of(cost, rows, lower, upper):
    """Return pieces of two moves each, stay and change: only the change costs and counts in rows, (rows, pieces)."""
    count = len(cost)
    every = np.zeros((len(rows), 2 * count))
    every[:, 1::2] = rows
    choice = np.kron(np.eye(count), [[1.0, 1.0]])
    one = np.ones(count)
    matrix = Matrix(
        rows=sp.csr_array(np.vstack([choice, every])),
        row_lower=np.concatenate([one, lower]),
        row_upper=np.concatenate([one, upper]),
        lower=np.zeros(2 * count),
        upper=np.ones(2 * count),
        cost=np.column_stack([np.zeros(count), cost]).ravel(),
        integer=np.ones(2 * count, dtype=bool),
    )
    number = np.arange(count)
    pieces = Pieces(number, number, one, one > 0, np.arange(0, 2 * count + 1, 2), np.arange(2 * count))
    return matrix, pieces


def relax(matrix, pieces):
    """Return the values of the relaxation and the multipliers of its rows, by HiGHS through scipy."""
    from scipy.optimize import linprog

    first, rows = len(pieces), matrix.rows.toarray()
    below, above = np.isfinite(matrix.row_lower[first:]), np.isfinite(matrix.row_upper[first:])
    sides = np.vstack([-rows[first:][below], rows[first:][above]])
    bounds = np.concatenate([-matrix.row_lower[first:][below], matrix.row_upper[first:][above]])
    answer = linprog(matrix.cost, sides, bounds, rows[:first], matrix.row_lower[:first], bounds=(0, 1))
    duals = np.zeros(len(rows))
    duals[first:][below] -= answer.ineqlin.marginals[: below.sum()]
    duals[first:][above] += answer.ineqlin.marginals[below.sum() :]
    return answer.x, duals


def settled(matrix, pieces, seed=0):
    values, duals = relax(matrix, pieces)
    land = Settle(Rounding(matrix, pieces, values, duals), seed).search(0.0, time.perf_counter() + 60)
    return None if land is None else land[1::2]


def test_a_row_that_misses_more_than_four_flips_is_brought_to_its_bound():
    """Nothing is taken at first, and ten of twelve are wanted: the ten cheapest, one after the other."""
    cost = np.arange(1.0, 13.0)
    matrix, pieces = matrix_of(cost, [np.ones(12)], [10.0], [INF])
    none = np.tile([1.0, 0.0], 12)
    land = Settle(Rounding(matrix, pieces, none, np.zeros(13)), 0).search(0.0, time.perf_counter() + 60)
    assert land is not None
    assert land[1::2].tolist() == [1.0] * 10 + [0.0] * 2


def best_of(cost, rows, lower, upper):
    """Return the least cost over all choices that keep the rows."""
    choices = np.array(list(itertools.product([0.0, 1.0], repeat=len(cost))))
    activity = choices @ np.asarray(rows).T
    kept = ((activity >= np.asarray(lower) - 1e-9) & (activity <= np.asarray(upper) + 1e-9)).all(axis=1)
    return (choices[kept] @ cost).min()


def test_a_row_is_turned_to_the_bound_that_has_a_price():
    matrix, _ = matrix_of([1.0], [[2.0], [3.0], [4.0]], [1, -INF, 1], [INF, 2, 3])
    ranges = ranges_of(matrix, np.array([0.0, 5.0, -6.0, -7.0]), 1)
    assert ranges.rows.toarray()[:, 1].tolist() == [2, -3, -4]
    assert ranges.low.tolist() == [1, -2, -3]
    assert ranges.width.tolist() == [INF, INF, 2]
    assert ranges.price.tolist() == [5, 6, 7]


def test_of_sets_of_four_the_one_of_least_rise_that_keeps_a_range():
    """1.5 ha are missing and 0.1 too many are allowed; 0.9 + 0.7 costs 3, 0.9 + 0.9 - 0.2 costs 2.5, both leave 0.1."""
    change = np.array([[0.9], [0.7], [0.9], [-0.2], [1.5]])
    loss = np.array([1.0, 2.0, 1.0, 0.5, 9.0])
    args = (np.arange(5), loss, np.array([-1.5]), np.array([0.1]), np.array([1.0]), 0.0, np.array([0.1, 100.0]))
    assert sorted(four_within(change, *args, 1e-9, 10_000)) == [-1, 0, 2, 3]


def test_two_flips_of_one_piece_are_never_made_together():
    change, owner = np.array([[0.5], [0.5], [0.4]]), np.array([0, 0, 1])
    args = (owner, np.ones(3), np.array([-1.0]), np.array([INF]), np.ones(1), 0.0, np.array([1e6]))
    assert (four_within(change, *args, 1e-9, 10_000) == -1).all()


def test_the_row_with_flips_of_its_own_comes_last():
    """Row 1 has cheap flips that change nothing else, row 0 only those that change row 1 as well."""
    change = sp.csr_array(np.array([[1.0] * 9 + [0.0] * 9, [1.0] * 18]))
    order = RowOrder(change, np.full(18, 0.1))
    assert order.order(np.ones(2)) == [0, 1]


def test_an_equation_of_class_areas_is_met():
    """4.1 ha of areas 1.3, 0.9, 1.1, 1.7 and 0.8: 1.3 + 1.1 + 1.7 costs 12, 1.3 + 0.9 + 1.1 + 0.8 costs 11."""
    cost, rows = np.array([5.0, 1.0, 4.0, 3.0, 1.0]), np.array([[1.3, 0.9, 1.1, 1.7, 0.8]])
    matrix, pieces = matrix_of(cost, rows, [4.1], [4.1])
    assert settled(matrix, pieces).tolist() == [1, 1, 1, 0, 1]


def test_there_is_no_plan_where_areas_do_not_add_up():
    matrix, pieces = matrix_of(np.ones(3), np.array([[1.0, 1.0, 1.0]]), [1.5], [1.6])
    assert settled(matrix, pieces) is None


@pytest.mark.parametrize("seed", range(6))
def test_few_pieces_come_near_the_best_of_all_choices(seed):
    """Two nested rows over 14 zones, the inner one with a ceiling close to its floor."""
    rng = np.random.default_rng(seed)
    area, cost = rng.uniform(0.5, 2.0, 14), rng.uniform(1.0, 9.0, 14)
    rows = np.array([area, area * (np.arange(14) < 7)])
    planted = rng.permutation(14) < 7
    lower = rows @ planted - np.array([0.3, 0.1])
    upper = np.array([INF, lower[1] + 0.4])
    matrix, pieces = matrix_of(cost, rows, lower, upper)
    taken = settled(matrix, pieces)
    assert (rows @ taken >= lower - 1e-9).all()
    assert (rows @ taken <= upper + 1e-9).all()
    assert cost @ taken <= best_of(cost, rows, lower, upper) * 1.03


@pytest.mark.parametrize("seed", range(3))
def test_many_rows_with_narrow_ranges_are_all_kept(seed):
    """12 regions of 60 zones, each with 0.02 ha of freedom around its planted area, and a sum over all."""
    rng = np.random.default_rng(seed)
    area, cost = rng.uniform(0.5, 2.0, 720), rng.uniform(1.0, 9.0, 720)
    region = np.repeat(np.arange(12), 60)
    rows = np.vstack([area * (region == r) for r in range(12)] + [area * (cost > 5)])
    planted = rng.random(720) < 0.4
    lower = rows @ planted - 0.01
    upper = lower + 0.02
    matrix, pieces = matrix_of(cost, rows, lower, upper)
    values, _ = relax(matrix, pieces)
    taken = settled(matrix, pieces)
    assert (rows @ taken >= lower - 1e-9).all()
    assert (rows @ taken <= upper + 1e-9).all()
    assert cost @ taken <= (matrix.cost @ values) * 1.02
