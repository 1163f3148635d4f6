r"""Minimax regret (最小最大后悔值): the plan that loses least against the best one, whatever state of the world comes.

.. math:: \min_x \max_s\ \bigl(f_s(x) - z_s\bigr), \qquad z_s = \min_x f_s(x)

Each :math:`z_s` is solved first, to a value :math:`v_s` and a bound :math:`B_s`. Regret is counted from the value, so
a plan may regret up to :math:`v_s - B_s` more than is told; the bound of the last solve proves that no plan has a
greatest regret below it. Its gap is relative to the cost that the scenario's own plan moves, as those of the cases are.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from formulations.linear import linear_row, minimising, with_rows
from formulations.program import INFINITY, Columns
from optimizer.results.solution import departure_base
from optimizer.results.start import read_values, write_start
from optimizer.studies.models import model_of
from optimizer.studies.plans import write_audited
from optimizer.studies.solving import INSTANCES, SCENARIOS
from optimizer.studies.tasks import Task
from optimizer.studies.uncertainty import emissions, in_case, require_block, weight_of
from optimizer.studies.written import write_both
from optimizer.study import write_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from formulations.program import Program
    from optimizer.studies.asked import Asked
    from optimizer.studies.file import CaseEntry, RegretEntry
    from optimizer.studies.models import Model
    from optimizer.studies.runners import Runner
    from optimizer.studies.scenarios import Scenario

REGRET = "regret"
"""Folder of a study, family of the greatest regret, and name of what is minimised."""

RULE = "study:regret"


def cost_in(model: Model, case: CaseEntry, place: str) -> NDArray[np.float64]:
    """Return what every column costs in a state of the world, (columns,), as it counts in what is minimised."""
    block, program = require_block(model), model.program
    added = emissions(block, in_case(block, case, place)) - emissions(block, block.carbon)
    cost = program.cost.copy()
    cost[: len(added)] += weight_of(model) * added
    return cost


def minimax(program: Program, costs: Sequence[NDArray[np.float64]], best: Sequence[float]) -> Program:
    """Return the Program that makes the greatest of f_s(x) - best_s least; `costs` are (columns,) each.

    The greatest regret is the last column; it may be below 0 where a `best` is not the least.
    """
    column = Columns(
        family=RULE,
        labels=pd.DataFrame([{"id": "greatest"}]),
        lower=np.array([-INFINITY]),
        upper=np.array([INFINITY]),
        integer=False,
        unit="",
    )
    wider = replace(program, columns=(*program.columns, column))
    rows = [
        linear_row(wider, RULE, str(number), np.append(-cost, 1.0), lower=-value)
        for number, (cost, value) in enumerate(zip(costs, best, strict=True))
    ]
    aim = np.zeros(wider.n_columns)
    aim[-1] = 1.0
    return minimising(with_rows(wider, *rows), RULE, aim)


def run_regret(entry: RegretEntry, scenario: Scenario, asked: Asked, root: Path, at: Runner) -> pd.DataFrame:
    """Solve every state of the world, then the plan of least greatest regret; write the table of regrets."""
    instance, base = f"{INSTANCES}/{scenario.name}", f"{SCENARIOS}/{scenario.name}"
    places = {"instance": root.absolute() / instance, "start": root.absolute() / base, "asked": asked}
    tasks = [
        Task(
            f"{REGRET}/{entry.name}/{case.name}",
            write_case,
            {**places, "case": case},
            asked.stated() | case.model_dump(),
            (instance, base),
        )
        for case in entry.case
    ]
    folders = tuple(task.folder for task in tasks)
    arguments = {**places, "cases": entry.case, "solved": [root.absolute() / folder for folder in folders]}
    stated = asked.stated() | {"cases": [case.model_dump() for case in entry.case]}
    last = Task(f"{REGRET}/{entry.name}/table", write_regret, arguments, stated, (instance, base, *folders))
    ended = at.run([*tasks, last])
    return pd.DataFrame(ended[last.folder].record.get("rows", []))


def write_case(folder: Path, instance: Path, start: Path, asked: Asked, case: CaseEntry) -> dict[str, Any]:
    """Find the best plan of a state of the world, write and audit it."""
    model = model_of(instance)
    cost = cost_in(model, case, str(folder))
    aimed = minimising(model.program, case.name, cost)
    solution = model.solve(aimed, asked.options(read_values(model.program, start)), asked.method)
    if solution.shares is None:
        return {"status": str(solution.status(asked.gap))}
    audited = write_audited(model, solution.shares, folder)
    write_start(model.program, solution.shares, None, folder)
    found = {
        "status": str(solution.status(asked.gap)),
        "value": float(cost @ solution.shares),
        "bound": solution.bound,
        "gap": solution.gap,
        **audited.record(),
    }
    write_json(folder / "case.json", found)
    return found


def write_regret(
    folder: Path, instance: Path, start: Path, asked: Asked, cases: Sequence[CaseEntry], solved: Sequence[Path]
) -> dict[str, Any]:
    """Find the plan of least greatest regret and write the regrets of all plans in all states of the world."""
    model = model_of(instance)
    known = [one / "case.json" for one in solved]
    if not all(path.is_file() for path in known):
        return {"status": "no_plan", "rows": []}
    told = [json.loads(path.read_text(encoding="utf-8")) for path in known]
    best = [float(one["value"]) for one in told]
    costs = [cost_in(model, case, str(folder)) for case in cases]
    nominal = read_values(model.program, start)
    if nominal is None:
        return {"status": "no_plan", "rows": []}
    greatest, base = max(_regrets(costs, best, nominal)), departure_base(model.program, nominal)
    # Regrets are small beside what plans cost, and known only as well as the plans of the cases: so is the gap.
    gap = asked.gap * max(base / max(greatest, 1.0), 1.0)
    options = replace(asked.options(np.append(nominal, greatest)), gap=gap)
    solution = model.solve(minimax(model.program, costs, best), options, asked.method)
    plans = {"nominal": nominal} | {
        case.name: read_values(model.program, one) for case, one in zip(cases, solved, strict=True)
    }
    relative = None if solution.gap_abs is None else solution.gap_abs / base
    found: dict[str, Any] = {"status": str(solution.status(gap)), "bound": solution.bound, "gap": relative}
    if solution.shares is not None:
        plans["minimax"] = solution.shares[:-1]
        audited = write_audited(model, solution.shares[:-1], folder)
        found |= audited.record()
    rows = []
    for name, plan in plans.items():
        if plan is not None:
            own = _regrets(costs, best, plan)
            rows.append({"plan": name, **dict(zip([c.name for c in cases], own, strict=True)), "greatest": max(own)})
    table = pd.DataFrame(rows)
    write_both(folder, "regret", table)
    found |= {"rows": rows, "best": best, "best_bound": [one["bound"] for one in told]}
    write_json(folder / "result.json", found)
    return found


def _regrets(costs: Sequence[NDArray[np.float64]], best: Sequence[float], plan: NDArray[np.float64]) -> list[float]:
    """Return by how much a plan loses in each state of the world."""
    return [float(cost @ plan) - value for cost, value in zip(costs, best, strict=True)]
