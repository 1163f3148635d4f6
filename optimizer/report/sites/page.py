"""The report of a study of sites: one HTML page that stands alone, opens offline and prints."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from optimizer.report.page import environment_of, resource
from optimizer.report.sections import audit_counts
from optimizer.report.sites import more, sections
from optimizer.report.sites.maps import canvas_of, chosen_map
from optimizer.report.sites.text import site_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas
    import pandas as pd

    from instances.instance import Instance
    from optimizer.results.sites.plan import Selection
    from optimizer.results.terms import Lang

TEMPLATE = "sites/template.html"


@dataclass(frozen=True)
class SiteReport:
    """All that a report of a study of sites shows.

    Attributes
    ----------
    rules
        As `rules.csv`.
    audit
        As `audit.json`, or what the summary repeats of it.
    shapes
        Polygon of each unit; None where no one knows where units lie.
    more
        Tables of other analyses by name (`importance`, `curve`, `portfolio`), as far as they are there.
    """

    instance: Instance
    summary: dict[str, Any]
    selection: Selection
    rules: pd.DataFrame
    audit: dict[str, Any]
    shapes: geopandas.GeoSeries | None
    more: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    lang: Lang = "zh"


def render_sites(report: SiteReport) -> str:
    """Return the page as HTML."""
    about, lang = report.instance.settings.instance, report.lang
    titles = (about.title_zh, about.title_en) if lang == "zh" else (about.title_en, about.title_zh)
    environment = environment_of(lang, {TEMPLATE: resource(TEMPLATE)})
    environment.globals["t"] = lambda key, **values: site_text(lang, key, **values)
    canvas = canvas_of(report.shapes)
    return environment.get_template(TEMPLATE).render(
        lang="zh-CN" if lang == "zh" else "en",
        style=Markup(resource("style.css")),
        title=next((title for title in titles if title), about.name),
        about=about,
        head=sections.head(report),
        tiles=sections.tiles(report),
        proof=sections.proof(report),
        stages=sections.stages(report),
        audit_counts=audit_counts(report.audit, lang),
        chosen=None if canvas is None else chosen_map(canvas, report.selection, lang),
        importance=more.importance_map(report, canvas),
        represented=sections.represented(report),
        rules=sections.rule_rows(report),
        costs=sections.cost_table(report),
        measures=sections.measure_table(report),
        indices=sections.index_table(report),
        corridors=sections.corridor_rows(report),
        curve=more.curve(report),
        portfolio=more.portfolio(report, canvas),
        version=report.summary.get("versions", {}).get("sanqu", ""),
    )


def write_site_report(path: Path, report: SiteReport) -> None:
    """Write the page to a file."""
    path.write_text(render_sites(report), encoding="utf-8")
