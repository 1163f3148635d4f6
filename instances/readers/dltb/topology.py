"""Repair of parcels: invalid polygons, duplicates, overlaps; gaps are measured.

拓扑修复。The rules: an invalid polygon is made valid; of records with the same polygon the first counts; land
that two parcels claim stays with the earlier record, and the later one loses hectares by its share of area.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from instances.readers.dltb.account import Account
    from instances.readers.dltb.config import Config
    from instances.readers.dltb.parcels import Parcels


GRID_M = 1e-4
"""Where an operation fails on coordinates as they are, they are rounded to this and it is done again."""


def overlay(operation: Callable[..., NDArray[Any]], left: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
    """Return the areal result of an operation on pairs of shapes, on rounded coordinates where it fails else."""
    try:
        result = operation(left, right)
    except shapely.errors.GEOSException:
        result = operation(left, right, grid_size=GRID_M)
    return polygons_only(result)


def united(shapes: NDArray[Any] | list[Any]) -> Any:
    """Return the union of shapes, on rounded coordinates where it fails else."""
    try:
        return shapely.union_all(shapes)
    except shapely.errors.GEOSException:
        return shapely.union_all(shapes, grid_size=GRID_M)


def polygons_only(shapes: NDArray[Any]) -> NDArray[Any]:
    """Return the areal part of each shape, (shapes,); lines and points that an operation leaves are dropped."""
    mixed = np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION)
    if not len(mixed):
        return shapes
    shapes = shapes.copy()
    parts, owner = shapely.get_parts(shapes[mixed], return_index=True)
    inner, inside = shapely.get_parts(parts, return_index=True)
    areal = shapely.get_dimensions(inner) == 2
    merged = pd.Series(inner[areal]).groupby(owner[inside[areal]]).agg(list)
    shapes[mixed] = shapely.MultiPolygon()
    shapes[mixed[merged.index.to_numpy()]] = [united(held) for held in merged]
    return shapes


def made_valid(shapes: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return valid polygons, and which were not valid before, both (shapes,)."""
    broken = ~shapely.is_valid(shapes)
    if broken.any():
        shapes = shapes.copy()
        shapes[broken] = polygons_only(np.array([_mended(shape) for shape in shapes[broken]], dtype=object))
    return shapes, broken


def _mended(shape: Any) -> Any:
    """Return a valid shape; the ways of mending are tried in turn, since each fails on some shapes."""
    ways: tuple[Callable[[Any], Any], ...] = (
        lambda broken: shapely.make_valid(broken, method="structure", keep_collapsed=False),
        shapely.make_valid,
        lambda broken: shapely.buffer(broken, 0),
    )
    for way in ways:
        try:
            mended = way(shape)
        except shapely.errors.GEOSException:
            continue
        if shapely.is_valid(mended):
            return mended
    return shapely.Polygon()


def repair(parcels: Parcels, config: Config, account: Account) -> Parcels:
    """Return valid parcels that overlap nowhere, and note every repair in the account."""
    parcels = _without_duplicates(_valid(parcels, account), account)
    return _without_overlaps(parcels, config, account)


def _valid(parcels: Parcels, account: Account) -> Parcels:
    shapes, broken = made_valid(parcels.shapes)
    if broken.any():
        rule = "made valid; hectares as in the tables 修复图形，面积按表列"
        account.add("repaired", "invalid polygons", broken.sum(), parcels.area_ha[broken].sum(), rule)
    flat = shapely.is_empty(shapes) | (shapely.area(shapes) <= 0)
    account.refuse("no polygon", parcels.records(flat), "nothing is left once it is made valid 修复后无面")
    return type(parcels)(parcels.table, shapes, parcels.place).keep(~flat)


def _without_duplicates(parcels: Parcels, account: Account) -> Parcels:
    same = pd.Series(shapely.to_wkb(shapely.normalize(parcels.shapes))).duplicated().to_numpy()
    account.refuse("duplicates", parcels.records(same), "the polygon of an earlier record 与前一图斑重复")
    return parcels.keep(~same)


def _without_overlaps(parcels: Parcels, config: Config, account: Account) -> Parcels:
    """Trim parcels that overlap earlier ones; only where the coverage is broken are pairs compared."""
    shapes = parcels.shapes
    suspects = np.flatnonzero(~shapely.is_empty(shapely.coverage_invalid_edges(shapes)))
    tree = shapely.STRtree(shapes)
    left, right = tree.query(shapes[suspects], predicate="intersects")
    left = suspects[left]
    pairs = pd.DataFrame({"early": np.minimum(left, right), "late": np.maximum(left, right)})
    pairs = pairs[pairs["early"] != pairs["late"]].drop_duplicates()
    shared = shapely.area(overlay(shapely.intersection, shapes[pairs["early"]], shapes[pairs["late"]]))
    pairs = pairs[shared > config.repair.overlap_m2]
    if pairs.empty:
        return parcels
    late, start = np.unique(pairs["late"].to_numpy(), return_inverse=True)
    claimed = pd.Series(shapes[pairs["early"]]).groupby(start).agg(lambda held: united(held.to_numpy()))
    trimmed = overlay(shapely.difference, shapes[late], claimed.to_numpy())
    share = np.clip(shapely.area(trimmed) / shapely.area(shapes[late]), 0.0, 1.0)
    lost = parcels.table.loc[late, ["row", "bsm"]].assign(area_ha=parcels.area_ha[late] * (1 - share))
    account.refuse("overlaps", lost, "claimed by an earlier record, by share of the polygon 重叠归前一图斑")
    table, shapes = parcels.table.copy(), shapes.copy()
    table.loc[late, ["main_ha", "ridge_ha"]] = table.loc[late, ["main_ha", "ridge_ha"]].to_numpy() * share[:, None]
    shapes[late] = trimmed
    return type(parcels)(table, shapes, parcels.place).keep(~shapely.is_empty(shapes))
