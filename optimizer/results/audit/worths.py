"""The multipliers beside a plan, matched with the rows that the audit reads from quotas.csv.

A multiplier counts on the side of its sign: above 0 on the lower limit of a row, below 0 on the upper. On a
side that the row does not have it counts as 0, so that any multipliers prove a bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from optimizer.results.audit.files import Names, RawTable, read_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from optimizer.results.audit.lines import Books, Line
    from optimizer.results.audit.tables import Quota

    LinesOf = Mapping[str, Callable[[Books, Quota], list[Line]]]

FILE = "multipliers.parquet"
PROJECTS, LOTS, USER = "restoration_project", "minimum_lot", "user:"


@dataclass(frozen=True)
class Worths:
    """Lines of the table of multipliers: `worth`, and `rule` as a place in `rules`; `table` keeps the other columns."""

    table: RawTable
    rules: tuple[str, ...]
    rule: np.ndarray
    worth: np.ndarray

    def of(self, *rules: str) -> np.ndarray:
        """Return the places of the lines of some rules in the table."""
        return np.flatnonzero(np.isin(self.rule, [code for code, rule in enumerate(self.rules) if rule in rules]))

    def of_family(self, beginning: str) -> np.ndarray:
        """Return the places of the lines of rules that begin so."""
        return self.of(*(rule for rule in self.rules if rule.startswith(beginning)))

    def take(self, places: np.ndarray) -> Worths:
        """Return some of the lines."""
        table = RawTable(self.table.path, self.table.data.take(places))
        return Worths(table, self.rules, self.rule[places], self.worth[places])


def read_worths(folder: Path) -> Worths | None:
    """Read the multipliers of a plan; None where there are none. A number that is not finite is an AuditInputError."""
    path = folder / FILE
    if not path.is_file():
        return None
    table = read_table(path)
    rules = Names(pc.unique(table.data["rule"]) if table.has("rule") else pa.array([], pa.string()))
    names = tuple(rules.label(code) for code in range(len(rules)))
    return Worths(table, names, table.codes("rule", rules), table.numbers("worth"))


def priced_lines(
    books: Books, worths: Worths, lines_of: LinesOf, elsewhere: tuple[str, ...]
) -> tuple[list[tuple[Line, float]], int]:
    """Return the quota rows whose multiplier counts, each with it, and how many lines name no row.

    Rows of rules that begin with one of `elsewhere` are matched elsewhere.
    """
    chosen = worths.take(worths.of(*lines_of))
    unknown = len(worths.worth) - len(chosen.worth) - sum(len(worths.of_family(name)) for name in elsewhere)
    priced = []
    quotas = {(row.rule, row.id): row for row in books.land.quotas if books.settings.on(row.rule)}
    lines: dict[tuple[str, str], dict[tuple[int, str, int], Line]] = {}
    keys = zip(
        [chosen.rules[code] for code in chosen.rule],
        chosen.table.text("id"),
        chosen.table.integers("period").tolist(),
        chosen.table.text("part"),
        chosen.table.integers("grade").tolist(),
        chosen.worth.tolist(),
        strict=True,
    )
    for rule, name, year, part, grade, worth in keys:
        if (rule, name) not in lines:
            quota = quotas.get((rule, name))
            rows = lines_of[rule](books, quota) if quota is not None else []
            lines[rule, name] = {(books.settings.periods[row.period], row.part, row.grade): row for row in rows}
        line = lines[rule, name].get((year, part, grade))
        if line is None:
            unknown += 1
        elif counts(worth, line.sense):
            priced.append((line, worth))
    return priced, unknown


def counts(worth: float, sense: str) -> bool:
    """Tell whether a row has the side that a multiplier is on."""
    return sense == "==" or (worth > 0) == (sense == ">=")
