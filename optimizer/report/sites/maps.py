"""Maps of a selection as PNG pictures without any text: chosen units, importance, frequency among alternatives."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from instances.corridors import core_units
from optimizer.report.drawing import data_uri
from optimizer.report.maps import canvas_on, rgb
from optimizer.report.sites.text import site_text
from optimizer.report.text import significant
from optimizer.results.colors import BLANK
from optimizer.results.sites.colors import CORRIDORS, zone_colors, zone_names
from optimizer.results.sites.corridors import ways

if TYPE_CHECKING:
    import geopandas
    import pandas as pd

    from instances.land import Floats
    from optimizer.report.maps import Canvas
    from optimizer.results.sites.plan import Selection
    from optimizer.results.terms import Lang

LOCKED_OUT, CORE = "#cfc6b4", "#8d9a92"
LOW, HIGH = "#f3dcc4", "#8c2d19"
"""Ends of the scale of importance and frequency."""
ENDLESS = "#2b0f0a"
"""Colour of a value without end: a unit that nothing replaces."""
_DARKER = 0.55
_FAINTEST = 0.3


@dataclass(frozen=True)
class Entry:
    """A line of a legend: a colour, or a scale of colours up to `until`."""

    color: str
    name: str
    until: str = ""


@dataclass(frozen=True)
class SiteMap:
    """A picture, what it shows, its legend, and its scale; `by_pixel` is the number of units beyond what is outlined.

    `scale` is a length in words and the part of the picture's width that it takes.
    """

    picture: bytes
    caption: str
    legend: tuple[Entry, ...]
    scale: tuple[str, float] | None = None
    by_pixel: int = 0

    @property
    def uri(self) -> str:
        """The picture as a data URI."""
        return data_uri(self.picture)


def site_map(canvas: Canvas, colors: Floats, caption: str, legend: tuple[Entry, ...], by_pixel: int = 0) -> SiteMap:
    """Paint the polygons of a canvas in their colours, (polygons, 3)."""
    return SiteMap(canvas.paint(colors), caption, legend, scale_words(canvas), by_pixel)


def scale_words(canvas: Canvas) -> tuple[str, float] | None:
    """Return the scale of a map in words, and its part of the width; None where lengths are not known."""
    if canvas.scale is None:
        return None
    length, part = canvas.scale
    return (f"{significant(length)} km" if length >= 1 else f"{significant(1000 * length)} m"), part


def canvas_of(shapes: geopandas.GeoSeries | None) -> Canvas | None:
    """Return what maps are painted on; None where no one knows where units lie."""
    if shapes is None or not len(shapes):
        return None
    return canvas_on(shapes, np.zeros(len(shapes), dtype=np.int64))


def chosen_map(canvas: Canvas, selection: Selection, lang: Lang) -> SiteMap:
    """Return the map of chosen units by management zone; what is locked stands out."""
    colors, legend = chosen_colors(selection, lang)
    partly = selection.sites.settings.decision != "binary"
    caption = site_text(lang, "map_chosen_part" if partly else "map_chosen")
    return site_map(canvas, colors, caption, legend, len(colors) if canvas.is_large else 0)


def chosen_colors(selection: Selection, lang: Lang, blank: str = BLANK) -> tuple[Floats, tuple[Entry, ...]]:
    """Return the colour of each unit, (units, 3), and the legend; `blank` is the colour of what is not chosen."""
    sites = selection.sites
    palette, count = rgb(zone_colors(sites)), sites.n_units
    colors = np.tile(rgb((blank,)), (count, 1))
    entries = []
    core = core_units(sites)
    for mask, color, name in ((sites.status == "locked_out", LOCKED_OUT, "locked_out"), (core, CORE, "core")):
        if mask.any():
            colors[mask] = rgb((color,))
            entries.append(Entry(color, site_text(lang, name)))
    depth = (_FAINTEST + (1 - _FAINTEST) * np.clip(selection.taken, 0, 1))[:, None]
    chosen, locked = selection.chosen, sites.locked_in
    shade = palette[np.maximum(selection.zone, 0)] * np.where(locked, _DARKER, 1.0)[:, None]
    colors[chosen] = (colors * (1 - depth) + shade * depth)[chosen]
    names = [Entry(color, name) for color, name in zip(zone_colors(sites), zone_names(sites, lang), strict=True)]
    if (locked & chosen).any():
        dark = "#" + "".join(
            f"{round(255 * part * _DARKER):02x}" for part in palette[selection.zone[locked & chosen][0]]
        )
        names.append(Entry(dark, site_text(lang, "locked_in")))
    for way, color in zip(ways(selection), itertools.cycle(CORRIDORS)):
        colors[way.line] = rgb((color,))
        names.append(Entry(color, site_text(lang, "corridor", name=way.corridor.id)))
    return colors, (*names, *entries, Entry(blank, site_text(lang, "not_chosen")))


def scale_map(canvas: Canvas, selection: Selection, values: pd.Series, caption: str, blank: str, lang: Lang) -> SiteMap:
    """Return a map of a number of each unit, by the name of the unit; units without one, or with 0, are left blank.

    Values without end (a unit that nothing replaces) have a colour of their own. `blank` says what a blank unit is.
    """
    code = selection.sites.unit_codes(values.index.to_series())
    value = np.full(selection.sites.n_units, np.nan)
    value[code[code >= 0]] = values.to_numpy(dtype=float)[code >= 0]
    finite, endless = value[np.isfinite(value)], np.isposinf(value)
    high = float(finite.max(initial=0.0)) or 1.0
    depth = np.clip(np.nan_to_num(value) / high, 0, 1)[:, None]
    ends = rgb((LOW, HIGH))
    colors = np.where(depth > 0, ends[0] * (1 - depth) + ends[1] * depth, rgb((BLANK,)))
    colors[endless] = rgb((ENDLESS,))
    legend = [Entry(BLANK, blank), Entry(f"linear-gradient(90deg,{LOW},{HIGH})", "0", significant(high, 4))]
    if endless.any():
        legend.append(Entry(ENDLESS, site_text(lang, "irreplaceable")))
    return site_map(canvas, colors, caption, tuple(legend))
