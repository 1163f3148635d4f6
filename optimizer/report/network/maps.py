"""The map of a network: lines, what is built, buses and sites, alone or over the planned land in pale colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pandas as pd
import shapely

from optimizer.report.drawing import INK, Box, Dot, Drawing, Item, Picture
from optimizer.report.maps import canvas_on
from optimizer.report.network.marks import names, site_marks, wire_marks
from optimizer.report.sites.maps import Entry, scale_words
from optimizer.results.network.places import places

if TYPE_CHECKING:
    from instances.instance import Instance
    from instances.land import Floats
    from optimizer.report.maps import Canvas, Maps
    from optimizer.report.network.view import NetworkView
    from optimizer.results.network.places import Places

_FLAT, _MARGIN = 0.5, 0.06
_BUS, _ASKED = 4.2, 6.5
CONNECTED = "#2c5e4c"
"""Colour of buses that must be connected."""
MOST_WIDE, MOST_HIGH = 980.0, 760.0
"""Pixels that a map takes on the page."""


@dataclass(frozen=True)
class NetworkMap:
    """A drawing with its caption, legend, and scale as of `SiteMap`; `wide` are the pixels that it takes across."""

    drawing: Drawing
    caption: str
    legend: tuple[Entry, ...]
    scale: tuple[str, float] | None

    @property
    def wide(self) -> int:
        """Pixels across on the page."""
        return round(self.drawing.width / _magnified(self.drawing.width, self.drawing.height))


def _magnified(width: float, height: float) -> float:
    """Return how many points of a drawing are a pixel on the page, so that letters are as large on every map."""
    return max(width / MOST_WIDE, height / MOST_HIGH)


def network_map(view: NetworkView, instance: Instance) -> NetworkMap | None:
    """Return the map of a network alone; None where nothing says where buses lie."""
    where = places(instance, arrange=True)
    if where is None:
        return None
    canvas = canvas_on(geopandas.GeoSeries([_ground(where)], crs=where.crs), np.zeros(1, dtype=np.int64))
    caption = view.t("map_arranged" if where.arranged else "map_alone")
    if not view.idle:
        caption += ("" if view.lang == "zh" else " ") + view.t("map_scaled")
    width, height = (100 * one for one in canvas.size)
    ground = Box(0, 0, width, height, "#f6f5ef")
    return _drawn(view, where, canvas, [ground], caption, None if where.arranged else scale_words(canvas))


def joint_map(view: NetworkView, instance: Instance, maps: Maps, pale: Floats, backdrop: Entry) -> NetworkMap | None:
    """Return the map over the planned land, whose zones have the colours `pale`; None without places of buses."""
    where = places(instance)
    if where is None:
        return None
    land = instance.zone_geometry().geometry
    if land.crs is None and where.crs is not None:
        land = land.set_crs(where.crs)
    # Buses beyond the land, such as ties to other grids, widen the frame.
    bounds = shapely.box(*maps.canvas.bounds)
    outside = where.bus[~shapely.contains_xy(bounds, where.bus[:, 0], where.bus[:, 1])]
    speck = (maps.canvas.bounds[2] - maps.canvas.bounds[0]) * 1e-4
    extra = geopandas.GeoSeries(list(shapely.buffer(shapely.points(outside), speck)), crs=land.crs)
    canvas = maps.canvas
    if len(extra):
        region = np.concatenate([canvas.region, np.full(len(extra), -1, dtype=np.int64)])
        canvas = canvas_on(pd.concat([land, extra], ignore_index=True), region)
    colors = np.vstack([pale, np.ones((len(extra), 3))])
    width, height = (100 * one for one in canvas.size)
    ground = Picture(0, 0, width, height, canvas.paint(colors))
    found = _drawn(view, where, canvas, [ground], view.t("map_joint"), scale_words(canvas))
    return NetworkMap(found.drawing, found.caption, (*found.legend, backdrop), found.scale)


def _ground(where: Places) -> shapely.Geometry:
    """Return the extent of a network with some room about it, no flatter than half its width."""
    points = np.vstack([where.bus, where.site, *(shapely.get_coordinates(one) for one in where.routes.values())])
    low, high = points.min(axis=0), points.max(axis=0)
    size, middle = high - low, (low + high) / 2
    size = np.maximum(size, _FLAT * max(float(size.max()), 1e-9)) * (1 + 2 * _MARGIN)
    return shapely.box(*(middle - size / 2), *(middle + size / 2))


def _drawn(
    view: NetworkView,
    where: Places,
    canvas: Canvas,
    ground: list[Item],
    caption: str,
    scale: tuple[str, float] | None,
) -> NetworkMap:
    width, height = (100 * one for one in canvas.size)
    zoom = _magnified(width, height)
    lines, wire_legend, at_lines = wire_marks(view, where, canvas, zoom)
    sites, site_legend = site_marks(view, where, canvas, zoom)
    bus = canvas.pixels(where.bus)
    buses = view.plan.network["buses"]
    asked = buses["bus"].astype(str).isin(view.plan.network["connections"]["bus"].astype(str)).to_numpy()
    dots = [
        Dot(float(x), float(y), (_ASKED if one else _BUS) * zoom, CONNECTED if one else INK, str(name))
        for (x, y), name, one in zip(bus, buses["bus"].astype(str), asked, strict=True)
    ]
    items = [*ground, *lines, *sites, *dots]
    items += names([view.named("buses", one) for one in buses["bus"]], bus, at_lines, width, zoom)
    bus_legend = [
        Entry(INK, view.t("legend_bus")),
        *([Entry(CONNECTED, view.t("legend_asked"))] if asked.any() else []),
    ]
    legend = (*wire_legend, *bus_legend, *site_legend)
    return NetworkMap(Drawing(width, height, tuple(items)), caption, legend, scale)
