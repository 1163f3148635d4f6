"""The files of a config read together, with every fault of every file at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from instances.faults import Fault, InstanceError, raise_if_any
from instances.readers.raster import terrain
from instances.readers.raster.config import Config, Overlay, Vector, inside
from instances.readers.raster.split import disjoint
from instances.readers.raster.vectors import Features, polygonal, read_features, to_pixels

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from instances.readers.raster.account import Ledger
    from instances.readers.raster.grid import Grid

RASTERS = (".tif", ".tiff", ".img", ".asc", ".bil")
"""Suffixes of overlays that are rasters; a .vrt may point anywhere and is not read."""


@dataclass(frozen=True)
class Partition:
    """Polygons with names that share out the area, made disjoint, in pixel coordinates."""

    names: tuple[str, ...]
    shapes: NDArray[np.object_] = field(repr=False)


@dataclass(frozen=True)
class Sources:
    """Everything beside the land cover, in terms of the grid.

    Attributes
    ----------
    outline, regions, polygons
        What bounds the area, the regions and the zones, None where the config names none.
    lines
        Polygons of each control line, dissolved; `flags` the same from rasters, by pixel.
    slope
        Mean slope of each pixel in degrees, None without a DEM.
    roads
        Features to which distances are measured, by column.
    """

    outline: NDArray[np.object_] | None
    regions: Partition | None
    polygons: Partition | None
    lines: dict[str, NDArray[np.object_]]
    flags: dict[str, NDArray[np.int64]]
    slope: NDArray[np.float64] | None
    roads: dict[str, Features]


def line_of(overlay: Overlay) -> str:
    """Return the control line that an overlay belongs to; overlays of one line are united."""
    return f"red_line {overlay.level}" if overlay.role == "red_line" else overlay.target


class _Reader:
    def __init__(self, folder: Path, config: Config, grid: Grid, ledger: Ledger) -> None:
        self.folder, self.config, self.grid, self.ledger = folder, config, grid, ledger
        self.faults: list[Fault] = []
        self.lines: dict[str, list[NDArray[np.object_]]] = {}
        self.flags: dict[str, NDArray[np.int64]] = {}
        self.roads: dict[str, Features] = {}
        self.slope: NDArray[np.float64] | None = None

    def features(self, spec: Vector, name: str) -> Features:
        found = read_features(inside(self.folder, spec.file), spec, self.grid.crs)
        for item, count in (("repaired", found.repaired), ("empty", found.empty)):
            if count:
                self.ledger.add(item, name, 0.0, count)
        return found

    def polygons(self, spec: Vector, name: str, may_be_empty: bool = False) -> tuple[Features, NDArray[np.object_]]:
        found = self.features(spec, name)
        shapes = polygonal(to_pixels(found.frame.geometry.to_numpy(), self.grid.transform))
        if not may_be_empty and not (shapely.area(shapes) > 0).any():
            hint = (
                "correct file, layer or where, or set may_be_empty" if isinstance(spec, Overlay) else "correct the file"
            )
            raise InstanceError([Fault(str(self.folder / spec.file), f"{name}: no polygon is left", hint)])
        return found, shapes

    def outline(self) -> NDArray[np.object_] | None:
        spec = self.config.region.outline
        return None if spec is None else np.array([shapely.union_all(self.polygons(spec, "outline")[1])])

    def partition(self, name: str) -> Partition | None:
        spec = self.config.region.parts if name == "regions" else self.config.cells.polygons
        if spec is None:
            return None
        found, shapes = self.polygons(spec, name)
        place = str(self.folder / spec.file)
        if spec.id not in found.frame:
            raise InstanceError([Fault(place, f"has no column {spec.id}", "correct id", column=spec.id)])
        label = found.frame[spec.id].astype(str)
        if label.duplicated().any():
            twice = ", ".join(label[label.duplicated()].unique()[:5])
            raise InstanceError([Fault(place, f"names used twice: {twice}", "dissolve or rename", column=spec.id)])
        apart, twice_px = disjoint(shapes)
        if twice_px:
            self.ledger.add("overlap", name, twice_px * float(self.grid.area_ha.mean()), 0)
        return Partition(tuple(label), apart)

    def overlay(self, overlay: Overlay) -> None:
        limit = self.config.land_cover.max_pixels
        path = inside(self.folder, overlay.file)
        if overlay.role == "dem":
            self.slope = terrain.read_slope(path, overlay.crs, self.grid, limit)
        elif overlay.role == "roads":
            found = self.features(overlay, overlay.name)
            if found.frame.empty:
                raise InstanceError([Fault(str(path), f"{overlay.name}: no feature is left", "correct layer or where")])
            self.roads[overlay.target] = found
        elif path.suffix.lower() in RASTERS:
            flag = terrain.read_flag(path, overlay.crs, overlay.values, self.grid, limit)
            line = line_of(overlay)
            self.flags[line] = np.maximum(self.flags.get(line, 0), flag)
        else:
            shapes = self.polygons(overlay, overlay.name, overlay.may_be_empty)[1]
            self.lines.setdefault(line_of(overlay), []).append(shapes)


def read_sources(folder: Path, config: Config, grid: Grid, ledger: Ledger) -> Sources:
    """Read everything beside the land cover; raises InstanceError with the faults of all files."""
    reader = _Reader(folder, config, grid, ledger)
    found: dict[str, object] = {}
    steps = {
        "outline": reader.outline,
        "regions": lambda: reader.partition("regions"),
        "polygons": lambda: reader.partition("polygons"),
    }
    for name, step in steps.items():
        try:
            found[name] = step()
        except InstanceError as error:
            reader.faults += error.faults
    for overlay in config.overlay:
        try:
            reader.overlay(overlay)
        except InstanceError as error:
            reader.faults += error.faults
    raise_if_any(reader.faults)
    lines = {line: np.array([shapely.union_all(np.concatenate(shapes))]) for line, shapes in reader.lines.items()}
    return Sources(**found, lines=lines, flags=reader.flags, slope=reader.slope, roads=reader.roads)  # type: ignore[arg-type]
