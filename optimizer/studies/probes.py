"""A solve for one decision or one zone alone: what must be or cannot be in every plan within the limit.

Multipliers prove much in one pass (`optimizer.studies.proven_use`), but not all that is true. Of what all plans found
agree on and no multiplier decides, some are asked one by one: what all choose is made as small as the limit lets it, of
what none chooses as much as it goes. The bound of that solve is the proof; a plan that does otherwise settles it too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from formulations.linear import minimising
from optimizer.studies.agreement import SEEN, decision_columns
from optimizer.studies.models import model_of
from optimizer.studies.near import limit_of, near
from optimizer.study import write_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from formulations.program import Program
    from optimizer.studies.asked import Asked

SECONDS = 60.0
"""Most that one probe may take."""

GAP = 1e-7
"""Gap of a probe, whose values lie between 0 and 1."""


def asked_of(tables: Mapping[str, pd.DataFrame], most: int) -> list[dict[str, Any]]:
    """Return what to ask, `most` at the most, decisions before zones and large zones before small: table, row, end."""
    found: list[dict[str, Any]] = []
    if (chosen := tables.get("decisions")) is not None:
        for row in np.flatnonzero((chosen["verdict"] == "") & chosen["share_of_plans"].isin([0.0, 1.0])):
            end = "least" if chosen["share_of_plans"].iloc[row] == 1.0 else "most"
            found.append({"table": "decisions", "row": int(row), "end": end})
    if (zones := tables.get("zones")) is not None:
        seen = SEEN * zones["area_ha"]
        every, none = zones["least_found_ha"] > seen, zones["greatest_found_ha"] < seen
        for row in np.argsort(-zones["area_ha"].to_numpy(), kind="stable"):
            if zones["verdict"].iloc[row] == "" and (every.iloc[row] or none.iloc[row]):
                found.append({"table": "zones", "row": int(row), "end": "least" if every.iloc[row] else "most"})
    return found[:most]


def write_probe(
    folder: Path, instance: Path, start: Path, within: float, asked: Asked, table: str, row: int, end: str
) -> dict[str, Any]:
    """Find the least or the most of one decision, or of the part of a zone that changes, in plans within the limit."""
    model = model_of(instance)
    best = model.kept(start)
    program = near(model.program, limit_of(model.program, best, within))
    weights = _amount(program, table, row)
    sign = 1.0 if end == "least" else -1.0
    seconds = min(asked.time_limit_s, SECONDS)
    options = replace(asked.options(best), gap=GAP, time_limit_s=seconds)
    solution = model.solve(minimising(program, "study:probe", sign * weights), options, asked.method)
    found = {
        "table": table,
        "row": row,
        "end": end,
        "whole": table == "decisions" and bool(program.integer[decision_columns(program)[row]]),
        "value": None if solution.shares is None else float(weights @ solution.shares),
        "bound": None if solution.bound is None else sign * solution.bound,
        "status": str(solution.status(GAP)),
    }
    write_json(folder / "probe.json", found)
    return found


def _amount(program: Program, table: str, row: int) -> NDArray[np.float64]:
    """Return the weights of what is asked: a decision, or the part of a zone that changes, (columns,)."""
    weights = np.zeros(program.n_columns)
    if table == "decisions":
        weights[decision_columns(program)[row]] = 1.0
        return weights
    moves = program.moves
    stay = moves.start[:-1]
    total = float(moves.area_ha[stay][moves.zone[stay] == row].sum())
    here = moves.zone == row
    here[stay] = False
    weights[: len(moves)] = np.where(here, moves.area_ha / total, 0.0)
    return weights


def with_probes(tables: dict[str, pd.DataFrame], probes: list[dict[str, Any]]) -> dict[str, pd.DataFrame]:
    """Return the tables of agreement with what probes proved; `by` says how each verdict is known."""
    for probe in probes:
        table, row, end = tables[probe["table"]], probe["row"], probe["end"]
        bound, value = probe["bound"], probe["value"]
        zones = probe["table"] == "zones"
        if bound is not None and (bound > SEEN if end == "least" else bound < (1.0 - SEEN if probe["whole"] else SEEN)):
            word = "must" if end == "least" else "cannot"
            table.loc[row, ["verdict", "by"]] = [f"{word} change" if zones else word, "solve"]
        elif value is not None and (value <= SEEN if end == "least" else value >= SEEN):
            table.loc[row, "by"] = "another plan"
        else:
            table.loc[row, "by"] = "undecided"
        if zones and bound is not None:
            column, tighter = ("least_proven_ha", max) if end == "least" else ("greatest_proven_ha", min)
            proven = min(max(bound, 0.0), 1.0) * table.loc[row, "area_ha"]
            table.loc[row, column] = tighter(proven, table.loc[row, column])  # multipliers may prove more
    return tables
