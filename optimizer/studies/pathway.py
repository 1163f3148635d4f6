"""Pathways (达峰与中和路径): the emissions curve of every scenario, year by year, and when each peaks.

One-off stocks stand beside the annual inventory and are spread over years only where that is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from optimizer.results.start import read_values
from optimizer.studies.curve import curve, peak_of
from optimizer.studies.models import model_of
from optimizer.studies.solving import INSTANCES, SCENARIOS
from optimizer.studies.tasks import Task
from optimizer.studies.written import write_both
from optimizer.study import write_json

if TYPE_CHECKING:
    from pathlib import Path

    from optimizer.studies.asked import Asked
    from optimizer.studies.entries import PathwayEntry
    from optimizer.studies.runners import Runner
    from optimizer.studies.scenarios import Scenario

PATHWAY = "pathway"
"""Folder of a study."""

CURVE = "curve"


def run_pathway(entry: PathwayEntry, scenario: Scenario, _asked: Asked, root: Path, at: Runner) -> pd.DataFrame:
    """Write the curve of a scenario, of every one where the entry names none, and return when each peaks."""
    known = [
        name.removeprefix(f"{SCENARIOS}/")
        for name, end in at.ended.items()
        if name.startswith(f"{SCENARIOS}/") and not end.failed
    ]
    names = [scenario.name] if entry.scenario else known
    tasks = [_curve_task(entry, name, root) for name in names]
    at.run(tasks)
    arguments = {"curves": {name: root.absolute() / task.folder for name, task in zip(names, tasks, strict=True)}}
    folder, after = f"{PATHWAY}/{entry.name}/table", tuple(task.folder for task in tasks)
    told = at.run([Task(folder, write_tables, arguments, {"scenarios": names}, after)])[folder].record
    return pd.DataFrame(told.get("peaks", []))


def _curve_task(entry: PathwayEntry, name: str, root: Path) -> Task:
    instance, plan = f"{INSTANCES}/{name}", f"{SCENARIOS}/{name}"
    stated = {"spread": entry.spread}
    arguments = {"instance": root.absolute() / instance, "plan": root.absolute() / plan, **stated}
    return Task(f"{PATHWAY}/{entry.name}/{name}", write_curve, arguments, stated, (instance, plan))


def write_curve(folder: Path, instance: Path, plan: Path, spread: bool) -> dict[str, Any]:
    """Write the curve of a plan; of a scenario without one, nothing."""
    model = model_of(instance)
    shares = read_values(model.program, plan)
    if shares is None:
        return {"status": "no_plan"}
    table = curve(model, shares, spread)
    write_both(folder, CURVE, table)
    return {"status": "written", **peak_of(table)}


def write_tables(folder: Path, curves: dict[str, Path]) -> dict[str, Any]:
    """Write the curves of all scenarios one below the other, and when each peaks."""
    files = {name: place / f"{CURVE}.parquet" for name, place in curves.items()}
    read = {name: pd.read_parquet(path) for name, path in files.items() if path.is_file()}
    peaks = pd.DataFrame({"scenario": name, **peak_of(table)} for name, table in read.items())
    every = [pd.DataFrame({"scenario": name, **table}) for name, table in read.items()]
    write_both(folder, CURVE, pd.concat(every or [pd.DataFrame()]))
    write_both(folder, "peaks", peaks)
    told = peaks.astype(object).where(peaks.notna(), None).to_dict("records")
    write_json(folder / "result.json", {"scenarios": told})
    return {"scenarios": len(peaks), "peaks": told}
