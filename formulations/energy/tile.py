"""Repeating rows by arrays: entries of a row that is written once, and which copies of their columns they meet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Rows:
    """How many rows are written once, and how many copies there are."""

    count: int
    copies: int


@dataclass(frozen=True)
class Linked:
    """Entries (entries,) of rows written once that lie on one family of columns, or are constant (`family` None).

    Attributes
    ----------
    row, value, column
        Row, coefficient and member of the family.
    width
        Members of the family.
    link
        (copies, copies of the family): which copies of a column each copy of the row meets, and how much of it.
    factor, constant
        (copies, entries): what the coefficient is multiplied by; what a constant entry is worth.
    """

    family: str | None
    row: NDArray[np.integer]
    value: NDArray[np.float64]
    column: NDArray[np.integer] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    width: int = 0
    link: sp.csr_array | None = None
    factor: NDArray[np.float64] | None = None
    constant: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Repeated:
    """All copies of some rows: a matrix by family (copies x rows, copies x members), and what is constant in them."""

    blocks: dict[str, sp.csr_array]
    constant: NDArray[np.float64]


def repeat_rows(rows: Rows, linked: Sequence[Linked]) -> Repeated:
    """Repeat rows over their copies, copy by copy."""
    constant = np.zeros((rows.copies, rows.count))
    entries: dict[str, list[sp.coo_array]] = {}
    for one in linked:
        if one.family is None:
            assert one.constant is not None
            np.add.at(constant.T, one.row, (one.constant * one.value).T)
        else:
            entries.setdefault(one.family, []).append(_entries(rows, one))
    blocks = {}
    for family, parts in entries.items():
        block = sp.csr_array(parts[0])
        for part in parts[1:]:
            block = block + sp.csr_array(part)
        blocks[family] = block
    return Repeated(blocks, constant.ravel())


def _entries(rows: Rows, one: Linked) -> sp.coo_array:
    """Return every entry of every copy on one family."""
    assert one.link is not None
    link = sp.coo_array(one.link)
    row = (link.row[:, None].astype(np.int64) * rows.count + one.row).ravel()
    column = (link.col[:, None].astype(np.int64) * one.width + one.column).ravel()
    value = link.data[:, None] * one.value
    if one.factor is not None:
        value = value * one.factor[link.row]
    value = value.ravel()
    kept = value != 0
    shape = (rows.copies * rows.count, one.link.shape[1] * one.width)
    return sp.coo_array((value[kept], (row[kept], column[kept])), shape=shape)
