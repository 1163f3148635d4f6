"""The search for a few signed amounts that add up to a remainder, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def four_of(amount, regret, need, tolerance):
    """Return four places (-1: none) whose amounts add to `need` within `tolerance` at least regret; all -1 if none do.

    Sums of two are sorted and walked from both ends.
    """
    count = len(amount)
    pairs = 1 + count + count * (count - 1) // 2
    total, loss = np.zeros(pairs), np.zeros(pairs)
    first, second = np.full(pairs, -1, dtype=np.int32), np.full(pairs, -1, dtype=np.int32)
    place = 1
    for i in range(count):
        total[place], loss[place], first[place] = amount[i], regret[i], i
        place += 1
        for j in range(i + 1, count):
            total[place], loss[place] = amount[i] + amount[j], regret[i] + regret[j]
            first[place], second[place] = i, j
            place += 1
    order = np.argsort(total)
    found = np.full(4, -1, dtype=np.int64)
    least = np.inf
    high = pairs - 1
    for low in range(pairs):
        p = order[low]
        while high >= 0 and total[order[high]] + total[p] > need + tolerance:
            high -= 1
        position = high
        while position >= 0:
            q = order[position]
            if total[q] + total[p] < need - tolerance:
                break
            a, b, c, d = first[p], second[p], first[q], second[q]
            apart = (a < 0 or (a != c and a != d)) and (b < 0 or (b != c and b != d))
            if apart and (a >= 0 or c >= 0) and loss[p] + loss[q] < least:
                least = loss[p] + loss[q]
                found[0], found[1], found[2], found[3] = a, b, c, d
            position -= 1
    return found


@njit(cache=True, nogil=True, inline="always")
def _apart(owner, a, b, c, d):
    """Whether no two of four flips (-1 for none) are of one piece."""
    one = a >= 0 and ((b >= 0 and owner[a] == owner[b]) or (c >= 0 and owner[a] == owner[c]))
    two = (a >= 0 and d >= 0 and owner[a] == owner[d]) or (c >= 0 and d >= 0 and owner[c] == owner[d])
    three = b >= 0 and ((c >= 0 and owner[b] == owner[c]) or (d >= 0 and owner[b] == owner[d]))
    return not (one or two or three)


@njit(cache=True, nogil=True)
def four_within(change, owner, loss, slack, price, most):
    """Return four flips (-1 for none) that leave no slack negative, at the least rise below `most`; all -1 if none do.

    Flip i changes piece `owner[i]` and the slacks by `change[i]`, (flips, rows), and costs `loss[i]`; slack that is
    left costs `price`. The
    rise is what both cost together, so sets of two are sorted by their part of it, and only partners that stay below
    the best so far are looked at.
    """
    count, rows = change.shape
    pairs = 1 + count + count * (count - 1) // 2
    part = np.zeros(pairs)
    first, second = np.full(pairs, -1, dtype=np.int32), np.full(pairs, -1, dtype=np.int32)
    single = loss.copy()
    for i in range(count):
        for r in range(rows):
            single[i] += price[r] * change[i, r]
    place = 1
    for i in range(count):
        part[place], first[place] = single[i], i
        place += 1
        for j in range(i + 1, count):
            part[place], first[place], second[place] = single[i] + single[j], i, j
            place += 1
    left = 0.0
    for r in range(rows):
        left += price[r] * slack[r]
    order = np.argsort(part)
    ranked = part[order]
    found = np.full(4, -1, dtype=np.int64)
    held = np.empty(rows)
    for low in range(pairs):
        p = order[low]
        a, b = first[p], second[p]
        for r in range(rows):
            held[r] = slack[r] + (change[a, r] if a >= 0 else 0.0) + (change[b, r] if b >= 0 else 0.0)
        start = max(np.searchsorted(ranked, -left - ranked[low]), low)
        for position in range(start, pairs):
            rise = left + ranked[low] + ranked[position]
            if rise >= most:
                break
            q = order[position]
            c, d = first[q], second[q]
            fits = True
            for r in range(rows):
                if held[r] + (change[c, r] if c >= 0 else 0.0) + (change[d, r] if d >= 0 else 0.0) < 0.0:
                    fits = False
                    break
            if not fits:
                continue
            if _apart(owner, a, b, c, d):
                most = rise
                found[0], found[1], found[2], found[3] = a, b, c, d
    return found
