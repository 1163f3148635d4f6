"""The command `sanqu`."""

from __future__ import annotations

import json
import sys
from pathlib import Path  # noqa: TC003 - the command line reads annotations
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from instances.faults import Fault, InstanceError, raise_if_any
from optimizer import show
from optimizer.commands.after_solve import add_commands
from optimizer.commands.common import (
    AUDIT_FAILED,
    INFEASIBLE,
    NO_PLAN,
    OK,
    DebugOption,
    ForceOption,
    InstanceArgument,
    LangOption,
    ThreadsOption,
    error_console,
    guarded,
    made_instance,
    out_console,
)
from optimizer.commands.correct import correct
from optimizer.commands.exporters import export_app
from optimizer.commands.gate import gate
from optimizer.commands.importers import import_app
from optimizer.commands.monitor import monitor
from optimizer.commands.new_dltb import new_dltb
from optimizer.commands.new_network import new_network
from optimizer.commands.new_sites import new_sites
from optimizer.commands.report import report
from optimizer.commands.siting import potential, route
from optimizer.commands.study import study_app
from optimizer.commands.why import why

if TYPE_CHECKING:
    from optimizer.infeasibility.explanation import Explanation
    from optimizer.infeasibility.network_words import NetworkExplanation
    from optimizer.infeasibility.site_words import SiteExplanation

app = typer.Typer(
    name="sanqu",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Sanqu (三区): exact land-use structure optimiser for territorial spatial planning. 国土空间用地结构精确优化",
    epilog="Try: [bold]sanqu solve weihai --out results/weihai[/bold]",
)
app.add_typer(import_app, name="import")
app.add_typer(export_app, name="export")
app.add_typer(study_app, name="study")
app.command(epilog="Example: [bold]sanqu new-dltb made --parcels 3000 --seed 1[/bold]")(new_dltb)
app.command(epilog="Example: [bold]sanqu new-sites made --units 10000 --features 10 --boundary[/bold]")(new_sites)
app.command(epilog="Example: [bold]sanqu new-network grid --buses 50 --candidates 50[/bold]")(new_network)
app.command(epilog="Example: [bold]sanqu potential county county-sites --source layers --config potential.toml[/bold]")(
    potential
)
app.command(epilog="Example: [bold]sanqu route county-sites county-lines --source layers --config route.toml[/bold]")(
    route
)
app.command(epilog="Example: [bold]sanqu why weihai results/weihai --zone rs0191[/bold]")(why)
app.command(epilog="Example: [bold]sanqu gate weihai-land results/land plant.geojson --out results/plant[/bold]")(gate)
app.command(epilog="Example: [bold]sanqu correct weihai-land drawn --swaps 5 --out results/mended[/bold]")(correct)
app.command(
    epilog="Example: [bold]sanqu monitor tiny results/tiny --observed cover.csv --year 2030 --out results/2030[/bold]"
)(monitor)
app.command(epilog="Example: [bold]sanqu report weihai results/weihai --lang en --out report-en.html[/bold]")(report)
add_commands(app)


def _one_of(name: str, value: str | None, allowed: tuple[str, ...]) -> None:
    if value is not None and value not in allowed:
        raise InstanceError([Fault(f"--{name}", f"{value!r} is not known", f"one of {', '.join(allowed)}")])


@app.command(
    epilog="Examples:\n\n[bold]sanqu solve weihai --out results/weihai[/bold]\n\n"
    "[bold]sanqu solve my_county --out plan --objective cost --lang en --without slope[/bold]"
)
@guarded
def solve(
    instance: InstanceArgument,
    out: Annotated[Path, typer.Option(help="Folder for the results; must not exist (see --force).")],
    method: Annotated[str, typer.Option(help="auto, direct, core or decompose.")] = "auto",
    gap: Annotated[float, typer.Option(min=0.0, help="Proven gap to reach, relative to the cost moved.")] = 1e-4,
    time_limit: Annotated[float | None, typer.Option(min=0.0, help="Seconds for the solve.")] = None,
    threads: ThreadsOption = 0,
    seed: Annotated[int, typer.Option(min=0, help="Random seed of HiGHS.")] = 0,
    objective: Annotated[
        Literal["emissions", "cost", "weighted"] | None,
        typer.Option(help="What to minimise; default as the instance says."),
    ] = None,
    mode: Annotated[Literal["flux", "stock"] | None, typer.Option(help="Carbon accounting of land.")] = None,
    without: Annotated[list[str] | None, typer.Option(help="Switch a rule off, by name; may be repeated.")] = None,
    extra: Annotated[
        list[Path] | None, typer.Option(help="Python file of further constraints (it is run); may be repeated.")
    ] = None,
    lang: LangOption = "zh",
    force: ForceOption = False,
    debug: DebugOption = False,
) -> int:
    """Find the best plan, prove it, audit it and write the results (求解、证明、核验并输出成果)."""
    from optimizer.methods import METHODS
    from optimizer.results.solution import SolveOptions
    from optimizer.solve import StudyOptions
    from optimizer.solve import solve as solve_instance

    _one_of("method", method, ("auto", *METHODS))
    limit = float("inf") if time_limit is None else time_limit
    options = StudyOptions(
        solve=SolveOptions(gap=gap, time_limit_s=limit, threads=threads, seed=seed),
        method=method,
        objective=objective,
        mode=mode,
        without=tuple(without or ()),
        lang=lang,
        force=force,
        extra=tuple(extra or ()),
    )
    with show.StageProgress(error_console) as progress:
        outcome = solve_instance(instance, out, options, progress)
    show.outcome(out_console, outcome, lang)
    if not outcome.has_plan:
        return INFEASIBLE if outcome.summary["status"] == "infeasible" else NO_PLAN
    return OK if outcome.audit_passed else AUDIT_FAILED


@app.command(epilog="Example: [bold]sanqu check weihai[/bold]")
@guarded
def check(instance: InstanceArgument, lang: LangOption = "zh", debug: DebugOption = False) -> int:
    """Validate an instance and print its profile: areas, rules, scaling, targets beyond reach (检查实例)."""
    from formulations.assemble import assemble, land_block
    from instances.instance import load
    from instances.peak_checks import height_warnings
    from instances.quota_levels import level_warnings
    from instances.readers.geometry import area_warnings, shape_faults
    from optimizer.commands.network_check import check_network, warn_of_network
    from optimizer.commands.site_check import check_sites
    from optimizer.results.profile import profile

    loaded = load(instance)
    raise_if_any(shape_faults(loaded))
    if loaded.network is not None:
        check_network(loaded, lang)
        warn_of_network(loaded)
    if loaded.land is None and loaded.restoration is not None:
        check_sites(loaded, lang)
    if loaded.land is None:
        return OK
    block = land_block(loaded)
    show.profile(out_console, loaded, profile(block, assemble(block)), lang)
    show.warnings(error_console, area_warnings(loaded))
    for warnings in (level_warnings, height_warnings):
        show.warnings(error_console, warnings(loaded.folder, loaded.require_land(), loaded.settings))
    return OK


@app.command(epilog="Example: [bold]sanqu account weihai --lang en[/bold]")
@guarded
def account(instance: InstanceArgument, lang: LangOption = "zh", debug: DebugOption = False) -> int:
    """Print the present carbon ledger: sinks by class, KAYA, end uses (现状碳账)."""
    from instances.instance import load
    from optimizer.results.account import account_tables

    for table in account_tables(load(instance), lang):
        show.table(out_console, table.title, table.frame, table.note)
    return OK


@app.command(epilog="Example: [bold]sanqu audit weihai results/weihai[/bold]")
@guarded
def audit(
    instance: InstanceArgument,
    plandir: Annotated[Path, typer.Argument(help="Folder of a solve, or one with moves.parquet or moves.csv.")],
    debug: DebugOption = False,
) -> int:
    """Recompute a plan from the raw tables, with code that shares nothing with the model (独立核验)."""
    from instances.instance import resolve
    from optimizer.results.audit import AuditInputError
    from optimizer.results.audit import audit as audit_plan

    try:
        report = audit_plan(resolve(instance), plandir)
    except AuditInputError as error:
        problem = str(error).removeprefix(f"{error.file}: ")
        raise InstanceError([Fault(error.file, problem, "a plan is what sanqu solve writes")]) from error
    if _has_changed(resolve(instance), plandir):
        error_console.print("The instance has changed since the plan was made. 方案生成后实例已改动。")
    show.audit(out_console, report)
    return OK if report.passed else AUDIT_FAILED


def _has_changed(instance: Path, plandir: Path) -> bool:
    """Whether a plan names another state of its instance; false where it names none."""
    from instances.instance import hash_folder

    try:
        stated = json.loads((plandir / "summary.json").read_text(encoding="utf-8")).get("instance_hash")
    except (OSError, ValueError, AttributeError):
        return False
    return stated is not None and stated != hash_folder(instance)


@app.command(epilog="Example: [bold]sanqu explain my_county[/bold]")
@guarded
def explain(
    instance: InstanceArgument,
    mode: Annotated[Literal["flux", "stock"] | None, typer.Option(help="Carbon accounting of land.")] = None,
    without: Annotated[list[str] | None, typer.Option(help="Switch a rule off, by name; may be repeated.")] = None,
    extra: Annotated[
        list[Path] | None, typer.Option(help="Python file of further constraints (it is run); may be repeated.")
    ] = None,
    lang: LangOption = "zh",
    debug: DebugOption = False,
) -> int:
    """Say which rules clash and by how much, where no plan meets them all (不可行原因)."""
    from formulations.assemble import assemble, land_block
    from instances.instance import load
    from optimizer.infeasibility import explain as explain_clash
    from optimizer.results.solution import SolveOptions
    from optimizer.solve import StudyOptions, overridden, with_extra
    from optimizer.solve_sites import explain_study

    options = StudyOptions(mode=mode, without=tuple(without or ()), extra=tuple(extra or ()))
    loaded = overridden(load(instance), options)
    explanation: Explanation | SiteExplanation | NetworkExplanation
    if loaded.land is None and loaded.restoration is not None:
        explanation = explain_study(loaded, options)
    elif loaded.land is None and loaded.network is not None:
        from optimizer.solve_network import explain_study as explain_network_study

        explanation = explain_network_study(loaded, options)
    else:
        block = land_block(loaded, options.without)
        program, _ = with_extra(assemble(block), block, options.extra)
        explanation = explain_clash(loaded, block, program, SolveOptions())
    if explanation.clashes and explanation.certain:
        show.explanation(out_console, explanation.lines(lang), lang)
        return INFEASIBLE
    known = explanation.proven and not explanation.clashes
    out_console.print(show.WORDS[lang]["feasible" if known else "no_plan"])
    return OK if known else NO_PLAN


@app.command(epilog="Example: [bold]sanqu new made --zones 100000 --seed 1 --regions 20 --quotas 3 --whole 0.2[/bold]")
@guarded
def new(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder for the instance; must not exist (see --force).")
    ],
    zones: Annotated[int, typer.Option(min=1, max=4_000_000, help="Number of zones.")],
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same instance.")] = 0,
    classes: Annotated[int, typer.Option(help="Number of land classes.")] = 7,
    regions: Annotated[int, typer.Option(help="Number of leaf regions.")] = 4,
    quotas: Annotated[int, typer.Option(help="Regional quotas a region.")] = 0,
    claims: Annotated[
        bool, typer.Option("--claims", help="Give each class a least and a greatest area a region.")
    ] = False,
    projects: Annotated[int, typer.Option(help="Number of restoration projects.")] = 0,
    periods: Annotated[int, typer.Option(help="Number of planning periods.")] = 1,
    whole: Annotated[float, typer.Option(help="Share of zones that change as a whole or not at all.")] = 0.0,
    neighbours: Annotated[
        bool, typer.Option("--neighbours", help="Write which zones share a border, and how long it is.")
    ] = False,
    compactness: Annotated[
        float, typer.Option(help="Penalty on a km of border of the built land, 10k CNY; 0 = none.")
    ] = 0.0,
    network: Annotated[int, typer.Option(help="Buses of a power network planned with the land; 0 = none.")] = 0,
    hours: Annotated[int, typer.Option(help="Snapshots of each of its four representative days.")] = 24,
    lang: LangOption = "zh",
    force: ForceOption = False,
    debug: DebugOption = False,
) -> int:
    """Make a synthetic instance, feasible by construction (生成合成实例)."""
    from instances.synthetic import generate
    from optimizer.results.folder import new_folder

    try:
        with show.StageProgress(error_console) as progress, new_folder(folder, force) as working:
            progress.stage("generate")
            name = folder.resolve().name
            sizes = (zones, seed, classes, regions, quotas, claims, projects, periods, whole)
            made = generate(working / name, *sizes, neighbours, compactness, network, hours)
            for path in [*made.iterdir()]:
                path.rename(working / path.name)
            made.rmdir()
    except InstanceError:
        raise
    except ValueError as error:
        raise InstanceError([Fault("sanqu new", str(error))]) from error
    made_instance({"zh": f"{zones:,} 个空间单元", "en": f"{zones:,} zones"}[lang], folder, lang)
    return OK


def main() -> None:
    """Run the command."""
    sys.exit(app())
