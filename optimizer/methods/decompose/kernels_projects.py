"""The loops of restoration projects, compiled: see `projects` for what they work out."""

from __future__ import annotations

import numpy as np
from numba import njit

FULL = 1e-12
"""What is left of a share, or of a window in hectares, that counts as nothing."""

SHORT = 1e-9
"""Part of the least area that a project may lack."""

NONE = np.int64(-1)
"""No slot, or no move. A literal argument would be compiled as a type of its own, as would a count that one begins."""


@njit(cache=True, nogil=True)
def _cheapest(cost, slot, limit, first, last, wanted, after):
    """Return the cheapest move of a slot that comes after another in the order of cost, -1 where there is none.

    `after` is a move, or -1 to begin; moves of equal cost follow their position.
    """
    best = -1
    for move in range(first, last):
        if slot[move] != wanted or limit[move] <= 0.0:
            continue
        if after >= 0 and (cost[move] < cost[after] or (cost[move] == cost[after] and move <= after)):
            continue
        if best < 0 or cost[move] < cost[best]:
            best = move
    return best


@njit(cache=True, nogil=True)
def _others(cost, slot, limit, first, last, donor, amount):
    """Fill a group with its cheapest ungoverned moves; return how many, and their cost."""
    count, left, total = 0, 1.0, 0.0
    move = _cheapest(cost, slot, limit, first, last, NONE, NONE)
    while move >= 0 and left > FULL:
        donor[count], amount[count] = move, min(limit[move], left)
        total += cost[move] * amount[count]
        left -= amount[count]
        count += 1
        if left > FULL:
            move = _cheapest(cost, slot, limit, first, last, NONE, move)
    return count, total


@njit(cache=True, nogil=True)
def _shift(cost, slot, limit, first, last, period, donors, donor, amount, area, count, table):
    """Add the pieces in which a group shifts land into the project in one period; return how many there are then.

    The cheapest governed move replaces the dearest other move first, so slopes rise from piece to piece. `table` is
    by period: handing over its rows would cost more than the work.
    """
    slope, hectares, into, out_of = table
    last_donor = donors - 1
    left = amount[last_donor]
    move = _cheapest(cost, slot, limit, first, last, period, NONE)
    while move >= 0:
        room = limit[move]
        while room > FULL and last_donor >= 0:
            part = min(room, left)
            slope[period, count] = (cost[move] - cost[donor[last_donor]]) / area
            hectares[period, count], into[period, count] = part * area, move
            out_of[period, count] = donor[last_donor]
            count += 1
            room -= part
            left -= part
            if left <= FULL:
                last_donor -= 1
                if last_donor >= 0:
                    left = amount[last_donor]
        if last_donor < 0:
            break
        move = _cheapest(cost, slot, limit, first, last, period, move)
    return count


@njit(cache=True, nogil=True)
def _choose(slope, hectares, count, least, most, taken):
    """Take the pieces of least cost whose hectares add up to between `least` and `most`; return their cost.

    `taken` gets the hectares of each piece. Infinite where all pieces together are less than `least`.
    """
    gains, total, value = 0.0, 0.0, 0.0
    for piece in range(count):
        total += hectares[piece]
        taken[piece] = 0.0
        if slope[piece] < 0.0:
            gains += hectares[piece]
            taken[piece] = hectares[piece]
            value += slope[piece] * hectares[piece]
    if total < least * (1.0 - SHORT):
        return np.inf
    if least <= gains <= most:
        return value
    fewer = gains > most
    left = most if fewer else least - gains
    value = 0.0 if fewer else value
    free = np.empty(count, dtype=np.int64)
    number = np.int64(0)
    for piece in range(count):
        if (slope[piece] < 0.0) == fewer:
            free[number] = piece
            number += 1
            taken[piece] = 0.0
    return value + _fill_up(slope, hectares, free, number, left, taken)


@njit(cache=True, nogil=True)
def _fill_up(slope, hectares, pieces, number, left, taken):
    """Take the first `number` of some pieces, cheapest first, until `left` hectares are full; return their cost.

    Splits at a pivot and goes on with the side in which the hectares run out: linear, where sorting is not.
    """
    value, low, high = 0.0, 0, number
    while low < high and left > FULL:
        pivot = slope[pieces[(low + high) // 2]]
        below, same, above, lower = low, low, high, 0.0
        while same < above:
            piece = pieces[same]
            if slope[piece] < pivot:
                lower += hectares[piece]
                pieces[same], pieces[below] = pieces[below], piece
                below += 1
                same += 1
            elif slope[piece] > pivot:
                above -= 1
                pieces[same], pieces[above] = pieces[above], piece
            else:
                same += 1
        if lower >= left:
            high = below
            continue
        for k in range(low, above):
            piece = pieces[k]
            taken[piece] = min(hectares[piece], left)
            value += slope[piece] * taken[piece]
            left -= taken[piece]
            if left <= FULL:
                break
        low = above
    return value


@njit(cache=True, nogil=True)
def evaluate_projects(begin, end, cost, binary, land, room, result):
    """Find the cheapest answers of projects `begin` to `end`; see `ProjectBlocks` for `land`."""
    first_group, first_move, slot, limit, area, whole, least, most = land
    value, exact, share, opened, regret = result
    periods = least.shape[1]
    widest = 0
    for group in range(len(first_move) - 1):
        widest = max(widest, first_move[group + 1] - first_move[group])
    donor, amount = np.empty(widest, dtype=np.int64), np.empty(widest)
    slope, hectares, taken = np.empty((periods, room)), np.empty((periods, room)), np.empty((periods, room))
    into, out_of = np.empty((periods, room), dtype=np.int32), np.empty((periods, room), dtype=np.int32)
    table = slope, hectares, into, out_of
    counts, scenario = np.empty(periods, dtype=np.int64), np.empty(periods + 1)
    for project in range(begin, end):
        closed = 0.0
        counts[:] = 0
        for group in range(first_group[project], first_group[project + 1]):
            first, last = first_move[group], first_move[group + 1]
            donors, spent = _others(cost, slot, limit, first, last, donor, amount)
            closed += spent
            for k in range(donors):
                share[donor[k]] = amount[k]
            for t in range(periods):
                counts[t] = _shift(
                    cost, slot, limit, first, last, t, donors, donor, amount, area[group], counts[t], table
                )
        scenario[periods] = closed
        best = periods
        for t in range(periods):
            gain = _choose(slope[t], hectares[t], counts[t], least[project, t], most[project, t], taken[t])
            scenario[t] = closed + binary[project, t] + gain
            if scenario[t] < scenario[best]:
                best = t
        value[project] = scenario[best]
        _regrets(scenario, best, regret[project])
        exact[project] = True
        if best < periods:
            opened[project, best] = 1.0
            chosen = hectares[best], taken[best], into[best], out_of[best]
            groups = first_group[project], first_group[project + 1]
            exact[project] = _open(chosen, counts[best], groups, first_move, area, whole, share)


@njit(cache=True, nogil=True)
def _regrets(scenario, best, regret):
    """Compare each opening with the best answer, and the best opening with the best of the others."""
    periods = len(regret)
    for t in range(periods):
        regret[t] = scenario[t] - scenario[best]
    if best < periods:
        second = np.inf
        for t in range(periods + 1):
            if t != best:
                second = min(second, scenario[t])
        regret[best] = second - scenario[best]


@njit(cache=True, nogil=True)
def _open(chosen, count, groups, first_move, area, whole, share):
    """Shift the shares of the pieces taken; return whether no whole group is cut."""
    hectares, taken, into, out_of = chosen
    uncut = True
    group = groups[0]
    for piece in range(count):
        if taken[piece] <= 0.0:
            continue
        while into[piece] >= first_move[group + 1]:
            group += 1
        part = taken[piece] / area[group]
        if taken[piece] == hectares[piece] and whole[group]:
            part = 1.0
        elif whole[group]:
            uncut = False
        share[into[piece]] += part
        share[out_of[piece]] = max(share[out_of[piece]] - part, 0.0)
    return uncut


@njit(cache=True, nogil=True)
def pieces(first_group, first_move, slot, limit, periods):
    """Return the greatest number of pieces that a project can have in one period."""
    greatest = 1
    governed = np.empty(periods, dtype=np.int64)
    for project in range(len(first_group) - 1):
        governed[:] = 0
        for group in range(first_group[project], first_group[project + 1]):
            parts = 0
            limited = False
            for move in range(first_move[group], first_move[group + 1]):
                if slot[move] >= 0:
                    governed[slot[move]] += 1
                else:
                    parts += 1
                    limited |= limit[move] < 1.0
            for t in range(periods if limited else 0):
                governed[t] += parts
        for t in range(periods):
            greatest = max(greatest, governed[t])
    return greatest
