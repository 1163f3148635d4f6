"""The land-cover raster: its grid, the area of every pixel, its values.

Headers are believed only after they have been weighed: a raster that claims more pixels than allowed
is refused before anything is allocated.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import rasterio
from pyproj import CRS, Geod, Proj, Transformer
from pyproj.exceptions import CRSError
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from instances.faults import Fault, InstanceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from instances.readers.raster.config import LandCover


@dataclass(frozen=True)
class Grid:
    """Pixels of the land cover; `transform` takes (column, row) to coordinates in `crs`.

    Attributes
    ----------
    area_ha
        Area of each pixel, (height, width) in ha.
    value
        Class value of each pixel, (height, width); `known` is False where the raster has no data.
    """

    crs: CRS
    transform: rasterio.Affine
    area_ha: NDArray[np.float64] = field(repr=False)
    value: NDArray[np.int64] = field(repr=False)
    known: NDArray[np.bool_] = field(repr=False)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.value.shape[0], self.value.shape[1]

    @property
    def metric_crs(self) -> CRS:
        """A CRS in metres: the grid's own, or the UTM zone of its centre where the grid is in degrees."""
        if self.crs.is_projected:
            return self.crs
        lon, lat = self.transform * (self.shape[1] / 2, self.shape[0] / 2)
        return CRS.from_epsg((32600 if lat >= 0 else 32700) + int((lon + 180) // 6) + 1)

    def centres(self, pixel: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Coordinates of the centres of pixels, given as flat indices, in the grid's CRS."""
        row, column = np.divmod(pixel, self.shape[1])
        return at(self.transform, column + 0.5, row + 0.5)


def at(
    transform: rasterio.Affine, column: NDArray[np.float64], row: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Apply an affine transform to arrays."""
    a, b, c, d, e, f = tuple(transform)[:6]
    return a * column + b * row + c, d * column + e * row + f


@contextmanager
def opened(path: Path, max_pixels: int) -> Iterator[rasterio.DatasetReader]:
    """Open a raster after weighing its header; every failure is an InstanceError that names the file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as source:
                claimed = source.width * source.height
                if claimed > max_pixels:
                    message = f"claims {source.width:,} x {source.height:,} = {claimed:,} pixels, over {max_pixels:,}"
                    raise InstanceError([Fault(str(path), message, "cut it to the area, or raise max_pixels")])
                yield source
    except RasterioError as error:
        raise InstanceError([Fault(str(path), f"cannot be read as a raster: {error}", "save it as GeoTIFF")]) from error


def crs_of(found: object, stated: str, path: Path) -> CRS:
    """Return the CRS of a file, or the one that the config states for a file without; a fault where there is none.

    Raises InstanceError for the latter.
    """
    try:
        if found:
            return CRS.from_user_input(found)
        if stated:
            return CRS.from_user_input(stated)
    except CRSError as error:
        raise InstanceError([Fault(str(path), f"its CRS cannot be understood: {error}")]) from error
    raise InstanceError([Fault(str(path), "has no coordinate system", 'state it in the config: crs = "EPSG:..."')])


def read_grid(path: Path, config: LandCover) -> Grid:
    """Read the land cover; raises InstanceError where it is unusable."""
    with opened(path, config.max_pixels) as source:
        if config.band > source.count:
            raise InstanceError([Fault(str(path), f"has {source.count} bands, not {config.band}", "correct band")])
        crs = crs_of(source.crs, config.crs, path)
        transform = source.transform
        if transform.b or transform.d or transform.a <= 0 or transform.e >= 0:
            raise InstanceError([Fault(str(path), "is not north-up", "warp it with gdalwarp first")])
        data = source.read(config.band)
        known = source.read_masks(config.band) > 0
    known &= np.isfinite(data)
    data = np.where(known, data, 0)
    if (data != np.round(data)).any():
        raise InstanceError([Fault(str(path), "holds fractions, not class values", "give a raster of classes")])
    value = data.astype(np.int64)
    return Grid(crs, transform, _pixel_area(crs, transform, value.shape, config.area), value, known)


def _pixel_area(crs: CRS, transform: rasterio.Affine, shape: tuple[int, ...], how: str) -> NDArray[np.float64]:
    """Hectares of each pixel, on the plane of the CRS or on its ellipsoid (always so for degrees)."""
    height, width = shape
    if crs.is_geographic:
        return np.repeat(_row_area_ha(crs, transform, height)[:, None], width, axis=1)
    metre = crs.axis_info[0].unit_conversion_factor
    plane = np.full((height, width), transform.a * -transform.e * metre**2 / 1e4)
    if how == "plane":
        return plane
    column, row = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    x, y = at(transform, column, row)
    geodetic = crs.geodetic_crs
    lon, lat = Transformer.from_crs(crs, geodetic, always_xy=True).transform(x, y)
    return plane / np.asarray(Proj(crs).get_factors(lon, lat).areal_scale)


def _row_area_ha(crs: CRS, transform: rasterio.Affine, height: int) -> NDArray[np.float64]:
    """Area of one pixel of each row of a grid in degrees: exact between two parallels."""
    geod: Geod = crs.get_geod() or Geod(ellps="WGS84")
    e = np.sqrt(geod.es)
    sine = np.sin(np.radians(transform.f + transform.e * np.arange(height + 1)))
    zone = sine / (1 - geod.es * sine**2) + (np.arctanh(e * sine) / e if e else sine)
    return np.abs(np.diff(zone)) * geod.b**2 / 2 * np.radians(transform.a) / 1e4
