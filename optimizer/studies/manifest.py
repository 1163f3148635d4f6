"""`manifest.json`: what the folder of a study holds, how far it is, and the hashes of every file.

It is written while the study runs, at most once a second, so it may lag behind by that much where a run is killed; the
`task.json` of each folder is what a rerun goes by.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from instances.faults import Fault, InstanceError
from optimizer.results.folder import new_file
from optimizer.studies.tasks import RECORD
from optimizer.study import write_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from optimizer.studies.runners import Watcher
    from optimizer.studies.scenarios import Scenario
    from optimizer.studies.tasks import Ended

MANIFEST = "manifest.json"

Told = Mapping[str, str]
"""A fault in a line, by language: `zh` and `en`."""

EVERY_S = 1.0
"""Seconds between two writings."""


def faults_of(ended: Ended) -> tuple[Told, ...]:
    """Return what was wrong with a task, in both languages; each line says which task."""
    lines = ({lang: fault.told(lang) for lang in ("zh", "en")} for fault in ended.faults)
    return tuple(
        {lang: line if line.startswith(ended.folder) else f"{ended.folder}: {line}" for lang, line in one.items()}
        for one in lines
    )


def ended_of(out: Path) -> dict[str, tuple[Told, ...]]:
    """Return what has ended in the folder of a study, by folder: what was wrong with it, nothing where it is done.

    Each fault in a line by language. Results of earlier runs that the last one has not come to are not among them.
    Empty where there is no manifest; raises InstanceError for one that no run has written.
    """
    try:
        tasks = json.loads((out / MANIFEST).read_text(encoding="utf-8"))["tasks"]
        return {folder: tuple(task.get("faults", ())) for folder, task in tasks.items() if task["state"] != "open"}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        hint = "run `sanqu study run` again; what is finished is kept"
        raise InstanceError([Fault(str(out / MANIFEST), "is no manifest of a study", hint)]) from error


class Manifest:
    """Keeps the manifest of a study while it runs: a watcher that tells another one what it is told.

    Tasks are `open`, `done` or `failed`; the whole is `complete` once nothing is open and the run has ended.
    """

    def __init__(
        self, out: Path, head: Mapping[str, Any], scenarios: Mapping[str, Scenario], watcher: Watcher | None = None
    ) -> None:
        """Begin a manifest; `scenarios` are those of the study by the folder of their plan."""
        self._out, self._head, self._scenarios, self._watcher = out, head, scenarios, watcher
        self._tasks: dict[str, dict[str, Any]] = {}
        self._told: dict[str, Ended] = {}
        self._written = -EVERY_S

    def begin(self, folders: Sequence[str]) -> None:
        """Take up tasks that are to be done."""
        self._tasks.update((folder, {"state": "open"}) for folder in folders)
        self._write_now_and_then()
        if self._watcher is not None:
            self._watcher.begin(folders)

    def end(self, ended: Ended) -> None:
        """Take down how a task ended."""
        self._told[ended.folder] = ended
        self._tasks[ended.folder] = self._entry(ended)
        self._write_now_and_then()
        if self._watcher is not None:
            self._watcher.end(ended)

    def write(self, complete: bool = False) -> None:
        """Write the manifest as it stands."""
        content = {
            **self._head,
            "complete": complete and all(task["state"] != "open" for task in self._tasks.values()),
            "scenarios": [self._scenario(folder, one) for folder, one in self._scenarios.items()],
            "tasks": self._tasks,
        }
        with new_file(self._out / MANIFEST) as path:
            write_json(path, content)
        self._written = time.monotonic()

    @property
    def any_done(self) -> bool:
        """Whether a task is done."""
        return any(task["state"] == "done" for task in self._tasks.values())

    def _write_now_and_then(self) -> None:
        if time.monotonic() - self._written >= EVERY_S:
            self.write()

    def _entry(self, ended: Ended) -> dict[str, Any]:
        if ended.failed:
            return {"state": "failed", "faults": faults_of(ended)}
        stated = json.loads((self._out / ended.folder / RECORD).read_text(encoding="utf-8"))
        return {"state": "done", **{name: stated[name] for name in ("key", "seconds", "files")}}

    def _scenario(self, folder: str, scenario: Scenario) -> dict[str, Any]:
        ended = self._told.get(folder)
        return {
            "name": scenario.name,
            "title_zh": scenario.title("zh"),
            "title_en": scenario.title("en"),
            "from": scenario.parent,
            "changes": list(scenario.changes.words()),
            "faults": () if ended is None else faults_of(ended),
            **({} if ended is None else ended.record),
        }
