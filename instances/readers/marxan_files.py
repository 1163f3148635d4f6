"""The files of Marxan: `input.dat` with its parameters, and tables separated by tab, comma or blanks.

Columns may stand in any order and case. Every fault names the file, the line and the column.
"""

from __future__ import annotations

import csv
import re
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.faults import Fault, InstanceError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ENCODINGS = ("utf-8-sig", "gb18030")
BLANKS = r"\s+"
SEPARATORS = {"\t": "tabs", ",": "commas", BLANKS: "blanks"}


def read_parameters(path: Path) -> dict[str, str]:
    """Return the parameters of `input.dat`, names in capitals; raises InstanceError where there is no such file."""
    if not path.is_file():
        hint = "name the folder that holds Marxan's input.dat"
        raise InstanceError([Fault(str(path), "file is missing", hint)])
    lines = (line.strip().split(None, 1) for line in _text(path).splitlines())
    return {pair[0].upper(): pair[1].strip().strip('"') for pair in lines if len(pair) == 2}


def number_of(parameters: Mapping[str, str], name: str, path: Path) -> float:
    """Return a parameter as a number, 0 where it is not set; raises InstanceError where it is none."""
    text = parameters.get(name, "0")
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise InstanceError([Fault(str(path), f"{name} {text!r} is not a number", "decimals are written with a point")])
    return value


def file_of(parameters: Mapping[str, str], name: str, default: str, path: Path) -> Path:
    """Return the file that a parameter of `input.dat` names; raises InstanceError where it lies elsewhere."""
    folder = path.parent.resolve()
    parts = [parameters.get("INPUTDIR", ""), parameters.get(name, default)]
    found = folder.joinpath(*(part.replace("\\", "/") for part in parts)).resolve()
    if re.match(r"[A-Za-z]:", parts[0]) or not found.is_relative_to(folder):
        hint = "copy the files beside input.dat and correct INPUTDIR"
        raise InstanceError([Fault(str(path), f"INPUTDIR and {name} lead out of its folder: {' '.join(parts)}", hint)])
    if not found.is_file():
        raise InstanceError([Fault(str(found), "file is missing", f"{name} of {path.name} names it")])
    return found


def read_columns(path: Path) -> pd.DataFrame:
    """Return a table of text, names of columns in small letters; raises InstanceError where rows do not fit them."""
    header = next((line for line in _text(path, 1 << 16).splitlines() if line.strip()), "")
    separator = _separator(path, header)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # cells beyond the header would be dropped
            frame = pd.read_csv(
                path, sep=separator, dtype=str, keep_default_na=False, encoding=_encoding(path), index_col=False,
                skipinitialspace=True, engine="c", on_bad_lines="error",
            )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error) as error:
        raise InstanceError([_misfit(path, separator, str(error))]) from error
    except pd.errors.ParserWarning as error:
        raise InstanceError([_too_many(path, separator, header)]) from error
    frame.columns = [str(name).strip().strip('"').lower() for name in frame.columns]
    short = np.flatnonzero((frame.iloc[:, 1:] == "").all(axis=1))
    if len(short):
        message = f"the row has 1 cell, the header {len(frame.columns)} names"
        raise InstanceError([Fault(str(path), message, _like_header(separator), int(short[0]) + 2)])
    twice = sorted({name for name in frame.columns if list(frame.columns).count(name) > 1})
    if twice:
        raise InstanceError([Fault(str(path), "two columns have this name", "delete one", column=", ".join(twice))])
    return frame


def numbers(path: Path, frame: pd.DataFrame, column: str) -> pd.Series:
    """Return a column as numbers; raises InstanceError with the rows that hold none."""
    values = pd.to_numeric(frame[column], errors="coerce")
    wrong = np.flatnonzero(~np.isfinite(values.to_numpy(dtype=float)))
    if len(wrong):
        rest = f" and {len(wrong) - 1:,} more rows" if len(wrong) > 1 else ""
        row = int(wrong[0])
        text = frame[column].iloc[row]
        message = f"{text!r} is not a number{rest}" if text else f"is empty{rest}"
        raise InstanceError([Fault(str(path), message, "decimals are written with a point", row + 2, column)])
    return values


def need(path: Path, frame: pd.DataFrame, *columns: str) -> None:
    """Raise InstanceError where columns are missing."""
    present = ", ".join(frame.columns)
    missing = [name for name in columns if name not in frame]
    if missing:
        hint = f"columns present: {present}"
        raise InstanceError([Fault(str(path), "column is missing", hint, column=name) for name in missing])


def _separator(path: Path, header: str) -> str:
    if not header:
        raise InstanceError([Fault(str(path), "is empty", "a table has a line of names")])
    for mark in ("\t", ","):
        if mark in header:
            return mark
    odd = [mark for mark in ";|:" if mark in header]
    if odd or len(header.split()) < 2:
        found = f"{odd[0]!r}" if odd else "none of them"
        message = f"columns must be separated by tabs, commas or blanks; its first line has {found}"
        raise InstanceError([Fault(str(path), message, "save it again with commas", 1)])
    return BLANKS


def _like_header(separator: str) -> str:
    return f"separate the cells with {SEPARATORS[separator]}, as the first line does"


def _misfit(path: Path, separator: str, text: str) -> Fault:
    if found := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", text):
        wanted, line, seen = (int(number) for number in found.groups())
        return Fault(str(path), f"the row has {seen} cells, the header {wanted} names", _like_header(separator), line)
    return Fault(str(path), f"cannot be read: {' '.join(text.split())}", "save it again with commas")


def _too_many(path: Path, separator: str, header: str) -> Fault:
    """Return the fault of the first row that has more cells than the header."""
    count = [len(re.split(separator, line.strip())) for line in _text(path).splitlines()]
    wanted = len(re.split(separator, header.strip()))
    line = next((place for place, cells in enumerate(count, 1) if cells > wanted), None)
    seen = wanted + 1 if line is None else count[line - 1]
    return Fault(str(path), f"the row has {seen} cells, the header {wanted} names", _like_header(separator), line)


def _encoding(path: Path) -> str:
    for encoding in ENCODINGS:
        try:
            path.read_text(encoding=encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    raise InstanceError([Fault(str(path), "is neither UTF-8 nor GBK", "save it as UTF-8")])


def _text(path: Path, most: int = -1) -> str:
    with path.open(encoding=_encoding(path), newline="") as stream:
        return stream.read(most)
