"""`sanqu study`: many scenarios of one instance, made, solved and compared (情景研究)."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003 - the command line reads annotations
from typing import TYPE_CHECKING, Annotated

import typer

from optimizer import show
from optimizer.commands.common import (
    AUDIT_FAILED,
    FAILED,
    INFEASIBLE,
    NO_PLAN,
    OK,
    DebugOption,
    ForceOption,
    LangOption,
    error_console,
    guarded,
    out_console,
)
from optimizer.commands.parts import bound, split

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optimizer.report.text import Lang
    from optimizer.studies.tasks import Ended

study_app = typer.Typer(
    no_args_is_help=True,
    help="What-if studies: scenarios side by side. 情景研究",
    epilog="Try: [bold]sanqu study run weihai-carbon --out results/carbon[/bold]",
)

WORDS: dict[Lang, dict[str, str]] = {
    "zh": {
        "title": "情景",
        "studies": "自带的情景研究",
        "study": "研究",
        "base": "基础实例",
        "scenarios": "情景数",
        "scenario": "情景",
        "status": "状态",
        "objective": "目标值",
        "bound": "下界",
        "gap": "相对差距",
        "unit": "单位",
        "seconds": "秒",
        "audit": "独立核验",
        "called": "名称",
        "changes": "改动",
        "from": "承自",
        "kept": "沿用已有结果",
        "sound": "研究文件无误，各情景实例均可读取。",
        "written": "已写入",
        "counts": "{done} 项完成，{kept} 项沿用已有结果，{failed} 项未成",
    },
    "en": {
        "title": "Scenarios",
        "studies": "Bundled studies",
        "study": "study",
        "base": "base",
        "scenarios": "scenarios",
        "scenario": "scenario",
        "status": "status",
        "objective": "objective",
        "bound": "bound",
        "gap": "gap",
        "audit": "audit",
        "called": "called",
        "changes": "changes",
        "from": "from",
        "kept": "kept from an earlier run",
        "sound": "The study is sound, and the instance of every scenario can be read.",
        "written": "written to",
        "counts": "{done} tasks done, {kept} kept from an earlier run, {failed} failed",
    },
}

KEPT = "what is finished is kept: run the same command again. 已中断：已完成的结果均已保存，重新运行即可继续。"
"""What is said where a run is broken off."""

FileArgument = Annotated[str, typer.Argument(metavar="STUDY", help="A study file (TOML), or a bundled name.")]
WorkersOption = Annotated[int, typer.Option(min=0, help="Processes on this machine; 0: one a core, 1: none beside.")]
SchedulerOption = Annotated[str, typer.Option(help="Address of a Dask scheduler, as tcp://10.0.0.1:8786.")]


@study_app.command(epilog="Example: [bold]sanqu study run weihai-carbon --out results/carbon --lang en[/bold]")
@guarded
def run(
    study: FileArgument,
    out: Annotated[Path, typer.Option(help="Folder of the study; a run that was broken off goes on there.")],
    workers: WorkersOption = 0,
    scheduler: SchedulerOption = "",
    lang: LangOption = "zh",
    debug: DebugOption = False,
) -> int:
    """Solve every scenario of a study side by side, audit and compare them (求解并比较各情景)."""
    from optimizer.studies.library import study_path
    from optimizer.studies.run import run_study
    from optimizer.studies.runners import ClusterLostError

    try:
        with show.TaskProgress(error_console, WORDS[lang]["kept"]) as watcher:
            ended = run_study(study_path(study), out, lang, watcher, workers, scheduler)
    except ClusterLostError as error:
        error_console.print(f"{error}; {KEPT}", markup=False)
        return FAILED
    except KeyboardInterrupt:
        error_console.print(f"Interrupted; {KEPT}")
        return FAILED
    _print(ended, lang)
    if debug:
        for one in ended.values():
            error_console.print(one.trace, end="", markup=False, highlight=False)
    out_console.print(f"{WORDS[lang]['written']} {out}", markup=False)
    return _code(ended, out)


@study_app.command(epilog="Example: [bold]sanqu study check my_study.toml[/bold]")
@guarded
def check(study: FileArgument, lang: LangOption = "zh", debug: DebugOption = False) -> int:
    """Read a study file, make the instance of every scenario and check it, without solving (检查研究文件)."""
    from optimizer.studies.library import study_path
    from optimizer.studies.run import check_study

    table = check_study(study_path(study), lang)
    names = {name: WORDS[lang].get(name, name) for name in table.columns}
    show.table(out_console, WORDS[lang]["title"], table.rename(columns=names))
    out_console.print(WORDS[lang]["sound"])
    return OK


@study_app.command(epilog="Example: [bold]sanqu study report results/carbon --lang en --out carbon-en[/bold]")
@guarded
def report(
    studydir: Annotated[Path, typer.Argument(metavar="STUDYDIR", help="Folder that `sanqu study run` wrote.")],
    lang: LangOption = "zh",
    out: Annotated[Path | None, typer.Option(help="Folder to write; default STUDYDIR/comparison, replaced.")] = None,
    force: ForceOption = False,
    debug: DebugOption = False,
) -> int:
    """Write page, workbook and CSV of a study again, in Chinese or English (重新生成情景对比)."""
    from optimizer.results.folder import new_folder
    from optimizer.studies.compare.gather import require_study
    from optimizer.studies.compare.write import COMPARISON, PAGE, write_comparison

    require_study(studydir)
    target = studydir / COMPARISON if out is None else out
    with new_folder(target, force or out is None, (studydir,)) as folder:
        write_comparison(folder, studydir.absolute(), lang)
    out_console.print(str(target / PAGE), markup=False, highlight=False)
    return OK


@study_app.command("list", epilog="Example: [bold]sanqu study list --lang en[/bold]")
@guarded
def list_(lang: LangOption = "zh", debug: DebugOption = False) -> int:
    """List the bundled studies: name, title, base instance, number of scenarios (自带研究)."""
    from optimizer.studies.library import studies_table

    table = studies_table(lang)
    names = {name: WORDS[lang].get(name, name) for name in table.columns}
    show.table(out_console, WORDS[lang]["studies"], table.rename(columns=names))
    return OK


study_app.command(epilog="Example: [bold]sanqu study split province province-parts --parts 8[/bold]")(split)
study_app.command(epilog="Example: [bold]sanqu study bound province-parts --workers 8 --out bound.json[/bold]")(bound)


def _print(ended: Mapping[str, Ended], lang: Lang) -> None:
    """Print one line a scenario, what was wrong with what failed, and how much was done."""
    from optimizer.studies.manifest import faults_of
    from optimizer.studies.tables import scenario_lines

    words = WORDS[lang]
    table = scenario_lines(ended)
    show.table(
        out_console, words["title"], table.rename(columns={name: words.get(name, name) for name in table.columns})
    )
    for one in ended.values():
        for told in faults_of(one):
            error_console.print(f"error: {told[lang]}", markup=False, highlight=False, soft_wrap=True)
        for line in one.record.get("explanation", {}).get(lang, ()):
            error_console.print(f"{one.folder}: {line}", markup=False)
    kept, failed = (sum(getattr(one, name) for one in ended.values()) for name in ("kept", "failed"))
    counts = {"done": len(ended) - kept - failed, "kept": kept, "failed": failed}
    out_console.print(words["counts"].format(**counts), highlight=False)


def _code(ended: Mapping[str, Ended], out: Path) -> int:
    """Return the exit code: of the worst that came of any task; of analyses, that no plan exists is an answer."""
    scenarios = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["scenarios"]
    found = {one.get("status", "failed") for one in scenarios}
    if any(one.failed for one in ended.values()):
        return FAILED
    if any(one.record.get("audit_passed") is False for one in ended.values()):
        return AUDIT_FAILED
    if "infeasible" in found:
        return INFEASIBLE
    return OK if found <= {"optimal", "feasible"} else NO_PLAN
