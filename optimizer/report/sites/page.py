"""The report of a study of sites: one HTML page that stands alone, opens offline and prints."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from optimizer.report.page import environment_of, frame_of
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
        Tables of the studies after a solve (`importance`, `curve`, `portfolio`, `plans`), as far as they are there.
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
    lang = report.lang
    environment = environment_of(lang, TEMPLATE)
    environment.globals["t"] = lambda key, **values: site_text(lang, key, **values)
    canvas = canvas_of(report.shapes)
    return environment.get_template(TEMPLATE).render(
        **frame_of(report.instance, report.summary, lang),
        head=sections.head(report),
        tiles=sections.tiles(report),
        proof=sections.proof(report),
        stages=sections.stages(report),
        audit_counts=audit_counts(report.audit, lang),
        chosen=None if canvas is None else chosen_map(canvas, report.selection, lang),
        importance=more.importance(report, canvas),
        represented=sections.represented(report.selection, lang),
        rules=sections.rule_rows(report),
        costs=sections.cost_table(report),
        measures=sections.measure_table(report),
        indices=sections.index_table(report),
        corridors=sections.corridor_rows(report.selection, lang),
        curve=more.curve(report),
        portfolio=more.portfolio(report, canvas),
    )


def write_site_report(path: Path, report: SiteReport) -> None:
    """Write the page to a file."""
    path.write_text(render_sites(report), encoding="utf-8")
