"""Expansion with circuits that may be built: published optima, and every combination tried out."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.optimize import linprog

from tests.formulations.energy.networks import network_of, solved
from tests.tnep_cases import OPTIMA, read_published, tnep_tables

if TYPE_CHECKING:
    from instances.network import Network


def published(case: str, generation: str, power_flow: str) -> Network:
    """Return a published case."""
    tables = tnep_tables(*read_published(case), generation)
    return network_of(power_flow, **{name: table.to_dict("list") for name, table in tables.items()})


@pytest.mark.parametrize(
    ("case", "generation", "power_flow"),
    [
        *(key for key in OPTIMA if key[0] == "garver6"),
        pytest.param("ieee24", "gen_max_MW", "dc", marks=pytest.mark.long),
        ("ieee24", "G1_MW", "dc"),
        ("brazil46", "gen_max_MW", "transport"),
    ],
)
def test_published_cases(case: str, generation: str, power_flow: str) -> None:
    """Least costs from the literature, to proven optimum."""
    solution = solved(published(case, generation, power_flow))[1]
    assert solution.objective == pytest.approx(OPTIMA[case, generation, power_flow], rel=1e-6)
    assert solution.gap == pytest.approx(0, abs=1e-6)


Pair = tuple[int, int]


def made(seed: int) -> tuple[list[Pair], list[Pair], dict[str, np.ndarray]]:
    """Return lines, candidates (up to two circuits each) and figures of a network of five buses, one apart."""
    random = np.random.default_rng(seed)
    lines = [(0, 1), (1, 2), (0, 2)]
    candidates = [(0, 1), (2, 3), (1, 3), (3, 4), (0, 4)]
    return (
        lines,
        candidates,
        {
            "x": random.uniform(0.1, 0.6, 3).round(3),
            "cap": random.uniform(20, 60, 3).round(1),
            "cx": random.uniform(0.1, 0.6, 5).round(3),
            "ccap": random.uniform(30, 90, 5).round(1),
            "cost": random.uniform(50, 150, 5).round(0),
            "load": np.array([0, 0, *random.uniform(20, 60, 3).round(1)]),
            "price": random.uniform(1, 3, 2).round(2),
        },
    )


def dispatch(lines: list[Pair], circuits: list[Pair], x: list[float], cap: list[float], of: dict, law: bool) -> float:
    """Return the least operating cost of a built network: plant at 0 and 1, dear plant of 9 at every bus."""
    wires = [*lines, *circuits]
    count, buses = len(wires), 5
    balance = np.zeros((buses, 2 + buses + count + buses))
    balance[0, 0] = balance[1, 1] = 1
    balance[:, 2 : 2 + buses] = np.eye(buses)
    laws = np.zeros((count if law else 0, balance.shape[1]))
    for k, (i, j) in enumerate(wires):
        balance[i, 2 + buses + k], balance[j, 2 + buses + k] = -1, 1
        if law:
            laws[k, 2 + buses + k] = x[k] / 100
            laws[k, 2 + buses + count + i], laws[k, 2 + buses + count + j] = -1, 1
    cost = np.concatenate([of["price"], np.full(buses, 9.0), np.zeros(count + buses)])
    limits = [(0, 150), (0, 150), *[(0, None)] * buses, *[(-c, c) for c in cap], *[(None, None)] * buses]
    answer = linprog(
        cost, A_eq=np.vstack([balance, laws]), b_eq=np.concatenate([of["load"], np.zeros(len(laws))]), bounds=limits
    )
    return float(answer.fun) if answer.status == 0 else np.inf


def best(seed: int, law: bool, circuits: int = 2) -> float:
    """Return the least cost over every number of circuits in every corridor."""
    lines, candidates, of = made(seed)
    least = np.inf
    for built in product(range(circuits + 1), repeat=len(candidates)):
        new = [k for k, n in enumerate(built) for _ in range(n)]
        x, cap = [*of["x"], *of["cx"][new]], [*of["cap"], *of["ccap"][new]]
        total = float(of["cost"] @ np.array(built))
        if total < least:
            least = min(least, total + dispatch(lines, [candidates[k] for k in new], x, cap, of, law))
    return least


@pytest.mark.parametrize(("seed", "power_flow"), [(1, "dc"), (2, "dc"), (3, "dc"), (4, "dc"), (5, "transport")])
def test_every_combination_tried_out(seed: int, power_flow: str) -> None:
    """Buses 3 and 4 stand apart; scipy solves each built network by itself."""
    lines, candidates, of = made(seed)
    buses = [f"b{k}" for k in range(5)]

    def ends(pairs: list[Pair]) -> dict[str, list[str]]:
        return {"from_bus": [buses[i] for i, _ in pairs], "to_bus": [buses[j] for _, j in pairs]}

    network = network_of(
        power_flow,
        buses={"bus": buses, "voltage_kv": [10] * 5},
        generators={
            "generator": ["p0", "p1", *(f"dear {bus}" for bus in buses)],
            "bus": ["b0", "b1", *buses],
            "technology": ["plant"] * 7,
            "capacity_mw": [150, 150, *[1000] * 5],
            "marginal_cost": [*of["price"], *[9] * 5],
        },
        loads={"load": buses, "bus": buses, "peak_mw": list(of["load"])},
        lines={
            "line": ["l0", "l1", "l2"],
            **ends(lines),
            "reactance_ohm": list(of["x"]),
            "capacity_mw": list(of["cap"]),
        },
        candidates={
            "candidate": [f"c{k}" for k in range(5)],
            **ends(candidates),
            "reactance_ohm": list(of["cx"]),
            "capacity_mw": list(of["ccap"]),
            "cost": list(of["cost"]),
            "max_additions": [2] * 5,
        },
    )
    assert solved(network)[1].objective == pytest.approx(best(seed, power_flow == "dc"), rel=1e-6)
