# mypy: disallow-untyped-defs=False, disable-error-code="untyped-decorator"
"""Compiled loops that shut the units a selection has no room for; see `figure_kernels` for fields and states."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def find(parent, node):
    """Return the head of a node's set, and shorten the way to it."""
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@njit(cache=True, nogil=True)
def settle(field, state, board, limits, room):
    """Shut open units that no longer fit; return whether limits on sums and components can still be kept."""
    patches, _, start, head, restored, cost = board[:6]
    least, most, budget, components = limits[:4]
    alive, parent = room[0], room[1]
    taken, paid = 0.0, 0.0
    for i in range(len(field)):
        if state[i] == 1:
            taken += restored[field[i]]
            paid += cost[field[i]]
    if taken > most or paid > budget:
        return False
    for i in range(len(field)):
        if state[i] == 0 and (taken + restored[field[i]] > most or paid + cost[field[i]] > budget):
            state[i] = -1
    if limits[4] < np.inf and not shut_apart(field, state, board[9], limits[4]):
        return False
    if components < len(field):
        for i in range(len(field)):
            alive[field[i]] = state[i] >= 0
            parent[field[i]] = field[i]
        for i in range(len(field)):
            if state[i] >= 0:
                for at in range(start[field[i]], start[field[i] + 1]):
                    other = head[at]
                    if other >= patches and alive[other]:
                        parent[find(parent, other)] = find(parent, field[i])
        count = 0
        for i in range(len(field)):  # the sets that hold a selected unit
            if state[i] == 1:
                top = find(parent, field[i])
                if alive[top] == 1:
                    alive[top] = 2
                    count += 1
        if count == components:
            for i in range(len(field)):
                if state[i] == 0 and alive[find(parent, field[i])] != 2:
                    state[i] = -1
        for i in range(len(field)):
            alive[field[i]] = 0
        if count > components:
            return False
        if components == 1 and count == 1:
            shut_far(field, state, board, most - taken, budget - paid, room)
    could = 0.0
    for i in range(len(field)):
        if state[i] >= 0:
            could += restored[field[i]]
    return could >= least


@njit(cache=True, nogil=True)
def shut_apart(field, state, points, diameter):
    """Shut open units farther than the diameter from a selected one; return whether a circle holds those selected."""
    chosen = points[field[state == 1]]
    for i in range(len(field)):
        if state[i] == 0:
            for j in range(len(chosen)):
                if np.hypot(points[field[i], 0] - chosen[j, 0], points[field[i], 1] - chosen[j, 1]) > diameter:
                    state[i] = -1
                    break
    return circle(chosen) <= diameter


@njit(cache=True, nogil=True)
def circle(points):
    """Return the diameter of the smallest circle around points: each point outside is on the rim of the next circle."""
    x, y, radius = 0.0, 0.0, -1.0
    for i in range(len(points)):
        if np.hypot(points[i, 0] - x, points[i, 1] - y) <= radius * (1.0 + 1e-12):
            continue
        x, y, radius = points[i, 0], points[i, 1], 0.0
        for j in range(i):
            if np.hypot(points[j, 0] - x, points[j, 1] - y) <= radius * (1.0 + 1e-12):
                continue
            x, y = 0.5 * (points[i, 0] + points[j, 0]), 0.5 * (points[i, 1] + points[j, 1])
            radius = np.hypot(points[j, 0] - x, points[j, 1] - y)
            for k in range(j):
                if np.hypot(points[k, 0] - x, points[k, 1] - y) > radius * (1.0 + 1e-12):
                    x, y = rim(points[i], points[j], points[k])
                    radius = np.hypot(points[j, 0] - x, points[j, 1] - y)
    return 2.0 * max(radius, 0.0)


@njit(cache=True, nogil=True)
def rim(one, two, three):
    """Return the centre of the circle through three points that are not on a line."""
    bx, by, cx, cy = two[0] - one[0], two[1] - one[1], three[0] - one[0], three[1] - one[1]
    twice = 2.0 * (bx * cy - by * cx)
    b, c = bx * bx + by * by, cx * cx + cy * cy
    return one[0] + (cy * b - by * c) / twice, one[1] + (bx * c - cx * b) / twice


@njit(cache=True, nogil=True)
def shut_far(field, state, board, rest, budget, room):
    """Shut open units that cannot be joined to the selected ones, through units, within the rest or the budget."""
    patches, _, start, head, restored, cost = board[:6]
    alive, _, queue, way = room[:4]
    for at in range(2):
        use, left = (restored, rest) if at == 0 else (cost, budget)
        if left == np.inf:
            continue
        first, last = 0, 0
        for i in range(len(field)):
            alive[field[i]] = state[i] >= 0  # 2: waits in the queue
            way[field[i]] = np.inf
            if state[i] == 1:
                way[field[i]], alive[field[i]] = 0.0, 2
                queue[last] = field[i]
                last += 1
        while first != last:
            node = queue[first]
            first = (first + 1) % len(queue)
            alive[node] = 1
            for arc in range(start[node], start[node + 1]):
                other = head[arc]
                if other < patches or alive[other] == 0 or way[node] + use[other] >= way[other]:
                    continue
                way[other] = way[node] + use[other]
                if alive[other] == 1 and way[other] <= left:
                    alive[other] = 2
                    queue[last] = other
                    last = (last + 1) % len(queue)
        for i in range(len(field)):
            if state[i] == 0 and way[field[i]] > left:
                state[i] = -1
            alive[field[i]] = 0
            way[field[i]] = 0.0
