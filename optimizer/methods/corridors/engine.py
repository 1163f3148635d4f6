"""Corridors between core areas (生态源地): least cost, most benefit under a budget, several networks at once."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.methods.corridors.build import Network, benefit_model, held_nodes
from optimizer.methods.corridors.graph import BudgetTooSmallError, CorridorError
from optimizer.methods.corridors.loop import Search, ending
from optimizer.methods.corridors.plans import benefit_plan, grown
from optimizer.methods.corridors.shared import searched, shared_networks
from optimizer.methods.corridors.tree import fits, least_tree, least_trees

if TYPE_CHECKING:
    from collections.abc import Sequence

    import scipy.sparse as sp
    from numpy.typing import NDArray

    from optimizer.methods.corridors.graph import NodeGraph
    from optimizer.methods.corridors.model import Model
    from optimizer.methods.corridors.tree import Trees

NETWORK = "corridor"

SEEDS = 100
"""Nodes of greatest utility whose least tree is a start."""

GROWN = 4
"""Best starts that are grown."""


@dataclass(frozen=True)
class CorridorResult:
    """Nodes that connect core areas.

    Attributes
    ----------
    nodes
        Bought nodes and core areas, in order.
    cost
        Sum of the nodes' costs; core nodes that are not for sale count 0.
    utility
        Sum of the nodes' utilities; 0 where none was asked for.
    bound
        Proven: no plan costs less, or none has more utility.
    gap
        Distance to the bound relative to the objective.
    method
        `dynamic programming` or `branch and cut`.
    seconds
        Wall clock.
    """

    nodes: NDArray[np.int64]
    cost: float
    utility: float
    bound: float
    gap: float
    method: str
    seconds: float


def steiner(
    graph: NodeGraph,
    cores: Sequence[NDArray[np.int64]],
    discs: sp.csr_array | None = None,
    gap: float = 0.0,
    time_limit_s: float = np.inf,
) -> CorridorResult | None:
    """Return nodes of least cost that connect the core areas; `discs` as in `Network`.

    Exact by dynamic programming where the corridor is one node wide and the core areas are few, else by branch and
    cut, which may end with a gap, or None where the time allowed for no plan.

    Raises
    ------
    CorridorError
        Where the input cannot be used.
    DisconnectedCoresError
        Where the core areas cannot be connected.
    """
    began = time.perf_counter()
    network = Network(NETWORK, cores, discs=discs)
    if discs is not None:
        return networks(graph, [network], gap, time_limit_s)
    contracted = network.contracted(graph)
    if not fits(len(contracted.graph), contracted.cores - 1):
        return networks(graph, [network], gap, time_limit_s)
    bought = contracted.spread(least_tree(contracted.graph, contracted.cores))
    nodes = np.union1d(bought, held_nodes([network]))
    cost = _sum(graph, nodes)
    return CorridorResult(nodes, cost, 0.0, cost, 0.0, "dynamic programming", time.perf_counter() - began)


def networks(
    graph: NodeGraph, required: Sequence[Network], gap: float = 1e-4, time_limit_s: float = np.inf
) -> CorridorResult | None:
    """Return nodes of least cost that connect the core areas of each network; a node bought serves all that may use it.

    Raises as `steiner`; None where the time allowed for no plan.
    """
    began = time.perf_counter()
    held = held_nodes(required)
    deadline = began + time_limit_s
    if len(required) > 1 or required[0].discs is not None:
        found = shared_networks(graph, required, gap, deadline)
    else:
        found = searched(graph, required, (None, -np.inf), gap, deadline)
    nodes = np.union1d(found[0], held)
    cost = _sum(graph, nodes)
    least = min(found[1] + _sum(graph, held), cost)
    return CorridorResult(nodes, cost, 0.0, least, _gap(cost, least), "branch and cut", time.perf_counter() - began)


def budgeted(
    graph: NodeGraph,
    cores: Sequence[NDArray[np.int64]],
    utility: NDArray[np.float64],
    budget: float,
    discs: sp.csr_array | None = None,
    gap: float = 1e-4,
    time_limit_s: float = np.inf,
) -> CorridorResult | None:
    """Return connected nodes that hold all core areas and have most utility at no more than the budget.

    Parameters
    ----------
    utility
        Of each node, at least 0, (nodes,).
    budget
        For all nodes, core areas counted where their cost is finite.

    Raises
    ------
    BudgetTooSmallError
        Where connecting the core areas costs more.
    CorridorError, DisconnectedCoresError
        As `steiner`. None is returned where the time allowed for no plan.
    """
    began = time.perf_counter()
    if utility.shape != (len(graph),) or not (np.isfinite(utility).all() and (utility >= 0).all()):
        raise CorridorError("utility is one number of at least 0 for each node")
    network = Network(NETWORK, cores, discs=discs)
    contracted = network.contracted(graph)
    held = held_nodes([network])
    left = budget - _sum(graph, held)
    model = benefit_model(graph, network, contracted, utility, left)
    trees = None
    if fits(len(contracted.graph), contracted.cores):
        trees = least_trees(contracted.graph, contracted.cores)
        if trees.through[0] > left:
            raise BudgetTooSmallError(budget, budget - left + float(trees.through[0]))
        for layer in model.layers:
            model.upper[layer.column[(trees.through > left) & (layer.column >= 0)]] = 0.0
    plan = _first_benefit(model, trees)
    if plan is None:
        cheapest = steiner(graph, cores, discs, gap, time_limit_s)
        if cheapest is not None and cheapest.bound > budget:
            raise BudgetTooSmallError(budget, cheapest.bound)
        if cheapest is not None and cheapest.cost <= budget:
            plan = _benefit_of(model, cheapest.nodes)
    base = -float(utility[held].sum())
    deadline = began + time_limit_s if plan is None else ending(began + time_limit_s)
    search = Search(model, lambda point: benefit_plan(model, point), gap, deadline, plan, [], base)
    if not search.run():
        # proven without a plan that says how much more it takes
        raise BudgetTooSmallError(budget, float(np.nextafter(budget, np.inf)))
    if search.plan is None:
        return None
    nodes = np.union1d(_bought(model, search.plan), held)
    most = float(utility[nodes].sum())
    bound = max(-(search.bound + base), most)
    return CorridorResult(
        nodes, _sum(graph, nodes), most, bound, _gap(most, bound), "branch and cut", time.perf_counter() - began
    )


def _sum(graph: NodeGraph, nodes: NDArray[np.int64]) -> float:
    cost = graph.cost[nodes]
    return float(cost[np.isfinite(cost)].sum())


def _gap(objective: float, bound: float) -> float:
    return abs(objective - bound) / max(abs(objective), 1e-12) if objective != bound else 0.0


def _bought(model: Model, plan: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.flatnonzero(plan[: model.bought] > 0)


def _first_benefit(model: Model, trees: Trees | None) -> NDArray[np.float64] | None:
    """Return the best of least trees over the core areas and one further node, each grown."""
    nothing = np.zeros(len(model.cost))
    if trees is None:
        return benefit_plan(model, nothing)
    (layer,) = model.layers
    worth = np.where(layer.centre >= 0, -model.cost[layer.centre], 0.0)
    inside = np.flatnonzero(trees.through <= model.budget)
    ends = inside[np.argsort(-worth[inside], kind="stable")[:SEEDS]].tolist()
    lines = sorted((trees.nodes(end) for end in [0, *ends]), key=lambda line: -float(worth[line].sum()))
    found = [plan for line in lines[:GROWN] if (plan := grown(model, line, nothing)) is not None]
    return min(found, key=model.objective, default=None)


def _benefit_of(model: Model, nodes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the columns of a plan that buys nodes and runs its line wherever they allow."""
    plan = np.zeros(len(model.cost))
    plan[nodes] = 1.0
    (layer,) = model.layers
    have = np.zeros(layer.discs.shape[1])
    have[nodes] = 1.0
    needs = np.diff(layer.discs.indptr)
    run = (layer.discs @ have >= needs) & (layer.column >= 0)
    plan[layer.column[run]] = 1.0
    return plan
