"""A corridor plan to choose from: routes between buses, the segments they share, their strips, towers and crossings.

Tables `candidates`, `corridors`, `segments` and `segment_zones` of the network part, and the layers to look at.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pandas as pd
import shapely

from instances.faults import Fault, InstanceError, raise_if_any
from instances.siting.config import Pair
from instances.siting.friction import line_classes
from instances.siting.overlay import tiles
from instances.siting.routes import along, alternatives, costs_from, steps, ways
from instances.siting.segments import merged, of_routes
from instances.siting.strips import strips, towers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from instances.siting.config import RouteConfig
    from instances.siting.friction import LineClass, Surface
    from instances.siting.routes import Route, Steps
    from instances.siting.segments import Segment

M2_PER_HA = 10_000.0

CROSSING_KM = 5e-4
"""Crossings shorter than half a metre are not told."""


@dataclass(frozen=True)
class Corridors:
    """What was found.

    Attributes
    ----------
    candidates, corridors
        Tables of the network part; `candidates` also states length_km and route_cost (money, of a line alone).
    segments
        Table of the network part, with geometry.
    strips
        Strip of each segment (segment, tower_ha, area_ha, geometry), disjoint.
    towers
        Places of towers (segment, geometry).
    overlap_ha
        Hectares that lay in two strips and count once.
    """

    candidates: pd.DataFrame = field(repr=False)
    corridors: pd.DataFrame = field(repr=False)
    segments: geopandas.GeoDataFrame = field(repr=False)
    strips: geopandas.GeoDataFrame = field(repr=False)
    towers: geopandas.GeoDataFrame = field(repr=False)
    overlap_ha: float


@dataclass(frozen=True)
class _Found:
    """Routes by name, with pair and voltage class of each."""

    routes: dict[str, Route]
    pair: dict[str, Pair]


def find_corridors(surface: Surface, config: RouteConfig, buses: pd.DataFrame, of_sites: set[str]) -> Corridors:
    """Return the corridors that a config asks for.

    Parameters
    ----------
    buses
        Columns bus, x_m, y_m in the reference system of the surface.
    of_sites
        Buses that belong to a site, which `[sites]` joins to others.

    Raises
    ------
    InstanceError
        For buses that are unknown, outside the grid or on shut land; for pairs that no route joins.
    """
    table = line_classes(config)
    grids = _grids(surface, config, table)
    place = _places(surface, config, buses, grids)
    found = _routes(config, grids, table, place, _pairs(config, grids, place, of_sites))
    segments = merged(found.routes)
    return _tables(surface, config, table, grids, found, segments)


def _asked(config: RouteConfig) -> list[str]:
    """Return the voltage classes that pairs and sites ask for."""
    names = [pair.voltage_class for pair in config.pair]
    return list(dict.fromkeys([*names, *([config.sites.voltage_class] if config.sites else [])]))


def _grids(surface: Surface, config: RouteConfig, table: Mapping[str, LineClass]) -> dict[str, Steps]:
    names = _asked(config)
    raise_if_any(
        Fault("config", f"no voltage class {name!r}", f"shipped are {', '.join(table)}")
        for name in names
        if name not in table
    )
    size = -surface.transform.e, surface.transform.a
    return {
        name: steps(
            surface.cost_per_km(table[name].cost_per_km),
            surface.shut(table[name].width_m),
            size,
        )
        for name in names
    }


def _places(surface: Surface, config: RouteConfig, buses: pd.DataFrame, grids: Mapping[str, Steps]) -> dict[str, int]:
    """Return the cell of each bus that a route starts or ends at, or may."""
    names = buses["bus"].astype(str)
    cells = surface.cell_of(buses["x_m"].to_numpy(dtype=float), buses["y_m"].to_numpy(dtype=float))
    place = dict(zip(names, cells.tolist(), strict=True))
    needed: dict[str, set[str]] = {name: set() for name in grids}
    for pair in config.pair:
        needed[pair.voltage_class] |= {pair.from_bus, pair.to_bus}
    if config.sites:
        needed[config.sites.voltage_class] |= set(names)
    faults = [
        Fault("config", f"{name} is no bus of the instance", f"one of {', '.join(names[:20])}", column="pair")
        for name in sorted(set().union(*needed.values()) - set(names))
    ]
    for kind, wanted in needed.items():
        faults += [
            Fault("buses", f"bus {name} {why}", "correct its place or its CRS, or give the crossing a price")
            for name in sorted(wanted & set(names))
            if (why := _trouble(surface, grids[kind], place[name]))
        ]
    raise_if_any(faults)
    return place


def needed_buses(config: RouteConfig, names: pd.Series) -> set[str]:
    """Return the buses that lines may start at."""
    return set(names) if config.sites else {name for pair in config.pair for name in (pair.from_bus, pair.to_bus)}


def _trouble(surface: Surface, grid: Steps, cell: int) -> str:
    """Return why no line may start in a cell, empty where it may."""
    if cell < 0:
        return "lies outside the raster"
    if np.isnan(surface.multiplier.ravel()[cell]):
        return "lies where the land cover has no land"
    if np.isnan(grid.cost_per_km[cell]):
        return f"lies in or beside land where no line may run ({', '.join(surface.forbidden)})"
    return ""


def _pairs(config: RouteConfig, grids: Mapping[str, Steps], place: Mapping[str, int], of_sites: set[str]) -> list[Pair]:
    """Return the pairs to be joined: those stated, and each bus of a site with the cheapest others to reach."""
    pairs = list(config.pair)
    if config.sites is None:
        return pairs
    if not of_sites or not set(place) - of_sites:
        message = "[sites] joins buses of sites to others, and there are none of one kind"
        raise InstanceError([Fault("config", message, 'run sanqu potential with connect = "own" first')])
    targets = sorted(set(place) - of_sites)
    kind = config.sites.voltage_class
    cost = costs_from(grids[kind], [place[name] for name in targets])
    for site in sorted(of_sites):
        reached = cost[:, place[site]]
        order = np.argsort(reached, kind="stable")[: config.sites.nearest]
        found = [Pair(from_bus=site, to_bus=targets[one], voltage_class=kind) for one in order]
        stated = {(frozenset((pair.from_bus, pair.to_bus)), pair.voltage_class) for pair in config.pair}
        pairs += [one for one in found if (frozenset((one.from_bus, one.to_bus)), kind) not in stated]
    return pairs


def _routes(
    config: RouteConfig,
    grids: Mapping[str, Steps],
    table: Mapping[str, LineClass],
    place: Mapping[str, int],
    pairs: list[Pair],
) -> _Found:
    """Return routes of every pair: the cheapest, distinct others, and one along what other pairs have found."""
    faults, by_pair = [], []
    taken: dict[str, set[tuple[int, int]]] = {name: set() for name in grids}
    for pair in pairs:
        ends = place[pair.from_bus], place[pair.to_bus]
        names = f"{pair.from_bus} and {pair.to_bus}"
        if ends[0] == ends[1]:
            hint = "make them one bus, or choose smaller cells"
            faults.append(Fault("buses", f"buses {names} lie in the same cell of the grid", hint))
            continue
        try:
            kind = pair.voltage_class
            found = alternatives(grids[kind], *ends, config.lines, names, taken[kind])
            taken[kind] |= set().union(*(ways(route.cells) for route in found))
            by_pair.append((pair, found))
        except InstanceError as error:
            faults += error.faults
    raise_if_any(faults)
    routes, of = {}, {}
    for number, (pair, own) in enumerate(by_pair):
        others = set().union(*(ways(other[0].cells) for at, (_, other) in enumerate(by_pair) if at != number))
        saved = table[pair.voltage_class].shared_share
        ends = place[pair.from_bus], place[pair.to_bus]
        shared = along(grids[pair.voltage_class], *ends, others, saved, own)
        for rank, route in enumerate([*own, *([shared] if shared else [])], start=1):
            name = f"{pair.from_bus}-{pair.to_bus}-{rank}"
            if len(pairs) > len({(one.from_bus, one.to_bus) for one in pairs}):
                name = f"{name}-{pair.voltage_class}"
            while name in routes:  # buses `a`, `b-c` and `a-b`, `c`
                name += "'"
            routes[name], of[name] = route, pair
    return _Found(routes, of)


def _tables(
    surface: Surface,
    config: RouteConfig,
    table: Mapping[str, LineClass],
    grids: Mapping[str, Steps],
    found: _Found,
    segments: list[Segment],
) -> Corridors:
    lines = np.array([shapely.LineString(surface.centres(one.cells)) for one in segments], dtype=object)
    kinds = [sorted({found.pair[name].voltage_class for name in one.routes}) for one in segments]
    width = np.array([max(table[one].width_m for one in names) for names in kinds], dtype=float)
    strip, twice = strips(lines, width)
    posts = [towers(line, min(table[one].tower_spacing_m for one in of)) for line, of in zip(lines, kinds, strict=True)]
    feet = [len(at) * max(table[one].tower_foot_m2 for one in of) / M2_PER_HA
            for at, of in zip(posts, kinds, strict=True)]  # fmt: skip
    names = [one.name for one in segments]
    opening = {one.name: _opening(surface, table, grids, one, of) for one, of in zip(segments, kinds, strict=True)}
    frame = geopandas.GeoDataFrame(
        {
            "segment": names,
            "length_km": shapely.length(lines) / 1000,
            "width_m": width,
            "cost": [opening[name] for name in names],
            "crossings": _crossings(surface, lines),
        },
        geometry=lines,
        crs=surface.crs,
    )
    area = shapely.area(strip) / M2_PER_HA
    shares = {"segment": names, "area_ha": area, "tower_ha": np.minimum(feet, area)}
    chains = of_routes(segments)
    return Corridors(
        candidates=_candidates(
            config, table, found, {name: [opening[one] for one in of] for name, of in chains.items()}
        ),
        corridors=pd.DataFrame(
            [(name, segment) for name in found.routes for segment in chains[name]], columns=["corridor", "segment"]
        ),
        segments=frame,
        strips=geopandas.GeoDataFrame(shares, geometry=strip, crs=surface.crs),
        towers=geopandas.GeoDataFrame(
            {"segment": np.repeat(names, [len(at) for at in posts])}, geometry=np.concatenate(posts), crs=surface.crs
        ),
        overlap_ha=twice,
    )


def _priced_apart(surface: Surface, grid: Steps, cells: NDArray[np.int64]) -> tuple[float, float]:
    """Return what a way costs for terrain and for crossings, money."""
    km = grid.km(cells[:-1], cells[1:])
    price = surface.price_per_km.ravel()[cells]
    crossing = float((km * (price[:-1] + price[1:]) / 2).sum())
    both = grid.cost_per_km[cells]
    return float((km * (both[:-1] + both[1:]) / 2).sum()) - crossing, crossing


def _opening(
    surface: Surface, table: Mapping[str, LineClass], grids: Mapping[str, Steps], segment: Segment, kinds: list[str]
) -> float:
    """Return the cost of opening a segment: what lines of all its classes share, and the crossings."""
    shared, crossing = [], 0.0
    for kind in kinds:
        terrain, crossing = _priced_apart(surface, grids[kind], segment.cells)
        shared.append(table[kind].shared_share * terrain)
    return max(0.0, min(shared) + crossing)


def _candidates(
    config: RouteConfig, table: Mapping[str, LineClass], found: _Found, openings: Mapping[str, list[float]]
) -> pd.DataFrame:
    """Return table `candidates`; with the openings of its segments, a line alone pays what its route costs."""
    rows = []
    for name, route in found.routes.items():
        pair = found.pair[name]
        kind = table[pair.voltage_class]
        rows.append(
            {
                "candidate": name,
                "from_bus": pair.from_bus,
                "to_bus": pair.to_bus,
                "reactance_ohm": kind.reactance_ohm_per_km * route.km,
                "capacity_mw": kind.capacity_mw,
                "loss_share": config.lines.loss_per_1000km * route.km / 1000,
                "cost": max(0.0, route.cost - math.fsum(openings[name])),
                "max_additions": config.lines.max_additions,
                "voltage_class": pair.voltage_class,
                "corridor": name,
                "length_km": route.km,
                "route_cost": route.cost,
            }
        )
    return pd.DataFrame(rows)


def _crossings(surface: Surface, lines: NDArray[np.object_]) -> list[str]:
    """Return in words which priced lines each segment crosses, and over what length."""
    words: list[list[str]] = [[] for _ in lines]
    for role, shape in surface.priced.items():
        tree = shapely.STRtree(tiles(shape))
        which, tile = tree.query(lines, predicate="intersects")
        cut = shapely.length(shapely.intersection(lines[which], tree.geometries[tile]))
        km = np.bincount(which, cut, minlength=len(lines)) / 1000
        for row in np.flatnonzero(km >= CROSSING_KM):
            words[row].append(f"{role} {km[row]:.3f} km")
    return ["; ".join(of) for of in words]
