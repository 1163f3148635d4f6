# mypy: disallow-untyped-defs=False
"""Compiled loops over graphs with weights on nodes: trees over subsets of terminals, ascent, separators.

Sources: Dreyfus and Wagner (1971), The Steiner problem in graphs; Erickson, Monma and Veinott (1987), Send-and-split
method for minimum-concave-cost network flows; Wong (1984), A dual ascent approach for Steiner tree problems on a
directed graph; Dinic (1970), maximum flow.
"""

from __future__ import annotations

import heapq

import numpy as np
from numba import njit

NONE = -1
"""No way leads here, or it begins here."""

SPLIT = -2
"""Origins at or below tell that two trees meet here: `SPLIT - subset`."""


@njit(cache=True, nogil=True)
def least_ways(start, beside, pay, value, origin):
    """Lower `value` of each node to the least over ways from all others, a way pays `pay` of each entry (Dijkstra)."""
    heap = [(0.0, 0)]
    heap.pop()
    for v in range(len(value)):
        if value[v] < np.inf:
            heap.append((value[v], v))
    heapq.heapify(heap)
    while heap:
        reached, v = heapq.heappop(heap)
        if reached > value[v]:
            continue
        for entry in range(start[v], start[v + 1]):
            u = beside[entry]
            onward = reached + pay[entry]
            if onward < value[u]:
                value[u] = onward
                origin[u] = v
                heapq.heappush(heap, (onward, u))


@njit(cache=True, nogil=True)
def spread_out(start, beside, weight, value, origin):
    """Lower `value` of each node to the least over ways from all others, a way pays each node it enters."""
    least_ways(start, beside, weight[beside], value, origin)


@njit(cache=True, nogil=True)
def subset_trees(start, beside, weight, terminals):
    """Return for each subset of terminals and node the least weight of a tree over both, and where it comes from."""
    count, nodes = len(terminals), len(weight)
    pay = weight[beside]
    value = np.full((1 << count, nodes), np.inf)
    origin = np.full((1 << count, nodes), NONE, dtype=np.int32)
    for subset in range(1, 1 << count):
        low = subset & -subset
        row, came = value[subset], origin[subset]
        if subset == low:
            t = 0
            while (1 << t) != low:
                t += 1
            row[terminals[t]] = weight[terminals[t]]
        else:
            rest = subset ^ low
            part = (rest - 1) & rest
            while True:
                one, two = value[low | part], value[rest ^ part]
                for v in range(nodes):
                    both = one[v] + two[v] - weight[v]
                    if both < row[v]:
                        row[v] = both
                        came[v] = SPLIT - (low | part)
                if part == 0:
                    break
                part = (part - 1) & rest
        least_ways(start, beside, pay, row, came)
    return value, origin


@njit(cache=True, nogil=True)
def ascend(start, beside, opposite, reduced, terminals, root, rows, entries):
    """Raise separators of directed links between the root and each terminal until nothing is left to pay.

    `reduced` belongs to links and is lowered in place. A step takes all nodes that lead to a terminal without pay; the
    links into them are a separator, and each pays the least that any has left. Returns the bound and the separators
    as rows (starts, links), the first that fit into the room of `rows` rows and `entries` entries.
    """
    nodes = len(start) - 1
    mark = np.zeros(nodes, dtype=np.int64)
    stack = np.empty(nodes, dtype=np.int64)
    border = np.empty(len(beside), dtype=np.int64)
    starts = np.zeros(rows + 1, dtype=np.int64)
    kept = np.empty(entries, dtype=np.int64)
    active = np.ones(len(terminals), dtype=np.bool_)
    found, bound, clock, left = 0, 0.0, 0, len(terminals)
    while left > 0:
        for k in range(len(terminals)):
            if not active[k]:
                continue
            clock += 1
            stack[0] = terminals[k]
            mark[terminals[k]] = clock
            inside, seen, waiting, first = 1, 0, 0, 0
            while True:
                while seen < inside:
                    v = stack[seen]
                    seen += 1
                    for entry in range(start[v], start[v + 1]):
                        u = beside[entry]
                        if mark[u] == clock:
                            continue
                        link = opposite[entry]
                        if reduced[link] <= 0.0:
                            mark[u] = clock
                            stack[inside] = u
                            inside += 1
                        else:
                            border[waiting] = entry
                            waiting += 1
                if mark[root] == clock:
                    active[k] = False
                    left -= 1
                    break
                if first == 0:
                    first = inside
                elif inside > first + first // 2:
                    break
                still = 0
                least = np.inf
                for i in range(waiting):
                    entry = border[i]
                    if mark[beside[entry]] != clock:
                        border[still] = entry
                        still += 1
                        least = min(least, reduced[opposite[entry]])
                waiting = still
                bound += least
                if found < rows and starts[found] + waiting <= entries:
                    for i in range(waiting):
                        kept[starts[found] + i] = opposite[border[i]]
                    starts[found + 1] = starts[found] + waiting
                    found += 1
                still = 0
                for i in range(waiting):
                    entry = border[i]
                    link = opposite[entry]
                    reduced[link] -= least
                    if reduced[link] <= 0.0:
                        reduced[link] = 0.0
                        u = beside[entry]
                        if mark[u] != clock:
                            mark[u] = clock
                            stack[inside] = u
                            inside += 1
                    else:
                        border[still] = entry
                        still += 1
                waiting = still
    return bound, starts[: found + 1], kept[: starts[found]]


@njit(cache=True, nogil=True)
def leading(start, beside, opposite, capacity, goal):
    """Return which nodes lead to the goal over links that still hold something."""
    found = np.zeros(len(start) - 1, dtype=np.bool_)
    found[goal] = True
    stack = [goal]
    while stack:
        v = stack.pop()
        for entry in range(start[v], start[v + 1]):
            u = beside[entry]
            if not found[u] and capacity[opposite[entry]] > 0:
                found[u] = True
                stack.append(u)
    return found


@njit(cache=True, nogil=True)
def _augment(start, beside, capacity, goal, back, opposite, level, place, way):
    """Find one way from level 0 to the goal in the layered network and push what it holds; return it, 0 if none."""
    length = 0
    while True:
        here = way[length]
        if here == goal:
            least = np.int64(1) << 60
            for i in range(length):
                least = min(least, capacity[back[i]])
            for i in range(length):
                capacity[back[i]] -= least
                capacity[opposite[back[i]]] += least
            return least
        moved = False
        while place[here] < start[here + 1]:
            arc = place[here]
            there = beside[arc]
            if capacity[arc] > 0 and level[there] == level[here] + 1:
                back[length] = arc
                length += 1
                way[length] = there
                moved = True
                break
            place[here] += 1
        if not moved:
            if length == 0:
                return np.int64(0)
            length -= 1
            place[way[length]] += 1


@njit(cache=True, nogil=True)
def flow(start, beside, opposite, capacity, source, goal, most):
    """Return the maximum flow from source to goal, no more than about `most`, and the level of each node.

    `capacity` is turned into the residual in place; after a full flow, nodes of level -1 lie beyond the cut.
    """
    nodes = len(start) - 1
    level = np.empty(nodes, dtype=np.int64)
    queue = np.empty(nodes, dtype=np.int64)
    way = np.empty(nodes + 1, dtype=np.int64)
    back = np.empty(nodes + 1, dtype=np.int64)
    total = np.int64(0)
    while True:
        level[:] = -1
        level[source] = 0
        queue[0] = source
        head, tail = 0, 1
        while head < tail:
            v = queue[head]
            head += 1
            for arc in range(start[v], start[v + 1]):
                u = beside[arc]
                if capacity[arc] > 0 and level[u] < 0:
                    level[u] = level[v] + 1
                    queue[tail] = u
                    tail += 1
        if level[goal] < 0 or total >= most:
            return total, level
        place = start[:-1].copy()
        way[0] = source
        while True:
            pushed = _augment(start, beside, capacity, goal, back, opposite, level, place, way)
            if pushed == 0:
                break
            total += pushed


@njit(cache=True, nogil=True)
def joined(start, beside, chosen, cores):
    """Whether nodes 0 .. cores - 1 hang together over the chosen nodes."""
    seen = np.zeros(len(chosen), dtype=np.bool_)
    stack = [0]
    seen[0] = True
    met = 0
    while stack:
        v = stack.pop()
        if v < cores:
            met += 1
        for entry in range(start[v], start[v + 1]):
            u = beside[entry]
            if chosen[u] and not seen[u]:
                seen[u] = True
                stack.append(u)
    return met == cores


@njit(cache=True, nogil=True)
def along(origin, held, weight, gain):
    """Return the sums of weights and gains over the nodes of each way from what is held, (nodes,) each."""
    nodes = len(origin)
    paid, won = np.zeros(nodes), np.zeros(nodes)
    known = held.copy()
    stack = np.empty(nodes, dtype=np.int64)
    for end in range(nodes):
        if origin[end] < 0:
            continue
        length, v = 0, end
        while not known[v]:
            stack[length] = v
            length += 1
            v = origin[v]
        for i in range(length - 1, -1, -1):
            u = stack[i]
            paid[u], won[u] = paid[v] + weight[u], won[v] + gain[u]
            known[u] = True
            v = u
    return paid, won


@njit(cache=True, nogil=True)
def entries(start, beside, chosen):
    """Return the entry by which each chosen node is first reached from node 0, -1 where it is not, (nodes,)."""
    found = np.full(len(chosen), -1, dtype=np.int64)
    queue = np.empty(len(chosen), dtype=np.int64)
    queue[0] = 0
    head, tail = 0, 1
    while head < tail:
        v = queue[head]
        head += 1
        for entry in range(start[v], start[v + 1]):
            u = beside[entry]
            if u != 0 and chosen[u] and found[u] < 0:
                found[u] = entry
                queue[tail] = u
                tail += 1
    return found
