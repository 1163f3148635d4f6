"""The report: one HTML page that stands alone, opens offline and prints."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from optimizer.report import figures, sections
from optimizer.report.binding import binding_rules
from optimizer.report.drawing import svg
from optimizer.report.flows import flow_drawing
from optimizer.report.joint_sites import site_table
from optimizer.report.maps import draw_maps
from optimizer.report.pictures import flow_names
from optimizer.report.sources import corrected_rows, source_rows
from optimizer.report.text import emission_unit, number, percent, significant, text
from optimizer.results.coded import code_moves

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from instances.instance import Instance
    from optimizer.report.maps import Maps
    from optimizer.results.coded import CodedMoves
    from optimizer.results.terms import Lang


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


def resource(name: str) -> str:
    """Return a text file of this package."""
    return files("optimizer.report").joinpath(name).read_text(encoding="utf-8")


def environment_of(lang: Lang, templates: dict[str, str]) -> Environment:
    """Return what fills in templates, texts by name, in a language."""
    environment = Environment(
        loader=DictLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["t"] = lambda key, **values: text(lang, key, **values)
    environment.filters |= {"number": number, "significant": significant, "percent": percent}
    return environment


def render(report: ReportInput) -> str:
    """Return the page as HTML."""
    about, lang = report.instance.settings.instance, report.lang
    flow = flow_drawing(report.transitions, flow_names(report, lang), lang)
    titles = (about.title_zh, about.title_en) if lang == "zh" else (about.title_en, about.title_zh)
    return (
        environment_of(lang, {"template.html": resource("template.html")})
        .get_template("template.html")
        .render(
            lang="zh-CN" if lang == "zh" else "en",
            style=Markup(resource("style.css")),
            title=next((title for title in titles if title), about.name),
            about=about,
            settings=report.instance.settings,
            head=sections.head(report),
            tiles=sections.tiles(report),
            proof=sections.proof(report),
            audit_counts=sections.audit_counts(report.audit, lang),
            maps=report.maps,
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
            sites=site_table(report),
            sources=source_rows(report.instance, lang),
            corrected=corrected_rows(report.instance, lang),
            version=report.summary.get("versions", {}).get("sanqu", ""),
        )
    )


def write_report(path: Path, report: ReportInput) -> None:
    """Write the page to a file."""
    path.write_text(render(report), encoding="utf-8")
