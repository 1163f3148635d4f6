"""The search for a few flips that put rows right together, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

from optimizer.order_kernels import rising


@njit(cache=True, nogil=True, inline="always")
def _apart(owner, a, b, c, d):
    """Whether no two of four flips (-1 for none) are of one piece."""
    one = a >= 0 and ((b >= 0 and owner[a] == owner[b]) or (c >= 0 and owner[a] == owner[c]))
    two = (a >= 0 and d >= 0 and owner[a] == owner[d]) or (c >= 0 and d >= 0 and owner[c] == owner[d])
    three = b >= 0 and ((c >= 0 and owner[b] == owner[c]) or (d >= 0 and owner[b] == owner[d]))
    return not (one or two or three)


@njit(cache=True, nogil=True)
def _pairs(change, owner, loss, price):
    """Return the sets of up to two flips of different pieces, by their rise: (first, second, rise), -1 for none."""
    count, rows = change.shape
    single = loss.copy()
    for i in range(count):
        for r in range(rows):
            single[i] += price[r] * change[i, r]
    most = 1 + count + count * (count - 1) // 2
    rise = np.zeros(most)
    first, second = np.full(most, -1, dtype=np.int32), np.full(most, -1, dtype=np.int32)
    place = 1
    for i in range(count):
        rise[place], first[place] = single[i], i
        place += 1
        for j in range(i + 1, count):
            if owner[i] != owner[j]:
                rise[place], first[place], second[place] = single[i] + single[j], i, j
                place += 1
    order = rising(rise[:place])
    return first[order], second[order], rise[order]


@njit(cache=True, nogil=True)
def four_within(change, owner, loss, slack, width, price, floor, limits, room, checks):
    """Return four flips (-1 for none) that leave all slack from zero to `width`, at the least rise; all -1 if none do.

    Flip i changes piece `owner[i]` and the slacks by `change[i]`, (flips, rows), and costs `loss[i]`; slack costs
    `price`, and `room` is what a row may be missed by. The rise is what all this costs more than now; it is never
    below `floor`. Rises below the first of the `limits` (ascending) are looked for, then below the next. Sets of two
    are sorted by their part of the rise, so only partners that stay below the best so far are looked at, some `checks`
    of them for each limit.
    """
    rows = change.shape[1]
    first, second, ranked = _pairs(change, owner, loss, price)
    found = np.full(4, -1, dtype=np.int64)
    least, most = np.empty(rows), np.empty(rows)
    for limit in limits:
        done, high = 0, len(ranked)
        for low in range(len(ranked)):
            while high > low and ranked[low] + ranked[high - 1] >= limit:
                high -= 1
            if high == low or done > checks:
                break
            a, b = first[low], second[low]
            for r in range(rows):
                held = slack[r] + (change[a, r] if a >= 0 else 0.0) + (change[b, r] if b >= 0 else 0.0)
                least[r], most[r] = -room - held, width[r] + room - held
            start = max(np.searchsorted(ranked[:high], floor - ranked[low]), low)
            for position in range(start, high):
                if ranked[low] + ranked[position] >= limit:
                    break
                done += 1
                c, d = first[position], second[position]
                fits = True
                for r in range(rows):
                    more = (change[c, r] if c >= 0 else 0.0) + (change[d, r] if d >= 0 else 0.0)
                    if more < least[r] or more > most[r]:
                        fits = False
                        break
                if fits and _apart(owner, a, b, c, d):
                    limit = ranked[low] + ranked[position]
                    found[0], found[1], found[2], found[3] = a, b, c, d
        if found[0] >= 0 or found[2] >= 0:
            break
    return found
