"""Every method on random instances over all rule families: no bound above the optimum, no plan that breaks a row."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.methods import METHODS
from optimizer.progress import Silent
from optimizer.results.solution import SolveOptions
from tests.build import program_of
from tests.end_to_end.random_instances import make
from tests.end_to_end.reference import Study
from tests.end_to_end.reference_optimum import by_milp

BATCH = 10
GAP = 1e-6


def broken(program, shares) -> float:
    """Return by how much the columns of a plan break a row or a bound, relative to the row's size."""
    matrix = program.matrix()
    activity = matrix.rows @ shares
    size = 1.0 + abs(matrix.rows) @ np.abs(shares)
    rows = np.maximum(matrix.row_lower - activity, activity - matrix.row_upper) / size
    columns = np.maximum(matrix.lower - shares, shares - matrix.upper)
    split = np.abs(shares - np.round(shares))[matrix.integer]
    return float(max(rows.max(initial=0.0), columns.max(initial=0.0), split.max(initial=0.0)))


@pytest.mark.parametrize("name", ["core", "decompose"])
@pytest.mark.parametrize("first", range(0, 200, BATCH))
def test_methods_agree_with_the_true_optimum(name: str, first: int):
    wrong = []
    for seed in range(first, first + BATCH):
        made = make(seed)
        expected = by_milp(Study(made.settings, made.tables))
        program = program_of(made.instance())
        found = METHODS[name](program, SolveOptions(gap=GAP), Silent())
        room = 1e-6 * max(abs(expected or 0.0), 1.0)
        if expected is None:
            if found.shares is not None:
                wrong.append((seed, "a plan where there is none"))
            continue
        if found.bound is not None and found.bound > expected + room:
            wrong.append((seed, "bound above the optimum", found.bound, expected))
        if found.shares is None:
            wrong.append((seed, "no plan", str(found.termination)))
            continue
        if broken(program, found.shares) > 1e-6:
            wrong.append((seed, "breaks a row", broken(program, found.shares)))
        if found.objective < expected - room:
            wrong.append((seed, "below the optimum", found.objective, expected))
        if found.objective - expected > found.gap_abs + room:
            wrong.append((seed, "gap too small", found.objective, found.bound, expected))
        if name == "core" and found.objective > expected + GAP * found.base + room:
            wrong.append((seed, "not the optimum", found.objective, expected))
    assert not wrong
