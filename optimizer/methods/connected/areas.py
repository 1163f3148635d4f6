r"""Separate areas: the Program without them bounds it; where its plan has too few, some are laid out and held.

An area is grown from a node by price until it weighs enough, and its border is left out, so that it stays an area
whatever else is chosen. The rest of the plan is then solved around them. Where the gap to the bound is not what is
asked, a Program of middling size is also solved as a flow in the time left.
"""

from __future__ import annotations

import heapq
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from optimizer.methods.connected.graph import HALF, ROUND_OFF, graph_of
from optimizer.results.solution import Termination

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from formulations.connected import Connected
    from formulations.program import Program
    from optimizer.methods.connected.graph import Graph
    from optimizer.results.solution import Solution, SolveOptions

    Solve = Callable[[Program, SolveOptions], Solution]

SEEDS = 40
"""Nodes from which an area is tried, those of most weight for their price."""

RELAXED_PART = 0.6
"""Part of the time for the Program without areas."""

MOST_ROUNDS = 10
"""Times areas are laid out anew in the regions of the last plan."""

MOST_EDGES = 4000
"""Edges of all graphs, each as often as areas are asked of it, up to which a flow is tried in the end."""

DRAWN = 0.5
"""Part of the cost that a node of the plan without areas does not count, which draws areas there."""

LEAST_PRICE = 1e-3
"""What a node costs at least, relative to the dearest."""


def solve(program: Program, options: SolveOptions, relaxed: Solve, flow: Solve) -> Solution:
    """Solve a Program with areas; `relaxed` solves Programs without, `flow` the Program as it is."""
    deadline = time.perf_counter() + options.time_limit_s
    areas = tuple(demand for demand in program.connected if demand.kind == "areas")
    without = replace(program, connected=tuple(demand for demand in program.connected if demand.kind != "areas"))
    bound = relaxed(without, replace(options, time_limit_s=RELAXED_PART * options.time_limit_s, start=None))
    if bound.shares is None:
        return bound
    upper = without.matrix().upper
    graphs = [graph_of(demand, upper) for demand in areas]
    if all(graph.is_lawful(bound.shares) for graph in graphs):
        return bound
    found = _around(without, graphs, bound, replace(options, time_limit_s=_left(deadline) / 2, start=None), relaxed)
    if found.termination is not Termination.GAP_PROVEN and _left(deadline) > 0 and _flow_edges(areas) <= MOST_EDGES:
        found = _better(found, flow(program, replace(options, time_limit_s=_left(deadline), start=None)), options)
    return found


def _left(deadline: float) -> float:
    return max(deadline - time.perf_counter(), 0.0)


def _flow_edges(areas: Sequence[Connected]) -> int:
    return sum(len(demand.left) * demand.count for demand in areas)


def _around(
    without: Program, graphs: Sequence[Graph], bound: Solution, options: SolveOptions, relaxed: Solve
) -> Solution:
    """Return a plan around areas that are laid out, with the bound of the Program without."""
    best = replace(bound, termination=Termination.TIME_LIMIT, shares=None, objective=None)
    deadline, near = time.perf_counter() + options.time_limit_s, bound.require_shares()
    for _ in range(MOST_ROUNDS):
        held = _laid(without, graphs, near)
        if held is None or _left(deadline) <= 0:
            break
        found = relaxed(held, replace(options, time_limit_s=_left(deadline)))
        if found.shares is None or not all(graph.is_lawful(found.shares) for graph in graphs):
            break
        found = _bounded(replace(found, duals=bound.duals), bound, options)
        assert found.objective is not None
        if best.objective is not None and found.objective >= best.objective - options.gap * found.base:
            break
        best, near = found, found.require_shares()
    return best


def _better(found: Solution, other: Solution, options: SolveOptions) -> Solution:
    """Return the better plan of two with the better bound."""
    if other.termination is Termination.INFEASIBLE:
        return other
    best = found if other.objective is None or (found.objective or np.inf) <= other.objective else other
    higher = max((found, other), key=lambda one: -np.inf if one.bound is None else one.bound)
    return _bounded(best, higher, options)


def _bounded(found: Solution, higher: Solution, options: SolveOptions) -> Solution:
    """Return a plan with the bound of another Solution."""
    if found.objective is None or higher.bound is None:
        return replace(found, bound=higher.bound, termination=Termination.TIME_LIMIT)
    found = replace(found, bound=min(higher.bound, found.objective), bound_by=higher.bound_by)
    within = found.gap is not None and found.gap <= options.gap
    return replace(found, termination=Termination.GAP_PROVEN if within else Termination.TIME_LIMIT)


def _laid(program: Program, graphs: Sequence[Graph], shares: NDArray[np.float64]) -> Program | None:
    """Return the Program with enough areas held for each demand, None where not enough were found."""
    cost = program.matrix().cost * (1.0 - DRAWN * shares)
    regions = _Regions(program, graphs[0], shares)
    for graph in graphs:
        if (graph.incidence.indices >= len(program.moves)).any() or not np.array_equal(graph.node, graphs[0].node):
            return None
        if not regions.serve(graph, cost):
            return None
    return replace(program, moves=replace(program.moves, upper=regions.upper()))


class _Regions:
    """Regions that stay apart: pieces of a plan, and areas laid out beside them; what is held in each."""

    def __init__(self, program: Program, graph: Graph, shares: NDArray[np.float64]) -> None:
        self._program, self._graph = program, graph
        count, piece = graph.pieces(graph.incidence @ shares > HALF)
        self._regions = [piece == number for number in range(count)]
        self._used: set[int] = set()
        self._held: set[int] = set()

    def serve(self, graph: Graph, cost: NDArray[np.float64]) -> bool:
        """Hold areas of a demand, in regions that stand and in new ones; tell whether there are enough."""
        column, weight, price = _columns(graph, cost)
        column_upper = self._program.moves.upper[column]
        needed = graph.demand.count
        standing = [(_cheapest(graph, weight, price, ~region), k) for k, region in enumerate(self._regions)]
        fitting = sorted((area[0], k, area[1]) for area, k in standing if area is not None)
        fitting.sort(key=lambda area: (area[1] not in self._used, area[0]))
        for _, number, nodes in fitting[:needed]:
            self._take(number, column[nodes])
        for _ in range(needed - len(fitting)):
            area = _cheapest(graph, weight, price, self._closed(graph) | (column_upper < HALF))
            if area is None:
                return False
            region = np.zeros(len(graph), dtype=bool)
            region[area[1]] = True
            self._regions.append(region)
            self._take(len(self._regions) - 1, column[area[1]])
        return True

    def _take(self, number: int, columns: NDArray[np.int64]) -> None:
        self._used.add(number)
        self._held.update(columns.tolist())

    def _closed(self, graph: Graph) -> NDArray[np.bool_]:
        """Return the nodes in and around regions that are used, (nodes,)."""
        inside = np.zeros(len(graph), dtype=bool)
        for number in self._used:
            inside |= self._regions[number]
        left, right = graph.ends()
        closed = inside.copy()
        closed[right[inside[left]]] = True
        return closed

    def upper(self) -> NDArray[np.float64]:
        """Return upper bounds of the moves: held columns are taken, nodes around regions in use are closed."""
        moves, graph = self._program.moves, self._graph
        upper, left, right = moves.upper.copy(), *graph.ends()
        for number in self._used:
            region = self._regions[number]
            around = np.unique(right[region[left] & ~region[right]])
            upper[np.unique(graph.incidence[around].indices)] = 0.0
        for column in self._held:
            group = int(moves.group[column])
            upper[moves.start[group] : moves.start[group + 1]] = 0.0
            upper[column] = 1.0
        return upper


def _cheapest(
    graph: Graph, weight: NDArray[np.float64], price: NDArray[np.float64], closed: NDArray[np.bool_]
) -> tuple[float, list[int]] | None:
    """Return price and nodes of the cheapest area found among open nodes, None where there is none."""
    worth = np.where(closed | (weight <= 0), -1.0, weight / price)
    if float(weight[~closed].sum()) < graph.demand.least * (1 - ROUND_OFF):
        return None
    best: tuple[float, list[int]] | None = None
    for seed in np.argsort(-worth, kind="stable")[:SEEDS].tolist():
        if worth[seed] < 0:
            break
        found = _grown(graph, seed, weight, price, closed)
        if found is not None and (best is None or found[0] < best[0]):
            best = found
    return best


def _columns(
    graph: Graph, cost: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return for each node the column of most weight for its price, its weight and price."""
    entries = graph.weight.tocoo()
    node, column = entries.coords
    price = np.maximum(cost[column], 0.0)
    price = price + LEAST_PRICE * max(float(price.max(initial=0.0)), 1.0)
    order = np.lexsort((column, -entries.data / price, node))
    first = order[np.unique(node[order], return_index=True)[1]]
    return column[first].astype(np.int64), entries.data[first], price[first]


def _grown(
    graph: Graph, seed: int, weight: NDArray[np.float64], price: NDArray[np.float64], closed: NDArray[np.bool_]
) -> tuple[float, list[int]] | None:
    """Return price and nodes of an area grown from a seed, most weight for its price first; None if it stays small."""
    inside: set[int] = set()
    total, paid, heap = 0.0, 0.0, [(0.0, seed)]
    while total < graph.demand.least * (1 - ROUND_OFF):
        if not heap:
            return None
        _, node = heapq.heappop(heap)
        if node in inside:
            continue
        inside.add(node)
        total += float(weight[node])
        paid += float(price[node])
        for other in graph.beside[graph.start[node] : graph.start[node + 1]].tolist():
            if other not in inside and not closed[other]:
                heapq.heappush(heap, (-float(weight[other] / price[other]), other))
    return paid, sorted(inside)
