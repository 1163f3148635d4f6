"""`sanqu gate`: is a project admissible beside a plan, what does it emit, and what would make it admissible."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.text import Text

from optimizer import show
from optimizer.commands.common import (
    AUDIT_FAILED,
    INFEASIBLE,
    NO_PLAN,
    OK,
    DebugOption,
    InstanceArgument,
    LangOption,
    ThreadsOption,
    error_console,
    guarded,
    out_console,
)

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

MOST_ROWS = 20
"""Rows that are printed of a table."""


@guarded
def gate(
    instance: InstanceArgument,
    plandir: Annotated[Path, typer.Argument(help="Folder of a solve, or a folder with moves.parquet or moves.csv.")],
    project: Annotated[Path, typer.Argument(metavar="PROJECT.geojson", help="One polygon, with its use and year.")],
    use: Annotated[str, typer.Option(help="Class that the land becomes; default the property `use`.")] = "",
    period: Annotated[int, typer.Option(help="Year; default the property `period`, else the first period.")] = 0,
    present: Annotated[
        str, typer.Option("--from", help="Class that it stands on; default the property `from`, else in proportion.")
    ] = "",
    crs: Annotated[str, typer.Option(help="Reference system of the file, where it names none.")] = "",
    least: Annotated[Literal["cost", "emissions"], typer.Option(help="What the compensation makes least.")] = "cost",
    adapt: Annotated[bool, typer.Option(help="Also solve with the whole plan free to adapt.")] = True,
    gap: Annotated[float, typer.Option(min=0.0, help="Proven gap to reach, relative to the cost moved.")] = 1e-4,
    time_limit: Annotated[float | None, typer.Option(min=0.0, help="Seconds for each solve.")] = None,
    threads: ThreadsOption = 0,
    out: Annotated[Path | None, typer.Option(help="Folder for the results; must not exist (see --force).")] = None,
    lang: LangOption = "zh",
    force: Annotated[bool, typer.Option("--force", help="Replace an existing --out.")] = False,
    debug: DebugOption = False,
) -> int:
    """Check a proposed project against every rule, and find the least compensation that admits it (项目准入)."""
    from optimizer.followup.gate import Asking, Verdict, decide
    from optimizer.followup.gate_files import said, shown, write_gate
    from optimizer.followup.gate_tables import gate_tables
    from optimizer.followup.given import given_plan
    from optimizer.followup.overlay import taken_by
    from optimizer.followup.project import Asked, read_project
    from optimizer.results.folder import new_folder
    from optimizer.results.solution import SolveOptions

    solve = SolveOptions(gap, float("inf") if time_limit is None else time_limit, threads)
    into: AbstractContextManager[str | Path] = tempfile.TemporaryDirectory() if out is None else new_folder(out, force)
    with into as folder:
        with show.StageProgress(error_console) as progress:
            progress.stage("read")
            given = given_plan(instance, plandir)
            proposed = read_project(project, given.model.instance, Asked(use, period, present, crs))
            taken = taken_by(proposed, given, str(project))
            progress.stage("solve")
            found = decide(given, proposed, taken, Asking(least, adapt, solve=solve, lang=lang))
            progress.stage("write")
            tables = gate_tables(given, proposed, taken, found, lang)
            failures = write_gate(Path(folder), given, proposed, taken, found, tables, least, lang)
        for line in said(proposed, given, found, tables, least, lang):
            out_console.print(Text(line), soft_wrap=True)
        for title, table in shown(given, tables, lang):
            more = len(table) - MOST_ROWS
            show.table(out_console, title, table.head(MOST_ROWS), f"... {more:,}" if more > 0 else "")
    if out is not None:
        out_console.print(str(out), markup=False)
    for line in failures:
        error_console.print(Text(line, style="red"), soft_wrap=True)
    if failures:
        return AUDIT_FAILED
    refused = {Verdict.BARRED: INFEASIBLE, Verdict.IMPOSSIBLE: INFEASIBLE, Verdict.UNKNOWN: NO_PLAN}
    return refused.get(found.verdict, OK)
