"""The cheapest flips that change given rows, compiled: one walk over all groups for all rows."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, inline="always")
def _weight(kind, row, ends, rows, weights):
    """Return the weight of a kind in a row."""
    for place in range(ends[kind], ends[kind + 1]):
        if rows[place] == row:
            return weights[place]
    return 0.0


@njit(cache=True, nogil=True, inline="always")
def _keep(queue, regret, group, best, move, worst, regrets, found):
    """Put a flip in place of the dearest of a queue, if it is cheaper; `worst` is the place of the dearest."""
    place = worst[queue]
    if regret >= regrets[queue, place]:
        return
    regrets[queue, place] = regret
    found[queue, place, 0], found[queue, place, 1], found[queue, place, 2] = group, best, move
    for other in range(regrets.shape[1]):
        if regrets[queue, other] > regrets[queue, place]:
            place = other
    worst[queue] = place


@njit(cache=True, nogil=True)
def cheapest_flips(start, area, cost, kind, price, ends, rows, weights, regrets, found):
    """Find the flips of least regret that leave the best move of a group and raise or lower one of some rows.

    The weights of kind k are `weights[ends[k]:ends[k + 1]]` in `rows[...]`. Queue 2 r holds the flips that raise row r
    and queue 2 r + 1 those that lower it: their `regrets` (queues, most; infinite at first) and (group, best move,
    other move) in `found` (queues, most, 3).
    """
    worst = np.zeros(len(regrets), dtype=np.int64)
    for group in range(len(start) - 1):
        best = start[group]
        lowest = cost[best] - price[kind[best]]
        for move in range(start[group] + 1, start[group + 1]):
            priced = cost[move] - price[kind[move]]
            if priced < lowest:
                best, lowest = move, priced
        old = kind[best]
        for move in range(start[group], start[group + 1]):
            new = kind[move]
            if new == old:
                continue
            regret = (cost[move] - price[new] - lowest) * area[group]
            for place in range(ends[new], ends[new + 1]):
                rise = weights[place] - _weight(old, rows[place], ends, rows, weights)
                if rise != 0.0:
                    queue = 2 * rows[place] + (rise < 0.0)
                    _keep(queue, regret, group, best, move, worst, regrets, found)
            for place in range(ends[old], ends[old + 1]):
                if weights[place] != 0.0 and _weight(new, rows[place], ends, rows, weights) == 0.0:
                    queue = 2 * rows[place] + (weights[place] > 0.0)
                    _keep(queue, regret, group, best, move, worst, regrets, found)
