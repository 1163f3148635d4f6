"""What a command that follows a plan up tells, and one offline page of it, to keep and to send."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from importlib import metadata
from importlib.resources import files
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

    from instances.instance import Instance
    from optimizer.results.terms import Lang

MOST_ROWS = 500
"""Rows of a table that a page shows; the CSV beside it has all."""


@dataclass(frozen=True)
class Told:
    """What is told: sentences, tables with their titles, and what the audit of the plans found wrong, in words."""

    lines: list[str]
    tables: list[tuple[str, pd.DataFrame]]
    failures: list[str]


STYLE = """
.said { margin: 4px 0; max-width: 62em; }
.said:first-of-type { font-size: 18px; font-weight: 600; }
.scroll table { font-size: 12.5px; }
.scroll th, .scroll td { padding: 3px 7px; }
th.text, td.text { text-align: left; }
td.number { white-space: nowrap; }
td.text { min-width: 4em; max-width: 40em; overflow-wrap: break-word; }
"""
"""What these pages have besides the style of reports."""


def write_page(path: Path, title: str, told: Told, instance: Instance, lang: Lang) -> None:
    """Write a page: title, sentences, tables with their headings, and what it was made from."""
    style = files("optimizer.report").joinpath("style.css").read_text(encoding="utf-8") + STYLE
    said = "\n".join(f'<p class="said">{escape(line)}</p>' for line in (*told.lines, *told.failures))
    shown = "\n".join(_section(heading, table, lang) for heading, table in told.tables)
    name = instance.settings.instance.name
    made = f"{name} ({instance.hash[:12]}), sanqu {metadata.version('sanqu')}"
    path.write_text(
        f'<!DOCTYPE html>\n<html lang="{"zh-CN" if lang == "zh" else "en"}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(title)}</title>\n'
        f"<style>{style}</style>\n</head>\n<body>\n<main>\n<h1>{escape(title)}</h1>\n{said}\n{shown}\n"
        f"<footer>{escape(made)}</footer>\n</main>\n</body>\n</html>\n",
        encoding="utf-8",
    )


def _section(heading: str, table: pd.DataFrame, lang: Lang) -> str:
    kinds = ["number" if pd.api.types.is_numeric_dtype(table[name]) else "text" for name in table]
    head = "".join(f'<th class="{kind}">{escape(str(name))}</th>' for name, kind in zip(table, kinds, strict=True))
    rows = "\n".join(
        "<tr>" + "".join(_cell(value, kind) for value, kind in zip(row, kinds, strict=True)) + "</tr>"
        for row in table.head(MOST_ROWS).itertuples(index=False)
    )
    left = len(table) - MOST_ROWS
    more = f"另有 {left:,} 行，见 CSV" if lang == "zh" else f"{left:,} more rows in the CSV"
    note = f"<p>{more}</p>" if left > 0 else ""
    return (
        f'<section><h2>{escape(heading)}</h2>\n<div class="scroll"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n'
        f"{rows}\n</tbody>\n</table></div>{note}</section>"
    )


def _cell(value: object, kind: str) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f'<td class="{kind}">{"" if value is None or value is pd.NA else escape(str(value))}</td>'
    number = "" if value != value else f"{value:,.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else value
    return f'<td class="number">{"0" if number == "-0" else number}</td>'
