"""Tables of the page as written cells: figures of scenarios side by side, each with its difference to the reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.report.text import significant
from optimizer.studies.compare.differences import LESS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from optimizer.studies.compare.gather import Gathered, Outcome

FIGURES = 6
"""Significant figures of amounts."""


@dataclass(frozen=True)
class Cell:
    """A figure, a smaller one below it, and how it looks: a class of the style sheet."""

    value: str
    note: str = ""
    look: str = ""


@dataclass(frozen=True)
class Grid:
    """A table: heads, how many of its columns are words, and rows of cells; `more` rows are left out."""

    heads: tuple[str, ...]
    words: int
    rows: tuple[tuple[Cell, ...], ...]
    strong: frozenset[int] = frozenset()
    more: int = 0


def figure_grid(
    table: pd.DataFrame,
    heads: Sequence[str],
    label: Callable[[pd.Series], Sequence[str]],
    shown: Sequence[tuple[str, str]],
    reference: str,
    words: int,
    scale: Callable[[pd.Series], float] = lambda row: 1.0,
    total: str = "",
) -> Grid:
    """Return a table of scenarios side by side.

    Parameters
    ----------
    heads, label
        Heads of the first columns, and what stands in them in a row; the first `words` of them hold words.
    shown
        Names and titles of the scenarios that are shown.
    scale
        What figures of a row are multiplied by.
    total
        Name of a last row with the sums; empty for none.
    """
    rows = [
        (*(Cell(words) for words in label(row)), *_figures(row, shown, reference, scale(row)))
        for _, row in table.iterrows()
    ]
    if total:
        sums = table.sum(numeric_only=True)
        blank = [Cell("")] * (len(heads) - 1)
        first = table.iloc[0] if len(table) else sums
        rows.append((Cell(total), *blank, *_figures(sums, shown, reference, scale(first))))
    strong = frozenset([len(rows) - 1]) if total else frozenset()
    return Grid((*heads, *(title for _, title in shown)), words, tuple(rows), strong)


def _figures(row: pd.Series, shown: Sequence[tuple[str, str]], reference: str, scale: float) -> list[Cell]:
    cells = []
    for name, _ in shown:
        less = row.get(f"{name}{LESS}{reference}", np.nan)
        value = row.get(name, np.nan)
        note = "" if not np.isfinite(less) or name == reference else _signed(less * scale, value * scale)
        cells.append(Cell(significant(float(value) * scale, FIGURES), note))
    return cells


def _signed(less: float, beside: float) -> str:
    """Write a difference as fine as the value beside it; what is smaller than that counts as none."""
    if abs(less) <= 1e-9 * max(abs(beside), 1e-12):
        return "="
    return significant(float(less), 4, signed=True)


def shown_of(study: Gathered, lang: str) -> list[tuple[str, str]]:
    """Return names and titles of the scenarios that are shown side by side: those with a plan, the reference first."""
    first = [study.reference] if study.reference.has_plan else []
    rest: list[Outcome] = [one for one in study.named if one.has_plan and one is not study.reference]
    return [(one.name, one.scenario.title(lang)) for one in (*first, *rest)]
