r"""Alternatives (近优备选方案): plans within a part of the best that differ most from those before them.

The distance of two plans is the land (or the units, circuits, projects) that they decide differently. Of land

.. math:: d(u, p) = \sum_g a_g \Bigl(1 - \sum_{m \in g} \min(u_m, p_m)\Bigr) \ge
    \sum_g a_g \Bigl(1 - \sum_{m \in g:\, p_m > 0} u_m\Bigr)

with equality where p is whole. Each further plan makes the least of the right sides over all plans before it as large
as it goes, with the objective at most :math:`z^* + w\, b` (:math:`b`: what gaps are relative to). Its bound says how
different any plan can still be; a bound of 0 proves that there is no other.

A share of the alternatives that choose something is a frequency. That something *must* be or *cannot* be is said only
where `optimizer.studies.proven_use` proves it for all plans within the limit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from formulations.linear import linear_row, minimising, with_rows
from formulations.program import INFINITY, Columns
from optimizer.results.solution import Termination, departure_base
from optimizer.results.start import read_values, write_start
from optimizer.studies.goals import RULE
from optimizer.studies.models import model_of
from optimizer.studies.plans import write_audited
from optimizer.studies.solving import INSTANCES, SCENARIOS
from optimizer.studies.tasks import Task
from optimizer.studies.written import write_both
from optimizer.study import write_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from formulations.program import Program
    from optimizer.studies.asked import Asked
    from optimizer.studies.file import AlternativesEntry
    from optimizer.studies.models import Model
    from optimizer.studies.runners import Runner
    from optimizer.studies.scenarios import Scenario

ALTERNATIVES = "alternatives"
"""Folder of a study."""

DISTANCE = "study:distance"
"""Family of the one column that is the least distance from the plans before."""

USED = 1e-6
"""Share from which a move counts as used."""


def limit_of(model: Model, best: NDArray[np.float64], within: float) -> float:
    """Return what a plan may cost: the best plan's objective and a part of what gaps are relative to."""
    return float(model.program.cost @ best) + within * departure_base(model.program, best)


def with_limit(program: Program, cost: NDArray[np.float64], limit: float) -> Program:
    """Return the Program with a cost of at most `limit`."""
    return with_rows(program, linear_row(program, RULE, "objective", cost, upper=limit))


def distance_weights(program: Program, plan: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return weights and constant of the distance from a plan: constant - weights @ columns.

    Moves count by the area of their group where the plan uses them; other whole numbers between 0 and 1 count 1 each;
    of a Program without moves they alone count.
    """
    moves = program.moves
    count = len(moves)
    weights = np.zeros(program.n_columns)
    weights[:count] = np.where(plan[:count] > USED, moves.area_ha, 0.0)
    constant = float(moves.area_ha[moves.start[:-1]].sum())
    if not count:
        binary = np.concatenate(
            [np.full(len(family), family.integer) & (family.upper <= 1.0) for family in program.columns]
        )
        weights[binary] = np.where(plan[binary] > 0.5, 1.0, -1.0)
        constant = float((plan[binary] > 0.5).sum())
    return weights, constant


def furthest(program: Program, plans: Sequence[NDArray[np.float64]]) -> Program:
    """Return the Program that looks for the plan furthest from all of some plans, each (columns,) of `program`."""
    found = [distance_weights(program, plan) for plan in plans]
    most = max(constant for _, constant in found) + 1.0
    column = Columns(
        family=DISTANCE,
        labels=pd.DataFrame([{"id": "least"}]),
        lower=np.zeros(1),
        upper=np.full(1, most),
        integer=False,
        unit="ha",
    )
    wider = replace(program, columns=(*program.columns, column))
    rows = [
        linear_row(wider, RULE, f"away from {number}", np.append(weights, 1.0), -INFINITY, constant, "ha")
        for number, (weights, constant) in enumerate(found)
    ]
    aim = np.zeros(wider.n_columns)
    aim[-1] = -1.0
    return minimising(with_rows(wider, *rows), DISTANCE, aim, "ha")


def run_alternatives(
    entry: AlternativesEntry, scenario: Scenario, asked: Asked, root: Path, at: Runner
) -> pd.DataFrame | None:
    """Find the alternatives of a scenario, one after another, and write what they agree on."""
    base = f"{SCENARIOS}/{scenario.name}"
    instance = f"{INSTANCES}/{scenario.name}"
    tasks: list[Task] = []
    for number in range(1, entry.number + 1):
        before = [base, *(task.folder for task in tasks)]
        folder = f"{ALTERNATIVES}/{entry.name}/plans/{number:03d}"
        stated = asked.stated() | {"within": entry.within}
        arguments = {
            "instance": root.absolute() / instance,
            "before": [root.absolute() / name for name in before],
            "within": entry.within,
            "asked": asked,
        }
        tasks.append(Task(folder, write_alternative, arguments, stated, (instance, *before)))
    at.run(tasks)
    folder = f"{ALTERNATIVES}/{entry.name}/table"
    everything = [base, *(task.folder for task in tasks)]
    arguments = {
        "instance": root.absolute() / instance,
        "plans": [root.absolute() / name for name in everything],
        "within": entry.within,
    }
    at.run([Task(folder, write_agreement, arguments, {"within": entry.within}, (instance, *everything))])
    return None


def write_alternative(
    folder: Path, instance: Path, before: Sequence[Path], within: float, asked: Asked
) -> dict[str, Any]:
    """Find the plan furthest from those before, write and audit it."""
    model = model_of(instance)
    plans = [plan for plan in (read_values(model.program, one) for one in before) if plan is not None]
    limit = limit_of(model, plans[0], within)
    program = furthest(with_limit(model.program, model.program.cost, limit), plans)
    start = np.append(plans[-1], 0.0)
    solution = model.solve(program, asked.options(start), asked.method)
    if solution.shares is None:
        ended = "infeasible" if solution.termination is Termination.INFEASIBLE else "no_plan"
        return {"status": ended, "within": within}
    shares = solution.shares[:-1]
    audited = write_audited(model, shares, folder)
    write_start(model.program, shares, None, folder)
    found = {
        "status": "optimal" if (solution.gap or 0.0) <= asked.gap else "feasible",
        "distance": float(-(solution.objective or 0.0)),
        "distance_bound": None if solution.bound is None else float(-solution.bound),
        "limit": limit,
        **audited.record(),
    }
    write_json(folder / "alternative.json", found)
    return found


def write_agreement(folder: Path, instance: Path, plans: Sequence[Path], within: float) -> dict[str, Any]:
    """Write what the alternatives agree on: by zone, unit, project, site and circuit."""
    from optimizer.studies.agreement import agreement

    model = model_of(instance)
    values = [read_values(model.program, plan) for plan in plans]
    found = [plan for plan in values if plan is not None]
    tables = agreement(model, found, plans[0], limit_of(model, found[0], within))
    for name, table in tables.items():
        write_both(folder, name, table)
    stated = {"plans": len(found), "within": within, "tables": {name: len(table) for name, table in tables.items()}}
    write_json(folder / "result.json", stated)
    return stated
