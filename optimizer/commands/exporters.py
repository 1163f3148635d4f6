"""`sanqu export`: plans in the formats of other programs."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - the command line reads annotations
from typing import Annotated

import typer

from optimizer.commands.common import OK, DebugOption, ForceOption, InstanceArgument, LangOption, guarded, out_console

export_app = typer.Typer(no_args_is_help=True, help="Write a plan in the format of another program (导出).")


@export_app.callback()
def kinds() -> None:
    """Write a plan in the format of another program (导出)."""


@export_app.command(epilog="Example: [bold]sanqu export marxan study study-plan study-marxan[/bold]")
@guarded
def marxan(
    instance: InstanceArgument,
    plandir: Annotated[Path, typer.Argument(help="Folder of a solve, or a folder with selection.parquet.")],
    dest: Annotated[Path, typer.Argument(metavar="DEST", help="Folder for output_best.csv; must not exist.")],
    lang: LangOption = "zh",
    force: ForceOption = False,
    debug: DebugOption = False,
) -> int:
    """Write the chosen units as Marxan writes its best solution (导出 Marxan 格式的方案)."""
    from instances.instance import load
    from optimizer.results.folder import new_folder
    from optimizer.results.marxan import solution_table, solution_words

    given = load(instance)
    table = solution_table(given.require_sites(), plandir)
    with new_folder(dest, force, (given.folder, plandir)) as folder:
        table.to_csv(folder / "output_best.csv", index=False)
    out_console.print(solution_words(table, dest, lang), markup=False, soft_wrap=True)
    return OK


@export_app.command(epilog="Example: [bold]sanqu export pypsa study study-plan study-pypsa[/bold]")
@guarded
def pypsa(
    instance: InstanceArgument,
    plandir: Annotated[Path, typer.Argument(help="Folder of a solve, or a folder with network.parquet.")],
    dest: Annotated[Path, typer.Argument(metavar="DEST", help="Folder for the CSV files; must not exist.")],
    lang: LangOption = "zh",
    force: ForceOption = False,
    debug: DebugOption = False,
) -> int:
    """Write network and plan as PyPSA's CSV folder, with p_nom_opt, flows and prices (导出 PyPSA 格式的电网与方案)."""
    from instances.instance import load
    from optimizer.results.folder import new_folder
    from optimizer.results.pypsa import pypsa_tables, write_pypsa

    given = load(instance)
    tables = pypsa_tables(given, plandir)
    with new_folder(dest, force, (given.folder, plandir)) as folder:
        write_pypsa(folder, tables)
    words = {
        "zh": f"{dest}：{len(tables)} 个文件；以 pypsa.Network('{dest}') 读取",
        "en": f"{len(tables)} files in {dest}; read it with pypsa.Network('{dest}')",
    }
    out_console.print(words[lang], markup=False, soft_wrap=True)
    return OK
