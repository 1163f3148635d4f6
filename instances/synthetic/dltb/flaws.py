"""The flaws that real survey databases have, put into a made one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

OVERLAP_M = 4.0


@dataclass(frozen=True)
class Flaws:
    """Shares of parcels that have each flaw; a share above 0 gives at least one."""

    gaps: float = 0.001
    overlaps: float = 0.001
    crossed: float = 0.001
    empty_codes: float = 0.0005
    duplicates: float = 0.0005

    def __post_init__(self) -> None:
        for name, share in vars(self).items():
            if not 0 <= share <= 0.1:
                raise ValueError(f"flaw {name} must be a share between 0 and 0.1, not {share}")


NO_FLAWS = Flaws(0.0, 0.0, 0.0, 0.0, 0.0)


def add_flaws(
    rng: np.random.Generator, table: pd.DataFrame, shapes: NDArray[Any], flaws: Flaws
) -> tuple[pd.DataFrame, NDArray[Any]]:
    """Return the parcels with flaws; each parcel has one at most, and only plain ones of middling size have any."""
    area = shapely.area(shapes)
    plain = (area > 1000) & (area < 2 * np.median(area)) & (shapely.get_num_interior_rings(shapes) == 0)
    left = rng.permutation(np.flatnonzero(plain))
    picked = {}
    for name, share in vars(flaws).items():
        count = max(1, round(share * len(table))) if share else 0
        picked[name], left = left[:count], left[count:]
    shapes, table = shapes.copy(), table.copy()
    shapes[picked["overlaps"]] = shapely.buffer(shapes[picked["overlaps"]], OVERLAP_M, join_style="mitre")
    shapes[picked["crossed"]] = [_crossed(shape) for shape in shapes[picked["crossed"]]]
    table.loc[picked["empty_codes"], ["DLBM", "DLMC"]] = ""
    kept = np.setdiff1d(np.arange(len(table)), picked["gaps"])
    rows = np.concatenate([kept, picked["duplicates"]]).astype(np.int64)
    return table.iloc[rows].reset_index(drop=True), shapes[rows]


def _crossed(shape: Any) -> Any:
    """Return a polygon whose outline crosses itself at a spike on its first side."""
    ring = shapely.get_coordinates(shape)
    start, along = ring[0], ring[1] - ring[0]
    across = 0.05 * np.array([-along[1], along[0]])
    bow = [start + 0.4 * along, start + 0.6 * along + across, start + 0.4 * along + across, start + 0.6 * along]
    return shapely.polygons(np.array([start, *bow, *ring[1:]]))
