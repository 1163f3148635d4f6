"""What the import of a third-survey database may be told: `dltb.toml`.

三调数据库导入配置。Every key has a default but the name; a key that is not listed is a fault.
"""

from __future__ import annotations

import tomllib
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from instances.faults import Fault, InstanceError
from instances.settings import words

if TYPE_CHECKING:
    from pathlib import Path

RegionLevel = Literal["county", "township", "village"]
Aggregation = Literal["parcels", "village", "township", "grid"]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class About(_Section):
    """Names and years of the instance to be made."""

    name: str = Field(default="", description="short name; empty takes that of the folder")
    title_zh: str = ""
    title_en: str = ""
    base_year: int = Field(default=2020, ge=1900, le=2200)
    end_year: int = Field(default=2035, ge=1900, le=2200)
    periods: tuple[int, ...] = ()
    mode: Literal["flux", "stock"] = "flux"
    provenance: str = ""
    synthetic_geography: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> About:
        years = (self.base_year, *self.ends)
        if any(b <= a for a, b in pairwise(years)) or years[-1] != self.end_year:
            raise ValueError("base_year, periods and end_year must increase, and the last period must be end_year")
        return self

    @property
    def ends(self) -> tuple[int, ...]:
        """End years of the periods; one period where none is stated."""
        return self.periods or (self.end_year,)


class Source(_Section):
    """How the files are to be read where they do not say it themselves."""

    encoding: str = Field(default="auto", description="auto, or the name of a code page such as GBK")
    crs: str = Field(default="", description="CGCS2000 system of layers that name none, such as EPSG:4529")


class Zones(_Section):
    """What becomes a zone."""

    aggregate: Aggregation = "parcels"
    grid_m: float = Field(default=500.0, gt=0)
    region: RegionLevel = "township"
    whole: bool = Field(default=False, description="zones of one class change as a whole")


class Slivers(_Section):
    """Parts that a line may not cut off: smaller than `area_m2`, or narrower than `width_m`."""

    area_m2: float = Field(default=100.0, ge=0)
    width_m: float = Field(default=1.0, ge=0)


class RedLine(_Section):
    """How the red-line layer tells its core from the rest."""

    field: str = "HXLX"
    core: tuple[str, ...] = ("核心保护区", "核心区", "core", "1")


class Slope(_Section):
    """The slope layer, or a DEM in metres whose slopes take its place."""

    field: str = "PDJB"
    dem: str = ""


class Repair(_Section):
    """When a flaw is too much to be refused in silence."""

    max_refused_share: float = Field(default=0.02, ge=0, le=1, description="of all hectares")
    overlap_m2: float = Field(default=1.0, ge=0, description="overlaps below this are left alone")


class Assume(_Section):
    """What the survey does not say, as set here."""

    afforestable: bool = True
    retire_steep_cropland: bool = Field(default=True, description="cropland above 25 degrees may be retired")
    potential_grade: int = Field(default=0, ge=0, le=15, description="where no grade is known; 0 = unfit for cropland")


class Quota(_Section):
    """One row of table `quotas`."""

    id: str
    rule: str
    region: str = ""
    period: int = 0
    group: str = ""
    grade: int = 0
    sense: Literal[">=", "<=", "=="]
    value: float
    unit: str
    source: str
    status: str = "assumed"


class Config(_Section):
    """The whole of `dltb.toml`."""

    instance: About = About()
    source: Source = Source()
    layers: dict[str, str] = Field(default_factory=dict, description="layer: FILE or FILE|LAYER within the source")
    fields: dict[str, str] = Field(default_factory=dict, description="standard field: its local name")
    zones: Zones = Zones()
    slivers: Slivers = Slivers()
    red_line: RedLine = RedLine()
    slope: Slope = Slope()
    repair: Repair = Repair()
    assume: Assume = Assume()
    more_classes: tuple[str, ...] = Field(default=(), description="codes that land may become and that nowhere is now")
    rules_off: tuple[str, ...] = ()
    quotas: tuple[Quota, ...] = ()


def read_config(path: Path | None) -> Config:
    """Read a configuration, or take the defaults; raises InstanceError with a fault for each wrong key."""
    if path is None:
        return Config()
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InstanceError([Fault(str(path), f"cannot be read: {error.strerror}", "name an existing file")]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InstanceError([Fault(str(path), f"not a TOML file: {error}", "save it as UTF-8 TOML")]) from error
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        hint = "see docs/howto/third-survey.md"
        raise InstanceError(
            Fault(str(path), words(item["msg"]), hint, column=".".join(map(str, item["loc"])))
            for item in error.errors()
        ) from error
