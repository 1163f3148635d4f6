"""Corridors that are opened, by hand."""

from __future__ import annotations

import pytest

from tests.formulations.energy.networks import THREE, network_of, plant, solved, values


def test_shared_trunk_is_paid_once() -> None:
    """Two corridors share a trunk of 50; each has a branch of 10 and a circuit of 5: 80 for both, against 90 of gas."""
    network = network_of(
        "transport",
        buses=THREE,
        generators=plant(
            generator=["hydro", "gas b", "gas c"],
            bus=["a", "b", "c"],
            capacity_mw=[100, 100, 100],
            marginal_cost=[0, 4.5, 4.5],
        ),
        loads={"load": ["b", "c"], "bus": ["b", "c"], "peak_mw": [10, 10]},
        candidates={
            "candidate": ["ab", "ac"],
            "from_bus": ["a", "a"],
            "to_bus": ["b", "c"],
            "capacity_mw": [10, 10],
            "cost": [5, 5],
            "corridor": ["to b", "to c"],
        },
        corridors={"corridor": ["to b", "to b", "to c", "to c"], "segment": ["trunk", "b", "trunk", "c"]},
        segments={"segment": ["trunk", "b", "c"], "length_km": [9, 1, 1], "cost": [50, 10, 10]},
    )
    program, solution = solved(network)
    assert solution.objective == pytest.approx(50 + 2 * (10 + 5))
    assert values(program, solution, "segment_opening")["trunk", 0, ""] == 1
