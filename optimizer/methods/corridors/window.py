# mypy: disallow-untyped-defs=False
r"""Compiled loops over wide ways: which cells a way touches once, and least ways that pay each cell they come to.

A way pays for the cells of a node those that neither of the two nodes before it has. Let :math:`Y` be all nodes whose
discs are bought and P a way in :math:`Y` of fewest nodes. Where any two nodes a and b of P in a set :math:`T_u` lie at
most two steps apart on it, P pays cell u once if it touches :math:`T_u` at all. So it is for neighbours. For others it
is certain where they have a common neighbour whose disc a, b and the nodes next to them on P have bought, whichever
these are: it is in :math:`Y`, and P would take it.
"""

from __future__ import annotations

import heapq

import numpy as np
from numba import njit

from optimizer.methods.corridors.kernels import NONE

MOST_ENDS = 12
"""Neighbours of a node beyond which nothing is made certain."""


@njit(cache=True, nogil=True)
def _beside(start, beside, one, two):
    """Whether two nodes are neighbours."""
    return np.any(beside[start[one] : start[one + 1]] == two)


@njit(cache=True, nogil=True)
def _onward(start, beside, one, two, found):
    """Put the neighbours of `one` that are not beside `two` into `found`; return how many, -1 where too many."""
    count = 0
    for entry in range(start[one], start[one + 1]):
        v = beside[entry]
        if v == two or _beside(start, beside, v, two):
            continue
        if count == len(found):
            return -1
        found[count] = v
        count += 1
    return count


@njit(cache=True, nogil=True)
def _bought(first, cell, node, mark, clock):
    if node < 0:
        return
    for at in range(first[node], first[node + 1]):
        mark[cell[at]] = clock


@njit(cache=True, nogil=True)
def _between(start, beside, first, cell, one, two, mark, clock):
    """Whether a common neighbour of two nodes has a disc that is bought whole."""
    for entry in range(start[one], start[one + 1]):
        middle = beside[entry]
        if not _beside(start, beside, middle, two):
            continue
        whole = True
        for at in range(first[middle], first[middle + 1]):
            whole &= mark[cell[at]] == clock
        if whole:
            return True
    return False


@njit(cache=True, nogil=True)
def _inside(nodes, one):
    return np.any(nodes == one)


@njit(cache=True, nogil=True)
def _steps(start, beside, cores, ball, centre, end, other, far, found):
    """Put the nodes that may follow `end` on a way from `centre` into `found`, -1 for a core area's; return how many.

    `other` is next to `centre` on its other side. Common neighbours of `end` and `far` are left out, -1 is returned
    where one is outside the ball.
    """
    if end < cores:
        found[0] = -1
        return 1
    count = 0
    for entry in range(start[end], start[end + 1]):
        v = beside[entry]
        if v == centre or _beside(start, beside, v, centre) or _beside(start, beside, v, other):
            continue
        if _beside(start, beside, v, far):
            if v < cores or not _inside(ball, v):
                return -1
            continue
        if count == len(found):
            return -1
        found[count] = v
        count += 1
    return count


@njit(cache=True, nogil=True)
def _met_further(start, beside, first, cell, cores, ball, sides, room, mark, clock):
    """Whether two ends on either side must meet within the ball, wherever the way goes on from them; and the clock.

    `sides` are a, the two nodes next to it, b, the two next to it.
    """
    for i in (1, 2):
        for k in (4, 5):
            x, y = sides[i], sides[k]
            if x == y or x < cores or y < cores or _beside(start, beside, x, y):
                continue
            from_x = _steps(start, beside, cores, ball, sides[0], x, sides[3 - i], y, room[2])
            from_y = _steps(start, beside, cores, ball, sides[3], y, sides[9 - k], x, room[3])
            if from_x < 0 or from_y < 0:
                continue
            always = True
            for one in range(from_x):
                for two in range(from_y):
                    clock += 1
                    for node in sides:
                        _bought(first, cell, node, mark, clock)
                    _bought(first, cell, room[2, one], mark, clock)
                    _bought(first, cell, room[3, two], mark, clock)
                    always = always and _between(start, beside, first, cell, x, y, mark, clock)
            if always:
                return True, clock
    return False, clock


@njit(cache=True, nogil=True)
def _certain(start, beside, first, cell, cores, ball, one, two, room, mark, clock):
    """How certain it is that a way of fewest nodes over two nodes comes back to the ball within two steps; the clock.

    2: the two are two steps apart. 1: they are, or the way between them touches the whole ball on. 0: unknown.
    """
    if _beside(start, beside, one, two):
        return 2, clock
    common = False
    for entry in range(start[one], start[one + 1]):
        middle = beside[entry]
        if _beside(start, beside, middle, two):
            common = True
            if middle < cores:
                return 2, clock
    if not common:
        return 0, clock
    ends_one = _onward(start, beside, one, two, room[0])
    ends_two = _onward(start, beside, two, one, room[1])
    if ends_one < 0 or ends_two < 0:
        return 0, clock
    level = 2
    for i in range(ends_one):
        for j in range(i + 1, ends_one):
            if _beside(start, beside, room[0, i], room[0, j]):
                continue
            for k in range(ends_two):
                for m in range(k + 1, ends_two):
                    if _beside(start, beside, room[1, k], room[1, m]):
                        continue
                    clock += 1
                    sides = (one, room[0, i], room[0, j], two, room[1, k], room[1, m])
                    for node in sides:
                        _bought(first, cell, node, mark, clock)
                    if _between(start, beside, first, cell, one, two, mark, clock):
                        continue
                    level = 1
                    met, clock = _met_further(start, beside, first, cell, cores, ball, sides, room, mark, clock)
                    if not met:
                        return 0, clock
    return level, clock


@njit(cache=True, nogil=True)
def _whole(start, beside, first, cell, cores, ball, room, mark, clock):
    """Whether a way touches a whole ball once: any two of its nodes are certain; and the clock."""
    for i in range(len(ball)):
        for j in range(i):
            level, clock = _certain(start, beside, first, cell, cores, ball, ball[i], ball[j], room, mark, clock)
            if level == 0:
                return False, clock
    return True, clock


@njit(cache=True, nogil=True)
def touched_once(start, beside, first, cell, cores, around, node, centre):
    """Return which of the entries (cell u, node v) of `around` and `node` belong to T_u, (entries,).

    `first` and `cell` are the discs of nodes, `around` and `node` the nodes by cell, `centre` the node that a cell is,
    or -1. Nodes are taken the nearest to the centre first.
    """
    kept = np.zeros(len(node), dtype=np.bool_)
    mark = np.zeros(len(around) - 1, dtype=np.int64)
    room = np.empty((4, MOST_ENDS), dtype=np.int64)
    clock = np.int64(0)
    for u in range(len(around) - 1):
        own = centre[u]
        ball = node[around[u] : around[u + 1]]
        every, clock = _whole(start, beside, first, cell, cores, ball, room, mark, clock)
        if every:
            kept[around[u] : around[u + 1]] = True
            continue
        for ring in range(3):
            for at in range(around[u], around[u + 1]):
                v = node[at]
                if own < 0:
                    near = 2
                elif v == own:
                    near = 0
                elif _beside(start, beside, v, own):
                    near = 1
                else:
                    near = 2
                if near != ring:
                    continue
                fits = True
                for other in range(around[u], around[u + 1]):
                    if kept[other]:
                        level, clock = _certain(
                            start, beside, first, cell, cores, ball, v, node[other], room, mark, clock
                        )
                        fits = level == 2
                        if not fits:
                            break
                kept[at] = fits
    return kept


@njit(cache=True, nogil=True)
def least_wide(start, beside, first, cell, pay, source, goal, value, before):
    """Lower `value` of each entry of `beside`: the least that a way from a source pays that ends with this step.

    Ways pay `pay` of cells that neither of two nodes before has; the source's own are not paid. Returns the first
    entry that comes to a goal, -1 if none does; without a goal all values are found. `before` is the step before.
    """
    value[:] = np.inf
    before[:] = NONE
    done = np.zeros(len(beside), dtype=np.bool_)
    mark = np.zeros(len(pay), dtype=np.int64)
    owner = np.empty(len(beside), dtype=np.int64)
    heap = [(0.0, 0)]
    heap.pop()
    for v in range(len(start) - 1):
        for entry in range(start[v], start[v + 1]):
            owner[entry] = v
            w = beside[entry]
            if not source[v] or source[w]:
                continue
            paid = 0.0
            for at in range(first[w], first[w + 1]):
                paid += pay[cell[at]]
            for at in range(first[v], first[v + 1]):
                mark[cell[at]] = entry + 1
            for at in range(first[w], first[w + 1]):
                if mark[cell[at]] == entry + 1:
                    paid -= pay[cell[at]]
            value[entry] = paid
            heap.append((paid, entry))
    heapq.heapify(heap)
    clock = len(beside) + 1
    while heap:
        reached, entry = heapq.heappop(heap)
        if done[entry]:
            continue
        done[entry] = True
        v, w = owner[entry], beside[entry]
        if goal[w]:
            return entry
        clock += 1
        for at in range(first[v], first[v + 1]):
            mark[cell[at]] = clock
        for at in range(first[w], first[w + 1]):
            mark[cell[at]] = clock
        for onward in range(start[w], start[w + 1]):
            x = beside[onward]
            if x == v or done[onward] or source[x]:
                continue
            paid = reached
            for at in range(first[x], first[x + 1]):
                if mark[cell[at]] != clock:
                    paid += pay[cell[at]]
            if paid < value[onward]:
                value[onward] = paid
                before[onward] = entry
                heapq.heappush(heap, (paid, onward))
    return -1
