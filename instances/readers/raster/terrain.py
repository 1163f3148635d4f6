"""What overlays that are no lines say of each pixel: slope from a DEM, distance to roads, rasters of 0 and 1."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import rasterio.warp
import shapely
from pyproj import Transformer
from rasterio.enums import Resampling
from rasterio.transform import array_bounds
from rasterio.vrt import WarpedVRT

from instances.faults import Fault, InstanceError
from instances.readers.raster.grid import Grid, crs_of, opened

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from instances.readers.raster.vectors import Features

SLOPE_LIMITS = (2.0, 6.0, 15.0, 25.0)
"""Upper limits of slope classes 1 to 4 in degrees, as GDPDJB of the third survey."""


def slope_degrees(height: NDArray[np.float64], step_m: tuple[float, float]) -> NDArray[np.float64]:
    """Return the slope in degrees by central differences; `step_m` is the spacing of rows and columns in metres.

    At the edge of the data the difference is one-sided, as `numpy.gradient` does at the edge of the array.
    """
    down, across = (_gradient(height, step_m[axis], axis) for axis in (0, 1))
    return np.degrees(np.arctan(np.hypot(down, across)))


def _gradient(height: NDArray[np.float64], step: float, axis: int) -> NDArray[np.float64]:
    """Mean of the forward and backward differences that are known, NaN where neither is."""
    rise = np.diff(height, axis=axis) / step
    gap = np.full_like(height.take([0], axis=axis), np.nan)
    both = np.stack((np.concatenate((rise, gap), axis=axis), np.concatenate((gap, rise), axis=axis)))
    known = np.isfinite(both)
    count = known.sum(axis=0)
    total = np.where(known, both, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def slope_class(degrees: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the slope class 1 to 5, a limit belonging to the class below it; 0 where the slope is unknown."""
    classes = np.searchsorted(SLOPE_LIMITS, degrees, side="left") + 1
    return np.where(np.isfinite(degrees), classes, 0).astype(np.int64)


def read_slope(path: Path, stated_crs: str, grid: Grid, max_pixels: int) -> NDArray[np.float64]:
    """Return the mean slope of each pixel in degrees, NaN where the DEM has no data, (pixels,).

    The DEM is warped to a CRS in metres at its own resolution, its slope taken there, and averaged
    over the pixels of the land cover.

    Raises InstanceError where it cannot be warped, or would be too large.
    """
    metric = grid.metric_crs
    bounds = array_bounds(*grid.shape, grid.transform)
    with opened(path, max_pixels) as source:
        crs = crs_of(source.crs, stated_crs, path)
        west, south, east, north = rasterio.warp.transform_bounds(grid.crs.to_wkt(), metric.to_wkt(), *bounds)
        to_metric, columns, rows = rasterio.warp.calculate_default_transform(
            crs.to_wkt(), metric.to_wkt(), source.width, source.height, *source.bounds
        )
        if to_metric is None or not columns or not rows:
            raise InstanceError([Fault(str(path), "cannot be warped to metres", "correct its CRS or extent")])
        step = float(to_metric.a)
        margin = 2 * step
        shape = (math.ceil((north - south) / step) + 4, math.ceil((east - west) / step) + 4)
        if shape[0] * shape[1] > max_pixels:
            message = f"would give {shape[0] * shape[1]:,} pixels over the area, more than {max_pixels:,}"
            raise InstanceError([Fault(str(path), message, "resample it coarser")])
        fine = rasterio.transform.from_origin(west - margin, north + margin, step, step)
        options = {"crs": metric.to_wkt(), "transform": fine, "width": shape[1], "height": shape[0]}
        with WarpedVRT(
            source, src_crs=crs.to_wkt(), resampling=Resampling.bilinear, nodata=np.nan, dtype="float64", **options
        ) as warped:
            height = warped.read(1)
    slope = slope_degrees(height, (step, step))
    mean = np.full(grid.shape, np.nan)
    rasterio.warp.reproject(
        slope, mean, src_transform=fine, src_crs=metric.to_wkt(), src_nodata=np.nan, dst_nodata=np.nan,
        dst_transform=grid.transform, dst_crs=grid.crs.to_wkt(), resampling=Resampling.average,
    )  # fmt: skip
    return mean.ravel()


def distance_m(features: Features, grid: Grid, pixel: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the distance in metres from the centre of each pixel to the nearest feature."""
    metric = grid.metric_crs
    shapes = features.frame.geometry.to_crs(metric).to_numpy()
    x, y = grid.centres(pixel)
    if metric != grid.crs:
        x, y = Transformer.from_crs(grid.crs, metric, always_xy=True).transform(x, y)
    points = shapely.points(x, y)
    tree = shapely.STRtree(shapes)
    return shapely.distance(points, shapes[tree.nearest(points)])


def read_flag(path: Path, stated_crs: str, values: tuple[float, ...], grid: Grid, max_pixels: int) -> NDArray[np.int64]:
    """Return 1 for each pixel where a raster has one of the values (any but 0 where none are named), (pixels,)."""
    with opened(path, max_pixels) as source:
        crs = crs_of(source.crs, stated_crs, path)
        target = {"crs": grid.crs.to_wkt(), "transform": grid.transform}
        size = {"height": grid.shape[0], "width": grid.shape[1]}
        with WarpedVRT(
            source, src_crs=crs.to_wkt(), resampling=Resampling.nearest, add_alpha=False, **target, **size
        ) as warped:
            data = warped.read(1, masked=True)
    hit = np.isin(data.filled(0), values) if values else data.filled(0) != 0
    return (hit & ~np.ma.getmaskarray(data)).astype(np.int64).ravel()
