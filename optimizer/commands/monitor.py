"""`sanqu monitor`: what was observed beside what was planned, and the best plan from there on."""

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
def monitor(
    instance: InstanceArgument,
    plandir: Annotated[Path, typer.Argument(help="Folder of a solve, or a folder with moves.parquet or moves.csv.")],
    observed: Annotated[Path, typer.Option(help="Observed land: zone, class, area_ha, as CSV or Parquet.")],
    year: Annotated[int, typer.Option(help="Year in which it was observed.")],
    out: Annotated[Path, typer.Option(help="Folder for the results; must not exist (see --force).")],
    method: Annotated[str, typer.Option(help="auto, direct, core or decompose.")] = "auto",
    gap: Annotated[float, typer.Option(min=0.0, help="Proven gap to reach, relative to the cost moved.")] = 1e-4,
    time_limit: Annotated[float | None, typer.Option(min=0.0, help="Seconds for the solve.")] = None,
    threads: ThreadsOption = 0,
    lang: LangOption = "zh",
    force: Annotated[bool, typer.Option("--force", help="Replace an existing --out.")] = False,
    debug: DebugOption = False,
) -> int:
    """Hold what was observed against the plan, and solve again from there on (规划实施监测与再优化)."""
    from optimizer.followup.given import given_plan
    from optimizer.followup.monitor import monitor as monitor_plan
    from optimizer.followup.monitor_files import write_monitored
    from optimizer.followup.observed import read_observed
    from optimizer.results.folder import new_folder
    from optimizer.results.solution import SolveOptions, Termination

    limit = float("inf") if time_limit is None else time_limit
    with new_folder(out, force) as folder, show.StageProgress(error_console) as progress:
        progress.stage("read")
        given = given_plan(instance, plandir)
        land = read_observed(observed, given.model.instance, year)
        progress.stage("solve")
        found = monitor_plan(given, land, folder / "instance", SolveOptions(gap, limit, threads), method, lang)
        progress.stage("write")
        lines, tables, failures = write_monitored(folder, found, land, lang)
    for line in lines:
        out_console.print(Text(line), soft_wrap=True)
    for title, table in tables:
        more = len(table) - MOST_ROWS
        show.table(out_console, title, table.head(MOST_ROWS), f"... {more:,}" if more > 0 else "")
    out_console.print(str(out), markup=False)
    for line in failures:
        error_console.print(Text(line, style="red"), soft_wrap=True)
    if found.solution.shares is None:
        return INFEASIBLE if found.solution.termination is Termination.INFEASIBLE else NO_PLAN
    return AUDIT_FAILED if failures else OK
