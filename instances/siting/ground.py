"""The ground of a siting study: pixels of a land cover, or the zones of an instance, with their classes and slope.

Areas are those of the source: the pixel's, or what the cover states for a zone; parts that a polygon cuts off take
the share of the area that they have in the drawing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pandas as pd
import shapely
from rasterio.transform import array_bounds

from instances.classes import load_groups
from instances.faults import Fault, InstanceError, raise_if_any
from instances.readers.raster.classes import read_classes, unmapped, used_classes
from instances.readers.raster.config import LandCover, Vector, inside
from instances.readers.raster.grid import read_grid
from instances.readers.raster.terrain import SLOPE_LIMITS, read_slope
from instances.readers.raster.vectors import polygonal, read_features
from instances.siting.overlay import shares_in, within

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from pyproj import CRS

    from instances.instance import Instance
    from instances.readers.raster.grid import Grid
    from instances.siting.config import Ground as Config

COVER_TOLERANCE = 1e-6
"""Share of the region that a raster may leave out."""

ZONES_TOLERANCE = 1e-3
"""The same of zones, whose border need not follow the pixels."""


@dataclass(frozen=True)
class Ground:
    """Pieces of ground and what lies on them.

    Attributes
    ----------
    crs
        Reference system in metres, of every geometry here.
    shape
        Polygon of each piece, (pieces,).
    area_ha
        Hectares by piece and class, (pieces, classes).
    classes
        One row a class: class, group.
    slope_deg, steepest_deg
        Slope of each piece, NaN where unknown, and what it may reach: of zones middle and upper limit of their class.
    own
        Whether each piece lies in a control line by its own attributes, by role, or in what it was cut by.
    layers
        One geometry a role, of the layers given beside.
    grid
        The raster, where the pieces are its pixels; `pixel` is then that of each piece.
    around
        Pixels beyond the outline, whose homes keep wind away too, and the code of their class.
    """

    crs: CRS
    shape: NDArray[np.object_] = field(repr=False)
    area_ha: NDArray[np.float64] = field(repr=False)
    classes: pd.DataFrame = field(repr=False)
    slope_deg: NDArray[np.float64] = field(repr=False)
    steepest_deg: NDArray[np.float64] = field(repr=False)
    own: dict[str, NDArray[np.bool_]] = field(repr=False, default_factory=dict)
    layers: dict[str, shapely.Geometry] = field(repr=False, default_factory=dict)
    grid: Grid | None = field(repr=False, default=None)
    pixel: NDArray[np.int64] = field(repr=False, default_factory=lambda: np.zeros(0, dtype=np.int64))
    around: tuple[NDArray[np.object_], NDArray[np.int64]] | None = field(repr=False, default=None)

    @cached_property
    def total_ha(self) -> float:
        """All hectares."""
        return float(self.area_ha.sum())

    def has_role(self, role: str) -> bool:
        """Whether a layer or an attribute of zones fills a role."""
        return role in self.layers or role in self.own

    def in_group(self, name: str) -> NDArray[np.bool_]:
        """Return which classes a group or class name covers, (classes,); raises InstanceError for a name unknown."""
        tree = load_groups()
        kinds = self.classes["class"].astype(str).to_numpy()
        if name in kinds:
            return np.asarray(kinds == name)
        if not tree.is_node(name):
            known = ", ".join([*tree.nodes, *kinds])
            raise InstanceError([Fault("config", f"no class or group {name!r}", f"one of {known}")])
        return np.array([tree.is_within(group, name) for group in self.classes["group"]], dtype=bool)

    def in_role(self, role: str) -> shapely.Geometry:
        """Return the geometry of a role: its layers and the zones that lie in it."""
        shapes = [self.layers[role]] if role in self.layers else []
        if role in self.own:
            shapes.append(shapely.union_all(self.shape[self.own[role]]))
        return shapely.union_all(shapes)

    def of_group(self, name: str) -> shapely.Geometry:
        """Return the land of a group or class, and what of it lies around the outline."""
        kinds = self.in_group(name)
        shapes = [self.shape[self.area_ha[:, kinds].any(axis=1)]]
        if self.around is not None:
            outer, kind = self.around
            shapes.append(outer[kinds[kind]])
        return shapely.union_all(np.concatenate(shapes))

    def cut(self, polygon: shapely.Geometry, mark: str) -> Ground:
        """Split the pieces along a polygon; `own[mark]` tells which then lie inside."""
        share, part = within(self.shape, polygon)
        whole = share == 1
        across = np.flatnonzero((share > 0) & ~whole)
        shape, area = self.shape.copy(), self.area_ha.copy()
        shape[across] = polygonal(shapely.difference(self.shape[across], part[across]))
        area[across] *= (1 - share[across])[:, None]
        added = replace(self.take(across), shape=part[across], area_ha=self.area_ha[across] * share[across][:, None])
        rest = replace(self, shape=shape, area_ha=area).marked(mark, whole)
        return rest.joined(added.marked(mark, np.ones(len(across), dtype=bool)))

    def marked(self, mark: str, held: NDArray[np.bool_]) -> Ground:
        """Return the ground with one more attribute in `own`."""
        return replace(self, own={**self.own, mark: held})

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Ground:
        """Return some of the pieces."""
        return replace(
            self,
            shape=self.shape[rows],
            area_ha=self.area_ha[rows],
            slope_deg=self.slope_deg[rows],
            steepest_deg=self.steepest_deg[rows],
            own={role: held[rows] for role, held in self.own.items()},
            pixel=self.pixel[rows] if len(self.pixel) else self.pixel,
        )

    def joined(self, other: Ground) -> Ground:
        """Return the pieces of both."""
        return replace(
            self,
            shape=np.concatenate([self.shape, other.shape]),
            area_ha=np.concatenate([self.area_ha, other.area_ha]),
            slope_deg=np.concatenate([self.slope_deg, other.slope_deg]),
            steepest_deg=np.concatenate([self.steepest_deg, other.steepest_deg]),
            own={role: np.concatenate([held, other.own[role]]) for role, held in self.own.items()},
            pixel=np.concatenate([self.pixel, other.pixel]),
        )


def read_ground(source: Path, beside: Path, config: Config, instance: Instance | None) -> Ground:
    """Read the ground that a config describes.

    Parameters
    ----------
    source
        Folder below which the files lie.
    beside
        Folder of the config, where the class table lies.
    instance
        Gives the zones where the config names no land cover.

    Raises
    ------
    InstanceError
        With every fault of the files; where the raster does not cover the region; where a value has no class.
    """
    if config.land_cover is not None:
        return _of_raster(source, beside, config, config.land_cover, instance)
    if instance is None or instance.land is None:
        raise InstanceError([Fault("config", "names no land_cover", "name one, or give an instance with land")])
    return _of_zones(source, config, instance)


def _of_raster(source: Path, beside: Path, config: Config, cover: LandCover, instance: Instance | None) -> Ground:
    path = inside(source, cover.file)
    grid = read_grid(path, cover)
    table = read_classes(beside, cover)
    pixel, shape, share = _pixels(source, config, grid, str(path))
    value, hectares = grid.value.ravel()[pixel], grid.area_ha.ravel()[pixel] * share
    raise_if_any(unmapped(table, pd.Series(hectares).groupby(value).sum(), str(path)))
    kept = (table["class"].reindex(value) != "").to_numpy()
    if not kept.any():
        raise InstanceError([Fault(str(path), "has no land inside the area", "correct outline, classes or CRS")])
    pixel, shape, value, hectares = pixel[kept], shape[kept], value[kept], hectares[kept]
    # classes that occur beyond the outline alone count too: homes there keep wind away
    classes = used_classes(table, pd.Index(np.unique(grid.value[grid.known])), ())[["class", "group"]]
    place = pd.Index(classes["class"])
    area = np.zeros((len(pixel), len(classes)))
    area[np.arange(len(pixel)), place.get_indexer(table["class"].reindex(value))] = hectares
    slope = _slope(source, config, grid, cover, pixel, hectares)
    crs = grid.metric_crs
    extent = shapely.box(*array_bounds(*grid.shape, grid.transform))
    layers = _layers(source, config, crs, _to(np.array([extent], dtype=object), grid, crs)[0])
    ground = Ground(crs, _to(shape, grid, crs), area, classes, slope, slope, {}, layers, grid, pixel)
    if config.outline is None and instance is not None and instance.land is not None:
        _require_zones(str(path), ground, instance)
    if config.outline is None:
        return ground
    outer = np.setdiff1d(np.flatnonzero(grid.known.ravel()), pixel[share[kept] == 1])
    kind = place.get_indexer(table["class"].reindex(grid.value.ravel()[outer]))
    outer, kind = outer[kind >= 0], kind[kind >= 0].astype(np.int64)
    return replace(ground, around=(_to(_squares(grid, outer), grid, crs), kind))


def _pixels(
    source: Path, config: Config, grid: Grid, place: str
) -> tuple[NDArray[np.int64], NDArray[np.object_], NDArray[np.float64]]:
    """Return the pixels with data inside the outline, in the grid's CRS: which, what of them, and the share."""
    pixel = np.flatnonzero(grid.known.ravel())
    squares = _squares(grid, pixel)
    if config.outline is None:
        return pixel, squares, np.ones(len(pixel))
    outline = _read(source, config.outline, grid.crs)
    share, part = within(squares, outline)
    _require_cover(place, float(shapely.area(outline)), float(shapely.area(part).sum()))
    held = share > 0
    return pixel[held], part[held], share[held]


def _to(shapes: NDArray[np.object_], grid: Grid, crs: CRS) -> NDArray[np.object_]:
    return shapes if crs == grid.crs else geopandas.GeoSeries(shapes, crs=grid.crs).to_crs(crs).to_numpy()


def _squares(grid: Grid, pixel: NDArray[np.int64]) -> NDArray[np.object_]:
    row, column = np.divmod(pixel, grid.shape[1])
    t = grid.transform
    west, north = t.c + t.a * column, t.f + t.e * row
    return shapely.box(west, north + t.e, west + t.a, north)


def _require_cover(place: str, region: float, covered: float) -> None:
    """Refuse a raster that leaves out part of the region; areas in the same unit."""
    missing = 1 - covered / region if region else 0.0
    if missing > COVER_TOLERANCE:
        message = f"does not cover the region: {missing:.2%} of the outline has no land cover"
        raise InstanceError([Fault(place, message, "give a raster of the whole region, or another outline")])


def _require_zones(place: str, ground: Ground, instance: Instance) -> None:
    """Refuse a raster that leaves out part of the zones; an outline says which part of them is meant."""
    if not instance.has_geometry():
        return
    zones = instance.zone_geometry().to_crs(ground.crs).geometry.to_numpy()
    _, _, held = shares_in(ground.shape, zones)
    missing = 1 - float(held.sum()) / float(shapely.area(zones).sum())
    if missing > ZONES_TOLERANCE:
        message = f"does not cover the region: {missing:.2%} of the land of the instance has no land cover"
        raise InstanceError([Fault(place, message, "give a raster of the whole region, or an outline")])


def _slope(
    source: Path, config: Config, grid: Grid, cover: LandCover, pixel: NDArray[np.int64], hectares: NDArray[np.float64]
) -> NDArray[np.float64]:
    if config.elevation is None:
        return np.full(len(pixel), np.nan)
    path = inside(source, config.elevation.file)
    slope = read_slope(path, config.elevation.crs, grid, cover.max_pixels)[pixel]
    missing = float(hectares[np.isnan(slope)].sum())
    if missing > COVER_TOLERANCE * hectares.sum():
        hint = "give elevation of the whole region, or an outline"
        raise InstanceError([Fault(str(path), f"does not cover the region: no elevation for {missing:,.1f} ha", hint)])
    return slope


def _of_zones(source: Path, config: Config, instance: Instance) -> Ground:
    land = instance.require_land()
    if not instance.has_geometry():
        raise InstanceError([Fault(str(instance.folder), "its zones have no polygons", "siting needs them drawn")])
    frame = instance.zone_geometry()
    if frame.crs is None or not frame.crs.is_projected:
        message = "zones must lie in a reference system in metres"
        raise InstanceError([Fault(str(instance.folder), message, "reproject them")])
    zones = land.zones
    area = np.zeros((len(zones), len(land.classes)))
    zone, kind, hectares = land.cover
    np.add.at(area, (zone, kind), hectares)
    limits = np.array([0.0, *SLOPE_LIMITS, 90.0])
    steep = zones["slope_class"].to_numpy(dtype=int)
    own = {"red_line": zones["red_line"].astype(str).to_numpy() != "", "farmland": zones["farmland"].to_numpy() == 1}
    used = {role: held for role, held in own.items() if held.any()}
    classes = land.classes[["class", "group"]].astype(str).reset_index(drop=True)
    middle = (limits[1:] + limits[:-1]) / 2
    layers = _layers(source, config, frame.crs, shapely.box(*frame.total_bounds))
    return Ground(frame.crs, frame.geometry.to_numpy(), area, classes, middle[steep - 1], limits[steep], used, layers)


def _layers(source: Path, config: Config, crs: CRS, extent: shapely.Geometry) -> dict[str, shapely.Geometry]:
    """Read all layers, none of which may lie off the `extent`; those of one role are united."""
    by_role: dict[str, list[shapely.Geometry]] = {}
    faults: list[Fault] = []
    for layer in config.layer:
        try:
            shape = _read(source, layer, crs)
            if not layer.may_be_empty and not shapely.intersects(shape, extent):
                hint = "correct its crs, or accept it: may_be_empty = true"
                faults.append(Fault(str(inside(source, layer.file)), "lies wholly outside the region", hint))
            by_role.setdefault(layer.role, []).append(shape)
        except InstanceError as error:
            faults += error.faults
    raise_if_any(faults)
    return {role: shapely.union_all(shapes) for role, shapes in by_role.items()}


def _read(source: Path, spec: Vector, crs: CRS) -> shapely.Geometry:
    path = inside(source, spec.file)
    found = read_features(path, spec, crs)
    if found.frame.empty:
        raise InstanceError([Fault(str(path), "no feature is left", "correct layer or where")])
    return shapely.union_all(found.frame.geometry.to_numpy())
