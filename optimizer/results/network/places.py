"""Where buses, sites and routes lie, for maps and the GeoPackage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas
import networkx as nx
import numpy as np
import shapely

from instances import schema
from instances.land import codes_of
from instances.readers.folder import find_table, read_geometry
from instances.readers.geometry import has_polygons

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from instances.instance import Instance
    from instances.network import Network

    Points = NDArray[np.float64]

MOST_ARRANGED = 120
"""Buses up to which a network without places is arranged by who is joined to whom."""
WIRE_TABLES = ("lines", "links", "candidates")


@dataclass(frozen=True)
class Places:
    """Places of buses (buses, 2), of sites (sites, 2), and routes of segments by name where they are known.

    `arranged` says that no one knows where buses lie: they are put where their lines are short.
    """

    bus: Points
    site: Points
    routes: dict[str, shapely.Geometry]
    crs: str | None
    arranged: bool = False


def places(instance: Instance, *, arrange: bool = False) -> Places | None:
    """Return where things lie; None where nothing says it, and they cannot or shall not be arranged."""
    network = instance.require_network()
    buses = network["buses"]
    bus = buses[["x_m", "y_m"]].to_numpy(dtype=float)
    known = len(bus) > 0 and bool(np.ptp(bus, axis=0).any() or bus.any())
    if not known:
        if not arrange or len(bus) > MOST_ARRANGED or instance.land is not None:
            return None
        bus = arranged(network)
    crs = instance.settings.instance.crs or None
    return Places(bus, _sites(instance, bus), _routes(instance), crs if known else None, not known)


def arranged(network: Network) -> Points:
    """Return places at which joined buses lie near each other (buses, 2), on a square of 1."""
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(network.n_buses))
    for name in WIRE_TABLES:
        table = network[name]
        ends = (network.bus_codes(table["from_bus"]).tolist(), network.bus_codes(table["to_bus"]).tolist())
        graph.add_edges_from(zip(*ends, strict=True))
    found = nx.kamada_kawai_layout(graph) if graph.number_of_edges() else nx.circular_layout(graph)
    return np.array([found[code] for code in range(network.n_buses)], dtype=float)


def _sites(instance: Instance, bus: Points) -> Points:
    """Return the middle of the zones of each site (sites, 2); its bus where it has none or nothing shows them."""
    network = instance.require_network()
    sites, table = network["sites"], network["site_zones"]
    place = bus[network.bus_codes(sites["bus"])].copy()
    if instance.land is None or table.empty or not instance.has_geometry():
        return place
    zones = instance.zone_geometry()
    middle = shapely.centroid(np.asarray(zones.geometry.array))
    points = np.column_stack([shapely.get_x(middle), shapely.get_y(middle)])
    zone = codes_of(table["zone"].astype(str), zones["zone"].astype(str))
    site = codes_of(table["site"].astype(str), sites["site"].astype(str))
    weight = table["share"].to_numpy(dtype=float) * shapely.area(np.asarray(zones.geometry.array))[zone]
    total = np.bincount(site, weight, minlength=len(sites))
    within = total > 0
    for axis in range(2):
        summed = np.bincount(site, weight * points[zone, axis], minlength=len(sites))
        place[within, axis] = summed[within] / total[within]
    return place


def _routes(instance: Instance) -> dict[str, shapely.Geometry]:
    table = schema.table("network", "segments")
    path = find_table(instance.folder, table)
    if path is None or not has_polygons(path, table):
        return {}
    shapes = read_geometry(instance.folder, table)
    found = zip(shapes["segment"].astype(str), shapes.geometry, strict=True)
    return {name: shape for name, shape in found if shape is not None and not shape.is_empty}


def straight_segments(network: Network, where: Places) -> dict[str, shapely.Geometry]:
    """Return parts of the straight line between the buses that a corridor joins, for segments by name.

    Stands for routes that nothing shows: parts follow each other as in `corridors`, as long as their `length_km` says;
    a segment of several corridors lies on the first. Segments of corridors that no candidate uses are left out.
    """
    km = dict(zip(network["segments"]["segment"].astype(str), network["segments"]["length_km"], strict=True))
    candidates = network["candidates"].drop_duplicates("corridor").set_index("corridor")
    found: dict[str, shapely.Geometry] = {}
    for corridor, rows in network["corridors"].groupby("corridor", sort=False):
        if corridor not in candidates.index:
            continue
        ends = where.bus[network.bus_codes(candidates.loc[[corridor], ["from_bus", "to_bus"]].iloc[0])]
        names = [str(one) for one in rows["segment"]]
        until = np.cumsum([0.0, *(max(float(km[name]), 1e-9) for name in names)])
        points = ends[0] + (until / until[-1])[:, None] * (ends[1] - ends[0])
        for name, first, last in zip(names, points[:-1], points[1:], strict=True):
            found.setdefault(name, shapely.linestrings(np.array([first, last])))
    return found


def wire_shapes(network: Network, where: Places, name: str) -> list[shapely.Geometry]:
    """Return the line of each row of `lines`, `links` or `candidates`; candidates follow their corridor."""
    table = network[name]
    ends = where.bus[network.bus_codes(table["from_bus"])], where.bus[network.bus_codes(table["to_bus"])]
    shapes: list[shapely.Geometry] = list(shapely.linestrings(np.stack(ends, axis=1)))
    if name != "candidates" or not where.routes:
        return shapes
    members = network["corridors"].groupby("corridor")["segment"].apply(lambda names: [str(one) for one in names])
    for row, corridor in enumerate(table["corridor"].astype(str)):
        along = [where.routes[one] for one in members.get(corridor, []) if one in where.routes]
        if along:
            shapes[row] = shapely.line_merge(shapely.union_all(along))
    return shapes


def frame_of(table: pd.DataFrame, shapes: list[shapely.Geometry], where: Places) -> geopandas.GeoDataFrame:
    """Return a table with its shapes."""
    return geopandas.GeoDataFrame(table.reset_index(drop=True), geometry=shapes, crs=where.crs)
