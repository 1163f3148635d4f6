"""HiGHS through Pyomo: the named model of `Program.to_pyomo`, solved by Pyomo's own interface to HiGHS."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from pyomo.contrib.solver.common.factory import SolverFactory

from routes.highs import options
from routes.task import Answer, Skipped, Task

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyomo.environ import ConcreteModel

    from formulations.program import Program

MOST_ZONES = 50_000
"""Beyond this an object for every column and term takes minutes and gigabytes before the solver starts."""


def run(task: Task) -> Answer:
    """Solve; handing the model over to HiGHS counts as building."""
    if task.zones > MOST_ZONES:
        raise Skipped(f"not tried beyond {MOST_ZONES:,} zones: one object a column")
    program, build_s = task.program()
    wanted = options(task, bool(program.integer.any()))
    began = time.perf_counter()
    model = program.to_pyomo()
    results = SolverFactory("highs").solve(
        model,
        rel_gap=wanted.get("mip_rel_gap"),
        abs_gap=wanted.get("mip_abs_gap"),
        time_limit=task.time_limit_s,
        threads=task.threads,
        solver_options={"random_seed": task.seed},
        load_solutions=False,
        raise_exception_on_nonoptimal_result=False,
    )
    elapsed = time.perf_counter() - began
    values = None
    if results.incumbent_objective is not None:
        results.solution_loader.load_vars()
        values = _values(model, program)
    solve_s = float(results.timing_info.highs_time)
    return Answer(
        build_s=build_s + elapsed - solve_s,
        solve_s=solve_s,
        program=program,
        values=values,
        bound=results.objective_bound,
        termination=results.termination_condition.name,
    )


def _values(model: ConcreteModel, program: Program) -> NDArray[np.float64]:
    """Return the model's hectares and other variables as columns of the Program."""
    land = np.array([variable.value for variable in model.x.values()]) / program.moves.area_ha
    others = [[v.value for v in model.component(family.family).values()] for family in program.columns]
    return np.concatenate([land, *map(np.array, others)])
