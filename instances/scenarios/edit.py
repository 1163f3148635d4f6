"""Applying changes to a table as it stands on disk: every other cell stays as it was written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from instances.faults import Fault, InstanceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from instances.scenarios.changes import Change, Value
    from instances.schema import Table

ABOUT = {"source", "status", "note"}
"""Columns that say where a row comes from; any table may have them."""


def read_raw(path: Path, table: Table) -> pd.DataFrame:
    """Return a table with its cells as they are written; of a CSV as text; with geometry where it has any."""
    if path.suffix == ".csv":
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    if path.suffix == ".gpkg":
        return geopandas.read_file(path, layer=table.name)
    frame = geopandas.read_parquet(path) if "geometry" in pq.read_schema(path).names else pd.read_parquet(path)
    for name in frame.select_dtypes("category"):  # a value that is set need not be one of its codes
        frame[name] = frame[name].astype(frame[name].cat.categories.dtype)
    return frame


def write_raw(frame: pd.DataFrame, folder: Path, table: Table) -> None:
    """Write a table into a folder: as Parquet, or as CSV where every cell is text."""
    target = folder / table.part / table.name
    target.parent.mkdir(parents=True, exist_ok=True)
    if all(pd.api.types.is_string_dtype(kind) for kind in frame.dtypes):
        frame.to_csv(target.with_suffix(".csv"), index=False, lineterminator="\n")
    else:
        frame.to_parquet(target.with_suffix(".parquet"), index=False)


def edited(frame: pd.DataFrame, changes: Iterable[Change], place: str) -> pd.DataFrame:
    """Return a table after its changes, in order; raises InstanceError for one that cannot be made or meets no row.

    `place` is how messages call the file.
    """
    for change in changes:
        frame = _appended(frame, change, place) if change.append else _changed(frame, change, place)
    return frame


def _changed(frame: pd.DataFrame, change: Change, place: str) -> pd.DataFrame:
    chosen = chosen_rows(frame, change, place)
    if not chosen.any():
        hint = f"see the values of {', '.join(change.where) or 'the table'}"
        raise InstanceError([Fault(place, f"no row is meant by [{change.words()}]", hint)])
    if change.drop:
        return frame[~chosen].reset_index(drop=True)
    declared = [column.name for column in change.declared.columns]
    if change.column not in frame and change.column not in declared:
        raise InstanceError(
            [Fault(place, "there is no such column", f"known are {', '.join(declared)}", None, change.column)]
        )
    frame = frame.copy()
    old = frame[change.column] if change.column in frame else _default(frame, change)
    if change.set is not None:
        _raise_if_no_number(old, change, place)
        new: Sequence[Any] = [change.set] * int(chosen.sum())
    else:
        numbers = _numbers(old[chosen], change, place)
        new = (numbers * change.scale if change.scale is not None else numbers + float(change.add or 0.0)).tolist()
    frame[change.column] = _with(old, chosen, new)
    return frame


def chosen_rows(frame: pd.DataFrame, change: Change, place: str) -> NDArray[np.bool_]:
    """Return which rows a change means, (rows,). Raises InstanceError for a column that is not there."""
    chosen = np.ones(len(frame), dtype=bool)
    for name, wanted in change.where.items():
        if name not in frame:
            raise InstanceError(
                [Fault(place, "there is no such column", f"known are {', '.join(map(str, frame))}", None, name)]
            )
        values = wanted if isinstance(wanted, tuple) else (wanted,)
        chosen &= np.any([_is(frame[name], value) for value in values], axis=0)
    return chosen


def _is(column: pd.Series, value: Value) -> NDArray[np.bool_]:
    """Return which cells hold a value: as a number where both are numbers, else as text.

    A text stands for itself where a cell holds it as it is (`*` is a region of factors), else its `*` and `?` for other
    letters.
    """
    if isinstance(value, str):
        same = (column.astype(str) == value).to_numpy(dtype=bool)
        return same if same.any() else like(column, value)
    return (pd.to_numeric(column, errors="coerce") == float(value)).to_numpy(dtype=bool)


def like(column: pd.Series, pattern: str) -> NDArray[np.bool_]:
    """Return which cells are a text in which `*` stands for any letters and `?` for one, (rows,)."""
    letters = "".join({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in pattern)
    return column.astype(str).str.fullmatch(letters, flags=re.DOTALL).to_numpy(dtype=bool)


def _default(frame: pd.DataFrame, change: Change) -> pd.Series:
    """Return a column that is absent, as its default; one without a limit is written as no cell at all."""
    value = change.declared.column(change.column).default
    texts = all(pd.api.types.is_string_dtype(kind) for kind in frame.dtypes)
    if isinstance(value, float) and not np.isfinite(value):
        value = "" if texts else np.nan
    return pd.Series([str(value) if texts else value] * len(frame), index=frame.index)


def _numbers(cells: pd.Series, change: Change, place: str) -> NDArray[np.float64]:
    numbers = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=float)
    if not np.isfinite(numbers).all():
        row = int(cells.index[np.flatnonzero(~np.isfinite(numbers))[0]]) + 2
        message = f"{cells.loc[row - 2]!r} is no number that could be changed by [{change.words()}]"
        raise InstanceError([Fault(place, message, "set it, or mean other rows", row, change.column)])
    return numbers


def _raise_if_no_number(old: pd.Series, change: Change, place: str) -> None:
    """Raise InstanceError where a text is set in a column that is stored as numbers."""
    if isinstance(change.set, str) and pd.api.types.is_numeric_dtype(old.dtype):
        message = f"holds numbers, and {change.set!r} is none"
        raise InstanceError([Fault(place, message, "set a number", None, change.column)])


def _with(old: pd.Series, chosen: NDArray[np.bool_], new: Sequence[Any]) -> pd.Series:
    """Return a column with some cells replaced; text stays text, whole numbers stay whole where the new ones are."""
    cells = old.astype(object).to_numpy(copy=True)
    cells[chosen] = [_text(value) if _is_text(old) else value for value in new]
    if _is_text(old) or old.dtype == object:
        return pd.Series(cells, index=old.index, dtype=old.dtype)
    numbers = pd.to_numeric(pd.Series(cells), errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    result = pd.Series(numbers, index=old.index)
    if not np.array_equal(numbers, np.round(numbers)):
        return result
    # Small kinds, in which flags are stored, would wrap what is too large for them into another number.
    return result.astype(np.int64 if old.dtype.kind in "iub" else old.dtype)


def _is_text(column: pd.Series) -> bool:
    return bool(pd.api.types.is_string_dtype(column))


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return str(int(value))
    return repr(value) if isinstance(value, float) else str(value)


def _appended(frame: pd.DataFrame, change: Change, place: str) -> pd.DataFrame:
    declared = {column.name for column in change.declared.columns} | ABOUT
    for row in change.append:
        if unknown := sorted(set(row) - declared - set(frame)):
            hint = f"known are {', '.join(sorted(declared))}"
            raise InstanceError([Fault(place, f"a row that is added has {', '.join(unknown)}", hint)])
    more = pd.DataFrame(list(change.append))
    if all(map(_is_text, (frame[name] for name in frame))):
        more = more.map(_text, na_action="ignore")
        return pd.concat([frame, more], ignore_index=True).fillna("")
    for name in [name for name in more if name in frame]:
        if _is_text(frame[name]):
            more[name] = more[name].map(_text, na_action="ignore")
        elif pd.api.types.is_numeric_dtype(frame[name]) and more[name].map(lambda cell: isinstance(cell, str)).any():
            message = "holds numbers, and a row that is added has a text"
            raise InstanceError([Fault(place, message, "write a number", None, str(name))])
    return pd.concat([frame, more], ignore_index=True)
