"""Ways to break a copy of the bundled `tiny` instance, and the command run on it."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas
import pandas as pd
import shapely
from typer.testing import CliRunner

from instances.instance import library
from optimizer.cli import app

if TYPE_CHECKING:
    from collections.abc import Callable


TOML = "instance.toml"
BOW_TIE = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])


@dataclass(frozen=True)
class Run:
    """What a command said and did."""

    code: int
    out: str
    err: str

    def error_lines(self) -> list[str]:
        """Return the faults, one each."""
        return [line for line in self.err.splitlines() if line.startswith("error: ")]


def sanqu(*arguments: object) -> Run:
    """Run the command in this process; a traceback would be raised here."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert "Traceback" not in result.output
    return Run(result.exit_code, result.stdout, result.stderr)


def copy_of_tiny(folder: Path) -> Path:
    """Return a copy that may be broken."""
    ignored = shutil.ignore_patterns("__pycache__", "*.py", "expected.json")
    return Path(shutil.copytree(library()["tiny"], folder / "county", ignore=ignored))


def part(table: str) -> str:
    """Return the part of the instance that a table of `tiny` lies in."""
    return "restoration" if table in ("units", "unit_zone", "projects") else "land"


def cell(table: str, row: int, column: str, value: object) -> Callable[[Path], None]:
    """Write one cell of a CSV; rows count from 0."""

    def broken(folder: Path) -> None:
        path = folder / part(table) / f"{table}.csv"
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        frame.loc[row, column] = str(value)
        frame.fillna("").to_csv(path, index=False)

    return broken


def added(table: str, **values: object) -> Callable[[Path], None]:
    """Add a row to a CSV: its first one with other values."""

    def broken(folder: Path) -> None:
        path = folder / part(table) / f"{table}.csv"
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        row = frame.iloc[[0]].assign(**{name: str(value) for name, value in values.items()})
        pd.concat([frame, row]).fillna("").to_csv(path, index=False)

    return broken


def shapes(table: str, change: Callable[[geopandas.GeoDataFrame], Any]) -> Callable[[Path], None]:
    """Change the GeoParquet of zones or units."""

    def broken(folder: Path) -> None:
        path = folder / part(table) / f"{table}.parquet"
        frame = geopandas.read_parquet(path)
        changed = change(frame)
        (frame if changed is None else changed).to_parquet(path)

    return broken


def text(name: str, pattern: str, replacement: str) -> Callable[[Path], None]:
    """Replace in a text file of the instance; the pattern must be there."""

    def broken(folder: Path) -> None:
        path = folder / name
        before = path.read_text(encoding="utf-8")
        after = re.sub(pattern, replacement, before, count=1)
        assert after != before
        path.write_text(after, encoding="utf-8", newline="")

    return broken


def content(name: str, data: bytes | str) -> Callable[[Path], None]:
    """Put other bytes in place of a file."""

    def broken(folder: Path) -> None:
        (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)

    return broken


def gone(name: str) -> Callable[[Path], None]:
    """Delete a file or folder."""

    def broken(folder: Path) -> None:
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return broken


def cut(name: str, part_left: float) -> Callable[[Path], None]:
    """Cut a file off."""

    def broken(folder: Path) -> None:
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: int(len(data) * part_left)])

    return broken


def as_geopackage(layer: str = "zones") -> Callable[[Path], None]:
    """Store the zones as a GeoPackage."""

    def broken(folder: Path) -> None:
        path = folder / "land" / "zones.parquet"
        geopandas.read_parquet(path).to_file(path.with_suffix(".gpkg"), layer=layer, engine="pyogrio")
        path.unlink()

    return broken


def all_of(*broken: Callable[[Path], object]) -> Callable[[Path], None]:
    """Break several things."""

    def every(folder: Path) -> None:
        for one in broken:
            one(folder)

    return every
