"""What choice groups that decide together answer to prices: the contract of every exact subproblem.

A block is a set of choice groups and binaries (columns beside the moves) that share no group and no binary with
another block. Its *private rows* hold inside its answers, so they are not priced.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.moves import Moves


@dataclass(frozen=True)
class Answers:
    """The cheapest answers of a family of blocks.

    Attributes
    ----------
    value
        Priced cost of each block's answer, (blocks,). No answer of the block costs less.
    moves
        Moves that are taken, as columns of the Program, and their shares; (taken,) each.
    binaries
        Value of each binary, aligned with `columns` of the blocks.
    regret
        What each binary adds where it takes its other value, (columns,): with it so, the block costs at least
        `value + regret`. Infinite where it cannot take the other value.
    exact
        Whether each answer keeps every private row and whole share, (blocks,): then `value` is the minimum. Where it
        does not, `value` is only a lower bound on it.
    """

    value: NDArray[np.float64]
    moves: tuple[NDArray[np.int64], NDArray[np.float64]]
    binaries: NDArray[np.float64]
    regret: NDArray[np.float64]
    exact: NDArray[np.bool_]


@dataclass(frozen=True)
class Blocks(ABC):
    """A family of blocks that decide apart from each other.

    Attributes
    ----------
    groups
        Choice groups that belong to the blocks, those of one block together, (k,).
    moves
        Columns of the moves of these groups, in their order, (m,).
    columns
        Columns of the Program that are the blocks' binaries, (c,).
    private_rows
        Rows of the Program (choice groups first, as in `Program.matrix`) that hold inside the answers.
    unit
        A group of each block, (blocks,): it tells the region of the block. A block without land names another's.
    unit_of_column
        The same of the block of each binary, (c,).
    first_group, first_column
        Where each block begins in `groups` and in `columns`, (blocks + 1,).
    released
        Binaries of the family that belong to no block: their rows stay coupled.
    """

    groups: NDArray[np.int64]
    moves: NDArray[np.int64]
    columns: NDArray[np.int64]
    private_rows: NDArray[np.int64]
    unit: NDArray[np.int64]
    unit_of_column: NDArray[np.int64]
    first_group: NDArray[np.int64]
    first_column: NDArray[np.int64]
    released: NDArray[np.int64]

    @abstractmethod
    def evaluate(
        self, priced_moves: NDArray[np.float64], priced_binaries: NDArray[np.float64], threads: int = 1
    ) -> Answers:
        """Return the cheapest answers at priced costs (cost less worth in coupled rows) of shares and binaries.

        `priced_moves` is aligned with `moves`, (m,), `priced_binaries` with `columns`, (c,).
        """

    def alternatives(
        self, priced_moves: NDArray[np.float64], priced_binaries: NDArray[np.float64], threads: int = 1
    ) -> tuple[Answers, ...]:
        """Return other answers worth a choice; none where blocks are small enough to be decided anew in plans."""
        return ()


def moves_of_groups(moves: Moves, groups: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the columns of the moves of some groups, and where each group begins among them, (groups + 1,)."""
    length = np.diff(moves.start)[groups]
    starts = np.concatenate([[0], np.cumsum(length)])
    return np.repeat(moves.start[groups] - starts[:-1], length) + np.arange(starts[-1]), starts


def whole_shares(upper: NDArray[np.float64], whole: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Round limits of whole shares down, (moves,), as the Program's matrix does."""
    return np.where(whole, np.floor(upper + 1e-9), upper)


def owner_of_group(block: Blocks) -> NDArray[np.int64]:
    """Return the block of each of the groups, (k,)."""
    return np.repeat(np.arange(len(block.unit)), np.diff(block.first_group))


def owner_of_column(block: Blocks) -> NDArray[np.int64]:
    """Return the block of each binary, (c,)."""
    return np.repeat(np.arange(len(block.unit)), np.diff(block.first_column))
