r"""Worth of limits (约束的价值): what one more unit of a quota, target or red line saves or costs, by solving again.

A multiplier is the slope of the relaxation. What counts for a planner is the difference of two plans, whole decisions
and all; with values v and bounds B of two solves it is known as far as both are proven:

.. math:: \frac{B(b + \Delta) - v(b)}{\Delta} \;\le\; \frac{z(b + \Delta) - z(b)}{\Delta} \;\le\;
    \frac{v(b + \Delta) - B(b)}{\Delta}

A limit of 0 cannot be scaled and is left out, which is told.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from instances.faults import Fault, InstanceError
from instances.readers.folder import find_table
from instances.scenarios.changes import Change, LineMove
from instances.scenarios.derive import Changes
from instances.scenarios.edit import chosen_rows, read_raw
from optimizer.studies.solving import INSTANCES, SCENARIOS, instance_task, solve_task
from optimizer.studies.tasks import Task
from optimizer.studies.written import write_both
from optimizer.study import write_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from optimizer.studies.asked import Asked
    from optimizer.studies.file import WorthEntry
    from optimizer.studies.runners import Runner
    from optimizer.studies.scenarios import Scenario

WORTH = "worth"
"""Folder of a study."""


def run_worth(entry: WorthEntry, scenario: Scenario, asked: Asked, root: Path, at: Runner) -> pd.DataFrame:
    """Solve the scenario with each limit scaled, side by side, write the table of worths and return it."""
    base = root.absolute() / INSTANCES / scenario.name
    limits = limits_of(entry, base)
    shifted = {
        (name, scale): _shifted(entry, scenario, name, key, scale)
        for name, (key, value) in limits.items()
        for scale in _scales(entry)
        if value != 0
    }
    base_key = at.hashes[f"{INSTANCES}/{scenario.name}"]
    instances = [instance_task(one, base, base_key) for one in shifted.values()]
    solves = [solve_task(one, root.absolute(), asked, "en", tables=False) for one in shifted.values()]
    ended = at.run([*instances, *solves])
    records = {key: ended[f"{SCENARIOS}/{one.name}"].record for key, one in shifted.items()}
    own = at.ended[f"{SCENARIOS}/{scenario.name}"].record
    table = worth_table(limits, _scales(entry), records, own, entry.step)
    table["multiplier"] = _multipliers(root / SCENARIOS / scenario.name, table["limit"])
    folder = f"{WORTH}/{entry.name}"
    after = tuple(task.folder for task in solves)
    at.run([Task(folder, write_table, {"table": table}, {"rows": table.astype(str).to_dict("list")}, after)])
    return table


def limits_of(entry: WorthEntry, instance: Path) -> dict[str, tuple[dict[str, Any], float]]:
    """Return the limits that an entry means: name, the key of its row, value. Raises InstanceError for none."""
    found: dict[str, tuple[dict[str, Any], float]] = {line: ({"line": line}, 1.0) for line in entry.line}
    if not entry.where:
        return found
    look = Change(table=entry.table, where=entry.where, column=entry.column, scale=1.0)
    path = find_table(instance, look.declared)
    if path is None:
        raise InstanceError([Fault(str(instance), f"there is no table {entry.table}", "name another", column="worth")])
    frame = read_raw(path, look.declared)
    rows = frame[chosen_rows(frame, look, str(path))]
    if rows.empty or entry.column not in frame:
        message = f"no limit is meant by {entry.where}"
        raise InstanceError([Fault(str(path), message, "see its rows", column=entry.column)])
    for record in rows.to_dict("records"):
        key = {name: record[name] for name in look.declared.key}
        found[" ".join(map(str, key.values()))] = (key, float(record[entry.column]))
    return found


def _scales(entry: WorthEntry) -> tuple[float, ...]:
    return tuple(dict.fromkeys((1.0 - entry.step, 1.0 + entry.step, *entry.curve)))


def _shifted(entry: WorthEntry, scenario: Scenario, name: str, key: dict[str, Any], scale: float) -> Scenario:
    """Return the scenario with one limit scaled; it begins from the plan of the scenario itself."""
    label = f"{scenario.name}.{entry.name}.{name.replace(' ', '_').replace('/', '_')}.x{scale:g}"
    if "line" in key:
        changes = Changes(lines=(LineMove(line=key["line"], by=scale - 1.0),))
    else:
        change = Change(table=entry.table, where=key, column=entry.column, scale=scale)
        changes = Changes(tables=(change,))
    title = f"{name} x {scale:g}"
    return replace(scenario, name=label, title_zh=title, title_en=title, parent=scenario.name, changes=changes)


def worth_table(
    limits: Mapping[str, tuple[Mapping[str, Any], float]],
    scales: tuple[float, ...],
    records: Mapping[tuple[str, float], Mapping[str, Any]],
    own: Mapping[str, Any],
    step: float,
) -> pd.DataFrame:
    """Return one row a limit and scale: objective, and the slope from the scenario with the ends that are proven.

    Slopes are a unit of the limit, of control lines the whole area that the line holds.
    """
    rows = []
    for name, (_, value) in limits.items():
        for scale in sorted(scales):
            record = records.get((name, scale), {})
            row = {"limit": name, "value": value, "scale": scale, "near": abs(abs(scale - 1.0) - step) < 1e-12}
            row |= {"status": record.get("status", "left out: it is 0"), "objective": record.get("objective")}
            rows.append(row | _slope(record, own, value * (scale - 1.0)))
    return pd.DataFrame(rows)


def _slope(record: Mapping[str, Any], own: Mapping[str, Any], change: float) -> dict[str, float]:
    """Return the slope between two solves, and the least and the greatest that their bounds allow."""
    figures = [one.get(name) for one in (record, own) for name in ("objective", "bound")]
    if change == 0 or any(figure is None for figure in figures):
        return dict.fromkeys(("slope", "slope_least", "slope_greatest"), np.nan)
    v_then, b_then, v_now, b_now = (float(str(figure)) for figure in figures)
    ends = sorted(((b_then - v_now) / change, (v_then - b_now) / change))
    return {"slope": (v_then - v_now) / change, "slope_least": ends[0], "slope_greatest": ends[1]}


def _multipliers(folder: Path, names: pd.Series) -> pd.Series:
    """Return the multiplier of the relaxation of each limit, as rules.csv tells it; NaN where it tells none."""
    path = folder / "rules.csv"
    if not path.is_file():
        return pd.Series(np.nan, index=names.index)
    rules = pd.read_csv(path)
    if not {"id", "worth"} <= set(rules):
        return pd.Series(np.nan, index=names.index)
    by_name = rules.dropna(subset=["id"]).groupby(rules["id"].astype(str))["worth"].sum()
    return names.map(by_name)


def write_table(folder: Path, table: pd.DataFrame) -> dict[str, Any]:
    """Write the table of worths as CSV and Parquet."""
    write_both(folder, "worth", table)
    stated = {"limits": int(table["limit"].nunique()), "solves": len(table)}
    write_json(folder / "result.json", stated)
    return stated
