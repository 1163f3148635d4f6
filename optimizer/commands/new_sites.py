"""`sanqu new-sites`: a made prioritisation of any size."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - the command line reads annotations
from typing import Annotated

import typer

from instances.faults import Fault, InstanceError
from optimizer import show
from optimizer.commands.common import OK, DebugOption, ForceOption, LangOption, error_console, guarded, made_instance


@guarded
def new_sites(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder for the instance; must not exist (see --force).")
    ],
    units: Annotated[int, typer.Option(min=1, max=4_000_000, help="Number of planning units.")],
    features: Annotated[int, typer.Option(min=1, max=1000, help="Number of features.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same instance.")] = 0,
    boundary: Annotated[
        bool, typer.Option("--boundary", help="Write which units share a border, and a penalty on the border.")
    ] = False,
    density: Annotated[
        float | None, typer.Option(help="Share of the units that hold a feature; default 5 features a unit.")
    ] = None,
    lang: LangOption = "zh",
    force: ForceOption = False,
    debug: DebugOption = False,
) -> int:
    """Make a grid of planning units with smooth cost and features (生成合成选址实例)."""
    from instances.synthetic.sites import SiteOptions, write_sites
    from optimizer.results.folder import new_folder

    try:
        options = SiteOptions(units, features, seed, boundary, density)
    except ValueError as error:
        raise InstanceError([Fault("sanqu new-sites", str(error))]) from error
    with show.StageProgress(error_console) as progress, new_folder(folder, force) as working:
        progress.stage("generate")
        write_sites(working, options, folder.resolve().name)
    size = {
        "zh": f"{units:,} 个规划单元，{features:,} 个对象",
        "en": f"{units:,} units, {features:,} features",
    }
    made_instance(size[lang], folder, lang)
    return OK
