r"""Minimax regret (最小最大后悔值): the plan that loses least against the best one, whatever state of the world comes.

.. math:: \min_x \max_s\ \bigl(f_s(x) - z_s\bigr), \qquad z_s = \min_x f_s(x)

Each :math:`z_s` is solved first, on an instance of its own where its growth demand differs, to a value :math:`v_s` and
a bound :math:`B_s`. Regret is counted from the value, so a plan may regret up to :math:`v_s - B_s` more than is told;
the bound of the last solve proves that no plan has a greatest regret below it. The plan meets the demand of every state
and of the scenario; one that does not meet that of a state has no regret there. Its gap is relative to the cost that
the scenario's own plan moves, as those of the cases are. Rules that hold emissions themselves are kept at the
factors of the table, and so told.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from formulations.linear import linear_row, minimising, with_rows
from formulations.program import INFINITY, Columns
from instances.faults import InstanceError
from instances.scenarios.changes import Change
from instances.scenarios.derive import Changes
from optimizer.results.solution import departure_base
from optimizer.results.start import write_start
from optimizer.studies.demands import RULE as DEMAND
from optimizer.studies.demands import meets, strictest
from optimizer.studies.goals import without_plan
from optimizer.studies.models import model_of
from optimizer.studies.plans import write_audited
from optimizer.studies.solving import INSTANCES, SCENARIOS, instance_task
from optimizer.studies.tasks import Task
from optimizer.studies.uncertainty import at_nominal, emissions, in_case, require_block, weight_of
from optimizer.studies.written import write_both
from optimizer.study import write_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from formulations.program import Program
    from optimizer.studies.asked import Asked
    from optimizer.studies.entries import CaseEntry, RegretEntry
    from optimizer.studies.models import Model
    from optimizer.studies.runners import Runner
    from optimizer.studies.scenarios import Scenario

REGRET = "regret"
"""Folder of a study, family of the greatest regret, and name of what is minimised."""

RULE = "study:regret"

QUOTAS = "land/quotas"


def cost_in(model: Model, case: CaseEntry, place: str) -> NDArray[np.float64]:
    """Return what every column costs in a state of the world, (columns,), as it counts in what is minimised."""
    block, program = require_block(model), model.program
    if not case.scale:
        return program.cost
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
    path, base = root.absolute(), f"{SCENARIOS}/{scenario.name}"
    instance, made = f"{INSTANCES}/{scenario.name}", _instances(entry, scenario, path, at)
    places = {"start": path / base, "asked": asked}
    tasks = [
        Task(
            f"{REGRET}/{entry.name}/{case.name}",
            write_case,
            {**places, "instance": path / made[case.name], "case": case},
            asked.stated() | case.model_dump(),
            (made[case.name], base),
        )
        for case in entry.case
    ]
    folders = tuple(task.folder for task in tasks)
    arguments = {**places, "instance": path / instance, "cases": entry.case}
    arguments |= {"made": [path / one for one in made.values()], "solved": [path / folder for folder in folders]}
    stated = asked.stated() | {"cases": [case.model_dump() for case in entry.case]}
    last = Task(f"{REGRET}/{entry.name}/table", write_regret, arguments, stated, (instance, base, *folders))
    ended = at.run([*tasks, last])
    return pd.DataFrame(ended[last.folder].record.get("rows", []))


def _instances(entry: RegretEntry, scenario: Scenario, path: Path, at: Runner) -> dict[str, str]:
    """Make the instance of each state whose demand differs; return the folder of the instance of every state."""
    own, found, tasks = f"{INSTANCES}/{scenario.name}", {}, []
    for case in entry.case:
        found[case.name] = own
        if case.demand:
            tables = [
                Change(table=QUOTAS, where={"rule": DEMAND, "id": one.id}, column="value", scale=one.scale)
                for one in case.demand
            ]
            name = f"{scenario.name}.{entry.name}.{case.name}"
            changes = Changes(tables=tuple(tables))
            one = replace(scenario, name=name, title_zh=name, title_en=name, parent=scenario.name, changes=changes)
            tasks.append(instance_task(one, path / own, at.hashes[own]))
            found[case.name] = tasks[-1].folder
    at.run(tasks)
    return found


def write_case(folder: Path, instance: Path, start: Path, asked: Asked, case: CaseEntry) -> dict[str, Any]:
    """Find the best plan of a state of the world, write and audit it."""
    model = model_of(instance)
    cost = cost_in(model, case, REGRET)
    aimed = minimising(model.program, case.name, cost)
    solution = model.solve(aimed, asked.options(model.kept(start)), asked.method)
    if solution.shares is None:
        raise InstanceError([without_plan(REGRET, case.name, solution.termination)])
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
    folder: Path,
    instance: Path,
    start: Path,
    asked: Asked,
    cases: Sequence[CaseEntry],
    made: Sequence[Path],
    solved: Sequence[Path],
) -> dict[str, Any]:
    """Find the plan of least greatest regret and write the regrets of all plans in all states of the world."""
    model = model_of(instance)
    states = [model if one == instance else model_of(one) for one in made]
    told = [json.loads((one / "case.json").read_text(encoding="utf-8")) for one in solved]
    best = [float(one["value"]) for one in told]
    costs = [cost_in(state, case, REGRET) for state, case in zip(states, cases, strict=True)]
    programs = [state.program for state in states]
    plans = {"nominal": model.kept(start)}
    plans |= {case.name: model.kept(one) for case, one in zip(cases, solved, strict=True)}
    program = minimax(strictest(model.program, programs), costs, best)
    regrets = {name: _regrets(plan, costs, best, programs) for name, plan in plans.items()}
    begun, base = _least(plans, regrets), departure_base(model.program, plans["nominal"])
    # Regrets are small beside what plans cost, and known only as well as the plans of the cases: so is the gap.
    gap = asked.gap * (1.0 if begun is None else max(base / max(float(begun[-1]), 1.0), 1.0))
    solution = model.solve(program, replace(asked.options(begun), gap=gap), asked.method)
    relative = None if solution.gap_abs is None else solution.gap_abs / base
    found: dict[str, Any] = {"status": str(solution.status(gap)), "bound": solution.bound, "gap": relative}
    found["rules_at_nominal"] = at_nominal(model.program) if any(case.scale for case in cases) else []
    if solution.shares is not None:
        plans["minimax"] = solution.shares[:-1]
        audited = write_audited(model, solution.shares[:-1], folder)
        found |= audited.record()
    rows = []
    for name, plan in plans.items():
        own = _regrets(plan, costs, best, programs)
        rows.append({"plan": name, **dict(zip([c.name for c in cases], own, strict=True)), "greatest": own.max()})
    table = pd.DataFrame(rows)
    write_both(folder, "regret", table)
    stated = table.astype(object).where(table.notna(), None).to_dict("records")
    found |= {"rows": stated, "best": best, "best_bound": [one["bound"] for one in told]}
    write_json(folder / "result.json", found)
    return found


def _regrets(
    plan: NDArray[np.float64], costs: Sequence[NDArray[np.float64]], best: Sequence[float], programs: Sequence[Program]
) -> NDArray[np.float64]:
    """Return by how much a plan loses in each state of the world, (states,); NaN where it does not meet its demand."""
    return np.array(
        [
            float(cost @ plan) - value if meets(program, plan) else np.nan
            for cost, value, program in zip(costs, best, programs, strict=True)
        ]
    )


def _least(
    plans: Mapping[str, NDArray[np.float64]], regrets: Mapping[str, NDArray[np.float64]]
) -> NDArray[np.float64] | None:
    """Return the plan that regrets least, with its greatest regret behind; None where none meets every demand."""
    greatest = {name: float(own.max()) for name, own in regrets.items() if np.isfinite(own).all()}
    if not greatest:
        return None
    name = min(greatest, key=lambda one: greatest[one])
    return np.append(plans[name], greatest[name])
