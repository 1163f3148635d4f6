"""Storage within a day and through the year, by hand."""

from __future__ import annotations

import pytest

from tests.formulations.energy.networks import network_of, plant, solved, values


def test_intraday_storage_ends_the_day_as_it_began() -> None:
    """A plant of 10 MW at 1, one at 20: 8 MWh bought at night give 8 x 0.9 x 0.9 by day, so 13.52 are dear ones."""
    network = network_of(
        buses={"bus": ["a"]},
        snapshots={"snapshot": ["n", "d"], "weight_h": [1, 1], "day": ["x", "x"]},
        profiles={"profile": ["p", "p"], "snapshot": ["n", "d"], "value": [0.08, 1]},
        generators=plant(generator=["cheap", "dear"], bus=["a", "a"], capacity_mw=[10, 50], marginal_cost=[1, 20]),
        loads={"load": ["l"], "bus": ["a"], "peak_mw": [25], "profile": ["p"]},
        storage={
            "storage": ["s"],
            "bus": ["a"],
            "power_mw": [50],
            "energy_mwh": [100],
            "efficiency_in": [0.9],
            "efficiency_out": [0.9],
        },
    )
    # Night: load 2, so 8 MW may be stored; day: load 25, 10 cheap, 8 x 0.81 from storage, the rest dear.
    assert solved(network)[1].objective == pytest.approx(10 + 10 + 20 * (25 - 10 - 8 * 0.81))


def seasons(seasonal: int, energy: float = 1e4, standing: float = 0.0) -> dict[str, dict[str, list]]:
    """Return a year of two days, 100 of summer then 50 of winter; sun shines in summer only, load is in winter."""
    return {
        "buses": {"bus": ["a"]},
        "snapshots": {"snapshot": ["s", "w"], "weight_h": [100, 50], "day": ["s", "w"], "order": [0, 1]},
        "profiles": {
            "profile": ["sun", "sun", "load", "load"],
            "snapshot": ["s", "w", "s", "w"],
            "value": [1, 0, 0, 1],
        },
        "generators": plant(
            generator=["sun", "gas"], bus=["a", "a"], capacity_mw=[10, 100], marginal_cost=[0, 5], profile=["sun", ""]
        ),
        "loads": {"load": ["l"], "bus": ["a"], "peak_mw": [30], "profile": ["load"]},
        "storage": {
            "storage": ["s"],
            "bus": ["a"],
            "power_mw": [100],
            "energy_mwh": [energy],
            "seasonal": [seasonal],
            "standing_loss": [standing],
        },
    }


def test_seasonal_storage_carries_summer_into_winter() -> None:
    """Of 1,500 MWh in winter 1,000 come from summer where there is room, 600 where there is less, else none."""
    assert solved(network_of(**seasons(0)))[1].objective == pytest.approx(5 * 1500)
    assert solved(network_of(**seasons(1)))[1].objective == pytest.approx(5 * 500)
    assert solved(network_of(**seasons(1, energy=600)))[1].objective == pytest.approx(5 * 900)


def test_seasonal_storage_loses_while_it_stands() -> None:
    """What one hundred summer hours store decays by a share an hour, and over the winter hours that draw on it."""
    loss = 0.01
    kept = 1 - loss
    full = 10 * (1 - kept**100) / (1 - kept)
    # Winter draws d each hour, ending at nothing: kept^50 full = d (1 - kept^50) / (1 - kept).
    drawn = kept**50 * full * (1 - kept) / (1 - kept**50)
    assert solved(network_of(**seasons(1, standing=loss)))[1].objective == pytest.approx(
        5 * 50 * (30 - drawn), rel=1e-6
    )


@pytest.mark.parametrize(("least", "most", "power"), [(0, None, 6.0), (0, 8, 4.0), (16, None, 8.0)])
def test_limits_of_energy_are_limits_of_power_where_it_is_hours_of_it(
    least: float, most: float | None, power: float
) -> None:
    """Two hours of storage, 6 MW of which pay: at most 8 MWh are 4 MW, at least 16 MWh are 8 MW."""
    network = network_of(
        buses={"bus": ["a"]},
        snapshots={"snapshot": ["n", "d"], "weight_h": [1, 1], "day": ["x", "x"]},
        profiles={"profile": ["p", "p"], "snapshot": ["n", "d"], "value": [0, 1]},
        generators=plant(generator=["cheap", "dear"], bus=["a", "a"], capacity_mw=[6, 50], marginal_cost=[1, 20]),
        loads={"load": ["l"], "bus": ["a"], "peak_mw": [25], "profile": ["p"]},
        storage={
            "storage": ["s"],
            "bus": ["a"],
            "power_mw": [0],
            "energy_mwh": [0],
            "extendable": [1],
            "hours": [2],
            "minimum_mwh": [least],
            "maximum_mwh": [most],
            "capital_cost": [1],
        },
    )
    program, solution = solved(network)
    assert values(program, solution, "storage_power_added")["s", 0, ""] == pytest.approx(power)
    moved = min(power, 6.0)
    assert solution.objective == pytest.approx(power + moved + 6 + 20 * (25 - 6 - moved))
