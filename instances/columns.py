"""One column as its declaration in `schema` says: defaults in empty cells, and its type.

逐列读取：补默认值、转换类型。Whole columns are read at once: a column in its type already is passed over.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pandas.api.extensions import ExtensionArray

    from instances.schema import Column

Ints = NDArray[np.int64]

TEXTUAL = ("id", "text")
EMPTY = "is empty"

_DTYPES: dict[str, np.dtype[Any]] = {
    "number": np.dtype("float64"),
    "integer": np.dtype("int64"),
    "flag": np.dtype("int8"),
}
_UNREAD = {"number": "is not a number", "integer": "is not a whole number", "flag": "is not 0 or 1"}
_NONE = np.zeros(0, dtype=np.int64)


def defaults(column: Column, rows: int) -> NDArray[Any] | ExtensionArray:
    """Return an optional column that the table does not have: its default in every row, (rows,)."""
    if column.kind in TEXTUAL:
        return _one_text(str(column.default)).repeat(rows)
    return np.full(rows, column.default, dtype=_DTYPES[column.kind])


@cache
def _one_text(text: str) -> ExtensionArray:
    return pd.array([text], dtype="str")


def codes(series: pd.Series) -> NDArray[Any]:
    """Return numbers, the same for the same value, (rows,): they are compared ten times as fast as texts."""
    if not isinstance(series.dtype, pd.StringDtype):
        return series.to_numpy()
    text = pa.array(series)
    return pc.index_in(text, value_set=pc.unique(text)).to_numpy(zero_copy_only=False)


def typed(column: Column, series: pd.Series) -> tuple[pd.Series, list[tuple[str, Ints]]]:
    """Return a column with its defaults and in its type, and what could not be read: words and the rows they hold for.

    Ids and texts stay whole numbers where they are those, and are text else. A column of which a cell cannot be read
    in its type is returned as it was.
    """
    if column.kind in TEXTUAL:
        return _text(column, series), []
    series, unread = _figures(column, _filled(column, series))
    if not len(unread):
        return series, []
    blank = np.array([pd.isna(cell) or not str(cell).strip() for cell in series.iloc[unread]])
    return series, [(EMPTY, unread[blank]), (_UNREAD[column.kind], unread[~blank])]


def _text(column: Column, series: pd.Series) -> pd.Series:
    """Return ids and texts as text, with the default in empty cells; or whole numbers as they are."""
    if pd.api.types.is_float_dtype(series) and series.notna().any() and _whole(series.dropna()).all():
        series = series.astype("Int64" if series.hasnans else "int64")  # empty cells had made them floats
    if pd.api.types.is_integer_dtype(series) and not series.hasnans:
        return series
    default = str(column.default or "")
    if not isinstance(series.dtype, pd.StringDtype):
        series = series.astype("str").where(series.notna(), default)
    elif series.hasnans:
        series = series.fillna(default)
    return series.where(series != "", default) if default else series


def _whole(numbers: pd.Series) -> pd.Series:
    return numbers.notna() & (numbers % 1 == 0) & (numbers.abs() < 2**63)


def _filled(column: Column, series: pd.Series) -> pd.Series:
    """Return figures with the default in empty cells, where the column is optional."""
    if pd.api.types.is_numeric_dtype(series):
        if not series.hasnans:
            return series
        series = series.astype("float64")
        return series if column.required else series.fillna(column.default)
    if not column.required:
        trimmed = pc.utf8_trim_whitespace(pa.array(series.astype("str")))
        empty = np.asarray(pc.equal(trimmed, "").fill_null(True))
        if empty.any():
            series = series.astype(object).where(~empty, column.default)
    if column.kind == "number":
        return series
    numbers = pd.to_numeric(series, errors="coerce")
    return numbers if _whole(numbers).all() else series  # `1.0`, as tables of floats are exported, is 1


def _figures(column: Column, series: pd.Series) -> tuple[pd.Series, Ints]:
    """Return a column in its type, and the rows that cannot be read so; where there are any it is as it was."""
    dtype = _DTYPES[column.kind]
    if series.dtype == dtype:
        return series, _NONE
    if pd.api.types.is_numeric_dtype(series):
        given = series.to_numpy()
        with np.errstate(invalid="ignore"):
            values = given.astype(dtype)
        # A cast to whole numbers cuts fractions off, and what is too large wraps around, without a word.
        unread = np.flatnonzero(values != given) if dtype.kind == "i" else _NONE
        return (series, unread) if len(unread) else (pd.Series(values, copy=False), _NONE)
    if dtype.kind == "f":
        try:
            return series.astype(dtype), _NONE
        except (TypeError, ValueError, OverflowError):
            pass
    unread = np.flatnonzero([not _reads(cell, dtype) for cell in series])
    return (series, unread) if len(unread) else (series.map(dtype.type).astype(dtype), _NONE)


def _reads(cell: Any, dtype: np.dtype[Any]) -> bool:
    try:
        value = dtype.type(cell)
    except (TypeError, ValueError, OverflowError):
        return False
    return not isinstance(cell, float) or dtype.kind == "f" or value == cell
