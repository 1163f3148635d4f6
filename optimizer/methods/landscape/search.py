r"""Choose the units to restore so that an index of the landscape is best, with a bound.

.. math:: \max_{S \subseteq \text{available}} f(\text{habitat} \cup S)

for f the effective mesh size, the integral index of connectivity, the largest patch, the negative number of patches or
the negative restored area, under `Limits`. Branch and bound, best first over branches and deep first within: below a
choice of some units in and some out, patches join for nothing through all that is open, and its area counts as in a
knapsack (`figure_kernels`). Units too far from those in, for the diameter or for what is left to restore and spend,
are shut; where limits keep a selection together, the search begins at each unit with what is near it (`seeds`).
"""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from instances.faults import Fault, InstanceError
from optimizer.methods.landscape import figure_kernels, kernels
from optimizer.methods.landscape.board import Board, make_board
from optimizer.methods.landscape.limits import WHERE
from optimizer.methods.landscape.seeds import seeded
from optimizer.methods.landscape.start import first_selection

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.methods.landscape.landscape import Landscape
    from optimizer.methods.landscape.limits import Limits

ROUND_OFF = 1e-9
WORK = 2000
"""Units looked at deep first, once a step, before another branch has its turn."""
MOST_HELD = 20_000_000
"""Units in the parts that the search begins with, a unit once a part, above which it begins with the whole instead."""


class Objective(Enum):
    """What is to be best."""

    MESH = figure_kernels.MESH
    IIC = figure_kernels.IIC
    LARGEST_PATCH = figure_kernels.LARGEST
    PATCHES = figure_kernels.PATCHES
    RESTORED = figure_kernels.RESTORED

    @property
    def maximise(self) -> bool:
        """Whether more is better: the number of patches and the restored area are to be least."""
        return self not in (Objective.PATCHES, Objective.RESTORED)


@dataclass(frozen=True)
class LandscapeResult:
    """A selection and how good it is.

    Parameters
    ----------
    selected
        Whether a unit is restored, (units,); None where none was found that keeps the limits.
    value
        What the objective is with it; nan where there is none.
    bound
        What the objective cannot be better than.
    gap
        Distance of value and bound over the size of the value; infinite where there is no value.
    proven
        Whether the gap is within the one asked.
    seconds
        Time taken.
    branches
        States of some units in and some out that were searched deep first.
    """

    selected: NDArray[np.bool_] | None
    value: float
    bound: float
    gap: float
    proven: bool
    seconds: float
    branches: int


def choose_restoration(
    landscape: Landscape,
    objective: Objective,
    limits: Limits,
    gap: float = 0.0,
    time_limit: float = 60.0,
) -> LandscapeResult:
    """Return the selection for which the objective is best, or the best found in time with a bound.

    Parameters
    ----------
    landscape, objective, limits
        What there is, what is wanted, what must be kept.
    gap
        Gap that is good enough, relative.
    time_limit
        Seconds after which the search stops.

    Raises
    ------
    InstanceError
        Where limits do not fit the landscape, or no selection keeps them.
    """
    began = time.perf_counter()
    limits.check(landscape)
    if objective is Objective.IIC and limits.iic_distance is None:
        raise InstanceError([Fault(WHERE, "IIC needs a distance", "give iic_distance", column="iic_distance")])
    hunt = _Hunt(landscape, objective, limits, max(gap, ROUND_OFF))
    hunt.run(began + time_limit)
    return hunt.result(began)


class _Hunt:
    """One search: the heap of open states, the best selection so far, and the figures for compiled code."""

    def __init__(self, landscape: Landscape, objective: Objective, limits: Limits, slack: float):
        self.landscape, self.objective, self.slack = landscape, objective, slack
        with_links = objective is Objective.IIC or limits.least_iic > 0
        self.board = make_board(landscape, limits, with_links)
        self.arrays, self.room = self.board.arrays(), self.board.room()
        self.limits, self.floors = _laid_out(landscape, self.board, limits)
        self.best, self.chosen = -np.inf, np.zeros(0, np.int64)
        self.branches = 0
        self.heap: list[tuple[float, int, NDArray[np.int64], NDArray[np.int8]]] = []
        self._fill(limits)

    def _fill(self, limits: Limits) -> None:
        """Find a first selection and put the parts that any selection lies in on the heap."""
        field = np.arange(self.board.patches, self.board.nodes)
        state = np.zeros(len(field), np.int8)
        if limits.locked_in is not None:
            state[limits.locked_in[self.board.unit]] = 1
        given = self.arrays, self.limits, self.floors, self.room
        self.best, kept = first_selection(self.objective.value, self.board, state, given)
        self.chosen = field[kept == 1]
        parts = None if state.any() else seeded(self.board, *self.limits[1:])
        held = 0
        for part, start in parts or ():
            bound = figure_kernels.assess(self.objective.value, part, start, *given)
            if bound > self.cut():
                self._push(bound, part, start)
                held += len(part)
            if held > MOST_HELD:
                break
        if parts is None or held > MOST_HELD:
            self.heap = []
            self._push(np.inf, field, state)

    def _push(self, bound: float, field: NDArray[np.int64], state: NDArray[np.int8]) -> None:
        """Put a state on the heap, without the units that are out."""
        self.branches += 1
        kept = state >= 0
        heapq.heappush(self.heap, (-float(bound), self.branches, field[kept], state[kept]))

    def cut(self) -> float:
        """Figure that a state must be able to beat."""
        return self.best + self.slack * abs(self.best) if self.best > -np.inf else -np.inf

    def run(self, until: float) -> None:
        """Search until the best is proven or time is up."""
        given = self.arrays, self.limits, self.floors, self.room
        while self.heap and -self.heap[0][0] > self.cut() and time.perf_counter() < until:
            above, _, field, state = heapq.heappop(self.heap)
            found, kept, states, bounds = kernels.search(
                self.objective.value, field, state, self.best, self.slack, 1 + WORK // (1 + len(field)), *given
            )
            if found > self.best:
                self.best, self.chosen = found, field[kept == 1]
            for other, bound in zip(states, bounds, strict=True):
                if bound > self.cut():
                    self._push(min(bound, -above), field, other)

    def result(self, began: float) -> LandscapeResult:
        """Return what was found; raises InstanceError where nothing is left to search and nothing was found."""
        reach = -self.heap[0][0] if self.heap else -np.inf
        if self.best == -np.inf and not self.heap:
            raise InstanceError([Fault(WHERE, "no selection keeps all the limits", "ease one of them")])
        bound = max(self.best, reach)
        found = self.best > -np.inf
        gap = (bound - self.best) / max(abs(self.best), 1e-12) if found else np.inf
        selected = np.zeros(self.landscape.units, bool)
        selected[self.board.unit[self.chosen - self.board.patches]] = True
        return LandscapeResult(
            selected=selected if found else None,
            value=self._shown(self.best) if found else np.nan,
            bound=self._shown(bound),
            gap=gap,
            proven=gap <= self.slack,
            seconds=time.perf_counter() - began,
            branches=self.branches,
        )

    def _shown(self, figure: float) -> float:
        """Return a figure of compiled code as the objective is defined."""
        scale = {Objective.MESH: self.landscape.whole, Objective.IIC: self.landscape.whole**2}
        return (figure if self.objective.maximise else -figure) / scale.get(self.objective, 1.0)


def _laid_out(landscape: Landscape, board: Board, limits: Limits) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the limits on sums and components, and the least of each figure, for compiled code."""
    least, most = limits.least_restored, limits.most_restored
    if (board.restored == np.round(board.restored)).all():
        least, most = np.ceil(least - ROUND_OFF), np.floor(most + ROUND_OFF)
    else:
        least, most = least * (1.0 - ROUND_OFF), most * (1.0 + ROUND_OFF)
    components = board.nodes if limits.most_components is None else limits.most_components
    sums = np.array(
        [least, most, limits.budget * (1.0 + ROUND_OFF), components, limits.diameter * (1.0 + ROUND_OFF)], float
    )
    floors = np.full(figure_kernels.KINDS, -np.inf)
    for kind, asked, scale in (
        (figure_kernels.MESH, limits.least_mesh, landscape.whole),
        (figure_kernels.IIC, limits.least_iic, landscape.whole**2),
        (figure_kernels.LARGEST, limits.least_largest, 1.0),
    ):
        if asked > 0:
            floors[kind] = asked * scale * (1.0 - ROUND_OFF)
    if limits.most_patches is not None:
        floors[figure_kernels.PATCHES] = -limits.most_patches
    return sums, floors
