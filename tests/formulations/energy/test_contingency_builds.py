"""N-1 beside circuits that may be built, on random networks of five buses: every build and outage tried out.

The builds are enumerated. For each, scipy solves one linear program whose flows before and after an outage follow from
what buses feed in, by power transfer factors of the network that stands; nothing of it comes from the formulations.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog

from tests.formulations.energy.networks import Table, network_of, solved, values

BUSES = 5
LINES = [(0, 1), (1, 2), (2, 3), (3, 4), (0, 4)]
CANDIDATES = [(0, 2), (1, 3), (1, 4), (0, 1)]
MOST = [1, 1, 1, 2]
OUTAGES = [0, 2, 3]
DEAR = 9.0
KV = 10.0
"""With reactance in ohm on this voltage, flow is 100/x times the angle."""

Case = dict[str, np.ndarray]


def made(seed: int) -> Case:
    """Return figures of a ring of five buses; the first line has two circuits."""
    random = np.random.default_rng(seed)
    return {
        "x": random.uniform(0.1, 0.6, 5).round(3),
        "cap": random.uniform(25, 60, 5).round(1),
        "circuits": np.array([2, 1, 1, 1, 1]),
        "cx": random.uniform(0.1, 0.6, 4).round(3),
        "ccap": random.uniform(25, 60, 4).round(1),
        "cost": random.uniform(20, 120, 4).round(0),
        "load": np.array([0.0, *random.uniform(10, 45, 4).round(1)]),
        "price": random.uniform(1, 3, 2).round(2),
    }


def factors(wires: list[tuple[int, int, float]]) -> np.ndarray | None:
    """Return the flow of each wire (ends, susceptance) by MW fed in at each bus and taken out at bus 0.

    None where the wires do not join all buses.
    """
    count = len(wires)
    incidence = np.zeros((count, BUSES))
    for k, (i, j, _) in enumerate(wires):
        incidence[k, i], incidence[k, j] = 1.0, -1.0
    stiff = np.array([b for *_, b in wires])
    matrix = (incidence.T * stiff @ incidence)[1:, 1:]
    if np.linalg.matrix_rank(matrix) < BUSES - 1:
        return None
    found = np.zeros((count, BUSES))
    found[:, 1:] = stiff[:, None] * (incidence[:, 1:] @ np.linalg.inv(matrix))
    return found


def dispatch(of: Case, built: tuple[int, ...], outages: list[int]) -> float:
    """Return the least operating cost of a built network that keeps its limits before and after every outage."""
    rows, limits = [], []
    for out in (None, *outages):
        wires, most = [], []
        for k, (i, j) in enumerate(LINES):
            left = of["circuits"][k] - (k == out)
            if left > 0:
                wires.append((i, j, left * 100.0 / of["x"][k]))
                most.append(left * of["cap"][k])
        for k, (i, j) in enumerate(CANDIDATES):
            if built[k]:
                wires.append((i, j, built[k] * 100.0 / of["cx"][k]))
                most.append(built[k] * of["ccap"][k])
        shift = factors(wires)
        assert shift is not None
        plant = np.hstack([shift[:, :2], shift])  # at buses 0 and 1, and dear plant everywhere
        flow = shift @ of["load"]
        rows += [plant, -plant]
        limits += [np.array(most) + flow, np.array(most) - flow]
    cost = np.concatenate([of["price"], np.full(BUSES, DEAR)])
    answer = linprog(
        cost,
        A_ub=np.vstack(rows),
        b_ub=np.concatenate(limits),
        A_eq=np.ones((1, len(cost))),
        b_eq=[of["load"].sum()],
        bounds=[(0, 150)] * 2 + [(0, None)] * BUSES,
    )
    return float(answer.fun) if answer.status == 0 else np.inf


def best(of: Case, outages: list[int]) -> float:
    """Return the least cost over all builds."""
    builds = product(*(range(most + 1) for most in MOST))
    return min(float(of["cost"] @ np.array(built)) + dispatch(of, built, outages) for built in builds)


def tables(of: Case, outages: list[int]) -> dict[str, Table]:
    """Return the tables of a network by columns."""
    buses = [f"b{k}" for k in range(BUSES)]

    def ends(pairs: list[tuple[int, int]]) -> Table:
        return {"from_bus": [buses[i] for i, _ in pairs], "to_bus": [buses[j] for _, j in pairs]}

    return {
        "buses": {"bus": buses, "voltage_kv": [KV] * BUSES},
        "generators": {
            "generator": ["p0", "p1", *(f"dear {bus}" for bus in buses)],
            "bus": ["b0", "b1", *buses],
            "technology": ["plant"] * (2 + BUSES),
            "capacity_mw": [150, 150, *[1000] * BUSES],
            "marginal_cost": [*of["price"], *[DEAR] * BUSES],
        },
        "loads": {"load": buses, "bus": buses, "peak_mw": list(of["load"])},
        "lines": {
            "line": [f"l{k}" for k in range(5)],
            **ends(LINES),
            "reactance_ohm": list(of["x"]),
            "capacity_mw": list(of["cap"]),
            "circuits": list(of["circuits"]),
        },
        "candidates": {
            "candidate": [f"c{k}" for k in range(4)],
            **ends(CANDIDATES),
            "reactance_ohm": list(of["cx"]),
            "capacity_mw": list(of["ccap"]),
            "cost": list(of["cost"]),
            "max_additions": MOST,
        },
        "contingencies": {"contingency": [f"n{k}" for k in outages], "line": [f"l{k}" for k in outages]},
    }


def least(of: Case, outages: list[int]) -> tuple[float, tuple[int, ...]]:
    """Return what the model says: cost, and circuits of each candidate."""
    network = network_of("dc", **tables(of, outages))
    program, solution = solved(network)
    circuits = values(program, solution, "candidate_circuits")
    built = tuple(
        round(sum(value for (name, *_), value in circuits.items() if name.startswith(f"c{k} "))) for k in range(4)
    )
    assert solution.objective is not None
    return solution.objective, built


@pytest.mark.parametrize("seed", range(6))
def test_every_build_and_outage(seed: int) -> None:
    """The optimum is that of the enumeration, and the build the model chose costs as much by itself."""
    of = made(seed)
    objective, built = least(of, OUTAGES)
    assert objective == pytest.approx(best(of, OUTAGES), rel=1e-6)
    assert objective == pytest.approx(float(of["cost"] @ np.array(built)) + dispatch(of, built, OUTAGES), rel=1e-6)


def test_outages_matter() -> None:
    """Some of these networks cost more with the outages than without."""
    without = [best(made(seed), []) for seed in range(6)]
    assert sum(best(made(seed), OUTAGES) > least + 1e-6 for seed, least in enumerate(without)) >= 3
