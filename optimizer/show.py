"""What the command prints: tables, faults and progress, in words and in either language."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from rich.console import Console

    from instances.faults import Fault
    from instances.instance import Instance
    from optimizer.report.text import Lang
    from optimizer.results.audit import AuditReport
    from optimizer.results.profile import Profile
    from optimizer.solve import Outcome
    from optimizer.studies.tasks import Ended

YEARS = (1900, 2200)
"""Whole numbers that are printed plain, as years are."""

MOST_ROWS = 20
"""Rows that are printed of a long table."""

WORDS = {
    "zh": {
        "status": "状态",
        "method": "求解方法",
        "note": "说明",
        "objective": "目标值",
        "bound": "下界",
        "upper_bound": "上界",
        "gap": "相对差距",
        "constant": "常量",
        "audit": "独立核验",
        "seconds": "耗时",
        "results": "成果",
        "passed": "通过",
        "failed": "未通过",
        "checks": "项检查",
        "size": "规模",
        "areas": "现状用地",
        "rules": "规则",
        "scaling": "数值范围",
        "beyond": "无法达到的指标",
        "reachable": "每项指标单独看都可达到。",
        "infeasible": "没有满足全部规则的方案：",
        "feasible": "各规则可以同时满足。",
        "no_plan": "在限定内既未找到方案，也未证明不可行。",
    },
    "en": {
        "status": "status",
        "method": "method",
        "note": "note",
        "objective": "objective",
        "bound": "bound",
        "upper_bound": "upper bound",
        "gap": "gap",
        "constant": "constant",
        "audit": "audit",
        "seconds": "seconds",
        "results": "results",
        "passed": "passed",
        "failed": "FAILED",
        "checks": "checks",
        "size": "Size",
        "areas": "Present land",
        "rules": "Rules",
        "scaling": "Range of numbers",
        "beyond": "Targets beyond reach",
        "reachable": "Every target can be reached by itself.",
        "infeasible": "No plan meets every rule:",
        "feasible": "All rules can be met together.",
        "no_plan": "Neither a plan nor a proof that there is none was found within the limits.",
    },
}


class StageProgress:
    """Shows the stage that runs, with the time it has taken; a plain line each where output is no terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar = RichProgress(
            SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console, transient=True
        )
        self._task: int | None = None
        self._began = time.perf_counter()

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def stage(self, name: str) -> None:
        """Show that a stage has begun."""
        if not self._console.is_terminal:
            self._console.print(f"{time.perf_counter() - self._began:8.1f} s  {name}", highlight=False)
            return
        if self._task is not None:
            self._bar.remove_task(self._task)  # type: ignore[arg-type]
        self._task = self._bar.add_task(name, total=None)

    def warn(self, found: Sequence[Fault]) -> None:
        """Print what is odd about the input."""
        warnings(self._console, found)


class TaskProgress:
    """Shows how many tasks of a study have ended; a plain line each where output is no terminal.

    `kept` says in words that a task was done by an earlier run.
    """

    def __init__(self, console: Console, kept: str) -> None:
        self._console, self._kept = console, kept
        self._bar = RichProgress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
        )
        self._task = self._bar.add_task("", total=0)
        self._began = time.perf_counter()

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def begin(self, folders: Sequence[str]) -> None:
        """Take up tasks that are to be done."""
        self._bar.update(self._task, total=(self._bar.tasks[0].total or 0) + len(folders))

    def end(self, ended: Ended) -> None:
        """Show that a task has ended."""
        self._bar.update(self._task, advance=1, description=ended.folder)
        if not self._console.is_terminal:
            how = self._kept if ended.kept else ended.record.get("status", "")
            line = f"{time.perf_counter() - self._began:8.1f} s  {ended.folder} {how}"
            self._console.print(line.rstrip(), highlight=False, markup=False)


def faults(console: Console, found: Sequence[Fault]) -> None:
    """Print faults, one a line."""
    for fault in found:
        console.print(Text(f"error: {fault}"), soft_wrap=True)
    if len(found) > 1:
        console.print(f"{len(found)} errors", highlight=False)


def warnings(console: Console, found: Sequence[Fault]) -> None:
    """Print what is odd but no error, one a line."""
    for fault in found:
        console.print(Text(f"warning: {fault}"), soft_wrap=True)


def outcome(console: Console, result: Outcome, lang: Lang) -> None:
    """Print what a solve found and where it is."""
    words, summary = WORDS[lang], result.summary
    if not result.has_plan:
        for note in summary["notes"]:
            console.print(Text(f"{words['note']}: {note[lang]}"), soft_wrap=True)
        known = summary["status"] == "infeasible"
        explanation(console, result.explanation.get(lang, ()), lang) if known else console.print(words["no_plan"])
        return
    unit = summary["objective_unit"]
    checked = summary["audit"]
    verdict = words["passed"] if checked["passed"] else words["failed"]
    bound = "upper_bound" if summary["sense"] == "maximise" else "bound"
    rows = [
        ("status", f"{summary['status']} ({summary['termination']})"),
        ("method", f"{summary['method']}: {summary['options']['method_reason'][lang]}"),
        *(("note", note[lang]) for note in summary["notes"]),
        ("objective", f"{_amount(summary['objective'])} {unit}"),
        (bound, f"{_amount(summary['bound'])} {unit} ({summary['bound_by']})"),
        ("gap", "" if summary["gap"] is None else f"{summary['gap']:.2e}"),
        *((("constant", f"{summary['objective_constant']:,.0f} {unit}"),) if summary["kind"] != "restoration" else ()),
        ("audit", f"{verdict}, {checked['checks']:,} {words['checks']}"),
        ("seconds", ", ".join(f"{name} {value:.1f}" for name, value in summary["seconds"].items())),
        ("results", str(result.folder)),
    ]
    grid = Table.grid(padding=(0, 2))
    for name, value in rows:
        grid.add_row(Text(words[name], style="bold"), Text(value))
    console.print(grid)
    for line in result.failures:
        console.print(Text(line, style="red"), soft_wrap=True)


def _amount(value: float | None) -> str:
    """Write an objective or bound: two digits, more of what is small; a dash where there is none."""
    if value is None:
        return "-"
    return f"{value:,.2f}" if abs(value) >= 100 else f"{value:,.6g}"


def explanation(console: Console, lines: Sequence[str], lang: Lang = "zh") -> None:
    """Print why there is no plan."""
    console.print(Text(WORDS[lang]["infeasible"], style="bold"))
    for line in lines:
        console.print(Text(f"  {line}"), soft_wrap=True)


def audit(console: Console, report: AuditReport) -> None:
    """Print the verdict of an audit and every failure."""
    counts = report.to_dict()
    verdict = "passed 通过" if report.passed else "FAILED 未通过"
    console.print(f"audit {verdict}: {counts['checks']:,} checks, {counts['failed']:,} failed", highlight=False)
    for line in report.lines():
        console.print(Text(f"  {line}"), soft_wrap=True)


def profile(console: Console, instance: Instance, found: Profile, lang: Lang) -> None:
    """Print the profile of an instance."""
    words, about = WORDS[lang], instance.settings.instance
    console.print(Text(about.title_zh if lang == "zh" else about.title_en, style="bold"))
    for name in ("size", "areas", "rules", "scaling"):
        table(console, words[name], getattr(found, name))
    if found.beyond.empty:
        console.print(words["reachable"])
    else:
        table(console, words["beyond"], found.beyond)


def table(console: Console, title: str, frame: pd.DataFrame, note: str = "") -> None:
    """Print a DataFrame with its figures aligned."""
    grid = Table(
        title=title, title_justify="left", title_style="bold", box=None, header_style="dim", caption=note or None
    )
    grid.caption_justify = "left"
    for name in frame.columns:
        numeric = frame[name].dtype.kind in "biufc"
        grid.add_column(Text(str(name)), justify="right" if numeric else "left", overflow="fold")
    for row in frame.itertuples(index=False):
        grid.add_row(*(Text(_cell(value)) for value in row))
    console.print(grid)
    console.print()


def head(console: Console, title: str, frame: pd.DataFrame) -> None:
    """Print the first rows of a DataFrame, and how many more it has."""
    more = len(frame) - MOST_ROWS
    table(console, title, frame.head(MOST_ROWS), f"... {more:,}" if more > 0 else "")


def _cell(value: object) -> str:
    from pandas import NA  # not above: it takes longer to import than the help to print

    if value is None or value is NA or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, float):
        size = abs(value)
        if size >= 1e7 or 0 < size < 1e-3:
            return f"{value:.3g}"
        digits = 2 if size < 1e3 else 1 if size < 1e5 else 0
        return f"{value:z,.{digits}f}"
    if isinstance(value, int):
        return str(value) if YEARS[0] <= value <= YEARS[1] else f"{value:,}"
    return str(value)
