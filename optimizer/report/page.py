"""The report: one HTML page that stands alone, opens offline and prints."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from optimizer.report import figures, sections
from optimizer.report.binding import binding_rules
from optimizer.report.drawing import svg
from optimizer.report.flows import flow_drawing
from optimizer.report.frame import environment, frame, resource
from optimizer.report.joint_sites import joint_sites
from optimizer.report.maps import draw_maps
from optimizer.report.network.text import network_text
from optimizer.report.pictures import flow_names
from optimizer.report.sites.maps import scale_words
from optimizer.report.sites.text import site_text
from optimizer.report.sources import corrected_rows, source_rows
from optimizer.report.text import emission_unit, number, percent, significant, text
from optimizer.results.coded import code_moves

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd
    from jinja2 import Environment

    from instances.instance import Instance
    from optimizer.report.maps import Maps
    from optimizer.report.network.page import NetworkParts
    from optimizer.results.coded import CodedMoves
    from optimizer.results.network.reading import NetworkPlan
    from optimizer.results.sites.plan import Selection
    from optimizer.results.terms import Lang

TEMPLATE = "template.html"


@dataclass(frozen=True)
class ReportInput:
    """All that a report shows.

    Attributes
    ----------
    summary
        As `summary.json` (docs: interfaces); figures that are null or absent are shown as a dash.
    moves, transitions, indicators, ledger, rules
        The tables of the results; `rules` has rule, id, region, period, group, unit, sense, bound,
        value, slack, worth, binding.
    audit
        passed, checks, failed and, where known, the counts by rule as in `audit.json`.
    selection
        Planning units that are chosen with the land; None where land is planned alone.
    network
        The network that is planned with the land; None where there is none.
    """

    instance: Instance
    summary: dict[str, Any]
    moves: pd.DataFrame
    transitions: pd.DataFrame
    indicators: pd.DataFrame
    ledger: pd.DataFrame
    rules: pd.DataFrame
    audit: dict[str, Any]
    lang: Lang = "zh"
    selection: Selection | None = None
    network: NetworkPlan | None = None

    @cached_property
    def emission(self) -> tuple[float, str]:
        """What one tonne is in the emission unit of the page, and the unit's name."""
        return self.emission_in(self.lang)

    def emission_in(self, lang: Lang) -> tuple[float, str]:
        """Return what one tonne is in the emission unit of a page in some language, and the unit's name."""
        amounts = self.ledger["cumulative_tco2e"].abs()
        return emission_unit(lang, float(amounts.groupby(self.ledger["component"]).sum().max()))

    @cached_property
    def maps(self) -> Maps | None:
        """The maps, drawn once for the page and the figures; None without geometry."""
        return draw_maps(self.instance, self.coded)

    @cached_property
    def coded(self) -> CodedMoves:
        """The moves as codes."""
        return code_moves(self.instance, self.moves)


SHARED = ("base.html", "network/parts.html")
"""Templates that every report builds on."""


@cache
def environment_of(lang: Lang, template: str) -> Environment:
    """Return what fills in a template: `t`, `s` and `e` are the strings of land, of sites and of a network.

    Kept, since to compile the templates takes longer than to fill them in.
    """
    made = environment({name: resource(name) for name in (*SHARED, template)})
    made.globals["t"] = lambda key, **values: text(lang, key, **values)
    made.globals["s"] = lambda key, **values: site_text(lang, key, **values)
    made.globals["e"] = lambda key, **values: network_text(lang, key, **values)
    made.filters |= {"number": number, "significant": significant, "percent": percent}
    return made


def frame_of(instance: Instance, summary: Mapping[str, Any], lang: Lang) -> dict[str, Any]:
    """Return what the frame of a report shows, and what the instance says of itself."""
    about = instance.settings.instance
    titles = (about.title_zh, about.title_en) if lang == "zh" else (about.title_en, about.title_zh)
    title = next((title for title in titles if title), about.name)
    return {**frame(lang, title, summary.get("versions", {}).get("sanqu", "")), "about": about}


def render(report: ReportInput) -> str:
    """Return the page as HTML."""
    lang = report.lang
    flow = flow_drawing(report.transitions, flow_names(report, lang), lang)
    return (
        environment_of(lang, TEMPLATE)
        .get_template(TEMPLATE)
        .render(
            **frame_of(report.instance, report.summary, lang),
            settings=report.instance.settings,
            head=sections.head(report),
            tiles=sections.tiles(report),
            proof=sections.proof(report),
            audit_counts=sections.audit_counts(report.audit, lang),
            maps=report.maps,
            scale=None if report.maps is None else scale_words(report.maps.canvas),
            areas=sections.area_rows(report),
            flow=None if flow is None else svg(flow),
            heat=sections.heat_matrix(report),
            indicators=figures.indicator_rows(report),
            regional=figures.regional_indicators(report),
            outside=figures.outside_indicators(report),
            ledger=figures.ledger_tables(report),
            ledger_adds=figures.adds_up(report),
            emission_unit=report.emission[1],
            pathway=figures.pathway(report),
            rules=binding_rules(report),
            joint=joint_sites(report),
            n=_network(report),
            sources=source_rows(report.instance, lang),
            corrected=corrected_rows(report.instance, lang),
        )
    )


def _network(report: ReportInput) -> NetworkParts | None:
    """Return what is shown of the network; its code is loaded only where there is one."""
    if report.network is None:
        return None
    from optimizer.report.network.page import joint_network

    return joint_network(report)


def write_report(path: Path, report: ReportInput) -> None:
    """Write the page to a file."""
    path.write_text(render(report), encoding="utf-8")
