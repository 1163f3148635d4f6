"""Vector files in pixel coordinates: a pixel is the unit square, so areas are shares of a pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from instances.faults import Fault, InstanceError
from instances.readers.guards import raise_if_cut_off
from instances.readers.raster.grid import at, crs_of

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas
    from numpy.typing import NDArray
    from pyproj import CRS
    from rasterio import Affine

    from instances.readers.raster.config import Vector


@dataclass(frozen=True)
class Features:
    """Features of a file in the grid's CRS; `repaired` and `empty` count invalid and empty shapes."""

    frame: geopandas.GeoDataFrame
    repaired: int
    empty: int


def read_features(path: Path, spec: Vector, crs: CRS) -> Features:
    """Read the features that `where` keeps, in `crs`, polygons made valid.

    Raises InstanceError where file, layer, column or CRS is missing.
    """
    raise_if_cut_off(path)
    try:
        frame = pyogrio.read_dataframe(path, layer=spec.layer or None, encoding=spec.encoding or None)
    except (DataSourceError, DataLayerError, UnicodeDecodeError, LookupError) as error:
        raise InstanceError(
            [Fault(str(path), f"cannot be read: {error}", "see layer and encoding in the config")]
        ) from error
    if "geometry" not in frame:
        raise InstanceError([Fault(str(path), "has no geometry", "give a vector layer")])
    for column, values in spec.where.items():
        if column not in frame:
            names = ", ".join(frame.columns.drop("geometry"))
            raise InstanceError(
                [Fault(str(path), f"has no column {column}", f"its columns are {names}", column=column)]
            )
        frame = frame[frame[column].isin(values)]
    frame = frame.set_crs(crs_of(frame.crs, spec.crs, path), allow_override=True)
    present = ~(frame.geometry.isna() | frame.geometry.is_empty)
    empty = int((~present).sum())
    frame = frame[present].to_crs(crs).reset_index(drop=True)
    shapes = frame.geometry.to_numpy()
    if not np.isfinite(shapely.get_coordinates(shapes)).all():
        message = "has coordinates that the raster's CRS cannot express"
        raise InstanceError([Fault(str(path), message, "its CRS is stated wrongly, or the shapes are damaged")])
    broken = ~shapely.is_valid(shapes)
    if broken.any():
        shapes = np.where(broken, shapely.make_valid(shapes), shapes)
        frame = frame.set_geometry(type(frame.geometry)(shapes, crs=frame.crs))
    return Features(frame, int(broken.sum()), empty)


def to_pixels(shapes: NDArray[np.object_], transform: Affine) -> NDArray[np.object_]:
    """Take shapes from the grid's CRS to pixel coordinates, (shapes,)."""
    return _moved(shapes, ~transform)


def from_pixels(shapes: NDArray[np.object_], transform: Affine) -> NDArray[np.object_]:
    """Take shapes from pixel coordinates to the grid's CRS; rings run counter-clockwise outside."""
    return shapely.orient_polygons(_moved(shapes, transform))


def _moved(shapes: NDArray[np.object_], transform: Affine) -> NDArray[np.object_]:
    return shapely.transform(shapes, lambda xy: np.column_stack(at(transform, xy[:, 0], xy[:, 1])))


def polygonal(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Drop points and lines that overlays leave in collections."""
    out = np.asarray(shapes, dtype=object).copy()
    for i in np.flatnonzero(shapely.get_type_id(out) == shapely.GeometryType.GEOMETRYCOLLECTION):
        parts = shapely.get_parts(out[i])
        out[i] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    out[shapely.get_dimensions(out) < 2] = shapely.Polygon()
    return out
