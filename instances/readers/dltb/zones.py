"""From pieces of parcels to zones: each piece a zone, or all alike pieces of a village, township or cell.

空间单元。A zone is homogeneous in region, red line, permanent farmland, urban boundary, slope class, grade and
city-town-village attribute.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from instances.classes import load_classes
from instances.faults import Fault, InstanceError
from instances.readers.dltb.regions import DIGITS
from instances.readers.dltb.topology import overlay, polygons_only, united

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from instances.readers.dltb.config import Config
    from instances.readers.dltb.parcels import Parcels
    from instances.readers.dltb.pieces import Pieces

ATTRIBUTES = (
    "region",
    "red_line",
    "farmland",
    "boundary",
    "slope_class",
    "grade",
    "potential_grade",
    "built_kind",
    "retirement",
    "afforestable",
)
STEEP = 5
MOST_CELLS = 20_000_000


@dataclass(frozen=True)
class Zones:
    """Tables `zones` (without geometry) and `cover`, and the polygon of each zone."""

    zones: pd.DataFrame
    cover: pd.DataFrame
    shapes: NDArray[Any]


def build_zones(pieces: Pieces, parcels: Parcels, config: Config) -> Zones:
    """Return the zones that the configuration asks for."""
    if config.zones.aggregate == "grid":
        pieces = on_grid(pieces, config.zones.grid_m)
    table = _attributes(pieces, parcels, config)
    if config.zones.aggregate == "parcels":
        names, group = _parcel_names(pieces, parcels), np.arange(len(pieces))
        zones, shapes = table[list(ATTRIBUTES)].copy(), pieces.shapes
    else:
        names, group, zones, shapes = _aggregated(table, pieces)
    cover = _cover(pieces, parcels, group, names)
    zones.insert(0, "zone", names)
    held = np.bincount(cover["position"], minlength=len(zones))
    zones["whole"] = ((held == 1) & config.zones.whole).astype(int)
    zones["area_ha"] = np.bincount(cover["position"], cover["area_ha"], len(zones))
    return Zones(zones, cover.drop(columns="position"), shapes)


def _attributes(pieces: Pieces, parcels: Parcels, config: Config) -> pd.DataFrame:
    """Return what the zone of each piece must be alike in."""
    own = parcels.table.iloc[pieces.parent].reset_index(drop=True)
    groups = load_classes("third_survey").set_index("code")["group"]
    group = own["code"].str[:4].map(groups)
    cropland = (group == "cropland").to_numpy()
    slope = pieces.labels["slope_class"]
    farmland = pieces.labels["farmland"].astype(np.int64)
    unit = own["unit"]
    grade = np.where(cropland, own["grade"], 0)
    retired = config.assume.retire_steep_cropland & cropland & (slope == STEEP) & (farmland == 0)
    table = pd.DataFrame(
        {
            "region": unit.str[: DIGITS[config.zones.region]],
            "red_line": pieces.labels["red_line"],
            "farmland": farmland,
            "boundary": pieces.labels["boundary"].astype(np.int64),
            "slope_class": slope,
            "grade": grade,
            "potential_grade": _potential(parcels, grade, unit, slope, config),
            "built_kind": own["kind"],
            "retirement": retired.astype(int),
            "afforestable": int(config.assume.afforestable),
        }
    )
    digits = DIGITS.get(config.zones.aggregate)
    table["unit"] = unit.str[:digits] if digits else pieces.labels.get("cell", unit.to_numpy())
    return table


def _potential(
    parcels: Parcels, grade: NDArray[Any], unit: pd.Series, slope: NDArray[Any], config: Config
) -> NDArray[np.int64]:
    """Return the grade that new cropland would reach: its own, else the mean of the village, township or county.

    The mean is weighted by area and rounded up, so to the worse grade. Land above 25 degrees is unfit.
    """
    table = parcels.table
    graded = (table["grade"] > 0).to_numpy()
    weight = parcels.area_ha[graded]
    known = pd.DataFrame({"unit": table["unit"][graded], "weight": weight, "sum": weight * table["grade"][graded]})
    found = grade.astype(float)
    for level in ("village", "township", "county"):
        sums = known.groupby(known["unit"].str[: DIGITS[level]])[["sum", "weight"]].sum()
        mean = np.ceil(sums["sum"] / sums["weight"] - 1e-9)
        looked_up = unit.str[: DIGITS[level]].map(mean).fillna(0).to_numpy()
        found = np.where(found == 0, looked_up, found)
    found = np.where(found == 0, config.assume.potential_grade, found)
    return np.where((slope == STEEP) & (grade == 0), 0, found).astype(np.int64)


def _parcel_names(pieces: Pieces, parcels: Parcels) -> NDArray[Any]:
    """Return the parcel's BSM, or its row where that is empty or not unique; parts of a parcel are numbered."""
    bsm = parcels.table["bsm"]
    unique = ~bsm.duplicated(keep=False) & (bsm != "")
    name = bsm.where(unique, "row" + parcels.table["row"].astype(str)).to_numpy(dtype=object)
    parent = pd.Series(pieces.parent)
    number = parent.groupby(parent).cumcount().to_numpy()
    several = parent.duplicated(keep=False).to_numpy()
    suffix = np.where(several, np.char.add("-", (number + 1).astype(str)), "").astype(object)
    return name[pieces.parent] + suffix


def _aggregated(
    table: pd.DataFrame, pieces: Pieces
) -> tuple[NDArray[Any], NDArray[np.int64], pd.DataFrame, NDArray[Any]]:
    """Return names, the zone of each piece, the attributes and the united polygon of each zone."""
    keys = ["unit", *ATTRIBUTES]
    group = np.asarray(table.groupby(keys, sort=True).ngroup(), dtype=np.int64)
    first = np.unique(group, return_index=True)[1]
    zones = table.iloc[first].reset_index(drop=True)
    number = zones.groupby("unit").cumcount() + 1
    names = (zones["unit"].astype(str) + "-" + number.astype(str)).to_numpy(dtype=object)
    return names, group, zones[list(ATTRIBUTES)].copy(), _united(pieces.shapes, group, len(zones))


def _united(shapes: NDArray[Any], group: NDArray[np.int64], count: int) -> NDArray[Any]:
    order = np.argsort(group, kind="stable")
    start = np.searchsorted(group[order], np.arange(count + 1))
    shapes_of = np.empty(count, dtype=object)
    for zone in range(count):
        members = shapes[order[start[zone] : start[zone + 1]]]
        shapes_of[zone] = members[0] if len(members) == 1 else united(members)
    return polygons_only(shapes_of)


def _cover(pieces: Pieces, parcels: Parcels, group: NDArray[np.int64], names: NDArray[Any]) -> pd.DataFrame:
    """Return `cover` with the position of the zone: TBDLMJ under DLBM and KCMJ under KCDLBM, by shares."""
    own = parcels.table
    parts = []
    for code, area in (("code", "main_ha"), ("ridge_code", "ridge_ha")):
        hectares = own[area].to_numpy()[pieces.parent] * pieces.share
        rows = np.flatnonzero(hectares > 0)
        classes = own[code].to_numpy()[pieces.parent[rows]]
        parts.append(pd.DataFrame({"position": group[rows], "class": classes, "area_ha": hectares[rows]}))
    joined = pd.concat(parts).groupby(["position", "class"])["area_ha"].sum().reset_index()
    joined.insert(0, "zone", names[joined["position"]])
    return joined


def on_grid(pieces: Pieces, size_m: float) -> Pieces:
    """Return pieces cut along a square grid, with label `cell`; cells are counted from the origin of the system.

    Raises InstanceError for cells so small that there would be too many.
    """
    west, south, east, north = np.floor(shapely.bounds(pieces.shapes).T / size_m).astype(np.int64)
    across, down = east - west + 1, north - south + 1
    count = across * down
    if count.sum() > MOST_CELLS:
        hint = "state a larger [zones] grid_m"
        raise InstanceError([Fault("[zones]", f"cells of {size_m:g} m give over {MOST_CELLS:,} parts", hint)])
    piece = np.repeat(np.arange(len(pieces)), count)
    step = np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count)
    column, row = west[piece] + step % across[piece], south[piece] + step // across[piece]
    cut = count[piece] > 1
    shapes = pieces.shapes[piece]
    corner = column[cut] * size_m, row[cut] * size_m
    cells = shapely.box(corner[0], corner[1], corner[0] + size_m, corner[1] + size_m)
    shapes[cut] = overlay(shapely.intersection, shapes[cut], cells)
    area = shapely.area(shapes)
    held = area > 0
    total = np.bincount(piece, area, len(pieces))
    share = pieces.share[piece] * area / total[piece]
    names = np.char.add(np.char.add(column.astype(str), "_"), row.astype(str)).astype(object)
    return pieces.take(piece[held], shapes[held], share[held]).with_label("cell", names[held])
