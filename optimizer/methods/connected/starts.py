"""Plans to begin from: the relaxation rounded, its pieces joined over cheap ways, small ones dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.methods.corridors import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.methods.connected.graph import Graph

SMALLEST = 1e-6
"""What a node on a way costs at least, relative to the dearest."""


def joined(graph: Graph, chosen: NDArray[np.bool_], weight: NDArray[np.float64], most: float) -> NDArray[np.bool_]:
    """Return the chosen nodes with ways of little weight between pieces until they are few enough, (nodes,).

    Pieces that no way reaches are dropped, the largest kept.
    """
    chosen = chosen.copy()
    weight = np.maximum(weight, SMALLEST * max(float(weight.max(initial=0.0)), 1.0))
    count, piece = graph.pieces(chosen)
    if count <= most:
        return chosen
    held = piece == int(np.argmax(np.bincount(piece[chosen])))
    while count > most:
        value = np.where(held, 0.0, np.inf)
        origin = np.full(len(graph), kernels.NONE, dtype=np.int32)
        kernels.spread_out(graph.start, graph.beside, np.where(chosen, 0.0, weight), value, origin)
        others = np.where(chosen & ~held, value, np.inf)
        node = int(np.argmin(others))
        if not np.isfinite(others[node]):
            return held if most == 1 else chosen & (held | _largest(piece, chosen & ~held, int(most) - 1))
        met = piece[node]
        while not held[node]:
            held[node] = True
            node = int(origin[node])
        chosen |= held
        held |= chosen & (piece == met)
        count, piece = graph.pieces(chosen)
        held = np.isin(piece, np.unique(piece[held]))
    return chosen


def _largest(piece: NDArray[np.int64], among: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    """Return the nodes of the largest pieces, (nodes,)."""
    names, size = np.unique(piece[among], return_counts=True)
    return among & np.isin(piece, names[np.argsort(-size, kind="stable")[:count]])


def large(graph: Graph, chosen: NDArray[np.bool_], size: NDArray[np.float64], least: float) -> NDArray[np.bool_]:
    """Return the chosen nodes of pieces of at least a size, (nodes,)."""
    count, piece = graph.pieces(chosen)
    enough = np.bincount(piece[chosen], size[chosen], minlength=count) >= least
    return chosen & np.append(enough, False)[piece]
