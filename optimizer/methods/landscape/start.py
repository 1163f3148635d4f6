"""A first selection: cheapest ways that join patches, the most worth for what they use first, then unit by unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components, dijkstra

from optimizer.methods.landscape import figure_kernels, kernels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from optimizer.methods.landscape.board import Board

FROM, TRIED = 40, 20
"""Patches from which ways are sought, the largest first; ways tried before the best is taken."""

NEXT_TO_NOTHING = 1e-9


def first_selection(
    kind: int,
    board: Board,
    state: NDArray[np.int8],
    given: tuple[Any, ...],
) -> tuple[float, NDArray[np.int8]]:
    """Return a figure and the state that has it, -inf where none was found that keeps the limits.

    Parameters
    ----------
    kind
        Figure of `figure_kernels` to raise.
    state
        Units in (1) and open (0), (selectable units,).
    given
        Board, limits, floors and room for compiled code.
    """
    arrays, limits, floors, room = given
    field = np.arange(board.patches, board.nodes)
    guide = kind
    if kind == figure_kernels.RESTORED:
        asked = np.flatnonzero(np.isfinite(floors))
        guide = int(asked[0]) if len(asked) else figure_kernels.MESH
    eased, no_floors = limits.copy(), np.full(figure_kernels.KINDS, -np.inf)
    eased[0] = 0.0
    best, kept = kernels.grow(kind, guide, field, state, *given)
    now = state.copy()
    while figure_kernels.assess(guide, field, now, arrays, eased, no_floors, room) > -np.inf:
        here = figure_kernels.figure(guide, field, _alone(now), arrays, eased, room)
        worth, chosen = 0.0, None
        for way, use in _ways(board, now, limits):
            trial = _alone(now)
            trial[way] = 1
            gain = figure_kernels.assess(guide, field, trial, arrays, eased, no_floors, room) - here
            if gain / use > worth:
                worth, chosen = gain / use, way
        if chosen is None:
            break
        now[chosen] = 1
        raised, filled = kernels.grow(kind, guide, field, now, *given)
        if raised > best:
            best, kept = raised, filled
    return best, kept


def _alone(state: NDArray[np.int8]) -> NDArray[np.int8]:
    """Return the state with all that is open out."""
    return np.where(state == 1, 1, -1).astype(np.int8)


def _ways(
    board: Board, state: NDArray[np.int8], limits: NDArray[np.float64]
) -> Iterator[tuple[NDArray[np.int64], float]]:
    """Yield places of open units that join two patches, and the share of what is left that they use."""
    field = slice(board.patches, board.nodes)
    inside = np.concatenate([np.ones(board.patches, bool), state == 1])
    use = np.full(board.nodes, NEXT_TO_NOTHING)
    for values, limit in ((board.restored, limits[1]), (board.cost, limits[2])):
        left = limit - values[inside].sum()
        use += values / max(left, 1e-12)
    use[inside] = NEXT_TO_NOTHING
    use[field][state == -1] = np.inf
    label = connected_components(board.next_to[inside][:, inside], directed=False)[1]
    area = np.bincount(label, board.area[inside])
    nodes = np.flatnonzero(inside)
    comes_first = nodes[np.unique(label, return_index=True)[1]]
    sources = np.argsort(-area, kind="stable")[:FROM]
    graph = sp.csr_array(
        (use[board.next_to.indices], board.next_to.indices, board.next_to.indptr), shape=board.next_to.shape
    )
    distance, before = dijkstra(graph, indices=comes_first[sources], return_predecessors=True, limit=1.0)
    far = distance[:, comes_first]
    apart = np.isfinite(far) & (sources[:, None] != np.arange(len(area))[None])
    score = np.where(apart, area[sources][:, None] * area[None] / np.maximum(far, NEXT_TO_NOTHING), 0.0)
    for place in np.argsort(-score, axis=None, kind="stable")[:TRIED]:
        source, target = np.unravel_index(place, score.shape)
        if score[source, target] <= 0.0:
            return
        way, node = [], int(comes_first[target])
        while node >= 0:
            if not inside[node]:
                way.append(node - board.patches)
            node = int(before[source, node])
        yield np.array(way, np.int64), float(far[source, target])
