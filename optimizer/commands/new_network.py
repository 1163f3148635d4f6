"""`sanqu new-network`: a made power network of any size."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - the command line reads annotations
from typing import Annotated

import typer

from instances.faults import Fault, InstanceError
from optimizer import show
from optimizer.commands.common import OK, DebugOption, ForceOption, LangOption, error_console, guarded, made_instance


@guarded
def new_network(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder for the instance; must not exist (see --force).")
    ],
    buses: Annotated[int, typer.Option(min=4, max=100_000, help="Number of buses.")],
    days: Annotated[int, typer.Option(min=1, max=366, help="Representative days of a year.")] = 4,
    hours: Annotated[int, typer.Option(min=1, max=96, help="Snapshots a day.")] = 24,
    candidates: Annotated[int, typer.Option(min=0, help="Corridors in which whole circuits may be built.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same instance.")] = 0,
    fixed: Annotated[bool, typer.Option("--fixed", help="No plant, storage or line may be extended.")] = False,
    lang: LangOption = "zh",
    force: ForceOption = False,
    debug: DebugOption = False,
) -> int:
    """Make a power network with wind, sun, storage and candidate circuits (生成合成电网实例)."""
    from instances.synthetic.network import NetworkOptions, write_made_network
    from optimizer.results.folder import new_folder

    try:
        options = NetworkOptions(buses, days, hours, candidates, not fixed, seed)
    except ValueError as error:
        raise InstanceError([Fault("sanqu new-network", str(error))]) from error
    with show.StageProgress(error_console) as progress, new_folder(folder, force) as working:
        progress.stage("generate")
        write_made_network(working, options, folder.resolve().name)
    size = {
        "zh": f"{buses:,} 个节点，{days * hours:,} 个时段，{candidates:,} 条候选线路",
        "en": f"{buses:,} buses, {days * hours:,} snapshots, {candidates:,} candidates",
    }
    made_instance(size[lang], folder, lang)
    return OK
