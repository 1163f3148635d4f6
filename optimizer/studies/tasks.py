"""A task: one folder of results, what determines it, and a record that says that it is complete and what it holds.

A folder appears whole or not at all, with a record of the hashes of its files, so a study that was broken off goes on
where it stopped: what is there, determined by the same inputs and unchanged, is not done again. What other tasks found
counts by its contents, so whatever rests on a result that came out otherwise is done again too.
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

from threadpoolctl import threadpool_limits

from instances.faults import Fault, InstanceError
from optimizer.results.folder import new_folder
from optimizer.study import versions, write_json

if TYPE_CHECKING:
    from pathlib import Path

RECORD = "task.json"
"""File of a folder that says that it is complete."""

PAGES = frozenset({"report.html"})
"""Files that other commands write again, in either language; what they show stands in the other files."""

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

    `stamp` is a hash of all that it found, record and files. `trace` says where in the code something broke, where
    nothing is wrong with the input.
    """

    folder: str
    record: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    kept: bool = False
    stamp: str = ""
    trace: str = ""

    @property
    def failed(self) -> bool:
        """Whether there is no result."""
        return bool(self.faults)


def key_of(task: Task, stamps: Mapping[str, str]) -> str:
    """Return what determines a task's result, as a hash; `stamps` are those of the tasks before it, by folder."""
    stated = {
        "work": f"{task.work.__module__}.{task.work.__qualname__}",
        "inputs": dict(task.inputs),
        "after": [stamps[name] for name in task.after],
        "versions": {name: versions()[name] for name in ("sanqu", "highspy")},
    }
    return _hash(stated)


@threadpool_limits.wrap(limits=1, user_api="blas")  # as in the workers of a cluster, so that results are the same
def perform(root: Path, task: Task, key: str, run: str = "") -> Ended:
    """Do a task and write its folder; what goes wrong ends it with words, and leaves nothing of it.

    `run` is the run of the study that asks for it: where another one has begun since (its client was killed, and this
    worker went on), nothing is written. What is there already is not done again: the worker that did it may have died
    before it could say so.
    """
    if not root.is_dir():
        hint, zh = "share the folder of the study with all workers", "请让所有工作进程都能访问研究文件夹"
        return broken(task.folder, f"there is no folder {root} here", hint, zh=f"此处没有文件夹 {root}（{zh}）")
    with _ONE_AT_A_TIME:
        try:
            return done(root, task, key) or _filled(root, task, key, run)
        except Exception as error:  # one task that breaks must not take all others with it
            return failed(task.folder, error)


def _filled(root: Path, task: Task, key: str, run: str) -> Ended:
    began = time.perf_counter()
    with new_folder(root / task.folder, force=True) as folder:
        record = dict(task.work(folder, **task.arguments))
        seconds = round(time.perf_counter() - began, 3)
        files = hashes(folder)
        write_json(folder / RECORD, {"key": key, "seconds": seconds, "record": record, "files": files})
        if run and (root / RUN).read_text(encoding="utf-8") != run:
            raise SupersededError("another run of the study has begun")
        stamp = _stamp(json.loads((folder / RECORD).read_text(encoding="utf-8")))
    return Ended(task.folder, record, stamp=stamp)


def failed(folder: str, error: Exception) -> Ended:
    """Return the end of what an error stopped: bad input in its own words, anything else with where it happened."""
    if isinstance(error, InstanceError):
        return Ended(folder, faults=error.faults)
    hint = "a fault of Sanqu or of the machine; --debug shows where"
    trace, words = "".join(traceback.format_exception(error)), f"{type(error).__name__}: {error}"
    return broken(folder, words, hint, trace, f"{words}（三区或本机的故障，加 --debug 可查看位置）")


def broken(folder: str, message: str, hint: str = "", trace: str = "", zh: str = "") -> Ended:
    """Return the end of a task that nothing of its input made fail; `zh` says the same in Chinese."""
    return Ended(folder, faults=(Fault(folder, message, hint, zh=zh),), trace=trace)


def done(root: Path, task: Task, key: str) -> Ended | None:
    """Return how a task ended in an earlier run; None where it must be done: never done, other inputs, other files.

    Files that were put beside its own do not count.
    """
    folder = root / task.folder
    try:
        stated = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        if stated["key"] != key or any(_sha256(folder / name) != own for name, own in stated["files"].items()):
            return None
        return Ended(task.folder, stated["record"], kept=True, stamp=_stamp(stated))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a folder but its record and its page, by path within."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in {RECORD, *PAGES})
    return {path.relative_to(folder).as_posix(): _sha256(path) for path in files}


def _stamp(stated: Mapping[str, Any]) -> str:
    """Return a hash of what a record says that was found."""
    return _hash({name: stated[name] for name in ("record", "files")})


def _hash(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
