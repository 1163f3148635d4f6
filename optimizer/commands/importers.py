"""`sanqu import`: instances made from a planner's own files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from optimizer import show
from optimizer.commands.common import OK, DebugOption, LangOption, error_console, guarded, out_console
from optimizer.commands.import_dltb import dltb

import_app = typer.Typer(no_args_is_help=True, help="Make an instance from your own files (导入).")

ConfigOption = Annotated[Path | None, typer.Option(help="TOML file that says what the files hold.")]
TargetArgument = Annotated[
    Path, typer.Argument(metavar="INSTANCE", help="Folder for the instance; must not exist (see --force).")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace an existing folder.")]


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
        with new_folder(instance, force) as folder:
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
    from optimizer.results.folder import new_folder

    with show.StageProgress(error_console) as progress:
        progress.stage("import")
        with new_folder(instance, force) as folder:
            study = import_marxan(source, folder, instance.resolve().name)
    table = pd.DataFrame([(name, len(frame)) for name, frame in study.tables.items()], columns=["table", "rows"])
    show.table(out_console, {"zh": "导入的表", "en": "Tables"}[lang], table)
    for note in study.notes:
        out_console.print({"zh": note.zh, "en": note.en}[lang], markup=False, soft_wrap=True)
    closing = {
        "zh": "求解：sanqu solve {0} --out {0}-plan",
        "en": "Solve with: sanqu solve {0} --out {0}-plan",
    }
    out_console.print(closing[lang].format(instance), markup=False, soft_wrap=True)
    return OK
