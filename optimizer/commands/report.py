"""`sanqu report`: the page of a solved folder once more, in either language."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from instances.faults import Fault, InstanceError
from optimizer.commands.common import OK, DebugOption, InstanceArgument, LangOption, guarded, out_console

if TYPE_CHECKING:
    from instances.instance import Instance
    from optimizer.results.terms import Lang


@guarded
def report(
    instance: InstanceArgument,
    plandir: Annotated[Path, typer.Argument(metavar="PLANDIR", help="Folder that `sanqu solve` wrote.")],
    lang: LangOption = "zh",
    out: Annotated[Path | None, typer.Option(help="File for the page; default PLANDIR/report.html.")] = None,
    debug: DebugOption = False,
) -> int:
    """Write the report of a solved folder again, in Chinese or English (重新生成报告)."""
    from instances.instance import load

    target = plandir / "report.html" if out is None else out
    if target.is_dir():
        raise InstanceError([Fault(str(target), "is a folder", "name a file, as in --out report-en.html")])
    _replace(target, _page(load(instance), plandir, lang))
    out_console.print(str(target), markup=False, highlight=False)
    return OK


def _page(instance: Instance, plandir: Path, lang: Lang) -> str:
    """Return the page of a solved folder, of sites where the instance has no land."""
    if instance.land is None and instance.restoration is not None:
        from optimizer.report.sites.page import render_sites
        from optimizer.report.sites.reread import read_site_report

        return render_sites(read_site_report(instance, plandir, lang))
    from optimizer.report.page import render
    from optimizer.report.reread import read_report

    return render(read_report(instance, plandir, lang))


def _replace(path: Path, page: str) -> None:
    """Write a file that appears whole or not at all."""
    try:
        handle, working = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise InstanceError([Fault(str(path), f"cannot be written: {error.strerror}", "name another place")]) from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(page)
        Path(working).chmod(0o644)
        Path(working).replace(path)
    except OSError as error:
        raise InstanceError([Fault(str(path), f"cannot be written: {error.strerror}", "name another place")]) from error
    finally:
        Path(working).unlink(missing_ok=True)
