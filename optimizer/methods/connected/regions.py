"""Regions that every good plan enters: without any node of them even the relaxation costs too much.

Plans without a region are given up at the bound of the relaxation without it. All others enter it, so that regions far
apart are to be connected before any branch is split.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from optimizer.methods.connected.graph import Graph
    from optimizer.methods.connected.model import Model
    from optimizer.methods.connected.rooted import Rooted
    from optimizer.results.solution import SolveOptions

    Without = Callable[[NDArray[np.int64]], float]
    """Bound of all plans that choose none of some nodes."""

CENTRES = 16
"""Nodes around which regions are looked for."""

APART = 3
"""Steps between two centres, at least."""

LARGEST = 0.25
"""Part of the nodes that a region has at most."""


def rings(graph: Graph, centre: int) -> NDArray[np.int64]:
    """Return the steps from a node to each other, -1 where no way leads, (nodes,)."""
    steps = np.full(len(graph), -1, dtype=np.int64)
    steps[centre] = 0
    border, step = np.array([centre]), 0
    while len(border):
        step += 1
        around = np.concatenate([graph.beside[graph.start[n] : graph.start[n + 1]] for n in border])
        border = np.unique(around[steps[around] < 0])
        steps[border] = step
    return steps


def centres_of(graph: Graph, worth: NDArray[np.float64]) -> list[NDArray[np.int64]]:
    """Return the steps from each centre: the worthiest nodes that lie apart, fewest steps first."""
    far = np.ones(len(graph), dtype=bool)
    found: list[NDArray[np.int64]] = []
    for centre in np.argsort(-worth, kind="stable").tolist():
        if worth[centre] <= 0 or len(found) == CENTRES:
            break
        if far[centre]:
            steps = rings(graph, centre)
            found.append(steps)
            far &= (steps > APART) | (steps < 0)
    return found


def require(
    model: Model, tree: Rooted, values: NDArray[np.float64], enough: float, options: SolveOptions, deadline: float
) -> tuple[int, float]:
    """Ask of a model that regions near a point are entered without which all plans cost `enough`.

    Returns their number, and the least bound of the plans that are given up for them.
    """
    graph, count, given_up = tree.graph, 0, np.inf
    incidence = graph.incidence
    width = incidence.shape[1]
    worth = (incidence @ values[:width]) * (incidence @ np.abs(model.matrix.cost[:width]))

    def without(nodes: NDArray[np.int64]) -> float:
        columns = np.unique(incidence[nodes].indices).astype(np.int64)
        return model.without(columns, enough, options, deadline)

    for nodes, bound in needed(graph, centres_of(graph, worth), without, enough):
        known = any(np.isin(tree.regions[number], nodes).all() for number in tree.required)
        if not known and model.require(tree, nodes):
            count, given_up = count + 1, min(given_up, bound)
    return count, given_up


def needed(
    graph: Graph, centres: list[NDArray[np.int64]], without: Without, enough: float
) -> list[tuple[NDArray[np.int64], float]]:
    """Return around each centre the smallest region without which no plan is good, and the bound without it.

    Regions that hold another are left out.
    """
    found: list[tuple[NDArray[np.int64], float]] = []
    for steps in centres:
        best = _smallest(steps, without, enough, LARGEST * len(graph))
        if best is not None and not any(np.isin(nodes, best[0]).all() for nodes, _ in found):
            found = [one for one in found if not np.isin(best[0], one[0]).all()]
            found.append(best)
    return found


def _smallest(
    steps: NDArray[np.int64], without: Without, enough: float, largest: float
) -> tuple[NDArray[np.int64], float] | None:
    """Return the region of fewest steps from a centre, by bisection, and the bound without it."""
    sizes = np.cumsum(np.bincount(steps[steps >= 0]))
    low, high, best = 0, int(np.searchsorted(sizes, largest, side="right")) - 1, None
    while low <= high:
        middle = (low + high) // 2
        nodes = np.flatnonzero((steps >= 0) & (steps <= middle))
        bound = without(nodes)
        if bound >= enough:
            best, high = (nodes, bound), middle - 1
        else:
            low = middle + 1
    return best
