"""`sanqu correct`: the rules that a drawn plan breaks, and the best few changes that mend it."""

from __future__ import annotations

from typing import Annotated

import typer

from optimizer import show
from optimizer.commands.after_plan import GapOption, OutOption, PlanArgument, solving, tell
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
def correct(
    instance: InstanceArgument,
    plandir: PlanArgument,
    out: OutOption,
    swaps: Annotated[int, typer.Option(min=0, help="Zones that may be changed.")] = 5,
    gap: GapOption = 1e-6,
    time_limit: Annotated[float, typer.Option(min=0.0, help="Seconds for all solves.")] = 100.0,
    threads: ThreadsOption = 0,
    lang: LangOption = "zh",
    force: ForceOption = False,
    debug: DebugOption = False,
) -> int:
    """Say which rules a drawn plan breaks, and mend it or cut its emissions by few changes (用途错配、空间错配纠错)."""
    from instances.instance import resolve
    from optimizer.followup.correct import correct as correct_plan
    from optimizer.followup.correct_files import write_correction
    from optimizer.followup.given import given_plan
    from optimizer.results.folder import new_folder

    reads = (resolve(instance), plandir)
    with new_folder(out, force, reads) as folder, show.StageProgress(error_console) as progress:
        progress.stage("read")
        given = given_plan(instance, plandir)
        progress.stage("solve")
        found = correct_plan(given, swaps, solving(gap, time_limit, threads))
        progress.stage("write")
        told = write_correction(folder, given, found, swaps, lang)
    tell(told, out)
    if found.values is None:
        return INFEASIBLE if found.infeasible else NO_PLAN
    return AUDIT_FAILED if told.failures else OK
