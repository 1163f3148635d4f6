"""What the studies after a solve add to its report: importance of units, the curve of cost and benefit, alternatives.

Each is a table in the folder of the solve, as `sanqu importance`, `curve` and `portfolio` write it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optimizer.report.figures import Table
from optimizer.report.sites.maps import scale_map
from optimizer.report.sites.scatter import scatter
from optimizer.report.sites.sections import objective_words
from optimizer.report.sites.text import SITE_TEXT, site_text
from optimizer.report.text import NONE, number, significant, small

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from markupsafe import Markup

    from optimizer.report.maps import Canvas
    from optimizer.report.sites.maps import SiteMap
    from optimizer.report.sites.page import SiteReport
    from optimizer.results.terms import Lang

MOST_PLANS, MOST_UNITS = 24, 12
"""Alternatives and important units that are listed."""
MEASURES = ("replacement", "rarity", "ferrier", "rank")
"""Measures of importance; the first that is there is mapped."""
_LOWER, _UPPER = "replacement_lower", "replacement_upper"
_COUNTS = ("plan", "units", "targets_met", "differs", "times")
_RATIOS = ("gap", "above_best")


@dataclass(frozen=True)
class Curve:
    """A chart of cost and benefit, what its axes are, and its points as a table."""

    chart: Markup
    x: str
    y: str
    table: Table


@dataclass(frozen=True)
class Shown:
    """A map of a number of each unit, and a table beside it; either may be missing."""

    map: SiteMap | None
    table: Table | None


def _head(lang: Lang, name: str) -> str:
    return site_text(lang, f"column_{name}") if f"column_{name}" in SITE_TEXT else name.replace("_", " ")


def _cell(name: str, value: object) -> str:
    """Write a cell of a table of a study."""
    if isinstance(value, str):
        return value or NONE
    if name in _COUNTS:
        return number(value, 0)
    return small(value) if name in _RATIOS else _amount(value)


def _amount(value: object) -> str:
    return "∞" if isinstance(value, float) and math.isinf(value) else significant(value, 6)


def _table(lang: Lang, table: pd.DataFrame, names: Sequence[str]) -> Table:
    columns = [[_cell(name, value) for value in table[name].tolist()] for name in names]
    return Table(tuple(_head(lang, name) for name in names), tuple(zip(*columns, strict=True)))


def importance(report: SiteReport, canvas: Canvas | None) -> Shown | None:
    """Return the map of the first measure of importance and the units that it ranks first; None without a table."""
    table, lang = report.more.get("importance"), report.lang
    measures = [name for name in MEASURES if table is not None and name in table]
    if table is None or not measures:
        return None
    values = table.set_index(table["unit"].astype(str))[measures[0]]
    caption, blank = site_text(lang, f"map_{measures[0]}"), site_text(lang, "not_important")
    shown = None if canvas is None else scale_map(canvas, report.selection, values, caption, blank, lang)
    first = table[table[measures[0]] > 0].sort_values(measures[0], ascending=False, kind="stable").head(MOST_UNITS)
    names = ["unit", *measures]
    if _LOWER in table:
        low, high = (first[name].astype(float).map(_amount) for name in (_LOWER, _UPPER))
        first = first.assign(proven=low + " – " + high)
        names.insert(names.index("replacement") + 1, "proven")
    return Shown(shown, _table(lang, first, names) if len(first) else None)


def curve(report: SiteReport) -> Curve | None:
    """Return the curve of cost and benefit; None without a table, or without a plan at any point."""
    table, lang = report.more.get("curve"), report.lang
    over = next((name for name in ("budget", "targets") if table is not None and name in table), None)
    if table is None or over is None or not table["value"].notna().any():
        return None
    found = table[table["value"].notna()]
    points = found[[over, "value"]].to_numpy(dtype=float)
    kind = objective_words(lang, report.summary.get("objective_kind"))
    x, y = _head(lang, over), f"{site_text(lang, 'tile_objective')} · {kind}"
    names = [over, "value", *(name for name in ("bound", "gap", "cost", "units", "targets_met") if name in table)]
    bound = found["bound"].to_numpy(dtype=float) if "bound" in table else None
    return Curve(scatter(points, (x, y), bound), x, y, _table(lang, table, names))


def portfolio(report: SiteReport, canvas: Canvas | None) -> Shown | None:
    """Return how often alternatives choose each unit, and the alternatives; None without tables."""
    share, plans, lang = report.more.get("portfolio"), report.more.get("plans"), report.lang
    if share is None or plans is None:
        return None
    shown = None
    if canvas is not None:
        values = share.set_index(share["unit"].astype(str))["share"]
        caption, blank = site_text(lang, "map_portfolio"), site_text(lang, "never_chosen")
        shown = scale_map(canvas, report.selection, values, caption, blank, lang)
    columns = ("plan", "objective", "gap", "above_best", "units", "cost", "differs")
    names = [name for name in columns if name in plans]
    return Shown(shown, _table(lang, plans.head(MOST_PLANS), names))
