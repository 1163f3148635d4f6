"""Capacity that is chosen, and sites that are opened, by hand."""

from __future__ import annotations

import pytest

from optimizer.methods import core, direct
from optimizer.results.solution import Termination
from tests.formulations.energy.networks import TWO, network_of, optimum, plant, solved, values


def test_capacity_is_built_where_it_pays() -> None:
    """Wind at 30 a MW saves 2 a MWh for 20 h: built to its limit, of which 10 MW exist."""
    given = {
        "buses": {"bus": ["a"]},
        "snapshots": {"snapshot": ["t"], "weight_h": [20]},
        "generators": plant(
            generator=["wind", "gas"],
            bus=["a", "a"],
            capacity_mw=[10, 100],
            extendable=[1, 0],
            maximum_mw=[35, None],
            capital_cost=[30, 0],
            marginal_cost=[0, 2],
        ),
        "loads": {"load": ["l"], "bus": ["a"], "peak_mw": [50]},
    }
    assert solved(network_of(**given))[1].objective == pytest.approx(25 * 30 + 15 * 2 * 20)
    # In two stages of 1 and 3 years it is built in the first, and runs four years.
    network = network_of(years=(2030, 2033), lengths=(1.0, 3.0), **given)
    program, solution = solved(network)
    assert solution.objective == pytest.approx(25 * 30 + 15 * 2 * 20 * 4)
    assert values(program, solution, "generator_added")["wind", 2030, ""] == pytest.approx(25)


def test_site_opens_only_where_it_pays() -> None:
    """A site of at least 20 MW, 100 to open and 1 a MW, saves 8 a MW: 20 MW at 30 of load, none at 10."""
    for load, expected in ((30.0, 100 + 30 + 0), (10.0, 80.0)):
        network = network_of(
            buses={"bus": ["a"]},
            snapshots={"snapshot": ["t"], "weight_h": [8]},
            generators=plant(generator=["gas"], bus=["a"], capacity_mw=[100], marginal_cost=[1]),
            loads={"load": ["l"], "bus": ["a"], "peak_mw": [load]},
            sites={
                "site": ["field"],
                "technology": ["solar"],
                "bus": ["a"],
                "potential_mw": [50],
                "minimum_mw": [20],
                "fixed_cost": [100],
                "capital_cost": [1],
            },
        )
        for method in (direct, core):
            assert solved(network, method=method)[1].objective == pytest.approx(expected)


def test_unbounded_capacity_still_has_a_proven_bound() -> None:
    """Capacity without limit is limited by what a known plan costs: multipliers prove the bound."""
    network = network_of(
        buses=TWO,
        generators=plant(
            generator=["g"], bus=["a"], capacity_mw=[0], extendable=[1], capital_cost=[3], marginal_cost=[1]
        ),
        loads={"load": ["l"], "bus": ["b"], "peak_mw": [10]},
        lines={
            "line": ["x"],
            "from_bus": ["a"],
            "to_bus": ["b"],
            "reactance_ohm": [1],
            "capacity_mw": [0],
            "extendable": [1],
            "capital_cost": [2],
        },
    )
    program, solution = solved(network)
    assert solution.objective == pytest.approx(10 * (3 + 1 + 2))
    assert solution.bound == pytest.approx(60)
    assert solution.bound_by == "dual"
    assert solution.termination is Termination.GAP_PROVEN
    assert optimum(program) == pytest.approx(60)


def test_what_is_given_up_may_be_built_again() -> None:
    """Of 30 MW, 20 are worth more than they serve for a year; later 25 are needed, the most there may be."""
    network = network_of(
        years=(2030, 2040),
        lengths=(1.0, 10.0),
        buses={"bus": ["a"]},
        generators=plant(
            generator=["wind", "gas"],
            bus=["a", "a"],
            capacity_mw=[30, 100],
            extendable=[1, 0],
            minimum_mw=[5, 0],
            maximum_mw=[25, None],
            capital_cost=[3, 0],
            marginal_cost=[0, 2],
        ),
        loads={"load": ["l", "l"], "bus": ["a", "a"], "peak_mw": [10, 60], "year": [0, 2040]},
    )
    # 2030: a MW beyond 10 only costs its 3, which comes back when it is given up: 10 MW stay, 25 stand in 2040.
    program, solution = solved(network)
    added = values(program, solution, "generator_added")
    assert added["wind", 2030, ""] + 30 == pytest.approx(10, abs=15)
    assert added["wind", 2030, ""] + added["wind", 2040, ""] == pytest.approx(-5)
    assert solution.objective == pytest.approx(-5 * 3 + 35 * 2 * 10)
