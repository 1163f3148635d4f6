# mypy: disallow-untyped-defs=False
"""Compiled loops over chosen nodes: whether a node holds its piece together, and annealing of whole plans.

Source: Kirkpatrick, Gelatt and Vecchi (1983), Optimization by simulated annealing.
"""

from __future__ import annotations

import numpy as np
from numba import njit

NONE = -1
"""Piece of a node that is not chosen."""

FAR = 4000
"""Nodes looked at before a node counts as holding its piece together."""

MOST_GROWN = 200
"""Nodes of a piece that is taken or dropped as a whole."""


@njit(cache=True, nogil=True)
def holds(start, beside, piece, node, mark, stack, clock):
    """Whether the piece of a node falls apart without it; True too where that is not seen soon."""
    around, first = 0, -1
    for entry in range(start[node], start[node + 1]):
        if piece[beside[entry]] >= 0:
            around += 1
            first = beside[entry]
    if around <= 1:
        return False
    mark[node], mark[first] = clock, clock
    stack[0] = first
    head, tail, met = 0, 1, 1
    while head < tail and head < FAR:
        here = stack[head]
        head += 1
        for entry in range(start[here], start[here + 1]):
            other = beside[entry]
            if piece[other] >= 0 and mark[other] != clock:
                mark[other] = clock
                stack[tail] = other
                tail += 1
                for back in range(start[other], start[other + 1]):
                    if beside[back] == node:
                        met += 1
                        break
        if met == around:
            return False
    return True


@njit(cache=True, nogil=True)
def _relabel(start, beside, piece, node, old, new, stack):
    """Give the part of a piece that hangs on a node another number."""
    stack[0] = node
    piece[node] = new
    tail = 1
    while tail > 0:
        tail -= 1
        here = stack[tail]
        for entry in range(start[here], start[here + 1]):
            other = beside[entry]
            if piece[other] == old:
                piece[other] = new
                stack[tail] = other
                tail += 1


@njit(cache=True, nogil=True)
def _whole_piece(start, beside, piece, node, mark, stack, clock):
    """Put the piece of a node on the stack; return its size, 0 where it is large."""
    stack[0] = node
    mark[node] = clock
    head, tail = 0, 1
    while head < tail:
        here = stack[head]
        head += 1
        for entry in range(start[here], start[here + 1]):
            other = beside[entry]
            if piece[other] >= 0 and mark[other] != clock:
                if tail == MOST_GROWN:
                    return 0
                mark[other] = clock
                stack[tail] = other
                tail += 1
    return tail


@njit(cache=True, nogil=True)
def _grown(start, beside, piece, size, price, least, node, mark, stack, clock):
    """Put a set of at least the least size, grown from a node by price, on the stack; return its size, 0 for none.

    It touches no piece.
    """
    border = np.empty(4 * MOST_GROWN, dtype=np.int64)
    waiting, tail, held = 1, 0, 0.0
    border[0] = node
    mark[node] = clock
    while held < least:
        if waiting == 0 or tail == MOST_GROWN:
            return 0
        low = 0
        for k in range(1, waiting):
            if price[border[k]] < price[border[low]]:
                low = k
        here = border[low]
        waiting -= 1
        border[low] = border[waiting]
        alone = True
        for entry in range(start[here], start[here + 1]):
            if piece[beside[entry]] >= 0:
                alone = False
        if not alone:
            continue
        stack[tail] = here
        tail += 1
        held += size[here]
        for entry in range(start[here], start[here + 1]):
            other = beside[entry]
            if mark[other] != clock and waiting < len(border):
                mark[other] = clock
                border[waiting] = other
                waiting += 1
    return tail


@njit(cache=True, nogil=True)
def _missing(held, lower, upper):
    return max(lower - held, 0.0) + max(held - upper, 0.0)


@njit(cache=True, nogil=True)
def _worth(columns, rows, values, held, lower, upper, penalty, nodes, count, sign, change):
    """Return what missing of rows costs more where nodes are taken (sign 1) or dropped (-1)."""
    change[:] = 0.0
    for k in range(count):
        for entry in range(columns[nodes[k]], columns[nodes[k] + 1]):
            change[rows[entry]] += sign * values[entry]
    total = 0.0
    for row in range(len(lower)):
        if change[row] != 0.0:
            after = _missing(held[row] + change[row], lower[row], upper[row])
            total += penalty[row] * (after - _missing(held[row], lower[row], upper[row]))
    return total


@njit(cache=True, nogil=True)
def anneal(
    start,
    beside,
    cost,
    size,
    price,
    columns,
    rows,
    values,
    lower,
    upper,
    penalty,
    locked,
    piece,
    most,
    least,
    steps,
    hot,
    cold,
    seed,
):
    """Change nodes one by one, later less and less for the worse; return the best cost and plan that keeps all rows.

    Parameters
    ----------
    price
        What a node is worth to a piece that is begun, the least first, (nodes,).
    columns, rows, values
        The rows by node (CSC).
    penalty
        Cost of a unit missing of each row, (rows,).
    piece
        Piece of each node, `NONE` where it is not chosen, (nodes,); changed in place.
    most, least
        Pieces at most, and the least size of each.
    hot, cold
        First and last temperature, in cost.
    """
    np.random.seed(seed)  # noqa: NPY002 -- the generator that compiled loops have
    nodes = len(cost)
    held, change = np.zeros(len(lower)), np.zeros(len(lower))
    of_piece, parts = np.zeros(nodes + 1), np.zeros(nodes + 1, dtype=np.int64)
    mark, stack, clock = np.zeros(nodes, dtype=np.int64), np.empty(nodes + 1, dtype=np.int64), 0
    objective, single = 0.0, np.empty(1, dtype=np.int64)
    for v in range(nodes):
        if piece[v] >= 0:
            objective += cost[v]
            of_piece[piece[v]] += size[v]
            parts[piece[v]] += 1
            for entry in range(columns[v], columns[v + 1]):
                held[rows[entry]] += values[entry]
    free = np.empty(nodes + 1, dtype=np.int64)
    unused, count = 0, 0
    for number in range(nodes, -1, -1):
        if parts[number] == 0:
            free[unused] = number
            unused += 1
        else:
            count += 1
    best, kept = np.inf, np.zeros(nodes, dtype=np.bool_)
    for step in range(steps):
        heat = hot * (cold / hot) ** (step / steps)
        v = np.random.randint(nodes)  # noqa: NPY002
        changed, tail = False, 1
        if piece[v] < 0:
            target, joins = -1, 0
            for entry in range(start[v], start[v + 1]):
                other = piece[beside[entry]]
                if other >= 0 and other != target:
                    joins += 1
                    if target < 0 or parts[other] > parts[target]:
                        target = other
            taken = single
            single[0] = v
            if target < 0:
                if count >= most:
                    continue
                if size[v] < least:
                    clock += 1
                    tail = _grown(start, beside, piece, size, price, least, v, mark, stack, clock)
                    if tail == 0:
                        continue
                    taken = stack
            rise = _worth(columns, rows, values, held, lower, upper, penalty, taken, tail, 1.0, change)
            for k in range(tail):
                rise += cost[taken[k]]
            if rise > 0 and np.random.random() >= np.exp(-rise / heat):  # noqa: NPY002
                continue
            if target < 0:
                unused -= 1
                target = free[unused]
                count += 1
            for k in range(tail):
                u = taken[k]
                piece[u] = target
                of_piece[target] += size[u]
                parts[target] += 1
                objective += cost[u]
            if joins > 1:
                for entry in range(start[v], start[v + 1]):
                    other = piece[beside[entry]]
                    if other >= 0 and other != target:
                        _relabel(start, beside, piece, beside[entry], other, target, stack)
                        of_piece[target] += of_piece[other]
                        parts[target] += parts[other]
                        of_piece[other], parts[other] = 0.0, 0
                        free[unused] = other
                        unused += 1
                        count -= 1
            changed = True
        else:
            old = piece[v]
            taken = single
            single[0] = v
            whole = parts[old] == 1
            if not whole and of_piece[old] - size[v] < least:
                clock += 1
                tail = _whole_piece(start, beside, piece, v, mark, stack, clock)
                if tail == 0:
                    continue
                taken, whole = stack, True
            stays = False
            for k in range(tail):
                stays = stays or locked[taken[k]]
            if stays:
                continue
            rise = _worth(columns, rows, values, held, lower, upper, penalty, taken, tail, -1.0, change)
            for k in range(tail):
                rise -= cost[taken[k]]
            if rise > 0 and np.random.random() >= np.exp(-rise / heat):  # noqa: NPY002
                continue
            if not whole:
                clock += 1
                if holds(start, beside, piece, v, mark, stack, clock):
                    continue
            for k in range(tail):
                u = taken[k]
                piece[u] = NONE
                of_piece[old] -= size[u]
                parts[old] -= 1
                objective -= cost[u]
            if parts[old] == 0:
                of_piece[old] = 0.0
                free[unused] = old
                unused += 1
                count -= 1
            changed = True
        if changed:
            for row in range(len(lower)):
                held[row] += change[row]
            if objective < best:
                good = True
                for row in range(len(lower)):
                    room = 1e-9 * (1.0 + abs(held[row]))
                    if held[row] < lower[row] - room or held[row] > upper[row] + room:
                        good = False
                        break
                if good:
                    best = objective
                    for u in range(nodes):
                        kept[u] = piece[u] >= 0
    return best, kept
