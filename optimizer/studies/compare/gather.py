"""What the folder of a study holds: its file, how each scenario ended, and the folders of its analyses."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from instances import schema
from instances.classes import load_groups
from instances.faults import Fault, InstanceError
from instances.readers.folder import read_table
from optimizer.studies.compare.words import CLASS, REGION
from optimizer.studies.file import read_study
from optimizer.studies.manifest import ended_of
from optimizer.studies.scenarios import reference, scenarios
from optimizer.studies.solving import INSTANCES, SCENARIOS
from optimizer.studies.tasks import RECORD

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from optimizer.studies.entries import Titled
    from optimizer.studies.file import StudyFile
    from optimizer.studies.manifest import Told
    from optimizer.studies.scenarios import Scenario

FILE = "study.toml"
"""Copy of the study file in the folder of a study."""

NAMED = {REGION: "regions", CLASS: "classes"}
"""Table of land that holds the names of what is named."""

_TEXTS = ("region", "from", "to", "code", "id", "component", "name", "bus", "from_bus", "to_bus", "period", "item")
"""Columns of results that are names, whatever they look like."""


@dataclass(frozen=True)
class Outcome:
    """How a scenario ended: `record` is what its solve says of itself, empty where there is none; or its faults.

    Each fault is a line in both languages.
    """

    scenario: Scenario
    folder: Path
    instance: Path
    record: Mapping[str, Any]
    faults: tuple[Told, ...] = ()

    @property
    def name(self) -> str:
        """Name of the scenario."""
        return self.scenario.name

    @property
    def unit(self) -> str:
        """Unit of what is optimised; empty where there is no result."""
        return self.record.get("objective_unit") or ""

    @property
    def has_plan(self) -> bool:
        """Whether a plan was found."""
        return self.record.get("objective") is not None

    def table(self, name: str) -> pd.DataFrame | None:
        """Return a table of the plan, `NAME.csv`; None where the plan has none."""
        path = self.folder / f"{name}.csv"
        if not self.has_plan or not path.is_file():
            return None
        texts = dict.fromkeys(_TEXTS, str)
        return pd.read_csv(path, encoding="utf-8-sig", dtype=texts, low_memory=False)


@dataclass(frozen=True)
class Analysis:
    """An entry of a study file and the folder that holds what it came to."""

    kind: str
    entry: Titled
    folder: Path

    def frame(self, name: str) -> pd.DataFrame | None:
        """Return a table of the analysis, `NAME.parquet`; None where it is not there."""
        path = self.folder / f"{name}.parquet"
        return pd.read_parquet(path) if path.is_file() else None

    def facts(self, name: str = "result") -> dict[str, Any]:
        """Return `NAME.json`; empty where it is not there."""
        return _json(self.folder / f"{name}.json")


@dataclass(frozen=True)
class Gathered:
    """A study with what was found in its folder.

    Attributes
    ----------
    reference
        The outcome that others are held against.
    ended
        What was wrong with everything that has ended, by folder, in both languages, nothing where it is done; of what
        stands in the folder of the study besides, an earlier run has left it, and it says nothing of this study.
    """

    folder: Path
    file: StudyFile
    outcomes: tuple[Outcome, ...]
    reference: Outcome
    ended: Mapping[str, tuple[Told, ...]]

    @cached_property
    def _names(self) -> Mapping[str, Mapping[str, tuple[str, str]]]:
        """Names of the regions and the classes of the reference by code, Chinese and English; none without land.

        A class whose code is that of a group of classes has none: rules and measures mean the group.
        """
        found = {kind: _names_in(self.reference.instance, table, kind) for kind, table in NAMED.items()}
        groups = load_groups().nodes
        return found | {CLASS: {code: names for code, names in found[CLASS].items() if code not in groups}}

    def called(self, kind: str, code: str, lang: str) -> str:
        """Return what a `region` or a `class` is called; its code where it has no name."""
        return self._names[kind].get(code, (code, code))[lang == "en"] or code

    def about(self, entry: Titled) -> Outcome:
        """Return the outcome of the scenario that an entry of the study file is about."""
        name = getattr(entry, "scenario", "") or getattr(entry, "parent", "")
        return next((one for one in self.outcomes if one.name == name), self.reference)

    @property
    def breaking(self) -> int:
        """How many plans of the study, those of analyses too, failed their audit."""
        done = [self.folder / name / RECORD for name, faults in self.ended.items() if not faults]
        return sum(_json(path).get("record", {}).get("audit_passed") is False for path in done)

    def analyses(self, kind: str, folder: str, table: str = "table") -> list[Analysis]:
        """Return the entries of a section whose folder `folder/NAME/table` is done."""
        places = [(entry, "/".join(filter(None, (folder, entry.name, table)))) for entry in getattr(self.file, kind)]
        return [Analysis(kind, entry, self.folder / place) for entry, place in places if self.ended.get(place) == ()]

    def undone(self, lang: str) -> tuple[str, ...]:
        """Return what was wrong with all that is no scenario of the study and could not be done, each fault once."""
        known = {f"{kind}/{one.name}" for one in self.outcomes for kind in (INSTANCES, SCENARIOS)}
        faults = [fault for name, found in self.ended.items() if name not in known for fault in found]
        return tuple(dict.fromkeys(fault[lang] for fault in faults))

    @property
    def named(self) -> tuple[Outcome, ...]:
        """Outcomes of the scenarios that the study file names, without those that only a ledger asked for."""
        return tuple(one for one in self.outcomes if not one.scenario.ledger)

    def titles(self, lang: str) -> dict[str, str]:
        """Return the titles of all scenarios by name."""
        return {one.name: one.scenario.title(lang) for one in self.outcomes}


def gather(folder: Path, ended: Mapping[str, tuple[Told, ...]] | None = None) -> Gathered:
    """Read the folder of a study; `ended` is what the run at work there has ended, as its manifest has it.

    Raises InstanceError where it is no folder of a study, or nothing in it is solved.
    """
    path = require_study(folder)
    file = read_study(path)
    found = scenarios(file, str(path))
    known = ended_of(folder) if ended is None else ended
    outcomes = tuple(_outcome(one, folder, known.get(f"{SCENARIOS}/{one.name}")) for one in found)
    if not any(one.record for one in outcomes):
        raise InstanceError([Fault(str(folder), "no scenario is solved yet", "run `sanqu study run` first")])
    wanted = reference(file, found, str(path)).name
    return Gathered(folder, file, outcomes, next(one for one in outcomes if one.name == wanted), known)


def require_study(folder: Path) -> Path:
    """Return the copy of the study file in the folder of a study; raises InstanceError where there is none."""
    path = folder / FILE
    if not path.is_file():
        hint = "name the folder that `sanqu study run --out` wrote"
        raise InstanceError([Fault(str(folder), "is no folder of a study", hint)])
    return path


def _outcome(scenario: Scenario, folder: Path, faults: tuple[Told, ...] | None) -> Outcome:
    """Return how a scenario ended; `faults` are None where it has not."""
    place = folder / SCENARIOS / scenario.name
    record = _json(place / RECORD).get("record", {}) if faults == () else {}
    return Outcome(scenario, place, folder / INSTANCES / scenario.name, record, faults or ())


def _names_in(instance: Path, table: str, key: str) -> dict[str, tuple[str, str]]:
    """Return the names of the rows of a table of land by `key`, Chinese and English; none where it cannot be read."""
    rows, _ = read_table(instance, schema.table("land", table))
    if rows.empty:
        return {}
    names = zip(*(rows[name].astype(str) for name in (key, "name_zh", "name_en")), strict=True)
    return {code: (zh, en) for code, zh, en in names}


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
