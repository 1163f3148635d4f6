"""`sanqu correct`: the rules that a drawn plan breaks, and the best few changes that mend it."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - the command line reads annotations
from typing import Annotated

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

MOST_ROWS = 20
"""Rows that are printed of a table."""


@guarded
def correct(
    instance: InstanceArgument,
    plandir: Annotated[Path, typer.Argument(help="Folder with moves.parquet or moves.csv; what it leaves out stays.")],
    out: Annotated[Path, typer.Option(help="Folder for the results; must not exist (see --force).")],
    swaps: Annotated[int, typer.Option(min=0, help="Zones that may be changed.")] = 5,
    gap: Annotated[float, typer.Option(min=0.0, help="Relative gap to prove in each solve.")] = 1e-6,
    time_limit: Annotated[float | None, typer.Option(min=0.0, help="Seconds for all solves.")] = None,
    threads: ThreadsOption = 0,
    lang: LangOption = "zh",
    force: Annotated[bool, typer.Option("--force", help="Replace an existing --out.")] = False,
    debug: DebugOption = False,
) -> int:
    """Say which rules a drawn plan breaks, and mend it or cut its emissions by few changes (用途错配、空间错配纠错)."""
    from optimizer.followup.correct import correct as correct_plan
    from optimizer.followup.correct_files import write_correction
    from optimizer.followup.given import given_plan
    from optimizer.results.folder import new_folder
    from optimizer.results.solution import SolveOptions

    limit = float("inf") if time_limit is None else time_limit
    with new_folder(out, force) as folder, show.StageProgress(error_console) as progress:
        progress.stage("read")
        given = given_plan(instance, plandir)
        progress.stage("solve")
        found = correct_plan(given, swaps, SolveOptions(gap, limit, threads))
        progress.stage("write")
        lines, tables, failures = write_correction(folder, given, found, swaps, lang)
    for line in lines:
        out_console.print(Text(line), soft_wrap=True)
    for title, table in tables:
        more = len(table) - MOST_ROWS
        show.table(out_console, title, table.head(MOST_ROWS), f"... {more:,}" if more > 0 else "")
    out_console.print(str(out), markup=False)
    for line in failures:
        error_console.print(Text(line, style="red"), soft_wrap=True)
    if found.values is None:
        return INFEASIBLE if found.infeasible else NO_PLAN
    return AUDIT_FAILED if failures else OK
