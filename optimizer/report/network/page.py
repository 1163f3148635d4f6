"""The report of a network plan: a page of its own, or a section on the page of a land plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import to_hex

from optimizer.report.drawing import svg
from optimizer.report.figures import Table
from optimizer.report.maps import rgb
from optimizer.report.network import sections
from optimizer.report.network.dispatch import dispatch_drawing, dispatch_legend
from optimizer.report.network.duration import duration_drawings
from optimizer.report.network.loading import loading_drawing, loading_legend
from optimizer.report.network.maps import joint_map, network_map
from optimizer.report.network.pictures import network_drawings
from optimizer.report.network.text import network_text
from optimizer.report.network.tiles import tiles
from optimizer.report.network.timeline import timeline
from optimizer.report.network.view import NetworkView
from optimizer.report.page import environment_of, frame_of
from optimizer.report.pictures import write_drawings
from optimizer.report.sections import Head, audit_counts, audit_words, class_names, course
from optimizer.report.sites.maps import Entry
from optimizer.report.text import number, significant, small, text_or_key
from optimizer.results.colors import class_colors
from optimizer.results.network.land import facility_ha, land_table
from optimizer.results.terms import term

if TYPE_CHECKING:
    from pathlib import Path

    from markupsafe import Markup

    from instances.instance import Instance
    from optimizer.report.drawing import Drawing
    from optimizer.report.network.maps import NetworkMap
    from optimizer.report.page import ReportInput
    from optimizer.results.network.reading import NetworkPlan
    from optimizer.results.terms import Lang

TEMPLATE = "network/template.html"
_PALE = 0.3
"""Strength of the colours of the land behind a network."""


@dataclass(frozen=True)
class NetworkReport:
    """All that a report of a network alone shows; `audit` as `audit.json`, or what the summary repeats of it."""

    instance: Instance
    summary: dict[str, Any]
    plan: NetworkPlan
    audit: dict[str, Any]
    lang: Lang = "zh"


@dataclass(frozen=True)
class Staged:
    """A figure of a stage and the year of the stage, empty where time is not stated."""

    year: str
    drawing: Markup


@dataclass(frozen=True)
class LandTaken:
    """Hectares taken by technologies and class, and what is said of those that are converted."""

    table: Table | None
    converted: str


@dataclass(frozen=True)
class NetworkParts:
    """What the templates show of a network plan."""

    map: NetworkMap | None
    drawing: Markup | None
    technologies: Table | None
    sites: sections.Listed | None
    extended: sections.Listed | None
    builds: sections.Listed | None
    segments: sections.Listed | None
    dispatch: tuple[Staged, ...]
    days: bool
    merged: int
    legend: tuple[Entry, ...]
    duration: tuple[Markup, ...]
    loading: tuple[Staged, ...]
    loading_legend: tuple[Entry, ...]
    prices: sections.Listed | None
    prices_about: str
    no_prices: str
    supply: Table | None
    memo: tuple[str, ...]
    costs: Table | None
    costs_about: str
    limits: tuple[sections.LimitRow, ...]
    idle: bool = False
    """Nothing feeds and nothing draws, as in a tree: there is no operation to show."""
    land: LandTaken | None = None


def parts_of(view: NetworkView, shown: NetworkMap | None, adds: bool) -> NetworkParts:
    """Return what is shown of a plan with its map; `adds` says that the costs add up to the objective.

    A single snapshot has no course of time to draw.
    """
    stages = range(len(view.plan.years))
    moments = stages if view.plan.network.n_snapshots > 1 else range(0)
    goal = view.t(f"goal_{view.goal}")
    loading = [(view.stage_name(stage), loading_drawing(view, stage)) for stage in stages]
    return NetworkParts(
        map=shown,
        drawing=None if shown is None else svg(shown.drawing),
        technologies=sections.by_technology(view),
        sites=sections.sites(view),
        extended=sections.extended(view),
        builds=sections.builds(view),
        segments=sections.segments(view),
        dispatch=tuple(Staged(view.stage_name(stage), svg(dispatch_drawing(view, stage))) for stage in moments),
        days=len(np.unique(view.plan.network.day_codes)) > 1,
        merged=timeline(view.plan.network).merged,
        legend=dispatch_legend(view),
        duration=tuple(svg(drawing) for drawing in duration_drawings(view) if moments),
        loading=tuple(Staged(year, svg(drawing)) for year, drawing in loading if drawing is not None),
        loading_legend=loading_legend(),
        prices=sections.bus_prices(view),
        prices_about=view.t("prices_about", goal=goal, unit=view.price_unit),
        no_prices=view.t("no_prices") if view.price is None else view.t("free_prices", goal=goal),
        supply=sections.supply(view),
        memo=sections.memo(view),
        costs=sections.costs(view),
        costs_about=view.t("costs_about", money=view.money, adds=view.t("costs_add") if adds else ""),
        limits=sections.limits(view),
        idle=view.idle,
    )


def render_network(report: NetworkReport) -> str:
    """Return the page of a network alone as HTML."""
    lang, goal = report.lang, _goal(report)
    view = NetworkView(report.plan, lang, goal)
    environment = environment_of(lang, TEMPLATE)
    environment.globals["t"] = environment.globals["e"] = lambda key, **values: network_text(lang, key, **values)
    shown = network_map(view, report.instance)
    return environment.get_template(TEMPLATE).render(
        **frame_of(report.instance, report.summary, lang),
        head=_head(report, view),
        tiles=tiles(view, report.summary),
        proof=_proof(report),
        audit_counts=audit_counts(report.audit, lang),
        n=parts_of(view, shown, adds=goal == "cost"),
    )


def write_network_report(path: Path, report: NetworkReport) -> None:
    """Write the page to a file."""
    path.write_text(render_network(report), encoding="utf-8")


def _goal(report: NetworkReport) -> str:
    return str((report.summary.get("options") or {}).get("objective") or "cost")


def _head(report: NetworkReport, view: NetworkView) -> Head:
    network, lang = report.plan.network, report.lang
    status = str(report.summary.get("status", "error"))
    wires = len(network["lines"]) + len(network["links"])
    days = len(np.unique(network.day_codes))
    one = network.n_snapshots == 1
    time = view.t("facts_time_one") if one else view.t("facts_time", snapshots=number(network.n_snapshots, 0))
    if days > 1:
        time += " · " + view.t("facts_days", days=number(days, 0))
    years = " · ".join(str(year) for year in network.stage_years if year)
    facts = (
        view.t(
            "facts_size",
            buses=number(network.n_buses, 0),
            lines=number(wires, 0),
            candidates=number(len(network["candidates"]), 0),
        ),
        time,
        *([view.t("facts_periods", periods=years)] if years else []),
        *([] if view.idle else [view.t(f"flow_{network.settings.power_flow}")]),
        audit_words(report.audit, lang, "audit_ok", "audit_bad"),
    )
    good = status in ("optimal", "feasible") and bool(report.audit.get("passed"))
    return Head(text_or_key(lang, "status", status), good, facts)


def _proof(report: NetworkReport) -> tuple[tuple[str, str], ...]:
    summary, lang = report.summary, report.lang
    unit = term("unit", str(summary.get("objective_unit") or ""), lang)
    both = summary.get("objectives") or {}
    units = {"cost": term("unit", report.plan.network.settings.money, lang), "emissions": term("unit", "tCO2e", lang)}
    beside = {
        f"objective_{name}": f"{significant(value, 9)} {units[name]}" for name, value in both.items() if name in units
    }
    rows = {
        "objective": f"{significant(summary.get('objective'), 9)} {unit}",
        "bound": f"{significant(summary.get('bound'), 9)} {unit}",
        "gap": small(summary.get("gap")),
        "gap_abs": significant(summary.get("gap_abs"), 3),
        **beside,
        "objective_constant": f"{significant(summary.get('objective_constant'), 9)} {unit}",
        **course(summary, report.audit, report.instance.hash, lang),
    }
    return tuple((network_text(lang, key), value) for key, value in rows.items())


def joint_network(report: ReportInput) -> NetworkParts | None:
    """Return what the page of a land plan shows of its network; None where land is planned without one."""
    if report.network is None:
        return None
    view, shown = _over_land(report, report.lang)
    return replace(parts_of(view, shown, adds=False), land=land_taken(report, view))


def joint_drawings(report: ReportInput, lang: Lang, *, latin: bool) -> dict[str, Drawing]:
    """Return the figures of a network that is planned with land, by file name; `latin` for PNG."""
    return network_drawings(*_over_land(report, lang), latin=latin)


def write_alone_figures(folder: Path, report: NetworkReport) -> None:
    """Write the figures of a network alone: SVG in the language of the report, PNG in English."""
    found = []
    for lang, latin in ((report.lang, False), ("en", True)):
        view = NetworkView(report.plan, lang, _goal(report))
        found.append(network_drawings(view, network_map(view, report.instance), latin=latin))
    write_drawings(folder, *found)


def _over_land(report: ReportInput, lang: Lang) -> tuple[NetworkView, NetworkMap | None]:
    """Return the view of a joint study's network, and its map over the planned land where that can be drawn."""
    assert report.network is not None
    view = NetworkView(report.network, lang, report.instance.settings.objective.kind)
    if report.maps is None:
        return view, None
    pale = 1 - _PALE + _PALE * report.maps.fills["after"]
    colors = rgb(class_colors(report.coded.land))[list(report.maps.shown)]
    faded = ",".join(to_hex(color) for color in 1 - _PALE + _PALE * colors)
    backdrop = Entry(f"linear-gradient(90deg,{faded})", view.t("legend_land"))
    return view, joint_map(view, report.instance, report.maps, pale, backdrop)


def land_taken(report: ReportInput, view: NetworkView) -> LandTaken:
    """Return hectares that each technology takes by class of land, and what they are converted for."""
    assert report.network is not None
    buildings, feet = facility_ha(report.network)
    converted = ""
    if buildings > 0 or feet > 0:
        converted = view.t("land_converted", sites=number(buildings, 2), towers=number(feet, 2))
    rows = land_table(report.network, report.moves)
    if rows.empty:
        return LandTaken(None, converted)
    names = dict(zip(report.instance.require_land().classes["class"].astype(str), class_names(report), strict=True))
    wide = rows.pivot_table(index="class", columns="technology", values="area_ha", aggfunc="sum", fill_value=0.0)
    wide = wide.loc[wide.sum(axis=1).sort_values(ascending=False).index]
    cells = [[number(value, 1) for value in row] for row in wide.to_numpy(dtype=float).tolist()]
    sums = wide.sum(axis=1).to_numpy(dtype=float)
    body = [
        (names.get(str(kind), str(kind)), *row, number(total, 1))
        for kind, row, total in zip(wide.index, cells, sums.tolist(), strict=True)
    ]
    whole = (*(number(float(one), 1) for one in wide.sum().to_numpy()), number(float(sums.sum()), 1))
    body.append((view.t("total"), *whole))
    heads = (view.t("class"), *(view.technology(str(one)) for one in wide.columns), view.t("total"))
    return LandTaken(Table(heads, tuple(body), (), frozenset({len(body) - 1})), converted)
