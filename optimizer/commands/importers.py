"""`sanqu import`: instances made from a planner's own files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optimizer import show
from optimizer.commands.common import (
    OK,
    DebugOption,
    ForceOption,
    LangOption,
    error_console,
    guarded,
    made_instance,
    out_console,
)
from optimizer.commands.import_dltb import dltb

if TYPE_CHECKING:
    from collections.abc import Callable

    from instances.readers.notes import Imported
    from optimizer.report.text import Lang

import_app = typer.Typer(no_args_is_help=True, help="Make an instance from your own files (导入).")

ConfigOption = Annotated[Path | None, typer.Option(help="TOML file that says what the files hold.")]
TargetArgument = Annotated[
    Path, typer.Argument(metavar="INSTANCE", help="Folder for the instance; must not exist (see --force).")
]


@import_app.callback()
def kinds() -> None:
    """Make an instance from your own files (导入)."""


import_app.command(epilog="Example: [bold]sanqu import dltb made county --config made/dltb.toml[/bold]")(dltb)


@import_app.command(
    epilog="Example: [bold]sanqu import raster ../shared/data/aachen aachen "
    "--config docs/howto/aachen/aachen.toml[/bold]"
)
@guarded
def raster(
    source: Annotated[
        Path, typer.Argument(help="Folder that holds the files the config names, or the land-cover raster itself.")
    ],
    instance: TargetArgument,
    config: ConfigOption = None,
    lang: LangOption = "zh",
    force: ForceOption = False,
    debug: DebugOption = False,
) -> int:
    """Import a land-cover raster with overlays; every hectare is accounted for (导入栅格地类及叠加图层)."""
    from instances.readers.raster.run import import_raster
    from optimizer.results.folder import new_folder

    with show.StageProgress(error_console) as progress:
        progress.stage("import")
        with new_folder(instance, force, (source, *([config] if config else []))) as folder:
            report = import_raster(source, folder, config)
    title = {"zh": "导入面积账", "en": "Where every hectare went"}[lang]
    show.table(out_console, title, report.frame(lang), report.note(lang))
    out_console.print(report.closing(instance, lang), markup=False)
    return OK


@import_app.command(epilog="Example: [bold]sanqu import marxan ../shared/data/marxan study[/bold]")
@guarded
def marxan(
    source: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that holds Marxan's input.dat, or that file.")],
    instance: TargetArgument,
    lang: LangOption = "zh",
    force: ForceOption = False,
    debug: DebugOption = False,
) -> int:
    """Import Marxan's data: units, species, targets, boundary and its penalty (导入 Marxan 数据)."""
    from instances.readers.marxan import import_marxan

    return _imported(import_marxan, source, instance, lang, force)


@import_app.command(epilog="Example: [bold]sanqu import pypsa ../shared/data/pypsa/ac-dc-meshed study[/bold]")
@guarded
def pypsa(
    source: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that PyPSA's export_to_csv_folder wrote.")],
    instance: TargetArgument,
    lang: LangOption = "zh",
    force: ForceOption = False,
    debug: DebugOption = False,
) -> int:
    """Import a network of PyPSA: plant, lines, links, storage, loads, weights, CO2 cap (导入 PyPSA 电网)."""
    from instances.readers.pypsa import import_pypsa

    return _imported(import_pypsa, source, instance, lang, force)


@import_app.command(epilog="Example: [bold]sanqu import matpower case6_tnep.m study[/bold]")
@guarded
def matpower(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="MATPOWER case, with ne_branch for candidates.")],
    instance: TargetArgument,
    lang: LangOption = "zh",
    force: ForceOption = False,
    debug: DebugOption = False,
) -> int:
    """Import a case of MATPOWER or PowerModels: plant, branches, candidates, DC lines (导入 MATPOWER 算例)."""
    from instances.readers.matpower import import_matpower

    return _imported(import_matpower, source, instance, lang, force)


@import_app.command(epilog="Example: [bold]sanqu import steinlib ../shared/data/steiner/b01.stp study[/bold]")
@guarded
def steinlib(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="Problem in STP format: nodes, edges, terminals.")],
    instance: TargetArgument,
    lang: LangOption = "zh",
    force: ForceOption = False,
    debug: DebugOption = False,
) -> int:
    """Import a Steiner tree problem of SteinLib: edges become candidates (导入 SteinLib 斯坦纳树问题)."""
    from instances.readers.steinlib import import_steinlib

    return _imported(import_steinlib, source, instance, lang, force)


def _imported(
    read: Callable[[Path, Path, str], Imported], source: Path, instance: Path, lang: Lang, force: bool
) -> int:
    """Let a reader write what it reads from `source` to the folder `instance`, which has its name, and print what.

    Printed are the tables, what was read otherwise, and how to go on.
    """
    import pandas as pd

    from optimizer.results.folder import new_folder

    with show.StageProgress(error_console) as progress:
        progress.stage("import")
        with new_folder(instance, force, (source,)) as folder:
            study = read(source, folder, instance.resolve().name)
    table = pd.DataFrame([(name, len(frame)) for name, frame in study.tables.items()], columns=["table", "rows"])
    show.table(out_console, {"zh": "导入的表", "en": "Tables"}[lang], table)
    for note in study.notes:
        out_console.print({"zh": note.zh, "en": note.en}[lang], markup=False, soft_wrap=True)
    count = len(study.tables)
    made_instance({"zh": f"{count} 张表", "en": f"{count} tables"}[lang], instance, lang)
    return OK
