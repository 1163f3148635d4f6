"""Which land the LPs beside a network open: what is near a tie, what they asked for; the rest stays as it follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from formulations.pooled import STRIP_LAND
from optimizer.methods.decompose.open_matrix import Open
from optimizer.methods.decompose.pieces import together

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Program
    from optimizer.methods.decompose.bundle import Raised
    from optimizer.methods.decompose.passes import Passes
    from optimizer.methods.decompose.primal import Primal
    from optimizer.methods.decompose.setup import Setup

LACKING = 1e-6
"""What a row may lack, in its unit, and still be kept."""

ALL_OPEN = 3000
"""Standing groups up to which every LP opens all of them."""

OPEN_LAND, OPEN_PART = 4000, 0.05
"""Standing groups that each LP opens, those nearest to a tie in each block: so many, or that part of all."""

LEARNT = 4000
"""Standing groups that an LP opens since they answer otherwise at its prices, at most: those that lose most."""

MOST_MOVES = 100_000
"""Moves of land near a tie that an LP opens anew at most."""

FILLERS, MORE = 1000, 2
"""Standing groups opened to raise, and as many to lower, what each row lacks; how many times as many the next time."""

TAKEN = 1e-6
"""Part of a group above which an LP takes a move."""

WIDER = 3.0
"""How many times as much land is open where it could not keep every row."""


class OpenLand:
    """Standing groups and their moves that are open; land once open stays so until `narrow`.

    Attributes
    ----------
    best
        Prices that the land follows which is not open.
    """

    def __init__(self, setup: Setup, passes: Passes, primal: Primal, best: Raised) -> None:
        self.best = best
        self._setup, self._passes, self._primal, self._pricing = setup, passes, primal, setup.pricing
        groups = passes.groups
        self._wanted = np.zeros(len(groups), dtype=bool)
        self._near = np.zeros(len(groups.moves), dtype=bool)
        self._met = [best]
        self._wider = 1.0
        self._fill = FILLERS
        program = setup.pricing.program
        self._strip_place = np.flatnonzero(np.isin(groups.moves, _under_strips(program)))
        self._strip_owner = np.searchsorted(groups.start, self._strip_place, side="right") - 1
        self._place = np.empty(len(program.moves), dtype=np.int64)
        self._place[groups.moves] = np.arange(len(groups.moves))

    def meet(self, trial: Raised) -> None:
        """Let blocks choose among their states at some prices too."""
        self._met.append(trial)

    def widen(self) -> None:
        """Open more land from now on."""
        self._wider *= WIDER

    def open(self, raised: Raised) -> tuple[Open, NDArray[np.float64]]:
        """Return what is open, land near a tie at `raised` with it, and the shares that follow `best`, (columns,)."""
        primal, passes = self._primal, self._passes
        if len(passes.groups) <= ALL_OPEN:
            wanted, near = np.ones_like(self._wanted), np.ones_like(self._near)
        else:
            n_blocks, count = self._pricing.n_blocks, self._wider * max(OPEN_LAND, OPEN_PART * len(passes.groups))
            tied, slack = primal.nearest(raised.y, np.full(n_blocks, count / n_blocks))
            tied[self._strip_owner] = True
            near = self._near | self._tied_moves(raised.y, tied, slack)
            wanted = self._wanted | tied
            near[self._strip_place] = True
        self._wanted, self._near = wanted, near
        pairs = zip(passes.blocks, self.best.at.answers, strict=True)
        blocks = tuple((block, ~answer.exact) for block, answer in pairs)
        every = np.ones(self._pricing.n_blocks, dtype=bool)
        states = primal.states(self.best, [(met.at, every) for met in self._met], blocks)
        follows = primal.follow(self.best, wanted, blocks, states)
        pieces = together(passes, wanted, near)
        return Open(self._pricing.program, pieces, self._setup.side_columns, blocks, states), follows

    def _tied_moves(self, y: NDArray[np.float64], groups: NDArray[np.bool_], slack: float) -> NDArray[np.bool_]:
        """Mark the moves of some groups that are within `slack` per hectare of the best, or nearer where too many are.

        Those that are best at the prices followed are among them, whatever an LP holds against these.
        """
        near = self._passes.near(y, groups, slack)
        while near.sum() > MOST_MOVES:
            slack /= 2
            near = self._passes.near(y, groups, slack)
        return near | self._passes.near(self.best.y, groups, 0.0)

    def learn(self, trial: Raised) -> None:
        """Open the land that answers otherwise at some prices, with both answers: what an LP there would buy."""
        pricing, place = self._pricing, self._place
        other = np.flatnonzero(trial.at.best != self.best.at.best)
        there, here = trial.at.best[other], self.best.at.best[other]
        if len(other) > LEARNT:
            cost, price = pricing.cost_at(trial.y), pricing.prices(trial.y)
            lost = cost[here] - cost[there] - (price[pricing.kind[here]] - price[pricing.kind[there]])
            most = np.argpartition(-lost * self._passes.groups.area[other], LEARNT)[:LEARNT]
            other, there, here = other[most], there[most], here[most]
        self._wanted[other] = True
        self._near[place[there]] = self._near[place[here]] = True

    def narrow(self, opened: Open, values: NDArray[np.float64]) -> None:
        """Leave open, of land, what an LP takes otherwise than its prices do; what is near a tie comes anew."""
        pieces = opened.free
        taken = values[: len(pieces.moves)] > TAKEN
        moves, standing = pieces.moves[taken], pieces.standing[pieces.of_move[taken]]
        best = self.best.at.best
        self._wanted[:] = self._near[:] = False
        self._wanted[standing[moves != best[standing]]] = True
        kept = self._wanted[standing]
        self._near[self._place[moves[kept]]] = self._near[self._place[best[self._wanted]]] = True

    def fill(self, made_up: NDArray[np.float64]) -> bool:
        """Open the land that could fill, at least loss, the rows that an LP had to make up for; tell if there are any.

        `made_up` are the values of the columns that do so.
        """
        lacking = np.flatnonzero(self._passes.filled)[made_up.reshape(2, -1).max(axis=0, initial=0.0) > LACKING]
        if not len(lacking):
            return False
        flips = self._passes.flips(self.best.y, lacking, self._fill)
        self._fill *= MORE
        self._wanted[flips.group] = True
        self._near[flips.best] = self._near[flips.move] = True
        return True


def _under_strips(program: Program) -> NDArray[np.int64]:
    """Return the moves that lie under a strip."""
    return np.concatenate(
        [np.zeros(0, dtype=np.int64), *(quota.index for quota in program.quotas if quota.rule == STRIP_LAND)]
    ).astype(np.int64)
