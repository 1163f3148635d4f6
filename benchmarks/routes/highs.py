"""HiGHS by itself: the flat matrix through `passModel`, options as they come but for the gap, threads and seed."""

from __future__ import annotations

import time

import highspy
import numpy as np

from routes.task import Answer, Task


def run(task: Task) -> Answer:
    """Solve the whole matrix, nothing merged and nothing fixed before."""
    program, build_s = task.program()
    began = time.perf_counter()
    matrix = program.matrix()
    solver = highspy.Highs()
    for name, value in options(task, bool(matrix.integer.any())).items():
        solver.setOptionValue(name, value)
    rows, columns = matrix.rows.shape
    solver.passModel(
        columns,
        rows,
        matrix.rows.nnz,
        int(highspy.MatrixFormat.kRowwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        matrix.cost,
        matrix.lower,
        matrix.upper,
        matrix.row_lower,
        matrix.row_upper,
        matrix.rows.indptr.astype(np.int32),
        matrix.rows.indices.astype(np.int32),
        matrix.rows.data,
        matrix.integer.astype(np.int32),
    )
    built = time.perf_counter()
    solver.run()
    solved = time.perf_counter()
    return Answer(
        build_s=build_s + built - began,
        solve_s=solved - built,
        program=program,
        matrix=matrix,
        values=np.array(solver.getSolution().col_value) if has_plan(solver) else None,
        bound=bound_of(solver),
        termination=solver.modelStatusToString(solver.getModelStatus()),
    )


def options(task: Task, integers: bool) -> dict[str, object]:
    """Return the options of HiGHS, the same whichever way the model reaches it."""
    plain: dict[str, object] = {
        "output_flag": False,
        "threads": task.threads,
        "random_seed": task.seed,
        "time_limit": task.time_limit_s,
    }
    return plain | ({"mip_rel_gap": 0.0, "mip_abs_gap": task.gap_abs()} if integers else {})


def has_plan(solver: highspy.Highs) -> bool:
    """Whether HiGHS holds a feasible plan."""
    return solver.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible


def bound_of(solver: highspy.Highs) -> float | None:
    """Return the bound as HiGHS reports it: of the search, or the optimum where no column is a whole number."""
    info = solver.getInfo()
    if info.mip_node_count >= 0:
        return info.mip_dual_bound if np.isfinite(info.mip_dual_bound) else None
    optimal = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return info.objective_function_value if optimal else None
