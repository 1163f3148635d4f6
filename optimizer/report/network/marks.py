"""What maps of a network are made of: lines by kind and capacity, sites by technology, names that fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from optimizer.report.drawing import Dot, Item, Label, Line, shortened, text_width
from optimizer.report.sites.maps import Entry
from optimizer.report.text import significant
from optimizer.results.network.geopackage import LINK, NEW, OLD
from optimizer.results.network.places import wire_shapes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from instances.land import Floats
    from optimizer.report.maps import Canvas
    from optimizer.report.network.view import NetworkView
    from optimizer.results.network.places import Places

LEFT_OUT, EXTENDED = "#b3aea0", "#d98c1f"
"""Colours of candidates and sites that are not used, and of lines that are extended."""
_THIN, _THICK, _SMALL, _LARGE = 1.1, 6.0, 4.0, 15.0
_LEAST_BUILT, _HALF = 2.6, 0.5
_MOST_NAMES = 60
SEEN_MW = 1e-6
"""Capacity below which a site is not used."""


@dataclass(frozen=True)
class _Kind:
    """How a kind of line is drawn; later ones in `KINDS` lie above earlier ones."""

    name: str
    color: str
    dash: str = ""


KINDS = (
    _Kind("left", LEFT_OUT, "4 4"),
    _Kind("line", OLD),
    _Kind("link", LINK, "9 3"),
    _Kind("extended", EXTENDED),
    _Kind("built", NEW),
)


def _widths(values: Floats, low: float, high: float, most: float) -> Floats:
    """Return sizes between two for values, their area or width after the square root; `most` (0: of the values)."""
    most = most or float(values.max(initial=0.0)) or 1.0
    sizes: Floats = low + (high - low) * np.sqrt(np.clip(values / most, 0, 1))
    return sizes


def wire_marks(
    view: NetworkView, where: Places, canvas: Canvas, zoom: float
) -> tuple[list[Item], list[Entry], list[Label]]:
    """Return lines, the legend of their kinds, and beside each how many circuits are built if several."""
    network, capacity = view.plan.network, view.wires.capacity[-1]
    shapes = [shape for name in ("lines", "links", "candidates") for shape in wire_shapes(network, where, name)]
    finite = np.where(np.isfinite(capacity), capacity, 0.0)
    wide = zoom * _widths(finite, _THIN, _THICK, view.widest)
    kind = _kinds(view)
    items: list[Item] = []
    labels: list[Label] = []
    for place, look in enumerate(KINDS):
        for code in np.flatnonzero(kind == place):
            thick = zoom if look.name == "left" else float(wide[code])
            thick = max(thick, _LEAST_BUILT * zoom) if look.name == "built" else thick
            for part in shapely.get_parts(shapes[code]):
                points = canvas.pixels(shapely.get_coordinates(part))
                items.append(Line(points, look.color, thick, _title(view, int(code)), look.dash))
            if look.name == "built" and view.wires.circuits[-1, code] > 1 + _HALF:
                labels.append(_count(view, int(code), shapes[code], canvas, zoom))
    legend = [Entry(look.color, view.t(f"legend_{look.name}")) for place, look in enumerate(KINDS) if place in kind]
    return items, legend, labels


def _kinds(view: NetworkView) -> NDArray[np.int64]:
    """Return the place in `KINDS` of each line, link and candidate; -1 for one without capacity."""
    network, carries = view.plan.network, view.wires
    component = carries.units["component"].to_numpy()
    lines = (network["lines"]["capacity_mw"] * network["lines"]["circuits"]).to_numpy(dtype=float)
    before = np.concatenate([lines, network["links"]["capacity_mw"], np.zeros(len(network["candidates"]))])
    more = carries.capacity[-1] > before * (1 + 1e-9) + 1e-6
    built = carries.circuits[-1] > _HALF
    place = {look.name: at for at, look in enumerate(KINDS)}
    plain = np.where(component == "link", place["link"], place["line"])
    found = np.where(more, place["extended"], np.where(carries.capacity[-1] > 0, plain, -1))
    return np.where(component == "candidate", np.where(built, place["built"], place["left"]), found)


def _count(view: NetworkView, code: int, shape: shapely.Geometry, canvas: Canvas, zoom: float) -> Label:
    """Return how many circuits are built, at the middle of the longest part of their route."""
    longest = max(shapely.get_parts(shape), key=shapely.length)
    middle = shapely.line_interpolate_point(longest, 0.5, normalized=True)
    x, y = canvas.pixels(shapely.get_coordinates(middle))[0].tolist()
    words = f"×{view.wires.circuits[-1, code]:.0f}"
    return Label(x + 5 * zoom, y - 5 * zoom, words, "start", 13 * zoom, NEW, bold=True)


def _title(view: NetworkView, code: int) -> str:
    unit, capacity = view.wires.units.iloc[code], float(view.wires.capacity[-1, code])
    ends = " — ".join(view.named("buses", unit[one]) for one in ("from_bus", "to_bus"))
    return f"{unit['name']}: {ends}" + ("" if view.idle else f", {significant(capacity, 5)} MW")


def site_marks(view: NetworkView, where: Places, canvas: Canvas, zoom: float) -> tuple[list[Item], list[Entry]]:
    """Return sites in the colour of their technology, tied to their buses, and the legend."""
    sites, plan = view.plan.network["sites"], view.plan
    if not len(sites):
        return [], []
    capacity = np.nan_to_num(plan.once("site", "capacity_mw", sites["site"]))[-1]
    at, bus = canvas.pixels(where.site), canvas.pixels(where.bus[plan.network.bus_codes(sites["bus"])])
    size = zoom * _widths(capacity, _SMALL, _LARGE, view.largest)
    frame = 100 * np.array(canvas.size)
    at = np.clip(_beside(at, bus, zoom), size[:, None], frame - size[:, None])
    used = capacity > SEEN_MW
    technology = sites["technology"].astype(str).to_numpy()
    items: list[Item] = [Line(np.vstack([at[k], bus[k]]), "#8f8a80", 0.8, "", "2 3") for k in np.flatnonzero(used)]
    for k in np.argsort(-capacity, kind="stable"):
        color = view.colors[technology[k]] if used[k] else LEFT_OUT
        name = view.labelled("sites", sites["site"].iloc[k])
        name += f": {view.technology(technology[k])}, {significant(float(capacity[k]), 5)} MW"
        items.append(Dot(float(at[k, 0]), float(at[k, 1]), float(size[k]) if used[k] else 3.2 * zoom, color, name))
    legend = [
        Entry(color, view.technology(name))
        for name, color in view.colors.items()
        if (used & (technology == name)).any()
    ]
    if not used.all():
        legend.append(Entry(LEFT_OUT, view.t("legend_closed")))
    return items, legend


def _beside(at: Floats, bus: Floats, zoom: float) -> Floats:
    """Move sites that lie on their bus, or on each other, to a circle around it."""
    placed = at.copy()
    keys = np.round(at).astype(int)
    _, group = np.unique(keys, axis=0, return_inverse=True)
    for code in range(int(group.max(initial=-1)) + 1):
        members = np.flatnonzero(group == code)
        on_bus = np.abs(at[members[0]] - bus[members[0]]).max() < 1
        if len(members) == 1 and not on_bus:
            continue
        turn = 2 * np.pi * np.arange(len(members)) / len(members) + 0.6
        placed[members] += zoom * (24.0 + 2.0 * len(members)) * np.column_stack([np.cos(turn), np.sin(turn)])
    return placed


def names(names: list[str], at: Floats, others: list[Label], width: float, zoom: float) -> list[Label]:
    """Return what fits: first the circuits that are built, then names of buses where they cover none written before."""
    taken: list[tuple[float, float, float, float]] = []
    kept: list[Label] = []
    own = [
        Label(float(x) + 7 * zoom, float(y) - 7 * zoom, shortened(name, 22), "start", 12.5 * zoom)
        for name, (x, y) in zip(names, at, strict=True)
    ]
    for label in [*others, *own[: _MOST_NAMES if len(own) <= 4 * _MOST_NAMES else 0]]:
        wide = text_width(label.text, label.size)
        x = min(label.x, width - wide - 2)
        box = (x, label.y - label.size, x + wide, label.y + 2)
        if any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken):
            continue
        taken.append(box)
        kept.append(Label(x, label.y, label.text, "start", label.size, label.color, label.bold))
    return kept
