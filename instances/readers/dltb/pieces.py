"""Cutting parcels along control lines: never by majority, and slivers by a stated rule.

控制线切割图斑。A part that a line cuts off is a sliver where it is smaller than `area_m2` or narrower than
`width_m` (twice its area over its perimeter); it stays with the rest of its parcel, and takes its side. Where
both parts are slivers, the larger one decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from instances.readers.dltb.topology import made_valid, overlay, polygons_only, united

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from instances.readers.dltb.account import Account
    from instances.readers.dltb.config import Slivers

MOST_VERTICES = 200
"""Larger polygons are cut into tiles before parcels are intersected with them."""


@dataclass(frozen=True)
class Pieces:
    """Parts of parcels: the parcel (position), the share of its area, the polygon, and what lines say of it."""

    parent: NDArray[np.int64]
    share: NDArray[np.float64]
    shapes: NDArray[Any]
    labels: dict[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.parent)

    def with_label(self, name: str, values: NDArray[Any]) -> Pieces:
        """Return the same pieces with one more label."""
        return Pieces(self.parent, self.share, self.shapes, {**self.labels, name: values})

    def take(self, rows: NDArray[Any], shapes: NDArray[Any], share: NDArray[np.float64]) -> Pieces:
        """Return pieces at some rows, with other shapes and shares."""
        labels = {name: values[rows] for name, values in self.labels.items()}
        return Pieces(self.parent[rows], share, shapes, labels)


def whole_parcels(shapes: NDArray[Any]) -> Pieces:
    """Return every parcel as one piece."""
    return Pieces(np.arange(len(shapes)), np.ones(len(shapes)), shapes, {})


def is_sliver(shapes: NDArray[Any], slivers: Slivers) -> NDArray[np.bool_]:
    """Return which shapes are too small or too narrow to stand alone, (shapes,)."""
    area = shapely.area(shapes)
    length = np.maximum(shapely.length(shapes), 1e-12)
    return np.asarray((area < slivers.area_m2) | (2 * area / length < slivers.width_m))


def label(
    pieces: Pieces,
    name: str,
    zones: Sequence[tuple[Any, NDArray[Any]]],
    outside: Any,
    hectares: NDArray[np.float64],
    slivers: Slivers,
    account: Account,
    only: NDArray[np.bool_] | None = None,
) -> Pieces:
    """Cut pieces along polygons and label each part with the value of the polygons that it lies in.

    Parameters
    ----------
    zones
        Value and polygons; where polygons of two values overlap the first value holds.
    outside
        Value of what lies in no polygon.
    hectares
        Hectares of each parcel, for the account.
    only
        Parcels that are cut; the others get `outside`.
    """
    taken = np.zeros(len(pieces), dtype=bool) if only is None else ~only[pieces.parent]
    done = [pieces.take(np.flatnonzero(taken), pieces.shapes[taken], pieces.share[taken])]
    values = [np.full(int(taken.sum()), outside)]
    rest = pieces.take(np.flatnonzero(~taken), pieces.shapes[~taken], pieces.share[~taken])
    merged, merged_ha = 0, 0.0
    for value, polygons in zones:
        inside, rest, small = _divide(rest, polygons, slivers)
        done.append(inside)
        values.append(np.full(len(inside), value))
        merged += len(small)
        merged_ha += float((small["share"].to_numpy() * hectares[small["parent"]]).sum())
    done.append(rest)
    values.append(np.full(len(rest), outside))
    joined = _ordered(_concatenate(done).with_label(name, np.concatenate(values)))
    counts = np.bincount(joined.parent, minlength=len(hectares)) - np.bincount(pieces.parent, minlength=len(hectares))
    rule = "parts added; hectares of the parcels cut 切分增加的部分"
    account.add("split", name, len(joined) - len(pieces), hectares[counts > 0].sum(), rule)
    rule = f"slivers under {slivers.area_m2:g} m2 or {slivers.width_m:g} m stay with their parcel 碎屑并入本图斑"
    account.add("merged", name, merged, merged_ha, rule)
    return joined


def _divide(pieces: Pieces, polygons: NDArray[Any], slivers: Slivers) -> tuple[Pieces, Pieces, pd.DataFrame]:
    """Return the parts inside, the parts outside, and parent and share of the slivers that were not cut."""
    none = pd.DataFrame({"parent": np.array([], dtype=np.int64), "share": np.array([], dtype=float)})
    if not len(polygons) or not len(pieces):
        nothing = np.array([], dtype=np.int64)
        return pieces.take(nothing, pieces.shapes[nothing], pieces.share[nothing]), pieces, none
    tree = shapely.STRtree(pieces.shapes)
    within = np.zeros(len(pieces), dtype=bool)
    within[tree.query(polygons, predicate="contains_properly")[1]] = True
    crossing = np.unique(tree.query(polygons, predicate="intersects")[1])
    crossing = crossing[~within[crossing]]
    overlap = _overlaps(pieces.shapes[crossing], polygons)
    area = shapely.area(pieces.shapes[crossing])
    inner = overlap.copy()
    outer = overlay(shapely.difference, pieces.shapes[crossing], overlap)
    inner_area, outer_area = shapely.area(inner), shapely.area(outer)
    thin_inner = is_sliver(inner, slivers)
    thin_outer = is_sliver(outer, slivers)
    to_inner = np.where(thin_inner & thin_outer, inner_area >= outer_area, thin_outer)
    to_outer = ~to_inner & thin_inner
    both = ~to_inner & ~to_outer
    share = np.clip(inner_area / np.maximum(inner_area + outer_area, 1e-300), 0.0, 1.0)
    lost = np.where(to_inner, 1 - share, np.where(to_outer, share, 0.0))
    noted = lost * area > 1e-6
    small = pd.DataFrame(
        {
            "parent": pieces.parent[crossing][noted],
            "share": (lost * pieces.share[crossing])[noted],
        }
    )
    inside = np.concatenate([np.flatnonzero(within), crossing[to_inner]])
    untouched = np.ones(len(pieces), dtype=bool)
    untouched[inside] = False
    untouched[crossing[both]] = False
    outside = np.flatnonzero(untouched)
    split = crossing[both]
    return (
        pieces.take(
            np.concatenate([inside, split]),
            np.concatenate([pieces.shapes[inside], inner[both]]),
            np.concatenate([pieces.share[inside], pieces.share[split] * share[both]]),
        ),
        pieces.take(
            np.concatenate([outside, split]),
            np.concatenate([pieces.shapes[outside], outer[both]]),
            np.concatenate([pieces.share[outside], pieces.share[split] * (1 - share[both])]),
        ),
        small,
    )


def _overlaps(shapes: NDArray[Any], polygons: NDArray[Any]) -> NDArray[Any]:
    """Return what each shape shares with the polygons together."""
    tiles = tiled(polygons)
    tree = shapely.STRtree(tiles)
    shape, tile = tree.query(shapes, predicate="intersects")
    parts = overlay(shapely.intersection, shapes[shape], tiles[tile])
    found = np.full(len(shapes), shapely.Polygon(), dtype=object)
    order = np.argsort(shape, kind="stable")
    shape, parts = shape[order], parts[order]
    owners, start, count = np.unique(shape, return_index=True, return_counts=True)
    single = count == 1
    found[owners[single]] = parts[start[single]]
    for owner, first, number in zip(owners[~single], start[~single], count[~single], strict=True):
        found[owner] = united(parts[first : first + number])
    return polygons_only(found)


def tiled(polygons: NDArray[Any]) -> NDArray[Any]:
    """Return the polygons with the large ones cut in halves until none has many vertices."""
    done, left = [], shapely.get_parts(polygons)
    while len(left):
        large = shapely.get_num_coordinates(left) > MOST_VERTICES
        done.append(left[~large])
        left = left[large]
        if not len(left):
            break
        west, south, east, north = shapely.bounds(left).T
        wide = east - west > north - south
        middle_x, middle_y = (west + east) / 2, (south + north) / 2
        first = shapely.box(west, south, np.where(wide, middle_x, east), np.where(wide, north, middle_y))
        second = shapely.box(np.where(wide, middle_x, west), np.where(wide, south, middle_y), east, north)
        halves = np.concatenate([overlay(shapely.intersection, left, half) for half in (first, second)])
        halves = shapely.get_parts(halves)
        left = halves[(shapely.get_dimensions(halves) == 2) & ~shapely.is_empty(halves)]
    return np.concatenate(done)


def merged_layer(shapes: NDArray[Any]) -> NDArray[Any]:
    """Return the polygons of a layer as valid parts that do not overlap."""
    held = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    held, _ = made_valid(held)
    parts = shapely.get_parts(united(polygons_only(held)))
    return parts[shapely.area(parts) > 0]


def _concatenate(parts: list[Pieces]) -> Pieces:
    names = parts[0].labels
    return Pieces(
        np.concatenate([part.parent for part in parts]),
        np.concatenate([part.share for part in parts]),
        np.concatenate([part.shapes for part in parts]),
        {name: np.concatenate([part.labels[name] for part in parts]) for name in names},
    )


def _ordered(pieces: Pieces) -> Pieces:
    rows = np.argsort(pieces.parent, kind="stable")
    return pieces.take(rows, pieces.shapes[rows], pieces.share[rows])
