# mypy: disallow-untyped-defs=False
"""Sets of flips joined with others that make up what they lack, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

CELLS = 64
"""Cells along each dimension of a key; what lies beyond shares the outermost."""


@njit(cache=True, nogil=True)
def pairs_of(vectors, cost, owner):
    """Return all sets of up to two flips of different pieces: first, second (-1 for none), vectors and costs."""
    count, rows = vectors.shape
    most = 1 + count + count * (count - 1) // 2
    first, second = np.full(most, -1, dtype=np.int32), np.full(most, -1, dtype=np.int32)
    total, paid = np.zeros((most, rows), dtype=np.float32), np.zeros(most, dtype=np.float32)
    place = 1
    for i in range(count):
        first[place], paid[place] = i, cost[i]
        for r in range(rows):  # a whole row at once takes seconds to compile
            total[place, r] = vectors[i, r]
        place += 1
        for j in range(i + 1, count):
            if owner[i] != owner[j]:
                first[place], second[place] = i, j
                paid[place] = cost[i] + cost[j]
                for r in range(rows):
                    total[place, r] = vectors[i, r] + vectors[j, r]
                place += 1
    return first[:place], second[:place], total[:place], paid[:place]


@njit(cache=True, nogil=True)
def keys(vectors, left, right, dims, sign, offset, width):
    """Return the cell of `sign` times the sum of two vectors plus `offset`, over some dimensions, (sets,)."""
    found = np.empty(len(left), dtype=np.int32)
    for k in range(len(left)):
        key = 0
        for place in range(len(dims)):
            d = dims[place]
            value = sign * (vectors[left[k], d] + vectors[right[k], d]) + offset[place]
            cell = int(np.floor(value / width)) + CELLS // 2
            key = key * CELLS + min(max(cell, 0), CELLS - 1)
        found[k] = key
    return found


@njit(cache=True, nogil=True)
def count_joins(one, two):
    """Return how many pairs of two sorted lists of keys are equal."""
    total, j = 0, 0
    i = 0
    while i < len(one) and j < len(two):
        if one[i] < two[j]:
            i += 1
        elif one[i] > two[j]:
            j += 1
        else:
            key, a, b = one[i], i, j
            while i < len(one) and one[i] == key:
                i += 1
            while j < len(two) and two[j] == key:
                j += 1
            total += (i - a) * (j - b)
    return total


@njit(cache=True, nogil=True)
def join_all(one, two, order_one, order_two, most):
    """Return the pairs (a, b), a < b, of two sorted lists of keys that are equal, `most` of them."""
    left, right = np.empty(most, dtype=np.int32), np.empty(most, dtype=np.int32)
    found, i, j = 0, 0, 0
    while i < len(one) and j < len(two):
        if one[i] < two[j]:
            i += 1
        elif one[i] > two[j]:
            j += 1
        else:
            key, start = one[i], j
            while j < len(two) and two[j] == key:
                j += 1
            while i < len(one) and one[i] == key:
                for place in range(start, j):
                    if order_one[i] <= order_two[place] and found < most:
                        left[found], right[found] = order_one[i], order_two[place]
                        found += 1
                i += 1
    return left[:found], right[:found]


@njit(cache=True, nogil=True, inline="always")
def _apart(owner, flips):
    """Whether no two flips (-1 for none) are of one piece."""
    for i in range(len(flips)):
        for j in range(i):
            if flips[i] >= 0 and flips[j] >= 0 and owner[flips[i]] == owner[flips[j]]:
                return False
    return True


@njit(cache=True, nogil=True)
def join_best(one, two, order_one, order_two, sets, pairs, slack, width, limit, enough, checks, owner):
    """Return the eight flips (-1 for none) of two joined sets that leave all slack within its width at least cost.

    Sets are (left, right), numbers of `pairs` (first, second, vectors, cost); `one` and `two` are their sorted keys.
    A set must cost less than `limit`; one of `enough` or less ends the search, as do `checks` sets looked at.
    """
    left, right = sets
    first, second, vectors, cost = pairs
    rows = len(slack)
    best, found = limit, np.full(8, -1, dtype=np.int64)
    trial = np.empty(8, dtype=np.int64)
    done, i, j = 0, 0, 0
    while i < len(one) and j < len(two):
        if one[i] < two[j]:
            i += 1
            continue
        if one[i] > two[j]:
            j += 1
            continue
        key, start = one[i], j
        while j < len(two) and two[j] == key:
            j += 1
        while i < len(one) and one[i] == key:
            a, b = left[order_one[i]], right[order_one[i]]
            half = cost[a] + cost[b]
            done += j - start
            for place in range(start, j):
                c, d = left[order_two[place]], right[order_two[place]]
                total = half + cost[c] + cost[d]
                if total >= best:
                    continue
                fits = True
                for r in range(rows):
                    after = slack[r] + vectors[a, r] + vectors[b, r] + vectors[c, r] + vectors[d, r]
                    if after < 0.0 or after > width[r]:
                        fits = False
                        break
                if not fits:
                    continue
                trial[0], trial[1], trial[2], trial[3] = first[a], second[a], first[b], second[b]
                trial[4], trial[5], trial[6], trial[7] = first[c], second[c], first[d], second[d]
                if _apart(owner, trial):
                    best = total
                    for k in range(8):
                        found[k] = trial[k]
            if best <= enough or done > checks:
                return found, best
            i += 1
    return found, best
