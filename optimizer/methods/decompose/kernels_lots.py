"""The loops of zones with minimum lots, compiled: see `lots` for what they work out.

Within a zone, option 0 is to stay and option j + 1 is lot j. Tables are (groups, options): cost per hectare, and
room, the most hectares of a group that an option may take. `state` says of each option whether it is free (0),
opened (1) or barred (2).
"""

from __future__ import annotations

import numpy as np
from numba import njit

FREE, OPENED, BARRED = 0, 1, 2

SMALL = 1e-11
"""Part of a zone's area that counts as nothing."""

ROUNDING = 1e-12
"""Part of the greatest cost by which a path must be cheaper: rings of rounding errors would never end."""


@njit(cache=True, nogil=True)
def _fill(cost, room, area, group, options, state, x):
    """Give a group its cheapest options that are not barred; return the cost and the price of its last hectare."""
    left, total, price = area[group], 0.0, 0.0
    for o in options:
        x[group, o] = 0.0
    while left > SMALL * area[group]:
        best = -1
        for o in options:
            if state[o] == BARRED or x[group, o] > 0.0 or room[group, o] <= 0.0:
                continue
            if best < 0 or cost[group, o] < cost[group, best]:
                best = o
        price = cost[group, best]
        x[group, best] = min(room[group, best], left)
        total += price * x[group, best]
        left -= x[group, best]
    return total, price


@njit(cache=True, nogil=True)
def _amounts(x, groups, options, amount):
    """Add up the hectares of every option."""
    for o in options:
        amount[o] = 0.0
        for i in range(groups):
            amount[o] += x[i, o]


@njit(cache=True, nogil=True)
def _raise(cost, room, groups, options, state, least, target, x, amount, small):
    """Bring land into an opened lot along cheapest paths until it is large enough.

    A path takes a hectare from an option that can spare it and hands it on from option to option, group by group.
    Returns what that costs; infinite where there is not land enough.
    """
    width, noise = cost.shape[1], 0.0
    for o in options:
        for i in range(groups):
            noise = max(noise, ROUNDING * abs(cost[i, o]))
    distance, before, carrier = np.empty(width), np.empty(width, dtype=np.int64), np.empty(width, dtype=np.int64)
    total = 0.0
    while amount[target] < least[target] - small:
        for o in options:
            spare = amount[o] - (least[o] if state[o] == OPENED else 0.0)
            distance[o] = 0.0 if o != target and state[o] != BARRED and spare > small else np.inf
            before[o] = -1
        moved = True
        while moved:
            moved = False
            for o in options:
                if distance[o] == np.inf or o == target:
                    continue
                for q in options:
                    if q == o or state[q] == BARRED:
                        continue
                    for i in range(groups):
                        if x[i, o] > small and room[i, q] - x[i, q] > small:
                            there = distance[o] + cost[i, q] - cost[i, o]
                            if there < distance[q] - noise or distance[q] == np.inf:
                                distance[q], before[q], carrier[q] = there, o, i
                                moved = True
        if distance[target] == np.inf:
            return np.inf
        total += _push(cost, room, state, least, target, x, amount, before, carrier)
    return total


@njit(cache=True, nogil=True)
def _push(cost, room, state, least, target, x, amount, before, carrier):
    """Move as many hectares along the path to `target` as it bears; return their cost."""
    hectares = least[target] - amount[target]
    o = target
    while before[o] >= 0:
        i = carrier[o]
        hectares = min(hectares, x[i, before[o]], room[i, o] - x[i, o])
        o = before[o]
    hectares = min(hectares, amount[o] - (least[o] if state[o] == OPENED else 0.0))
    amount[target] += hectares
    amount[o] -= hectares
    total = 0.0
    o = target
    while before[o] >= 0:
        i = carrier[o]
        x[i, o] += hectares
        x[i, before[o]] -= hectares
        total += hectares * (cost[i, o] - cost[i, before[o]])
        o = before[o]
    return total


@njit(cache=True, nogil=True)
def _bound(cost, room, area, options, state, least, charge, x, amount, small):
    """Return the least cost where opened lots are large enough and free ones may be of any size."""
    groups = len(area)
    total = 0.0
    for i in range(groups):
        total += _fill(cost, room, area, i, options, state, x)[0]
    _amounts(x, groups, options, amount)
    for o in options:
        if o > 0 and state[o] == OPENED:
            total += charge[o] + _raise(cost, room, groups, options, state, least, o, x, amount, small)
        elif o > 0 and state[o] == FREE:
            total += min(charge[o], 0.0)
    return total


@njit(cache=True, nogil=True)
def _unsettled(options, state, least, charge, amount, small):
    """Return the largest free lot whose size or charge the bound gets wrong, -1 where there is none."""
    worst = -1
    for o in options:
        if o == 0 or state[o] != FREE:
            continue
        short = amount[o] < least[o] - small
        wrong = (amount[o] > small and (short or charge[o] > 0.0)) or (charge[o] < 0.0 and short)
        if wrong and (worst < 0 or amount[o] > amount[worst]):
            worst = o
    return worst


@njit(cache=True, nogil=True)
def _fit(options, state, least, area, view):
    """Copy a state, with the free lots barred that the land beside the opened ones cannot make large enough."""
    left = 0.0
    for i in range(len(area)):
        left += area[i]
    for o in options:
        if state[o] == OPENED:
            left -= least[o]
    for o in options:
        crowded = o > 0 and state[o] == FREE and least[o] * (1.0 - SMALL) > left
        view[o] = BARRED if crowded else state[o]


@njit(cache=True, nogil=True)
def _search(cost, room, area, options, begin, least, charge, nodes, small, found):
    """Search the sets of opened lots from a state; return the least cost and whether the search came to its end.

    `found` gets hectares (groups, options) and which lots are opened. A search cut short returns the bound of its
    root, and nothing is found.
    """
    best_x, best_open = found
    state, view, depth, seen = begin.copy(), begin.copy(), 0, 0
    path, turned = np.empty(len(state), dtype=np.int64), np.empty(len(state), dtype=np.bool_)
    x, amount = np.zeros(cost.shape), np.zeros(len(state))
    best, root = np.inf, -np.inf
    while True:
        _fit(options, state, least, area, view)
        bound = _bound(cost, room, area, options, view, least, charge, x, amount, small)
        if seen == 0:
            root = bound
        seen += 1
        if seen > nodes:
            return root, False
        branch = -1
        if bound < best:
            branch = _unsettled(options, view, least, charge, amount, small)
            if branch < 0:
                best = bound
                for o in options:
                    for i in range(len(area)):
                        best_x[i, o] = x[i, o]
                    paid = view[o] == FREE and charge[o] < 0.0
                    best_open[o] = o > 0 and (view[o] == OPENED or amount[o] > small or paid)
        if branch >= 0:
            path[depth], turned[depth], state[branch] = branch, False, OPENED
            depth += 1
            continue
        while depth > 0 and turned[depth - 1]:
            depth -= 1
            state[path[depth]] = FREE
        if depth == 0:
            return best, True
        turned[depth - 1], state[path[depth - 1]] = True, BARRED


@njit(cache=True, nogil=True)
def _useful(cost, room, charge):
    """Return the options worth a search: to stay, and lots that beat it for some group or are paid for.

    Land of any other lot does better to stay, and no other lot needs it.
    """
    groups, width = cost.shape
    options = np.empty(width, dtype=np.int64)
    options[0], count = 0, 1
    for o in range(1, width):
        useful = charge[o] < 0.0
        for i in range(groups):
            useful |= room[i, o] > 0.0 and cost[i, o] < cost[i, 0]
        if useful:
            options[count] = o
            count += 1
    return options[:count]


@njit(cache=True, nogil=True)
def _opening(cost, room, price, target, least):
    """Return what `least` hectares of a lot cost at least above the prices that groups pay; infinite without land."""
    groups = len(price)
    used = np.zeros(groups, dtype=np.bool_)
    left, total = least, 0.0
    while left > SMALL * least:
        best, dearest = -1, np.inf
        for i in range(groups):
            extra = max(cost[i, target] - price[i], 0.0)
            if not used[i] and room[i, target] > 0.0 and extra < dearest:
                best, dearest = i, extra
        if best < 0:
            return np.inf
        used[best] = True
        hectares = min(room[best, target], left)
        total += dearest * hectares
        left -= hectares
    return total


@njit(cache=True, nogil=True)
def _closing(cost, room, area, target, x, state, every, spent, scratch):
    """Return what barring a lot costs at least where every group takes its cheapest options."""
    total = 0.0
    state[target] = BARRED
    for i in range(len(area)):
        if x[i, target] > 0.0:
            total += _fill(cost, room, area, i, every, state, scratch)[0] - spent[i]
    state[target] = FREE
    return total


@njit(cache=True, nogil=True)
def _table(group, first_move, priced, lot, limit, area, cost, room):
    """Spread the moves of a group over a row of the tables."""
    for move in range(first_move[group], first_move[group + 1]):
        cost[lot[move] + 1] = priced[move] / area
        room[lot[move] + 1] = limit[move] * area


@njit(cache=True, nogil=True)
def _close(tables):
    """Take the room of lots for which a zone has not land enough: they never open."""
    _, room, area, least, charge = tables
    for o in range(1, len(least)):
        total = 0.0
        for i in range(len(area)):
            total += room[i, o]
        if total < least[o] * (1.0 - SMALL):
            charge[o] = 0.0
            for i in range(len(area)):
                room[i, o] = 0.0


@njit(cache=True, nogil=True)
def evaluate_lots(priced, binary, first, land, nodes, result):
    """Find the cheapest answer of every zone; see `LotBlocks` for `first` and `land`, `Answers` for `result`."""
    first_group, first_lot, first_move = first
    lot, limit, areas, leasts, wholes = land
    value, exact, share, opened, regret = result
    for zone in range(len(value)):
        g, h = first_group[zone], first_group[zone + 1]
        a, b = first_lot[zone], first_lot[zone + 1]
        groups, width = h - g, b - a + 1
        cost, room = np.zeros((groups, width)), np.zeros((groups, width))
        least, charge = np.zeros(width), np.zeros(width)
        for o in range(1, width):
            least[o], charge[o] = leasts[a + o - 1], binary[a + o - 1]
        area = areas[g:h]
        for i in range(groups):
            _table(g + i, first_move, priced, lot, limit, area[i], cost[i], room[i])
        x, is_open = np.zeros((groups, width)), np.zeros(width, dtype=np.bool_)
        tables = cost, room, area, least, charge
        _close(tables)
        if wholes[zone]:
            value[zone], exact[zone] = _whole(tables, x, is_open, regret[a:b]), True
        else:
            value[zone], exact[zone] = _zone(tables, nodes, x, is_open, regret[a:b])
        for o in range(1, width):
            opened[a + o - 1] = 1.0 if is_open[o] else 0.0
        for i in range(groups):
            for move in range(first_move[g + i], first_move[g + i + 1]):
                share[move] = x[i, lot[move] + 1] / area[i]


@njit(cache=True, nogil=True)
def _copy(found, x, is_open):
    """Copy what a search found (assigning slices compiles ten times as long)."""
    for o in range(x.shape[1]):
        is_open[o] = found[1][o]
        for i in range(x.shape[0]):
            x[i, o] = found[0][i, o]


@njit(cache=True, nogil=True)
def _whole(tables, x, is_open, regret):
    """Decide a zone of one group that stays or changes as a whole; return its value and fill the rest."""
    cost, room, area, _, charge = tables
    width = cost.shape[1]
    total = np.full(width, np.inf)
    total[0] = cost[0, 0] * area[0]
    best, second = 0, np.inf
    for o in range(1, width):
        if room[0, o] > 0.0:
            total[o] = cost[0, o] * area[0] + charge[o]
        if total[o] < total[best]:
            best, second = o, total[best]
        elif total[o] < second:
            second = total[o]
    x[0, best], is_open[best] = area[0], best > 0
    for o in range(1, width):
        regret[o - 1] = (second if o == best else total[o]) - total[best]
    return total[best]


@njit(cache=True, nogil=True)
def _zone(tables, nodes, x, is_open, regret):
    """Decide a zone that changes in part; return its value and whether that is exact, and fill the rest.

    The root is what every group would do alone; where a lot of it is begun but too small, sets of lots are searched.
    """
    cost, room, area, least, charge = tables
    groups, width = cost.shape
    every, state = np.arange(width), np.zeros(width, dtype=np.int8)
    price, spent, amount = np.empty(groups), np.empty(groups), np.empty(width)
    root, small = 0.0, 0.0
    for i in range(groups):
        small += SMALL * area[i]
        spent[i], price[i] = _fill(cost, room, area, i, every, state, x)
        root += spent[i]
    for o in range(1, width):
        root += min(charge[o], 0.0)
        is_open[o] = charge[o] < 0.0
    _amounts(x, groups, every, amount)
    alone = x.copy()
    value, exact = root, True
    if _unsettled(every, state, least, charge, amount, small) >= 0:
        found = x.copy(), is_open.copy()
        useful = _useful(cost, room, charge)
        value, exact = _search(cost, room, area, useful, state, least, charge, nodes, small, found)
        if exact:
            _copy(found, x, is_open)
    else:
        for o in range(1, width):
            is_open[o] |= amount[o] > small
    _regrets(tables, root, value, alone, price, spent, is_open, regret)
    return value, exact


@njit(cache=True, nogil=True)
def _regrets(tables, root, value, alone, price, spent, is_open, regret):
    """Bound what each lot adds at its other value, from what groups do alone."""
    cost, room, area, least, charge = tables
    groups, width = cost.shape
    every, state, scratch = np.arange(width), np.zeros(width, dtype=np.int8), np.empty((groups, width))
    for o in range(1, width):
        other = root - min(charge[o], 0.0)
        if is_open[o]:
            other += _closing(cost, room, area, o, alone, state, every, spent, scratch)
        else:
            other += charge[o] + _opening(cost, room, price, o, least[o])
        regret[o - 1] = max(other - value, 0.0)
