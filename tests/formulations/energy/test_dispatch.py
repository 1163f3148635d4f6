"""Merit order, curtailment and least output, by hand."""

from __future__ import annotations

import pytest

from optimizer.results.network.plan import network_table
from optimizer.results.network.prices import marginals
from optimizer.results.solution import SolveOptions
from tests.formulations.energy.networks import network_of, plant, solved


def test_merit_order_and_curtailment() -> None:
    """Wind of 80, then 30 MW, against a load of 50: 30 MW are curtailed, then 20 MW of gas run at 4 for 10 h."""
    network = network_of(
        buses={"bus": ["a"]},
        snapshots={"snapshot": ["t1", "t2"], "weight_h": [2, 10]},
        profiles={"profile": ["w", "w"], "snapshot": ["t1", "t2"], "value": [0.8, 0.3]},
        generators=plant(
            generator=["wind", "gas"],
            bus=["a", "a"],
            capacity_mw=[100, 100],
            marginal_cost=[0, 4],
            emission_tco2_per_mwh=[0, 0.5],
            profile=["w", ""],
            renewable=[1, 0],
        ),
        loads={"load": ["l"], "bus": ["a"], "peak_mw": [50]},
    )
    program, solution = solved(network)
    assert solution.objective == pytest.approx(20 * 4 * 10)
    table = network_table(
        network, program, solution.require_shares(), marginals(network, program, solution, SolveOptions())
    )
    found = table.set_index(["component", "name", "snapshot", "quantity"])["value"]
    assert found["generator", "wind", "t1", "curtailed_mw"] == pytest.approx(30)
    assert found["bus", "a", "t1", "price"] == pytest.approx(0)
    assert found["bus", "a", "t2", "price"] == pytest.approx(4)
    assert float(program.cost_of("emissions") @ solution.require_shares()) == pytest.approx(20 * 0.5 * 10)
    assert not any(quota.rule != "energy:balance" for quota in program.quotas), "limits of what exists are no rows"


def test_least_output_of_one_fixes_it() -> None:
    """A plant that runs at its level feeds 40 of 50 MW although another would be cheaper."""
    network = network_of(
        buses={"bus": ["a"]},
        generators=plant(
            generator=["fixed", "cheap"],
            bus=["a", "a"],
            capacity_mw=[40, 100],
            marginal_cost=[9, 1],
            minimum_share=[1, 0],
        ),
        loads={"load": ["l"], "bus": ["a"], "peak_mw": [50]},
    )
    assert solved(network)[1].objective == pytest.approx(40 * 9 + 10 * 1)
