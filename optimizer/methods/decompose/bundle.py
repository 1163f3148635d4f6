r"""The dual of the coupled rows, raised pass by pass: a cutting-plane bundle kept near its best multipliers.

.. math:: L(y) = \sum_b \varphi_b(y) + \sum_v \min(0, d_v - T_v^T y)\,\bar v + \sum_r (l_r y_r^+ - h_r y_r^-)

Any y gives a bound; the bundle looks for the best. A step is taken where the dual rises by a good part of the
forecast; otherwise the box shrinks and the new cuts correct the forecast. It stops where the forecast says that
nothing beyond the tolerance is left to gain.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from optimizer.methods.decompose.master import Master, Side

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from optimizer.methods.decompose.oracle import Oracle, Pass

GOOD = 0.1
"""Part of the forecast rise that makes a step."""

WIDER, NARROWER = 2.0, 0.5
"""What happens to the box after a step at its edge, and after a pass that gained nothing."""

WIDEST = 1e12
"""Box that holds back nothing but round-off."""

MOST_PASSES = 400

ROUND_OFF = 1e-6

WEIGHTLESS = 1e-9
"""Part of a mix that counts as none."""


@dataclass(frozen=True)
class Raised:
    """The best multipliers found, the bound they prove, the pass at them, and how it went."""

    y: NDArray[np.float64]
    bound: float
    at: Pass
    passes: int
    exhausted: bool
    """Whether the forecast says that nothing beyond the tolerance is left to gain."""


class Bundle:
    """The dual, which may be raised further later: cuts are kept."""

    def __init__(
        self, passes: Oracle, side: Side, start: NDArray[np.float64] | None = None, reach: float = 1.0
    ) -> None:
        pricing = passes.pricing
        self._passes, self._side, self._pricing = passes, side, pricing
        self._lower, self._upper = pricing.lower, pricing.upper
        self._master = Master(pricing.lower, pricing.upper, pricing.n_blocks, side)
        # Without columns there is nothing that rows which no land fills could tie.
        self._scale = typical_prices(passes) if len(side.cost) else np.where(passes.filled, typical_prices(passes), 0.0)
        self._reach = reach
        self.visits: list[tuple[NDArray[np.float64], float]] = []
        """Multipliers of every pass, and the priced cost of all blocks there."""
        self._best = self._at(np.zeros(pricing.n_rows) if start is None else self.admissible(start))

    @property
    def best(self) -> Raised:
        """The best so far."""
        return self._best

    @cached_property
    def ceiling(self) -> float:
        """No plan costs more: a bound above it proves that the rows cannot all be kept."""
        total = self._passes.dearest + self._side.dearest
        return total + ROUND_OFF * max(abs(total), 1.0)

    def mixed(self) -> list[tuple[NDArray[np.float64], NDArray[np.bool_]]]:
        """Return the multipliers whose answers make up the best mix, each with the blocks that use them, (blocks,).

        The mix keeps every row unless the box held the last proposal back.
        """
        used = self._master.weights > WEIGHTLESS
        return [(self.visits[k][0], used[k]) for k in np.flatnonzero(used.any(axis=1))]

    def admissible(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return multipliers, (coupled rows,), with those on absent bounds set to zero."""
        y = np.where((y > 0) & ~np.isfinite(self._pricing.lower), 0.0, y)
        return np.where((y < 0) & ~np.isfinite(self._pricing.upper), 0.0, y)

    def usage(self, found: Pass) -> NDArray[np.float64]:
        """Return what a pass uses of each coupled row, (coupled rows,)."""
        return np.bincount(self._passes.pair_row, found.usage, minlength=self._pricing.n_rows).astype(float)

    def shift(self, amount: NDArray[np.float64], reach: float) -> None:
        """Draw the bounds of the coupled rows down by an amount, and look again within a box of some reach."""
        self._lower, self._upper = self._pricing.lower - amount, self._pricing.upper - amount
        self._master.set_bounds(self._lower, self._upper)
        self._reach = reach
        best = self._best
        self._best = replace(best, bound=self.value(best.y, best.at), exhausted=False)

    def visit(self, y: NDArray[np.float64]) -> Raised:
        """Evaluate multipliers from elsewhere; they become the best if they are."""
        trial = self._at(self.admissible(y), self._best.passes + 1)
        if trial.bound > self._best.bound:
            self._best = trial
        return trial

    def stand_at(self, y: NDArray[np.float64]) -> Raised:
        """Evaluate multipliers and look around them from now on, whether they are better or not."""
        self._best = self._at(self.admissible(y), self._best.passes + 1)
        return self._best

    def narrow(self, reach: float) -> None:
        """Look within a box of some reach from now on."""
        self._reach = reach

    def _at(self, y: NDArray[np.float64], passes: int = 1) -> Raised:
        found = self._passes(y)
        self._cut(found)
        self.visits.append((y, float(found.value.sum())))
        return Raised(y, self.value(y, found), found, passes, False)

    def value(self, y: NDArray[np.float64], found: Pass) -> float:
        """Return the bound that the multipliers prove, given the pass at them."""
        return float(found.value.sum()) + self.beside(y)

    def beside(self, y: NDArray[np.float64]) -> float:
        """Return the part of the bound of bounds of rows and of the columns beside the moves."""
        limits = np.where(y > 0, self._lower, np.where(y < 0, self._upper, 0.0))
        return float(y @ limits) + self._side.value(y)

    def _cut(self, found: Pass) -> None:
        every = np.arange(self._pricing.n_blocks)
        self._master.add_cuts(every, found.spent, self._passes.pair_block, self._passes.pair_row, found.usage)

    def raise_to(self, tolerance: Callable[[Raised], float], deadline: float, most: int = MOST_PASSES) -> Raised:
        """Raise the bound until the forecast gain is within `tolerance(best)` (absolute); return the best."""
        passes, ceiling = self._best.passes, self.ceiling
        for _ in range(most):
            best = self._best
            proposal = self._master.propose(best.y, self._reach * self._scale)
            if proposal is None or best.bound > ceiling or time.perf_counter() > deadline:
                break
            rise = proposal.forecast - best.bound
            if rise <= tolerance(best):
                if not proposal.held_back or self._reach > WIDEST:
                    self._best = Raised(best.y, best.bound, best.at, passes, not proposal.held_back)
                    break
                self._reach *= WIDER
                continue
            passes += 1
            trial = self._at(self.admissible(proposal.y), passes)
            if trial.bound >= best.bound + GOOD * rise:
                self._reach *= WIDER if proposal.held_back else 1.0
            else:
                self._reach *= NARROWER
            if trial.bound > best.bound:
                self._best = trial
            else:
                self._best = Raised(best.y, best.bound, best.at, passes, False)
        return self._best


def typical_prices(passes: Oracle) -> NDArray[np.float64]:
    """Return a typical size of each row's multiplier: cost per hectare over weight per hectare, (coupled rows,).

    It is infinite for rows that neither land nor blocks fill: the master knows all about them.
    """
    return np.where(passes.filled, passes.sizes.typical(), np.inf)
