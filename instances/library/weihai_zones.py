"""Zones of the Weihai instance: pieces of the synthetic peninsula with a character and every control line's flag."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas
import numpy as np
import shapely
from shapely.geometry import Polygon

from instances.library.weihai_geography import (
    HA,
    TOWN_AREA_HA,
    Noise,
    Piece,
    Terrain,
    blob,
    cut_share,
    elevation,
    largest,
    split_by,
)

if TYPE_CHECKING:
    import pandas as pd

FARMLAND_SHARE = 0.82
"""Permanent basic farmland as a share of the cropland: assumed (the law asks for 0.8, facts 4.4)."""

FARMLAND_PURITY = 0.96
"""Share of a permanent-farmland zone that is cropland: assumed."""

SLOPE_SHARES = (0.36, 0.30, 0.21, 0.09, 0.04)
"""Share of the land by slope class 1 to 5: assumed for a hilly peninsula."""

WHOLE_PARCELS = {"mining": 20, "hamlet": 12, "ponds": 8}
"""Parcels that hold one class and change whole or not at all (made)."""

MIN_LOT_ZONES = 60
GRID_M = 0.01


def whole_parcels(generator: np.random.Generator, pieces: list[Piece], terrain: Terrain) -> list[Piece]:
    """Cut parcels out of large rural pieces; their tag is the character they get."""
    for kind, count in WHOLE_PARCELS.items():
        free = [i for i, piece in enumerate(pieces) if _can_hold_parcel(piece, kind, terrain)]
        chosen = sorted(int(i) for i in generator.choice(free, size=count, replace=False))
        for index in sorted(chosen, reverse=True):
            piece = pieces[index]
            heart = np.asarray(piece.polygon.representative_point().coords[0])
            parcel = blob(generator, heart, float(generator.uniform(6.0, 24.0)), 0.08)
            inside = largest(piece.polygon.intersection(parcel))
            rest = piece.polygon.difference(inside)
            if isinstance(rest, Polygon) and inside.area > 3.0 * HA:
                pieces[index : index + 1] = [piece.cut(rest, kind, False), piece.cut(inside, kind, True)]
    return pieces


def _can_hold_parcel(piece: Piece, kind: str, terrain: Terrain) -> bool:
    if piece.polygon.area < 150.0 * HA or any(piece.tags.values()):
        return False
    shore = terrain.coast.distance(piece.polygon)
    return shore < 2_500.0 if kind == "ponds" else shore > 1_500.0


def farmland_cuts(
    generator: np.random.Generator, pieces: list[Piece], terrain: Terrain, cropland_ha: float
) -> list[Piece]:
    """Cut permanent basic farmland out of the flattest free pieces until it holds its share of the cropland."""
    wanted = FARMLAND_SHARE * cropland_ha / FARMLAND_PURITY
    centres = shapely.get_coordinates(shapely.centroid(np.array([piece.polygon for piece in pieces])))
    order = np.argsort(_slope_index(centres, terrain, Noise(generator, 5_000.0)), kind="stable")
    shares = generator.uniform(0.52, 0.86, len(pieces))
    bearings = generator.uniform(0.0, 2.0 * np.pi, len(pieces))
    cut: dict[int, list[Piece]] = {}
    held = 0.0
    for index in map(int, order):
        piece = pieces[index]
        if held >= wanted:
            break
        if any(piece.tags.values()) or piece.polygon.area < 60.0 * HA:
            continue
        halves = cut_share(
            piece.polygon, min(shares[index], (wanted - held) * HA / piece.polygon.area), bearings[index]
        )
        if halves is not None and halves[0].area > 4.0 * HA:
            cut[index] = [piece.cut(halves[0], "farmland", True), piece.cut(halves[1], "farmland", False)]
            held += halves[0].area / HA
    return [part for i, piece in enumerate(pieces) for part in cut.get(i, [piece])]


def _slope_index(points: np.ndarray, terrain: Terrain, rough: Noise) -> np.ndarray:
    shore = shapely.distance(shapely.points(points), terrain.coast)
    return elevation(points, shore, terrain.relief) + 0.09 * rough(points)


def cut_pieces(
    generator: np.random.Generator, cells: list[Polygon], districts: list[str], terrain: Terrain, cropland_ha: float
) -> list[Piece]:
    """Cut the cells by every control line, so that each piece is homogeneous in all of them."""
    pieces = [Piece(cell, district, i) for i, (cell, district) in enumerate(zip(cells, districts, strict=True))]
    for tag, line in (
        ("boundary", terrain.boundary),
        ("red", terrain.red_general),
        ("red_core", terrain.red_core),
        ("reservoir", terrain.reservoirs),
        ("tidal", terrain.tidal),
    ):
        pieces = split_by(pieces, line, tag)
    pieces = whole_parcels(generator, pieces, terrain)
    return farmland_cuts(generator, pieces, terrain, cropland_ha)


def make_zones(generator: np.random.Generator, pieces: list[Piece], terrain: Terrain) -> geopandas.GeoDataFrame:
    """Return the zones with every column of `schema.ZONES`, and working columns that start with an underscore."""
    shapes = shapely.set_precision(np.array([piece.polygon for piece in pieces]), GRID_M)
    zones = geopandas.GeoDataFrame({"region": [piece.district for piece in pieces]}, geometry=shapes, crs="EPSG:4550")
    points = shapely.get_coordinates(shapely.centroid(shapes))
    index = _slope_index(points, terrain, Noise(generator, 5_000.0))
    flags = {tag: np.array([piece.has(tag) for piece in pieces]) for tag in _TAGS}
    zones["red_line"] = np.select([flags["red"] & flags["red_core"], flags["red"]], ["core", "general"], "")
    zones["farmland"] = flags["farmland"].astype(int)
    zones["boundary"] = flags["boundary"].astype(int)
    zones["_area_ha"] = shapely.area(shapes) / HA
    flat = flags["boundary"] | flags["farmland"] | flags["tidal"]
    zones["slope_class"] = slope_classes(np.where(flat, 0.45 * index, index), zones["_area_ha"].to_numpy())
    zones.loc[zones["farmland"] == 1, "slope_class"] = zones["slope_class"].clip(upper=4)
    zones["_height"] = index
    zones["_seat_m"] = np.linalg.norm(
        points[:, None, :] - np.vstack([terrain.seats[name] for name in sorted(terrain.seats)])[None], axis=2
    ).min(axis=1)
    zones["_shore_m"] = shapely.distance(shapely.points(points), terrain.coast)
    zones["shore"] = (zones["_shore_m"] < 2_600.0).astype(int)
    zones["stream"] = (shapely.distance(shapes, terrain.rivers) < 150.0).astype(int)
    zones["_x"], zones["_y"] = points[:, 0], points[:, 1]
    zones["character"] = characters(zones, flags, terrain)
    return _named(_planning_columns(generator, zones))


_TAGS = ("boundary", "red", "red_core", "reservoir", "tidal", "farmland", *WHOLE_PARCELS)


def slope_classes(index: np.ndarray, area_ha: np.ndarray) -> np.ndarray:
    """Return classes 1 to 5 so that their areas follow `SLOPE_SHARES`."""
    order = np.argsort(index, kind="stable")
    reached = np.empty(len(index))
    reached[order] = (np.cumsum(area_ha[order]) - 0.5 * area_ha[order]) / area_ha.sum()
    return 1 + np.searchsorted(np.cumsum(SLOPE_SHARES)[:-1], reached)


def characters(zones: pd.DataFrame, flags: dict[str, np.ndarray], terrain: Terrain) -> np.ndarray:
    """Return what kind of place each zone is; the classes it holds follow from that."""
    points = zones[["_x", "_y"]].to_numpy()
    town_radius = np.sqrt(TOWN_AREA_HA * HA / np.pi) * 1.3
    to_town = np.linalg.norm(points[:, None, :] - terrain.towns[None], axis=2).min(axis=1)
    inside = flags["boundary"]
    in_town = inside & (to_town < town_radius)
    centre = np.zeros(len(zones), dtype=bool)
    for name, seat in terrain.seats.items():
        away = np.linalg.norm(points - seat, axis=1)
        mine = inside & ~in_town & (zones["region"] == name).to_numpy()
        limit = np.quantile(away[mine], 0.62) if mine.any() else 0.0
        centre |= mine & (away <= limit)
    slope = zones["slope_class"].to_numpy()
    whole = [flags[kind] for kind in WHOLE_PARCELS]
    return np.select(
        [
            *whole,
            flags["farmland"],
            flags["reservoir"],
            flags["tidal"],
            in_town,
            centre,
            inside,
            zones["_shore_m"].to_numpy() < 2_600.0,
            slope >= 4,
            slope >= 3,
        ],
        [*WHOLE_PARCELS, "farmland", "reservoir", "tidal", "town", "core", "fringe", "coast", "mountain", "hill"],
        "plain",
    )


def _planning_columns(generator: np.random.Generator, zones: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    count = len(zones)
    kind = zones["character"]
    noise = Noise(generator, 9_000.0)(zones[["_x", "_y"]].to_numpy())
    zones["built_kind"] = kind.map({"core": "city", "fringe": "city", "town": "town", "mining": "mining"}).fillna(
        "village"
    )
    zones["whole"] = kind.isin(WHOLE_PARCELS).astype(int)
    quality = 8.0 + 0.9 * (zones["slope_class"] - 2) - 0.8 * zones["farmland"] + 0.7 * noise
    zones["_quality"] = np.clip(np.rint(quality), 6, 12).astype(int)
    unfit = kind.isin(("core", "reservoir", "tidal")) | (zones["slope_class"] == 5)
    worse = generator.integers(0, 3, count)
    zones["potential_grade"] = np.where(unfit, 0, np.clip(zones["_quality"] + worse, 6, 13))
    dry = generator.random(count)
    zones["afforestable"] = (~kind.isin(("tidal", "reservoir", "core", "ponds")) & (dry < 0.8)).astype(int)
    steep = (zones["slope_class"] == 5) | ((zones["slope_class"] == 4) & (generator.random(count) < 0.4))
    zones["retirement"] = (steep & (zones["farmland"] == 0)).astype(int)
    nearness = np.exp(-zones["_seat_m"] / 9_000.0)
    zones["cost_factor"] = np.round((0.8 + 0.7 * nearness + 0.1 * (zones["slope_class"] - 1) + 0.04 * noise) * 5) / 5
    zones["min_lot_ha"] = 0.0
    lots = np.flatnonzero(kind.isin(("fringe", "plain", "hill")).to_numpy())
    chosen = np.sort(generator.choice(lots, size=MIN_LOT_ZONES, replace=False))
    zones.loc[chosen, "min_lot_ha"] = generator.choice([0.5, 1.0, 2.0], size=MIN_LOT_ZONES)
    return zones


def _named(zones: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """Order the zones by district and place, and name them: hc0001, wd0001, ..."""
    short = {"huancui": "hc", "wendeng": "wd", "rongcheng": "rc", "rushan": "rs"}
    zones = zones.sort_values(["region", "_x", "_y"], kind="stable").reset_index(drop=True)
    number = zones.groupby("region").cumcount() + 1
    zones.insert(0, "zone", zones["region"].map(short) + number.astype(str).str.zfill(4))
    return zones
