"""`sanqu evaluate`, `importance`, `portfolio` and `curve`: studies of restoration sites after their solve."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from optimizer import show
from optimizer.commands.common import (
    AUDIT_FAILED,
    OK,
    DebugOption,
    ForceOption,
    InstanceArgument,
    LangOption,
    ThreadsOption,
    error_console,
    guarded,
    out_console,
)

if TYPE_CHECKING:
    import pandas as pd

    from instances.instance import Instance
    from optimizer.report.text import Lang
    from optimizer.results.solution import SolveOptions

TITLES: dict[Lang, dict[str, str]] = {
    "zh": {
        "evaluation": "方案评价",
        "costs": "成本与图层",
        "measures": "边界、连通与生境斑块",
        "representation": "对象代表性与目标",
        "reserves": "连片保留地",
        "importance": "最重要的单元",
        "portfolio": "备选方案",
        "curve": "成本效益曲线",
        "complete": "已证明再无其他方案。",
        "open": "可能还有其他方案。",
        "left_out": "未计算",
        "bounds": "给出的是区间而非精确值的单元数",
        "written": "已写入",
        "refreshed": "报告已更新",
        "no_page": "报告未更新",
        "failed": "未通过核验",
        "units_only": "联合方案：此处仅评价单元及其规则；目标值与用地规则由 sanqu solve 给出并由 sanqu audit 核验。",
    },
    "en": {
        "evaluation": "What the selection is worth",
        "costs": "Costs and layers",
        "measures": "Borders, connectivity, reserves",
        "representation": "Representation and targets",
        "reserves": "Connected reserves",
        "importance": "The most important units",
        "portfolio": "Alternatives",
        "curve": "Cost and benefit",
        "complete": "It is proven that there is no further plan.",
        "open": "There may be more plans.",
        "left_out": "not computed",
        "bounds": "units with bounds in place of an exact replacement cost",
        "written": "written to",
        "refreshed": "shown in",
        "no_page": "not shown in the report",
        "failed": "FAILED the audit",
        "units_only": "Joint study: this is of units and the rules on them; `sanqu solve` tells the objective, "
        "`sanqu audit` checks the rules on land.",
    },
}

TimeLimit = Annotated[float, typer.Option(min=0.0, help="Seconds for all solves together.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Random seed.")]
PlanArgument = Annotated[Path, typer.Argument(help="Folder of a solve, or a folder with a selection.")]
ShownArgument = Annotated[
    Path | None, typer.Argument(metavar="[PLANDIR]", help="Folder of a solve, whose report is to show this.")
]


def _print(title: str, frame: pd.DataFrame) -> None:
    small = {name: frame[name].map("{:.2e}".format) for name in ("gap", "above_best") if name in frame}
    show.head(out_console, title, frame.assign(**small))


def _options(gap: float, time_limit: float, threads: int, seed: int) -> SolveOptions:
    from optimizer.results.solution import SolveOptions

    return SolveOptions(gap=gap, time_limit_s=time_limit, threads=threads, seed=seed)


def _written(path: Path, lang: Lang) -> None:
    out_console.print(f"{TITLES[lang]['written']} {path}", markup=False, soft_wrap=True)


def _written_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table that appears whole or not at all."""
    from optimizer.results.folder import new_file, require_folder
    from optimizer.results.tables import write_csv

    require_folder(path.parent)
    with new_file(path) as working:
        write_csv(working, table)


def _solved(instance: Instance, plandir: Path | None) -> None:
    """Refuse, before anything is solved, a folder whose report could not show what is found."""
    from optimizer.report.reread import read_summary

    if plandir is not None:
        read_summary(instance, plandir, ("summary.json",))


def _shown(instance: Instance, plandir: Path, lang: Lang) -> None:
    """Have the report of a solved folder show what is new in it, and say so; say why where it cannot."""
    from instances.faults import InstanceError
    from optimizer.commands.report import refreshed

    try:
        page = refreshed(instance, plandir)
    except InstanceError as error:
        for fault in error.faults:
            error_console.print(f"{TITLES[lang]['no_page']}: {fault}", markup=False, soft_wrap=True)
        return
    if page is not None:
        out_console.print(f"{TITLES[lang]['refreshed']} {page}", markup=False, soft_wrap=True)


def _refused(failures: list[str], lang: Lang) -> int:
    """Print what the audit found; return the exit code."""
    for line in failures:
        error_console.print(f"{TITLES[lang]['failed']}: {line}", markup=False, soft_wrap=True)
    return AUDIT_FAILED if failures else OK


@guarded
def evaluate(
    instance: InstanceArgument,
    selection: Annotated[
        Path, typer.Argument(help="Plan folder, CSV or Parquet (unit, management_zone, amount), or Marxan solution.")
    ],
    edge_factor: Annotated[
        float | None, typer.Option(min=0.0, help="Part of outer edges that counts; default as the boundary penalty.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the tables; must not exist (see --force).")] = None,
    lang: LangOption = "zh",
    force: ForceOption = False,
    debug: DebugOption = False,
) -> int:
    """Say what any selection of sites costs, holds and looks like, and which rules it breaks (评价任一方案)."""
    from optimizer.results.folder import new_folder
    from optimizer.results.tables import write_csv
    from optimizer.sites.evaluation import evaluate as evaluate_selection
    from optimizer.sites.source import load_sites, read_any

    with show.StageProgress(error_console) as progress, tempfile.TemporaryDirectory() as working:
        progress.stage("read")
        loaded = load_sites(instance)
        chosen = read_any(loaded.require_sites(), selection)
        progress.stage("evaluate")
        found = evaluate_selection(loaded, chosen, Path(working), edge_factor)
    titles = TITLES[lang]
    overview = found.overview.astype(object).T.reset_index().set_axis(["", " "], axis=1)
    show.table(out_console, titles["evaluation"], overview)
    for name, table in found.tables().items():
        if name != "evaluation" and len(table):
            _print(titles[name], table)
    if loaded.is_joint:
        out_console.print(titles["units_only"], markup=False, soft_wrap=True)
    if out is not None:
        with new_folder(out, force, (loaded.folder, selection)) as folder:
            for name, table in found.tables().items():
                write_csv(folder / f"{name}.csv", table)
        _written(out, lang)
    return _refused(list(found.failures), lang)


@guarded
def importance(
    instance: InstanceArgument,
    plandir: PlanArgument,
    kind: Annotated[
        Literal["replacement", "rarity", "ferrier", "rank", "all"], typer.Option(help="Measure of importance.")
    ] = "all",
    exact: Annotated[
        int, typer.Option(min=0, help="Units whose replacement cost is solved anew; the others have proven bounds.")
    ] = 200,
    steps: Annotated[int, typer.Option(min=2, help="Steps of the budget for ranks.")] = 5,
    time_limit: TimeLimit = 60.0,
    threads: ThreadsOption = 0,
    seed: SeedOption = 0,
    out: Annotated[
        Path | None, typer.Option(help="Folder for importance.csv; default PLANDIR, where the report shows it.")
    ] = None,
    lang: LangOption = "zh",
    debug: DebugOption = False,
) -> int:
    """Say how important each chosen unit is: replacement cost, rarity, Ferrier score, rank (单元重要性)."""
    from optimizer.results.folder import new_file
    from optimizer.sites.importance import importance as importance_of
    from optimizer.sites.source import load_sites

    with show.StageProgress(error_console) as progress:
        progress.stage("read")
        loaded = load_sites(instance)
        options = _options(1e-4, time_limit, threads, seed)
        found = importance_of(loaded, plandir, kind, options, progress, exact, steps)
    folder = out or (plandir if plandir.is_dir() else plandir.parent)
    _written_table(folder / "importance.csv", found.table)
    if found.by_target is not None:
        with new_file(folder / "ferrier.parquet") as working:
            found.by_target.to_parquet(working, index=False)
    column = str(found.table.columns[1])
    _print(TITLES[lang]["importance"], found.table.sort_values(column, ascending=False, kind="stable"))
    if "replacement_exact" in found.table:
        bounded = int((found.table["replacement_exact"] == 0).sum())
        out_console.print(f"{TITLES[lang]['bounds']}: {bounded:,}", highlight=False)
    for line in found.left_out:
        error_console.print(f"{TITLES[lang]['left_out']}: {line}", markup=False, soft_wrap=True)
    _written(folder / "importance.csv", lang)
    if out is None and not loaded.is_joint:  # the page of a land plan shows no importance
        _shown(loaded, folder, lang)
    return OK


@guarded
def portfolio(
    instance: InstanceArgument,
    plandir: ShownArgument = None,
    kind: Annotated[
        Literal["gap", "extra", "shuffle", "top"],
        typer.Option(help="gap: near the optimum; top: the best in order; extra: well apart; shuffle: random order."),
    ] = "gap",
    number: Annotated[int, typer.Option(min=1, help="Plans to find, the best included.")] = 10,
    within: Annotated[float, typer.Option(min=0.0, help="gap: part of the optimum by which plans may be worse.")] = 0.1,
    differ: Annotated[
        int | None, typer.Option(min=1, help="gap, extra: units in which a plan differs from each before.")
    ] = None,
    gap: Annotated[float, typer.Option(min=0.0, help="Gap that each solve aims for (not top).")] = 1e-3,
    time_limit: TimeLimit = 60.0,
    threads: ThreadsOption = 0,
    seed: SeedOption = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the plans, must not exist (see --force); default portfolio, in PLANDIR if named."
        ),
    ] = None,
    lang: LangOption = "zh",
    force: ForceOption = False,
    debug: DebugOption = False,
) -> int:
    """Find several plans, and how often they choose each unit (备选方案集与选中频率)."""
    from instances.instance import resolve
    from optimizer.results.folder import new_folder
    from optimizer.results.tables import write_csv
    from optimizer.sites.portfolio import portfolio as portfolio_of
    from optimizer.sites.portfolio import write_portfolio
    from optimizer.sites.source import load_sites

    options = _options(gap, time_limit, threads, seed)
    target = out or (plandir or Path()) / "portfolio"
    reads = (resolve(instance), *([plandir] if plandir else []))
    with show.StageProgress(error_console) as progress, new_folder(target, force, reads) as folder:
        progress.stage("read")
        loaded = load_sites(instance)
        _solved(loaded, plandir)
        found = portfolio_of(loaded, kind, number, options, progress, within, differ)
        progress.stage("audit")
        failures = write_portfolio(loaded, found, folder)
        write_csv(folder / "portfolio.csv", found.frequency())
        write_csv(folder / "plans.csv", found.listed())
    _print(TITLES[lang]["portfolio"], found.listed())
    out_console.print(TITLES[lang]["complete" if found.complete else "open"])
    _written(target, lang)
    if plandir is not None and out is None:
        _shown(loaded, plandir, lang)
    return _refused(failures, lang)


@guarded
def curve(
    instance: InstanceArgument,
    plandir: ShownArgument = None,
    steps: Annotated[int, typer.Option(min=1, help="Steps; there is one point more.")] = 10,
    most: Annotated[float | None, typer.Option(min=0.0, help="Greatest budget; default what all units cost.")] = None,
    gap: Annotated[float, typer.Option(min=0.0, help="Gap that each solve aims for.")] = 1e-3,
    time_limit: TimeLimit = 60.0,
    threads: ThreadsOption = 0,
    seed: SeedOption = 0,
    out: Annotated[
        Path | None, typer.Option(help="Folder for curve.csv; default PLANDIR, or else the folder you are in.")
    ] = None,
    lang: LangOption = "zh",
    debug: DebugOption = False,
) -> int:
    """Solve for growing budgets, or growing targets: what more money brings, with bounds (成本效益曲线)."""
    from optimizer.sites.curve import curve as curve_of
    from optimizer.sites.source import load_sites

    with show.StageProgress(error_console) as progress:
        progress.stage("read")
        loaded = load_sites(instance)
        _solved(loaded, plandir)
        options = _options(gap, time_limit, threads, seed)
        found = curve_of(loaded, options, progress, steps, most)
    folder = out or plandir or Path()
    _written_table(folder / "curve.csv", found.table)
    _print(TITLES[lang]["curve"], found.table)
    _written(folder / "curve.csv", lang)
    if plandir is not None and out is None:
        _shown(loaded, plandir, lang)
    return OK


def add_commands(app: typer.Typer) -> None:
    """Add the studies to the command line."""
    for command, example in (
        (evaluate, "sanqu evaluate study study-plan --lang en --out study-worth"),
        (importance, "sanqu importance study study-plan --kind all --time-limit 60"),
        (portfolio, "sanqu portfolio study study-plan --kind gap --number 10 --within 0.05"),
        (curve, "sanqu curve study study-plan --steps 10"),
    ):
        app.command(epilog=f"Example: [bold]{example}[/bold]")(command)
