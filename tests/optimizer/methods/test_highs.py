import highspy
import numpy as np
import pytest
import scipy.sparse as sp

from formulations.program import Matrix
from optimizer.methods import highs
from optimizer.results.solution import SolveOptions

INF = float("inf")


def matrix(rows, lower, upper, cost, integer=None, most=None):
    count = len(cost)
    return Matrix(
        rows=sp.csr_array(np.array(rows, dtype=float)),
        row_lower=np.array(lower, dtype=float),
        row_upper=np.array(upper, dtype=float),
        lower=np.zeros(count),
        upper=np.full(count, INF) if most is None else np.array(most, dtype=float),
        cost=np.array(cost, dtype=float),
        integer=np.array(integer or [False] * count),
    )


def run(model, integers=True):
    solver = highs.load(model, integers)
    highs.configure(solver, SolveOptions(gap=0, threads=1), 60)
    return highs.run(solver)


# min 2a + 3b with a + b >= 4, a <= 3: a = 3, b = 1.
LP = matrix([[1, 1]], [4], [INF], [2, 3], most=[3, INF])


def test_a_linear_programme():
    answer = run(LP)
    assert answer.status == highspy.HighsModelStatus.kOptimal
    assert answer.values == pytest.approx([3, 1])
    assert answer.duals == pytest.approx([3])


def test_the_relaxation_leaves_whole_numbers_out():
    """min a with 2a >= 3: 1.5, in whole numbers 2."""
    model = matrix([[2]], [3], [INF], [1], integer=[True])
    assert run(model, integers=False).values == pytest.approx([1.5])
    assert run(model).values == pytest.approx([2])
    assert run(model).bound == pytest.approx(2)


def test_an_infeasible_model_has_no_values():
    answer = run(matrix([[1]], [5], [INF], [1], most=[3]))
    assert answer.status == highspy.HighsModelStatus.kInfeasible
    assert answer.values is None


@pytest.mark.parametrize("broken", [{"lower": [float("nan")]}, {"most": [float("nan")]}, {"rows": [[INF]]}])
def test_what_is_no_number_is_refused(broken):
    whole = {"rows": [[1]], "lower": [1], "upper": [INF], "cost": [1]}
    with pytest.raises(ValueError, match="not a number"):
        highs.load(matrix(**whole | broken))


@pytest.mark.parametrize(
    ("multiplier", "bound"),
    [
        (3.0, 9.0),  # the optimum's own: 3 x 4 - 1 x 3 = 9 = 2 x 3 + 3 x 1
        (2.0, 8.0),  # any other proves less: a costs nothing, b at least 1
        (0.0, 0.0),
        (-1.0, 0.0),  # a multiplier on the absent upper bound counts as zero
        (4.0, -INF),  # b has no bound from above to stop at
    ],
)
def test_any_multipliers_prove_a_bound(multiplier, bound):
    assert highs.dual_bound(LP, np.array([multiplier])) == pytest.approx(bound)
