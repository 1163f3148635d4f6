"""Selections sorted by the unit that brings most habitat together: only units near it can be selected besides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from optimizer.methods.landscape.board import Board

CHUNK = 500
"""Units from which ways are measured at once."""

NEXT_TO_NOTHING = 1e-12


def seeded(
    board: Board, most: float, budget: float, components: float, diameter: float
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int8]]] | None:
    """Yield a field and state for each unit: it in, those ranked before it out, open those that may go with it.

    Every selection but the empty one lies below one of them. None where limits let far units be selected together.
    """
    unlimited = np.isinf(most) and np.isinf(budget)
    if np.isinf(diameter) and (components > 1 or unlimited):
        return None
    units = board.nodes - board.patches
    links = board.next_to[board.patches :, : board.patches]
    reach = links @ board.area[: board.patches] + board.area[board.patches :]
    rank = np.empty(units, np.int64)
    rank[np.argsort(-reach, kind="stable")] = np.arange(units)
    near = _within(board, diameter) if np.isfinite(diameter) else _on_the_way(board, most, budget)
    return _states(board, rank, near)


def _states(
    board: Board, rank: NDArray[np.int64], near: Iterator[NDArray[np.int64]]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int8]]]:
    for seed, others in enumerate(near):
        field = others[rank[others] >= rank[seed]]
        yield field + board.patches, (field == seed).astype(np.int8)


def _within(board: Board, diameter: float) -> Iterator[NDArray[np.int64]]:
    """Yield for each unit those within the diameter, itself too."""
    points = board.points[board.patches :]
    tree = cKDTree(points)
    for first in range(0, len(points), CHUNK):
        for near in tree.query_ball_point(points[first : first + CHUNK], diameter):
            yield np.array(near, np.int64)


def _on_the_way(board: Board, most: float, budget: float) -> Iterator[NDArray[np.int64]]:
    """Yield for each unit those joined to it by units that fit in what may be restored and spent, itself too."""
    own = board.next_to[board.patches :, board.patches :].astype(float)
    for values, limit in ((board.restored, most), (board.cost, budget)):
        if np.isfinite(limit):
            use, room = values[board.patches :], limit
            break
    own.data = np.maximum(use[own.indices], NEXT_TO_NOTHING)
    for first in range(0, len(use), CHUNK):
        chosen = np.arange(first, min(first + CHUNK, len(use)))
        way = dijkstra(own, indices=chosen, limit=room) + use[chosen, None]
        for near in way <= room * (1.0 + 1e-9):
            yield np.flatnonzero(near)
