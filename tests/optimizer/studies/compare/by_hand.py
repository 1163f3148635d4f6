"""The folder of a study that was never run: two scenarios whose records are written by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from optimizer.studies.compare.gather import gather
from optimizer.studies.compare.sections import View
from optimizer.studies.compare.tables import scenario_table

if TYPE_CHECKING:
    from pathlib import Path

    from optimizer.results.terms import Lang

STUDY = """
[study]
name = "by-hand"
base = "tiny"

[[scenario]]
name = "as-is"
title_zh = "基准"

[[scenario]]
name = "less"
"""
PLANS = {"as-is": (200.0, 190.0, "tCO2e"), "less": (150.0, 120.0, "tCO2e")}


def write_study(folder: Path, plans: dict[str, tuple[float, float, str]] | None = None) -> Path:
    """Write the folder; `plans` are value, bound and unit by scenario."""
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    done = {f"scenarios/{name}": {"state": "done"} for name in plans or PLANS}
    (folder / "manifest.json").write_text(json.dumps({"tasks": done}), encoding="utf-8")
    for name, (value, bound, unit) in (plans or PLANS).items():
        record = {"status": "feasible", "objective": value, "bound": bound, "objective_unit": unit}
        (folder / "scenarios" / name).mkdir(parents=True)
        (folder / "scenarios" / name / "task.json").write_text(json.dumps({"record": record}), encoding="utf-8")
    return folder


def view(folder: Path, lang: Lang) -> View:
    """Return what sections are made from, with the table of scenarios."""
    study = gather(folder)
    return View(study, {"scenarios": scenario_table(study)}, lang, (("as-is", "基准"),), None)
