"""`instance.toml`: what an instance is called, over which years it runs and what it minimises."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pyproj import CRS
from pyproj.exceptions import CRSError

from instances.faults import Fault, InstanceError

if TYPE_CHECKING:
    from pathlib import Path

Mode = Literal["flux", "stock"]
ObjectiveKind = Literal["emissions", "cost", "weighted"]
SiteObjectiveKind = Literal[
    "minimum_set",
    "minimum_shortfall",
    "minimum_largest_shortfall",
    "maximum_utility",
    "maximum_cover",
    "maximum_features",
    "maximum_branches",
    "minimum_penalties",
    "maximum_mesh",
    "maximum_iic",
    "maximum_largest_patch",
    "minimum_patches",
    "minimum_restoration",
]

MAX_BYTES = 2**20
"""An instance.toml that is larger is another file."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class About(_Frozen):
    """Names, reference system and provenance."""

    name: str = Field(min_length=1)
    title_zh: str = ""
    title_en: str = ""
    crs: str = ""
    provenance: str = ""
    synthetic_geography: bool = False
    rules_off: tuple[str, ...] = ()

    @field_validator("crs")
    @classmethod
    def _known(cls, crs: str) -> str:
        try:
            if crs:
                CRS.from_user_input(crs)
        except CRSError as error:
            raise ValueError(f"{crs!r} is no reference system; write it as EPSG:4550") from error
        return crs


class Carbon(_Frozen):
    """The carbon account: span, mode, treatment of existing activity, embodied and marine carbon (off by default)."""

    base_year: int = Field(ge=1900, le=2200)
    end_year: int = Field(ge=1900, le=2200)
    mode: Mode = "flux"
    existing_activity: Literal["top_down", "bottom_up"] = "top_down"
    embodied: bool = False
    marine: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> Carbon:
        if self.end_year <= self.base_year:
            raise ValueError("end_year must lie after base_year")
        return self


class Time(_Frozen):
    """End years of the planning periods."""

    periods: tuple[int, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _increasing(self) -> Time:
        if any(b <= a for a, b in zip(self.periods, self.periods[1:], strict=False)):
            raise ValueError("periods must be increasing years")
        return self


class Objective(_Frozen):
    """What is minimised; the weights count only for `weighted`."""

    kind: ObjectiveKind = "emissions"
    emission_weight: float = Field(default=1.0, ge=0, allow_inf_nan=False)
    cost_weight: float = Field(default=0.0, ge=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _weighed(self) -> Objective:
        if self.emission_weight == self.cost_weight == 0:
            raise ValueError("emission_weight and cost_weight must not both be 0")
        return self


class SiteObjective(_Frozen):
    """One objective of a prioritisation.

    `weight` counts where objectives are added up; `tolerance` is the part of its value that an objective may lose to
    those after it where they are taken in order.
    """

    kind: SiteObjectiveKind
    weight: float = Field(default=1.0, ge=0, allow_inf_nan=False)
    tolerance: float = Field(default=0.0, ge=0, allow_inf_nan=False)


class Prioritisation(_Frozen):
    """How planning units are chosen: in a study of their own, or with land beside the moves of a land plan.

    Attributes
    ----------
    decision
        `binary`: a unit is chosen or not; `proportion`: any share of it; `semicontinuous`: none, or a share from
        `least_share` to `upper_limit`.
    cost_tie_break
        Adds this times the cost of the plan, relative to the sum of |cost| over all units and management zones, to
        what is minimised (a maximised objective loses it): among plans as good, a cheap one. prioritizr's maximised
        objectives have 0.01; with 0, nothing is added.
    combine
        Objectives are added up with their weights, or taken in order.
    restored_part
        With land: least part of the restorable land of a chosen unit that is restored; with 0 land of units that are
        not chosen stays as it is, and chosen ones restore as much as pays.
    penalty_unit
        With land: unit of what penalties add, and so the objective that they count in.
    """

    objective: tuple[SiteObjective, ...] = (SiteObjective(kind="minimum_set"),)
    combine: Literal["weighted", "hierarchical"] = "weighted"
    decision: Literal["binary", "proportion", "semicontinuous"] = "binary"
    least_share: float = Field(default=0.0, ge=0, le=1)
    upper_limit: float = Field(default=1.0, gt=0, le=1)
    cost_tie_break: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    restored_part: float = Field(default=1.0, ge=0, le=1)
    penalty_unit: Literal["tCO2e", "10k CNY"] = "tCO2e"

    @model_validator(mode="after")
    def _ordered(self) -> Prioritisation:
        if not self.objective:
            raise ValueError("needs one objective at least")
        if self.least_share > self.upper_limit:
            raise ValueError("least_share must not be above upper_limit")
        if self.decision != "semicontinuous" and (self.least_share > 0 or self.upper_limit < 1):
            raise ValueError('least_share and upper_limit count only with decision = "semicontinuous"')
        return self


class NetworkSettings(_Frozen):
    """How the network is read.

    Attributes
    ----------
    money
        Unit of every cost and price of the network tables; beside land it must be that of the land, 10k CNY.
    power_flow
        `dc`: power divides over lines by their reactance; `transport`: the flow of every line is chosen.
    facility_class
        Land class that service buildings and tower feet convert to, where the network takes land.
    horizon_h
        Hours that the weights of the snapshots add up to; 0 = not checked.
    loss_segments
        Tangents by which losses grow with the square of the flow, where lines or candidates state a resistance.
    """

    money: str = Field(default="10k CNY", min_length=1)
    power_flow: Literal["dc", "transport"] = "dc"
    facility_class: str = ""
    horizon_h: float = Field(default=8760.0, ge=0, allow_inf_nan=False)
    loss_segments: int = Field(default=3, ge=1)


class Settings(_Frozen):
    """The whole of `instance.toml`; `carbon` and `time` count where there is land."""

    instance: About
    carbon: Carbon = Carbon(base_year=2020, end_year=2035)
    time: Time = Time(periods=(2035,))
    objective: Objective = Objective()
    restoration: Prioritisation | None = None
    network: NetworkSettings = NetworkSettings()

    @model_validator(mode="after")
    def _span(self) -> Settings:
        if self.time.periods[-1] != self.carbon.end_year:
            raise ValueError("the last of [time] periods must equal [carbon] end_year")
        if self.time.periods[0] <= self.carbon.base_year:
            raise ValueError("the first of [time] periods must lie after [carbon] base_year")
        return self

    def missing(self) -> tuple[str, ...]:
        """Sections that a land part needs and the file does not have."""
        return tuple(name for name in ("carbon", "time") if name not in self.model_fields_set)

    @property
    def starts(self) -> tuple[int, ...]:
        """First instant of each period: period t covers (start, end]."""
        return (self.carbon.base_year, *self.time.periods[:-1])

    @property
    def midpoints(self) -> tuple[float, ...]:
        """Year from which the moves of each period act."""
        return tuple((start + end) / 2 for start, end in zip(self.starts, self.time.periods, strict=True))


def read_settings(path: Path) -> Settings:
    """Read `instance.toml`; raises InstanceError with one fault for each wrong key."""
    if not path.is_file():
        raise InstanceError([Fault(str(path), "file is missing", "an instance is a folder with an instance.toml")])
    if path.stat().st_size > MAX_BYTES:
        raise InstanceError([Fault(str(path), "is larger than a megabyte", "is this the right file?")])
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InstanceError([Fault(str(path), "is not UTF-8", "save it as UTF-8")]) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InstanceError([Fault(str(path), f"not a readable TOML file: {error}", "correct the line")]) from error
    except OSError as error:
        raise InstanceError([Fault(str(path), f"cannot be read: {error.strerror}", "check its permissions")]) from error
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        raise InstanceError(
            Fault(str(path), words(item["msg"]), "see docs/instance-format.md", column=".".join(map(str, item["loc"])))
            for item in error.errors()
        ) from error


def words(message: str) -> str:
    """Return a message of the validator in plain words."""
    plain = {"Extra inputs are not permitted": "is not known; misspelt?", "Field required": "is missing"}
    return plain.get(message, message.removeprefix("Value error, "))
