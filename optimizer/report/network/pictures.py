"""Figures of a network plan as files for other documents: map of routes, dispatch, duration curves, loading.

As for land, SVG is in the language of the report and PNG in English; a name that the font of a PNG lacks is left out.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from optimizer.report.drawing import INK, Box, Drawing, Item, Label, drawable, moved, text_width
from optimizer.report.network.dispatch import dispatch_drawing, dispatch_legend
from optimizer.report.network.duration import duration_drawings
from optimizer.report.network.loading import loading_drawing, loading_legend

if TYPE_CHECKING:
    from optimizer.report.network.maps import NetworkMap
    from optimizer.report.network.view import NetworkView
    from optimizer.report.sites.maps import Entry

_TOP, _SIDE, _ROW, _SWATCH, _RAMP, _GAP, _SIZE = 34.0, 10.0, 21.0, 13.0, 52.0, 20.0, 12.5
BOLDER = 1.12
"""Width of bold letters beside that of others."""
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def network_drawings(view: NetworkView, shown: NetworkMap | None, *, latin: bool) -> dict[str, Drawing]:
    """Return the figures of a plan by file name, without an ending; `latin` for PNG."""
    found: dict[str, Drawing] = {}
    if shown is not None:
        zoom = shown.drawing.width / max(shown.wide, 1)
        found["network-map"] = framed(shown.caption, shown.drawing, shown.legend, zoom)
    moments = range(len(view.plan.years)) if view.plan.network.n_snapshots > 1 else range(0)
    for stage in moments:
        title = _titled(view, "dispatch", stage)
        found[_file(view, "dispatch", stage)] = framed(title, dispatch_drawing(view, stage), dispatch_legend(view))
    for name, drawing in zip(("load", "price"), duration_drawings(view) if moments else (), strict=False):
        found[f"duration-{name}"] = framed("", drawing, ())
    for stage in range(len(view.plan.years)):
        drawn = loading_drawing(view, stage)
        if drawn is not None:
            found[_file(view, "loading", stage)] = framed(_titled(view, "loading", stage), drawn, loading_legend())
    return {name: _written(drawing) for name, drawing in found.items()} if latin else found


def framed(title: str, body: Drawing, legend: tuple[Entry, ...], zoom: float = 1.0) -> Drawing:
    """Return a figure below its title and above its legend; `zoom` magnifies both."""
    top = _TOP * zoom if title else 0.0
    side = _SIDE * zoom
    items: list[Item] = [moved(item, side, top) for item in body.items]
    if title:
        items.append(Label(side, 20 * zoom, title, "start", 14 * zoom, INK, bold=True))
    x, y, height = side, top + body.height + 8 * zoom, top + body.height
    for entry in legend:
        marks = _marks(entry, zoom)
        wide = marks[-1].x + text_width(marks[-1].text, marks[-1].size) + _GAP * zoom
        if x + wide > side + body.width and x > side:
            x, y = side, y + _ROW * zoom
        items += [moved(mark, x, y) for mark in marks]
        x, height = x + wide, y + _ROW * zoom
    wide = max(body.width, text_width(title, BOLDER * 14 * zoom))
    return Drawing(wide + 2 * side, height + 6 * zoom, tuple(items))


def _marks(entry: Entry, zoom: float) -> tuple[*tuple[Item, ...], Label]:
    """Return colours and name of a line of a legend, at the origin; scales are a box a colour."""
    colors = _COLOR.findall(entry.color) or [entry.color]
    wide = _RAMP if len(colors) > 1 else _SWATCH
    part = wide * zoom / len(colors)
    boxes = [Box(k * part, 0.0, part, _SWATCH * zoom, color) for k, color in enumerate(colors)]
    name = " ".join(one for one in (entry.name, entry.until and f"→ {entry.until}") if one)
    return (*boxes, Label((wide + 7) * zoom, 11 * zoom, name, "start", _SIZE * zoom))


def _file(view: NetworkView, name: str, stage: int) -> str:
    return "-".join(part for part in (name, view.stage_name(stage)) if part)


def _titled(view: NetworkView, key: str, stage: int) -> str:
    return " ".join(part for part in (view.t(key), view.stage_name(stage)) if part)


def _written(drawing: Drawing) -> Drawing:
    """Return the drawing without text that a PNG cannot show."""
    items = (item for item in drawing.items if not isinstance(item, Label) or drawable(item.text))
    return replace(drawing, items=tuple(items))
