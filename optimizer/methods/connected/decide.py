"""Which decision splits a branch: whether a region is touched at all, or a single whole column.

A single node left out is replaced by its neighbour and changes little. A region left out, or entered for good, changes
the relaxation either way: then what it takes by halves is connected by halves no longer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from optimizer.methods.connected.model import Decision

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from optimizer.methods.connected.model import Model
    from optimizer.methods.connected.rooted import Rooted
    from optimizer.methods.connected.tree import Tree

SPLIT = 1e-5
"""Distance from a whole number below which a value counts as whole."""

BETWEEN = 0.1
"""A region is split where its entrance is so far from 0 and 1."""

CENTRES = 40
"""Nodes around which regions are looked for."""

MOST_STEPS = 16
"""Steps from the centre of a region."""


def decision_of(model: Model, values: NDArray[np.float64]) -> Decision | None:
    """Return the decision that splits a point most evenly; None where all its whole columns are whole."""
    best, most = None, 0.0
    for tree in model.trees:
        for inside, score in _regions(tree, values, model.matrix.cost):
            if score > most:
                best, most = (tree, inside), score
    if best is not None:
        tree, inside = best
        nodes = np.flatnonzero(inside)
        columns = np.unique(tree.graph.incidence[nodes].indices).astype(np.int64)
        rows = tree.open_region(nodes)
        if rows is not None:
            return Decision(columns, 0.0, model.add(rows), 1.0)
    return _single(model, values)


def _single(model: Model, values: NDArray[np.float64]) -> Decision | None:
    """Return the decision on the whole column that is split most evenly."""
    split = np.where(model.matrix.integer, np.abs(values - np.round(values)), 0.0)
    column = int(np.argmax(split))
    if split[column] <= SPLIT:
        return None
    row = sp.csr_array((np.ones(1), ([0], [column])), shape=(1, model.width))
    below = float(np.floor(values[column]))
    return Decision(np.array([column]), below, model.add(row, float(model.matrix.lower[column])), below + 1.0)


def _regions(
    tree: Tree | Rooted, values: NDArray[np.float64], cost: NDArray[np.float64]
) -> Iterator[tuple[NDArray[np.bool_], float]]:
    """Yield regions around split nodes, and how evenly and how much of the point they split."""
    graph = tree.graph
    width = graph.incidence.shape[1]
    point = graph.incidence @ values[:width]
    worth = graph.incidence @ np.abs(cost[:width] * values[:width])
    split = np.flatnonzero((point > BETWEEN) & (point < 1 - BETWEEN))
    centres = split[np.argsort(-worth[split] * (1 - point[split]), kind="stable")]
    for centre in _spread(graph.start, graph.beside, centres).tolist():
        inside = np.zeros(len(graph), dtype=bool)
        inside[centre] = True
        border = np.array([centre])
        for step in range(MOST_STEPS + 1):
            entered = tree.entrance(values, np.flatnonzero(inside))
            if entered >= 1 - BETWEEN or len(border) == 0:
                break
            if entered > BETWEEN and step & (step - 1) == 0:
                yield inside.copy(), float(worth[inside].sum()) * (1 - entered)
            around = np.concatenate([graph.beside[graph.start[n] : graph.start[n + 1]] for n in border])
            border = np.unique(around[~inside[around]])
            inside[border] = True


def _spread(start: NDArray[np.int64], beside: NDArray[np.int64], centres: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first centres of which no two are neighbours."""
    near, kept = np.zeros(len(start) - 1, dtype=bool), []
    for centre in centres.tolist():
        if not near[centre]:
            kept.append(centre)
            near[centre] = True
            near[beside[start[centre] : start[centre + 1]]] = True
        if len(kept) == CENTRES:
            break
    return np.array(kept, dtype=np.int64)
