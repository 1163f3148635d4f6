"""Small corridor problems, their optimum by looking at every choice, and the published ones."""

import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.methods.corridors import Network, node_graph

DATA = Path(__file__).parents[5] / "shared" / "data" / "corridors"

NOT_FOR_SALE = 9999999


def published(name):
    """Return graph, core areas and utilities of a published instance; reserves are the nodes above 0."""
    nodes, links = pd.read_csv(DATA / f"{name}_nodes.csv"), pd.read_csv(DATA / f"{name}_edges.csv")
    cost = nodes.cost.to_numpy(float)
    cost[cost >= NOT_FOR_SALE] = np.inf
    cores = [np.array([node]) for node in np.flatnonzero(nodes.reserve > 0)]
    return node_graph(cost, links.i.to_numpy(), links.j.to_numpy()), cores, nodes.utility.to_numpy(float)


def expected(name):
    return json.loads((DATA / name).read_text())


def grid(rows, columns, seed, cores, closed=0.0):
    """Return a made grid with whole-number costs, and single-cell core areas, the cells of which are for sale."""
    rng = np.random.default_rng(seed)
    cell = np.arange(rows * columns).reshape(rows, columns)
    left = np.concatenate([cell[:, :-1].ravel(), cell[:-1].ravel()])
    right = np.concatenate([cell[:, 1:].ravel(), cell[1:].ravel()])
    cost = rng.integers(1, 20, rows * columns).astype(float)
    chosen = rng.choice(rows * columns, cores, replace=False)
    cost[rng.random(rows * columns) < closed] = np.inf
    cost[chosen] = 0.0
    return node_graph(cost, left, right), [np.array([core]) for core in chosen]


def joined(graph, chosen, cores, allowed):
    """Whether the core areas hang together over chosen nodes; a core area is one whole."""
    open_ = chosen & allowed
    for core in cores:
        open_[core] = True
    part = graph.components(open_)
    label = {}

    def root(one):
        while label.get(one, one) != one:
            one = label[one]
        return one

    for core in cores:
        for node in core:
            label[root(part[node])] = root(part[core[0]])
    return len({root(part[core[0]]) for core in cores}) == 1


def every_choice(graph, networks):
    """Return all sets of nodes for sale with all core areas."""
    held = sorted({int(node) for network in networks for core in network.cores for node in core})
    free = [node for node in np.flatnonzero(graph.for_sale).tolist() if node not in held]
    for bits in itertools.product([False, True], repeat=len(free)):
        chosen = np.zeros(len(graph), dtype=bool)
        chosen[held] = True
        chosen[np.array(free)[list(bits)]] = True
        yield chosen


def lines(graph, network, chosen):
    """Return the nodes over which a network's line may run where some are bought."""
    allowed = np.ones(len(graph), dtype=bool) if network.allowed is None else network.allowed
    if network.discs is None:
        return chosen & allowed
    bought = chosen.copy()
    for core in network.cores:
        bought[core] = True
    return (network.discs @ (~bought).astype(float) == 0) & allowed & chosen


def cheapest(graph, networks):
    """Return the least cost of a lawful choice."""
    best = np.inf
    for chosen in every_choice(graph, networks):
        cost = graph.cost[chosen].sum()
        if cost < best and all(
            joined(graph, lines(graph, one, chosen), one.cores, np.ones(len(graph), bool)) for one in networks
        ):
            best = cost
    return best


def most_useful(graph, cores, utility, budget):
    """Return the greatest utility of a connected choice within the budget."""
    best = -np.inf
    for chosen in every_choice(graph, [Network("one", cores)]):
        if graph.cost[chosen].sum() > budget or utility[chosen].sum() <= best:
            continue
        part = graph.components(chosen)
        if len(np.unique(part[chosen])) == 1:
            best = utility[chosen].sum()
    return best
