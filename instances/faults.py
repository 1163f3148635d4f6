"""What is wrong with an input, said once and in full: file, table, row, column, what to do.

输入错误：一次列出全部问题，并说明如何改正。
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Fault:
    """One thing wrong with an input.

    `row` is the line of a CSV file (the header is line 1) or the record number of any other
    file, None where the fault is not in a row. `hint` says what to do. `zh` is message and hint
    in Chinese, for what Chinese pages show; empty where there is only English.
    """

    where: str
    message: str
    hint: str = ""
    row: int | None = None
    column: str = ""
    zh: str = ""

    def __str__(self) -> str:
        return self.told("en")

    def told(self, lang: str) -> str:
        """Return the fault in a line: `zh` or `en`."""
        parts = (
            ("，第 {} 行", "，列 {}", "：", "（{}）") if lang == "zh" else (", row {}", ", column {}", ": ", " ({})")
        )
        row, column, colon, hint = parts
        place = self.where
        if self.row is not None:
            place += row.format(self.row)
        if self.column:
            place += column.format(self.column)
        english = self.message + (hint.format(self.hint) if self.hint else "")
        return place + colon + (self.zh if lang == "zh" and self.zh else english)


class InstanceError(ValueError):
    """An input cannot be used; carries every `Fault` found."""

    def __init__(self, faults: Iterable[Fault]):
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def raise_if_any(faults: Iterable[Fault]) -> None:
    """Raise InstanceError if there is any fault."""
    found = tuple(faults)
    if found:
        raise InstanceError(found)
