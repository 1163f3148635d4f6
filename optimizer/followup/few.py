r"""The best few changed zones: prices for all of them, and the exact model over those that may matter.

1. The relaxation, over a growing set of zones: those whose price is below 0 come in, until none is left. That takes few
   rounds, for at most N zones and one a coupled row are in part changed.
2. The exact model over the zones that prices like best. What it finds is a plan; what it proves holds for plans that
   change none but these zones, and prices hold for every plan that changes another. The smaller is the bound.
3. More zones are offered, until none that is left out could lead to a better plan, or time is up.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from optimizer.followup.swaps import ZONES
from optimizer.methods import highs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.followup.swaps import Priced, Swaps
    from optimizer.results.solution import SolveOptions

ROUND = 100
"""Zones that come into the relaxation at once, at most."""

FEW, TIMES = 60, 5
"""Zones that are offered to the exact model first, and how many times more in each further turn.

A turn for which there is no time left is not begun, as if so many more zones took so many times as long: HiGHS overruns
its limit by far on the largest of these models."""

BELOW = 1e-9
"""Part of the costs at stake (at least 1) by which a price counts as below 0."""

ALIKE = 1e-6
"""Distance of a plan from its bound that counts as none."""


@dataclass(frozen=True)
class Least:
    """The least of a cost that few changed zones bring.

    `values` are those of every column, (columns,), and `value` what they cost; no plan is below `bound`; `proven` tells
    whether the gap asked for is; `among` to how many zones the gap is proven where no other may change.
    """

    values: NDArray[np.float64]
    value: float
    bound: float
    proven: bool
    among: NDArray[np.bool_]


def least(
    swaps: Swaps, cost: NDArray[np.float64], start: NDArray[np.float64], options: SolveOptions, deadline: float
) -> Least:
    """Return the plan of least cost, (columns,), beginning from `start`, which keeps every row."""
    priced = _relaxed(swaps, cost, start, options, deadline)
    worth = np.full(len(swaps.zones), -np.inf) if priced is None else priced.with_zone
    best, value, bound = start, float(cost @ start), -np.inf if priced is None else priced.bound
    offered = start[swaps.layout.place(ZONES)] > 0.5
    count, among, turned, took = FEW, np.zeros(len(offered), dtype=bool), False, 0.0
    while not _closed(value, bound, cost, best, options) and time.perf_counter() + TIMES * took < deadline:
        alike = _alike(value, cost, best, options)
        matter = np.flatnonzero(~offered & (worth < value - alike))
        if turned and not len(matter):
            break
        order = np.lexsort((-swaps.helps[matter], np.floor(worth[matter] / alike)))
        offered[matter[order[:count]]] = True
        began = time.perf_counter()
        found, floor = _exact(swaps, cost, offered, best, options, deadline)
        took = time.perf_counter() - began
        if float(cost @ found) < value:
            best, value = found, float(cost @ found)
        bound = max(bound, min(floor, float(worth[~offered].min(initial=np.inf))))
        among = offered.copy() if _closed(value, floor, cost, best, options) else among
        count, turned = count * TIMES, True
    proven = _closed(value, bound, cost, best, options)
    return Least(best, value, bound, proven, among | proven)


def _alike(value: float, cost: NDArray[np.float64], values: NDArray[np.float64], options: SolveOptions) -> float:
    """Return by how much a bound may be below a value that it proves."""
    return options.gap * abs(value) + ALIKE + 1e-10 * float(np.abs(cost * values).sum())


def _closed(
    value: float, bound: float, cost: NDArray[np.float64], values: NDArray[np.float64], options: SolveOptions
) -> bool:
    return value - bound <= _alike(value, cost, values, options)


def _relaxed(
    swaps: Swaps, cost: NDArray[np.float64], start: NDArray[np.float64], options: SolveOptions, deadline: float
) -> Priced | None:
    """Return what the best multipliers of the relaxation prove for all zones; None where there was no time for any."""
    inside, best = start[swaps.layout.place(ZONES)] > 0.5, None
    while time.perf_counter() < deadline:
        part = swaps.part(inside)
        solver = highs.load(replace(part.matrix, cost=cost[part.columns]), integers=False)
        highs.configure(solver, options, deadline - time.perf_counter())
        highs.choose_lp(solver, part.matrix)
        answer = highs.run(solver)
        if answer.duals is None:
            break
        priced = swaps.priced(cost, answer.duals[: len(swaps.row_lower)])
        best = priced if best is None or priced.bound > best.bound else best
        size = max(float(np.abs(priced.zones).max(initial=0.0)), 1.0)
        wanted = np.flatnonzero((priced.zones < -BELOW * size) & ~inside)
        if not len(wanted):
            break
        inside[wanted[np.argsort(priced.zones[wanted], kind="stable")[:ROUND]]] = True
    return best


def _exact(
    swaps: Swaps,
    cost: NDArray[np.float64],
    offered: NDArray[np.bool_],
    start: NDArray[np.float64],
    options: SolveOptions,
    deadline: float,
) -> tuple[NDArray[np.float64], float]:
    """Return the best plan found that changes only offered zones, (columns,), and what none of those is below."""
    part = swaps.part(offered)
    solver = highs.load(replace(part.matrix, cost=cost[part.columns]))
    highs.start_from(solver, start[part.columns])
    highs.configure(solver, options, deadline - time.perf_counter())
    answer = highs.run(solver, patient=False)
    bound = -np.inf if answer.bound is None else answer.bound
    if answer.values is None:
        return start, bound
    values = np.zeros(len(cost))
    values[part.columns] = answer.values
    return values, bound
