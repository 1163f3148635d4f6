"""The small MIP over what a plan leaves open, with everything else as it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from formulations.program import Matrix
from optimizer.methods.decompose.block import owner_of_column, owner_of_group
from optimizer.methods.decompose.pieces import Pieces
from optimizer.methods.decompose.states import rows_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Program
    from optimizer.methods.decompose.block import Blocks
    from optimizer.methods.decompose.passes import Passes
    from optimizer.methods.decompose.states import States


@dataclass(frozen=True)
class Open:
    """What is open: pieces of free land, columns beside the moves, whole blocks, and states of blocks.

    Attributes
    ----------
    program
        The Program.
    free
        Pieces of land outside blocks.
    side
        Columns beside the moves that belong to no block.
    blocks
        Families of blocks, each with which of its blocks are open.
    states
        States among which other blocks choose.
    """

    program: Program
    free: Pieces
    side: NDArray[np.int64]
    blocks: tuple[tuple[Blocks, NDArray[np.bool_]], ...]
    states: tuple[States, ...] = ()

    @cached_property
    def pieces(self) -> Pieces:
        """All open land: the free pieces, then the groups of open blocks."""
        pieces = self.free
        for block, opened in self.blocks:
            groups = block.groups[opened[owner_of_group(block)]]
            if len(groups):
                pieces = pieces.joined(_as_pieces(self.program, groups))
        return pieces

    @cached_property
    def binaries(self) -> NDArray[np.int64]:
        """Binaries of the open blocks."""
        parts = [block.columns[opened[owner_of_column(block)]] for block, opened in self.blocks]
        return np.concatenate([np.zeros(0, dtype=np.int64), *parts])

    @cached_property
    def columns(self) -> NDArray[np.int64]:
        """Open columns beside the moves."""
        return np.concatenate([self.side, self.binaries, *(family.columns for family in self.states)]).astype(np.int64)

    @property
    def n_states(self) -> int:
        """Number of states."""
        return sum(map(len, self.states))


def _as_pieces(program: Program, groups: NDArray[np.int64]) -> Pieces:
    moves = program.moves
    length = np.diff(moves.start)[groups]
    start = np.concatenate([[0], np.cumsum(length)])
    taken = np.repeat(moves.start[groups] - start[:-1], length) + np.arange(start[-1])
    none = np.full(len(groups), -1, dtype=np.int64)
    return Pieces(groups, none, moves.group_area_ha[groups], moves.whole[moves.start[groups]], start, taken)


def open_matrix(passes: Passes, opened: Open, shares: NDArray[np.float64]) -> Matrix:
    """Return the MIP over the moves of the open pieces, the open columns, then the states.

    `shares` are those of all else.
    """
    pricing, program = passes.pricing, opened.program
    pieces, columns, states = opened.pieces, opened.columns, opened.states
    moves, area = pieces.moves, pieces.area[pieces.of_move]
    others = columns - len(program.moves)
    fixed = pricing.activity(shares)
    width = len(moves) + len(columns) + opened.n_states
    choice = sp.csr_array((np.ones(len(moves)), np.arange(len(moves)), pieces.start), shape=(len(pieces), width))
    usage = (family.usage for family in states)
    coupled = sp.hstack([pricing.columns(moves, area), pricing.terms[:, others], *usage], format="csr")
    private, private_lower, private_upper = _private(opened)
    ties, tied = rows_of(program, states, columns, len(moves))
    limits = [
        np.concatenate([getattr(family, side) for family in program.columns] or [np.zeros(0)])
        for side in ("lower", "upper")
    ]
    one, all_states = np.ones(len(pieces)), np.ones(opened.n_states)
    whole = [family.whole for family in states]
    integer = np.concatenate([pieces.whole[pieces.of_move], program.integer[columns], *whole])
    upper = np.concatenate([program.moves.upper[moves], limits[1][others], all_states])
    upper[integer] = np.floor(upper[integer] + 1e-9)
    return Matrix(
        rows=sp.csr_array(sp.vstack([choice, coupled, private, ties], format="csr")),
        row_lower=np.concatenate([one, pricing.lower - fixed, private_lower, tied]),
        row_upper=np.concatenate([one, pricing.upper - fixed, private_upper, tied]),
        lower=np.concatenate([np.zeros(len(moves)), limits[0][others], 0.0 * all_states]),
        upper=upper,
        cost=np.concatenate([pricing.cost[moves] * area, program.cost[columns], *(family.cost for family in states)]),
        integer=integer,
    )


def _private(opened: Open) -> tuple[sp.csr_array, NDArray[np.float64], NDArray[np.float64]]:
    """Return the rows that hold inside the open blocks."""
    program, columns = opened.program, opened.columns
    kept = np.concatenate([opened.pieces.moves, columns])
    width = len(kept) + opened.n_states
    place = np.full(program.n_columns, -1, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    rows, lower, upper = [sp.csr_array((0, width))], [np.zeros(0)], [np.zeros(0)]
    of_blocks = np.zeros(program.n_rows, dtype=bool)
    for block, _ in opened.blocks:
        of_blocks[block.private_rows] = True
    open_columns = np.zeros(program.n_columns, dtype=bool)
    open_columns[opened.binaries] = True
    for number, quota in enumerate(program.quotas):
        private = of_blocks[program.row_starts[number] : program.row_starts[number + 1]]
        if not private.any():
            continue
        touched = np.zeros(len(quota), dtype=bool)
        for family, terms in quota.terms.items():
            first = program.offsets[family]
            touched |= abs(terms) @ open_columns[first : first + terms.shape[1]].astype(float) > 0
        chosen = np.flatnonzero(private & touched)
        rows.append(_reduced(program, number, chosen, place, width))
        lower.append(quota.lower[chosen])
        upper.append(quota.upper[chosen])
    return sp.csr_array(sp.vstack(rows, format="csr")), np.concatenate(lower), np.concatenate(upper)


def _reduced(
    program: Program, number: int, chosen: NDArray[np.int64], place: NDArray[np.int64], width: int
) -> sp.csr_array:
    """Return some rows of a family over the open columns only."""
    full = sp.coo_array(program.quota_rows(program.quotas[number])[chosen])
    column = place[full.coords[1]]
    there = column >= 0
    return sp.csr_array(
        sp.coo_array((full.data[there], (full.coords[0][there], column[there])), shape=(len(chosen), width))
    )
