"""Figures as files for other documents: maps, flow diagram and ledger, and those of a network, each as SVG and PNG.

SVG is in the language of the report and keeps its text; PNG is in English, since the font that comes with
matplotlib has no Chinese. A class without a name that the font can write goes by its code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from matplotlib.colors import to_hex

from optimizer.report.drawing import (
    INK,
    SOFT,
    Box,
    Drawing,
    Item,
    Label,
    Line,
    Picture,
    Shape,
    drawable,
    png,
    svg,
    text_width,
)
from optimizer.report.figures import plan_components
from optimizer.report.flows import Names, flow_drawing
from optimizer.report.maps import BORDER
from optimizer.report.sections import class_names
from optimizer.report.text import number, text
from optimizer.results.colors import BLANK, class_colors

if TYPE_CHECKING:
    from pathlib import Path

    from optimizer.report.maps import Maps
    from optimizer.report.page import ReportInput
    from optimizer.results.terms import Lang

VECTOR_ZONES, VECTOR_POINTS = 3_000, 60_000
"""Zones and their points up to which maps in SVG are outlines; beyond it they are a picture inside the SVG."""
_GAIN, _LOSS = "#b4543c", "#3c7d64"
_ROW, _TOP = 21.0, 34.0


def flow_names(report: ReportInput, lang: Lang, *, latin: bool = False) -> Names:
    """Return names and colours of the classes by code; `latin` takes only names that a PNG can show."""
    codes = [str(code) for code in report.instance.require_land().classes["class"]]
    names = class_names(report, lang)
    if latin:
        names = [name if drawable(name) else code for name, code in zip(names, codes, strict=True)]
    colors = class_colors(report.instance.require_land())
    return Names(dict(zip(codes, names, strict=True)), dict(zip(codes, colors, strict=True)))


def _outlines(maps: Maps, name: str) -> list[Item]:
    paths, zone = maps.canvas.parts
    lower = np.array([0.0, _TOP])
    fills = [to_hex(color) for color in maps.fills[name]]
    items: list[Item] = []
    for path, of in zip(paths, zone, strict=True):
        points = maps.canvas.pixels(np.asarray(path.vertices, dtype=float)) + lower
        starts = np.flatnonzero(path.codes == path.MOVETO)[1:]
        rings = [ring[:-1] for ring in np.split(points, starts)]
        items.append(Shape(rings, fills[of]))
    for border in maps.canvas.borders:
        items.append(Line(maps.canvas.pixels(border) + lower, BORDER, 0.6))
    return items


def _few(maps: Maps) -> bool:
    geometry = maps.canvas.geometry
    return len(geometry) <= VECTOR_ZONES and int(shapely.get_num_coordinates(geometry).sum()) <= VECTOR_POINTS


def map_drawing(maps: Maps, name: str, of: Names, lang: Lang, *, outlines: bool) -> Drawing:
    """Return a map (before, after, change) with its legend, zones as outlines or as a picture."""
    width, height = (100 * size for size in maps.canvas.size)
    codes, names = list(of.names), maps.gained if name == "change" else maps.shown
    legend = [(of.color(codes[code]), of.name(codes[code], lang)) for code in names]
    if name == "change":
        legend.insert(0, (BLANK, text(lang, "unchanged")))
    body = _outlines(maps, name) if outlines else [Picture(0, _TOP, width, height, maps.pictures[name])]
    items: list[Item] = [Label(8, 20, text(lang, f"map_{name}"), "start", 14, INK, bold=True), *body]
    for place, (color, label) in enumerate(legend):
        y = _TOP + 10 + place * _ROW
        items.append(Box(width + 14, y, 13, 13, color))
        items.append(Label(width + 34, y + 11, label, "start", 12.5))
    wide = max((text_width(label) for _, label in legend), default=0.0) + 50
    return Drawing(width + wide, max(_TOP + height, _TOP + 20 + len(legend) * _ROW), tuple(items))


def ledger_drawing(report: ReportInput, lang: Lang) -> Drawing | None:
    """Return bars of what the plan emits and takes up by component, and their sum; None where it does neither."""
    rows = plan_components(report, lang)
    rows.append((text(lang, "plan_total"), sum(value for _, value in rows)))
    greatest = max(abs(value) for _, value in rows)
    if greatest == 0:
        return None
    span = report.instance.settings.carbon
    unit = report.emission_in(lang)[1]
    title = text(lang, "ledger_figure", base=span.base_year, end=span.end_year, unit=unit)
    zero, scale = 560.0, 240.0 / greatest
    items: list[Item] = [Label(8, 20, title, "start", 14, INK, bold=True)]
    for place, (name, value) in enumerate(rows):
        y, last = 40 + 30.0 * place, place == len(rows) - 1
        items.append(Label(240, y + 14, name, "end", 12.5, INK, bold=last))
        wide = abs(value) * scale
        items.append(Box(zero if value >= 0 else zero - wide, y, wide, 19, _GAIN if value >= 0 else _LOSS))
        edge = zero + wide + 6 if value >= 0 else zero - wide - 6
        shown = number(value, 2, signed=True)
        items.append(Label(edge, y + 14, shown, "start" if value >= 0 else "end", 12, SOFT, bold=last))
    items.append(Box(zero, 34, 1, 30.0 * len(rows), INK))
    return Drawing(900, 44 + 30.0 * len(rows), tuple(items))


def drawings(report: ReportInput, lang: Lang, *, latin: bool) -> dict[str, Drawing]:
    """Return the figures by file name, without an ending; `latin` for PNG."""
    of = flow_names(report, lang, latin=latin)
    found: dict[str, Drawing | None] = {}
    if report.maps is not None:
        outlines = not latin and _few(report.maps)
        for name in ("before", "after", "change"):
            found[f"map-{name}"] = map_drawing(report.maps, name, of, lang, outlines=outlines)
    found["flow"] = flow_drawing(report.transitions, of, lang)
    found["ledger"] = ledger_drawing(report, lang)
    if report.network is not None:
        from optimizer.report.network.page import joint_drawings

        found |= joint_drawings(report, lang, latin=latin)
    return {name: drawing for name, drawing in found.items() if drawing is not None}


def write_figures(folder: Path, report: ReportInput) -> None:
    """Write every figure as SVG in the language of the report and as PNG in English."""
    write_drawings(folder, drawings(report, report.lang, latin=False), drawings(report, "en", latin=True))


def write_drawings(folder: Path, vectors: dict[str, Drawing], pixels: dict[str, Drawing]) -> None:
    """Write drawings by name as SVG and as PNG."""
    folder.mkdir()
    for name, drawing in vectors.items():
        (folder / f"{name}.svg").write_text(svg(drawing, alone=True), encoding="utf-8")
    for name, drawing in pixels.items():
        (folder / f"{name}.png").write_bytes(png(drawing))
