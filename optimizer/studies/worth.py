r"""Worth of limits (约束的价值): what one more unit of a quota, target or red line saves or costs, by solving again.

A multiplier is the slope of the relaxation. What counts for a planner is the difference of two plans, whole decisions
and all; with values v and bounds B of two solves it is known as far as both are proven:

.. math:: \frac{B(b + \Delta) - v(b)}{\Delta} \;\le\; \frac{z(b + \Delta) - z(b)}{\Delta} \;\le\;
    \frac{v(b + \Delta) - B(b)}{\Delta}

A limit of 0 cannot be scaled and is left out, which is told, as is a solve that breaks down. A control line moves by
whole zones: its limit is the area inside, as it is in each instance.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from instances.faults import Fault, InstanceError
from instances.readers.folder import find_table
from instances.scenarios.changes import Change, LineMove
from instances.scenarios.derive import Changes, area_inside
from instances.scenarios.edit import chosen_rows, read_raw
from optimizer.studies.solving import INSTANCES, SCENARIOS, instance_task, solve_task
from optimizer.studies.tasks import Task
from optimizer.studies.written import write_both
from optimizer.study import write_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from optimizer.studies.asked import Asked
    from optimizer.studies.entries import WorthEntry
    from optimizer.studies.runners import Runner
    from optimizer.studies.scenarios import Scenario

WORTH = "worth"
"""Folder of a study."""


class Limit(NamedTuple):
    """A number that is scaled: the key of its row, or its line; its value and the unit that it is in."""

    key: dict[str, Any]
    value: float
    unit: str = ""


LEFT_OUT, FAILED = "left_out", "failed"
"""What is told of a limit of 0, which cannot be scaled, and of one whose solve broke down."""

SHARE = "share"
"""Unit of limits that are a part of something: of the present area, of all there is of a feature."""

TARGET = "target"
TARGETS = ("restoration/features", "restoration/targets")
"""Rule of the rows of targets of restoration sites, and the tables that hold them."""

IN_PARTS = ("floor", "ceiling", "loss_cap", "gain_cap", TARGET)
"""Rules whose bound is their share of what is there."""


def run_worth(entry: WorthEntry, scenario: Scenario, asked: Asked, root: Path, at: Runner) -> pd.DataFrame:
    """Solve the scenario with each limit scaled, side by side, write the table of worths and return it."""
    base = root.absolute() / INSTANCES / scenario.name
    limits = limits_of(entry, base)
    shifted = {
        (name, scale): _shifted(entry, scenario, name, limit.key, scale)
        for name, limit in limits.items()
        for scale in _scales(entry)
        if limit.value != 0
    }
    base_key = at.hashes[f"{INSTANCES}/{scenario.name}"]
    instances = [instance_task(one, base, base_key) for one in shifted.values()]
    solves = [solve_task(one, root.absolute(), asked, "en", tables=False) for one in shifted.values()]
    ended = at.run([*instances, *solves])
    records = {key: ended[f"{SCENARIOS}/{one.name}"].record for key, one in shifted.items()}
    own = at.ended[f"{SCENARIOS}/{scenario.name}"].record
    places = {key: root / INSTANCES / one.name for key, one in shifted.items() if key[0] in entry.line}
    reached = {key: area_inside(folder, key[0]) for key, folder in places.items() if folder.is_dir()}
    table = worth_table(limits, _scales(entry), records, own, entry.step, reached)
    worths = multipliers(root / SCENARIOS / scenario.name / "rules.csv", limits, entry.table in TARGETS)
    table["multiplier"] = table["limit"].map(worths).astype(float)
    folder = f"{WORTH}/{entry.name}"
    after = tuple(task.folder for task in solves if not ended[task.folder].failed)
    at.run([Task(folder, write_table, {"table": table}, {"rows": table.astype(str).to_dict("list")}, after)])
    return table


def limits_of(entry: WorthEntry, instance: Path) -> dict[str, Limit]:
    """Return the limits that an entry means, by name. Raises InstanceError for none."""
    found: dict[str, Limit] = {line: Limit({"line": line}, area_inside(instance, line), "ha") for line in entry.line}
    if not entry.where:
        return found
    look = Change(table=entry.table, where=entry.where, column=entry.column, scale=1.0)
    path = find_table(instance, look.declared)
    if path is None:
        zh = f"没有表 {entry.table}（请另写一个）"
        message = f"there is no table {entry.table}"
        raise InstanceError([Fault(str(instance), message, "name another", column="worth", zh=zh)])
    frame = read_raw(path, look.declared)
    rows = frame[chosen_rows(frame, look, str(path))]
    if rows.empty or entry.column not in frame:
        message = f"no limit is meant by {entry.where}"
        zh = f"{entry.where} 未指到任何限值（见该表的行）"
        raise InstanceError([Fault(str(path), message, "see its rows", column=entry.column, zh=zh)])
    for record in rows.to_dict("records"):
        key = {name: record[name] for name in look.declared.key}
        name = " ".join(map(str, key.values()))
        try:
            value = float(record[entry.column])
        except ValueError as error:
            message = f"{record[entry.column]!r} of {name} is no number that could be scaled"
            raise InstanceError([Fault(str(path), message, "mean other rows", column=entry.column)]) from error
        parts = "relative" in (record.get("kind"), record.get("target_kind"))
        unit = SHARE if parts else _text(record.get("unit"))
        found[name] = Limit(key, value, unit)
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
    limits: Mapping[str, Limit],
    scales: tuple[float, ...],
    records: Mapping[tuple[str, float], Mapping[str, Any]],
    own: Mapping[str, Any],
    step: float,
    reached: Mapping[tuple[str, float], float] | None = None,
) -> pd.DataFrame:
    """Return one row a limit and scale: objective, and the slope from the scenario with the ends that are proven.

    Slopes are a unit of the limit, whose `unit` is told. `records` lacks those whose instance or solve failed.
    `reached` is what a limit and scale came to where that is not just their product.
    """
    rows = []
    for name, (_, value, unit) in limits.items():
        for scale in sorted(scales):
            record = records.get((name, scale), {})
            shifted = (reached or {}).get((name, scale), value * scale)
            row = {"limit": name, "value": value, "unit": unit, "scale": scale}
            row |= {"near": abs(abs(scale - 1.0) - step) < 1e-12, "reached": shifted}
            row |= {"status": record.get("status", FAILED if value else LEFT_OUT), "objective": record.get("objective")}
            rows.append(row | _slope(record, own, shifted - value))
    return pd.DataFrame(rows).astype({"objective": float})


def _slope(record: Mapping[str, Any], own: Mapping[str, Any], change: float) -> dict[str, float]:
    """Return the slope between two solves, and the least and the greatest that their bounds allow."""
    figures = [one.get(name) for one in (record, own) for name in ("objective", "bound")]
    if change == 0 or any(figure is None for figure in figures):
        return dict.fromkeys(("slope", "slope_least", "slope_greatest"), np.nan)
    v_then, b_then, v_now, b_now = (float(str(figure)) for figure in figures)
    ends = sorted(((b_then - v_now) / change, (v_then - b_now) / change))
    return {"slope": (v_then - v_now) / change, "slope_least": ends[0], "slope_greatest": ends[1]}


def multipliers(rules: Path, limits: Mapping[str, Limit], targets: bool = False) -> dict[str, float]:
    """Return the multiplier of the relaxation for a unit of each limit, by name, from the rows that `rules` tells of.

    A row may be in another unit than its limit; where the limit is no bound of it, there is none. `targets` are those
    of what restoration sites hold: a rule may have the name of one.
    """
    table = pd.read_csv(rules, dtype={"id": str}) if rules.is_file() else pd.DataFrame()
    if not {"id", "worth", "bound"} <= set(table):
        return {}
    found: dict[str, float] = {}
    for row in table.dropna(subset=["id", "worth"]).to_dict("records"):
        name = str(row["id"])
        if name in limits and (row["rule"] == TARGET) == targets:
            found[name] = found.get(name, 0.0) + float(row["worth"]) * _per_unit(limits[name], row)
    return found


def _per_unit(limit: Limit, row: Mapping[Any, Any]) -> float:
    """Return by how much the bound of a row rises for one more unit of its limit; NaN where that is not known."""
    bound, unit = float(row["bound"]), _text(row.get("unit"))
    known = bool(limit.unit and unit)  # a ratio is no bound of its row, though both may be 1
    if limit.unit == unit if known else np.isclose(bound, limit.value, rtol=1e-9, atol=0.0):
        return 1.0
    in_parts = limit.unit == SHARE and str(row["rule"]).rpartition(":")[2] in IN_PARTS
    return bound / limit.value if in_parts and limit.value else np.nan


def _text(cell: object) -> str:
    """Return a cell that holds a text; empty for an empty one."""
    return cell if isinstance(cell, str) else ""


def write_table(folder: Path, table: pd.DataFrame) -> dict[str, Any]:
    """Write the table of worths as CSV and Parquet."""
    write_both(folder, "worth", table)
    stated = {"limits": int(table["limit"].nunique()), "solves": len(table)}
    write_json(folder / "result.json", stated)
    return stated
