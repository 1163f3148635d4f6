"""A task: one folder of results, what determines it, and a record that says that it is complete and what it holds.

A folder appears whole or not at all, with a record of the hashes of its files, so a study that was broken off goes on
where it stopped: what is there, determined by the same inputs and unchanged, is not done again.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from instances.faults import Fault, InstanceError
from optimizer.results.folder import new_folder
from optimizer.study import versions, write_json

if TYPE_CHECKING:
    from pathlib import Path

RECORD = "task.json"
"""File of a folder that says that it is complete."""

RUN = ".run"
"""File of a study that names the run that is at work there."""

Work = Callable[..., Mapping[str, Any]]
"""`work(folder, **arguments)` fills a folder and returns what the record is to hold; a function of a module."""

_ONE_AT_A_TIME = threading.Lock()
"""Tasks of one process follow each other, whatever threads a worker has: solvers and Pyomo are not made for that."""


class SupersededError(RuntimeError):
    """Another run of the study has begun since this task was handed out."""


@dataclass(frozen=True)
class Task:
    """One folder to be filled.

    Attributes
    ----------
    folder
        Where, below the folder of the study.
    arguments
        What `work` is called with; paths are of this machine and do not count for what determines the result.
    inputs
        What determines the result, beside the tasks before it: names and hashes, or plain values.
    after
        Folders of the tasks that must be done before.
    """

    folder: str
    work: Work
    arguments: Mapping[str, Any]
    inputs: Mapping[str, Any]
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ended:
    """How a task ended: its record, or what was wrong; `kept` where an earlier run had done it.

    `trace` says where in the code, where nothing is wrong with the input.
    """

    folder: str
    record: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    kept: bool = False
    trace: str = ""

    @property
    def failed(self) -> bool:
        """Whether there is no result."""
        return bool(self.faults)


def keys(tasks: tuple[Task, ...], before: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what determines each task's result, as a hash that takes in the tasks before it, by folder.

    `tasks` come in an order in which each follows those it needs; `before` are the hashes of earlier ones.
    """
    found = dict(before or {})
    for task in tasks:
        stated = {
            "work": f"{task.work.__module__}.{task.work.__qualname__}",
            "inputs": dict(task.inputs),
            "after": [found[name] for name in task.after],
            "versions": {name: versions()[name] for name in ("sanqu", "highspy")},
        }
        text = json.dumps(stated, sort_keys=True, ensure_ascii=False)
        found[task.folder] = hashlib.sha256(text.encode()).hexdigest()
    return found


def perform(root: Path, task: Task, key: str, run: str = "") -> Ended:
    """Do a task and write its folder; what goes wrong ends it with words, and leaves nothing of it.

    `run` is the run of the study that asks for it: where another one has begun since (its client was killed, and this
    worker went on), nothing is written.
    """
    if not root.is_dir():
        return broken(task.folder, f"there is no folder {root} here", "share the folder of the study with all workers")
    with _ONE_AT_A_TIME:
        try:
            return _filled(root, task, key, run)
        except InstanceError as error:
            return Ended(task.folder, faults=error.faults)
        except Exception as error:  # one task that breaks must not take all others with it
            hint = "a fault of Sanqu or of the machine; --debug shows where"
            return broken(task.folder, f"{type(error).__name__}: {error}", hint, traceback.format_exc())


def _filled(root: Path, task: Task, key: str, run: str) -> Ended:
    began = time.perf_counter()
    with new_folder(root / task.folder, force=True) as folder:
        record = dict(task.work(folder, **task.arguments))
        seconds = round(time.perf_counter() - began, 3)
        files = hashes(folder)
        write_json(folder / RECORD, {"key": key, "seconds": seconds, "record": record, "files": files})
        if run and (root / RUN).read_text(encoding="utf-8") != run:
            raise SupersededError("another run of the study has begun")
    return Ended(task.folder, record)


def broken(folder: str, message: str, hint: str, trace: str = "") -> Ended:
    """Return the end of a task that nothing of its input made fail."""
    return Ended(folder, faults=(Fault(folder, message, hint),), trace=trace)


def done(root: Path, task: Task, key: str) -> Ended | None:
    """Return how a task ended in an earlier run; None where it must be done: never done, other inputs, other files."""
    folder = root / task.folder
    try:
        stated = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        if stated["key"] != key or hashes(folder) != stated["files"]:
            return None
        return Ended(task.folder, stated["record"], kept=True)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a folder but its record, by path within."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != RECORD)
    return {path.relative_to(folder).as_posix(): _sha256(path) for path in files}


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
