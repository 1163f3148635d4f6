"""Every method on random instances over all rule families: no bound above the optimum, no plan that breaks a row."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.methods import METHODS
from optimizer.progress import Silent
from optimizer.results.solution import SolveOptions
from tests.end_to_end.random_cases import optimum, posed
from tests.seeds import first_of

BATCH = 10
GAP = 1e-6
CHECKED = ("core", "decompose")
"""`direct` has its own tests on these instances."""


def broken(program, shares) -> float:
    """Return by how much the columns of a plan break a row or a bound, relative to the row's size."""
    matrix = program.matrix()
    activity = matrix.rows @ shares
    size = 1.0 + abs(matrix.rows) @ np.abs(shares)
    rows = np.maximum(matrix.row_lower - activity, activity - matrix.row_upper) / size
    columns = np.maximum(matrix.lower - shares, shares - matrix.upper)
    split = np.abs(shares - np.round(shares))[matrix.integer]
    return float(max(rows.max(initial=0.0), columns.max(initial=0.0), split.max(initial=0.0)))


def faults(name: str, program, expected: float | None) -> list[tuple]:
    """Return what is wrong with the answer of a method, given the true optimum; None: no plan meets every rule."""
    found = METHODS[name](program, SolveOptions(gap=GAP), Silent())
    if expected is None:
        return [] if found.shares is None else [("a plan where there is none",)]
    room = 1e-6 * max(abs(expected), 1.0)
    wrong: list[tuple] = []
    if found.bound is not None and found.bound > expected + room:
        wrong.append(("bound above the optimum", found.bound, expected))
    if found.shares is None:
        return [*wrong, ("no plan", str(found.termination))]
    if broken(program, found.shares) > 1e-6:
        wrong.append(("breaks a row", broken(program, found.shares)))
    if found.objective < expected - room:
        wrong.append(("below the optimum", found.objective, expected))
    if found.objective - expected > found.gap_abs + room:
        wrong.append(("gap too small", found.objective, found.bound, expected))
    if name == "core" and found.objective > expected + GAP * found.base + room:
        wrong.append(("not the optimum", found.objective, expected))
    return wrong


@pytest.mark.parametrize("first", first_of(range(0, 200, BATCH), 2))
def test_methods_agree_with_the_true_optimum(first: int):
    """Both methods on the same Programs: to make them and to find the optimum takes longer than to solve them."""
    assert not [
        (seed, name, *fault)
        for seed in range(first, first + BATCH)
        for name in CHECKED
        for fault in faults(name, posed(seed).program, optimum(seed))
    ]
