"""Everything that compares the scenarios of a study, written: study.html, study.xlsx and csv/."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from instances.instance import load
from optimizer.results.tables import write_csv
from optimizer.results.workbook import write_workbook
from optimizer.studies.compare.analyses import analysis_tables
from optimizer.studies.compare.gather import gather
from optimizer.studies.compare.page import render_study
from optimizer.studies.compare.table import sheets
from optimizer.studies.compare.tables import comparison_tables
from optimizer.studies.compare.zones import zone_changes
from optimizer.studies.manifest import faults_of
from optimizer.studies.solving import SCENARIOS
from optimizer.studies.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from optimizer.results.terms import Lang
    from optimizer.studies.file import StudyFile
    from optimizer.studies.manifest import Told
    from optimizer.studies.runners import Runner

COMPARISON = "comparison"
"""Folder of a study."""

PAGE, BOOK, CSV = "study.html", "study.xlsx", "csv"
"""What it holds."""


def run_comparison(file: StudyFile, root: Path, lang: Lang, at: Runner) -> None:
    """Compare what a run has found, after everything that it rests on; done again when any of that has changed.

    Where no scenario was solved there is nothing to compare.
    """
    if all(one.failed for name, one in at.ended.items() if name.startswith(f"{SCENARIOS}/")):
        return
    ended = {name: faults_of(one) for name, one in sorted(at.ended.items())}
    arguments = {"root": root.absolute(), "lang": lang, "ended": ended}
    stated = {"lang": lang, "file": file.model_dump(mode="json"), "ended": ended}
    after = tuple(name for name, faults in ended.items() if not faults)
    at.run([Task(COMPARISON, write_comparison, arguments, stated, after)])


def write_comparison(
    folder: Path, root: Path, lang: Lang, ended: Mapping[str, tuple[Told, ...]] | None = None
) -> dict[str, Any]:
    """Write page, workbook and CSV of the study in `root` into a folder, and return how much there is.

    `ended` is what the run at work there has ended (`gather`). Raises InstanceError where `root` is no folder of a
    study with anything solved.
    """
    study = gather(root, ended)
    readable = study.reference.instance / "instance.toml"
    instance = load(study.reference.instance) if readable.is_file() else None
    changes = zone_changes(study.named)
    tables = comparison_tables(study, instance, changes) + analysis_tables(study)
    (folder / CSV).mkdir()
    for one in tables:
        write_csv(folder / CSV / f"{one.name}.csv", one.table)
    write_workbook(folder / BOOK, sheets(tables))
    page = render_study(study, tables, instance, changes, lang)
    (folder / PAGE).write_text(page, encoding="utf-8")
    return {"tables": len(tables), "scenarios": len(study.outcomes)}
