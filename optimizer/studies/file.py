"""The study file (情景研究文件): a base instance, named scenarios as changes of it, measures, what is asked of them."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from pydantic import Field, ValidationError, field_validator, model_validator

from instances.faults import Fault, InstanceError
from instances.scenarios.changes import Change, LineMove, Values
from instances.scenarios.derive import Changes
from instances.settings import MAX_BYTES
from optimizer.methods import METHODS
from optimizer.studies.asked import Asked
from optimizer.studies.entries import (
    AlternativesEntry,
    Entry,
    FrontEntry,
    PathwayEntry,
    RangesEntry,
    RegretEntry,
    RobustEntry,
    Titled,
    TransmissionEntry,
    WorthEntry,
)
from optimizer.studies.refused import refused, told_once

if TYPE_CHECKING:
    from pathlib import Path


class Changing(Titled):
    """A named set of changes.

    Attributes
    ----------
    settings
        `section.key` = value of instance.toml.
    rules_off, rules_on
        Rules that are switched off, and on again where an earlier change or the base switched them off.
    change
        Changes of tables, in order.
    line
        Control lines that are moved.
    """

    settings: dict[str, Values] = Field(default_factory=dict)
    rules_off: tuple[str, ...] = ()
    rules_on: tuple[str, ...] = ()
    change: tuple[Change, ...] = ()
    line: tuple[LineMove, ...] = ()

    @field_validator("settings", mode="before")
    @classmethod
    def _flat(cls, settings: object) -> object:
        if isinstance(settings, dict):
            for section, value in settings.items():
                if isinstance(value, dict):
                    keys = ", ".join(f'"{section}.{key}" = ...' for key in value)
                    raise ValueError(f"{section} is a table; write {keys}")
        return settings

    @property
    def changes(self) -> Changes:
        """What it changes."""
        return Changes(self.settings, self.rules_off, self.rules_on, self.change, self.line)


class ScenarioEntry(Changing):
    """A scenario: what it takes from another one (`from`, the base where empty), its measures, and its own changes."""

    parent: str = Field(default="", alias="from")
    measures: tuple[str, ...] = ()


class MeasureEntry(Changing):
    """A measure: changes that scenarios and ledgers take up by name."""


class LedgerEntry(Titled):
    """A ledger of measures: what each adds to a scenario in the order given, and what each does alone."""

    parent: str = Field(default="", alias="from")
    measures: tuple[str, ...] = Field(min_length=1)

    @field_validator("measures")
    @classmethod
    def _each_once(cls, measures: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(measures)) < len(measures):
            raise ValueError("each measure stands once in a ledger")
        return measures


class StudySection(Titled):
    """What the study is called, what it starts from and how its instances are solved.

    Attributes
    ----------
    base
        A bundled instance, or a folder (relative to the study file).
    reference
        Scenario that others are compared with; the first where empty.
    """

    base: str = Field(min_length=1)
    reference: str = ""
    method: str = "auto"
    gap: float = Field(default=1e-4, ge=0, allow_inf_nan=False)
    time_limit_s: float = Field(default=float("inf"), gt=0)
    seed: int = Field(default=0, ge=0)

    @field_validator("method")
    @classmethod
    def _known(cls, method: str) -> str:
        if method not in ("auto", *METHODS):
            raise ValueError(f"{method!r} is not known; one of auto, {', '.join(METHODS)}")
        return method

    @property
    def asked(self) -> Asked:
        """What is asked of every solve."""
        return Asked(self.method, self.gap, self.time_limit_s, self.seed)


class StudyFile(Entry):
    """The whole of a study file."""

    study: StudySection
    scenario: tuple[ScenarioEntry, ...] = ()
    measure: tuple[MeasureEntry, ...] = ()
    ledger: tuple[LedgerEntry, ...] = ()
    front: tuple[FrontEntry, ...] = ()
    alternatives: tuple[AlternativesEntry, ...] = ()
    ranges: tuple[RangesEntry, ...] = ()
    robust: tuple[RobustEntry, ...] = ()
    regret: tuple[RegretEntry, ...] = ()
    worth: tuple[WorthEntry, ...] = ()
    pathway: tuple[PathwayEntry, ...] = ()
    transmission: tuple[TransmissionEntry, ...] = ()

    @model_validator(mode="after")
    def _asks_something(self) -> StudyFile:
        sections = StudyFile.model_fields.keys() - {"study", "measure"}
        if not any(getattr(self, kind) for kind in sections):
            raise ValueError(f"asks for nothing; add [[scenario]], or one of {', '.join(sorted(sections))}")
        return self

    @model_validator(mode="after")
    def _named_once(self) -> StudyFile:
        for kind in StudyFile.model_fields.keys() - {"study"}:
            names = [entry.name for entry in getattr(self, kind)]
            folded = [name.casefold() for name in names]  # some file systems take names for one that differ in case
            twice = sorted({name for name in names if folded.count(name.casefold()) > 1})
            if twice:
                raise ValueError(f"two of [[{kind}]] are called {', '.join(twice)}")
        return self


def read_study(path: Path) -> StudyFile:
    """Read and check a study file; raises InstanceError with one fault for each wrong key."""
    place = str(path)
    if not path.is_file():
        raise InstanceError([Fault(place, "file is missing", "a study is a TOML file; see docs/howto/studies.md")])
    if path.stat().st_size > MAX_BYTES:
        raise InstanceError([Fault(place, "is larger than a megabyte", "is this the right file?")])
    try:
        raw: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InstanceError([Fault(place, "is not UTF-8", "save it as UTF-8")]) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InstanceError([Fault(place, f"not a readable TOML file: {error}", "correct the line")]) from error
    except OSError as error:
        raise InstanceError([Fault(place, f"cannot be read: {error.strerror}", "check its permissions")]) from error
    try:
        return StudyFile.model_validate(raw, context=path.parent)
    except ValidationError as error:
        raise InstanceError(refused(place, StudyFile, raw, item) for item in told_once(error.errors())) from error
