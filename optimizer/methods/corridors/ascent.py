"""The first bound of thin corridors: separators that rise until nothing is left to pay, and what they close.

Source: Wong (1984), A dual ascent approach for Steiner tree problems on a directed graph.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from optimizer.methods.corridors import kernels
from optimizer.methods.corridors.model import Row
from optimizer.methods.corridors.plans import least_cost_plan

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.methods.corridors.model import Model

MOST_ROWS, MOST_ENTRIES = 3000, 400_000
"""Separators kept of an ascent."""


def ascended(model: Model) -> tuple[list[Row], float, NDArray[np.float64]]:
    """Raise separators of each network in turn on what the others left; close nodes that the best plan rules out.

    Returns separators as rows, the bound and a plan, (columns,).
    """
    plan = least_cost_plan(model, np.zeros(len(model.cost)))
    left, bound, rows = model.cost.copy(), 0.0, []
    pays: list[NDArray[np.float64]] = []
    for number, layer in enumerate(model.layers):
        graph, opposite, cores = layer.contracted.graph, layer.separation.opposite, layer.cores
        if cores == 1:
            pays.append(np.full(len(graph.beside), np.inf))
            continue
        pay = np.where(graph.beside >= cores, left[layer.column[graph.beside]], 0.0)
        raised, start, links = kernels.ascend(
            graph.start, graph.beside, opposite, pay, np.arange(1, cores), 0, MOST_ROWS, MOST_ENTRIES
        )
        bound += raised
        rows += [Row(layer.links[links[one:two]], np.ones(two - one), 1.0) for one, two in pairwise(start)]
        if number < len(model.layers) - 1:
            # what no link into a node has paid is left to the networks that follow
            rest = np.minimum.reduceat(pay[opposite], graph.start[:-1])
            left[layer.column[cores:]] = rest[cores:]
            pay = np.where(graph.beside >= cores, pay - rest[graph.beside], 0.0)
        pays.append(pay)
    near = least_cost_plan(model, _drawn(model, pays))
    plan = min(plan, near, key=model.objective)
    _close_by_ways(model, pays, model.objective(plan) - bound)
    return rows, bound, plan


def _drawn(model: Model, pays: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return a point that draws plans to nodes that some link enters without pay, (columns,)."""
    point = np.zeros(len(model.cost))
    for layer, pay in zip(model.layers, pays, strict=True):
        entered = layer.column[layer.contracted.graph.beside[pay <= 0]]
        point[entered[entered >= 0]] = 0.99
    return point


def _close_by_ways(model: Model, pays: list[NDArray[np.float64]], room: float) -> None:
    """Close links and nodes through which any way from the first core area to another pays more than the room."""
    best = np.full(len(model.cost), np.inf)
    for layer, pay in zip(model.layers, pays, strict=True):
        graph, cores = layer.contracted.graph, layer.cores
        there, back = np.full(len(graph), np.inf), np.full(len(graph), np.inf)
        there[0], back[1:cores] = 0.0, 0.0
        origin = np.full(len(graph), kernels.NONE, dtype=np.int32)
        kernels.least_ways(graph.start, graph.beside, pay, there, origin)
        kernels.least_ways(graph.start, graph.beside, pay[layer.separation.opposite], back, origin)
        left, right = graph.ends()
        best[layer.links] = there[left] + pay + back[right]
        columns = layer.column[cores:]
        best[columns] = np.minimum(best[columns], (there + back)[cores:])
    model.upper[np.isfinite(best) & (best > room * (1 + 1e-9) + 1e-9)] = 0.0
