"""The quota rows of a Program, numbered from 0, and Programs that keep only some of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.merge import merge
from formulations.program import Objective

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from formulations.program import Matrix, Program, Quota

Unit = tuple[str, str]
"""What is named or left out as one: a quota row, a project, the lots of a zone, a region's linked quota."""

Key = tuple[str, ...]
"""What a quota row is known by, whichever moves exist: rule, id, region and what else its label says."""

KEY_FIELDS = ("id", "region", "period", "group", "grade", "part")

FEW_ROWS = 64
"""Up to so many rows, cells with the same part in all of them are made one before land is merged."""

LEAST_REACH = 0.01
"""Part of what a row could reach that it counts as its scale where its bound is smaller."""


def bare(program: Program) -> Program:
    """Return the Program without its objectives: land that no row tells apart then merges."""
    nothing = Objective("nothing", np.zeros(len(program.moves)), "")
    return replace(program, objectives={"nothing": nothing}, minimise={"nothing": 1.0})


def divisible(program: Program) -> Program:
    """Return the Program with parcels that may be split: for its LP relaxation alike parcels then merge."""
    return replace(program, moves=replace(program.moves, whole=np.zeros_like(program.moves.whole)))


def is_quota(quota: Quota) -> NDArray[np.bool_]:
    """Whether each row stands for a line of the quotas table, (rows,), which alone may be relaxed."""
    if "id" not in quota.labels:
        return np.zeros(len(quota), dtype=bool)
    if "part" not in quota.labels:
        return np.ones(len(quota), dtype=bool)
    return (quota.labels["part"] == "cap").to_numpy()


def keys_of(quota: Quota, places: Sequence[int] | None = None) -> list[Key]:
    """Return the key of each row of a family, or of some rows."""
    labels = quota.labels if places is None else quota.labels.iloc[list(places)]
    table = labels[[name for name in KEY_FIELDS if name in labels]].astype(str)
    return [(quota.rule, *values) for values in table.itertuples(index=False, name=None)]


def numbers_of(rows: QuotaRows) -> dict[Key, int]:
    """Return the number of each relaxable row by its key."""
    numbers = {}
    for family, quota in enumerate(rows.program.quotas):
        for place, key in enumerate(keys_of(quota)):
            number = int(rows.starts[family]) + place
            if rows.relaxable[number]:
                numbers[key] = number
    return numbers


@dataclass(frozen=True)
class QuotaRows:
    """The quota rows of a Program in one numbering; `matrix` is its flattened form."""

    program: Program
    matrix: Matrix

    @classmethod
    def of(cls, program: Program) -> QuotaRows:
        """Flatten a Program."""
        return cls(program, program.matrix())

    @property
    def first(self) -> int:
        """Position of quota row 0 in the matrix."""
        return self.program.moves.n_groups

    def __len__(self) -> int:
        return self.program.n_rows - self.first

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Number of the first row of each family, and one past the last."""
        return self.program.row_starts - self.first

    @cached_property
    def relaxable(self) -> NDArray[np.bool_]:
        """Whether each row may be relaxed, (rows,)."""
        return np.concatenate([np.zeros(0, dtype=bool), *(is_quota(quota) for quota in self.program.quotas)])

    @property
    def lower(self) -> NDArray[np.float64]:
        """Lower bounds."""
        return self.matrix.row_lower[self.first :]

    @property
    def upper(self) -> NDArray[np.float64]:
        """Upper bounds."""
        return self.matrix.row_upper[self.first :]

    @cached_property
    def scale(self) -> NDArray[np.float64]:
        """What a shortfall of each row is measured against: its bound in planning terms, in its own unit."""
        rows = self.matrix.rows[self.first :]
        finite = np.where(np.isfinite(self.lower), self.lower, np.where(np.isfinite(self.upper), self.upper, 0.0))
        stated = np.abs(finite + self._base)
        reach = np.asarray(abs(rows).sum(axis=1)).ravel() / max(self.program.n_columns / max(self.first, 1), 1.0)
        return np.maximum(np.maximum(stated, LEAST_REACH * reach), 1e-6)

    @cached_property
    def _base(self) -> NDArray[np.float64]:
        """What is there at present and lies in the bounds of stock rows; carbon's constant is left aside."""
        parts = [np.zeros(0)]
        for quota in self.program.quotas:
            has = "base" in quota.labels and quota.rule not in ("carbon_cap", "peak")
            parts.append(quota.labels["base"].to_numpy(dtype=float) if has else np.zeros(len(quota)))
        return np.concatenate(parts)

    def locate(self, row: int) -> tuple[Quota, int]:
        """Return the family of a row and its place there."""
        family = int(np.searchsorted(self.starts, row, side="right")) - 1
        return self.program.quotas[family], row - int(self.starts[family])

    def label(self, row: int) -> Mapping[str, object]:
        """Return the label of a row, empty fields left out."""
        quota, place = self.locate(row)
        return {str(name): value for name, value in quota.labels.iloc[place].items() if not pd.isna(value)}

    def unit_of(self, row: int) -> Unit:
        """Return what the row is named by."""
        quota, _ = self.locate(row)
        if self.relaxable[row]:
            return quota.rule, f"#{row}"
        label = self.label(row)
        return quota.rule, str(label.get("project", label.get("zone", label.get("region", ""))))

    def loosened(self, shortfall: NDArray[np.float64]) -> QuotaRows:
        """Return the rows with bounds that give way by some amount each, (rows,) in their units."""
        quotas = []
        for family, quota in enumerate(self.program.quotas):
            own = shortfall[self.starts[family] : self.starts[family + 1]]
            quotas.append(replace(quota, lower=quota.lower - own, upper=quota.upper + own))
        lower, upper = self.matrix.row_lower.copy(), self.matrix.row_upper.copy()
        lower[self.first :] -= shortfall
        upper[self.first :] += shortfall
        matrix = replace(self.matrix, row_lower=lower, row_upper=upper)
        return QuotaRows(replace(self.program, quotas=tuple(quotas)), matrix)

    def keep(self, rows: NDArray[np.int64]) -> Program:
        """Return the Program with only these quota rows, alike land merged; land that none counts may be split."""
        chosen = np.sort(rows)
        quotas = []
        for family, quota in enumerate(self.program.quotas):
            low, high = np.searchsorted(chosen, self.starts[family : family + 2])
            if high > low:
                quotas.append(restrict(quota, chosen[low:high] - self.starts[family]))
        moves = self.program.moves
        counted = np.zeros(moves.n_groups, dtype=bool)
        for quota in quotas:
            counted[moves.group[quota.index]] = True
        for patches in self.program.patches:
            counted[moves.group[patches.index[patches.index < len(moves)]]] = True
        moves = replace(moves, whole=moves.whole & counted[moves.group])
        return merge(replace(self.program, moves=moves, quotas=tuple(quotas))).program


def restrict(quota: Quota, rows: NDArray[np.int64]) -> Quota:
    """Return a family with only some rows, and only the moves that they count."""
    rollup = sp.csr_array(quota.rollup[rows])
    used = np.zeros(rollup.shape[1], dtype=bool)
    used[rollup.indices] = True
    inside = used[quota.cell]
    cell = quota.cell[inside]
    if len(rows) <= FEW_ROWS:
        distinct, of_cell = np.unique(rollup.toarray(), axis=1, return_inverse=True)
        cell, rollup = of_cell.ravel()[cell], sp.csr_array(distinct)
    return replace(
        quota,
        index=quota.index[inside],
        weight=quota.weight[inside],
        cell=cell,
        rollup=rollup,
        lower=quota.lower[rows],
        upper=quota.upper[rows],
        labels=quota.labels.iloc[rows].reset_index(drop=True),
        terms={family: sp.csr_array(terms[rows]) for family, terms in quota.terms.items()},
    )
