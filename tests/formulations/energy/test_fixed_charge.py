"""Networks designed at fixed charges and cost of flow, against the cheapest flow of every choice of circuits."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pytest
from scipy.optimize import linprog

from tests.formulations.energy.networks import network_of, solved

if TYPE_CHECKING:
    from instances.network import Network

BUSES, EDGES, HOURS = 5, 8, 2.0


class Design:
    """A random design: sources at buses 0 and 1, loads at 2 to 4."""

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        pairs = [(int(random.integers(k)), k) for k in range(1, BUSES)]
        while len(pairs) < EDGES:
            pairs.append(tuple(sorted(random.choice(BUSES, 2, replace=False).tolist())))
        self.ends = np.array(pairs)
        self.capacity = random.integers(3, 9, EDGES).astype(float)
        self.cost = random.integers(5, 40, EDGES).astype(float)
        self.price = random.integers(0, 4, EDGES).astype(float)
        self.load = np.array([0.0, 0.0, *random.integers(1, 4, 3)])
        self.supply = np.array([self.load.sum() * 0.7] * 2 + [0.0] * 3)
        self.fuel = np.array([1.0, 2.0])

    def network(self, **more: object) -> Network:
        """Return it as a network."""
        named = [f"b{k}" for k in range(BUSES)]
        given = {
            "buses": {"bus": named},
            "snapshots": {"snapshot": ["t"], "weight_h": [HOURS]},
            "generators": {
                "generator": ["g0", "g1"],
                "bus": ["b0", "b1"],
                "technology": ["x"] * 2,
                "capacity_mw": self.supply[:2].tolist(),
                "marginal_cost": self.fuel.tolist(),
            },
            "loads": {"load": named[2:], "bus": named[2:], "peak_mw": self.load[2:].tolist()},
            "candidates": {
                "candidate": [f"k{k}" for k in range(EDGES)],
                "from_bus": [f"b{k}" for k in self.ends[:, 0]],
                "to_bus": [f"b{k}" for k in self.ends[:, 1]],
                "capacity_mw": self.capacity.tolist(),
                "cost": self.cost.tolist(),
                "marginal_cost": self.price.tolist(),
            },
        }
        return network_of("transport", **(given | more))

    def flow_cost(self, built: np.ndarray) -> float:
        """Return the cheapest supply and flow over built circuits; infinite where the load cannot be met."""
        incidence = np.zeros((BUSES, EDGES))
        incidence[self.ends[:, 0], np.arange(EDGES)] = -1.0
        incidence[self.ends[:, 1], np.arange(EDGES)] += 1.0
        balance = np.hstack([incidence, -incidence, np.eye(BUSES)[:, :2]])
        limit = np.concatenate([self.capacity * built, self.capacity * built, self.supply[:2]])
        cost = HOURS * np.concatenate([self.price, self.price, self.fuel])
        answer = linprog(cost, A_eq=balance, b_eq=self.load, bounds=np.stack([np.zeros(len(limit)), limit], axis=1))
        return float(answer.fun) if answer.status == 0 else np.inf

    def least(self, joined: tuple[int, ...] = ()) -> float:
        """Return the least cost over every choice of circuits, those only that join some buses."""
        best = np.inf
        for choice in product((0.0, 1.0), repeat=EDGES):
            built = np.array(choice)
            fixed = float(self.cost @ built)
            graph: nx.Graph = nx.Graph()
            graph.add_nodes_from(range(BUSES))
            graph.add_edges_from(self.ends[built > 0].tolist())
            hangs = not joined or set(joined) <= nx.node_connected_component(graph, joined[0])
            if fixed < best and hangs:
                best = min(best, fixed + self.flow_cost(built))
        return best


@pytest.mark.parametrize("seed", range(4))
def test_design(seed: int) -> None:
    """Loads are supplied at least cost of circuits, fuel and flow."""
    design = Design(seed)
    _, solution = solved(design.network())
    assert solution.objective == pytest.approx(design.least())
    assert solution.bound == pytest.approx(solution.objective)


@pytest.mark.parametrize("seed", range(4))
def test_design_that_hangs_together(seed: int) -> None:
    """The same with both sources and a load in one connection."""
    design = Design(seed)
    _, solution = solved(design.network(connections={"connection": ["c"] * 3, "bus": ["b0", "b1", "b4"]}))
    assert solution.objective == pytest.approx(design.least((0, 1, 4)))
