"""Wide corridors: plans and bounds against a plain flow model, and which cells a way touches once."""

import time

import numpy as np
import pytest
import scipy.sparse as sp

from optimizer.methods.corridors import Network, discs, networks, node_graph, resistance_graph, steiner
from optimizer.methods.corridors.build import least_cost_model
from optimizer.methods.corridors.shares import Shares, charged, on_simplex
from optimizer.methods.corridors.strips import Strips
from tests.optimizer.methods.corridors.corridor_cases import cheapest, grid
from tests.optimizer.methods.corridors.flow_model import least_cost


def around(graph):
    """Return the nodes within one ring of each, (nodes, nodes)."""
    left, right = graph.ends()
    count = len(graph)
    return sp.csr_array(sp.eye_array(count) + sp.csr_array((np.ones(len(left)), (left, right)), shape=(count, count)))


def with_shortcuts(graph, seed):
    """Return a grid with a few further links, so that it is no lattice."""
    left, right = graph.ends()
    more = np.random.default_rng(seed).integers(0, len(graph), (6, 2))
    return node_graph(graph.cost, np.append(left, more[:, 0]), np.append(right, more[:, 1]))


def cases():
    for seed in range(4):
        graph, cores = grid(6, 6, seed, 3)
        yield pytest.param(graph, Network("a", cores, discs=discs((6, 6), 1)), id=f"grid {seed}")
        graph, cores = grid(5, 6, seed, 4, closed=0.03)
        yield pytest.param(graph, Network("a", cores, discs=discs((5, 6), 1.5)), id=f"four cores {seed}")
        graph = with_shortcuts(grid(5, 6, seed, 3)[0], seed)
        ends = [np.array([0]), np.array([5]), np.array([27])]
        yield pytest.param(graph, Network("a", ends, discs=around(graph)), id=f"shortcuts {seed}")


@pytest.mark.parametrize(("graph", "network"), list(cases()))
def test_plan_and_bound_enclose_the_optimum(graph, network):
    graph.cost[np.concatenate(network.cores)] = 0.0
    best = least_cost(graph, network)
    model = least_cost_model(graph, [network], [network.contracted(graph)])
    layers = [charged(layer) for layer in model.layers]
    strips, shares = Strips(model, layers), Shares(model, layers)
    _, cost = strips.improved(strips.laid(strips.cost))
    for _ in range(60):
        shares.improve(cost)
    assert shares.bound <= best + 1e-9
    assert cost >= best - 1e-9
    found = networks(graph, [network], gap=0.0)
    assert found.cost == pytest.approx(best)
    assert found.bound == pytest.approx(best)


@pytest.mark.long
def test_a_way_on_a_lattice_touches_each_cell_once():
    """Away from the core areas and the edge all five nodes around a cell count, so one way is nearly the optimum."""
    graph = resistance_graph(np.random.default_rng(3).uniform(1, 9, (9, 9)), neighbours=4)
    ends = [np.array([36]), np.array([44])]
    network = Network("a", ends, discs=discs((9, 9), 1))
    model = least_cost_model(graph, [network], [network.contracted(graph)])
    (layer,) = (charged(one) for one in model.layers)
    counted = np.bincount(layer.once[1], minlength=81).reshape(9, 9)
    assert (counted[2:-2, 2:-2] == 5).all()
    shares = Shares(model, [layer])
    shares.improve(np.inf)
    graph.cost[[36, 44]] = 0.0
    best = least_cost(graph, network)
    assert 0.96 * best < shares.bound <= best


def test_hand_made_strip():
    """Three rows of cost 1, the middle one the only line: 3 cells a column, 5 columns between the core areas."""
    graph = resistance_graph(np.ones((3, 7)), neighbours=4)
    cores = [np.arange(0, 21, 7), np.arange(6, 21, 7)]
    graph.cost[np.concatenate(cores)] = 0.0
    found = steiner(graph, cores, discs((3, 7), 1), gap=0.0)
    # rows at the edge need no cells beyond it: a line along one buys two rows
    assert found.cost == found.bound == 10


def test_no_plan_is_later_than_its_time_limit():
    graph, cores = grid(40, 40, 1, 4)
    steiner(*grid(8, 8, 1, 3), discs((8, 8), 1))  # compiles or loads
    began = time.process_time()
    found = steiner(graph, cores, discs((40, 40), 1), 0.0, 1.0)
    assert time.process_time() - began < 10
    assert 0 < found.bound <= found.cost


def test_shares_on_a_simplex():
    """(3, 1) to a sum of 2: both give 1. (5, 0): the second would be below 0."""
    found = on_simplex(np.array([[3.0, 5.0], [1.0, 0.0]]), np.array([2.0, 2.0]))
    assert found.tolist() == [[2.0, 2.0], [0.0, 0.0]]


@pytest.mark.parametrize("seed", range(4))
def test_a_wide_and_a_thin_network_share_what_they_buy(seed):
    graph, areas = grid(3, 4, seed, 4)
    pair = [Network("blue", areas[:2], discs=around(graph)), Network("green", areas[2:])]
    found = networks(graph, pair, gap=0.0)
    assert found.cost == found.bound == cheapest(graph, pair)
