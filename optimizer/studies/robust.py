r"""Budgeted robust plans (鲁棒优化, Bertsimas and Sim 2004): best against the worst that :math:`\Gamma` factors can do.

Each uncertain factor k lies between its ends; at most :math:`\Gamma` of them reach an end at the same time (of a
fractional budget one goes part of the way). What factor k can add to a plan is the larger of its two ends, or nothing,

.. math:: w_k(x) = \max(0,\ \delta^-_k x,\ \delta^+_k x), \qquad
    \min_x\ c\,x + \max_{|S| \le \Gamma} \sum_{k \in S} w_k(x)
    \;=\; \min\ c\,x + \Gamma\,\theta + \sum_k p_k,\quad \theta + p_k \ge \delta^\pm_k x,\ \ \theta, p \ge 0

by duality of the inner problem. A budget of 0 is the nominal plan; one of all factors protects against every end.
Source: Bertsimas, D., Sim, M. (2004), The price of robustness, Operations Research 52: 35-53.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from formulations.linear import linear_row, with_rows
from formulations.program import INFINITY, Columns, Objective
from optimizer.results.start import read_values, write_start
from optimizer.studies.models import model_of
from optimizer.studies.plans import write_audited
from optimizer.studies.sampling import sampled
from optimizer.studies.solving import INSTANCES, SCENARIOS
from optimizer.studies.tasks import Task
from optimizer.studies.uncertainty import deviations, require_block, uncertain
from optimizer.studies.written import write_both
from optimizer.study import write_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from formulations.program import Program
    from optimizer.studies.asked import Asked
    from optimizer.studies.file import RobustEntry, UncertainEntry
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


def worst_case(ends: Mapping[str, NDArray[np.float64]], shares: NDArray[np.float64], budget: float) -> float:
    """Return the most that a budget of uncertain numbers can add to a plan, (columns,)."""
    moves = shares[: ends["low"].shape[1]]
    most = np.sort(np.maximum(np.maximum(ends["low"] @ moves, ends["high"] @ moves), 0.0))[::-1]
    whole = min(int(budget), len(most))
    part = (budget - whole) * most[whole] if whole < len(most) else 0.0
    return float(most[:whole].sum() + part)


def run_robust(entry: RobustEntry, scenario: Scenario, asked: Asked, root: Path, at: Runner) -> pd.DataFrame:
    """Find a plan for every budget, side by side, evaluate all under sampled factors, write and return the table."""
    instance, base = f"{INSTANCES}/{scenario.name}", f"{SCENARIOS}/{scenario.name}"
    stated = [one.model_dump() for one in entry.uncertain]
    tasks = []
    for number, budget in enumerate(entry.budgets):
        arguments = {
            "instance": root.absolute() / instance,
            "start": root.absolute() / base,
            "entries": entry.uncertain,
            "budget": budget,
            "asked": asked,
        }
        inputs = asked.stated() | {"uncertain": stated, "budget": budget}
        tasks.append(Task(f"{ROBUST}/{entry.name}/{number:02d}", write_robust, arguments, inputs, (instance, base)))
    at.run(tasks)
    folders = tuple(task.folder for task in tasks)
    arguments = {
        "instance": root.absolute() / instance,
        "plans": [root.absolute() / folder for folder in folders],
        "entry": entry,
    }
    inputs = {"uncertain": stated, "budgets": list(entry.budgets), "samples": entry.samples, "seed": entry.seed}
    task = Task(f"{ROBUST}/{entry.name}/table", write_comparison, arguments, inputs, (instance, *folders))
    ended = at.run([task])[task.folder]
    return pd.DataFrame(ended.record.get("rows", []))


def write_robust(
    folder: Path, instance: Path, start: Path, entries: Sequence[UncertainEntry], budget: float, asked: Asked
) -> dict[str, Any]:
    """Find the plan of one budget, write and audit it."""
    model = model_of(instance)
    block, program = require_block(model), model.program
    found = uncertain(block, entries, str(folder))
    ends = _counted(program, deviations(block, found))
    counterpart = robust(program, ends, budget)
    begun = read_values(program, start)
    values = None if begun is None else np.append(begun, np.zeros(counterpart.n_columns - program.n_columns))
    solution = model.solve(counterpart, asked.options(values), asked.method)
    if solution.shares is None:
        return {"status": str(solution.status(asked.gap)), "budget": budget}
    shares = solution.shares[: program.n_columns]
    audited = write_audited(model, shares, folder)
    write_start(program, shares, None, folder)
    worst = worst_case(ends, shares, budget)
    record = {
        "status": str(solution.status(asked.gap)),
        "budget": budget,
        "factors": len(found),
        "nominal": float(program.cost @ shares),
        "worst_added": worst,
        "worst": float(program.cost @ shares) + worst,
        "worst_bound": solution.bound,
        "gap": solution.gap,
        **audited.record(),
    }
    write_json(folder / "robust.json", record)
    return record


def _counted(program: Program, ends: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """Return deviations of emissions as they count in what is minimised."""
    weight = program.minimise.get("emissions", 0.0)
    return {end: weight * rows for end, rows in ends.items()}


def write_comparison(folder: Path, instance: Path, plans: Sequence[Path], entry: RobustEntry) -> dict[str, Any]:
    """Hold the plans of all budgets against every budget and against sampled factors."""
    model = model_of(instance)
    block, program = require_block(model), model.program
    found = uncertain(block, entry.uncertain, str(folder))
    ends = _counted(program, deviations(block, found))
    known = [(plan, read_values(program, plan)) for plan in plans]
    values = {plan: shares for plan, shares in known if shares is not None}
    draws = sampled(block, program, found, list(values.values()), entry.samples, entry.seed)
    rows = []
    for number, (plan, shares) in enumerate(values.items()):
        told = json.loads((plan / "robust.json").read_text(encoding="utf-8"))
        row = {name: told[name] for name in ("budget", "nominal", "worst", "worst_bound", "gap")}
        row |= {f"worst at {budget:g}": told["nominal"] + worst_case(ends, shares, budget) for budget in entry.budgets}
        row |= {"mean": draws[number].mean(), "p95": float(np.quantile(draws[number], 0.95))}
        row |= {"least": draws[number].min(), "greatest": draws[number].max()}
        rows.append({name: float(value) for name, value in row.items()})
    table = pd.DataFrame(rows)
    write_both(folder, "robust", table)
    budgets = [f"{row['budget']:g}" for row in rows]
    pd.DataFrame(draws.T, columns=budgets).to_parquet(folder / "samples.parquet", index=False)
    record = {"rows": rows, "samples": entry.samples, "factors": list(found.names)}
    write_json(folder / "result.json", record)
    return record
