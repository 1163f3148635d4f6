"""`sanqu monitor`: what was observed beside what was planned, and the best plan from there on."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - the command line reads annotations
from typing import Annotated, Literal

import typer

from optimizer import show
from optimizer.commands.after_plan import OutOption, PlanArgument, TimeOption, solving, tell
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


@guarded
def monitor(
    instance: InstanceArgument,
    plandir: PlanArgument,
    observed: Annotated[Path, typer.Option(help="Observed land: zone, class, area_ha, as CSV or Parquet.")],
    year: Annotated[int, typer.Option(help="Year in which it was observed.")],
    out: OutOption,
    method: Annotated[
        Literal["auto", "direct", "core", "decompose"], typer.Option(help="How the rest is solved.")
    ] = "auto",
    gap: Annotated[
        float | None, typer.Option(min=0.0, help="Proven gap to reach; default that which the plan was solved with.")
    ] = None,
    time_limit: TimeOption = None,
    threads: ThreadsOption = 0,
    lang: LangOption = "zh",
    force: ForceOption = False,
    debug: DebugOption = False,
) -> int:
    """Hold what was observed against the plan, and solve again from there on (规划实施监测与再优化)."""
    from instances.instance import resolve
    from optimizer.followup.given import given_plan
    from optimizer.followup.monitor import monitor as monitor_plan
    from optimizer.followup.monitor_files import write_monitored
    from optimizer.followup.observed import read_observed
    from optimizer.results.folder import new_folder
    from optimizer.results.solution import SolveOptions, Termination

    reads = (resolve(instance), plandir, observed)
    with new_folder(out, force, reads) as folder, show.StageProgress(error_console) as progress:
        progress.stage("read")
        given = given_plan(instance, plandir)
        land = read_observed(observed, given.model.instance, year)
        progress.stage("solve")
        asked = float(given.options.get("gap", SolveOptions.gap)) if gap is None else gap
        found = monitor_plan(given, land, folder / "instance", solving(asked, time_limit, threads), method, lang)
        progress.stage("write")
        told = write_monitored(folder, found, land, lang)
    tell(told, out)
    if found.solution.shares is None:
        return INFEASIBLE if found.solution.termination is Termination.INFEASIBLE else NO_PLAN
    return AUDIT_FAILED if told.failures else OK
