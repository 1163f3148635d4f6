"""The loop over moves that makes the entries of a quota family, compiled: it needs no array as long as the moves."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def count_entries(weight, changes, cell, layer, layer_size, wanted):
    """Return how many moves count in a wanted cell; `layer` may be one number for all moves."""
    step = 1 if len(layer) == len(cell) else 0
    count = 0
    for move in range(len(cell)):
        if changes[move] and weight[move] != 0:
            place = cell[move] + layer[move * step] * layer_size
            if place < len(wanted) and wanted[place]:
                count += 1
    return count


@njit(cache=True, nogil=True)
def fill_entries(weight, changes, cell, layer, layer_size, wanted, index, kept, cells):
    """Write move, weight and cell of every entry that `count_entries` counts, in the order of moves."""
    step = 1 if len(layer) == len(cell) else 0
    count = 0
    for move in range(len(cell)):
        if changes[move] and weight[move] != 0:
            place = cell[move] + layer[move * step] * layer_size
            if place < len(wanted) and wanted[place]:
                index[count] = np.int32(move)
                kept[count] = weight[move]
                cells[count] = np.int32(place)
                count += 1
