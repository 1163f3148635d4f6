"""`sanqu import`: instances made from a planner's own files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from optimizer import show
from optimizer.commands.common import OK, DebugOption, LangOption, error_console, guarded, out_console
from optimizer.commands.import_dltb import dltb

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from instances.readers.notes import Note
    from optimizer.report.text import Lang

Study = TypeVar("Study")
"""What a reader read, in the form of its own."""

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

    study = _written(import_marxan, source, instance, force)
    _say(instance, study.tables, study.notes, lang)
    return OK


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

    study = _written(import_pypsa, source, instance, force)
    _say(instance, study.tables, study.notes, lang)
    return OK


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

    study = _written(import_matpower, source, instance, force)
    _say(instance, study.tables, study.notes, lang)
    return OK


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

    _say(instance, _written(import_steinlib, source, instance, force), (), lang)
    return OK


def _written(read: Callable[[Path, Path, str], Study], source: Path, instance: Path, force: bool) -> Study:
    """Return what a reader read from `source` and wrote to the folder `instance`, which has its name."""
    from optimizer.results.folder import new_folder

    with show.StageProgress(error_console) as progress:
        progress.stage("import")
        with new_folder(instance, force) as folder:
            return read(source, folder, instance.resolve().name)


def _say(instance: Path, tables: Mapping[str, pd.DataFrame], notes: tuple[Note, ...], lang: Lang) -> None:
    """Print the tables that were read, what was read otherwise, and how to go on."""
    import pandas as pd

    table = pd.DataFrame([(name, len(frame)) for name, frame in tables.items()], columns=["table", "rows"])
    show.table(out_console, {"zh": "导入的表", "en": "Tables"}[lang], table)
    for note in notes:
        out_console.print({"zh": note.zh, "en": note.en}[lang], markup=False, soft_wrap=True)
    closing = {
        "zh": "求解：sanqu solve {0} --out {0}-plan",
        "en": "Solve with: sanqu solve {0} --out {0}-plan",
    }
    out_console.print(closing[lang].format(instance), markup=False, soft_wrap=True)
