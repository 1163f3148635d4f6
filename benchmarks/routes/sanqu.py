"""Sanqu's own methods: `sanqu:auto`, `sanqu:direct` and whatever else is registered."""

from __future__ import annotations

import time

from optimizer.methods import METHODS, choose, resolve_method
from optimizer.progress import Silent
from optimizer.results.solution import SolveOptions
from routes.task import Answer, Skipped, Task, small_program


def run(task: Task) -> Answer:
    """Solve by the method that the argument names; flattening and merging count as solving."""
    method = task.argument or "auto"
    if method not in ("auto", *METHODS):
        raise Skipped(f"there is no method {method}")
    options = SolveOptions(task.gap, task.time_limit_s, task.threads, task.seed)
    program, build_s = task.program()
    solve = choose(method, program)
    solve(small_program(), options, Silent())
    began = time.perf_counter()
    solution = solve(program, options, Silent())
    return Answer(
        build_s=build_s,
        solve_s=time.perf_counter() - began,
        program=program,
        values=solution.shares,
        bound=solution.bound,
        termination=str(solution.termination),
        note=f"runs {resolve_method(method, program).name}" if method == "auto" else "",
    )
