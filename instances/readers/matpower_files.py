"""A case file of MATPOWER: `mpc.NAME = [ ... ];` matrices, cells of text and scalars, read as data.

A case is MATLAB code. What is no assignment of data is refused, not skipped: it might convert units or change rows.

Source: MATPOWER User's Manual 8.0, appendix B (case format version 2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from instances.faults import Fault, InstanceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

MAX_BYTES = 256 * 2**20
"""The greatest cases of MATPOWER have 20 MB."""

_ASSIGNMENT = re.compile(r"mpc\.(\w+)\s*=\s*(.*)", re.DOTALL)
_HARMLESS = re.compile(r"function\b.*|end|return|clear.*|mpc\s*=\s*struct\(\s*\)")
_QUOTED = re.compile(r"'[^']*'")
_DOTS = "..."
"""The row goes on in the next line; what follows the dots is a comment."""
_OPENING, _CLOSING = "[{", "]}"


@dataclass(frozen=True)
class Matrix:
    """One matrix of a case: its rows, the lines they stand in, and names of columns where a comment gives them."""

    path: Path
    name: str
    rows: NDArray[np.float64]
    lines: tuple[int, ...]
    columns: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, place: int, default: float | None = None) -> NDArray[np.float64]:
        """Return a column by its place; raises InstanceError where it is missing and has no default."""
        if place < self.rows.shape[1]:
            return self.rows[:, place]
        if default is None:
            message = f"mpc.{self.name} has {self.rows.shape[1]} columns, column {place + 1} is missing"
            raise InstanceError([Fault(str(self.path), message, "see the case format, version 2", self.lines[0])])
        return np.full(len(self.rows), default)

    def fault(self, row: int, column: str, message: str, hint: str = "") -> InstanceError:
        """Return what is wrong in a row."""
        text = f"mpc.{self.name} row {row + 1}: {message}"
        return InstanceError([Fault(str(self.path), text, hint, self.lines[row], column)])


@dataclass(frozen=True)
class Case:
    """What a case file assigns, by name."""

    path: Path
    matrices: dict[str, Matrix]
    texts: dict[str, tuple[str, ...]]
    scalars: dict[str, float]

    def matrix(self, name: str) -> Matrix:
        """Return a matrix, without rows where the case has none."""
        return self.matrices.get(name, Matrix(self.path, name, np.empty((0, 0)), ()))


def read_case(path: Path) -> Case:
    """Read a case file; raises InstanceError where it holds anything but data."""
    if not path.is_file():
        raise InstanceError([Fault(str(path), "file is missing", "name a MATPOWER case, NAME.m")])
    if path.stat().st_size > MAX_BYTES:
        raise InstanceError([Fault(str(path), "is larger than 256 MB", "is this the right file?")])
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        text = path.read_text(encoding="latin-1")  # comments only: data are plain ASCII
    case = Case(path, {}, {}, {})
    for line, statement, names in _statements(path, text):
        found = _ASSIGNMENT.fullmatch(statement)
        if found is None:
            if not _HARMLESS.fullmatch(statement):
                raise _code(path, line, statement)
            continue
        _assign(case, found[1], found[2].strip(), line, names)
    return case


def _code(path: Path, line: int, statement: str) -> InstanceError:
    first = statement.splitlines()[0][:60]
    hint = "run it in MATLAB or Octave and save the result with savecase"
    return InstanceError([Fault(str(path), f"holds code, not data: {first}", hint, line)])


def _statements(path: Path, text: str) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Yield each statement without comments, the line it begins in, and names of columns stated just before it."""
    held: list[str] = []
    first, depth = 0, 0
    names: tuple[str, ...] = ()
    for number, raw in enumerate(_without_blocks(text), start=1):
        if raw.strip().startswith("%column_names%"):
            names = tuple(raw.strip().removeprefix("%column_names%").split())
        for piece in _pieces(_without_comment(raw), depth > 0):
            if not depth and not piece.strip():
                continue
            first = first if held else number
            held.append(piece)
            depth += _opened(piece)
            if depth <= 0:
                yield first, "\n".join(held).strip(), names
                held, depth, names = [], 0, ()
    if held:
        raise InstanceError([Fault(str(path), "a bracket is opened and never closed", "is the file complete?", first)])


def _without_blocks(text: str) -> Iterator[str]:
    """Yield the lines, those of block comments (`%{` to `%}`, each alone on its line) empty."""
    depth = 0
    for line in text.splitlines():
        depth += line.strip() == "%{"
        yield "" if depth else line
        depth -= depth > 0 and line.strip() == "%}"


def _opened(text: str) -> int:
    """Return how many brackets a piece opens more than it closes; those in quotes are text."""
    bare = _QUOTED.sub("", text)
    return sum(bare.count(mark) for mark in _OPENING) - sum(bare.count(mark) for mark in _CLOSING)


def _pieces(line: str, inside: bool) -> Iterator[str]:
    """Yield the statements of a line: a semicolon outside brackets and quotes ends one."""
    depth, quoted, start = int(inside), False, 0
    for place, letter in enumerate(line):
        if letter == "'":
            quoted = not quoted
        elif not quoted:
            depth += (letter in _OPENING) - (letter in _CLOSING)
            if letter == ";" and depth <= 0:
                yield line[start:place]
                start = place + 1
    yield line[start:]


def _without_comment(line: str) -> str:
    """Return a line up to its comment; a per cent sign inside quotes is text."""
    quoted = False
    for place, letter in enumerate(line):
        if letter == "'":
            quoted = not quoted
        elif letter == "%" and not quoted:
            return line[:place]
    return line


def _assign(case: Case, name: str, value: str, line: int, names: tuple[str, ...]) -> None:
    if value.startswith("["):
        case.matrices[name] = _matrix(case.path, name, value, line, names)
    elif value.startswith("{"):
        case.texts[name] = tuple(re.findall(r"'([^']*)'", value))
    elif value.startswith(("'", '"')):
        case.texts[name] = (value.strip("'\""),)
    else:
        try:
            case.scalars[name] = float(value)
        except ValueError as error:
            raise _code(case.path, line, f"mpc.{name} = {value}") from error


def _matrix(path: Path, name: str, value: str, line: int, names: tuple[str, ...]) -> Matrix:
    rows: list[list[float]] = []
    lines: list[int] = []
    for number, text in _physical_rows(value.removeprefix("[").rstrip("]"), line):
        for part in text.split(";"):
            cells = part.replace(",", " ").split()
            if not cells:
                continue
            rows.append(_numbers(path, f"mpc.{name}", part.strip(), cells, number))
            lines.append(number)
            if len(cells) != len(rows[0]):
                message = f"mpc.{name}: the row has {len(cells)} cells, the first one {len(rows[0])}"
                raise InstanceError([Fault(str(path), message, "complete it", number)])
    return Matrix(path, name, np.array(rows) if rows else np.empty((0, 0)), tuple(lines), names)


def _physical_rows(body: str, line: int) -> Iterator[tuple[int, str]]:
    """Yield the lines of a matrix with their numbers, those that dots continue as one."""
    held, first = "", line
    for number, text in enumerate(body.split("\n"), start=line):
        kept, dots, _ = text.partition(_DOTS)
        first = number if not held else first
        held += f"{kept} "
        if not dots:
            yield first, held
            held = ""
    yield first, held


def _numbers(path: Path, name: str, text: str, cells: list[str], line: int) -> list[float]:
    """Return the cells of a row; raises InstanceError where one is code, or no number."""
    try:
        values = [float(cell) for cell in cells]
    except ValueError as error:
        raise _code(path, line, text) from error
    if np.isnan(values).any():
        raise InstanceError([Fault(str(path), f"{name}: the row holds NaN", "write the number", line)])
    return values
