"""What tests of the audited bound share: the books of an instance, and the bound that multipliers prove by matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.bound import Proven, evaluate
from optimizer.results.audit.restoration import read_projects
from optimizer.results.audit.run import LINES_OF, books_of
from optimizer.results.audit.settings import read_settings
from optimizer.results.audit.tables import read_land
from optimizer.results.multipliers import write_multipliers

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from formulations.program import Program


def audited(instance: Path, program: Program, duals: NDArray[np.float64], plan: Path) -> Proven:
    """Write the multipliers into a plan folder and let the audit evaluate them against the tables."""
    settings = read_settings(instance, {})
    land = read_land(instance, settings.periods)
    plan.mkdir(exist_ok=True)
    write_multipliers(program, duals, plan)
    proven = evaluate(books_of(land, settings, read_projects(instance, land)), LINES_OF, plan)
    assert proven is not None
    return proven


def lagrangian(program: Program, duals: NDArray[np.float64]) -> float:
    """Return the bound by the matrix: quota rows priced, every choice group and other column at its cheapest."""
    matrix, groups = program.matrix(), program.moves.n_groups
    lower, upper = matrix.row_lower[groups:], matrix.row_upper[groups:]
    y = duals[groups:]
    y = np.where((y > 0) & np.isinf(lower) | (y < 0) & np.isinf(upper), 0.0, y)
    limits = np.where(y > 0, lower, np.where(y < 0, upper, 0.0))
    reduced = matrix.cost - matrix.rows[groups:].T @ y
    value = float(y @ limits)
    for first, last in zip(program.moves.start[:-1], program.moves.start[1:], strict=True):
        left = 1.0
        for k in first + np.argsort(reduced[first:last]):
            taken = min(left, matrix.upper[k])
            value, left = value + reduced[k] * taken, left - taken
    others = slice(len(program.moves), None)
    rest = reduced[others]
    ends = np.where(rest > 0, matrix.lower[others], np.where(rest < 0, matrix.upper[others], 0.0))
    return value + float(rest @ ends)


def random_multipliers(program: Program, seed: int) -> NDArray[np.float64]:
    """Return multipliers of all rows, of the size of costs, of either sign, some of them 0."""
    rng = np.random.default_rng(seed)
    size = float(np.abs(program.cost).max(initial=1.0)) * rng.choice((0.001, 0.01, 0.1))
    return rng.normal(size=program.n_rows) * size * (rng.random(program.n_rows) < 0.7)
