"""HiGHS through linopy: the Program's matrix as labelled arrays, grouped sums, and linopy's own hand-over.

linopy gives one kind to an array of variables, so continuous and whole columns are two arrays.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import linopy
import numpy as np
import pandas as pd
import xarray as xr

from routes.highs import bound_of, has_plan, options
from routes.task import Answer, Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Matrix

linopy.options["semantics"] = "v1"  # sparse sums exist only under these


def run(task: Task) -> Answer:
    """Solve; handing the model over to HiGHS counts as building."""
    program, build_s = task.program()
    began = time.perf_counter()
    matrix = program.matrix()
    model = build(matrix)
    whole = bool(matrix.integer.any())
    model.solve("highs", io_api="direct", progress=False, **options(task, whole))
    elapsed = time.perf_counter() - began
    solver = model.solver_model
    solve_s = float(solver.getRunTime())
    return Answer(
        build_s=build_s + elapsed - solve_s,
        solve_s=solve_s,
        program=program,
        matrix=matrix,
        values=_values(model, matrix) if has_plan(solver) else None,
        bound=bound_of(solver),
        termination=solver.modelStatusToString(solver.getModelStatus()),
    )


def build(matrix: Matrix) -> linopy.Model:
    """Return the matrix as a linopy model; rows between two bounds become two, since linopy has no ranges."""
    model = linopy.Model(sparse=True)
    count = matrix.rows.shape[0]
    row_of = np.repeat(np.arange(count), np.diff(matrix.rows.indptr))
    bodies, costs = [], []
    for name, held in kinds(matrix).items():
        column = pd.RangeIndex(len(held), name="column")
        lower, upper, cost = (_labelled(part[held], column) for part in (matrix.lower, matrix.upper, matrix.cost))
        variable = model.add_variables(lower, upper, name=name, integer=name == "whole")
        place = np.full(matrix.rows.shape[1], -1)
        place[held] = np.arange(len(held))
        mine = np.flatnonzero(place[matrix.rows.indices] >= 0)
        entry = pd.RangeIndex(len(mine), name="entry")
        terms = _labelled(matrix.rows.data[mine], entry) * variable.isel(
            column=_labelled(place[matrix.rows.indices[mine]], entry)
        )
        body = terms.groupby(_labelled(row_of[mine], entry).rename("row")).sum()
        bodies.append(body.reindex(row=np.arange(count)).fillna(0))
        costs.append((cost * variable).sum())
    _add_rows(model, matrix, linopy.merge(bodies) if len(bodies) > 1 else bodies[0])
    model.add_objective(sum(costs[1:], costs[0]))
    return model


def kinds(matrix: Matrix) -> dict[str, NDArray[np.int64]]:
    """Return the continuous and the whole columns by name, empty kinds left out."""
    held = {"shares": np.flatnonzero(~matrix.integer), "whole": np.flatnonzero(matrix.integer)}
    return {name: columns for name, columns in held.items() if len(columns)}


def _labelled(values: NDArray[np.float64], index: pd.Index) -> xr.DataArray:
    return xr.DataArray(values, coords=[index])


def _add_rows(model: linopy.Model, matrix: Matrix, body: linopy.LinearExpression) -> None:
    low, high = matrix.row_lower, matrix.row_upper
    equal = low == high
    sides = (
        ("equal", "=", equal, low),
        ("least", ">=", ~equal & np.isfinite(low), low),
        ("most", "<=", ~equal & np.isfinite(high), high),
    )
    for name, sign, mask, limit in sides:
        rows = np.flatnonzero(mask)
        if len(rows):
            right = _labelled(limit[rows], pd.Index(rows, name="row"))
            model.add_constraints(body.sel(row=rows), sign, right, name=name)


def _values(model: linopy.Model, matrix: Matrix) -> NDArray[np.float64]:
    values = np.empty(len(matrix.cost))
    for name, held in kinds(matrix).items():
        values[held] = model.variables[name].solution.to_numpy()
    return values
