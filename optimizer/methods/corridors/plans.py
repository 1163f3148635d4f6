"""Plans near a point: trees of paths for each network, and growth by the most benefit for its cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.methods.corridors import kernels
from optimizer.methods.corridors.model import HELD
from optimizer.methods.corridors.tree import least_tree, nearest_tree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.methods.corridors.model import Layer, Model

PASSES = 3
"""Times each network is laid anew beside the others."""

STARTS = 6
"""Core areas from which a tree is grown."""

FEW = 4
"""Core areas up to which a network's tree is the exact one."""

ALIKE = 0.8
"""Part of the best ratio from which ways are taken without looking for new ones."""

TRIED = 50
"""Ways looked at, best ratio first, for one that the budget still pays."""


def pad(layer: Layer, bought: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what each node of a layer needs in sum of a vector over bought nodes, (nodes,)."""
    return np.asarray(layer.discs @ bought[: layer.discs.shape[1]], dtype=float)


def least_cost_plan(model: Model, point: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a plan of little cost that follows a point, (columns,)."""
    pull = 1.0 - np.clip(point[: model.bought], 0.0, 1.0)
    best: NDArray[np.float64] | None = None
    for share in (pull, np.ones(model.bought)):
        lines: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)] * len(model.layers)
        for _ in range(PASSES if len(model.layers) > 1 else 1):
            for number in range(len(model.layers)):
                lines[number] = _laid(model, share, lines, number)
            plan = plan_of(model, lines)
            if best is None or model.objective(plan) < model.objective(best):
                best = plan
    assert best is not None
    return best


def _laid(model: Model, share: NDArray[np.float64], lines: list[NDArray[np.int64]], number: int) -> NDArray[np.int64]:
    """Return the line of one network where the others' are bought already, by its nodes."""
    layer = model.layers[number]
    others = plan_of(model, [line if k != number else line[:0] for k, line in enumerate(lines)])[: model.bought]
    left = model.price[: model.bought] * (1.0 - others)
    weight, real = pad(layer, left * share), pad(layer, left)
    graph, cores = layer.contracted.graph, layer.cores
    if cores <= FEW:
        return least_tree(type(graph)(graph.start, graph.beside, weight), cores)
    firsts = np.unique(np.linspace(0, cores - 1, min(cores, STARTS)).astype(int))
    found = [nearest_tree(graph, weight, cores, int(first)) for first in firsts]
    return min((_pruned(layer, line, real) for line in found), key=lambda line: float(real[line].sum()))


def _pruned(layer: Layer, line: NDArray[np.int64], weight: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return a line without nodes, dearest first, that its core areas do not need."""
    graph = layer.contracted.graph
    chosen = np.zeros(len(graph), dtype=bool)
    chosen[line] = True
    for node in line[np.argsort(-weight[line], kind="stable")].tolist():
        if node < layer.cores:
            continue
        chosen[node] = False
        if not kernels.joined(graph.start, graph.beside, chosen, layer.cores):
            chosen[node] = True
    return np.flatnonzero(chosen)


def plan_of(model: Model, lines: list[NDArray[np.int64]]) -> NDArray[np.float64]:
    """Return the columns of lines, by the nodes of each layer, and of all that they need, (columns,)."""
    plan = np.zeros(len(model.cost))
    for layer, line in zip(model.layers, lines, strict=True):
        plan[np.unique(layer.discs[line].indices)] = 1.0
        columns = layer.column[line]
        plan[columns[columns != HELD]] = 1.0
    return plan


def grown(model: Model, line: NDArray[np.int64], point: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return a plan that extends the line of the only layer by ways of most benefit for their cost, None if too dear.

    `point` draws the ways: what it takes is cheaper.
    """
    (layer,) = model.layers
    graph = layer.contracted.graph
    held = np.zeros(len(graph), dtype=bool)
    held[line] = True
    held[: layer.cores] = True
    plan = plan_of(model, [np.flatnonzero(held)])
    if model.paid(plan) > model.budget:
        return None
    share = 1.0 - 0.9 * np.clip(point[: model.bought], 0.0, 1.0)
    reach = (layer.discs > 0) if layer.wide else layer.discs
    while True:
        bought = plan[: model.bought]
        left = model.budget - model.paid(plan)
        weight = reach @ (model.price[: model.bought] * (1.0 - bought))[: reach.shape[1]]
        gain = reach @ (-model.cost[: model.bought] * (1.0 - bought))[: reach.shape[1]]
        pulled = reach @ (model.price[: model.bought] * share * (1.0 - bought))[: reach.shape[1]]
        value = np.where(held, 0.0, np.inf)
        origin = np.full(len(graph), kernels.NONE, dtype=np.int32)
        kernels.spread_out(graph.start, graph.beside, pulled, value, origin)
        paid, won = kernels.along(origin, held, weight, gain)
        ratio = np.where(held | (won <= 0), -1.0, won / np.maximum(paid, 1e-12))
        if not layer.wide:
            ratio[paid > left] = -1.0
        best, longer = float(ratio.max()), False
        for end in np.argsort(-ratio, kind="stable")[:TRIED].tolist():
            if ratio[end] < 0 or (longer and ratio[end] <= ALIKE * best):
                break
            extended = None if held[end] else _with_way(model, held, origin, end)
            if extended is not None:
                held, plan = extended
                longer = True
        if not longer:
            return plan


def _with_way(
    model: Model, held: NDArray[np.bool_], origin: NDArray[np.int32], end: int
) -> tuple[NDArray[np.bool_], NDArray[np.float64]] | None:
    """Return the line and plan with a way to a node, None where the budget does not pay it."""
    longer = held.copy()
    while not longer[end]:
        longer[end] = True
        end = int(origin[end])
    plan = plan_of(model, [np.flatnonzero(longer)])
    return (longer, plan) if model.paid(plan) <= model.budget else None


def benefit_plan(model: Model, point: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return a plan of much benefit that follows a point, (columns,); None where the budget pays none so found."""
    (layer,) = model.layers
    whole = np.zeros(model.bought)
    whole[: model.bought] = 1.0 - 0.99 * np.clip(point[: model.bought], 0.0, 1.0)
    weight = pad(layer, model.price[: model.bought] * whole)
    graph = layer.contracted.graph
    pulled = type(graph)(graph.start, graph.beside, weight)
    line = least_tree(pulled, layer.cores) if layer.cores <= FEW else nearest_tree(pulled, weight, layer.cores, 0)
    return grown(model, line, point)
