"""Checking one table against its declaration in `schema`, by pandera.

Every fault of a table is collected; cross-table checks live in `crosscheck`.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pyarrow as arrow
import pyarrow.compute as pc

from instances.columns import EMPTY, TEXTUAL, Ints, codes, defaults, typed
from instances.faults import Fault
from instances.row_faults import row_faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from instances.schema import Column, Table

ALIKE = 0.85
"""Likeness from which the name of an unknown column is taken for a misspelt one."""


@cache
def _checks(column: Column) -> tuple[pa.Check, ...]:
    checks = []
    if column.values:
        allowed = ", ".join(repr(value) for value in column.values)
        checks.append(pa.Check.isin(list(column.values), error=f"must be one of {allowed}"))
    elif column.kind in TEXTUAL:
        if column.required:
            checks.append(pa.Check(_is_filled, error="must not be empty"))
        checks.append(pa.Check(_is_trimmed, error="begins or ends with a blank"))
    if column.kind == "flag":
        checks.append(pa.Check.isin([0, 1], error="must be 0 or 1"))
    if column.kind == "number" and column.default != np.inf:
        checks.append(pa.Check(np.isfinite, error="must be a finite number"))
    if column.minimum is not None:
        checks.append(pa.Check.ge(column.minimum, error=f"must not be below {column.minimum:g}"))
    if column.maximum is not None:
        checks.append(pa.Check.le(column.maximum, error=f"must not be above {column.maximum:g}"))
    return tuple(checks)


def _is_filled(values: pd.Series) -> pd.Series:
    """Return which texts are more than blanks."""
    return _where(values, lambda text, trimmed: pc.not_equal(trimmed, ""))


def _is_trimmed(values: pd.Series) -> pd.Series:
    """Return which texts have no blank before or after; it cannot be seen, and names would differ by it."""
    return _where(values, pc.equal)


def _where(values: pd.Series, holds: Callable[[Any, Any], Any]) -> pd.Series:
    """Return for which texts something holds of them and themselves without blanks around; whole numbers have none."""
    if pd.api.types.is_integer_dtype(values):
        return pd.Series(True, index=values.index)
    text = arrow.array(values)
    return pd.Series(np.asarray(holds(text, pc.utf8_trim_whitespace(text))), index=values.index)


def wrong_cells(
    columns: Iterable[Column], content: Mapping[str, pd.Series] | pd.DataFrame
) -> dict[str, list[tuple[str, Ints]]]:
    """Return what is wrong with the cells of columns in their types, by column: words and the rows they hold for.

    Checks are called one by one: a pandera schema of all columns takes several times as long to say the same.
    """
    found: dict[str, list[tuple[str, Ints]]] = {}
    for column in columns:
        series = content[column.name]
        empty = np.flatnonzero(series.isna())
        wrong = [(EMPTY, empty)] if len(empty) else []
        for check in _checks(column):
            passed = check(series).check_output
            if not passed.all():
                wrong.append((str(check.error), passed.index[~passed].to_numpy(dtype=np.int64)))
        if wrong:
            found[column.name] = wrong
    return found


def _faults(column: Column, series: pd.Series, wrong: list[tuple[str, Ints]], where: str) -> Iterator[Fault]:
    """Yield what is wrong with the cells of a column; of a cell that is wrong in two ways, the first."""
    hint = column.about + (f", in {column.unit}" if column.unit else "")
    told = np.zeros(len(series), dtype=bool)
    for words, rows in wrong:
        fresh = rows[~told[rows]]
        told[fresh] = True
        said = partial(_in_words, series, words)
        yield from row_faults(where, fresh, said, hint, column.name, words)


def _in_words(series: pd.Series, words: str, row: int) -> str:
    if words == EMPTY:
        return words
    cell = series.iloc[row]
    return f"{cell.item() if isinstance(cell, np.generic) else cell!r} {words}"


def _duplicates(table: Table, frame: pd.DataFrame, where: str) -> Iterator[Fault]:
    def words(row: int) -> str:
        stated = {name: str(frame[name].iloc[row]) for name in table.key}
        key = ", ".join(f"{name} {value}" for name, value in stated.items() if value)
        return f"{key} stands twice"

    keys = pd.DataFrame({name: codes(frame[name]) for name in table.key}, copy=False)
    repeated = np.flatnonzero(keys.duplicated())
    return row_faults(where, repeated, words, "each key may occur once", table.key[0], "stand twice")


def _misspelt(table: Table, frame: pd.DataFrame, where: str) -> list[Fault]:
    """Find unknown columns whose name is almost that of a column that is absent, which would take its default."""
    names, known = {column.name for column in table.columns}, set(frame.columns)
    absent = sorted(names - known)
    faults = []
    for name in sorted(known - names, key=str) if absent else ():
        plain = str(name).strip().lower().replace(" ", "_").replace("-", "_")
        like = get_close_matches(plain, absent, n=1, cutoff=ALIKE)
        if like:
            faults.append(Fault(where, "is not a column of this table", _meant(like[0]), column=str(name)))
    return faults


def _meant(name: str) -> str:
    return f"did you mean {name}? if not, give it another name"


def check_table(table: Table, frame: pd.DataFrame, where: str) -> tuple[pd.DataFrame, list[Fault]]:
    """Check a raw frame; returns it with right types and defaults, and the faults found.

    `where` is the file the frame was read from. Columns that the schema does not name are kept:
    conditions of transitions may refer to them.
    """
    misspelt = _misspelt(table, frame, where)
    meant = {fault.hint for fault in misspelt}
    missing = [column for column in table.columns if column.required and column.name not in frame]
    if missing or misspelt:
        known = ", ".join(map(str, frame.columns)) or "none"
        return frame, misspelt + [
            Fault(where, "column is missing", f"{column.about}; columns present: {known}", column=column.name)
            for column in missing
            if _meant(column.name) not in meant
        ]
    columns = {str(name): series for name, series in frame.reset_index(drop=True).items()}
    given = [column for column in table.columns if column.name in columns]  # what others are filled with is sound
    wrong: dict[str, list[tuple[str, Ints]]] = {}
    for column in given:
        columns[column.name], unread = typed(column, columns[column.name])
        if unread:
            wrong[column.name] = unread
    wrong |= wrong_cells([column for column in given if column.name not in wrong], columns)
    absent = {column.name: defaults(column, len(frame)) for column in table.columns if column.name not in columns}
    clean = pd.DataFrame(columns | absent, index=pd.RangeIndex(len(frame)), copy=False)
    faults = [
        fault
        for column in table.columns
        if column.name in wrong
        for fault in _faults(column, clean[column.name], wrong[column.name], where)
    ]
    return clean, faults or list(_duplicates(table, clean, where))
