"""How power divides by reactance, by hand; and what must be known for it."""

from __future__ import annotations

import numpy as np
import pytest

from formulations.energy.assemble import program_of
from formulations.energy.kvl import independent_cycles
from instances.faults import InstanceError
from tests.formulations.energy.networks import TRIANGLE, TWO, network_of, triangle, values


def test_voltage_law_splits_flow_two_to_one() -> None:
    """Two thirds go the direct way, limited to 60 MW: 90 MW come from a, 30 from c; as transport all come from a."""
    assert triangle("dc")[1].objective == pytest.approx(90 + 30 * 10)
    assert triangle("transport")[1].objective == pytest.approx(120)


def test_parallel_circuits_halve_reactance() -> None:
    """Two circuits on the long way: its reactance is 1, that of the direct way 1, so power splits evenly: 120 MW."""
    lines = {**TRIANGLE, "circuits": [2, 2, 1]}
    program, solution = triangle("dc", lines=lines)
    assert solution.objective == pytest.approx(120)
    assert values(program, solution, "line_flow")["ac", 0, "t1"] == pytest.approx(60)


def test_cycles_are_independent_and_closed() -> None:
    """On a grid with parallel lines there are lines - buses + 1 cycles, each of which closes."""
    ends = [(5 * i + j, 5 * i + j + 1) for i in range(5) for j in range(4)]
    ends += [(5 * i + j, 5 * i + j + 5) for i in range(4) for j in range(5)] + [(1, 0), (6, 7)]
    cycles = independent_cycles(ends)
    table = np.zeros((len(cycles), len(ends)))
    incidence = np.zeros((len(ends), 25))
    for line, (start, end) in enumerate(ends):
        incidence[line, start], incidence[line, end] = 1, -1
    for number, cycle in enumerate(cycles):
        for line, sign in cycle:
            table[number, line] = sign
    assert np.linalg.matrix_rank(table) == len(cycles) == len(ends) - 25 + 1
    assert not (table @ incidence).any()
    assert all(len(cycle) <= 4 for cycle in cycles if len(cycle) != 2)


def test_candidates_beside_unlimited_lines_are_refused() -> None:
    """No widest angle can be told where a line beside a candidate has no limit."""
    network = network_of(
        buses=TWO,
        lines={
            "line": ["x"],
            "from_bus": ["a"],
            "to_bus": ["b"],
            "reactance_ohm": [1],
            "capacity_mw": [5],
            "extendable": [1],
        },
        candidates={
            "candidate": ["y"],
            "from_bus": ["a"],
            "to_bus": ["b"],
            "reactance_ohm": [1],
            "capacity_mw": [5],
            "cost": [1],
        },
    )
    with pytest.raises(InstanceError, match="no greatest capacity"):
        program_of(network, {"cost": 1.0})


@pytest.mark.parametrize("most", [1, 2, 3])
def test_reactance_follows_the_circuits_that_are_built(most: int) -> None:
    """The long way, 1 ohm and n circuits of 1 ohm, against the direct one of 1 ohm and 60 MW.

    Of P the direct way carries (1 + 1/n) / (2 + 1/n): P is 90, 100, 105 MW with one, two, three circuits at 7 each, and
    a MW more saves 9, so that all are built.
    """
    program, solution = triangle(
        "dc",
        lines={name: of[1:] for name, of in TRIANGLE.items()},
        candidates={
            "candidate": ["new"],
            "from_bus": ["a"],
            "to_bus": ["b"],
            "reactance_ohm": [1],
            "capacity_mw": [200],
            "cost": [7],
            "max_additions": [most],
        },
    )
    circuits = values(program, solution, "candidate_circuits")
    assert sum(circuits.values()) == pytest.approx(most)
    sent = 60 * (2 + 1 / most) / (1 + 1 / most)
    assert solution.objective == pytest.approx(7 * most + sent + (120 - sent) * 10)
    flows = values(program, solution, "candidate_flow")
    assert list(flows.values()) == pytest.approx([(sent - 60) / most] * most)
