# mypy: disallow-untyped-defs=False, disable-error-code="untyped-decorator"
"""Compiled loops of what a part of the choices can reach at best.

A board (`Board.arrays`) has patches of today as nodes 0 to P - 1 and units that can be selected as nodes P to N - 1.
A field is a list of selectable nodes, all others being out; a state says of each whether it is in (1), out (-1) or
open (0). Every figure is one to raise: what is to be lowered is held as its negative. `room` is arrays to work
in (`Board.room`), left clean by every function.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from optimizer.methods.landscape.fit_kernels import find, settle
from optimizer.order_kernels import rising

MESH, IIC, LARGEST, PATCHES, RESTORED = 0, 1, 2, 3, 4
KINDS = 5

OPEN, IN = np.int64(0), np.int64(1)
"""Least states that are joined; literals as arguments would be compiled as a type of their own each."""


@njit(cache=True, nogil=True)
def fractional(value, restored, cost, rest, budget):
    """Return the most value of items, parts of items allowed, within the rest and, apart from it, within the budget."""
    best = value.sum()
    for at in range(2):
        use = restored if at == 0 else cost
        left = rest if at == 0 else budget
        if use.sum() <= left:
            continue
        order = rising(-value / np.maximum(use, 1e-12))
        held = 0.0
        for item in order:
            if use[item] > left:
                held += value[item] * max(left, 0.0) / use[item]
                break
            held += value[item]
            left -= use[item]
        best = min(best, held)
    return best


@njit(cache=True, nogil=True)
def join(field, state, lowest, board, room):
    """Join units whose state is `lowest` or more with each other and the patches; return the nodes touched.

    `parent` and `alive` keep the sets until `clear`.
    """
    patches, _, start, head = board[:4]
    alive, parent, touched = room[0], room[1], room[2]
    count = 0
    for i in range(len(field)):
        node = field[i]
        if state[i] < lowest:
            continue
        if alive[node] == 0:
            alive[node], parent[node] = 1, node
            touched[count] = node
            count += 1
        for at in range(start[node], start[node + 1]):
            other = head[at]
            if other < patches and alive[other] == 0:
                alive[other], parent[other] = 1, other
                touched[count] = other
                count += 1
            if alive[other]:
                parent[find(parent, other)] = find(parent, node)
    return touched[:count]


@njit(cache=True, nogil=True)
def clear(touched, room):
    """Leave the room as it was before `join`."""
    alive, _, _, base, free = room
    for node in touched:
        alive[node] = 0
        base[node] = free[node] = 0.0


@njit(cache=True, nogil=True)
def weigh(field, state, touched, board, room):
    """Give the head of each set its area that is sure (`base`) and that is open (`free`)."""
    patches, area = board[:2]
    _, parent, _, base, free = room
    for node in touched:
        if node < patches:
            base[find(parent, node)] += area[node]
    for i in range(len(field)):
        if state[i] == 1:
            base[find(parent, field[i])] += area[field[i]]
        elif state[i] == 0:
            free[find(parent, field[i])] += area[field[i]]


@njit(cache=True, nogil=True)
def open_items(field, state, board):
    """Return the open nodes and what they restore and cost."""
    opened = field[state == 0]
    return opened, board[4][opened], board[5][opened]


@njit(cache=True, nogil=True)
def best_mesh(field, state, board, limits, room):
    r"""Return a bound on the sum of squared patch areas below a state, exact where nothing is open.

    Everything open joins patches for nothing; its own area then counts by the chord of the square, which lies above
    it: (b + t)^2 <= b^2 + (2 b + F) t for 0 <= t <= F. What is left is a knapsack.
    """
    patches, area = board[:2]
    _, parent, _, base, free = room
    touched = join(field, state, OPEN, board, room)
    weigh(field, state, touched, board, room)
    total = board[8]
    for node in touched:
        if node < patches:
            total -= area[node] ** 2
        total += base[node] ** 2
    opened, restored, cost = open_items(field, state, board)
    value = np.empty(len(opened))
    for i in range(len(opened)):
        top = find(parent, opened[i])
        value[i] = area[opened[i]] * (2.0 * base[top] + free[top])
    clear(touched, room)
    return total + knapsack(field, state, value, restored, cost, board, limits)


@njit(cache=True, nogil=True)
def knapsack(field, state, value, restored, cost, board, limits):
    """Return the most value of open units within what is left of the limits."""
    rest, budget = limits[1], limits[2]
    for i in range(len(field)):
        if state[i] == 1:
            rest -= board[4][field[i]]
            budget -= board[5][field[i]]
    return fractional(value, restored, cost, rest, budget)


@njit(cache=True, nogil=True)
def best_largest(field, state, board, limits, room):
    """Return a bound on the area of the largest patch below a state, exact where nothing is open."""
    patches, area = board[:2]
    _, parent, _, base, free = room
    touched = join(field, state, OPEN, board, room)
    weigh(field, state, touched, board, room)
    best = 0.0
    for node in range(patches):
        best = max(best, area[node])
    opened, restored, cost = open_items(field, state, board)
    value = np.empty(len(opened))
    for node in touched:
        if base[node] + free[node] <= best:
            continue
        for i in range(len(opened)):
            value[i] = area[opened[i]] if find(parent, opened[i]) == node else 0.0
        best = max(best, base[node] + knapsack(field, state, value, restored, cost, board, limits))
    clear(touched, room)
    return best


@njit(cache=True, nogil=True)
def fewest_patches(field, state, board, limits, room):
    """Return the negative of a bound on the number of patches below a state, exact where nothing is open.

    A patch stays in each set of everything open that has something sure in it. And an open unit takes away no more
    patches than the sets of sure units it touches and half the open units it touches, less itself.
    """
    patches, _, start, head = board[:4]
    alive, parent, _, base, _ = room
    touched = join(field, state, OPEN, board, room)
    weigh(field, state, touched, board, room)
    joined = patches
    for node in touched:
        joined += (base[node] > 0.0) - (node < patches)
    clear(touched, room)
    touched = join(field, state, IN, board, room)
    now = patches
    for node in touched:
        now += (parent[node] == node) - (node < patches)
    opened, restored, cost = open_items(field, state, board)
    value = np.empty(len(opened))
    for i in range(len(opened)):
        value[i] = -1.0
        for at in range(start[opened[i]], start[opened[i] + 1]):
            other = head[at]
            if other >= patches and alive[other] == 0:
                value[i] += 0.5
                continue
            top = find(parent, other) if alive[other] else other
            fresh = 1.0
            for before in range(start[opened[i]], at):
                last = head[before]
                if last < patches or alive[last]:
                    fresh *= (find(parent, last) if alive[last] else last) != top
            value[i] += fresh
        value[i] = max(value[i], 0.0)
    clear(touched, room)
    most = np.floor(knapsack(field, state, value, restored, cost, board, limits) + 1e-9)
    return -max(float(joined), now - most)


@njit(cache=True, nogil=True)
def best_iic(field, state, board, limits, room):
    r"""Return a bound on the sum of a_i a_j / (1 + l_ij) below a state, exact where nothing is open.

    As for the sum of squares: everything open joins and links for nothing, and with the weights M = 1 / (1 + l) of
    that, (b + t)' M (b + t) <= b' M b + (2 M b + M F)' t for 0 <= t <= F.
    """
    patches, area, _, _, _, _, near_start, near = board[:8]
    alive, parent, _, base, free = room
    touched = join(field, state, OPEN, board, room)
    weigh(field, state, touched, board, room)
    number = np.full(len(area), -1, np.int64)
    nodes = np.empty(patches + len(field), np.int64)
    count = 0
    for node in range(patches):
        nodes[count] = node
        count += 1
    for node in touched:
        if node >= patches:
            nodes[count] = node
            count += 1
    nodes = nodes[:count]
    sets = 0
    for node in nodes:
        top = find(parent, node) if alive[node] else node
        if number[top] < 0:
            number[top] = sets
            sets += 1
        number[node] = number[top]
    sure, rest = np.zeros(sets), np.zeros(sets)
    linked = np.zeros((sets, sets), np.bool_)
    for node in nodes:
        one = number[node]
        if alive[node] == 0:
            sure[one] = area[node]
        elif parent[node] == node:
            sure[one], rest[one] = base[node], free[node]
        for at in range(near_start[node], near_start[node + 1]):
            other = near[at]
            if number[other] >= 0 and number[other] != one:
                linked[one, number[other]] = True
    ends = np.nonzero(linked)
    start = np.searchsorted(ends[0], np.arange(sets + 1))
    with_sure, with_rest = spread(start, ends[1], sure, rest)
    opened, restored, cost = open_items(field, state, board)
    value = np.empty(len(opened))
    for i in range(len(opened)):
        one = number[opened[i]]
        value[i] = area[opened[i]] * (2.0 * with_sure[one] + with_rest[one])
    clear(touched, room)
    return sure @ with_sure + knapsack(field, state, value, restored, cost, board, limits)


@njit(cache=True, nogil=True)
def spread(start, head, sure, rest):
    """Return M sure and M rest, where M is 1 / (1 + number of links on the shortest way); i is linked to head[i's]."""
    sets = len(sure)
    with_sure, with_rest = np.zeros(sets), np.zeros(sets)
    links, queue = np.full(sets, -1), np.empty(sets, np.int64)
    for source in range(sets):
        links[source], queue[0] = 0, source
        first, last = 0, 1
        while first < last:
            node = queue[first]
            first += 1
            with_sure[source] += sure[node] / (1.0 + links[node])
            with_rest[source] += rest[node] / (1.0 + links[node])
            for at in range(start[node], start[node + 1]):
                if links[head[at]] < 0:
                    links[head[at]] = links[node] + 1
                    queue[last] = head[at]
                    last += 1
        for i in range(last):
            links[queue[i]] = -1
    return with_sure, with_rest


@njit(cache=True, nogil=True)
def figure(kind, field, state, board, limits, room):
    """Return the bound on one figure below a state."""
    if kind == MESH:
        return best_mesh(field, state, board, limits, room)
    if kind == IIC:
        return best_iic(field, state, board, limits, room)
    if kind == LARGEST:
        return best_largest(field, state, board, limits, room)
    if kind == PATCHES:
        return fewest_patches(field, state, board, limits, room)
    taken = 0.0
    for i in range(len(field)):
        if state[i] == 1:
            taken += board[4][field[i]]
    return -max(taken, limits[0])


@njit(cache=True, nogil=True)
def assess(kind, field, state, board, limits, floors, room):
    """Return the best that the figure can be below a state, -inf where a limit is broken; shuts units that misfit.

    Exact where nothing is open.
    """
    if not settle(field, state, board, limits, room):
        return -np.inf
    best = figure(kind, field, state, board, limits, room)
    for other in range(KINDS):
        if floors[other] > -np.inf and figure(other, field, state, board, limits, room) < floors[other]:
            return -np.inf
    return best
