"""From a Program to what decomposition works on: rows that are priced or stay inside blocks, columns beside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from optimizer.methods.decompose.block import owner_of_group
from optimizer.methods.decompose.lots import lot_blocks
from optimizer.methods.decompose.master import Side
from optimizer.methods.decompose.pricing import Pricing, price
from optimizer.methods.decompose.projects import project_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Program
    from optimizer.methods.decompose.block import Blocks

MOST_REGIONS = 256
"""Cuts are kept for so many regions at most; beyond that, neighbours in code share them."""


@dataclass(frozen=True)
class Setup:
    """A Program taken apart.

    Attributes
    ----------
    pricing
        Moves and coupled rows.
    free
        Groups outside blocks, (groups,).
    blocks
        Families of blocks.
    side_columns
        Columns beside the moves that belong to no block.
    side
        The same as the dual sees them.
    """

    pricing: Pricing
    free: NDArray[np.bool_]
    blocks: tuple[Blocks, ...]
    side_columns: NDArray[np.int64]
    side: Side

    @property
    def partly(self) -> bool:
        """Whether land outside blocks may change in part, up to a limit; answers to prices would take all of it."""
        moves = self.pricing.program.moves
        part = (moves.upper > 0) & (moves.upper < 1) & ~moves.whole
        return bool(part.any()) and bool(self.free[moves.group_of(np.flatnonzero(part))].any())

    def start(self, multipliers: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
        """Return earlier multipliers of all rows as those of the coupled rows; None where they do not fit."""
        program = self.pricing.program
        if multipliers is None or len(multipliers) != program.n_rows:
            return None
        return multipliers[program.moves.n_groups + self.pricing.rows]


def set_up(program: Program, threads: int, regions: NDArray[np.int64] | None = None) -> Setup:
    """Take a Program apart; `regions` are the codes of those that hold land, where its own are a part of them."""
    moves = program.moves
    blocks = _blocks(program)
    private = np.zeros(program.n_rows - moves.n_groups, dtype=bool)
    free = np.ones(moves.n_groups, dtype=bool)
    inside = np.zeros(program.n_columns, dtype=bool)
    region = _regions(program, regions)
    for block in blocks:
        private[block.private_rows - moves.n_groups] = True
        free[block.groups] = False
        inside[block.columns] = True
        region[block.groups] = region[block.unit][owner_of_group(block)]
    pricing = price(program, private, region, threads)
    side_columns = len(moves) + np.flatnonzero(~inside[len(moves) :])
    return Setup(pricing, free, blocks, side_columns, _side(pricing, side_columns))


def _regions(program: Program, regions: NDArray[np.int64] | None) -> NDArray[np.int32]:
    """Return the block of each choice group: its region, numbered without holes."""
    moves = program.moves
    region = program.names.regions[moves.zone[moves.start[:-1]]]
    if regions is None:
        regions = np.unique(region)
    code = np.searchsorted(regions, region)
    shared = code if len(regions) <= MOST_REGIONS else code * MOST_REGIONS // len(regions)
    return shared.astype(np.int32)


def _blocks(program: Program) -> tuple[Blocks, ...]:
    """Return the families of blocks; a zone in a project is the project's."""
    projects = project_blocks(program)
    taken = np.zeros(0, dtype=np.int64) if projects is None else projects.groups
    return tuple(block for block in (projects, lot_blocks(program, taken)) if block is not None)


def _side(pricing: Pricing, columns: NDArray[np.int64]) -> Side:
    """Return the columns beside the moves as the dual sees them."""
    program = pricing.program
    others = columns - len(program.moves)
    least, most = (
        np.concatenate([np.zeros(0), *(getattr(family, side) for family in program.columns)])[others]
        for side in ("lower", "upper")
    )
    terms = sp.csc_array(pricing.terms[:, others])
    land = float(program.moves.group_area_ha.sum()) * reach(pricing)
    return Side(program.cost[columns], terms, least, implied(land, pricing.lower, terms, least, most))


def reach(pricing: Pricing) -> NDArray[np.float64]:
    """Return no less than what a hectare of any land fills of each coupled row, (coupled rows,)."""
    count, moves = pricing.weights.shape
    land = np.maximum(pricing.weights.max(axis=1).toarray().ravel(), 0.0) if moves else np.zeros(count)
    for family in pricing.local:
        land = land + abs(family.rollup).sum(axis=1) * float(np.abs(family.weight).max(initial=0.0))
    return land


def implied(
    land: NDArray[np.float64],
    lower: NDArray[np.float64],
    terms: sp.csc_array,
    least: NDArray[np.float64],
    most: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the most that each column can be, (columns,), where a row that only land fills says so; else infinite.

    Linked quota is such a column: no more can be given than is reclaimed. `land` is the most that all land fills of
    each coupled row, `lower` the rows' lower bounds.
    """
    if np.isfinite(most).all():
        return most
    entries = sp.coo_array(terms)
    row, column, value = entries.coords[0], entries.coords[1], entries.data
    alone = np.bincount(row, minlength=len(lower))[row] == 1
    says = alone & (value < 0) & np.isfinite(lower[row]) & np.isinf(most[column])
    limit = (land[row] - lower[row]) / np.abs(value)
    most = most.copy()
    np.minimum.at(most, column[says], np.maximum(limit[says], least[column[says]]))
    return most
