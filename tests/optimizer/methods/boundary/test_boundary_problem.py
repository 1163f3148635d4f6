"""Boundary problems refuse arrays that do not fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from tests.optimizer.methods.boundary.boundary_cases import many_options, simple


def test_counts_by_hand():
    problem = simple(0, 2, 2)
    options = np.array([1, 2, 4, 7])  # nodes 0 and 3 are in; every edge of the square is a border
    assert problem.sides(options).tolist() == [True, False, False, True]
    assert problem.objective(options) == pytest.approx(problem.cost[1] + problem.cost[7] + problem.capacity.sum())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cost": np.full(8, np.nan)}, "not a number"),
        ({"capacity": np.full(4, -1.0)}, "costs 0 or more"),
        ({"node": np.array([0, 0, 2, 2, 1, 1, 3, 3], np.int32)}, "ascend"),
        ({"coefficients": sp.csr_array((3, 1))}, "one row an option"),
    ],
)
def test_refuses_what_does_not_fit(change, message):
    with pytest.raises(ValueError, match=message):
        replace(simple(0, 2, 2), **change)


def test_refuses_a_lower_limit_on_borders():
    problem = many_options(0, 2, 2, perimeter=True)
    with pytest.raises(ValueError, match="upper limit"):
        replace(problem, row_lower=np.zeros(len(problem.row_lower)))
