"""Where a table of an instance lies, and which line of it a row is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def place_of(folder: Path, part: str, name: str) -> str:
    """Return the file that holds a table, or where it would lie."""
    for suffix in (".parquet", ".gpkg", ".csv"):
        path = folder / part / f"{name}{suffix}"
        if path.is_file():
            return str(path)
    return str(folder / part / name)


def line_of(place: str, row: int) -> int:
    """Return the line of a CSV file (the header is line 1), or the number of a record, from 1."""
    return int(row) + (2 if place.endswith(".csv") else 1)
