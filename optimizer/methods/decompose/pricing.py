r"""Moves seen from the multipliers: what each costs once the rows it touches are priced.

A move's weights in the coupled rows hardly ever differ from those of its like: same present and new class, region,
period, grade. So moves are sorted once into *kinds* (same weights in every coupled row, same block), and prices are
kept for kinds:

.. math:: c_m - \sum_r y_r w_{r,m} = c_m - p_{k(m)},\qquad p = W^T y

Weights that differ from parcel to parcel (a budget over local costs) stay with the moves and are priced beside.
A *block* is what cuts are kept for: a leaf region, or a set of choice groups that decide together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from optimizer.methods.decompose import kernels
from optimizer.methods.decompose.threads import share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Program, Quota

SAMPLE = 4096
"""Entries of a family looked at to tell whether its weights repeat."""

MANY = 0.1
"""Share of different weights among them above which a family is priced move by move."""

FIRST_GUESS = 1 << 16


@dataclass(frozen=True)
class Local:
    """A family of rows whose weights differ from move to move: `weight` (moves,), zero where absent, and `cell`."""

    weight: NDArray[np.float64]
    cell: NDArray[np.int32]
    rollup: sp.csr_array
    """(coupled rows, cells)."""


@dataclass(frozen=True)
class Land:
    """Some moves as prices see them: cost per hectare, kind, hectares; weight and cell in each `Local` family."""

    cost: NDArray[np.float64]
    kind: NDArray[np.int32]
    area: NDArray[np.float64]
    local: tuple[tuple[NDArray[np.float64], NDArray[np.int32]], ...]


@dataclass(frozen=True)
class Pricing:
    """A Program as its multipliers see it.

    Attributes
    ----------
    cost
        What is minimised, per hectare of each move, (moves,).
    kind
        Kind of each move, (moves,).
    weights
        Weight per hectare of each kind in each coupled row, (coupled rows, kinds).
    local
        Families that are priced move by move.
    terms
        Coefficients of the columns beside the moves in the coupled rows, (coupled rows, other columns).
    lower, upper
        Bounds of the coupled rows.
    rows
        Place of each coupled row among all quota rows.
    block
        Block of each choice group, (groups,).
    block_of_kind
        Block of each kind, (kinds,).
    n_blocks
        Number of blocks.
    """

    program: Program
    cost: NDArray[np.float64]
    kind: NDArray[np.int32]
    weights: sp.csc_array
    local: tuple[Local, ...]
    terms: sp.csc_array
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    rows: NDArray[np.int64]
    block: NDArray[np.int32]
    block_of_kind: NDArray[np.int32]
    n_blocks: int

    @property
    def n_rows(self) -> int:
        """Number of coupled rows."""
        return len(self.lower)

    @property
    def n_kinds(self) -> int:
        """Number of kinds of moves."""
        return self.weights.shape[1]

    @cached_property
    def by_kind(self) -> sp.csr_array:
        """The weights turned, (kinds, coupled rows)."""
        return sp.csr_array(self.weights.T)

    def prices(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what a hectare of each kind is worth at the multipliers, (kinds,)."""
        return self.by_kind @ y

    def cost_at(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the cost of each move less what is priced move by move, (moves,)."""
        cost = self.cost
        for family in self.local:
            cost = cost - family.weight * (family.rollup.T @ y)[family.cell]
        return cost

    def priced(self, y: NDArray[np.float64], moves: Land) -> NDArray[np.float64]:
        """Return the priced cost of shares of some moves."""
        per_ha = moves.cost - self.prices(y)[moves.kind]
        for family, (weight, cell) in zip(self.local, moves.local, strict=True):
            worth = family.rollup.T @ y
            if worth.any():
                per_ha -= weight * worth[cell]
        per_ha *= moves.area
        return per_ha

    def land(self, moves: NDArray[np.int64]) -> Land:
        """Return what prices of some moves need, side by side."""
        local = tuple((family.weight[moves], family.cell[moves]) for family in self.local)
        return Land(self.cost[moves], self.kind[moves], self.program.moves.area_of(moves), local)

    def columns(self, moves: NDArray[np.int64], area: NDArray[np.float64]) -> sp.csc_array:
        """Return the coupled rows over shares of some moves, (coupled rows, given moves); `area` hectares each."""
        block = self.weights[:, self.kind[moves]]
        for family in self.local:
            count = len(moves)
            entries = (family.weight[moves], (family.cell[moves], np.arange(count)))
            block = block + family.rollup @ sp.csc_array(entries, shape=(family.rollup.shape[1], count))
        return sp.csc_array(block @ sp.diags_array(area))

    def activity(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the value of every coupled row for given columns of the Program, (coupled rows,)."""
        count = len(self.program.moves)
        taken = np.flatnonzero(shares[:count])
        hectares = shares[taken] * self.program.moves.area_of(taken)
        total = self.weights @ np.bincount(self.kind[taken], hectares, minlength=self.n_kinds)
        for family in self.local:
            amount = np.bincount(family.cell[taken], family.weight[taken] * hectares, minlength=family.rollup.shape[1])
            total = total + family.rollup @ amount
        return total + self.terms @ shares[count:]

    def multipliers(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the multipliers of all rows of the Program: zero for groups and for rows kept inside blocks."""
        whole = np.zeros(self.program.n_rows)
        whole[self.program.moves.n_groups + self.rows] = y
        return whole


def price(program: Program, private: NDArray[np.bool_], block: NDArray[np.int32], threads: int = 1) -> Pricing:
    """Sort the moves of a Program into kinds.

    `private` marks the quota rows that blocks keep inside, (quota rows,); `block` is (groups,).
    """
    families = _coupled(program, private)
    kind, firsts = _kinds(program, [family for family in families if not family.is_local], block, threads)
    weights = _stack([_weights(family, kind, firsts) for family in families], len(firsts))
    coupled = np.flatnonzero(~private)
    lower, upper = (
        np.concatenate([np.zeros(0), *(getattr(quota, side) for quota in program.quotas)])[coupled]
        for side in ("lower", "upper")
    )
    per_ha = np.zeros(len(program.moves))
    for name, weight in program.minimise.items():
        if weight:
            per_ha += weight * program.objectives[name].per_ha
    first_group = np.searchsorted(program.moves.start, firsts, side="right") - 1
    return Pricing(
        program=program,
        cost=per_ha,
        kind=kind,
        weights=weights,
        local=tuple(_local(family, families, len(program.moves)) for family in families if family.is_local),
        terms=_terms(program, coupled),
        lower=lower,
        upper=upper,
        rows=coupled,
        block=block,
        block_of_kind=block[first_group],
        n_blocks=int(block.max(initial=0)) + 1,
    )


@dataclass(frozen=True)
class _Family:
    quota: Quota
    number: int
    rollup: sp.csr_array
    """Rows of the family that are coupled only."""
    is_local: bool


def _coupled(program: Program, private: NDArray[np.bool_]) -> list[_Family]:
    """Return the families that have coupled rows."""
    ends = np.cumsum([0, *map(len, program.quotas)])
    families = []
    for number, quota in enumerate(program.quotas):
        kept = np.flatnonzero(~private[ends[number] : ends[number + 1]])
        if len(kept):
            rollup = quota.rollup if len(kept) == len(quota) else quota.rollup[kept]
            families.append(_Family(quota, number, sp.csr_array(rollup), _differs(quota)))
    return families


def _differs(quota: Quota) -> bool:
    """Whether the weights of a family differ from move to move, and each move has one of them."""
    count = len(quota.weight)
    sample = quota.weight[:: max(count // SAMPLE, 1)]
    if len(sample) <= SAMPLE / 4 or len(np.unique(sample)) <= MANY * len(sample):
        return False
    return int(np.bincount(quota.index).max()) == 1


def _kinds(
    program: Program, families: list[_Family], block: NDArray[np.int32], threads: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the kind of each move, and the first move of each kind."""
    moves = program.moves
    start = np.asarray(moves.start, dtype=np.int64)
    hashes = np.empty(len(moves), dtype=np.uint64)
    share(lambda a, b: kernels.seed_hash(a, b, start, block, hashes), moves.n_groups, threads)
    for family in families:
        quota, salt = family.quota, family.number + 1
        # Entries of one move may lie in two chunks, so a family is one thread's work.
        kernels.add_entries(0, len(quota.index), quota.index, quota.weight, quota.cell, salt, hashes)
    kind = np.empty(len(moves), dtype=np.int32)
    for most in (FIRST_GUESS, 16 * FIRST_GUESS, len(moves)):
        firsts = np.empty(min(most, len(moves)), dtype=np.int64)
        count = kernels.number_alike(hashes, kind, firsts)
        if count >= 0:
            return kind, firsts[:count]
    raise AssertionError("there are no more kinds than moves")


def _weights(family: _Family, kind: NDArray[np.int32], firsts: NDArray[np.int64]) -> sp.csr_array:
    """Return the weights of the kinds in the coupled rows of a family, (rows, kinds)."""
    rollup, quota = family.rollup, family.quota
    shape = (rollup.shape[1], len(firsts))
    if family.is_local or not len(quota.index):
        return sp.csr_array((rollup.shape[0], len(firsts)))
    nothing = np.zeros(0, dtype=np.int64)
    args = (quota.index, quota.cell, quota.weight, kind, firsts)
    count = kernels.entries_of_first(*args, nothing, nothing, np.zeros(0))
    kinds, cells, weights = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count)
    kernels.entries_of_first(*args, kinds, cells, weights)
    return sp.csr_array(rollup @ sp.coo_array((weights, (cells, kinds)), shape=shape).tocsr())


def _stack(blocks: list[sp.csr_array], kinds: int) -> sp.csc_array:
    return sp.csc_array(sp.vstack(blocks, format="csc")) if blocks else sp.csc_array((0, kinds))


def _local(family: _Family, families: list[_Family], moves: int) -> Local:
    """Spread the entries of a family over all moves; its rollup stands among all coupled rows."""
    quota = family.quota
    weight, cell = np.zeros(moves), np.zeros(moves, dtype=np.int32)
    weight[quota.index], cell[quota.index] = quota.weight, quota.cell
    parts = [
        other.rollup if other is family else sp.csr_array((other.rollup.shape[0], family.rollup.shape[1]))
        for other in families
    ]
    return Local(weight, cell, sp.csr_array(sp.vstack(parts, format="csr")))


def _terms(program: Program, coupled: NDArray[np.int64]) -> sp.csc_array:
    """Return the coupled rows over the columns beside the moves."""
    rows, width = sum(map(len, program.quotas)), sum(map(len, program.columns))
    place = {family.family: program.offsets[family.family] - len(program.moves) for family in program.columns}
    row_ends = np.cumsum([0, *map(len, program.quotas)])
    entries: list[tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]] = []
    for number, quota in enumerate(program.quotas):
        for family, terms in quota.terms.items():
            part = sp.coo_array(terms)
            entries.append((part.data, part.row + row_ends[number], part.col + place[family]))  # type: ignore[arg-type]
    if not entries:
        return sp.csc_array((len(coupled), width))
    data, row, column = (np.concatenate(side) for side in zip(*entries, strict=True))
    return sp.csc_array(sp.csr_array((data, (row, column)), shape=(rows, width))[coupled])
