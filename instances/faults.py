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
    file, None where the fault is not in a row. `hint` says what to do.
    """

    where: str
    message: str
    hint: str = ""
    row: int | None = None
    column: str = ""

    def __str__(self) -> str:
        place = self.where
        if self.row is not None:
            place += f", row {self.row}"
        if self.column:
            place += f", column {self.column}"
        return f"{place}: {self.message}" + (f" ({self.hint})" if self.hint else "")


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
