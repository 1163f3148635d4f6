"""Limits on the network as a whole, by hand."""

from __future__ import annotations

import pytest

from tests.formulations.energy.networks import network_of, plant, solved


def rule(name: str, sense: str, value: float, unit: str, technology: str = "") -> dict[str, list]:
    """Return the table of one rule."""
    given = {"id": ["r"], "rule": [name], "sense": [sense], "value": [value], "unit": [unit]}
    return {**given, "technology": [technology], "source": ["made"], "status": ["made"]}


@pytest.mark.parametrize(
    ("table", "cost"),
    [
        (None, 100 * 1.0),
        (rule("emission_cap", "<=", 50, "tCO2e"), 50 * 1 + 50 * 3),  # coal emits 1, imports 0
        (rule("renewable_share", ">=", 0.3, "share"), 70 * 1 + 30 * 4),
        (rule("renewable_share", "==", 0.3, "share"), 70 * 1 + 30 * 4),
        (rule("self_sufficiency", ">=", 1.0, "share"), 100 * 1),
        (rule("capacity_target", ">=", 25, "MW", "wind"), 100 * 1 + 15 * 7),
        (rule("import_cap", ">=", 20, "MWh"), 80 + 20 * 3),
        (rule("import_cap", ">=", 0.2, "share"), 80 + 20 * 3),
    ],
)
def test_rules(table: dict[str, list] | None, cost: float) -> None:
    """100 MWh by coal at 1, imports at 3, wind at 4 (10 MW exist, more cost 7 a MW); a rule each, by hand."""
    network = network_of(
        buses={"bus": ["a"]},
        generators=plant(
            generator=["coal", "wind"],
            bus=["a", "a"],
            capacity_mw=[200, 10],
            technology=["coal", "wind"],
            extendable=[0, 1],
            minimum_mw=[0, 10],
            capital_cost=[0, 7],
            marginal_cost=[1, 4],
            emission_tco2_per_mwh=[1, 0],
            renewable=[0, 1],
        ),
        loads={"load": ["l"], "bus": ["a"], "peak_mw": [100]},
        imports={"bus": ["a"], "capacity_mw": [90], "emission_tco2_per_mwh": [0], "price": [3]},
        **({} if table is None else {"rules": table}),
    )
    if table is not None and table["rule"] == ["renewable_share"]:
        cost += 20 * 7  # wind beyond the 10 MW that exist
    assert solved(network)[1].objective == pytest.approx(cost)


def test_curtailment_cap_limits_what_is_built() -> None:
    """A site must give 40 MW of capacity; only 30 find a load in the second hour, so storage or the cap decides."""
    network = network_of(
        buses={"bus": ["a"]},
        snapshots={"snapshot": ["t1", "t2"], "weight_h": [1, 1]},
        profiles={"profile": ["d", "d"], "snapshot": ["t1", "t2"], "value": [1, 0.5]},
        generators=plant(generator=["gas"], bus=["a"], capacity_mw=[100], marginal_cost=[9]),
        loads={"load": ["l"], "bus": ["a"], "peak_mw": [40], "profile": ["d"]},
        sites={"site": ["s"], "technology": ["wind"], "bus": ["a"], "potential_mw": [60], "capital_cost": [1]},
        rules=rule("curtailment_cap", "<=", 0.1, "share"),
    )
    # K MW give min(K, 40) + 20; of 2K at most a tenth is lost: K - 20 <= 0.2 K, K = 25; gas gives 15.
    assert solved(network)[1].objective == pytest.approx(25 + 15 * 9)
