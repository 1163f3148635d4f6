"""Strips of land under lines: as wide as the widest class on them, no hectare in two, laid exactly over the zones.

走廊带：合并后不重复计面积，与空间单元精确相交。 Where strips meet, at junctions, the land belongs to the segment that
is named first; the sum over all segments is the area of their union. Tower feet are spread over the zones of a strip
like the strip itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from instances.land import codes_of
from instances.readers.raster.split import disjoint
from instances.siting.overlay import shares_in

if TYPE_CHECKING:
    import geopandas
    from numpy.typing import NDArray

    from instances.instance import Instance

M2_PER_HA = 10_000.0


def strips(lines: NDArray[np.object_], width_m: NDArray[np.float64]) -> tuple[NDArray[np.object_], float]:
    """Return the strip of each line, disjoint, and the hectares that lay in two.

    Strips end square at the last point and keep their width at bends (mitred).
    """
    wide = shapely.buffer(lines, width_m / 2, cap_style="flat", join_style="mitre")
    apart, twice = disjoint(wide)
    return apart, twice / M2_PER_HA


def towers(line: shapely.LineString, spacing_m: float) -> NDArray[np.object_]:
    """Return the places of towers along a line: evenly, at most `spacing_m` apart, none at the last point."""
    count = max(1, int(np.ceil(line.length / spacing_m - 1e-9)))
    return shapely.line_interpolate_point(line, np.arange(count) * line.length / count)


def segment_zones(strip: geopandas.GeoDataFrame, tower_ha: pd.Series, instance: Instance) -> pd.DataFrame:
    """Return table `segment_zones`: hectares of strip and of tower feet in each zone.

    A strip takes of a zone's area (as the cover states it) the share that it has in the drawing. What lies outside the
    zones is in no row.

    Parameters
    ----------
    strip
        Columns segment, geometry; any reference system.
    tower_ha
        Hectares of tower feet by segment.
    """
    zones, land = instance.zone_geometry(), instance.require_land()
    shapes, drawn = strip.to_crs(zones.crs).geometry.to_numpy(), zones.geometry.to_numpy()
    segment, zone, area = shares_in(shapes, drawn)
    names = strip["segment"].to_numpy()[segment]
    stated = land.zone_area_ha[codes_of(zones["zone"], land.zones["zone"])]
    share = np.minimum(area / shapely.area(drawn[zone]), 1.0)
    return pd.DataFrame(
        {
            "segment": names,
            "zone": zones["zone"].to_numpy()[zone],
            "area_ha": share * stated[zone],
            "tower_ha": tower_ha.reindex(names).to_numpy() * area / shapely.area(shapes[segment]),
        }
    )
