"""Reading the tables of an instance folder: NAME.parquet, NAME.gpkg or NAME.csv.

Geometry is left on disk until a map or a GeoPackage is asked for; a million polygons cost
more to read than everything else together.
"""

from __future__ import annotations

import csv
import re
import warnings
from functools import cache
from typing import TYPE_CHECKING

import geopandas
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio

from instances.faults import Fault, InstanceError
from instances.readers.collector import paused
from instances.readers.guards import UNREADABLE, fault_before_reading
from instances.validate import check_table

if TYPE_CHECKING:
    from pathlib import Path

    from instances.schema import Table

SUFFIXES = (".parquet", ".gpkg", ".csv")


def find_table(folder: Path, table: Table) -> Path | None:
    """Return the file that holds the table, None where there is none; two files for one table are a fault.

    Raises InstanceError for the latter.
    """
    found = [folder / table.part / f"{table.name}{suffix}" for suffix in SUFFIXES]
    found = [path for path in found if path.is_file()]
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        raise InstanceError([Fault(str(found[0].parent), f"{names} both hold table {table.name}", "keep one of them")])
    return found[0] if found else None


def _read_attributes(path: Path, table: Table) -> pd.DataFrame:
    if path.suffix == ".csv":
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    if path.suffix == ".gpkg":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            return pyogrio.read_dataframe(path, layer=table.name, read_geometry=False)
    declared = {column.name for column in table.columns}
    names = [field.name for field in pq.read_schema(path) if field.name in declared or _is_plain(field.type)]
    return _plain(pq.read_table(path, columns=names)).to_pandas(ignore_metadata=True)


def _plain(table: pa.Table) -> pa.Table:
    """Return a table whose coded columns hold their values; pandas would take ten times as long to say them."""
    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(field.type.value_type))
    return table


def _is_plain(kind: pa.DataType) -> bool:
    """Whether a column holds single values; geometry and its boxes do not."""
    return not (pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def read_table(folder: Path, table: Table) -> tuple[pd.DataFrame, list[Fault]]:
    """Read and check one table; returns the clean frame and the faults found in it.

    An absent optional table is an empty frame with the right columns.
    """
    path = find_table(folder, table)
    if path is None:
        where = str(folder / table.part / table.name)
        missing = Fault(where, "table is missing", f"add {table.name}.csv, .parquet or .gpkg: {table.about}")
        return _empty(table).copy(), [] if table.optional else [missing]
    try:
        fault = fault_before_reading(path, folder, table)
        if fault is not None:
            return pd.DataFrame(), [fault]
        frame = _read_attributes(path, table)
        fault = _misaligned(path, frame, table) if path.suffix == ".csv" else None
    except UNREADABLE as error:
        return pd.DataFrame(), [_unreadable(path, error)]
    return (pd.DataFrame(), [fault]) if fault is not None else check_table(table, frame, str(path))


def _misaligned(path: Path, frame: pd.DataFrame, table: Table) -> Fault | None:
    """Return what shows that cells do not stand under their names: another separator, rows too long or too short."""
    if not isinstance(frame.index, pd.RangeIndex):
        hint = "end no row with a comma, and quote cells that hold one"
        return Fault(str(path), "rows have more cells than the header has names", hint)
    head = str(frame.columns[0]) if frame.shape[1] == 1 else ""
    for separator, name in ((";", "semicolons"), ("\t", "tabs"), ("，", "wide commas")):
        if separator in head and len(table.columns) > 1:
            return Fault(str(path), f"cells are separated by {name}", "save it with commas", 1)
    if frame.shape[1] > 1 and (frame.iloc[:, -1] == "").any():
        return _short_row(path, frame.shape[1])
    return None


def _short_row(path: Path, wanted: int) -> Fault | None:
    """Return the first row with fewer cells than the header, which pandas fills up with empty ones."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.reader(stream)
        for cells in rows:
            if cells and len(cells) != wanted:
                message = f"the row has {len(cells)} cells, the header {wanted} names"
                return Fault(str(path), message, "write a comma for each empty cell", rows.line_num)
    return None


@cache
def _empty(table: Table) -> pd.DataFrame:
    """Return a table without rows; most optional tables are absent, and to check one costs as much as to read it."""
    frame = pd.DataFrame({column.name: pd.Series(dtype=object) for column in table.columns})
    return check_table(table, frame, table.name)[0]


def _unreadable(path: Path, error: Exception) -> Fault:
    """Return what is wrong with a file that its reader gave up on."""
    if isinstance(error, UnicodeDecodeError):
        return _wrong_encoding(path)
    text = " ".join(str(error).split()) or type(error).__name__
    if path.suffix != ".csv":
        return Fault(str(path), f"cannot be read: {text}", "is it complete? copy or export it again")
    if cells := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", text):
        wanted, line, seen = (int(number) for number in cells.groups())
        hint = "quote cells that hold a comma"
        return Fault(str(path), f"the row has {seen} cells, the header {wanted} names", hint, line)
    if quote := re.search(r"EOF inside string starting at row (\d+)", text):
        return Fault(str(path), "a quotation mark is opened and never closed", "close it", int(quote[1]) + 1)
    return Fault(str(path), f"cannot be read: {text}", "save it anew as CSV in UTF-8 with a header line")


def _wrong_encoding(path: Path) -> Fault:
    """Return where a CSV stops being UTF-8, and which encoding it may have instead."""
    hint = "save it as UTF-8 (in Excel: CSV UTF-8; in a text editor: encoding UTF-8)"
    with path.open("rb") as stream:
        for line, text in enumerate(stream, start=1):
            if not _decodes(text, "utf-8"):
                likely = "; it looks like GBK" if _decodes(text, "gb18030") else ""
                return Fault(str(path), f"is not UTF-8{likely}", hint, line)
    return Fault(str(path), "is not UTF-8", hint)


def _decodes(text: bytes, encoding: str) -> bool:
    try:
        text.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def read_geometry(folder: Path, table: Table) -> geopandas.GeoDataFrame:
    """Read key and geometry of a table; raises InstanceError where the file has no readable geometry."""
    path = find_table(folder, table)
    key = table.key[0]
    if path is None or path.suffix == ".csv":
        place = str(path or folder / table.part / table.name)
        raise InstanceError([Fault(place, "has no geometry", "store it as GeoParquet or GeoPackage")])
    try:
        with paused():
            if path.suffix == ".gpkg":
                return geopandas.read_file(path, layer=table.name, columns=[key])
            return geopandas.read_parquet(path, columns=[key, "geometry"])
    except UNREADABLE as error:
        text = " ".join(str(error).split())
        hint = "store it as GeoParquet or GeoPackage"
        raise InstanceError([Fault(str(path), f"geometry cannot be read: {text}", hint)]) from error
