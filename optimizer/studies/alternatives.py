r"""Alternatives (近优备选方案): plans within a part of the best that differ most from those before them.

The distance of a plan u from an earlier one p is the land of which u makes a use that p makes none of; that land is
among what the two decide differently, and of whole parcels it is all of it:

.. math:: \sum_g a_g \Bigl(1 - \sum_{m \in g:\, p_m > 0} u_m\Bigr) \le
    \sum_g a_g \Bigl(1 - \sum_{m \in g} \min(u_m, p_m)\Bigr)

Where `differ` says decisions (and where there is no land) it is instead the number of sites, circuits and projects
that the two choose differently. Each further plan makes the least distance from all before it as large as it goes,
with the objective at most :math:`z^* + w\, b` (:math:`b`: what gaps are relative to). Its bound says how far away any
plan can still be. A bound of 0 proves that no plan makes another use of any land than some plan before it does: of
whole parcels that the land has no other plan, of decisions that no plan decides otherwise. A plan that is found twice
counts once in what plans agree on.

A share of the alternatives that choose something is a frequency. That something *must* be or *cannot* be is said only
where `optimizer.studies.proven_use`, or a solve for it alone (`optimizer.studies.probes`), proves it for all plans
within the limit.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from formulations.linear import linear_row, minimising, with_rows
from formulations.program import INFINITY, Columns
from instances.faults import Fault, InstanceError
from optimizer.results.start import write_start
from optimizer.studies.agreement import agreement
from optimizer.studies.goals import RULE, without_plan
from optimizer.studies.models import model_of
from optimizer.studies.near import limit_of, near
from optimizer.studies.plans import write_audited
from optimizer.studies.probes import asked_of, with_probes, write_probe
from optimizer.studies.solving import INSTANCES, SCENARIOS
from optimizer.studies.tasks import RECORD, Task
from optimizer.studies.written import write_both
from optimizer.study import write_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from formulations.program import Program
    from optimizer.studies.asked import Asked
    from optimizer.studies.entries import AlternativesEntry, Differ
    from optimizer.studies.runners import Runner
    from optimizer.studies.scenarios import Scenario

ALTERNATIVES = "alternatives"
"""Folder of a study."""

DISTANCE = "study:distance"
"""Family of the one column that is the least distance from the plans before."""

USED = 1e-6
"""Share from which a move counts as used."""


def distance_weights(
    program: Program, plan: NDArray[np.float64], differ: Differ = "land"
) -> tuple[NDArray[np.float64], float]:
    """Return weights and constant of the distance from a plan: constant - weights @ columns.

    Of land, moves that the plan uses count by the area of their group; of decisions, each counts 1.
    """
    moves, weights = program.moves, np.zeros(program.n_columns)
    if differ == "land" and len(moves):
        weights[: len(moves)] = np.where(plan[: len(moves)] > USED, moves.area_ha, 0.0)
        return weights, float(moves.area_ha[moves.start[:-1]].sum())
    chosen = decisions(program)
    weights[chosen] = np.where(plan[chosen] > 0.5, 1.0, -1.0)
    return weights, float((plan[chosen] > 0.5).sum())


def decisions(program: Program) -> NDArray[np.bool_]:
    """Mark the whole numbers between 0 and 1 beside the moves, (columns,); raises InstanceError for none."""
    families = [np.full(len(family), family.integer) & (family.upper <= 1.0) for family in program.columns]
    marked = np.concatenate([np.zeros(len(program.moves), dtype=bool), *families])
    if not marked.any():
        hint = 'leave differ out, or write differ = "land"'
        zh = '没有可供方案取舍的选址或建设（请去掉 differ，或写 differ = "land"）'
        raise InstanceError([Fault("alternatives", "there is no decision in which plans could differ", hint, zh=zh)])
    return marked


def difference(program: Program, one: NDArray[np.float64], other: NDArray[np.float64], differ: Differ) -> float:
    """Return how much two plans decide differently: hectares, or the number of decisions."""
    moves = program.moves
    if differ == "land" and len(moves):
        count = len(moves)
        return float((moves.area_ha * np.abs(one[:count] - other[:count])).sum() / 2)
    chosen = decisions(program)
    return float(np.abs(one[chosen] - other[chosen]).sum())


def distinct(program: Program, plans: Sequence[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """Return plans, (columns,) each, without those that use land and decide as an earlier one does."""
    told = program.integer.copy()
    told[: len(program.moves)] = True
    kept: list[NDArray[np.float64]] = []
    for plan in plans:
        if all(np.abs(plan - one)[told].max(initial=0.0) > USED for one in kept):
            kept.append(plan)
    return kept


def furthest(program: Program, plans: Sequence[NDArray[np.float64]], differ: Differ = "land") -> Program:
    """Return the Program that looks for the plan furthest from all of some plans, each (columns,) of `program`."""
    found = [distance_weights(program, plan, differ) for plan in plans]
    most = max(constant + np.maximum(-weights, 0.0).sum() for weights, constant in found) + 1.0
    column = Columns(
        family=DISTANCE,
        labels=pd.DataFrame([{"id": "least"}]),
        lower=np.zeros(1),
        upper=np.full(1, most),
        integer=False,
        unit="",
    )
    wider = replace(program, columns=(*program.columns, column))
    rows = [
        linear_row(wider, RULE, f"away from {number}", np.append(weights, 1.0), -INFINITY, constant)
        for number, (weights, constant) in enumerate(found)
    ]
    aim = np.zeros(wider.n_columns)
    aim[-1] = -1.0
    return minimising(with_rows(wider, *rows), DISTANCE, aim)


def run_alternatives(entry: AlternativesEntry, scenario: Scenario, asked: Asked, root: Path, at: Runner) -> None:
    """Find the alternatives of a scenario, one after another, and write what they agree on."""
    base, instance = f"{SCENARIOS}/{scenario.name}", f"{INSTANCES}/{scenario.name}"
    stated = {"within": entry.within, "differ": entry.differ}
    tasks: list[Task] = []
    for number in range(1, entry.number + 1):
        before = [base, *(task.folder for task in tasks)]
        folder = f"{ALTERNATIVES}/{entry.name}/plans/{number:03d}"
        arguments = {
            "instance": root.absolute() / instance,
            "before": [root.absolute() / name for name in before],
            "asked": asked,
            **stated,
        }
        tasks.append(Task(folder, write_alternative, arguments, asked.stated() | stated, (instance, *before)))
    at.run(tasks)
    _agree(entry, instance, [base, *(task.folder for task in tasks)], asked, root, at)


def _agree(
    entry: AlternativesEntry, instance: str, folders: Sequence[str], asked: Asked, root: Path, at: Runner
) -> None:
    """Write what plans agree on, ask of some of it whether it holds for all plans, and write that with the rest."""
    own, path = f"{ALTERNATIVES}/{entry.name}", root.absolute()
    stated = {"within": entry.within, "probe": entry.probe}
    arguments = {"instance": path / instance, "plans": [path / name for name in folders], **stated}
    found = Task(f"{own}/found", write_found, arguments, stated, (instance, *folders))
    asks = at.run([found])[found.folder].record.get("asks", ())
    places = {"instance": path / instance, "start": path / folders[0], "within": entry.within, "asked": asked}
    inputs = asked.stated() | {"within": entry.within}
    after = (instance, folders[0], found.folder)
    probes = [
        Task(f"{own}/probes/{number:03d}", write_probe, {**places, **one}, inputs | one, after)
        for number, one in enumerate(asks)
    ]
    at.run(probes)
    parts = [found.folder, *(probe.folder for probe in probes)]
    arguments = {"found": path / found.folder, "probes": [path / probe.folder for probe in probes]}
    at.run([Task(f"{own}/table", write_agreement, arguments, {}, tuple(parts))])


def write_alternative(
    folder: Path, instance: Path, before: Sequence[Path], asked: Asked, within: float, differ: Differ
) -> dict[str, Any]:
    """Find the plan furthest from those before, write and audit it."""
    model = model_of(instance)
    plans = [model.kept(one) for one in before]
    limit = limit_of(model.program, plans[0], within)
    program = furthest(near(model.program, limit), plans, differ)
    start = np.append(plans[-1], 0.0)
    solution = model.solve(program, asked.options(start), asked.method)
    if solution.shares is None:
        raise InstanceError([without_plan(ALTERNATIVES, f"{len(before)}", solution.termination)])
    shares = solution.shares[:-1]
    audited = write_audited(model, shares, folder)
    write_start(model.program, shares, None, folder)
    from_each = [distance_weights(model.program, plan, differ) for plan in plans]
    found = {
        "status": str(solution.status(asked.gap)),
        "distance": min(constant - float(weights @ shares) for weights, constant in from_each),
        "distance_bound": None if solution.bound is None else float(-solution.bound),
        "differs": min(difference(model.program, shares, plan, differ) for plan in plans),
        "unit": "ha" if differ == "land" and model.block is not None else "",
        "limit": limit,
        **audited.record(),
    }
    write_json(folder / "alternative.json", found)
    return found


def write_found(folder: Path, instance: Path, plans: Sequence[Path], within: float, probe: int) -> dict[str, Any]:
    """Write what plans agree on by zone, unit, project, site and circuit, and what is to be asked of it."""
    model = model_of(instance)
    found = distinct(model.program, [model.kept(plan) for plan in plans])
    tables = agreement(model, found, plans[0], limit_of(model.program, found[0], within))
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet", index=False)
    return {"plans": len(found), "within": within, "tables": list(tables), "asks": asked_of(tables, probe)}


def write_agreement(folder: Path, found: Path, probes: Sequence[Path]) -> dict[str, Any]:
    """Write the tables of what plans agree on, with what single solves proved of it."""
    told = json.loads((found / RECORD).read_text(encoding="utf-8"))["record"]
    tables = {name: pd.read_parquet(found / f"{name}.parquet") for name in told["tables"]}
    asked = [json.loads((one / "probe.json").read_text(encoding="utf-8")) for one in probes]
    for name, table in with_probes(tables, asked).items():
        write_both(folder, name, table)
    rows = {name: len(table) for name, table in tables.items()}
    stated = {"plans": told["plans"], "within": told["within"], "tables": rows, "probes": len(asked)}
    write_json(folder / "result.json", stated)
    return stated
