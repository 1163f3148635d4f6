"""What the folder of a study holds: its file, how each scenario ended, and the folders of its analyses."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from instances.faults import Fault, InstanceError
from optimizer.studies.file import read_study
from optimizer.studies.manifest import ended_of
from optimizer.studies.scenarios import reference, scenarios
from optimizer.studies.solving import INSTANCES, SCENARIOS
from optimizer.studies.tasks import RECORD

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from optimizer.studies.file import StudyFile, Titled
    from optimizer.studies.scenarios import Scenario

FILE = "study.toml"
"""Copy of the study file in the folder of a study."""

_TEXTS = ("region", "from", "to", "code", "id", "component", "name", "bus", "from_bus", "to_bus", "period", "item")
"""Columns of results that are names, whatever they look like."""


@dataclass(frozen=True)
class Outcome:
    """How a scenario ended: `record` is what its solve says of itself, empty where there is none; or its faults."""

    scenario: Scenario
    folder: Path
    instance: Path
    record: Mapping[str, Any]
    faults: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name of the scenario."""
        return self.scenario.name

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
        What was wrong with everything that has ended, by folder, nothing where it is done; of what stands in the
        folder of the study besides, an earlier run has left it, and it says nothing of this study.
    """

    folder: Path
    file: StudyFile
    outcomes: tuple[Outcome, ...]
    reference: Outcome
    ended: Mapping[str, tuple[str, ...]]

    def analyses(self, kind: str, folder: str, table: str = "table") -> list[Analysis]:
        """Return the entries of a section whose folder `folder/NAME/table` is done."""
        places = [(entry, "/".join(filter(None, (folder, entry.name, table)))) for entry in getattr(self.file, kind)]
        return [Analysis(kind, entry, self.folder / place) for entry, place in places if self.ended.get(place) == ()]

    @property
    def undone(self) -> tuple[str, ...]:
        """What was wrong with all that is no scenario and could not be done, each fault once."""
        folders = [name for name in self.ended if name.split("/")[0] not in (INSTANCES, SCENARIOS)]
        return tuple(dict.fromkeys(fault for name in folders for fault in self.ended[name]))

    @property
    def named(self) -> tuple[Outcome, ...]:
        """Outcomes of the scenarios that the study file names, without those that only a ledger asked for."""
        return tuple(one for one in self.outcomes if not one.scenario.ledger)

    def titles(self, lang: str) -> dict[str, str]:
        """Return the titles of all scenarios by name."""
        return {one.name: one.scenario.title(lang) for one in self.outcomes}


def gather(folder: Path, ended: Mapping[str, tuple[str, ...]] | None = None) -> Gathered:
    """Read the folder of a study; `ended` is what the run at work there has ended, as its manifest has it.

    Raises InstanceError where it is no folder of a study, or nothing in it is solved.
    """
    path = folder / FILE
    if not path.is_file():
        hint = "name the folder that `sanqu study run --out` wrote"
        raise InstanceError([Fault(str(folder), "is no folder of a study", hint)])
    file = read_study(path)
    found = scenarios(file, str(path))
    known = ended_of(folder) if ended is None else ended
    outcomes = tuple(_outcome(one, folder, known.get(f"{SCENARIOS}/{one.name}")) for one in found)
    if not any(one.record for one in outcomes):
        raise InstanceError([Fault(str(folder), "no scenario is solved yet", "run `sanqu study run` first")])
    wanted = reference(file, found, str(path)).name
    return Gathered(folder, file, outcomes, next(one for one in outcomes if one.name == wanted), known)


def _outcome(scenario: Scenario, folder: Path, faults: tuple[str, ...] | None) -> Outcome:
    """Return how a scenario ended; `faults` are None where it has not."""
    place = folder / SCENARIOS / scenario.name
    record = _json(place / RECORD).get("record", {}) if faults == () else {}
    return Outcome(scenario, place, folder / INSTANCES / scenario.name, record, faults or ())


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
