"""`sanqu why`: what a zone does in a plan, what else was open and by how much it is worse, what is barred."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003 - the command line reads annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from instances.faults import Fault, InstanceError
from optimizer import show
from optimizer.commands.common import (
    INFEASIBLE,
    NO_PLAN,
    OK,
    DebugOption,
    InstanceArgument,
    LangOption,
    guarded,
    out_console,
)

if TYPE_CHECKING:
    import pandas as pd

    from formulations.program import Program
    from optimizer.results.why import Piece
    from optimizer.results.why_words import Writer

WITH_PLAN = ("optimal", "feasible")

MOVES = ("zone", "from", "to", "period", "overlay", "area_ha")
"""Columns of the table of moves."""


@guarded
def why(
    instance: InstanceArgument,
    plandir: Annotated[Path, typer.Argument(help="Folder of a solve.")],
    zone: Annotated[str, typer.Option(help="Name of the zone.")],
    every: Annotated[bool, typer.Option("--all", help="Every period of every class, not only the best.")] = False,
    force_to: Annotated[
        str | None,
        typer.Option(
            help="Solve again with the zone made this class, or under this site or `corridor`; the true difference."
        ),
    ] = None,
    period: Annotated[int | None, typer.Option(help="End year of the period, for --force-to.")] = None,
    lang: LangOption = "zh",
    debug: DebugOption = False,
) -> int:
    """Say what a zone does in a plan, what else it could do and at what price, and what bars the rest (方案缘由)."""
    from formulations.assemble import assemble, land_block
    from instances.instance import load
    from optimizer.results.extra import read_extra
    from optimizer.results.multipliers import read_multipliers
    from optimizer.results.solution import SolveOptions
    from optimizer.results.why import multipliers, pieces_of, zone_code
    from optimizer.results.why_network import network_lines
    from optimizer.results.why_words import Writer
    from optimizer.solve import StudyOptions, overridden

    summary = _summary(plandir)
    options = summary["options"]
    loaded = overridden(load(instance), StudyOptions(objective=options.get("objective"), mode=options.get("mode")))
    if summary.get("instance_hash") != loaded.hash:
        hint = "name the instance as it was, or solve again"
        raise InstanceError([Fault(str(plandir), "the plan was made from other input than this instance", hint)])
    block = land_block(loaded, options.get("rules_off") or ())
    code = zone_code(block, zone)
    program = read_extra(assemble(block), plandir / "plan")
    duals = read_multipliers(program, plandir / "plan")
    if duals is None:
        duals = multipliers(program, SolveOptions())
    pieces = pieces_of(block, program, duals, _table(plandir / "plan" / "moves.parquet", *MOVES), code)
    writer = Writer(block, program, code, _opened(plandir / "plan"), lang)
    _print(writer, pieces, every, network_lines(block, code, _network(plandir / "plan"), lang))
    if force_to is None:
        return OK
    gap = options.get("gap")
    return _force(writer, program, pieces, summary, force_to, period, SolveOptions(gap=1e-4 if gap is None else gap))


def _summary(plandir: Path) -> dict[str, Any]:
    """Read summary.json; raises InstanceError where there is no plan."""
    path = plandir / "summary.json"
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InstanceError([Fault(str(path), f"cannot be read: {error}", "name the folder of a solve")]) from error
    if not isinstance(summary, dict) or not isinstance(summary.get("options"), dict):
        raise InstanceError([Fault(str(path), "is no summary of a solve", "name the folder of a solve")])
    if summary.get("status") not in WITH_PLAN:
        hint = "sanqu explain says why there is none"
        raise InstanceError([Fault(str(path), f"there is no plan: status {summary.get('status')}", hint)])
    return summary


def _table(path: Path, *columns: str) -> pd.DataFrame:
    """Read columns of a table of a plan, all where none is named; raises InstanceError where it cannot be read."""
    import pandas as pd

    try:
        return pd.read_parquet(path, columns=list(columns) or None)
    except (OSError, ValueError, KeyError) as error:
        raise InstanceError([Fault(str(path), f"cannot be read: {error}", "name the folder of a solve")]) from error


def _network(folder: Path) -> pd.DataFrame | None:
    """Return the network's part of the plan; None where it has none."""
    path = folder / "network.parquet"
    return _table(path) if path.is_file() else None


def _opened(folder: Path) -> dict[str, int]:
    """Return the projects that the plan opens, with their end years."""
    path = folder / "projects.parquet"
    if not path.is_file():
        return {}
    table = _table(path, "project", "period")
    return dict(zip(table["project"].astype(str), table["period"].astype(int), strict=True))


def _print(writer: Writer, pieces: tuple[Piece, ...], every: bool, network: list[str]) -> None:
    out_console.print(Text(writer.head(), style="bold"), soft_wrap=True)
    for line in (*writer.decisions(), *writer.projects(pieces), *network):
        out_console.print(Text(line), soft_wrap=True)
    for piece in pieces:
        out_console.print()
        sheets = writer.sheets(piece, every)
        show.table(out_console, sheets[0].title, sheets[0].frame)
        for line in writer.sentences(piece):
            out_console.print(Text(line), soft_wrap=True)
        for sheet in sheets[1:]:
            show.table(out_console, sheet.title, sheet.frame)


def _force(
    writer: Writer,
    program: Program,
    pieces: tuple[Piece, ...],
    summary: dict[str, Any],
    target: str,
    period: int | None,
    options: Any,
) -> int:
    """Solve again with the zone made a class, and print by how much the best plan is then worse."""
    from optimizer.results.solution import Termination
    from optimizer.results.why import forced, solved

    solution = solved(forced(program, pieces, target, period), options)
    name = writer.target(target)
    if solution.objective is None:
        proven = solution.termination is Termination.INFEASIBLE
        words = writer.say("没有满足全部规则的方案", "no plan meets every rule")
        unknown = writer.say("未找到方案", "no plan was found")
        out_console.print(Text(writer.say(f"若{name}：", f"{name}: ") + (words if proven else unknown)))
        return INFEASIBLE if proven else NO_PLAN
    more = solution.objective - float(summary["objective"])
    slack = (solution.gap_abs or 0.0) + float(summary.get("gap_abs") or 0.0)
    out_console.print(
        Text(
            writer.say(
                f"若{name}：重新求解，目标值增加 {more:,.2f} {writer.unit}（误差不超过 {slack:,.2g}）。",
                f"{name}, solved again: the objective rises by {more:,.2f} {writer.unit} (within {slack:,.2g}).",
            )
        ),
        soft_wrap=True,
    )
    return OK
