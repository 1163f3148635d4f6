"""Checking one table against its declaration in `schema`, by pandera.

Every fault of a table is collected; cross-table checks live in `crosscheck`.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from instances.faults import Fault
from instances.places import line_of

if TYPE_CHECKING:
    from instances.schema import Column, Table

MAX_FAULTS_PER_CHECK = 20
"""A wrong column of a million rows is one fault repeated; the first rows say enough."""

ALIKE = 0.85
"""Likeness from which the name of an unknown column is taken for a misspelt one."""

_DTYPES = {"number": "float64", "integer": "int64", "flag": "int8"}


def _checks(column: Column) -> list[pa.Check]:
    checks = []
    if column.values:
        allowed = ", ".join(repr(value) for value in column.values)
        checks.append(pa.Check.isin(list(column.values), error=f"must be one of {allowed}"))
    if column.kind == "flag":
        checks.append(pa.Check.isin([0, 1], error="must be 0 or 1"))
    if column.kind == "number" and column.default != np.inf:
        checks.append(pa.Check(np.isfinite, error="must be a finite number"))
    if column.minimum is not None:
        checks.append(pa.Check.ge(column.minimum, error=f"must not be below {column.minimum:g}"))
    if column.maximum is not None:
        checks.append(pa.Check.le(column.maximum, error=f"must not be above {column.maximum:g}"))
    if column.required and column.kind in ("id", "text") and "" not in column.values:
        checks.append(pa.Check(lambda text: text.astype(str).str.strip() != "", error="must not be empty"))
    if column.kind in ("id", "text"):
        checks.append(pa.Check(_without_margin, error="begins or ends with a blank"))
    return checks


def _without_margin(values: pd.Series) -> pd.Series:
    """Return which values have no blank before or after; it cannot be seen, and names would differ by it."""
    if pd.api.types.is_numeric_dtype(values):
        return pd.Series(True, index=values.index)
    text = values.astype(str)
    return text == text.str.strip()


@cache
def _schema(table: Table) -> pa.DataFrameSchema:
    columns = {
        column.name: pa.Column(_DTYPES.get(column.kind), _checks(column), coerce=column.kind in _DTYPES)
        for column in table.columns
    }
    return pa.DataFrameSchema(columns)


def _with_defaults(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Fill absent optional columns and empty cells of them, and make text and ids plain."""
    frame = frame.copy(deep=False)
    for column in table.columns:
        if column.name not in frame:
            if column.required:
                continue
            frame[column.name] = column.default
        series = frame[column.name]
        if column.kind in ("id", "text"):
            series = _plain_ids(series)
            if not pd.api.types.is_integer_dtype(series) or series.isna().any():
                text = series.astype("str").where(series.notna(), str(column.default or ""))
                frame[column.name] = text.where(text != "", column.default) if column.default else text
        elif not pd.api.types.is_numeric_dtype(series) or series.isna().any():
            empty = series.isna() | (series.astype(str).str.strip() == "")
            if not column.required:
                series = series.where(~empty, column.default)
            frame[column.name] = _whole_numbers(series) if column.kind in ("integer", "flag") else series
    return frame


def _plain_ids(series: pd.Series) -> pd.Series:
    """Read ids that are whole numbers, but became floats by empty cells, as whole numbers."""
    if pd.api.types.is_float_dtype(series) and series.notna().any() and (series.dropna() % 1 == 0).all():
        return series.astype("Int64")
    return series


def _whole_numbers(series: pd.Series) -> pd.Series:
    """Read `1.0`, as tables of floats are exported, as 1; anything else is left to the checks."""
    numbers = pd.to_numeric(series, errors="coerce")
    whole = numbers.notna() & (numbers % 1 == 0)
    return numbers.astype("int64") if whole.all() else series


def _row_number(index: object, where: str) -> int | None:
    return line_of(where, int(index)) if isinstance(index, (int, np.integer)) else None


def _in_words(check: str, case: object, column: Column | None) -> str:
    if check.startswith(("coerce_dtype", "dtype")):
        if not str(case).strip():
            return "is empty"
        kind = {"integer": "a whole number", "flag": "0 or 1"}.get(column.kind if column else "", "a number")
        return f"{case!r} is not {kind}"
    if check == "not_nullable":
        return "is empty"
    return f"{case!r} {check}"


def _faults(errors: SchemaErrors, table: Table, where: str) -> list[Fault]:
    faults = []
    cases = errors.failure_cases
    by_name = {column.name: column for column in table.columns}
    broken = {row.column for row in cases.itertuples() if str(row.check).startswith(("coerce_dtype", "dtype"))}
    seen: dict[tuple[str, str], int] = {}
    told: set[tuple[str, object]] = set()
    for case in cases.itertuples():
        name, check = str(case.column), str(case.check)
        coercion = check.startswith("coerce_dtype")
        if (name in broken and (not coercion or case.index is None)) or (name, case.index) in told:
            continue
        told.add((name, case.index))
        seen[name, check] = seen.get((name, check), 0) + 1
        if seen[name, check] > MAX_FAULTS_PER_CHECK:
            continue
        column = by_name.get(name)
        hint = column.about + (f", in {column.unit}" if column.unit else "") if column else ""
        message = _in_words(check, case.failure_case, column)
        faults.append(Fault(where, message, hint, _row_number(case.index, where), name))
    for (name, check), count in seen.items():
        if count > MAX_FAULTS_PER_CHECK:
            faults.append(Fault(where, f"{count - MAX_FAULTS_PER_CHECK:,} more rows: {check}", column=name))
    return faults


def _duplicates(table: Table, frame: pd.DataFrame, where: str) -> list[Fault]:
    repeated = np.flatnonzero(frame.duplicated(list(table.key)))
    faults = []
    for row in repeated[:MAX_FAULTS_PER_CHECK]:
        stated = {name: str(frame[name].iloc[row]) for name in table.key}
        key = ", ".join(f"{name} {value}" for name, value in stated.items() if value)
        number = _row_number(int(row), where)
        faults.append(Fault(where, f"{key} stands twice", "each key may occur once", number, table.key[0]))
    return faults


def _misspelt(table: Table, frame: pd.DataFrame, where: str) -> list[Fault]:
    """Find unknown columns whose name is almost that of a column that is absent, which would take its default."""
    names = {column.name for column in table.columns}
    absent = sorted(names - set(frame.columns))
    faults = []
    for name in frame.columns.difference(list(names)) if absent else ():
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
    frame = _with_defaults(table, frame).reset_index(drop=True)
    try:
        clean = _schema(table).validate(frame, lazy=True)
    except SchemaErrors as errors:
        return frame, _faults(errors, table, where)
    return clean, _duplicates(table, clean, where)
