"""What the dual asks of land, wherever it lies: answers to multipliers, and typical sizes of costs and weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.methods.decompose.block import Answers


@dataclass(frozen=True)
class Pass:
    """What a pass finds.

    Attributes
    ----------
    value
        Priced cost of each block's answer, (blocks,).
    spent
        Its plain cost, (blocks,).
    usage
        What it uses of the coupled rows, aligned with `Passes.pair_block` and `Passes.pair_row`.
    moved
        Sum of |cost| of the answer.
    best
        Move (of the Program) that each standing group takes.
    answers
        Answers of the blocks that decide several groups together.
    """

    value: NDArray[np.float64]
    spent: NDArray[np.float64]
    usage: NDArray[np.float64]
    moved: float
    best: NDArray[np.int64]
    answers: tuple[Answers, ...]


@dataclass(frozen=True)
class Sizes:
    """Sums and counts of what land costs and weighs, which add up over parts of it.

    Attributes
    ----------
    cost
        Sum and number of the costs per hectare that are not zero, of a sample of moves.
    weight
        Sum and number of the weights of kinds in each coupled row, (2, coupled rows).
    local
        The same of weights that differ from move to move; zero for rows without such, (2, coupled rows).
    """

    cost: NDArray[np.float64]
    weight: NDArray[np.float64]
    local: NDArray[np.float64]

    def typical(self) -> NDArray[np.float64]:
        """Return cost per hectare over weight per hectare, (coupled rows,)."""
        typical = self.cost[0] / self.cost[1] if self.cost[1] else 1.0
        mean = self.weight[0] / np.maximum(self.weight[1], 1)
        mean = np.maximum(mean, self.local[0] / np.maximum(self.local[1], 1))
        scale: NDArray[np.float64] = typical / np.where(mean > 0, mean, 1.0)
        return scale


class Rows(Protocol):
    """The coupled rows."""

    @property
    def lower(self) -> NDArray[np.float64]:
        """Lower bounds, (coupled rows,)."""

    @property
    def upper(self) -> NDArray[np.float64]:
        """Upper bounds, (coupled rows,)."""

    @property
    def n_rows(self) -> int:
        """Number of coupled rows."""

    @property
    def n_blocks(self) -> int:
        """Number of blocks."""


class Oracle(Protocol):
    """The land as the dual sees it: `Passes`, or the sum of those of its parts."""

    pair_block: NDArray[np.int64]
    pair_row: NDArray[np.int64]
    filled: NDArray[np.bool_]

    @property
    def pricing(self) -> Rows:
        """The coupled rows."""

    @property
    def sizes(self) -> Sizes:
        """Typical sizes."""

    @property
    def dearest(self) -> float:
        """No plan of the land costs more."""

    def __call__(self, y: NDArray[np.float64]) -> Pass:
        """Evaluate the multipliers of the coupled rows."""
