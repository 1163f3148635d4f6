"""One fault of many rows: the first are told one by one, then how many more there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from instances.faults import Fault
from instances.places import line_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

MOST_TOLD = 20
"""Rows with one fault that are told one by one: of a wrong column of a million rows the first say enough."""


def row_faults(
    place: str, rows: NDArray[np.int64], words: Callable[[int], str], hint: str, column: str, rest: str = "the same"
) -> Iterator[Fault]:
    """Yield the faults of some rows of the table at `place`, (rows,) from 0.

    `words` says what is wrong with a row; `rest` what is wrong with those that are only counted.
    """
    for row in rows[:MOST_TOLD]:
        yield Fault(place, words(int(row)), hint, line_of(place, int(row)), column)
    if len(rows) > MOST_TOLD:
        yield Fault(place, f"{len(rows) - MOST_TOLD:,} more rows: {rest}", hint, column=column)
