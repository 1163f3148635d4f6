"""Where a table of an instance lies, and which line of it a row is."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def place_of(folder: Path, part: str, name: str) -> str:
    """Return the file that holds a table, or where it would lie."""
    for suffix in (".parquet", ".gpkg", ".csv"):
        path = folder / part / f"{name}{suffix}"
        if path.is_file():
            return str(path)
    return str(folder / part / name)


def line_of(place: str, row: int) -> int:
    """Return the line of a CSV file (the header is line 1) on which a row begins, or the number of a record, from 1.

    Lines that are blank, which readers leave out, and line breaks within cells count.
    """
    if not place.endswith(".csv"):
        return int(row) + 1
    path = Path(place)
    stamp = path.stat().st_mtime_ns if path.is_file() else 0
    lines = _lines(path, stamp)
    return int(row) + 2 if lines is None or row >= len(lines) else int(lines[row])


@lru_cache(maxsize=8)
def _lines(path: Path, stamp: int) -> NDArray[np.int64] | None:
    """Return the line on which each row begins, (rows,); None where that is its number and one for the header."""
    if not stamp:
        return None
    found, last = [], 0
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        rows = csv.reader(stream)
        try:
            for cells in rows:
                if len(cells) > 1 or (cells and cells[0].strip()):
                    found.append(last + 1)
                last = rows.line_num
        except csv.Error:  # a cell too long for this reader, though pandas takes it
            return None
    lines = np.array(found[1:], dtype=np.int64)
    return None if (lines == np.arange(2, len(lines) + 2)).all() else lines
