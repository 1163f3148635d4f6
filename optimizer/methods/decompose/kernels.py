"""The loops over moves, compiled: one pass costs about as much as reading the move arrays once.

Every kernel works on a range of choice groups or of entries, so that threads can share the work; sums are kept a
chunk at a time and added in the order of chunks, which makes results the same for any number of threads.
"""

from __future__ import annotations

import numpy as np
from numba import njit

_A = np.uint64(0xBF58476D1CE4E5B9)
_B = np.uint64(0x94D049BB133111EB)
_C = np.uint64(0x9E3779B97F4A7C15)


@njit(cache=True, nogil=True, inline="always")
def _mix(x: np.uint64) -> np.uint64:
    """Scramble 64 bits (splitmix64)."""
    x = (x ^ (x >> np.uint64(30))) * _A
    x = (x ^ (x >> np.uint64(27))) * _B
    return x ^ (x >> np.uint64(31))


@njit(cache=True, nogil=True)
def seed_hash(first, last, start, block, hashes):
    """Begin the hash of every move of groups `first` to `last` with the block of its group."""
    for group in range(first, last):
        seed = _mix(np.uint64(block[group] + 1) * _C)
        for move in range(start[group], start[group + 1]):
            hashes[move] = seed


@njit(cache=True, nogil=True)
def add_entries(first, last, index, weight, cell, salt, hashes):
    """Add the (weight, cell) entries `first` to `last` of one family to the hashes of their moves."""
    for k in range(first, last):
        code = _mix(np.float64(weight[k]).view(np.uint64) + np.uint64(salt) * _C)
        hashes[index[k]] += _mix(code + np.uint64(cell[k]) * _A)


@njit(cache=True, nogil=True)
def number_alike(hashes, codes, firsts):
    """Give equal hashes equal codes, numbered by first occurrence; return how many, or -1 beyond len(firsts)."""
    size = np.uint64(1)
    while size < np.uint64(4 * len(firsts)):
        size *= np.uint64(2)
    mask = size - np.uint64(1)
    table = np.full(size, -1, dtype=np.int32)
    count = 0
    for position in range(len(hashes)):
        value = hashes[position]
        slot = (value ^ (value >> np.uint64(32))) & mask
        while True:
            code = table[slot]
            if code < 0:
                if count == len(firsts):
                    return -1
                table[slot] = count
                firsts[count] = position
                codes[position] = count
                count += 1
                break
            if hashes[firsts[code]] == value:
                codes[position] = code
                break
            slot = (slot + np.uint64(1)) & mask
    return count


@njit(cache=True, nogil=True)
def hash_moves(first, last, kind, cost, upper, hashes):
    """Hash what tells moves of one place in their group apart: kind, cost per hectare and limit."""
    for move in range(first, last):
        code = _mix(np.float64(cost[move]).view(np.uint64) * _A + np.uint64(kind[move]) * _C)
        hashes[move] = code + _mix(np.float64(upper[move]).view(np.uint64))


@njit(cache=True, nogil=True)
def hash_groups(first, last, groups, start, whole, hashes, folded):
    """Fold the hashes of the moves of each of some groups, in their order, with whether the group is whole."""
    for place in range(first, last):
        group = groups[place]
        value = np.uint64(whole[start[group]]) + np.uint64(start[group + 1] - start[group]) * _C
        for move in range(start[group], start[group + 1]):
            value = _mix(value * _A + hashes[move])
        folded[place] = value


@njit(cache=True, nogil=True)
def take_moves(groups, start, place, moves):
    """Write the moves of some groups side by side, those of group `groups[k]` from `place[k]` on."""
    for k in range(len(groups)):
        first = start[groups[k]]
        for offset in range(place[k + 1] - place[k]):
            moves[place[k] + offset] = first + offset


@njit(cache=True, nogil=True)
def entries_of_first(index, cell, weight, kind, firsts, kinds_out, cells_out, weights_out):
    """Collect the entries of the moves that stand for their kind; return how many (outputs of length 0 only count)."""
    count = 0
    keep = len(kinds_out) > 0
    for k in range(len(index)):
        move = index[k]
        if firsts[kind[move]] == move:
            if keep:
                kinds_out[count] = kind[move]
                cells_out[count] = cell[k]
                weights_out[count] = weight[k]
            count += 1
    return count


@njit(cache=True, nogil=True)
def sweep(first, last, start, area, block, cost, kind, price, best, value, spent, moved, use):
    """Choose the cheapest move of each group at the prices, and add up by block and kind.

    `value` and `spent` (blocks,) take priced and plain cost, `moved` (blocks,) its absolute amount, `use` (kinds,)
    hectares; all are of this chunk alone. The first move, which stays, wins ties.
    """
    for group in range(first, last):
        begin = start[group]
        chosen = begin
        lowest = cost[begin] - price[kind[begin]]
        for move in range(begin + 1, start[group + 1]):
            priced = cost[move] - price[kind[move]]
            if priced < lowest:
                lowest = priced
                chosen = move
        best[group] = chosen
        hectares = area[group]
        b = block[group]
        value[b] += lowest * hectares
        spent[b] += cost[chosen] * hectares
        moved[b] += abs(cost[chosen]) * hectares
        use[kind[chosen]] += hectares


@njit(cache=True, nogil=True)
def regrets(first, last, start, cost, kind, price, second):
    """Write what each group loses, per hectare, by its second-best move."""
    for group in range(first, last):
        lowest = np.inf
        rival = np.inf
        for move in range(start[group], start[group + 1]):
            priced = cost[move] - price[kind[move]]
            if priced < lowest:
                rival = lowest
                lowest = priced
            elif priced < rival:
                rival = priced
        second[group] = rival - lowest


@njit(cache=True, nogil=True)
def near_moves(first, last, start, cost, kind, price, wanted, slack, open_):
    """Mark the moves of wanted groups that are within `slack` per hectare of the best."""
    for group in range(first, last):
        if not wanted[group]:
            continue
        lowest = np.inf
        for move in range(start[group], start[group + 1]):
            lowest = min(lowest, cost[move] - price[kind[move]])
        for move in range(start[group], start[group + 1]):
            open_[move] = cost[move] - price[kind[move]] <= lowest + slack


@njit(cache=True, nogil=True)
def fill(pieces, members_start, members, area, moves_start, hectares, whole, column, share, split):
    """Lay the members of each piece and the hectares of its moves side by side, and cut the line at both.

    Piece k has the members `members[members_start[k]:members_start[k + 1]]` and gives `hectares` to its moves. Writes
    (place of the move, share) for each part of a member in turn to `column` and `share`, its member to
    `split[:, 0]`; returns how many parts. A member that is whole goes to the move that holds most of it and is
    marked in `split[:, 1]`.
    """
    count = 0
    for piece in range(pieces):
        move = moves_start[piece]
        last = moves_start[piece + 1] - 1
        left = hectares[move]
        for position in range(members_start[piece], members_start[piece + 1]):
            member = members[position]
            need = area[member]
            begin = count
            while True:
                while left <= 1e-12 * area[member] and move < last:
                    move += 1
                    left += hectares[move]
                part = need if move == last else min(need, left)
                if part > 0:
                    column[count] = move
                    share[count] = part / area[member]
                    split[count, 0] = member
                    split[count, 1] = 0
                    count += 1
                left -= part
                need -= part
                if need <= 1e-12 * area[member]:
                    break
            if whole[piece] and count - begin > 1:
                largest = begin
                for k in range(begin, count):
                    if share[k] > share[largest]:
                        largest = k
                column[begin] = column[largest]
                share[begin] = 1.0
                split[begin, 1] = 1
                count = begin + 1
    return count
