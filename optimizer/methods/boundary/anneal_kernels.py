# mypy: disallow-untyped-defs=False
"""Compiled loop of annealing: options of random nodes change, less and less often to the worse.

A plan is held as in `search_kernels`; breaches of rows are allowed at a price.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from optimizer.methods.boundary.search_kernels import effect, take

HOPELESS = 20.0
"""Rise, in temperatures, that is never taken."""


@njit(cache=True, nogil=True)
def anneal(sweeps, hot, cold, rng, movable, first, taken, near, held, options, graph, limits, change, touched, best):
    """Anneal from `taken` in place; returns the least objective above the first among plans that keep every row.

    Each sweep tries as many changes as there are `movable` nodes, and the temperature falls from `hot` to `cold`.
    `limits` are lower and upper limits, the slack of each row and the price of its breach. `best` becomes the best
    plan met at the end of a sweep; infinite is returned where none was.
    """
    lower, upper, slack, weight = limits
    spent, least = 0.0, np.inf
    heat = hot
    cooling = (cold / hot) ** (1.0 / max(sweeps - 1, 1))
    for _ in range(sweeps):
        for _ in range(len(movable)):
            n = np.int64(movable[int(rng.random() * len(movable))])
            option = first[n] + int(rng.random() * (first[n + 1] - first[n] - 1))
            if option >= taken[n]:
                option += 1
            paid, count = effect(n, option, taken, near, options, graph, change, touched)
            rise = paid
            for place in range(count):
                row = touched[place]
                now, after = held[row], held[row] + change[row]
                rise += weight[row] * (
                    max(lower[row] - after, after - upper[row], 0.0) - max(lower[row] - now, now - upper[row], 0.0)
                )
            if rise > 0.0 and (rise > HOPELESS * heat or rng.random() >= np.exp(-rise / heat)):
                for place in range(count):
                    change[touched[place]] = 0.0
                continue
            take(n, option, count, taken, near, held, options, graph, change, touched)
            spent += paid
        heat *= cooling
        if spent < least:
            kept = True
            for row in range(len(held)):
                if held[row] < lower[row] - slack[row] or held[row] > upper[row] + slack[row]:
                    kept = False
                    break
            if kept:
                least = spent
                for n in range(len(taken)):  # all at once takes seconds to compile
                    best[n] = taken[n]
    return least
