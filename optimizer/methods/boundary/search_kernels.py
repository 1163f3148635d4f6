# mypy: disallow-untyped-defs=False
"""Compiled loops of the search for plans: what changing one node's option costs, and doing so in good order.

A plan is held as the option of each node (`taken`), the capacity of each site's arcs to sites in the set
(`near`; node n in layer k is site k x nodes + n) and the activity of the rows (`held`). Change of rows is gathered in
`change`, with the rows touched listed in `touched`; both are room to work in.
"""

from __future__ import annotations

import numpy as np
from numba import njit

SMALL = 1e-9
"""Cost below which a change is no gain."""


@njit(cache=True, nogil=True)
def effect(n, option, taken, near, options, graph, change, touched):
    """Return the cost of giving node n an option, and the number of rows touched."""
    inside, cost, indptr, indices, data = options
    start, head, edge, whole, _, border_ptr, border_row, border_data = graph
    old = taken[n]
    count = 0
    for at in range(indptr[option], indptr[option + 1]):
        row = indices[at]
        if change[row] == 0.0:
            touched[count] = row
            count += 1
        change[row] += data[at]
    for at in range(indptr[old], indptr[old + 1]):
        row = indices[at]
        if change[row] == 0.0:
            touched[count] = row
            count += 1
        change[row] -= data[at]
    paid = cost[option] - cost[old]
    nodes = len(taken)
    for layer in range(inside.shape[1]):
        if inside[option, layer] == inside[old, layer]:
            continue
        site = layer * nodes + n
        sign = 1.0 if inside[option, layer] else -1.0
        paid += sign * (whole[site] - 2.0 * near[site])
        if len(border_data) > 0:
            for arc in range(start[site], start[site + 1]):
                now = inside[taken[head[arc] - layer * nodes], layer] != inside[old, layer]
                for at in range(border_ptr[edge[arc]], border_ptr[edge[arc] + 1]):
                    row = border_row[at]
                    if change[row] == 0.0:
                        touched[count] = row
                        count += 1
                    change[row] += -border_data[at] if now else border_data[at]
    return paid, count


@njit(cache=True, nogil=True)
def merit(repair, paid, count, held, lower, upper, slack, weight, change, touched):
    """Return the cost of a change per use, infinite where it is none; clears `change`.

    In repair the use is the breach that it takes away; otherwise it is the room in the rows that it takes up,
    and a change must cost less than nothing and breach nothing.
    """
    use = 0.0
    allowed = repair or paid < -SMALL
    for place in range(count):
        row = touched[place]
        step = change[row]
        change[row] = 0.0
        if step == 0.0 or not allowed:
            continue
        after = held[row] + step
        if repair:
            before = max(lower[row] - held[row], held[row] - upper[row], 0.0)
            use += weight[row] * (before - max(lower[row] - after, after - upper[row], 0.0))
        elif (step < 0.0 and after < lower[row] - slack[row]) or (step > 0.0 and after > upper[row] + slack[row]):
            allowed = False
        elif (step < 0.0 and lower[row] > -np.inf) or (step > 0.0 and upper[row] < np.inf):
            use += weight[row] * abs(step)
    if not allowed or (repair and use <= 1e-12):
        return np.inf
    return paid / use if repair else paid / (use + 1e-12)


@njit(cache=True, nogil=True)
def merits(repair, first, taken, near, held, options, graph, limits, change, touched, found):
    """Fill `found` with the merit of each option, (options,); infinite where it is none or is taken."""
    lower, upper, slack, weight = limits
    for n in range(len(taken)):
        for option in range(np.int64(first[n]), first[n + 1]):
            if option == taken[n]:
                found[option] = np.inf
                continue
            paid, count = effect(n, option, taken, near, options, graph, change, touched)
            found[option] = merit(repair, paid, count, held, lower, upper, slack, weight, change, touched)


@njit(cache=True, nogil=True)
def take(n, option, count, taken, near, held, options, graph, change, touched):
    """Give node n an option whose effect, `count` rows touched, stands in `change`; clears that."""
    inside = options[0]
    start, head, edge, capacity = graph[0], graph[1], graph[2], graph[4]
    for place in range(count):
        held[touched[place]] += change[touched[place]]
        change[touched[place]] = 0.0
    for layer in range(inside.shape[1]):
        if inside[option, layer] == inside[taken[n], layer]:
            continue
        site = layer * len(taken) + n
        for arc in range(start[site], start[site + 1]):
            step = capacity[edge[arc]]
            near[head[arc]] += step if inside[option, layer] else -step
    taken[n] = option


@njit(cache=True, nogil=True)
def follow(repair, order, worst, node, taken, near, held, options, graph, limits, change, touched):
    """Make changes in the order given while their merit, taken anew, is `worst` or better; return how many."""
    lower, upper, slack, weight = limits
    made = 0
    for option in order:
        n = np.int64(node[option])
        if taken[n] == option:
            continue
        paid, count = effect(n, option, taken, near, options, graph, change, touched)
        rating = merit(repair, paid, count, held, lower, upper, slack, weight, change, touched)
        if not rating <= worst:
            continue
        paid, count = effect(n, option, taken, near, options, graph, change, touched)
        take(n, option, count, taken, near, held, options, graph, change, touched)
        made += 1
    return made
