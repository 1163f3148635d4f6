"""What a command that follows a plan up tells, and one offline page of it, to keep and to send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from optimizer.report.frame import environment, frame, resource
from optimizer.study import versions

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
.scroll th:first-child, .scroll td:first-child { padding-left: 0; }
th.text, td.text { text-align: left; }
td.number { white-space: nowrap; }
td.text { min-width: 4em; max-width: 40em; overflow-wrap: break-word; }
"""
"""What these pages have besides the style of reports."""


def write_page(path: Path, title: str, told: Told, instance: Instance, lang: Lang) -> None:
    """Write a page: title, sentences, tables with their headings, and what it was made from."""
    version = versions()["sanqu"]
    filled = environment({"page.html": resource("page.html", "optimizer.followup")}).get_template("page.html")
    page = filled.render(
        **frame(lang, title, version, STYLE),
        said=[*told.lines, *told.failures],
        tables=[_shown(heading, table) for heading, table in told.tables],
        made=f"{instance.settings.instance.name} ({instance.hash[:12]}), sanqu {version}",
    )
    path.write_text(page, encoding="utf-8")


def _shown(heading: str, table: pd.DataFrame) -> dict[str, Any]:
    """Return a table as the page shows it: heads and cells with their kinds, and how many rows are left out."""
    kinds = ["number" if pd.api.types.is_numeric_dtype(table[name]) else "text" for name in table]
    rows = table.head(MOST_ROWS).itertuples(index=False)
    return {
        "heading": heading,
        "heads": list(zip(kinds, table, strict=True)),
        "rows": [[_cell(value, kind) for value, kind in zip(row, kinds, strict=True)] for row in rows],
        "left": max(len(table) - MOST_ROWS, 0),
    }


def _cell(value: object, kind: str) -> tuple[str, str]:
    """Return the kind of a cell and its words; figures in columns of words are figures."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return kind, "" if value is None or value is pd.NA else str(value)
    number = (
        "" if value != value else f"{value:,.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    )
    return "number", "0" if number == "-0" else number
