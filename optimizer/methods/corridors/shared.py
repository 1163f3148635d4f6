"""Wide corridors and several networks: plans laid way by way, a bound from shares, then branch and cut on what is left.

The bound closes nodes that no better plan uses; the model is built anew over the others, often a tenth of all.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from optimizer.methods.corridors.ascent import ascended
from optimizer.methods.corridors.build import held_nodes, least_cost_model
from optimizer.methods.corridors.loop import ROUND_OFF, Search, ending
from optimizer.methods.corridors.plans import least_cost_plan
from optimizer.methods.corridors.shares import Shares, charged
from optimizer.methods.corridors.strips import Strips

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from optimizer.methods.corridors.build import Network
    from optimizer.methods.corridors.graph import NodeGraph
    from optimizer.methods.corridors.model import Model
    from optimizer.methods.corridors.shares import Charged

MOST_STEPS = 400
"""Steps of the shares."""

EVERY = 10
"""Steps of the shares between two plans."""

PULL = 0.9
"""Part of its cost that a cell is cheaper where all ways of late touched it."""

MOST_COLUMNS = 60_000
"""Columns of the model of what is left, up to which branch and cut brings something within a minute."""


def shared_networks(
    graph: NodeGraph, required: Sequence[Network], gap: float, deadline: float
) -> tuple[NDArray[np.int64], float]:
    """Return nodes that connect the core areas of each network, held ones left out, and the proven least cost of such.

    Costs are without held nodes. Raises as `steiner`.
    """
    contracted = [network.contracted(graph) for network in required]
    model = least_cost_model(graph, required, contracted)
    layers = [charged(layer) for layer in model.layers]
    base = _base(graph, required)
    strips = Strips(model, layers)
    lines, best = strips.improved(strips.laid(strips.cost))
    shares = Shares(model, layers)

    def proven() -> bool:
        return best - shares.bound <= gap * abs(best + base) + ROUND_OFF * max(abs(best), 1.0)

    while shares.ways and not (shares.settled or proven()) and shares.count < MOST_STEPS:
        shares.improve(best)
        if shares.count % EVERY == 0:
            other, cost = strips.improved(strips.laid(strips.cost * (1.0 - PULL * shares.use)))
            lines, best = (other, cost) if cost < best else (lines, best)
        if time.perf_counter() >= deadline:
            break
    nodes = np.flatnonzero(strips.plan(lines)[: model.bought] > 0)
    if not shares.ways or proven() or time.perf_counter() >= deadline:
        return nodes, best if not shares.ways else min(shares.bound, best)
    fewer = _fewer(graph, required, layers, shares, best)
    return searched(graph, fewer, (nodes, shares.bound), gap, deadline)


def _fewer(
    graph: NodeGraph, required: Sequence[Network], layers: list[Charged], shares: Shares, best: float
) -> list[Network]:
    """Return the networks without nodes that no plan uses which costs less than the best."""
    room = (best - shares.bound) * (1 + 1e-9) + 1e-9 * max(best, 1.0)
    found = []
    for network, charge, open_ in zip(required, layers, shares.open_nodes(room), strict=True):
        allowed = np.zeros(len(graph), dtype=bool)
        allowed[charge.layer.centre[open_ & (charge.layer.centre >= 0)]] = True
        found.append(replace(network, allowed=allowed))
    return found


def searched(
    graph: NodeGraph,
    required: Sequence[Network],
    known: tuple[NDArray[np.int64] | None, float],
    gap: float,
    deadline: float,
) -> tuple[NDArray[np.int64], float]:
    """Return nodes and bound as `shared_networks` by branch and cut alone; `known` are those known before."""
    model = least_cost_model(graph, required, [network.contracted(graph) for network in required])
    nodes, bound = known
    wide = any(layer.wide for layer in model.layers)
    if wide and nodes is not None and len(model.cost) > MOST_COLUMNS:
        return nodes, bound
    if wide:
        near = _strips_near(model)
        first = near(np.zeros(len(model.cost)) if nodes is None else _drawn_to(model, nodes))
        search = Search(model, near, gap, ending(deadline), first, [], _base(graph, required))
    else:
        rows, ascent, first = ascended(model)
        bound = max(bound, ascent)
        repair = partial(least_cost_plan, model)
        search = Search(model, repair, gap, ending(deadline), first, rows, _base(graph, required))
    search.bound = min(bound, search.objective)
    search.run()
    assert search.plan is not None
    if nodes is None or search.objective < float(model.cost[nodes].sum()):
        nodes = np.flatnonzero(search.plan[: model.bought] > 0)
    return nodes, min(max(search.bound, bound), float(model.cost[nodes].sum()))


def _strips_near(model: Model) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Return what finds plans of wide corridors near a point."""
    strips = Strips(model, [charged(layer) for layer in model.layers])

    def near(point: NDArray[np.float64]) -> NDArray[np.float64]:
        pulled = strips.cost * (1.0 - PULL * np.clip(point[: model.bought], 0.0, 1.0))
        return strips.plan(strips.improved(strips.laid(pulled))[0])

    return near


def _drawn_to(model: Model, nodes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return a point that draws plans to some bought nodes, (columns,)."""
    point = np.zeros(len(model.cost))
    point[nodes] = 1.0
    return point


def _base(graph: NodeGraph, required: Sequence[Network]) -> float:
    """Return what held nodes cost."""
    held = graph.cost[held_nodes(required)]
    return float(held[np.isfinite(held)].sum())
