"""One run of one route: the task comes as JSON in the first argument, the outcome is the last line printed.

    python -m routes.worker TASK        (from the folder benchmarks/)

Objective, gap and violation are computed here, from the plan's values and the Program's own matrix: a route
is not asked how good it is.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time
from typing import TYPE_CHECKING, Any

from routes import split
from routes.children import peak_mb
from routes.task import Answer, Skipped, Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from formulations.program import Matrix

Record = dict[str, Any]


def outcome(route: str, task: Task) -> Record:
    """Run a route and return what is known of it; a library that is missing skips it."""
    name, _ = split(route)
    try:
        module = importlib.import_module(f"routes.{name}")
        answer: Answer = module.run(task)
    except ModuleNotFoundError as missing:
        return {"status": "skipped", "note": f"{missing.name} is not installed: pip install -e '.[bench]'"}
    except Skipped as reason:
        return {"status": "skipped", "note": str(reason)}
    used = time.process_time() - (task.processor_began or 0.0)
    record = {
        "build_s": answer.build_s,
        "solve_s": answer.solve_s,
        "total_s": answer.build_s + answer.solve_s if answer.total_s is None else answer.total_s,
        "processor_s": used if answer.processor_s is None else answer.processor_s,
        # Before anything is checked, so that the check's own arrays do not count.
        "peak_mb": peak_mb(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        if answer.peak_mb is None
        else answer.peak_mb,
        "note": answer.note,
        **judged(answer),
    }
    within = record["gap"] is not None and record["gap"] <= task.gap
    record["status"] = answer.termination if record["objective"] is None else "optimal" if within else "feasible"
    return record


def judged(answer: Answer) -> Record:
    """Return size, objective, bound, gap and violation of an answer."""
    record: Record = {"objective": answer.objective, "bound": answer.bound, "gap": answer.gap}
    program, values = answer.program, answer.values
    if program is not None:
        counts = {"columns": program.n_columns, "rows": program.n_rows, "integers": int(program.integer.sum())}
        record.update(counts)
    if program is None or values is None:
        return record
    from optimizer.results.solution import departure_base

    objective, base = float(program.cost @ values), departure_base(program, values)
    record.update(objective=objective, base=base)
    record.update(violation(answer.matrix or program.matrix(), values))
    if answer.bound is not None:
        record["gap"] = abs(objective - answer.bound) / base
    return record


def violation(matrix: Matrix, values: NDArray[np.float64]) -> dict[str, float]:
    """Return the furthest that a plan lies outside a row or bound, and that a whole column is from a whole number.

    Rows are shares for choice groups and hectares (or the quota's unit) for quotas; columns are shares.
    """
    import numpy as np

    sums = matrix.rows @ values
    over = [matrix.row_lower - sums, sums - matrix.row_upper, matrix.lower - values, values - matrix.upper]
    whole = values[matrix.integer]
    return {
        "violation": max(0.0, *(float(part.max(initial=0.0)) for part in over)),
        "split": float(np.abs(whole - np.round(whole)).max(initial=0.0)),
    }


def main() -> None:
    given = json.loads(sys.argv[1])
    route, task = given.pop("route"), Task(**given)
    if route == "relaxation":
        from routes.relaxation import base

        record: Record = {"base": base(task)}
    else:
        record = outcome(route, task)
    print("\n" + json.dumps(record))


if __name__ == "__main__":
    main()
