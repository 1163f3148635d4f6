"""A user's Python file with `def extra(block, land)`: read, run, attached; what goes wrong there names its line."""

from __future__ import annotations

import hashlib
import traceback
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from formulations.extra import attach
from instances.faults import Fault, InstanceError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from formulations.block import LandBlock
    from formulations.extra import BlockFunction
    from formulations.program import Program

FUNCTION = "extra"
"""Name of the function that makes the constraints."""


@dataclass(frozen=True)
class ExtraFile:
    """A file of extra constraints: where it was, and the SHA-256 of what was run."""

    path: Path
    sha256: str

    def record(self) -> dict[str, str]:
        """Return what a summary says of it."""
        return {"file": self.path.as_posix(), "sha256": self.sha256}


def attach_files(program: Program, land: LandBlock, paths: Iterable[Path]) -> tuple[Program, tuple[ExtraFile, ...]]:
    """Return the Program with the constraints of some files, each under the rule `user:<stem>`.

    Raises InstanceError: file and line of what cannot be read, run or compiled.
    """
    files = []
    for path in paths:
        text = _read(path)
        function = _function(path, text)
        program = _attach(program, land, function, path)
        files.append(ExtraFile(path, hashlib.sha256(text).hexdigest()))
    return program, tuple(files)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InstanceError([Fault(str(path), f"cannot be read: {error.strerror}", "name a Python file")]) from error


def _function(path: Path, text: bytes) -> BlockFunction:
    """Run the file and return its function."""
    names: dict[str, Any] = {"__name__": f"sanqu_extra_{path.stem}", "__file__": str(path)}
    try:
        exec(compile(text, str(path), "exec"), names)  # the user's own programme
    except SyntaxError as error:
        words = f"is not Python: {error.msg}"
        raise InstanceError([Fault(str(path), words, "correct the line", row=error.lineno)]) from error
    except (Exception, SystemExit) as error:
        raise _fault(path, error) from error
    function = names.get(FUNCTION)
    if not callable(function):
        words = f"has no function {FUNCTION}"
        raise InstanceError([Fault(str(path), words, f"write: def {FUNCTION}(block, land): ...")])
    made: BlockFunction = function
    return made


def _attach(program: Program, land: LandBlock, function: BlockFunction, path: Path) -> Program:
    try:
        return attach(program, land, function, path.stem)
    except InstanceError as error:
        raise InstanceError([replace(fault, where=str(path)) for fault in error.faults]) from error
    except (Exception, SystemExit) as error:
        raise _fault(path, error) from error


def _fault(path: Path, error: BaseException) -> InstanceError:
    """Return an exception of the user's code as a fault, with the last line of the file it passed."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    words = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    message = f"{type(error).__name__}: {words}".strip(": ")
    return InstanceError([Fault(str(path), message, "correct the line", row=lines[-1] if lines else None)])
