"""`sanqu gate`: is a project admissible beside a plan, what does it emit, and what would make it admissible."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from optimizer import show
from optimizer.commands.after_plan import GapOption, PlanArgument, TimeOption, solving, tell
from optimizer.commands.common import (
    AUDIT_FAILED,
    INFEASIBLE,
    NO_PLAN,
    OK,
    DebugOption,
    ForceOption,
    InstanceArgument,
    LangOption,
    ThreadsOption,
    error_console,
    guarded,
)

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


@guarded
def gate(
    instance: InstanceArgument,
    plandir: PlanArgument,
    project: Annotated[Path, typer.Argument(metavar="PROJECT.geojson", help="One polygon, with its use and year.")],
    use: Annotated[str, typer.Option(help="Class that the land becomes; default the property `use`.")] = "",
    period: Annotated[int, typer.Option(help="Year; default the property `period`, else the first period.")] = 0,
    present: Annotated[
        str, typer.Option("--from", help="Class that it stands on; default the property `from`, else in proportion.")
    ] = "",
    crs: Annotated[str, typer.Option(help="Reference system of the file, where it names none.")] = "",
    least: Annotated[Literal["cost", "emissions"], typer.Option(help="What the compensation makes least.")] = "cost",
    adapt: Annotated[bool, typer.Option(help="Also solve with the whole plan free to adapt.")] = True,
    gap: GapOption = 1e-6,
    time_limit: TimeOption = None,
    threads: ThreadsOption = 0,
    out: Annotated[Path | None, typer.Option(help="Folder for the results; must not exist (see --force).")] = None,
    lang: LangOption = "zh",
    force: ForceOption = False,
    debug: DebugOption = False,
) -> int:
    """Check a proposed project against every rule, and find the least compensation that admits it (项目准入)."""
    from instances.instance import resolve
    from optimizer.followup.gate import Asking, Verdict, decide
    from optimizer.followup.gate_files import write_gate
    from optimizer.followup.gate_tables import gate_tables
    from optimizer.followup.given import given_plan
    from optimizer.followup.overlay import taken_by
    from optimizer.followup.project import Asked, read_project
    from optimizer.results.folder import new_folder

    asking = Asking(least, adapt, solve=solving(gap, time_limit, threads), lang=lang)
    reads = (resolve(instance), plandir, project)
    into: AbstractContextManager[str | Path] = (
        tempfile.TemporaryDirectory() if out is None else new_folder(out, force, reads)
    )
    with into as folder, show.StageProgress(error_console) as progress:
        progress.stage("read")
        given = given_plan(instance, plandir)
        proposed = read_project(project, given.model.instance, Asked(use, period, present, crs))
        taken = taken_by(proposed, given, str(project))
        progress.stage("solve")
        found = decide(given, proposed, taken, asking)
        progress.stage("write")
        tables = gate_tables(proposed, taken, found, lang)
        told = write_gate(Path(folder), proposed, taken, found, tables, least, lang)
    tell(told, out)
    if told.failures:
        return AUDIT_FAILED
    refused = {Verdict.BARRED: INFEASIBLE, Verdict.IMPOSSIBLE: INFEASIBLE, Verdict.UNKNOWN: NO_PLAN}
    return refused.get(found.verdict, OK)
