r"""Budgeted robust plans (鲁棒优化, Bertsimas and Sim 2004): best against the worst that :math:`\Gamma` factors can do.

Each uncertain factor k lies between its ends; at most :math:`\Gamma` of them reach an end at the same time (of a
fractional budget one goes part of the way). What factor k can add to a plan is the larger of its two ends, or nothing,

.. math:: w_k(x) = \max(0,\ \delta^-_k x,\ \delta^+_k x), \qquad
    \min_x\ c\,x + \max_{|S| \le \Gamma} \sum_{k \in S} w_k(x)
    \;=\; \min\ c\,x + \Gamma\,\theta + \sum_k p_k,\quad \theta + p_k \ge \delta^\pm_k x,\ \ \theta, p \ge 0

by duality of the inner problem. A budget of 0 is the nominal plan; one of all factors protects against every end.
Growth demands that are uncertain are protected row by row (`optimizer.studies.demands`). Rules that hold emissions
themselves (`carbon_cap`, `peak`) are kept at the factors of the table, and so told.
Source: Bertsimas, D., Sim, M. (2004), The price of robustness, Operations Research 52: 35-53.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from formulations.linear import linear_row, with_rows
from formulations.program import INFINITY, Columns, Objective
from instances.faults import InstanceError
from optimizer.results.start import write_start
from optimizer.studies.demands import demands, protected, shortfall
from optimizer.studies.entries import called
from optimizer.studies.goals import without_plan
from optimizer.studies.models import model_of
from optimizer.studies.plans import PLAN, write_audited
from optimizer.studies.sampling import Joined, copied, evaluated, sampled
from optimizer.studies.solving import INSTANCES, SCENARIOS
from optimizer.studies.tasks import Task, hashes
from optimizer.studies.uncertainty import (
    at_nominal,
    deviations,
    raise_if_not_linear,
    require_block,
    uncertain,
    weight_of,
)
from optimizer.studies.written import write_both
from optimizer.study import write_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from formulations.program import Program
    from optimizer.studies.asked import Asked
    from optimizer.studies.entries import RobustEntry
    from optimizer.studies.runners import Runner
    from optimizer.studies.scenarios import Scenario

ROBUST = "robust"
"""Folder of a study."""

THETA, DEVIATION = "study:budget", "study:deviation"
"""Families of the price of the budget, and of what each factor costs beyond it."""

RULE = "study:protection"


def robust(program: Program, ends: Mapping[str, NDArray[np.float64]], budget: float) -> Program:
    """Return the robust counterpart of a Program.

    `ends` holds under `low` and `high` what each uncertain number adds to what is minimised, (numbers, moves).
    """
    count = len(ends["low"])
    names = pd.DataFrame({"id": [str(number) for number in range(count)]})
    kinds = ((THETA, names.iloc[:1], budget), (DEVIATION, names, 1.0))
    objective = "study:worst"
    columns = tuple(
        Columns(
            family=family,
            labels=labels.reset_index(drop=True),
            lower=np.zeros(len(labels)),
            upper=np.full(len(labels), INFINITY),
            integer=False,
            unit="",
            cost={objective: np.full(len(labels), price)},
        )
        for family, labels, price in kinds
    )
    worst = Objective(objective, np.zeros(len(program.moves)), "")
    wider = replace(
        program,
        columns=(*program.columns, *columns),
        objectives={**program.objectives, objective: worst},
        minimise={**program.minimise, objective: 1.0},
    )
    theta, first = wider.offsets[THETA], wider.offsets[DEVIATION]
    rows = []
    for end, weights in ends.items():
        for number in np.flatnonzero(np.abs(weights).sum(axis=1)):
            row = np.zeros(wider.n_columns)
            row[: len(program.moves)] = -weights[number]
            row[theta] = row[first + number] = 1.0
            rows.append(linear_row(wider, RULE, f"{number} {end}", row, lower=0.0))
    return with_rows(wider, *rows)


def worst_case(low: NDArray[np.float64], high: NDArray[np.float64], budget: float) -> float:
    """Return the most that a budget of uncertain numbers can add, given what each adds at its ends, (numbers,)."""
    theta, *beyond = at_worst(low, high, budget)
    return float(budget * theta + np.sum(beyond))


def at_worst(low: NDArray[np.float64], high: NDArray[np.float64], budget: float) -> NDArray[np.float64]:
    r"""Return the best :math:`\theta` and :math:`p_k` for a plan, (1 + numbers,), given what each adds at its ends.

    :math:`\theta` is the most that is added by a number beyond the budget, :math:`p_k` what others add beyond that.
    """
    most = np.maximum(np.maximum(low, high), 0.0)
    whole = int(budget)
    theta = np.sort(most)[::-1][whole] if whole < len(most) else 0.0
    return np.append(theta, np.maximum(most - theta, 0.0))


def run_robust(entry: RobustEntry, scenario: Scenario, asked: Asked, root: Path, at: Runner) -> pd.DataFrame:
    """Find a plan for every budget, side by side, evaluate all under sampled factors, write and return the table."""
    instance, base = f"{INSTANCES}/{scenario.name}", f"{SCENARIOS}/{scenario.name}"
    path = root.absolute()
    stated = {name: [one.model_dump() for one in getattr(entry, name)] for name in ("uncertain", "demand")}
    tasks = {}
    for number, budget in enumerate(entry.budgets):
        arguments = {
            "instance": path / instance,
            "start": path / base,
            "entry": entry,
            "budget": budget,
            "asked": asked,
        }
        inputs = asked.stated() | stated | {"budget": budget}
        folder = f"{ROBUST}/{entry.name}/{number:02d}"
        tasks[f"{budget:g}"] = Task(folder, write_robust, arguments, inputs, (instance, base))
    ended = at.run(list(tasks.values()))
    tasks = {name: task for name, task in tasks.items() if not ended[task.folder].failed}
    if not tasks and not entry.plans:
        return pd.DataFrame()
    solved = [name for name in entry.plans if f"{SCENARIOS}/{name}" in at.ended]
    given = {name: path / SCENARIOS / name if name in solved else Path(name) for name in entry.plans}
    folders = tuple(task.folder for task in tasks.values())
    arguments = {
        "instance": path / instance,
        "robust": {name: path / task.folder for name, task in tasks.items()},
        "given": {called(name): folder for name, folder in given.items()},
        "entry": entry,
    }
    inputs = {**stated, "budgets": list(entry.budgets), "samples": entry.samples, "seed": entry.seed}
    inputs["plans"] = {called(name): hashes(folder) for name, folder in given.items() if name not in solved}
    after = (instance, *folders, *(f"{SCENARIOS}/{name}" for name in solved))
    task = Task(f"{ROBUST}/{entry.name}/table", write_comparison, arguments, inputs, after)
    return pd.DataFrame(at.run([task])[task.folder].record.get("rows", []))


def write_robust(
    folder: Path, instance: Path, start: Path, entry: RobustEntry, budget: float, asked: Asked
) -> dict[str, Any]:
    """Find the plan of one budget, write and audit it."""
    model = model_of(instance)
    block, program = require_block(model), model.program
    found, demand = uncertain(block, entry.uncertain, ROBUST), demands(block, entry.demand, ROBUST)
    raise_if_not_linear(block, found, str(instance))
    weight = weight_of(model) if len(found) else 0.0
    ends = {end: weight * rows for end, rows in deviations(block, found).items()}
    counterpart = protected(program, demand, budget)
    counterpart = robust(counterpart, ends, budget) if len(found) else counterpart
    begun = model.kept(start)
    moves = begun[: len(program.moves)]
    begun = np.append(begun, at_worst(ends["low"] @ moves, ends["high"] @ moves, budget)) if len(found) else begun
    solution = model.solve(counterpart, asked.options(begun), asked.method)
    if solution.shares is None:
        raise InstanceError([without_plan(ROBUST, f"Γ = {budget:g}", solution.termination)])
    shares = solution.shares[: program.n_columns]
    audited = write_audited(model, shares, folder)
    write_start(program, shares, None, folder)
    moves, nominal = shares[: len(program.moves)], float(program.cost @ shares)
    worst = worst_case(ends["low"] @ moves, ends["high"] @ moves, budget)
    record = {
        "status": str(solution.status(asked.gap)),
        "budget": budget,
        "factors": len(found),
        "nominal": nominal,
        "worst_added": worst,
        "worst": nominal + worst,
        "worst_bound": solution.bound,
        "gap": solution.gap,
        **audited.record(),
    }
    write_json(folder / "robust.json", record)
    return record


def write_comparison(
    folder: Path, instance: Path, robust: Mapping[str, Path], given: Mapping[str, Path], entry: RobustEntry
) -> dict[str, Any]:
    """Hold the plans of all budgets, and those that are given, against every budget and against sampled factors."""
    model = model_of(instance)
    found = uncertain(require_block(model), entry.uncertain, ROBUST)
    weight = weight_of(model) if len(found) else 0.0
    told = {name: json.loads((plan / "robust.json").read_text(encoding="utf-8")) for name, plan in robust.items()}
    plans = {name: plan / PLAN for name, plan in robust.items()}
    plans |= {name: copied(model, plan, folder / "given" / name) for name, plan in given.items()}
    read = [evaluated(model, plan) for plan in plans.values()]
    joined = Joined.of(model, read)
    ends = {end: weight * rows for end, rows in joined.ends(found).items()}
    values = np.array([plan.value for plan in read])
    drawn = values[:, None] + weight * sampled(joined, found, entry.samples, entry.seed)
    demand = demands(joined.block, entry.demand, ROBUST)
    short = shortfall(joined, demand, demand.draws(entry.samples, entry.seed))
    rows = []
    for number, (name, plan) in enumerate(zip(plans, read, strict=True)):
        own = told.get(name, {})
        row = {"plan": name, "budget": own.get("budget"), "nominal": plan.value}
        row |= {key: own.get(key) for key in ("worst", "worst_bound", "gap")}
        for budget in entry.budgets:
            worst = worst_case(ends["low"][:, number], ends["high"][:, number], budget)
            row[f"worst at {budget:g}"] = plan.value + worst
        row |= {"mean": float(drawn[number].mean()), "p95": float(np.quantile(drawn[number], 0.95))}
        row |= {"least": float(drawn[number].min()), "greatest": float(drawn[number].max())}
        if len(demand):
            row |= {"met": float((short[number] == 0.0).mean()), "short_ha": float(short[number].mean())}
        rows.append(row | {"audit": not plan.failures})
    table = pd.DataFrame(rows).astype({name: float for name in ("budget", "worst", "worst_bound", "gap")})
    write_both(folder, "robust", table)
    pd.DataFrame(drawn.T, columns=list(plans)).to_parquet(folder / "samples.parquet", index=False)
    failures = {name: list(plan.failures) for name, plan in zip(plans, read, strict=True) if plan.failures}
    held = at_nominal(model.program) if len(found) else []
    record = {"rows": rows, "samples": entry.samples, "factors": list(found.names), "demands": list(demand.ids)}
    record |= {"failures": failures, "rules_at_nominal": held}
    write_json(folder / "result.json", record)
    return record
