"""Polygons of slope classes from a digital elevation model, where no slope layer is at hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio.features
import rasterio.warp
import shapely
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT

from instances.faults import Fault, InstanceError
from instances.readers.raster.grid import crs_of, opened
from instances.readers.raster.terrain import slope_class, slope_degrees

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from pyproj import CRS

MAX_PIXELS = 100_000_000
MARGIN = 2
"""Pixels added on every side, so that the slope is known to the edge."""


def slope_polygons(root: Path, dem: str, crs: CRS, bounds: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return polygons of equal slope class within `bounds`, and their classes; heights are in metres.

    The model is warped to the system of the parcels at its own resolution; slopes are central differences.

    Raises InstanceError where it cannot be read, or would be too large.
    """
    path = root / dem
    if not path.is_file():
        raise InstanceError([Fault("[slope]", f"{path} does not exist", "state the file of the DEM", column="dem")])
    west, south, east, north = bounds
    with opened(path, MAX_PIXELS) as source:
        own = crs_of(source.crs, "", path)
        grid, _, _ = rasterio.warp.calculate_default_transform(
            own.to_wkt(), crs.to_wkt(), source.width, source.height, *source.bounds
        )
        step = float(grid.a)
        columns, rows = (math.ceil((high - low) / step) + 2 * MARGIN for low, high in ((west, east), (south, north)))
        if rows * columns > MAX_PIXELS:
            raise InstanceError([Fault(str(path), f"would give {rows * columns:,} pixels", "resample it coarser")])
        place = rasterio.transform.from_origin(west - MARGIN * step, north + MARGIN * step, step, step)
        with WarpedVRT(
            source,
            src_crs=own.to_wkt(),
            crs=crs.to_wkt(),
            transform=place,
            width=columns,
            height=rows,
            resampling=Resampling.bilinear,
            nodata=np.nan,
            dtype="float64",
        ) as warped:
            height = warped.read(1)
    classes = slope_class(slope_degrees(height, (step, step))).astype(np.uint8)
    found = list(rasterio.features.shapes(classes, mask=classes > 0, transform=place))
    shapes = np.array([shapely.geometry.shape(shape) for shape, _ in found], dtype=object)
    return shapes, np.array([int(value) for _, value in found])
