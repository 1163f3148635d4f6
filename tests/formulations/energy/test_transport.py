"""Losses and limits of lines and links, by hand."""

from __future__ import annotations

import pytest

from tests.formulations.energy.networks import TWO, network_of, plant, solved, values


def test_losses_fall_on_the_direction_of_flow() -> None:
    """100 MW through a link that loses a tenth need 111.1 MW, in either direction."""
    for start, end in (("a", "b"), ("b", "a")):
        network = network_of(
            buses=TWO,
            generators=plant(generator=["g"], bus=["a"], capacity_mw=[500], marginal_cost=[1]),
            loads={"load": ["l"], "bus": ["b"], "peak_mw": [100]},
            links={
                "link": ["x"],
                "from_bus": [start],
                "to_bus": [end],
                "capacity_mw": [200],
                "minimum_share": [-1],
                "loss_share": [0.04],
                "loss_per_1000km": [0.03],
                "length_km": [2000],
            },
        )
        assert solved(network)[1].objective == pytest.approx(100 / 0.9)


@pytest.mark.parametrize("maximum", [40.0, None])
def test_a_share_that_must_flow_is_one_of_the_capacity_that_is_chosen(maximum: float | None) -> None:
    """A fifth of the 10 MW that are built must flow at night, however much could be built; by day 10 MW do."""
    network = network_of(
        buses=TWO,
        snapshots={"snapshot": ["night", "day"], "weight_h": [1, 1]},
        profiles={"profile": ["p", "p"], "snapshot": ["night", "day"], "value": [0.1, 1.0]},
        generators=plant(generator=["cheap", "dear"], bus=["a", "b"], capacity_mw=[100, 20], marginal_cost=[1, 5]),
        loads={"load": ["l"], "bus": ["b"], "peak_mw": [20], "profile": ["p"]},
        links={
            "link": ["x"],
            "from_bus": ["a"],
            "to_bus": ["b"],
            "capacity_mw": [0],
            "minimum_share": [0.2],
            "extendable": [1],
            "maximum_mw": [maximum],
            "capital_cost": [2],
        },
    )
    # A MW of the link costs 2, and saves 4 by day; at night it feeds a fifth of it at 1 in place of 5, up to 2 MW.
    program, solution = solved(network)
    built = values(program, solution, "link_added")["x", 0, ""]
    assert built == pytest.approx(10)
    assert solution.objective == pytest.approx(2 * 10 + 2 * 1 + (10 * 1 + 10 * 5))
