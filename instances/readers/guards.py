"""What is looked at before a table is read: where its file lies, and how much it is or claims to be.

读表之前的检查：文件位置、声称的大小、文件头是否完整。A hostile or broken file is refused from its header
alone, before memory is spent on it.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio

from instances.faults import Fault, InstanceError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from instances.schema import Table

MAX_ROWS = 200_000_000
"""Rows of one table; four million zones of 25 classes have half as many."""

MAX_CELLS = 2_000_000_000
"""Rows times columns of one table."""

MAX_BYTES = 32 * 2**30
"""Bytes of one Parquet table when it is unpacked."""

MAX_CSV_BYTES = 4 * 2**30
"""Bytes of one CSV file; Parquet holds as much in a tenth."""

UNREADABLE = (OSError, ValueError, RuntimeError, MemoryError, OverflowError, csv.Error, pa.ArrowException)
"""What readers raise on a broken file; the errors of GDAL are RuntimeErrors."""


def fault_before_reading(path: Path, folder: Path, table: Table) -> Fault | None:
    """Return why a file must not be read; None where nothing speaks against it."""
    outside = leads_out(path, folder)
    return outside or _GUARDS[path.suffix](path, table)


def leads_out(path: Path, folder: Path) -> Fault | None:
    """Return a fault where a file of an instance is a link out of its folder."""
    if path.resolve().is_relative_to(folder.resolve()):
        return None
    hint = "an instance is read from its own folder only; copy the file there"
    return Fault(str(path), f"leads out of the instance, to {path.resolve()}", hint)


def raise_if_cut_off(path: Path) -> None:
    """Raise InstanceError where a Shapefile or GeoPackage is shorter than its header says.

    GDAL reads what a Shapefile lacks as empty shapes, without a word.
    """
    kind = path.suffix.lower()
    if kind not in (".shp", ".gpkg") or not path.is_file():
        return
    held, claimed = path.stat().st_size, _shapefile_bytes(path) if kind == ".shp" else _sqlite_bytes(path)
    if held < claimed:
        message = f"is cut off: it has {held:,} bytes, its header says {claimed:,}"
        raise InstanceError([Fault(str(path), message, "copy or download it again")])


def _size(path: Path, rows: int, columns: int, size: int) -> Fault | None:
    hint = "is this the right file? split the instance if it is"
    if rows > MAX_ROWS or rows * columns > MAX_CELLS:
        return Fault(
            str(path),
            f"claims {rows:,} rows of {columns} columns; at most {MAX_ROWS:,} rows and {MAX_CELLS:,} cells are read",
            hint,
        )
    if size > MAX_BYTES:
        return Fault(str(path), f"unpacks to {size / 2**30:,.0f} GiB; at most {MAX_BYTES / 2**30:,.0f} are read", hint)
    return None


def _csv(path: Path, _: Table) -> Fault | None:
    size = path.stat().st_size
    if size > MAX_CSV_BYTES:
        message = f"has {size / 2**30:,.1f} GiB; a CSV of at most {MAX_CSV_BYTES / 2**30:g} GiB is read"
        return Fault(str(path), message, "store it as Parquet")
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        header = next(csv.reader(stream), [])
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        return Fault(str(path), "two columns have this name", "delete or rename one", column=", ".join(twice))
    return None


def _parquet(path: Path, table: Table) -> Fault | None:
    with pq.ParquetFile(path) as file:
        facts, schema = file.metadata, file.schema_arrow
    groups = range(facts.num_row_groups)
    found = _size(path, facts.num_rows, facts.num_columns, sum(facts.row_group(k).total_byte_size for k in groups))
    twice = sorted({name for name in schema.names if schema.names.count(name) > 1})
    if found is None and twice:
        return Fault(str(path), "two columns have this name", "delete or rename one", column=", ".join(twice))
    for column in table.columns:
        kind = schema.field(column.name).type if found is None and column.name in schema.names else None
        if kind is not None and (pa.types.is_nested(kind) or pa.types.is_binary(kind)):
            return Fault(str(path), f"holds {kind}, not plain values", "one value a cell", column=column.name)
    return found


def _geopackage(path: Path, table: Table) -> Fault | None:
    claimed, size = _sqlite_bytes(path), path.stat().st_size
    if size < claimed:
        message = f"is cut off: {size:,} bytes of {claimed:,}"
        return Fault(str(path), message, "copy or export it again")
    layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
    if table.name not in layers:
        known = ", ".join(layers) or "none"
        return Fault(str(path), f"has no layer {table.name}", f"rename the layer; layers present: {known}")
    facts = pyogrio.read_info(path, layer=table.name)
    return _size(path, int(facts["features"]), len(facts["fields"]) + 1, 0)


def _shapefile_bytes(path: Path) -> int:
    with path.open("rb") as stream:
        return 2 * int.from_bytes(stream.read(28)[24:28], "big")


def _sqlite_bytes(path: Path) -> int:
    """Return how long a SQLite file says it is, 0 where it does not say."""
    with path.open("rb") as stream:
        head = stream.read(100)
    if len(head) < 100 or not head.startswith(b"SQLite format 3\0") or head[24:28] != head[92:96]:
        return 0
    page = int.from_bytes(head[16:18], "big")
    return (65536 if page == 1 else page) * int.from_bytes(head[28:32], "big")


_GUARDS: dict[str, Callable[[Path, Table], Fault | None]] = {
    ".csv": _csv,
    ".parquet": _parquet,
    ".gpkg": _geopackage,
}
