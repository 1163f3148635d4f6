"""What the commands that follow a plan up share (gate, monitor, correct): arguments, options, what is printed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from optimizer import show
from optimizer.commands.common import error_console, out_console

if TYPE_CHECKING:
    from optimizer.followup.page import Told
    from optimizer.results.solution import SolveOptions

PlanArgument = Annotated[
    Path,
    typer.Argument(help="Folder of a solve, or one with moves.parquet or moves.csv; land that it leaves out stays."),
]
GapOption = Annotated[float, typer.Option(min=0.0, help="Proven gap to reach in each solve.")]
TimeOption = Annotated[float | None, typer.Option(min=0.0, help="Seconds for each solve.")]
OutOption = Annotated[Path, typer.Option(help="Folder for the results; must not exist (see --force).")]


def solving(gap: float, time_limit: float | None, threads: int) -> SolveOptions:
    """Return the options of a solve."""
    from optimizer.results.solution import SolveOptions

    return SolveOptions(gap, float("inf") if time_limit is None else time_limit, threads)


def tell(told: Told, out: Path | None) -> None:
    """Print sentences, the head of each table, where the files are, and what an audit found wrong."""
    for line in told.lines:
        out_console.print(Text(line), soft_wrap=True)
    for title, table in told.tables:
        show.head(out_console, title, table)
    if out is not None:
        out_console.print(str(out), markup=False)
    for line in told.failures:
        error_console.print(Text(line, style="red"), soft_wrap=True)
