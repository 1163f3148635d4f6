"""Plans within a part of the best (近优): the most that they may cost, and the row that holds them to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from formulations.linear import linear_row, with_rows
from optimizer.results.solution import departure_base
from optimizer.studies.goals import RULE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from formulations.program import Program


def limit_of(program: Program, best: NDArray[np.float64], within: float) -> float:
    """Return what a plan may cost: the objective of the best, (columns,), and a part of what gaps are relative to."""
    return float(program.cost @ best) + within * departure_base(program, best)


def near(program: Program, limit: float) -> Program:
    """Return the Program whose plans cost at most `limit`."""
    return with_rows(program, linear_row(program, RULE, "objective", program.cost, upper=limit))
