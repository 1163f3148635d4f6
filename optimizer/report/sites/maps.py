"""Maps of a selection as PNG pictures without any text: chosen units, importance, frequency among alternatives."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from instances.corridors import core_units
from optimizer.report.drawing import data_uri
from optimizer.report.maps import Canvas, rgb
from optimizer.report.sites.text import site_text
from optimizer.results.colors import BLANK
from optimizer.results.sites.colors import zone_colors, zone_names
from optimizer.results.sites.corridors import ways

if TYPE_CHECKING:
    import geopandas
    import pandas as pd

    from optimizer.results.sites.plan import Selection
    from optimizer.results.terms import Lang

LOCKED_OUT, CORE = "#cfc6b4", "#8d9a92"
LINES = ("#14605c", "#1f6fb2", "#8a4f9e", "#b5651d")
"""Colours of the lines of corridors, one after another."""
LOW, HIGH = "#f1eee4", "#8c2d19"
"""Ends of the scale of importance and frequency."""
_DARKER = 0.55
_FAINTEST = 0.3


@dataclass(frozen=True)
class Entry:
    """A line of a legend."""

    color: str
    name: str


@dataclass(frozen=True)
class SiteMap:
    """A picture, what it shows and its legend; `by_pixel` is the number of units where each is less than a pixel."""

    picture: bytes
    caption: str
    legend: tuple[Entry, ...]
    by_pixel: int = 0

    @property
    def uri(self) -> str:
        """The picture as a data URI."""
        return data_uri(self.picture)


def canvas_of(shapes: geopandas.GeoSeries | None) -> Canvas | None:
    """Return what maps are painted on; None where no one knows where units lie."""
    if shapes is None or not len(shapes):
        return None
    geometry = np.asarray(shapes.array)
    aspect = 1.0
    if shapes.crs is not None and shapes.crs.is_geographic:
        _, bottom, _, top = shapely.total_bounds(geometry)
        aspect = 1 / max(float(np.cos(np.deg2rad((bottom + top) / 2))), 0.05)
    return Canvas(geometry, np.zeros(len(geometry), dtype=np.int64), aspect)


def chosen_map(canvas: Canvas, selection: Selection, lang: Lang) -> SiteMap:
    """Return the map of chosen units by management zone; what is locked stands out."""
    sites = selection.sites
    palette, count = rgb(zone_colors(sites)), sites.n_units
    colors = np.tile(rgb((BLANK,)), (count, 1))
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
    zones = list(zip(zone_colors(sites), zone_names(sites, lang), strict=True))
    names = [Entry(color, name) for color, name in zones]
    if (locked & chosen).any():
        dark = "#" + "".join(
            f"{round(255 * part * _DARKER):02x}" for part in palette[selection.zone[locked & chosen][0]]
        )
        names.append(Entry(dark, site_text(lang, "locked_in")))
    for way, color in zip(ways(selection), itertools.cycle(LINES)):
        colors[way.line] = rgb((color,))
        names.append(Entry(color, site_text(lang, "corridor", name=way.corridor.id)))
    legend = (*names, *entries, Entry(BLANK, site_text(lang, "not_chosen")))
    return SiteMap(canvas.paint(colors), site_text(lang, "map_chosen"), legend, count if canvas.is_large else 0)


def scale_map(canvas: Canvas, selection: Selection, table: pd.DataFrame, column: str, caption: str) -> SiteMap:
    """Return a map of a number of each unit; `table` names units, those that it does not name are left blank.

    Infinite values (a unit that cannot be replaced) are as dark as the greatest.
    """
    code = selection.sites.unit_codes(table["unit"].astype(str))
    value = table[column].to_numpy(dtype=float)[code >= 0]
    finite = value[np.isfinite(value)]
    low, high = float(finite.min(initial=0.0)), float(finite.max(initial=0.0))
    depth = np.clip((np.nan_to_num(value, posinf=high, neginf=low) - low) / ((high - low) or 1.0), 0, 1)[:, None]
    ends = rgb((LOW, HIGH))
    colors = np.tile(rgb((BLANK,)), (selection.sites.n_units, 1))
    colors[code[code >= 0]] = ends[0] * (1 - depth) + ends[1] * depth
    return SiteMap(canvas.paint(colors), caption, (Entry(LOW, f"{low:.4g}"), Entry(HIGH, f"{high:.4g}")))
