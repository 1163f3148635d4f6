"""`sanqu study split` and `sanqu study bound`: land too large for one machine, cut into parts (分块与分块求界)."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from instances.faults import Fault, InstanceError
from optimizer.commands.common import (
    FAILED,
    INFEASIBLE,
    NO_PLAN,
    OK,
    DebugOption,
    ForceOption,
    InstanceArgument,
    LangOption,
    error_console,
    guarded,
    out_console,
)

WORDS = {
    "zh": {
        "parts": "{count} 个分块，已写入 {out}",
        "bound": "下界 {bound:,.6g}（全域求价 {passes} 次，抽样 {sampled} 次，{seconds:.0f} 秒）",
        "infeasible": "没有任何方案能同时满足全部指标：下界高于一切方案的成本。",
        "open": "时间用尽，下界仍可提高。",
        "lost": "计算集群无应答，未求得下界。",
    },
    "en": {
        "parts": "{count} parts, written to {out}",
        "bound": "bound {bound:,.6g} ({passes} passes over all land, {sampled} over samples, {seconds:.0f} s)",
        "infeasible": "No plan keeps all quotas: the bound is above the cost of every plan.",
        "open": "Time is up; the bound could be raised further.",
        "lost": "Without a cluster there is no bound.",
    },
}

PartsArgument = Annotated[Path, typer.Argument(metavar="DIR", help="Folder written by `sanqu study split`.")]


@guarded
def split(
    instance: InstanceArgument,
    out: Annotated[Path, typer.Argument(metavar="DIR", help="Folder for the parts; must not exist (see --force).")],
    parts: Annotated[int, typer.Option(min=1, help="Number of parts.")],
    lang: LangOption = "zh",
    force: ForceOption = False,
    debug: DebugOption = False,
) -> int:
    """Cut an instance into parts with some of the zones each, in batches (实例分块)."""
    from instances.instance import resolve
    from instances.split import split as split_instance
    from optimizer.results.folder import new_folder

    whole = resolve(instance)
    with new_folder(out, force, (whole,)) as folder:
        count = len(split_instance(whole, folder, parts))
    out_console.print(WORDS[lang]["parts"].format(count=count, out=out), markup=False)
    return OK


@guarded
def bound(
    parts: PartsArgument,
    out: Annotated[Path | None, typer.Option(help="File (JSON) for bound and multipliers.")] = None,
    gap: Annotated[float, typer.Option(min=0.0, help="A fifth of it may be left, of the cost moved.")] = 1e-4,
    time_limit: Annotated[float, typer.Option(min=0.0, help="Seconds.")] = float("inf"),
    workers: Annotated[int, typer.Option(min=0, help="Processes on this machine, 2 or more; 0: one a core.")] = 0,
    scheduler: Annotated[str, typer.Option(help="Address of a Dask scheduler, as tcp://10.0.0.1:8786.")] = "",
    lang: LangOption = "zh",
    debug: DebugOption = False,
) -> int:
    """Prove how little all parts together can cost at least, each part on a worker (分块求下界)."""
    from optimizer.methods.decompose.parts import parted_bound
    from optimizer.results.folder import new_file, require_folder
    from optimizer.studies.runners import ClusterLostError, ClusterRunner, runner

    if out is not None:
        require_folder(out.parent)  # what cannot be made is told before the work, not after it
    try:
        with tempfile.TemporaryDirectory() as scratch, runner(Path(scratch), None, workers, scheduler) as at:
            if not isinstance(at, ClusterRunner):
                raise InstanceError([Fault("--workers", "parts need processes of their own", "2 or more, or 0")])
            found = parted_bound(parts, at.client, gap, time_limit)
    except ClusterLostError as error:
        error_console.print(f"{error}. {WORDS[lang]['lost']}", markup=False)
        return FAILED
    words = WORDS[lang]
    facts = {"passes": found.passes, "sampled": found.sampled, "seconds": found.seconds}
    out_console.print(words["bound"].format(bound=found.bound, **facts), markup=False)
    if out is not None:
        rows = [
            {**json.loads(name.partition(" #")[0]), "multiplier": y}
            for name, y in zip(found.rows, found.multipliers.tolist(), strict=True)
        ]
        stated = {"bound": found.bound, "moved": found.moved, "infeasible": found.infeasible, **facts, "rows": rows}
        with new_file(out) as path:
            path.write_text(json.dumps(stated, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if found.infeasible:
        out_console.print(words["infeasible"])
        return INFEASIBLE
    if not found.exhausted:
        out_console.print(words["open"])
        return NO_PLAN
    return OK
