"""The TOML files of `sanqu potential` and `sanqu route`: which layers there are, and what is asked of them.

Files (land cover, layers, outline, elevation) are found below SOURCE; the class table lies beside the config.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from instances.faults import Fault, InstanceError
from instances.readers.raster.config import LandCover, Vector
from instances.settings import words

if TYPE_CHECKING:
    from pathlib import Path

Technology = Literal["solar", "wind", "storage"]

Finite = Annotated[float, Field(allow_inf_nan=False)]

HINT = "see docs/howto/energy-siting.md"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Layer(Vector):
    """Polygons or lines with a role: `red_line`, `farmland`, `roads`, ... or a word of your own.

    A layer that lies wholly off the ground is refused, for then its CRS is wrong more often than not, unless
    `may_be_empty`.
    """

    role: str = Field(min_length=1)
    may_be_empty: bool = False


class Elevation(_Frozen):
    """The elevation model, and its CRS where the file has none."""

    file: str = Field(min_length=1)
    crs: str = ""


class Ground(_Frozen):
    """What both configs say of the ground.

    Without `land_cover`, the zones of the instance are the ground: their classes, control lines, slope classes.
    """

    land_cover: LandCover | None = None
    outline: Vector | None = None
    elevation: Elevation | None = None
    layer: tuple[Layer, ...] = ()

    @model_validator(mode="after")
    def _together(self) -> Self:
        if self.land_cover is None and (self.outline or self.elevation):
            raise ValueError("outline and elevation go with land_cover; zones have their own extent and slope")
        return self


class Criterion(_Frozen):
    """A criterion of one's own: what land a technology may not use."""

    criterion: str = Field(min_length=1)
    kind: Literal["class", "layer", "near_class", "far"]
    of: str = Field(min_length=1)
    value: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    source: str = "set in the config"
    status: Literal["published", "computed", "recalled", "assumed", "made"] = "assumed"


class TechnologyConfig(_Frozen):
    """One technology: criteria switched off, changed (`values`) or added, cost, and how sites are cut.

    Attributes
    ----------
    block_m
        Side of the lattice by which large pieces of eligible land are divided into sites; 0 = each piece is one.
    least_mw
        `minimum_mw` of the sites.
    """

    name: Technology
    off: tuple[str, ...] = ()
    values: dict[str, Finite] = {}
    criterion: tuple[Criterion, ...] = ()
    block_m: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    least_mw: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    capital_cost: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    fixed_cost: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    marginal_cost: Finite = 0.0
    profile: str = ""


class PotentialConfig(Ground):
    """Config of `sanqu potential`.

    `connect` says how sites join the network: each to its `nearest` bus, or to a bus of its `own`, of voltage
    `voltage_kv`, to which lines are then routed.
    """

    technology: tuple[TechnologyConfig, ...] = Field(min_length=1)
    connect: Literal["nearest", "own"] = "nearest"
    voltage_kv: float = Field(default=0.0, ge=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        names = [technology.name for technology in self.technology]
        if len(set(names)) < len(names):
            raise ValueError("a technology is named twice")
        if self.connect == "own" and not self.voltage_kv:
            raise ValueError('connect = "own" needs voltage_kv')
        return self


class Crossing(_Frozen):
    """What a line may do where it meets the layers of a role: nothing (`forbidden`), or pay a price."""

    role: str = Field(min_length=1)
    rule: Literal["forbidden", "priced"]
    price_per_km: float = Field(default=0.0, ge=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _either(self) -> Self:
        if (self.rule == "priced") != (self.price_per_km > 0):
            raise ValueError("a priced crossing needs price_per_km above 0, a forbidden one has none")
        return self


class Pair(_Frozen):
    """Two buses to be joined."""

    from_bus: str = Field(min_length=1)
    to_bus: str = Field(min_length=1)
    voltage_class: str = Field(min_length=1)


class SitePairs(_Frozen):
    """Each bus of a site is joined to so many of the nearest buses that are not a site's, by the cost of the route."""

    voltage_class: str = Field(min_length=1)
    nearest: int = Field(default=1, ge=1)


class Lines(_Frozen):
    """How routes are sought.

    Attributes
    ----------
    cell_m
        Side of a cell of the friction grid where zones are the ground; a raster is its own grid.
    alternatives
        Most routes a pair; the first is the cheapest.
    stretch
        Cost of a further route, at most this multiple of the cheapest.
    apart_m, overlap
        Share of a further route that may run within `apart_m` of each earlier one of its pair.
    cost_share
        Part of the shipped cost of lines that the study counts: an annuity where it weighs a year of operation.
    max_additions
        Most circuits on a route.
    loss_per_1000km
        Share of energy lost.
    """

    cell_m: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    alternatives: int = Field(default=3, ge=1, le=20)
    stretch: float = Field(default=1.5, ge=1, allow_inf_nan=False)
    apart_m: float = Field(default=500.0, ge=0, allow_inf_nan=False)
    overlap: float = Field(default=0.7, ge=0, lt=1)
    cost_share: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    max_additions: int = Field(default=1, ge=1)
    loss_per_1000km: float = Field(default=0.0, ge=0, lt=1)


class VoltageClass(_Frozen):
    """Figures of a voltage class that take the place of the shipped ones."""

    voltage_class: str = Field(min_length=1)
    width_m: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    capacity_mw: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    cost_per_km: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    reactance_ohm_per_km: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    tower_spacing_m: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    tower_foot_m2: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    shared_share: float | None = Field(default=None, ge=0, le=1)


class RouteConfig(Ground):
    """Config of `sanqu route`; `friction` takes the place of shipped multipliers of classes or groups."""

    crossing: tuple[Crossing, ...] = ()
    friction: dict[str, Finite] = {}
    pair: tuple[Pair, ...] = ()
    sites: SitePairs | None = None
    lines: Lines = Lines()
    voltage: tuple[VoltageClass, ...] = ()
    strip_class: dict[str, str] = {}

    @model_validator(mode="after")
    def _asked(self) -> Self:
        if not self.pair and self.sites is None:
            raise ValueError("nothing to join: give [[pair]] or [sites]")
        if self.land_cover is None and not self.lines.cell_m:
            raise ValueError("without land_cover give [lines] cell_m, the side of a cell of the friction grid")
        roles = [crossing.role for crossing in self.crossing]
        if len(set(roles)) < len(roles):
            raise ValueError("two crossings are of one role")
        pairs = [(frozenset((pair.from_bus, pair.to_bus)), pair.voltage_class) for pair in self.pair]
        if len(set(pairs)) < len(pairs):
            raise ValueError("a pair is named twice")
        kinds = [one.voltage_class for one in self.voltage]
        if len(set(kinds)) < len(kinds):
            raise ValueError("a voltage class is stated twice")
        if bad := [name for name, value in self.friction.items() if not value > 0]:
            raise ValueError(f"friction of {', '.join(bad)} must be above 0; forbid land by a crossing")
        return self


Model = TypeVar("Model", PotentialConfig, RouteConfig)


def read_config(path: Path, model: type[Model]) -> Model:
    """Read and check a config; raises InstanceError with one fault a key."""
    if not path.is_file():
        raise InstanceError([Fault(str(path), "file is missing", "give the config by --config")])
    try:
        return model.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InstanceError(
            [Fault(str(path), f"not a readable TOML file: {error}", "save it as UTF-8 TOML")]
        ) from error
    except ValidationError as error:
        items = error.errors()
        raise InstanceError(
            Fault(str(path), words(item["msg"]), HINT, column=".".join(map(str, item["loc"])))
            for item in items
            if not any(_lies_in(other["loc"], item["loc"]) for other in items)
        ) from error


def _lies_in(inner: tuple[int | str, ...], outer: tuple[int | str, ...]) -> bool:
    """Whether a fault lies within what another one complains of, which then only follows from it."""
    return len(outer) < len(inner) and inner[: len(outer)] == outer and bool(outer)
