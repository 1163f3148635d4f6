"""`sanqu potential` and `sanqu route`: sites and corridors from land layers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from optimizer import show
from optimizer.commands.common import (
    OK,
    DebugOption,
    ForceOption,
    InstanceArgument,
    LangOption,
    error_console,
    guarded,
    out_console,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from instances.instance import Instance
    from instances.siting.potential import Potential
    from instances.siting.run import RouteReport
    from optimizer.report.text import Lang

Report = TypeVar("Report")
"""What a search tells of what it found."""

OutArgument = Annotated[
    Path, typer.Argument(metavar="NEW", help="Folder for the instance with them; must not exist (see --force).")
]
SourceOption = Annotated[Path, typer.Option(help="Folder that holds the layers the config names.")]
ConfigOption = Annotated[Path, typer.Option(help="TOML file that says what the layers are and what is asked.")]

TITLES: dict[Lang, dict[str, str]] = {
    "zh": {"account": "各条件排除的面积 (公顷)", "sites": "场址", "routes": "线路走廊"},
    "en": {"account": "Hectares that each criterion takes", "sites": "Sites", "routes": "Corridors"},
}


@guarded
def potential(
    instance: InstanceArgument,
    out: OutArgument,
    config: ConfigOption,
    source: SourceOption = Path(),
    lang: LangOption = "zh",
    force: ForceOption = False,
    debug: DebugOption = False,
) -> int:
    """Find land where solar, wind and storage may stand, and write it as sites (新能源适宜用地与场址)."""
    from instances.siting.run import potential as find

    found = _found("potential", find, instance, out, config, source, force)
    show.table(out_console, TITLES[lang]["account"], account_table(found, lang), _note(lang))
    show.table(out_console, TITLES[lang]["sites"], sites_table(found, lang))
    closing = {"zh": "场址图层：{0}/potential.gpkg", "en": "Layer of the sites: {0}/potential.gpkg"}
    out_console.print(closing[lang].format(out), markup=False, soft_wrap=True)
    return OK


def _found(
    stage: str,
    find: Callable[[Instance, Path, Path, Path], Report],
    instance: str,
    out: Path,
    config: Path,
    source: Path,
    force: bool,
) -> Report:
    """Return what is found for an instance on the layers of a config, written to a new folder."""
    from instances.instance import load
    from optimizer.results.folder import new_folder

    with show.StageProgress(error_console) as progress:
        progress.stage(stage)
        given = load(instance)
        with new_folder(out, force, (given.folder, source, config)) as folder:
            return find(given, source, config, folder)


def _note(lang: Lang) -> str:
    return {
        "en": "alone: what it takes by itself; in order: what earlier ones left; no figure: no layer has that role",
        "zh": "单独：该条件单独排除；依次：在前列条件之后再排除；空白：无此图层",
    }[lang]


def account_table(found: Potential, lang: Lang) -> pd.DataFrame:
    """Return the account of criteria in words."""
    account = found.account
    heads = {
        "en": ("technology", "criterion", "value", "unit", "alone", "in order", "left", "status"),
        "zh": ("技术", "条件", "数值", "单位", "单独", "依次", "剩余", "可靠程度"),
    }[lang]
    columns = ["technology", f"name_{lang}", "value", "unit", "alone_ha", "in_order_ha", "left_ha", "status"]
    table = account[columns].set_axis(list(heads), axis=1)
    for name in (heads[2], heads[4], heads[5], heads[6]):
        table[name] = ["" if value != value else f"{value:,.2f}" for value in table[name].astype(float)]
    return table.fillna("")


def sites_table(found: Potential, lang: Lang) -> pd.DataFrame:
    """Return number, hectares and capacity of the sites by technology."""
    sites = found.sites.groupby("technology", sort=False).agg(
        sites=("site", "size"), area_ha=("area_ha", "sum"), potential_mw=("potential_mw", "sum")
    )
    sites = sites.reindex(found.account["technology"].unique(), fill_value=0).rename_axis("technology")
    heads = {"en": ["technology", "sites", "ha", "MW"], "zh": ["技术", "场址数", "公顷", "MW"]}[lang]
    return sites.round(1).reset_index().set_axis(heads, axis=1)


@guarded
def route(
    instance: InstanceArgument,
    out: OutArgument,
    config: ConfigOption,
    source: SourceOption = Path(),
    lang: LangOption = "zh",
    force: ForceOption = False,
    debug: DebugOption = False,
) -> int:
    """Find routes for lines between buses and sites, and the trunks they can share (输电线路走廊比选)."""
    from instances.siting.run import route as find

    report = _found("route", find, instance, out, config, source, force)
    show.table(out_console, TITLES[lang]["routes"], routes_table(report, lang), _closing(report, out, lang))
    return OK


def routes_table(report: RouteReport, lang: Lang) -> pd.DataFrame:
    """Return the routes: ends, voltage class, length, cost of a line alone, segments."""
    heads = {
        "en": ["corridor", "from", "to", "voltage", "km", "cost alone", "segments"],
        "zh": ["走廊", "起点", "终点", "电压级", "公里", "单独建设费用", "区段数"],
    }[lang]
    count = report.corridors.corridors.groupby("corridor").size()
    table = report.corridors.candidates[
        ["corridor", "from_bus", "to_bus", "voltage_class", "length_km", "route_cost"]
    ].round(2)
    return table.assign(segments=table["corridor"].map(count)).set_axis(heads, axis=1)


def _closing(report: RouteReport, out: Path, lang: Lang) -> str:
    segments, shared = len(report.corridors.segments), _shared_km(report)
    figures = (segments, shared, report.strip_ha, report.overlap_ha, report.outside_ha, out)
    words = {
        "en": "{0:,} segments, {1:,.1f} km of them in several corridors; strips {2:,.1f} ha "
        "({3:,.2f} ha met and count once, {4:,.2f} ha lie outside the zones); layers: {5}/routes.gpkg",
        "zh": "共 {0:,} 个区段，其中 {1:,.1f} 公里为多条走廊共用；走廊带 {2:,.1f} 公顷"
        "（相交 {3:,.2f} 公顷只计一次，{4:,.2f} 公顷在空间单元之外）；图层：{5}/routes.gpkg",
    }
    return words[lang].format(*figures)


def _shared_km(report: RouteReport) -> float:
    times = report.corridors.corridors.groupby("segment").size()
    segments = report.corridors.segments.set_index("segment")["length_km"]
    return float(segments[times.reindex(segments.index) > 1].sum())
