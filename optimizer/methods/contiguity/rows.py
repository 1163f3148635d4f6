"""Rows over cells, and how they join a Program as ordinary quotas."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.program import Quota

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from formulations.program import Program
    from optimizer.methods.contiguity.cells import Cells


@dataclass(frozen=True)
class Row:
    """A row `sum of coefficient x cell >= 0` over cells that are 1 where they become new land.

    Attributes
    ----------
    about
        The cell that the row is about.
    cells, coefficient
        Its terms, each cell once.
    """

    about: int
    cells: tuple[int, ...]
    coefficient: tuple[float, ...]


def needs(cell: int, others: Iterable[int]) -> Row:
    """Return the row that a cell is new land only where one of some others is."""
    members = tuple(others)
    return Row(cell, (cell, *members), (-1.0, *(1.0 for _ in members)))


def matrix_of(cells: Cells, rows: Sequence[Row]) -> sp.csr_array:
    """Return rows over the columns of the Program, (rows, columns)."""
    number = np.repeat(np.arange(len(rows)), [len(row.cells) for row in rows])
    cell = np.concatenate([np.zeros(0, dtype=np.int64), *(np.array(row.cells, dtype=np.int64) for row in rows)])
    value = np.concatenate([np.zeros(0), *(np.array(row.coefficient) for row in rows)])
    return sp.csr_array(sp.csr_array((value, (number, cell)), shape=(len(rows), len(cells))) @ cells.incidence)


def with_rows(program: Program, cells: Cells, rows: Sequence[Row]) -> Program:
    """Return the Program with more rows, a quota of the rule's name; the rows name their zones."""
    if not rows:
        return program
    return replace(program, quotas=(*program.quotas, quota_of(program, cells, rows)))


def quota_of(program: Program, cells: Cells, rows: Sequence[Row]) -> Quota:
    """Return rows over cells as a quota."""
    matrix, count = matrix_of(cells, rows), len(program.moves)
    land = sp.coo_array(matrix[:, :count])
    row, column = land.coords
    zones = program.names.zones.iloc[cells.node[[row.about for row in rows]]].to_numpy()
    return Quota(
        rule=cells.patches.rule,
        index=column.astype(np.int64),
        weight=land.data / program.moves.area_of(column.astype(np.int64)),
        cell=row.astype(np.int64),
        rollup=sp.csr_array(sp.eye_array(len(rows), format="csr")),
        lower=np.zeros(len(rows)),
        upper=np.full(len(rows), np.inf),
        labels=pd.DataFrame({**cells.patches.label, "zone": zones}),
        unit="1",
        terms={
            family.family: sp.csr_array(matrix[:, first : first + len(family)])
            for family in program.columns
            for first in [program.offsets[family.family]]
        },
    )
