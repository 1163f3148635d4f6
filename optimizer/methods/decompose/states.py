r"""Blocks that choose among answers they gave to prices, instead of deciding all their land anew.

.. math:: \sum_s \lambda_{bs} = 1,\qquad \sum_s \beta_{bs}\,\lambda_{bs} = v_b,\qquad \lambda \ge 0,\ v_b \in \{0, 1\}

:math:`\lambda_{bs}` is the part of state s, whose land and binaries :math:`\beta` keep the private rows of block b, so
these rows are not needed. With :math:`v_b` whole, all states in use have the same binaries: between them divisible
land may be mixed. Blocks with land that changes as a whole take one state.

A block of thousands of moves becomes a few columns. The states of the passes that the dual's optimum rests on contain
a mix that keeps every coupled row (Dantzig and Wolfe 1960, doi:10.1287/opre.8.1.101), so only whole binaries are left
to find.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from optimizer.methods.decompose.block import owner_of_column, owner_of_group

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from formulations.program import Program
    from optimizer.methods.decompose.block import Answers, Blocks
    from optimizer.methods.decompose.pricing import Pricing


@dataclass(frozen=True)
class States:
    """States of some blocks of a family.

    Attributes
    ----------
    blocks
        The blocks that choose, numbers in their family, (blocks,).
    owner
        Place in `blocks` of each state, (states,).
    moves, share, state
        What each state takes: moves (columns of the Program), shares of them, and the state, (entries,).
    columns, column_owner
        The binaries of the blocks, columns of the Program, and the place in `blocks` of each, (c,).
    binaries
        Value of each binary in each state, (c, states).
    usage
        What the land of each state uses of the coupled rows, (coupled rows, states).
    cost
        Plain cost of the land of each state, (states,).
    whole
        Whether a block takes one state only, (states,).
    """

    blocks: NDArray[np.int64]
    owner: NDArray[np.int64]
    moves: NDArray[np.int64]
    share: NDArray[np.float64]
    state: NDArray[np.int64]
    columns: NDArray[np.int64]
    column_owner: NDArray[np.int64]
    binaries: sp.csr_array
    usage: sp.csc_array
    cost: NDArray[np.float64]
    whole: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.owner)

    def spread(self, parts: NDArray[np.float64], shares: NDArray[np.float64]) -> None:
        """Write the land of the blocks to `shares`, (columns of the Program,), which holds their binaries.

        `parts` are those of the states; crumbs of states with other binaries, left by a solver's tolerance, are swept
        up.
        """
        held = np.round(shares[self.columns])
        opened = np.bincount(self.column_owner, held, minlength=len(self.blocks))[self.owner]
        agree = (self.binaries.T @ held == opened) & (self.binaries.sum(axis=0) == opened)
        parts = np.where(self.whole, np.round(parts), parts)
        parts = np.where(agree, np.maximum(parts, 0.0), 0.0)
        parts = parts / np.bincount(self.owner, parts, minlength=len(self.blocks))[self.owner]
        np.add.at(shares, self.moves, parts[self.state] * self.share)


def states_of(
    pricing: Pricing, family: Blocks, answers: Sequence[Answers], marked: Sequence[NDArray[np.bool_]]
) -> States:
    """Return the states of blocks that some answers give; `marked` tells for each which blocks take part, (blocks,)."""
    program = pricing.program
    blocks = np.flatnonzero(np.any(marked, axis=0))
    place = np.full(len(family.unit), -1, dtype=np.int64)
    place[blocks] = np.arange(len(blocks))
    owner_of = np.full(program.moves.n_groups, -1, dtype=np.int64)
    owner_of[family.groups] = owner_of_group(family)
    of_column = owner_of_column(family)
    owners, entries, binaries, count = [], [], [], 0
    for answer, mark in zip(answers, marked, strict=True):
        chosen = np.flatnonzero(mark)
        number = np.full(len(mark), -1, dtype=np.int64)
        number[chosen] = count + np.arange(len(chosen))
        moves, share = answer.moves
        group = program.moves.group_of(moves)
        state = number[owner_of[group]]
        kept = state >= 0
        entries.append((moves[kept], share[kept], state[kept], program.moves.group_area_ha[group[kept]]))
        column = np.flatnonzero((number[of_column] >= 0) & (answer.binaries > 0))
        binaries.append((column, number[of_column[column]]))
        owners.append(place[chosen])
        count += len(chosen)
    moves, share, state, area = (np.concatenate(side) for side in zip(*entries, strict=True))
    used = np.flatnonzero(place[of_column] >= 0)
    column, in_state = (np.concatenate(side) for side in zip(*binaries, strict=True))
    whole = np.zeros(len(family.unit), dtype=bool)
    whole[owner_of_group(family)[program.moves.whole[program.moves.start[family.groups]]]] = True
    owner = np.concatenate(owners)
    hectares = share * area
    shape = (len(used), count)
    return States(
        blocks=blocks,
        owner=owner,
        moves=moves,
        share=share,
        state=state,
        columns=family.columns[used],
        column_owner=place[of_column[used]],
        binaries=sp.csr_array((np.ones(len(column)), (np.searchsorted(used, column), in_state)), shape=shape),
        usage=_usage(pricing, moves, hectares, state, count),
        cost=np.bincount(state, pricing.cost[moves] * hectares, minlength=count).astype(float),
        whole=whole[blocks[owner]],
    )


def _usage(
    pricing: Pricing, moves: NDArray[np.int64], hectares: NDArray[np.float64], state: NDArray[np.int64], count: int
) -> sp.csc_array:
    by_kind = sp.csc_array((hectares, (pricing.kind[moves], state)), shape=(pricing.n_kinds, count))
    usage = pricing.weights @ by_kind
    for family in pricing.local:
        entries = (family.weight[moves] * hectares, (family.cell[moves], state))
        usage = usage + family.rollup @ sp.csc_array(entries, shape=(family.rollup.shape[1], count))
    return sp.csc_array(usage)


def rows_of(
    program: Program, states: Sequence[States], columns: NDArray[np.int64], before: int
) -> tuple[sp.csr_array, NDArray[np.float64]]:
    """Return the rows that tie states to binaries, over `before` other columns, `columns` and the states; and bounds.

    Each block takes states that add to one, and its binaries are those of its states.
    """
    place = np.full(program.n_columns, -1, dtype=np.int64)
    place[columns] = before + np.arange(len(columns))
    first = before + len(columns)
    total = first + sum(map(len, states))
    rows, bounds = [sp.csr_array((0, total))], [np.zeros(0)]
    for family in states:
        one = np.ones(len(family))
        own = first + np.arange(len(family))
        rows.append(sp.csr_array((one, (family.owner, own)), shape=(len(family.blocks), total)))
        link = sp.coo_array(family.binaries)
        count = len(family.columns)
        data = np.concatenate([link.data, -np.ones(count)])
        at = (
            np.concatenate([link.coords[0], np.arange(count)]),
            np.concatenate([first + link.coords[1], place[family.columns]]),
        )
        rows.append(sp.csr_array((data, at), shape=(count, total)))
        bounds += [np.ones(len(family.blocks)), np.zeros(count)]
        first += len(family)
    return sp.csr_array(sp.vstack(rows, format="csr")), np.concatenate(bounds)
