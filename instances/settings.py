"""`instance.toml`: what an instance is called, over which years it runs and what it minimises."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from instances.faults import Fault, InstanceError

if TYPE_CHECKING:
    from pathlib import Path

Mode = Literal["flux", "stock"]
ObjectiveKind = Literal["emissions", "cost", "weighted"]


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
    emission_weight: float = Field(default=1.0, ge=0)
    cost_weight: float = Field(default=0.0, ge=0)


class Settings(_Frozen):
    """The whole of `instance.toml`."""

    instance: About
    carbon: Carbon
    time: Time
    objective: Objective = Objective()

    @model_validator(mode="after")
    def _span(self) -> Settings:
        if self.time.periods[-1] != self.carbon.end_year:
            raise ValueError("the last of [time] periods must equal [carbon] end_year")
        if self.time.periods[0] <= self.carbon.base_year:
            raise ValueError("the first of [time] periods must lie after [carbon] base_year")
        return self

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
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InstanceError(
            [Fault(str(path), f"not a readable TOML file: {error}", "save it as UTF-8 TOML")]
        ) from error
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        raise InstanceError(
            Fault(str(path), item["msg"], "see docs/instance-format.md", column=".".join(map(str, item["loc"])))
            for item in error.errors()
        ) from error
