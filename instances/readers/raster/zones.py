"""Pieces of pixels gathered into zones that are homogeneous in every control line.

The sliver rule: a piece of a cell below the least area joins the largest piece of the same cell and
region and takes its control lines. Where that is too small as well (the edge of the area crosses a corner of
the cell) it joins the largest piece of the same region in the eight cells around, and stays where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from instances.readers.raster.vectors import polygonal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from instances.readers.raster.split import Pieces

KEYS = ("cell", "region")


@dataclass(frozen=True)
class Zones:
    """Zones, in the order of cells and the largest first in each, and the pieces they are made of.

    Attributes
    ----------
    codes
        One row a zone: cell, region, every line's code, area_ha, `rank` within the cell from 1.
    member
        Zone of each piece, (pieces,).
    merged
        Whether each piece was a sliver that joined another zone, (pieces,).
    kept_slivers
        Whether each zone is below the least area all the same, (zones,).
    """

    codes: pd.DataFrame = field(repr=False)
    member: NDArray[np.int64] = field(repr=False)
    merged: NDArray[np.bool_] = field(repr=False)
    kept_slivers: NDArray[np.bool_] = field(repr=False)


def gather(pieces: Pieces, area_ha: NDArray[np.float64], sliver_ha: float, width: int = 0) -> Zones:
    """Gather pieces into zones and merge slivers; `width` is the step from one row of cells to the next, 0 if none."""
    names = list(pieces.codes)
    table = pd.DataFrame(pieces.codes)
    part = table.groupby(names, sort=True).ngroup().to_numpy()
    parts = table.assign(part=part).drop_duplicates("part").sort_values("part").reset_index(drop=True)
    parts["area_ha"] = np.bincount(part, weights=area_ha)
    target = _targets(parts, sliver_ha)
    if width:
        target = _around(parts, target, sliver_ha, width)
    moved = target != np.arange(len(parts))
    final = target[part]
    zones = parts[~moved].drop(columns="part").assign(old=np.flatnonzero(~moved))
    zones["area_ha"] = np.bincount(final, weights=area_ha, minlength=len(parts))[~moved]
    zones = zones.sort_values(["cell", "area_ha", "old"], ascending=[True, False, True], kind="stable")
    zones = zones.reset_index(drop=True)
    zones["rank"] = zones.groupby("cell").cumcount() + 1
    position = np.full(len(parts), -1)
    position[zones["old"].to_numpy()] = np.arange(len(zones))
    kept = (zones["area_ha"] < sliver_ha).to_numpy()
    return Zones(zones.drop(columns="old"), position[final], moved[part], kept)


def _targets(parts: pd.DataFrame, sliver_ha: float) -> NDArray[np.int64]:
    """Return for each part the part it joins: itself, or for a sliver the largest of its cell and region."""
    home = parts.groupby(list(KEYS), sort=False).ngroup().to_numpy()
    area = parts["area_ha"].to_numpy()
    order = np.lexsort((np.arange(len(parts)), -area, home))
    first = order[np.flatnonzero(np.diff(home[order], prepend=-1))]
    largest = np.empty(len(first), dtype=np.int64)
    largest[home[first]] = first
    return np.where(area < sliver_ha, largest[home], np.arange(len(parts)))


def _around(parts: pd.DataFrame, target: NDArray[np.int64], sliver_ha: float, width: int) -> NDArray[np.int64]:
    """Send what is still too small to the largest piece of the cells around it."""
    area = np.bincount(target, weights=parts["area_ha"].to_numpy(), minlength=len(parts))
    small = np.flatnonzero((area > 0) & (area < sliver_ha))
    if not len(small):
        return target
    cell, region = parts["cell"].to_numpy(), parts["region"].to_numpy()
    large = np.flatnonzero(area >= sliver_ha)
    large = large[np.argsort(area[large], kind="stable")]
    best = {(cell[i], region[i]): i for i in large}
    out = target.copy()
    for i in small:
        column = cell[i] % width
        steps = [across for across in (-1, 0, 1) if 0 <= column + across < width]
        near = [best.get((cell[i] + down * width + across, region[i])) for down in (-1, 0, 1) for across in steps]
        found = [j for j in near if j is not None]
        if found:
            out[target == i] = max(found, key=lambda j: area[j])
    return out


def outlines(pieces: Pieces, zones: Zones, width: int) -> NDArray[np.object_]:
    """Return the polygon of each zone in pixel coordinates, (zones,)."""
    shapes = pieces.shapes(width)
    order = np.argsort(zones.member, kind="stable")
    begin = np.flatnonzero(np.diff(zones.member[order], prepend=-1))
    count = np.diff(np.append(begin, len(order)))
    out = shapes[order[begin]].copy()
    for i in np.flatnonzero(count > 1):
        out[i] = shapely.union_all(shapes[order[begin[i] : begin[i] + count[i]]])
    return polygonal(out)
