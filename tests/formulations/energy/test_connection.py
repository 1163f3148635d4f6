"""Buses that must hang together, against every choice of circuits; the Program and the engine for trees agree."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pytest

from tests.formulations.energy.networks import network_of, solved, values

if TYPE_CHECKING:
    from instances.network import Network

EDGES = 9


def edges_of(seed: int, buses: int = 6) -> list[tuple[int, int, float]]:
    """Return the edges of a random graph that hangs together, with whole costs."""
    random = np.random.default_rng(seed)
    pairs = [(int(random.integers(k)), k) for k in range(1, buses)]
    while len(pairs) < EDGES:
        one, two = sorted(random.choice(buses, 2, replace=False).tolist())
        pairs.append((one, two))
    return [(one, two, float(random.integers(1, 10))) for one, two in pairs]


def case(edges: list[tuple[int, int, float]], wanted: dict[str, list[int]], **more: Any) -> Network:
    """Return a network of candidates alone."""
    rows = [(name, bus) for name, buses in wanted.items() for bus in buses]
    tables = {
        "buses": {"bus": [f"b{k}" for k in range(6)], "voltage_kv": [10.0] * 6},
        "candidates": {
            "candidate": [f"k{k}" for k in range(len(edges))],
            "from_bus": [f"b{one}" for one, *_ in edges],
            "to_bus": [f"b{two}" for _, two, _ in edges],
            "capacity_mw": [1.0] * len(edges),
            "cost": [cost for *_, cost in edges],
        },
        "connections": {"connection": [name for name, _ in rows], "bus": [f"b{bus}" for _, bus in rows]},
    }
    return network_of("transport", **(tables | more))


def least(edges: list[tuple[int, int, float]], wanted: dict[str, list[int]], there: tuple = ()) -> float:
    """Return the least cost over every choice of edges."""
    best = np.inf
    for choice in product((False, True), repeat=len(edges)):
        graph: nx.Graph = nx.Graph()
        graph.add_nodes_from(range(6))
        graph.add_edges_from(there)
        graph.add_edges_from(edge[:2] for edge, taken in zip(edges, choice, strict=True) if taken)
        joined = all(set(buses) <= nx.node_connected_component(graph, buses[0]) for buses in wanted.values())
        cost = sum(edge[2] for edge, taken in zip(edges, choice, strict=True) if taken)
        best = cost if joined and cost < best else best
    return best


@pytest.mark.parametrize("seed", range(6))
def test_tree(seed: int) -> None:
    """One connection of three buses."""
    edges, wanted = edges_of(seed), {"tree": [0, 3, 5]}
    _, solution = solved(case(edges, wanted))
    assert solution.objective == pytest.approx(least(edges, wanted))


@pytest.mark.parametrize("seed", range(6))
def test_forest_beside_a_line(seed: int) -> None:
    """Two connections share circuits; a line that stands joins for nothing."""
    edges, wanted = edges_of(seed + 100), {"one": [0, 3, 5], "two": [1, 4]}
    lines = {"line": ["l"], "from_bus": ["b2"], "to_bus": ["b4"], "capacity_mw": [5.0]}
    _, solution = solved(case(edges, wanted, lines=lines))
    assert solution.objective == pytest.approx(least(edges, wanted, ((2, 4),)))


def test_lines_that_may_be_closed_do_not_join() -> None:
    """A line whose capacity is chosen from zero on joins nothing; one that keeps some does."""
    edges, wanted = [(0, 1, 7.0)], {"pair": [0, 1]}
    line = {"line": ["l"], "from_bus": ["b0"], "to_bus": ["b1"], "capacity_mw": [5.0], "extendable": [1]}
    _, solution = solved(case(edges, wanted, lines=line))
    assert solution.objective == pytest.approx(7.0)
    _, solution = solved(case(edges, wanted, lines=line | {"minimum_mw": [5.0]}))
    assert solution.objective == pytest.approx(0.0)


def test_stages() -> None:
    """A bus joins from its year on: the second circuit is built then, not before."""
    wanted = {"connection": ["c", "c", "c"], "bus": ["b0", "b1", "b2"], "first_year": [0, 0, 2040]}
    network = case([(0, 1, 2.0), (1, 2, 3.0)], {})
    tables = {**network.tables}
    again = network_of(
        "transport",
        years=(2030, 2040),
        lengths=(10.0, 10.0),
        buses=tables["buses"].to_dict("list"),
        candidates=tables["candidates"].to_dict("list") | {"first_year": [0, 2040]},
        connections=wanted,
    )
    program, solution = solved(again)
    assert solution.objective == pytest.approx(5.0)
    built = values(program, solution, "candidate_circuits")
    assert built["k0 1", 2030, ""] == pytest.approx(1.0)
    assert built["k1 1", 2040, ""] == pytest.approx(1.0)


def test_with_power_flow() -> None:
    """The cheapest way to bring power differs from the cheapest tree: both are kept at once.

    Load 5 at b2 needs the dear circuit of 5 MW (cost 9); joining b0 with b1 costs 2 more.
    """
    network = case(
        [(0, 1, 2.0), (1, 2, 3.0), (0, 2, 9.0)],
        {"c": [0, 1, 2]},
        generators={"generator": ["g"], "bus": ["b0"], "technology": ["x"], "capacity_mw": [9.0]},
        loads={"load": ["l"], "bus": ["b2"], "peak_mw": [5.0]},
        candidates={
            "candidate": ["k0", "k1", "k2"],
            "from_bus": ["b0", "b1", "b0"],
            "to_bus": ["b1", "b2", "b2"],
            "capacity_mw": [1.0, 1.0, 5.0],
            "cost": [2.0, 3.0, 9.0],
        },
    )
    _, solution = solved(network)
    assert solution.objective == pytest.approx(11.0)


def test_corridors_shared() -> None:
    """Circuits that cost nothing themselves need segments; the shared trunk is paid once: 4 + 1 + 1, not 5 + 5."""
    network = case(
        [],
        {"c": [0, 1, 2]},
        candidates={
            "candidate": ["k1", "k2", "direct"],
            "from_bus": ["b0", "b0", "b1"],
            "to_bus": ["b1", "b2", "b2"],
            "capacity_mw": [1.0] * 3,
            "cost": [0.0, 0.0, 3.0],
            "corridor": ["r1", "r2", ""],
        },
        corridors={"corridor": ["r1", "r1", "r2", "r2"], "segment": ["trunk", "a", "trunk", "b"]},
        segments={"segment": ["trunk", "a", "b"], "length_km": [1.0] * 3, "cost": [4.0, 1.0, 1.0]},
    )
    _, solution = solved(network)
    assert solution.objective == pytest.approx(6.0)


def test_cost_of_flow() -> None:
    """10 MW over 3 hours at 2 a MWh: the free circuit carries 4 MW, the other 6; fixed cost 5 each."""
    network = network_of(
        "transport",
        buses={"bus": ["a", "b"]},
        snapshots={"snapshot": ["t"], "weight_h": [3.0]},
        generators={"generator": ["g"], "bus": ["b"], "technology": ["x"], "capacity_mw": [20.0]},
        loads={"load": ["l"], "bus": ["a"], "peak_mw": [10.0]},
        candidates={
            "candidate": ["free", "dear"],
            "from_bus": ["a", "a"],
            "to_bus": ["b", "b"],
            "capacity_mw": [4.0, 20.0],
            "cost": [5.0, 5.0],
            "marginal_cost": [0.0, 2.0],
        },
    )
    program, solution = solved(network)
    assert solution.objective == pytest.approx(5 + 5 + 3 * 2 * 6)
    assert values(program, solution, "candidate_flow_backward")["dear 1", 0, "t"] == pytest.approx(6.0)


def test_buses_that_lines_join_already_ask_for_nothing() -> None:
    """A line joins both buses; candidates lead elsewhere or back, and none is built."""
    line = {"line": ["l"], "from_bus": ["b0"], "to_bus": ["b1"], "capacity_mw": [1.0]}
    program, solution = solved(case([(0, 1, 4.0), (1, 0, 3.0)], {"k": [0, 1]}, lines=line))
    assert solution.objective == pytest.approx(0.0)
    assert not any(values(program, solution, "candidate_circuits").values())
