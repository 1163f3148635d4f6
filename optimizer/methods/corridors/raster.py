"""Graphs of raster cells: what a cell costs by its resistance, which cells touch, and how wide a corridor is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from optimizer.methods.corridors.graph import CorridorError, NodeGraph, node_graph

if TYPE_CHECKING:
    from numpy.typing import NDArray

AROUND = {4: ((0, 1), (1, 0)), 8: ((0, 1), (1, 0), (1, 1), (1, -1))}
"""Steps to half of the cells around one, rows and columns; the other half steps back."""


def _links(shape: tuple[int, int], neighbours: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return both ends of each link of cells, numbered row by row, and its length in cells."""
    if neighbours not in AROUND:
        raise CorridorError(f"a cell has 4 or 8 neighbours, not {neighbours}")
    rows, columns = shape
    cell = np.arange(rows * columns, dtype=np.int64).reshape(shape)
    left, right, length = [], [], []
    for down, over in AROUND[neighbours]:
        first, last = max(0, -over), columns - max(0, over)
        left.append(cell[: rows - down, first:last].ravel())
        right.append(cell[down:, first + over : last + over].ravel())
        length.append(np.full(len(left[-1]), np.hypot(down, over)))
    return np.concatenate(left), np.concatenate(right), np.concatenate(length)


def resistance_graph(resistance: NDArray[np.float64], cell_area: float = 1.0, neighbours: int = 8) -> NodeGraph:
    """Return the graph of a resistance surface: a cell costs its resistance times its area.

    Parameters
    ----------
    resistance
        Of each cell, at least 0; infinite or NaN where no corridor may run, (rows, columns).
    cell_area
        Area of a cell, in any unit; costs are in it.
    neighbours
        4 (sides) or 8 (corners too).
    """
    left, right, _ = _links(resistance.shape, neighbours)
    cost = np.where(np.isnan(resistance), np.inf, resistance).ravel() * cell_area
    return node_graph(cost, left, right)


def step_graph(resistance: NDArray[np.float64], cell_size: float = 1.0, neighbours: int = 8) -> NodeGraph:
    """Return the graph of a resistance surface on which a step costs its length times the mean resistance of its cells.

    Cells cost nothing; each step between two cells is a node of its own after the cells, so that any plan's nodes
    below the number of cells are the cells of its way. Parameters are as in `resistance_graph`, `cell_size` is the
    length of a side.
    """
    left, right, length = _links(resistance.shape, neighbours)
    flat = np.where(np.isnan(resistance), np.inf, resistance).ravel()
    open_ = np.isfinite(flat[left]) & np.isfinite(flat[right])
    left, right, length = left[open_], right[open_], length[open_]
    step = len(flat) + np.arange(len(left))
    cells = np.where(np.isfinite(flat), np.where(flat < 0, flat, 0.0), np.inf)
    steps = length * cell_size * (flat[left] + flat[right]) / 2
    return node_graph(np.concatenate([cells, steps]), np.concatenate([left, right]), np.concatenate([step, step]))


def discs(shape: tuple[int, int], radius: float) -> sp.csr_array:
    """Return the cells whose centre lies within `radius` cells of each cell's, those of the raster, (cells, cells).

    A corridor of radius r is about 2 r + 1 cells wide.
    """
    rows, columns = shape
    cell = np.arange(rows * columns, dtype=np.int64).reshape(shape)
    reach = int(np.floor(radius))
    here, there = [], []
    for down in range(-reach, reach + 1):
        for over in range(-reach, reach + 1):
            if np.hypot(down, over) > radius:
                continue
            top, left = max(0, -down), max(0, -over)
            bottom, right = rows - max(0, down), columns - max(0, over)
            if top < bottom and left < right:
                here.append(cell[top:bottom, left:right].ravel())
                there.append(cell[top + down : bottom + down, left + over : right + over].ravel())
    one, two = np.concatenate(here), np.concatenate(there)
    return sp.csr_array((np.ones(len(one)), (one, two)), shape=(cell.size, cell.size))
