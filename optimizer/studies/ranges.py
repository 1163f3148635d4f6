r"""Exact ranges (近优范围): the least and the greatest that a measure can be in plans within a part of the best.

.. math:: \min / \max\ f(x) \quad\text{s.t.}\quad z(x) \le z^* + w\, b

Both ends are solved as plans with a proven bound: no plan within the limit lies outside the bounds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from optimizer.studies.entries import MOST
from optimizer.studies.goals import goal, in_order
from optimizer.studies.models import model_of
from optimizer.studies.near import limit_of, near
from optimizer.studies.plans import write_audited
from optimizer.studies.solving import INSTANCES, SCENARIOS
from optimizer.studies.tasks import Task
from optimizer.studies.written import write_both
from optimizer.study import write_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from optimizer.studies.asked import Asked
    from optimizer.studies.entries import RangesEntry
    from optimizer.studies.runners import Runner
    from optimizer.studies.scenarios import Scenario

RANGES = "ranges"
"""Folder of a study."""

ENDS = {"least": "", "greatest": MOST}


def run_ranges(entry: RangesEntry, scenario: Scenario, asked: Asked, root: Path, at: Runner) -> pd.DataFrame:
    """Find both ends of every measure, side by side, write their table and return it."""
    instance, base = f"{INSTANCES}/{scenario.name}", f"{SCENARIOS}/{scenario.name}"
    tasks = {}
    for number, name in enumerate(entry.measures):
        for end, sign in ENDS.items():
            stated = {"goal": f"{sign}{name}", "within": entry.within}
            arguments = {
                "instance": root.absolute() / instance,
                "start": root.absolute() / base,
                "asked": asked,
                **stated,
            }
            folder = f"{RANGES}/{entry.name}/{number:02d}-{end}"
            tasks[name, end] = Task(folder, write_end, arguments, stated | asked.stated(), (instance, base))
    ended = at.run(list(tasks.values()))
    table = range_table(entry.measures, {key: ended[task.folder].record for key, task in tasks.items()})
    folders = tuple(task.folder for task in tasks.values() if not ended[task.folder].failed)
    stated = {"rows": table.astype(str).to_dict("list")}
    at.run([Task(f"{RANGES}/{entry.name}/table", write_table, {"table": table}, stated, folders)])
    return table


def write_end(folder: Path, instance: Path, start: Path, asked: Asked, within: float, **stated: str) -> dict[str, Any]:
    """Find one end of a range, write its plan and audit it."""
    model = model_of(instance)
    best = model.kept(start)
    limit = limit_of(model.program, best, within)
    one = goal(model, stated["goal"])
    reached = in_order(model, [one], {}, asked.options(best), asked.method, near(model.program, limit))
    if reached is None:
        return {"status": "infeasible"}
    audited = write_audited(model, reached.shares, folder)
    found = {
        "status": str(reached.status),
        "value": one.told(reached.values[one.name]),
        "bound": one.told(reached.bounds[one.name]),
        "unit": one.measure.unit,
        "limit": limit,
        "present_plan": one.told(one.of(best)),
        **audited.record(),
    }
    write_json(folder / "end.json", found)
    return found


def range_table(measures: tuple[str, ...], ends: Mapping[tuple[str, str], Mapping[str, Any]]) -> pd.DataFrame:
    """Return one row a measure: its value in the best plan, and both ends with the bounds that hold for all plans."""
    return pd.DataFrame(
        {
            "measure": name,
            "unit": ends[name, "least"].get("unit", ""),
            "best_plan": ends[name, "least"].get("present_plan"),
            "least": ends[name, "least"].get("value"),
            "least_bound": ends[name, "least"].get("bound"),
            "greatest": ends[name, "greatest"].get("value"),
            "greatest_bound": ends[name, "greatest"].get("bound"),
        }
        for name in measures
    )


def write_table(folder: Path, table: pd.DataFrame) -> dict[str, Any]:
    """Write the table of ranges as CSV and Parquet."""
    write_both(folder, "ranges", table)
    return {"measures": len(table)}
