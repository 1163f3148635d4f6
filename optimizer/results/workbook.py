"""tables.xlsx: every table of a result with heads in Chinese and English, for a spreadsheet (成果工作簿).

Text is always written as text, whatever it begins with: a name such as `=1+1` is no formula, and a link no link.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xlsxwriter

from optimizer.results.xml_text import xml_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MOST_CELLS = 400_000
"""Cells of a sheet beyond which its last rows are left out, as its first line then says; a spreadsheet that is
twice as long opens slowly, and none can hold more than 1,048,576 rows."""
_LONGEST_CELL = 32_767
_NARROW, _WIDE, _LOOKED_AT = 9, 58, 400
_RISKY = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Head:
    """What a column is called in both languages, and its unit (empty where it has none)."""

    zh: str
    en: str
    unit: str = ""

    def words(self) -> str:
        """Return the cell: Chinese, English, unit, a line each."""
        return "\n".join(line for line in (self.zh, self.en, f"[{self.unit}]" if self.unit else "") if line)


@dataclass(frozen=True)
class Sheet:
    """A table with a head for each of its columns; `name` has at most 31 characters.

    `source` names the file that holds every row, should they be too many for a sheet.
    """

    name: str
    heads: Sequence[Head]
    table: pd.DataFrame
    source: str = ""


class _Formats:
    """The looks of cells."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.head = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#F4F4EF"}
        )
        self.text = book.add_format({"valign": "top"})
        self.quoted = book.add_format({"valign": "top", "quote_prefix": True})
        self.whole = book.add_format({"num_format": "0"})
        self.number = book.add_format({"num_format": "#,##0.00"})
        self.fine = book.add_format({"num_format": "0.000000"})
        self.tiny = book.add_format({"num_format": "0.00E+00"})

    def of(self, value: float) -> Any:
        """Return how a number is shown: two digits, more for what is small."""
        size = abs(value)
        if size >= 1 or size == 0:
            return self.number
        return self.fine if size >= 1e-4 else self.tiny


def write_workbook(path: Path, sheets: Sequence[Sheet]) -> None:
    """Write the sheets; a table that is too long is cut, and a line above it says so and where all of it is."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        formats = _Formats(book)
        for sheet in sheets:
            _write(book.add_worksheet(sheet.name), sheet, formats)


def _write(page: Any, sheet: Sheet, formats: _Formats) -> None:
    table = sheet.table.iloc[: max(MOST_CELLS // max(len(sheet.heads), 1), 1)]
    top = 0 if len(table) == len(sheet.table) else 1
    if top:
        page.write_string(0, 0, _cut(len(table), sheet), formats.text)
    page.freeze_panes(top + 1, 1 if len(sheet.heads) > 2 else 0)
    lines = max(head.words().count("\n") + 1 for head in sheet.heads)
    page.set_row(top, 15.5 * lines)
    for column, head in enumerate(sheet.heads):
        page.write_string(top, column, xml_text(head.words()), formats.head)
        values = table.iloc[:, column]
        page.set_column(column, column, _width(head, values))
        for row, value in enumerate(values.tolist(), start=top + 1):
            _cell(page, row, column, value, formats)
    if len(table):
        page.autofilter(top, 0, top + len(table), len(sheet.heads) - 1)


def _cut(shown: int, sheet: Sheet) -> str:
    """Return the line above a table that is not whole."""
    zh = f"本表共 {len(sheet.table):,} 行，此处为前 {shown:,} 行，全部见 {sheet.source}。"
    return f"{zh} The first {shown:,} of {len(sheet.table):,} rows; all are in {sheet.source}."


def _cell(page: Any, row: int, column: int, value: object, formats: _Formats) -> None:
    if value is None or value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return
    if isinstance(value, bool | np.bool_):
        page.write_boolean(row, column, bool(value), formats.text)
    elif isinstance(value, int):
        page.write_number(row, column, value, formats.whole)
    elif isinstance(value, float):
        page.write_number(row, column, value, formats.of(value))
    else:
        text = xml_text(value)[:_LONGEST_CELL]
        if text:
            page.write_string(row, column, text, formats.quoted if text.startswith(_RISKY) else formats.text)


def _width(head: Head, values: pd.Series) -> float:
    longest = max((_letters(line) for line in head.words().split("\n")), default=0) + 3
    for value in values.head(_LOOKED_AT).tolist():
        shown = f"{value:,.2f}" if isinstance(value, float) else str(value)
        longest = max(longest, _letters(shown) + 2)
    return float(min(max(longest, _NARROW), _WIDE))


def _letters(text: str) -> int:
    """Return the width of a line in Latin letters; a Chinese one counts twice."""
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)
