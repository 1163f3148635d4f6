"""Minimum cuts against another maximum flow, and bounds that any numbers prove."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from optimizer.methods.boundary import certify, in_or_out
from optimizer.methods.boundary.cut import Cutter
from tests.optimizer.methods.boundary.boundary_cases import (
    brute_force,
    grid_edges,
    many_options,
    proven_by_hand,
    simple,
)


def least_cut(cost, left, right, capacity):
    """Least of cost over the set and its border, by networkx."""
    graph = nx.DiGraph()
    graph.add_nodes_from(["s", "t"])
    for n, paid in enumerate(cost):
        graph.add_edge("s", n, capacity=max(paid, 0.0))
        graph.add_edge(n, "t", capacity=max(-paid, 0.0))
    for a, b, k in zip(left, right, capacity, strict=True):
        graph.add_edge(a, b, capacity=k)
        graph.add_edge(b, a, capacity=k)
    return float(np.minimum(cost, 0.0).sum()) + nx.maximum_flow_value(graph, "s", "t")


@pytest.mark.parametrize("seed", range(6))
def test_cuts_one_after_the_other_against_networkx(seed):
    rng = np.random.default_rng(seed)
    left, right = grid_edges(9, 7)
    capacity = rng.uniform(0.0, 2.0, len(left))
    cost, amounts = rng.normal(0.0, 1.5, 63), rng.random((2, 63))
    problem = in_or_out(cost, amounts, [0.0, 0.0], [np.inf, np.inf], left, right, capacity)
    cutter = Cutter(problem)
    for multipliers in rng.random((5, 2)):
        cut = cutter.cut(multipliers)
        expected = least_cut(cost - multipliers @ amounts, left, right, capacity)
        assert cut.bound == pytest.approx(expected, abs=1e-5)
        for choice in (cut.fewest, cut.most):
            priced = problem.objective(choice) - problem.activity(choice) @ multipliers
            assert priced == pytest.approx(expected, abs=1e-5)
        assert problem.sides(cut.fewest).sum() <= problem.sides(cut.most).sum()
        assert cut.bound == pytest.approx(proven_by_hand(problem, multipliers, cut.flow))


@pytest.mark.parametrize("perimeter", [False, True])
def test_any_multipliers_and_flows_prove_a_bound(perimeter):
    for seed in range(6):
        problem = many_options(seed, 2, 3, perimeter)
        optimum = brute_force(problem)
        rng = np.random.default_rng(seed)
        for _ in range(20):
            y = rng.normal(0.0, 1.0, len(problem.row_lower))
            flow = rng.normal(0.0, 2.0, len(problem.left))
            assert certify(problem, y, flow) <= optimum + 1e-9


def test_held_nodes_stay():
    problem = simple(4, 5, 5)
    fixed = np.full(25, -1, np.int8)
    fixed[[3, 11]], fixed[[0, 19]] = 1, 0
    cut = Cutter(problem).cut(np.full(len(problem.row_lower), 0.8), fixed)
    for choice in (cut.fewest, cut.most):
        sides = problem.sides(choice)
        assert sides[[3, 11]].all()
        assert not sides[[0, 19]].any()


def test_border_that_costs_nothing_leaves_every_node_to_itself():
    left, right = grid_edges(3, 3)
    cost = np.linspace(-1.0, 1.0, 9)
    problem = in_or_out(cost, np.ones((1, 9)), [-np.inf], [9.0], left, right, np.zeros(len(left)))
    cut = Cutter(problem).cut(np.zeros(1))
    assert cut.bound == pytest.approx(cost[cost < 0].sum())
    assert (problem.sides(cut.fewest) == (cost < 0)).all()
