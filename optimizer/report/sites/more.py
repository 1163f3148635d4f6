"""What other analyses add to the report: importance of units, a curve of cost and benefit, alternatives.

Each is a table in the folder of a solve: `importance.csv` (unit, then numbers), `curve.csv` (two columns of numbers
first: across and upwards), `portfolio.csv` (unit and the share of alternatives that choose it, or one row a plan).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from optimizer.report.figures import Table
from optimizer.report.sites.maps import scale_map
from optimizer.report.sites.scatter import scatter
from optimizer.report.sites.text import site_text
from optimizer.report.text import NONE, significant

if TYPE_CHECKING:
    from markupsafe import Markup

    from optimizer.report.maps import Canvas
    from optimizer.report.sites.maps import SiteMap
    from optimizer.report.sites.page import SiteReport

MOST_PLANS = 24
"""Alternatives that are listed."""


@dataclass(frozen=True)
class Curve:
    """A chart of cost and benefit, and the names of its axes."""

    chart: Markup
    x: str
    y: str


@dataclass(frozen=True)
class Portfolio:
    """Alternatives: how often they choose each unit, or a list of them."""

    map: SiteMap | None
    table: Table | None


def _numbers(table: pd.DataFrame) -> list[str]:
    """Return the columns of numbers, in order."""
    return [str(name) for name in table.columns if name != "unit" and pd.api.types.is_numeric_dtype(table[name])]


def importance_map(report: SiteReport, canvas: Canvas | None) -> SiteMap | None:
    """Return the map of importance, by the first column of numbers; None without a table or geometry."""
    table = report.more.get("importance")
    if canvas is None or table is None or "unit" not in table or not _numbers(table):
        return None
    column = _numbers(table)[0]
    return scale_map(canvas, report.selection, table, column, site_text(report.lang, "map_importance"))


def curve(report: SiteReport) -> Curve | None:
    """Return the curve of cost and benefit; None without a table."""
    table = report.more.get("curve")
    if table is None or len(_numbers(table)) < 2 or table.empty:
        return None
    x, y = _numbers(table)[:2]
    points = table[[x, y]].to_numpy(dtype=float)
    points = points[np.isfinite(points).all(axis=1)]
    return Curve(scatter(points, x, y), x, y) if len(points) else None


def portfolio(report: SiteReport, canvas: Canvas | None) -> Portfolio | None:
    """Return the alternatives; None without a table."""
    table = report.more.get("portfolio")
    if table is None or not _numbers(table):
        return None
    if "unit" in table:
        if canvas is None:
            return None
        caption = site_text(report.lang, "map_portfolio")
        return Portfolio(scale_map(canvas, report.selection, table, _numbers(table)[0], caption), None)
    rows = tuple(
        tuple(significant(one, 6) if isinstance(one, int | float) else str(one) or NONE for one in row)
        for row in table.head(MOST_PLANS).itertuples(index=False)
    )
    return Portfolio(None, Table(tuple(map(str, table.columns)), rows))
