"""The cost moved in the LP relaxation: what gaps are relative to, where no plan is known yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from formulations.merge import merge
from optimizer.methods import highs
from optimizer.results.solution import departure_base

if TYPE_CHECKING:
    from routes.task import Task


def base(task: Task) -> float:
    """Return the base; raises RuntimeError where the relaxation has no solution."""
    merged = merge(task.program()[0]).program
    answer = highs.run(highs.load(merged.matrix(), integers=False))
    if answer.values is None:
        raise RuntimeError(f"the relaxation ends with {answer.status}")
    return departure_base(merged, answer.values)
