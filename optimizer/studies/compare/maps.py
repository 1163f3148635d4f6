"""Small maps of a study on one scale and one canvas: what each plan changes, and where plans agree (小图并列).

Every map is a look-up of zones by pixel on the canvas of the reference scenario, so that fifty cost little more than
one; pictures hold no text, legends are HTML.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from PIL import Image

from instances.instance import load
from optimizer.report.drawing import Label, data_uri, svg
from optimizer.report.maps import BORDER, canvas_of, change_colors, rgb
from optimizer.report.network.maps import network_map
from optimizer.report.pixels import painted
from optimizer.report.sites.maps import Entry, chosen_colors, scale_words
from optimizer.report.sites.maps import canvas_of as unit_canvas
from optimizer.results.colors import BLANK, class_colors
from optimizer.results.sites.plan import read_selection
from optimizer.results.sites.shapes import unit_shapes
from optimizer.studies.compare.text import say
from optimizer.studies.compare.zones import ALL_ALIKE, ALL_DIFFER, SOME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from instances.instance import Instance
    from instances.land import Floats, Land
    from optimizer.report.maps import Canvas
    from optimizer.report.network.view import NetworkView
    from optimizer.results.terms import Lang
    from optimizer.studies.compare.gather import Outcome
    from optimizer.studies.compare.zones import ZoneChanges

SMALL, LARGE = 480, 900
"""Greatest width or height of a small and of a large picture, in pixels."""

ALIKE, DIFFER = "#2c5e4c", "#7a5296"
SOME_LOW, SOME_HIGH = "#f3dcc4", "#c96a2b"
MUST, CANNOT = "#1f4638", "#cfc6b4"


@dataclass(frozen=True)
class Small:
    """A picture of one plan: a data URI, or a drawing."""

    title: str
    uri: str = ""
    drawing: str = ""


@dataclass(frozen=True)
class Panel:
    """Pictures on one scale with a legend in common; `scale` as of `SiteMap`."""

    pictures: tuple[Small, ...]
    legend: tuple[Entry, ...]
    scale: tuple[str, float] | None


def change_panel(
    instance: Instance, changes: ZoneChanges, titles: Sequence[tuple[str, str]], lang: Lang
) -> Panel | None:
    """Return one map a scenario, the class gained most in each zone; `titles` are names and titles of scenarios.

    None where the instance has no polygons.
    """
    canvas = canvas_of(instance)
    if canvas is None:
        return None
    land = instance.require_land()
    palette = rgb(class_colors(land))
    total = _of_zones(land, changes.total)
    pictures, gained = [], np.zeros(len(palette), dtype=bool)
    for name, title in titles:
        gain = _gain(land, changes.gains(name))
        pictures.append(Small(title, _picture(canvas, change_colors(gain, total, palette), SMALL)))
        gained[gain.argmax(axis=1)[gain.sum(axis=1) > 0]] = True
    names = land.classes[f"name_{lang}"].astype(str)
    entries = [Entry(class_colors(land)[code], names.iloc[code]) for code in np.flatnonzero(gained)]
    return Panel(tuple(pictures), (Entry(BLANK, say(lang, "unchanged")), *entries), scale_words(canvas))


def agreement_panel(instance: Instance, changes: ZoneChanges, lang: Lang) -> Panel | None:
    """Return the map of where plans agree: all alike, all but to other classes, some (the more the deeper), none."""
    canvas = canvas_of(instance)
    if canvas is None:
        return None
    land, zones, count = instance.require_land(), changes.zones, len(changes.names)
    part = (zones["changed_in"].to_numpy() / count)[:, None]
    low, high = rgb((SOME_LOW, SOME_HIGH))
    shade = low * (1 - part) + high * part
    for verdict, color in ((ALL_ALIKE, ALIKE), (ALL_DIFFER, DIFFER)):
        shade[(zones["agreement"] == verdict).to_numpy()] = rgb((color,))
    colors = np.tile(rgb((BLANK,)), (len(land.zones), 1))
    place = _places(land, zones["zone"])
    colors[place[place >= 0]] = shade[place >= 0]
    ramp = f"linear-gradient(90deg,{SOME_LOW},{SOME_HIGH})"
    legend = (
        Entry(ALIKE, say(lang, ALL_ALIKE)),
        Entry(DIFFER, say(lang, ALL_DIFFER)),
        Entry(ramp, f"{say(lang, SOME)} 1", f"{max(count - 1, 1)} / {count}"),
        Entry(BLANK, say(lang, "none")),
    )
    return Panel((Small("", _picture(canvas, colors, LARGE)),), legend, scale_words(canvas))


def frequency_panel(instance: Instance, zones: pd.DataFrame, lang: Lang) -> Panel | None:
    """Return the map of alternatives: the part of each zone that they change on average, and what is proven."""
    canvas = canvas_of(instance)
    if canvas is None:
        return None
    land = instance.require_land()
    part = (zones["changed_ha"] / zones["area_ha"].where(zones["area_ha"] > 0, 1.0)).clip(0, 1).to_numpy()[:, None]
    low, high = rgb((SOME_LOW, SOME_HIGH))
    shade = np.where(part > 0, low * (1 - part) + high * part, rgb((BLANK,)))
    for verdict, color in (("must change", MUST), ("cannot change", CANNOT)):
        shade[(zones["verdict"] == verdict).to_numpy()] = rgb((color,))
    colors = np.tile(rgb((BLANK,)), (len(land.zones), 1))
    place = _places(land, zones["zone"].astype(str))
    colors[place[place >= 0]] = shade[place >= 0]
    ramp = f"linear-gradient(90deg,{SOME_LOW},{SOME_HIGH})"
    legend = (
        Entry(ramp, say(lang, "frequency_low"), say(lang, "frequency_high")),
        Entry(MUST, say(lang, "must change")),
        Entry(CANNOT, say(lang, "cannot change")),
        Entry(BLANK, say(lang, "never_found")),
    )
    return Panel((Small("", _picture(canvas, colors, LARGE)),), legend, scale_words(canvas))


def unit_panel(instance: Instance, outcomes: Sequence[Outcome], lang: Lang) -> Panel | None:
    """Return one map a scenario of a study of sites: the units it chooses; None where no one knows where units lie."""
    canvas = unit_canvas(unit_shapes(instance))
    if canvas is None:
        return None
    drawn = pd.Index(instance.require_sites().units.astype(str))
    pictures: list[Small] = []
    legend: dict[Entry, None] = {}
    for one in outcomes:
        own = load(one.instance).require_sites()
        colors, entries = chosen_colors(read_selection(own, one.folder), lang)
        place = pd.Index(own.units.astype(str)).get_indexer(drawn)  # a scenario may have other units
        shown = np.where((place >= 0)[:, None], colors[place], rgb((BLANK,)))
        legend |= dict.fromkeys(entries)
        pictures.append(Small(one.scenario.title(lang), _picture(canvas, shown, SMALL)))
    return Panel(tuple(pictures), tuple(legend), scale_words(canvas))


def network_panel(views: Sequence[tuple[str, NetworkView, Instance]]) -> Panel | None:
    """Return one map a scenario of its network, with titles and instances; None where nothing says where buses lie.

    Lines are as wide, and sites as large, as those of the scenario that has most of them.
    """
    widest = max((_most(view.wires.capacity[-1]) for _, view, _ in views), default=0.0)
    largest = max((_most(_site_capacity(view)) for _, view, _ in views), default=0.0)
    pictures: list[Small] = []
    legend: dict[Entry, None] = {}
    scale = None
    for title, view, instance in views:
        found = network_map(replace(view, widest=widest, largest=largest), instance)
        if found is None:
            return None
        items = tuple(item for item in found.drawing.items if not isinstance(item, Label))
        pictures.append(Small(title, drawing=svg(replace(found.drawing, items=items))))
        legend |= dict.fromkeys(found.legend)
        scale = found.scale
    return Panel(tuple(pictures), tuple(legend), scale)


def _most(values: Floats) -> float:
    return float(np.where(np.isfinite(values), values, 0.0).max(initial=0.0))


def _site_capacity(view: NetworkView) -> Floats:
    """Return MW of each site at the end, (sites,)."""
    sites = view.plan.network["sites"]["site"]
    return view.plan.once("site", "capacity_mw", sites)[-1] if len(sites) else np.zeros(0)


def _places(land: Land, zones: pd.Series) -> np.ndarray:
    """Return the place of zones in the table of the reference, -1 for those that it has not."""
    return pd.Index(land.zones["zone"].astype(str)).get_indexer(pd.Index(zones))


def _of_zones(land: Land, values: pd.Series) -> Floats:
    found: Floats = values.reindex(land.zones["zone"].astype(str)).fillna(0.0).to_numpy(dtype=float)
    return found


def _gain(land: Land, gains: pd.DataFrame) -> Floats:
    """Return hectares that each zone gains of each class, (zones, classes)."""
    zone = _places(land, gains["zone"])
    kind = pd.Index(land.classes["class"].astype(str)).get_indexer(pd.Index(gains["to"]))
    known = (zone >= 0) & (kind >= 0)
    table = np.zeros((len(land.zones), len(land.classes)))
    np.add.at(table, (zone[known], kind[known]), gains["area_ha"].to_numpy(dtype=float)[known])
    return table


def _picture(canvas: Canvas, colors: Floats, most: int) -> str:
    """Return the canvas in some colours, (zones, 3), as a data URI, at most so many pixels wide and high."""
    png = painted(canvas.zone_of_pixel, canvas.edges, colors, rgb((BORDER,))[0])
    image = Image.open(io.BytesIO(png))
    image.thumbnail((most, most), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    image.quantize(128, dither=Image.Dither.NONE).save(stream, "png", optimize=True)
    return data_uri(stream.getvalue())
