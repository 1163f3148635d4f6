"""Areas of the tables beside those of the polygons, on the ellipsoid and in the plane.

表列面积与图形面积对照。The difference is reported and never used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from instances.readers.dltb.crs import ellipsoidal_area_m2, transform
from instances.readers.dltb.parcels import M2_PER_HA
from instances.readers.dltb.topology import made_valid, united

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import CRS

    from instances.readers.dltb.account import Account
    from instances.readers.dltb.layers import Layer
    from instances.readers.dltb.parcels import Parcels


def difference_table(parcels: Parcels, ellipsoidal_m2: NDArray[np.float64]) -> pd.DataFrame:
    """Return by class of the parcel: hectares of the tables, on the ellipsoid, in the plane, and differences."""
    frame = pd.DataFrame(
        {
            "class": parcels.table["code"],
            "tables_ha": parcels.area_ha,
            "ellipsoid_ha": ellipsoidal_m2 / M2_PER_HA,
            "plane_ha": shapely.area(parcels.shapes) / M2_PER_HA,
        }
    )
    frame.insert(1, "parcels", 1)
    table = frame.groupby("class", as_index=False).sum()
    table.loc[len(table)] = ["all", *table.drop(columns="class").sum()]
    table["parcels"] = table["parcels"].astype(int)
    return table.assign(
        tables_less_ellipsoid_ha=table["tables_ha"] - table["ellipsoid_ha"],
        plane_excess_ppm=(table["plane_ha"] / table["ellipsoid_ha"] - 1) * 1e6,
    )


def note_gaps(ellipsoidal_m2: NDArray[np.float64], regions: Layer, crs: CRS, account: Account) -> None:
    """Note land of the regions that no parcel covers; it has no class and no hectares in the tables."""
    shapes = transform(regions.shapes, regions.crs, crs)
    shapes = shapes[~shapely.is_missing(shapes)]
    union = united(made_valid(shapes)[0])
    whole = float(ellipsoidal_area_m2(np.array([union]), crs)[0])
    gap = (whole - float(ellipsoidal_m2.sum())) / M2_PER_HA
    rule = "polygons of XZQ less those of the parcels; no hectares are made up 缝隙只列示，不补面积"
    account.add("noted", "gaps", 0, gap, rule)
