"""One offline page of headed tables: what is on the screen, to keep and to send."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from optimizer.results.terms import Lang

MOST_ROWS = 500
"""Rows of a table that a page shows; the CSV beside it has all."""


def write_page(
    path: Path, title: str, lines: Sequence[str], tables: Sequence[tuple[str, pd.DataFrame]], lang: Lang
) -> None:
    """Write a page: title, sentences, tables with their headings."""
    style = files("optimizer.report").joinpath("style.css").read_text(encoding="utf-8")
    said = "\n".join(f"<p>{escape(line)}</p>" for line in lines)
    shown = "\n".join(_section(heading, table, lang) for heading, table in tables)
    path.write_text(
        f'<!DOCTYPE html>\n<html lang="{"zh-CN" if lang == "zh" else "en"}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(title)}</title>\n'
        f"<style>{style}</style>\n</head>\n<body>\n<main>\n<h1>{escape(title)}</h1>\n{said}\n{shown}\n</main>\n</body>\n"
        "</html>\n",
        encoding="utf-8",
    )


def _section(heading: str, table: pd.DataFrame, lang: Lang) -> str:
    head = "".join(f"<th>{escape(str(name))}</th>" for name in table)
    rows = "\n".join(
        "<tr>" + "".join(_cell(value) for value in row) + "</tr>"
        for row in table.head(MOST_ROWS).itertuples(index=False)
    )
    left = len(table) - MOST_ROWS
    more = f"另有 {left:,} 行，见 CSV" if lang == "zh" else f"{left:,} more rows in the CSV"
    note = f"<p>{more}</p>" if left > 0 else ""
    return (
        f"<section><h2>{escape(heading)}</h2>\n<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n"
        f"</table>{note}</section>"
    )


def _cell(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"<td>{'' if value is None or value is pd.NA else escape(str(value))}</td>"
    number = "" if value != value else f"{value:,.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else value
    return f'<td class="number">{number}</td>'
