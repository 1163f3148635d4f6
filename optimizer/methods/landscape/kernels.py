# mypy: disallow-untyped-defs=False
"""Compiled loops of the search: which unit to branch on, some steps deep first, and growth unit by unit."""

from __future__ import annotations

import numpy as np
from numba import njit

from optimizer.methods.landscape.figure_kernels import KINDS, RESTORED, assess, figure
from optimizer.methods.landscape.fit_kernels import find
from optimizer.order_kernels import rising

LOOKED_AT = 24
"""Open units of a state whose exclusion is tried before one is branched on."""


@njit(cache=True, nogil=True)
def candidates(field, state, components, board, room):
    """Return the open places that bring most habitat together at once, `LOOKED_AT` at most.

    Where the selection has all its components already, or more, only units next to it: others must wait for them.
    """
    patches, area, start, head = board[:4]
    alive, parent = room[:2]
    sets = 0
    for i in range(len(field)):
        if state[i] == 1:
            alive[field[i]], parent[field[i]] = 1, field[i]
            sets += 1
    opened = np.flatnonzero(state == 0)
    score = np.empty(len(opened))
    beside = np.zeros(len(opened), np.bool_)
    for i in range(len(opened)):
        node = field[opened[i]]
        score[i] = area[node]
        for at in range(start[node], start[node + 1]):
            if head[at] < patches or alive[head[at]]:
                score[i] += area[head[at]]
                beside[i] |= head[at] >= patches
    if sets >= components:
        for i in range(len(field)):
            if state[i] == 1:
                for at in range(start[field[i]], start[field[i] + 1]):
                    other = head[at]
                    if other >= patches and alive[other] and find(parent, other) != find(parent, field[i]):
                        parent[find(parent, other)] = find(parent, field[i])
                        sets -= 1
        if sets >= components:
            opened, score = opened[beside], score[beside]
    alive[field] = 0
    return opened[rising(-score)[:LOOKED_AT]]


@njit(cache=True, nogil=True, inline="always")
def branch_on(kind, field, state, cut, board, limits, floors, room):
    """Return the open place whose exclusion costs most, after taking in those that are needed; -1 if none is left."""
    best, chosen = np.inf, -1
    for place in candidates(field, state, limits[3], board, room):
        trial = state.copy()
        trial[place] = -1
        without = assess(kind, field, trial, board, limits, floors, room)
        if without <= cut:
            state[place] = 1
        elif without < best:
            best, chosen = without, place
    return chosen


@njit(cache=True, nogil=True)
def _put(state, place):
    """Copy a state to its place, entry by entry: all at once takes seconds to compile."""
    for k in range(len(state)):
        place[k] = state[k]


@njit(cache=True, nogil=True)
def search(kind, field, state, best, slack, steps, board, limits, floors, room):
    """Search below a state, deep first, for some steps.

    Returns the best figure and its state (figure `best` unless better), and the states left with their bounds. A
    state is given up where its bound is not above best + slack |best|.
    """
    size = len(field)
    found, found_state = best, np.full(size, -1, np.int8)
    stack, bounds = np.empty((steps + 1, size), np.int8), np.empty(steps + 1)
    _put(state, stack[0])
    bounds[0] = np.inf
    height = 1
    held = limits.copy()
    for _ in range(steps):
        if height == 0:
            break
        height -= 1
        now = stack[height].copy()
        cut = found + slack * abs(found) if found > -np.inf else -np.inf
        if kind == RESTORED:
            held[1] = min(limits[1], -cut)
        bound = min(bounds[height], assess(kind, field, now, board, held, floors, room))
        if bound <= cut:
            continue
        for filled in (-1, 1):
            trial = now.copy()
            trial[now == 0] = filled
            value = assess(kind, field, trial, board, held, floors, room)
            if value > found:
                found, found_state = value, trial
        cut = found + slack * abs(found) if found > -np.inf else -np.inf
        if bound <= cut:
            continue
        place = branch_on(kind, field, now, cut, board, held, floors, room)
        if place >= 0:
            _put(now, stack[height])
            stack[height, place], bounds[height] = -1, bound
            height += 1
            now[place] = 1
        _put(now, stack[height])
        bounds[height] = bound
        height += 1
    return found, found_state, stack[:height], bounds[:height]


@njit(cache=True, nogil=True)
def grow(kind, guide, field, state, board, limits, floors, room):
    """Take in units one by one, the one that raises the guiding figure most for what it uses first.

    Returns the best figure met that keeps all limits and its state.
    """
    _, _, _, _, restored, cost = board[:6]
    eased, no_floors = limits.copy(), np.full(KINDS, -np.inf)
    eased[0] = 0.0
    found, found_state = -np.inf, state.copy()
    now = state.copy()
    while assess(guide, field, now, board, eased, no_floors, room) > -np.inf:
        trial = now.copy()
        trial[now == 0] = -1
        here = figure(guide, field, trial, board, eased, room)
        value = assess(kind, field, trial, board, limits, floors, room)
        if value > found:
            found, found_state = value, trial.copy()
        best, chosen = -np.inf, -1
        for place in candidates(field, now, limits[3], board, room):
            trial[place] = 1
            use = 1e-9 + restored[field[place]] / limits[1] + cost[field[place]] / limits[2]
            gain = figure(guide, field, trial, board, eased, room) - here
            gain = gain / use if gain > 0.0 else gain
            if gain > best:
                best, chosen = gain, place
            trial[place] = -1
        if chosen < 0:
            break
        now[chosen] = 1
    return found, found_state
