"""`sanqu new-dltb`: a made third-survey database, to try the import on."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - the command line reads annotations
from typing import Annotated, Literal

import typer

from instances.faults import Fault, InstanceError
from optimizer import show
from optimizer.commands.common import OK, DebugOption, ForceOption, LangOption, error_console, guarded, out_console

DRIVERS = {"gpkg": "GPKG", "shp": "ESRI Shapefile", "gdb": "OpenFileGDB"}


@guarded
def new_dltb(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder for the database; must not exist (see --force).")
    ],
    parcels: Annotated[int, typer.Option(help="About how many parcels.")],
    seed: Annotated[int, typer.Option(help="The same seed makes the same database.")] = 0,
    format: Annotated[
        Literal["gpkg", "shp", "gdb"], typer.Option(help="GeoPackage, Shapefile or File Geodatabase.")
    ] = "gpkg",
    encoding: Annotated[Literal["GBK", "UTF-8"], typer.Option(help="Code page of Shapefiles.")] = "GBK",
    clean: Annotated[bool, typer.Option("--clean", help="Without gaps, overlaps and other flaws.")] = False,
    lang: LangOption = "zh",
    force: ForceOption = False,
    debug: DebugOption = False,
) -> int:
    """Make a third-survey database with parcels, control lines and usual flaws (生成合成三调数据库)."""
    from instances.synthetic.dltb.flaws import NO_FLAWS, Flaws
    from instances.synthetic.dltb.generate import write_dltb
    from optimizer.results.folder import new_folder

    try:
        with show.StageProgress(error_console) as progress, new_folder(folder, force) as working:
            progress.stage("generate")
            driver = DRIVERS[format]
            made = write_dltb(working, parcels, seed, driver, encoding, NO_FLAWS if clean else Flaws())  # type: ignore[arg-type]
    except InstanceError:
        raise
    except ValueError as error:
        raise InstanceError([Fault("sanqu new-dltb", str(error))]) from error
    config = folder / "dltb.toml"
    command = f"sanqu import dltb {folder} {folder}-zones --config {config}"
    words = {
        "zh": f"{folder}：{made:,} 个图斑；导入：{command}",
        "en": f"{made:,} parcels in {folder}; import with: {command}",
    }
    out_console.print(words[lang], markup=False, soft_wrap=True)
    return OK
