"""The dual over row multipliers, raised cut by cut: cutting planes in a box around the best multipliers so far.

Each evaluation is a minimum cut that starts from the last one's flow and gives two cutting planes, from the
smallest and the largest of its best sets.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.methods.boundary.cut import Cut, usable
from optimizer.methods.boundary.master import Master

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optimizer.methods.boundary.cut import Cutter
    from optimizer.methods.boundary.layers import LayerCutter
    from optimizer.methods.boundary.problem import BoundaryProblem

GOOD = 0.1
"""Part of the forecast rise that makes a step."""

WIDER, NARROWER = 2.0, 0.5
"""What happens to the box after a step at its edge, and after a cut that gained little."""

TINY = 1e-9
"""Rise that is none."""

LIGHT = 1e-6
"""Weight of a choice in a forecast that is none."""

WIDEST = 1e9
"""Box, in typical prices, beyond which multipliers run away: the rows cannot be kept."""


@dataclass
class Seen:
    """A choice met on the way: options by node, cost, activity in the rows."""

    options: NDArray[np.int32]
    cost: float
    activity: NDArray[np.float64]

    def priced(self, multipliers: NDArray[np.float64]) -> float:
        """Return what it costs at multipliers, limits apart."""
        return self.cost - float(self.activity @ multipliers)


class Dual:
    """The dual, raised step by step; more steps may be asked later."""

    def __init__(
        self,
        problem: BoundaryProblem,
        cutter: Cutter | LayerCutter,
        start: NDArray[np.float64] | None = None,
        fixed: NDArray[np.int8] | None = None,
        reach: float = 1.0,
        known: Sequence[Seen] = (),
    ):
        self._problem, self._cutter, self._fixed = problem, cutter, fixed
        rows = len(problem.row_lower)
        self._master = Master(problem.row_lower, problem.row_upper)
        self._scale = typical_prices(problem)
        self._reach = reach
        self.seen: list[Seen] = []
        self.weights = np.zeros(0)
        for seen in known:
            self._remember(seen)
        self.cuts = 0
        self.multipliers = usable(problem, np.zeros(rows) if start is None else start)
        self.best = self._cut(self.multipliers)

    @property
    def bound(self) -> float:
        """The best bound so far."""
        return self.best.bound

    def _cut(self, multipliers: NDArray[np.float64]) -> Cut:
        cut = self._cutter.cut(multipliers, self._fixed)
        self.cuts += 1
        self.add(cut.fewest)
        if (cut.fewest != cut.most).any():
            self.add(cut.most)
        return cut

    def add(self, options: NDArray[np.int32]) -> None:
        """Add the cutting plane of any choice."""
        problem = self._problem
        self._remember(Seen(options, problem.objective(options), problem.activity(options)))

    def _remember(self, seen: Seen) -> None:
        self._master.add(seen.cost, seen.activity)
        self.seen.append(seen)

    def choices(self) -> list[Seen]:
        """Return the choices met, those the last forecast rests on first, then the cheapest at the best multipliers."""
        weights = np.zeros(len(self.seen))
        weights[: len(self.weights)] = self.weights
        priced = np.array([seen.priced(self.multipliers) for seen in self.seen])
        return [self.seen[k] for k in np.lexsort((np.arange(len(priced)), priced, -np.round(weights, 6)))]

    def split(self) -> tuple[list[float], list[Seen]]:
        """Return the choices that the last forecast mixes, and their weights, which sum to 1."""
        held = [(float(weight), self.seen[k]) for k, weight in enumerate(self.weights) if weight > LIGHT]
        total = sum(weight for weight, _ in held)
        return [weight / total for weight, _ in held], [seen for _, seen in held]

    def raise_to(self, part: float, deadline: float, most: int = 400) -> bool:
        """Raise the bound until the forecast rise is within `part` of it; whether that was reached.

        Stops after `most` further cuts, or at the deadline (`time.perf_counter`).
        """
        most += self.cuts
        while self.cuts < most and time.perf_counter() < deadline:
            proposal = self._master.propose(self.multipliers, self._reach * self._scale)
            if proposal is None:
                return False
            self.weights = proposal.weights
            rise = proposal.forecast - self.bound
            if rise <= max(part * abs(self.bound), TINY):
                if not proposal.held_back:
                    return True
                self._reach *= WIDER
                if self._reach > WIDEST:
                    return False
                continue
            multipliers = usable(self._problem, proposal.multipliers)
            trial = self._cut(multipliers)
            if trial.bound >= self.bound + GOOD * rise:
                self._reach *= WIDER if proposal.held_back else 1.0
            else:
                self._reach *= NARROWER
            if trial.bound > self.bound:
                self.best, self.multipliers = trial, multipliers
        return False


def typical_prices(problem: BoundaryProblem) -> NDArray[np.float64]:
    """Return a typical size of each row's multiplier: mean cost over mean amount, (rows,)."""
    table = problem.coefficients
    amounts = np.bincount(table.indices, np.abs(table.data), table.shape[1])
    entries = np.bincount(table.indices, minlength=table.shape[1])
    paid = np.abs(problem.cost[problem.cost != 0])
    typical = float(paid.mean()) if len(paid) else 1.0
    if problem.border_coefficients is not None:
        borders = problem.border_coefficients
        amounts = amounts + np.bincount(borders.indices, borders.data, borders.shape[1])
        entries = entries + np.bincount(borders.indices, minlength=borders.shape[1])
    return np.where(amounts > 0, typical * entries / np.where(amounts > 0, amounts, 1.0), 1.0)
