"""The TOML file that says what the files of a raster import hold.

Data files (land cover, overlays, outline, regions) are found below SOURCE, tables (classes, quotas, ...)
beside the config. Neither may climb out of its folder.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from instances.faults import Fault, InstanceError
from instances.settings import About, Carbon, Objective, Settings, Time, words

if TYPE_CHECKING:
    from pathlib import Path

MAX_PIXELS = 50_000_000
"""Pixels that a raster may claim before it is refused unread."""

TABLES = ("quotas", "transitions", "factors", "parameters", "context", "activity", "indicators")
OWN_COLUMNS = ("zone", "region", "red_line", "slope_class", "area_ha")

POINTERS = (".vrt", ".xml", ".wms", ".gti")
UNREAD = (".zip", ".gz", ".tgz", ".tar", ".7z", ".rar", ".kmz", *POINTERS)
"""Archives, which may unfold to any size, and files that only point to others, which may be anywhere."""

Value = int | float | str


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LandCover(_Frozen):
    """The raster of classes, the table that maps its values, and how a pixel's area is measured."""

    file: str = Field(min_length=1)
    classes: str = Field(min_length=1)
    band: int = Field(default=1, ge=1)
    key: str = "value"
    also: tuple[str, ...] = ()
    crs: str = ""
    area: Literal["plane", "ellipsoid"] = "plane"
    max_pixels: int = Field(default=MAX_PIXELS, ge=1, le=1_000_000_000)


class Vector(_Frozen):
    """Polygons or lines of a file: layer, encoding, CRS where the file has none, and which features count."""

    file: str = Field(min_length=1)
    layer: str = ""
    encoding: str = ""
    crs: str = ""
    where: dict[str, tuple[Value, ...]] = {}


class ZonePolygons(Vector):
    """Polygons that take the place of cells; `id` is the column with their names."""

    id: str = Field(min_length=1)


class Cells(_Frozen):
    """Zones before lines cut them: cells of whole pixels, or polygons; slivers below `sliver_ha` are merged."""

    size_m: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    size_pixels: int | None = Field(default=None, ge=1)
    polygons: ZonePolygons | None = None
    sliver_ha: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    crs: str = ""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(given is not None for given in (self.size_m, self.size_pixels, self.polygons)) != 1:
            raise ValueError("give one of size_m, size_pixels and polygons")
        return self


class Overlay(Vector):
    """One overlay: what it is (`role`), and for rasters which values count as inside."""

    name: str = Field(min_length=1)
    role: Literal["red_line", "farmland", "boundary", "flag", "dem", "roads"]
    level: Literal["core", "general"] = "general"
    column: str = Field(default="", pattern=r"^[a-z][a-z0-9_]*$|^$")
    values: tuple[float, ...] = ()
    within_m: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    may_be_empty: bool = False
    missing_slope_class: int | None = Field(default=None, ge=1, le=5)

    @model_validator(mode="after")
    def _column(self) -> Self:
        if self.role == "flag" and not self.column:
            raise ValueError("role flag needs a column")
        if self.within_m is not None and self.role != "roads":
            raise ValueError("within_m is for role roads")
        if self.column in OWN_COLUMNS:
            raise ValueError(f"column {self.column} is filled by the import itself")
        return self

    @property
    def target(self) -> str:
        """Column of `zones` that the overlay fills."""
        fixed = {"red_line": "red_line", "farmland": "farmland", "boundary": "boundary", "dem": "slope_class"}
        return fixed.get(self.role) or self.column or f"{self.role}_distance_m"


class Region(_Frozen):
    """The root region, and polygons of the regions below it where there are any."""

    region: str = Field(min_length=1)
    level: str = "county"
    name_zh: str = ""
    name_en: str = ""
    outline: Vector | None = None
    parts: ZonePolygons | None = None
    part_level: str = "township"


class Condition(_Frozen):
    """A 0/1 column of `zones` that land must have to become one of some classes; laid on the default transitions."""

    to: tuple[str, ...] = Field(min_length=1)
    column: str = Field(min_length=1)


class Config(_Frozen):
    """The whole config."""

    instance: About
    carbon: Carbon
    time: Time
    objective: Objective = Objective()
    land_cover: LandCover
    cells: Cells
    region: Region
    overlay: tuple[Overlay, ...] = ()
    condition: tuple[Condition, ...] = ()
    tables: dict[str, str] = {}
    sinks: str = "p1"
    zone_values: dict[str, Value] = {}
    zone_by_slope: dict[str, tuple[Value, Value, Value, Value, Value]] = {}

    @model_validator(mode="after")
    def _together(self) -> Self:
        Settings(instance=self.instance, carbon=self.carbon, time=self.time, objective=self.objective)
        names = [overlay.name for overlay in self.overlay]
        if len(set(names)) < len(names):
            raise ValueError("two overlays have the same name")
        if sum(overlay.role == "dem" for overlay in self.overlay) > 1:
            raise ValueError("more than one overlay has role dem")
        columns = [o.target for o in self.overlay if o.role == "roads"]
        if len(set(columns)) < len(columns):
            raise ValueError("two road overlays fill the same column; give each a column of its own")
        if unknown := [name for name in self.tables if name not in TABLES]:
            raise ValueError(f"[tables] {', '.join(unknown)}: the tables are {', '.join(TABLES)}")
        filled = {o.target for o in self.overlay} | set(OWN_COLUMNS)
        if twice := filled & (set(self.zone_values) | set(self.zone_by_slope)):
            raise ValueError(f"filled twice: {', '.join(sorted(twice))}")
        return self


def read_config(path: Path) -> tuple[Config, dict[str, Any]]:
    """Read and check a config; returns it with the raw TOML. Raises InstanceError with one fault a key."""
    if not path.is_file():
        raise InstanceError([Fault(str(path), "file is missing", "give the config by --config")])
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InstanceError(
            [Fault(str(path), f"not a readable TOML file: {error}", "save it as UTF-8 TOML")]
        ) from error
    try:
        return Config.model_validate(raw), raw
    except ValidationError as error:
        raise InstanceError(
            Fault(str(path), words(item["msg"]), "see docs/howto/aachen.md", column=".".join(map(str, item["loc"])))
            for item in error.errors()
        ) from error


def inside(folder: Path, name: str) -> Path:
    """Return the file called `name` below `folder`.

    Raises InstanceError where the name climbs out of the folder or there is no such file.
    """
    root = folder.resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root):
        raise InstanceError([Fault(name, f"lies outside {folder}", "name a file below that folder")])
    if not path.is_file():
        raise InstanceError([Fault(str(folder / name), "file is missing", "correct the name in the config")])
    if path.suffix.lower() in UNREAD:
        hint = (
            "unpack it and name the file inside" if path.suffix.lower() not in POINTERS else "name the data themselves"
        )
        raise InstanceError([Fault(str(folder / name), f"files of kind {path.suffix} are not read", hint)])
    return path
