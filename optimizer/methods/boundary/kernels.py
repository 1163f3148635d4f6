# mypy: disallow-untyped-defs=False
"""Compiled loops: minimum cut by augmenting paths from two trees.

The flow starts from what earlier passes left, so a cut at new prices costs only what changed.

Source: Boykov and Kolmogorov (2004), An experimental comparison of min-cut/max-flow algorithms; reuse of flow after
Kohli and Torr (2005), Efficiently solving dynamic Markov random fields using graph cuts.
"""

from __future__ import annotations

import numpy as np
from numba import njit

FREE, SOURCE, SINK = 0, 1, 2
"""Trees a node may belong to: none, those reached from a surplus, those that reach a want."""

NO_ARC, ROOT, ORPHAN = -1, -2, -3
"""Arcs to a parent that are none: no parent, the node is a root, its parent was lost."""

FAR = 2_000_000_000
"""Longer than any path."""


@njit(cache=True, nogil=True)
def min_cut(start, head, sister, residual, surplus, tree, parent, stamp, depth, queue, waiting, orphans):
    """Push surplus to wants until none reaches another; `tree` then tells the sides.

    Node n holds `surplus[n]` (negative: a want). Arcs of n are start[n]:start[n+1]; `residual` and `surplus` are
    changed in place. The other arrays are room to work in, one entry a node.
    """
    count = len(surplus)
    head_of_queue, queued = 0, 0
    for n in range(count):
        stamp[n] = 0
        waiting[n] = False
        depth[n] = 1
        if surplus[n] == 0:
            tree[n] = FREE
            parent[n] = NO_ARC
        else:
            tree[n] = SOURCE if surplus[n] > 0 else SINK
            parent[n] = ROOT
            queue[queued] = n
            queued += 1
            waiting[n] = True
    clock = 0
    tail_of_queue = queued % count
    while queued > 0:
        u = queue[head_of_queue]
        if tree[u] == FREE:
            waiting[u] = False
            head_of_queue = head_of_queue + 1 if head_of_queue + 1 < count else 0
            queued -= 1
            continue
        own = tree[u]
        bridge = NO_ARC
        for arc in range(start[u], start[u + 1]):
            out = arc if own == SOURCE else sister[arc]
            if residual[out] == 0:
                continue
            v = head[arc]
            if tree[v] == FREE:
                tree[v] = own
                parent[v] = sister[arc]
                stamp[v] = stamp[u]
                depth[v] = depth[u] + 1
                if not waiting[v]:
                    waiting[v] = True
                    queue[tail_of_queue] = v
                    tail_of_queue = tail_of_queue + 1 if tail_of_queue + 1 < count else 0
                    queued += 1
            elif tree[v] != own:
                bridge = out
                break
            elif stamp[v] <= stamp[u] and depth[v] > depth[u] + 1:
                parent[v] = sister[arc]
                stamp[v] = stamp[u]
                depth[v] = depth[u] + 1
        if bridge == NO_ARC:
            waiting[u] = False
            head_of_queue = head_of_queue + 1 if head_of_queue + 1 < count else 0
            queued -= 1
            continue
        clock += 1
        # the path: from a root of the source tree over the bridge to a root of the sink tree
        low = residual[bridge]
        n = head[sister[bridge]]
        while parent[n] != ROOT:
            low = min(low, residual[sister[parent[n]]])
            n = head[parent[n]]
        low = min(low, surplus[n])
        n = head[bridge]
        while parent[n] != ROOT:
            low = min(low, residual[parent[n]])
            n = head[parent[n]]
        low = min(low, -surplus[n])
        first, lost = 0, 0
        residual[bridge] -= low
        residual[sister[bridge]] += low
        n = head[sister[bridge]]
        while parent[n] != ROOT:
            arc = parent[n]
            residual[arc] += low
            residual[sister[arc]] -= low
            if residual[sister[arc]] == 0:
                parent[n] = ORPHAN
                orphans[lost] = n
                lost += 1
            n = head[arc]
        surplus[n] -= low
        if surplus[n] == 0:
            parent[n] = ORPHAN
            orphans[lost] = n
            lost += 1
        n = head[bridge]
        while parent[n] != ROOT:
            arc = parent[n]
            residual[sister[arc]] += low
            residual[arc] -= low
            if residual[arc] == 0:
                parent[n] = ORPHAN
                orphans[lost] = n
                lost += 1
            n = head[arc]
        surplus[n] += low
        if surplus[n] == 0:
            parent[n] = ORPHAN
            orphans[lost] = n
            lost += 1
        while lost > 0:
            n = orphans[first]
            first = first + 1 if first + 1 < count else 0
            lost -= 1
            own = tree[n]
            best, least = NO_ARC, FAR
            for arc in range(start[n], start[n + 1]):
                into = sister[arc] if own == SOURCE else arc
                if residual[into] == 0:
                    continue
                v = head[arc]
                if tree[v] != own or parent[v] == NO_ARC:
                    continue
                steps = 0
                m = v
                while True:
                    if stamp[m] == clock:
                        steps += depth[m]
                        break
                    up = parent[m]
                    steps += 1
                    if up == ROOT:
                        stamp[m] = clock
                        depth[m] = 1
                        break
                    if up == ORPHAN:
                        steps = FAR
                        break
                    m = head[up]
                if steps < FAR:
                    if steps < least:
                        best, least = arc, steps
                    m = v
                    while stamp[m] != clock:
                        stamp[m] = clock
                        depth[m] = steps
                        steps -= 1
                        m = head[parent[m]]
            if best != NO_ARC:
                parent[n] = best
                stamp[n] = clock
                depth[n] = least + 1
                continue
            for arc in range(start[n], start[n + 1]):
                v = head[arc]
                if tree[v] != own or parent[v] == NO_ARC:
                    continue
                into = sister[arc] if own == SOURCE else arc
                if residual[into] > 0 and not waiting[v]:
                    waiting[v] = True
                    queue[tail_of_queue] = v
                    tail_of_queue = tail_of_queue + 1 if tail_of_queue + 1 < count else 0
                    queued += 1
                if parent[v] >= 0 and head[parent[v]] == n:
                    parent[v] = ORPHAN
                    place = first + lost
                    orphans[place if place < count else place - count] = v
                    lost += 1
            tree[n] = FREE
            parent[n] = NO_ARC
    return clock


@njit(cache=True, nogil=True)
def price(start, inside, cost, indptr, indices, data, values, outs, ins, best_out, best_in):
    """Find each node's least priced option on either side.

    `outs` and `ins` become the priced costs (infinite where a node has no such option), `best_out` and
    `best_in` the options (-1 where none).
    """
    for n in range(len(start) - 1):
        low_out, low_in = np.inf, np.inf
        at_out, at_in = -1, -1
        for option in range(start[n], start[n + 1]):
            priced = cost[option]
            for at in range(indptr[option], indptr[option + 1]):
                priced -= data[at] * values[indices[at]]
            if inside[option]:
                if priced < low_in:
                    low_in, at_in = priced, option
            elif priced < low_out:
                low_out, at_out = priced, option
        outs[n], ins[n], best_out[n], best_in[n] = low_out, low_in, at_out, at_in


@njit(cache=True, nogil=True)
def spread(start, sister, residual, outs, ins, scale, room, surplus):
    """Set the surplus of each node: its cost of being in, scaled to whole numbers, less the flow that leaves it.

    Costs beyond `room`, the capacity of a node's arcs and one more, decide a node as well as any larger cost does.
    """
    for n in range(len(surplus)):
        leaving, reach = 0, np.int64(room[n])
        for arc in range(start[n], start[n + 1]):
            leaving += (np.int64(residual[sister[arc]]) - np.int64(residual[arc])) // 2
        wish = (ins[n] - outs[n]) * scale
        if wish >= reach:
            unary = reach
        elif wish <= -reach:
            unary = -reach
        else:
            unary = np.int64(np.round(wish))
        surplus[n] = unary - leaving
