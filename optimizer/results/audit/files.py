"""Raw tables read from disk: Parquet, GeoPackage or CSV, as text and numbers, nothing derived.

A table NAME is looked up as NAME.parquet, NAME.gpkg (layer NAME), NAME.csv. Identifiers stay dictionary
codes over Arrow strings, so that a table of ten million rows never becomes Python objects.
"""

from __future__ import annotations

import csv
import json
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pyogrio

if TYPE_CHECKING:
    from pathlib import Path

_SUFFIXES = (".parquet", ".gpkg", ".csv")
_REPEATED = ("zone", "class", "from", "to", "overlay")
"""Columns of long tables in which the same few names return."""


class AuditInputError(ValueError):
    """A file that the audit cannot use; the message names the file and what is wrong with it."""

    def __init__(self, file: Path | str, problem: str) -> None:
        super().__init__(f"{file}: {problem}")
        self.file = str(file)


class Names:
    """Distinct identifiers of one kind (zones, classes, regions, ...), in order; codes are places in it."""

    def __init__(self, ids: pa.Array) -> None:
        self._ids = ids.cast(pa.string())

    def __len__(self) -> int:
        return len(self._ids)

    def label(self, code: int) -> str:
        """Return the identifier of a code, `?` for an unknown one."""
        return str(self._ids[int(code)].as_py()) if code >= 0 else "?"

    def code(self, label: str) -> int:
        """Return the code of an identifier, -1 where there is none."""
        return int(pc.index(self._ids, pa.scalar(label, pa.string())).as_py())

    def codes(self, labels: pa.Array) -> np.ndarray:
        """Return the codes of many identifiers, -1 where there is none."""
        found = pc.index_in(labels.cast(pa.string()), value_set=self._ids)
        return np.asarray(pc.fill_null(found, -1), dtype=np.int32)


@dataclass(frozen=True)
class RawTable:
    """One table as it stands in its file; columns are turned into arrays only when asked for."""

    path: Path
    data: pa.Table

    def __len__(self) -> int:
        return int(self.data.num_rows)

    def has(self, column: str) -> bool:
        """Tell whether the file has the column."""
        return column in self.data.column_names

    def error(self, problem: str) -> AuditInputError:
        """Return an error that names this file."""
        return AuditInputError(self.path, problem)

    def _column(self, column: str) -> pa.Array:
        if not self.has(column):
            raise self.error(f"column {column} is missing")
        values = self.data[column]
        if pa.types.is_dictionary(values.type):
            values = values.cast(values.type.value_type)
        joined = values.combine_chunks()
        return joined if isinstance(joined, pa.Array) else pa.concat_arrays(joined.chunks)

    def _strings(self, column: str) -> pa.Array:
        values = self._column(column)
        try:
            if pa.types.is_floating(values.type):
                values = pc.cast(values, pa.int64())
            return pc.fill_null(values.cast(pa.string()), "")
        except pa.ArrowException as error:
            raise self.error(f"column {column} does not hold names: {error}") from error

    def names(self, column: str) -> Names:
        """Return a key column as names; duplicates and empty names are refused."""
        ids = self._strings(column)
        if pc.count_distinct(ids).as_py() != len(ids):
            raise self.error(f"column {column} names something twice")
        return Names(ids)

    def text(self, column: str, default: str | None = None) -> list[str]:
        """Return a short text column, trimmed; an absent column is filled with the default, if one is given."""
        if default is not None and not self.has(column):
            return [default] * len(self)
        return [str(value).strip() or (default or "") for value in self._strings(column).to_pylist()]

    def choice(self, column: str, values: tuple[str, ...], default: str = "") -> np.ndarray:
        """Return the place in `values` of each entry of a long text column; other entries are refused."""
        if not self.has(column):
            return np.full(len(self), values.index(default), dtype=np.int8)
        codes = self.codes(column, Names(pa.array(values, pa.string())))
        if (codes < 0).any():
            raise self.error(f"column {column} holds a value outside {values}")
        return codes.astype(np.int8)

    def codes(self, column: str, names: Names) -> np.ndarray:
        """Return the codes of a column of identifiers, -1 where a name is unknown."""
        encoded = self._encoded(column)
        if not encoded.num_chunks:
            return np.zeros(0, dtype=np.int32)
        place = names.codes(encoded.chunk(0).dictionary)
        return np.concatenate([place[np.asarray(chunk.indices)] for chunk in encoded.chunks])

    def _encoded(self, column: str) -> pa.ChunkedArray:
        """Return a column as dictionary codes over one dictionary, chunk by chunk to spare memory."""
        if self.has(column):
            values = self.data[column]
            if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
                values = values.dictionary_encode()
            if pa.types.is_dictionary(values.type) and not values.null_count:
                return values.unify_dictionaries()
        return pa.chunked_array([self._strings(column).dictionary_encode()])

    def known_codes(self, column: str, names: Names, what: str) -> np.ndarray:
        """Return the codes of a column of identifiers; an unknown one is refused by its row.

        Raises AuditInputError for it.
        """
        codes = self.codes(column, names)
        if len(codes) and codes.min() < 0:
            row = int(np.argmax(codes < 0))
            raise self.error(f"row {row + 1}: {what} {self.data[column][row].as_py()!r} is not known")
        return codes

    def numbers(self, column: str, default: float | None = None, *, finite: bool = True) -> np.ndarray:
        """Return a column as float64; empty cells take the default, and without one are refused if `finite`."""
        if default is not None and not self.has(column):
            return np.full(len(self), default)
        values = self._column(column)
        if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
            trimmed = pc.utf8_trim_whitespace(values)
            values = pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, trimmed.type), trimmed)
        try:
            numbers = np.array(values.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=float)
        except pa.ArrowException as error:
            raise self.error(f"column {column} is not numeric: {error}") from error
        if default is not None:
            numbers[np.isnan(numbers)] = default
        if finite and not np.isfinite(numbers).all():
            raise self.error(f"row {int(np.argmin(np.isfinite(numbers))) + 1}: column {column} has no finite number")
        return numbers

    def integers(self, column: str, default: int | None = None) -> np.ndarray:
        """Return a column of whole numbers as int64."""
        return np.rint(self.numbers(column, None if default is None else float(default))).astype(np.int64)

    def flags(self, column: str) -> np.ndarray:
        """Return a 0/1 column as booleans; an absent column is all 0."""
        return self.numbers(column, 0.0) != 0.0


def _read_csv(path: Path) -> pa.Table:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        header = next(csv.reader(stream), [])
    convert = pa_csv.ConvertOptions(column_types={name: pa.string() for name in header}, strings_can_be_null=False)
    return pa_csv.read_csv(path, convert_options=convert, parse_options=pa_csv.ParseOptions(newlines_in_values=True))


def _read_parquet(path: Path) -> pa.Table:
    strings = [f.name for f in pq.read_schema(path) if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)]
    file = pq.ParquetFile(path, read_dictionary=[name for name in strings if name in _REPEATED])
    plain = [f.name for f in file.schema_arrow if not (pa.types.is_binary(f.type) or pa.types.is_nested(f.type))]
    return file.read(columns=plain)


def _read_layer(path: Path) -> pa.Table:
    return pyogrio.read_arrow(path, layer=path.stem, read_geometry=False)[1]


_READERS = {".parquet": _read_parquet, ".gpkg": _read_layer, ".csv": _read_csv}


def read_table(path: Path) -> RawTable:
    """Read one file without its geometry; whatever is wrong with it becomes an AuditInputError."""
    if not path.is_file():
        raise AuditInputError(path, "the file is missing")
    try:
        return RawTable(path, _READERS[path.suffix](path))
    except (
        OSError,
        ValueError,
        KeyError,
        UnicodeDecodeError,
        RuntimeError,
        csv.Error,
        pa.ArrowException,
    ) as error:
        raise AuditInputError(path, f"the file cannot be read: {error}") from error


def find_table(folder: Path, name: str, *, required: bool = True) -> RawTable | None:
    """Look a table up as Parquet, GeoPackage, CSV; None where an optional one is absent.

    Raises AuditInputError where one that is required is absent.
    """
    for suffix in _SUFFIXES:
        path = folder / (name + suffix)
        if path.is_file():
            return read_table(path)
    if required:
        raise AuditInputError(folder / name, f"no table {name} ({', '.join(_SUFFIXES)}) is there")
    return None


def need_table(folder: Path, name: str) -> RawTable:
    """Look a required table up; its absence is an AuditInputError."""
    table = find_table(folder, name)
    assert table is not None
    return table


def shipped_table(name: str) -> RawTable:
    """Read a data file of `instances/tables`: data only, no code of that package is used."""
    with resources.as_file(resources.files("instances").joinpath("tables", f"{name}.csv")) as path:
        return read_table(path)


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file. Raises AuditInputError where it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise AuditInputError(path, f"the file cannot be read: {error}") from error


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object. Raises AuditInputError where there is none."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AuditInputError(path, f"the file cannot be read: {error}") from error
    if not isinstance(value, dict):
        raise AuditInputError(path, "a JSON object was expected")
    return value
