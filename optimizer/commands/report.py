"""`sanqu report`: the page of a solved folder once more, in either language."""

from __future__ import annotations

import re
from pathlib import Path  # noqa: TC003 - the command line reads annotations
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
    _write(target, _page(load(instance), plandir, lang))
    out_console.print(str(target), markup=False, highlight=False)
    return OK


def _page(instance: Instance, plandir: Path, lang: Lang) -> str:
    """Return the page of a solved folder, of sites or of a network where the instance has no land."""
    if instance.land is None and instance.restoration is not None:
        from optimizer.report.sites.page import render_sites
        from optimizer.report.sites.reread import read_site_report

        return render_sites(read_site_report(instance, plandir, lang))
    if instance.land is None and instance.network is not None:
        from optimizer.report.network.page import render_network
        from optimizer.report.network.reread import read_network_report

        return render_network(read_network_report(instance, plandir, lang))
    from optimizer.report.page import render
    from optimizer.report.reread import read_report

    return render(read_report(instance, plandir, lang))


def _write(path: Path, page: str) -> None:
    from optimizer.results.folder import new_file

    with new_file(path) as working:
        working.write_text(page, encoding="utf-8")


def refreshed(instance: Instance, plandir: Path) -> Path | None:
    """Write the report of a solved folder again in the language it has; None where the folder has none.

    Raises InstanceError where the folder was solved from another instance, or from files that have changed since.
    """
    page = plandir / "report.html"
    if not page.is_file():
        return None
    with page.open(encoding="utf-8") as stream:
        english = re.search(r'<html lang="en"', stream.read(200))
    _write(page, _page(instance, plandir, "en" if english else "zh"))
    return page
