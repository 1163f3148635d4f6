"""What limits on a network are worth, against prices that follow from two costs and two emission factors by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from formulations.energy.assemble import assemble_network
from instances.instance import load
from instances.readers.pypsa import import_pypsa
from optimizer.methods import direct
from optimizer.progress import Silent
from optimizer.results.network.figures import prices, stores, supply
from optimizer.results.network.limits import limits, stated_rules
from optimizer.results.network.plan import network_table
from optimizer.results.network.prices import marginals
from optimizer.results.network.reading import NetworkPlan
from optimizer.results.rules import rules_table
from optimizer.results.solution import SolveOptions
from tests.formulations.energy.networks import network_of, solved

SHARED = Path(__file__).parents[5] / "shared" / "data" / "pypsa" / "ac-dc-meshed"

LOAD, HOURS = 30.0, 8760.0
COAL, GAS = (0.05, 0.9), (0.08, 0.4)
"""10k CNY/MWh and tCO2e/MWh."""


def rule(kind: str, sense: str, value: float, unit: str, technology: str = "") -> dict[str, list[Any]]:
    """Return a table of one limit."""
    row = {"id": "own", "rule": kind, "technology": technology, "sense": sense, "value": value, "unit": unit}
    return {name: [value] for name, value in (row | {"source": "made", "status": "made"}).items()}


def planned(rules: dict[str, list[Any]], years: tuple[int, ...] = (0,), **more: Any) -> NetworkPlan:
    """Return the plan of one bus with coal, renewable hydro that costs as much as gas, and a limit."""
    own = {
        "buses": {"bus": ["a", "far"], "voltage_kv": [10, 10]},
        "snapshots": {"snapshot": ["t"], "weight_h": [HOURS]},
        "loads": {"load": ["l"], "bus": ["a"], "peak_mw": [LOAD]},
        "generators": {
            "generator": ["coal", "gas"],
            "bus": ["a", "a"],
            "technology": ["coal", "gas"],
            "capacity_mw": [100, 100],
            "marginal_cost": [COAL[0], GAS[0]],
            "emission_tco2_per_mwh": [COAL[1], GAS[1]],
            "renewable": [0, 1],
        },
    }
    lengths = (5.0,) * len(years) if years[0] else (1.0,)
    network = network_of("transport", years, lengths, **{**own, **more}, rules=rules)
    program, solution = solved(network)
    margin = marginals(network, program, solution, SolveOptions())
    return NetworkPlan(network, network_table(network, program, solution.require_shares(), margin))


def told(plan: NetworkPlan) -> pd.DataFrame:
    return limits(plan, supply(plan), stores(plan))


CARBON = (GAS[0] - COAL[0]) / (COAL[1] - GAS[1])


def test_a_cap_is_worth_the_price_of_carbon_that_two_plants_make() -> None:
    plan = planned(rule("emission_cap", "<=", 150_000, "tCO2e"))
    (row,) = told(plan).to_dict("records")
    assert row["worth"] == row["worth_a_year"] == pytest.approx(-CARBON)
    found = prices(plan)
    assert found is not None
    assert found[0, 0, 0] == pytest.approx(COAL[0] + COAL[1] * CARBON)


def test_a_bus_that_nothing_reaches_has_no_price() -> None:
    found = prices(planned(rule("emission_cap", "<=", 150_000, "tCO2e")))
    assert found is not None
    assert pd.isna(found[0, 0, 1])


def test_a_limit_of_each_year_is_worth_its_years() -> None:
    rows = told(planned(rule("emission_cap", "<=", 150_000, "tCO2e"), (2025, 2030))).to_dict("records")
    assert [row["worth"] for row in rows] == pytest.approx([-5 * CARBON] * 2)
    assert [row["worth_a_year"] for row in rows] == pytest.approx([-CARBON] * 2)


def test_a_share_is_worth_what_its_megawatt_hours_cost_more() -> None:
    (row,) = told(planned(rule("renewable_share", ">=", 0.5, "share"))).to_dict("records")
    assert row["worth"] == pytest.approx((GAS[0] - COAL[0]) * LOAD * HOURS)


def test_a_limit_with_room_is_worth_nothing() -> None:
    (row,) = told(planned(rule("emission_cap", "<=", 900_000, "tCO2e"))).to_dict("records")
    assert row["worth"] == pytest.approx(0)


def test_an_equality_is_worth_what_a_megawatt_costs() -> None:
    """60 MW are asked of coal that stands with 40: 20 are built at 10 each and stand idle."""
    coal = {"generator": ["coal"], "bus": ["a"], "technology": ["coal"], "capacity_mw": [40.0], "capital_cost": [10.0]}
    coal |= {"extendable": [1], "maximum_mw": [80.0], "minimum_mw": [40.0]}
    (row,) = told(planned(rule("capacity_target", "==", 60, "MW", "coal"), generators=coal)).to_dict("records")
    assert (row["reached"], row["worth"]) == pytest.approx((60, 10))


def test_rules_of_a_joint_study_state_limits_as_the_table_does() -> None:
    """A row in MWh, turned round by the model, becomes the share of the table, with its worth per share."""
    given = rule("renewable_share", ">=", 0.5, "share")
    plan = planned(given)
    program, solution = solved(plan.network)
    (row,) = stated_rules(rules_table(program, solution), plan).to_dict("records")
    assert (row["sense"], row["bound"], row["value"], row["unit"]) == (">=", 0.5, pytest.approx(0.5), "share")
    assert row["worth"] == pytest.approx((GAS[0] - COAL[0]) * LOAD * HOURS)
    assert row["binding"]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the example of PyPSA is not here")
def test_a_cap_is_worth_what_pypsa_says(tmp_path: Path) -> None:
    """Its result gives the multiplier of the CO2 limit of ac-dc-meshed."""
    import_pypsa(SHARED, tmp_path / "in", "meshed")
    instance = load(tmp_path / "in")
    network, program = instance.require_network(), assemble_network(instance)
    solution = direct.solve(program, SolveOptions(threads=1), Silent())
    table = network_table(
        network, program, solution.require_shares(), marginals(network, program, solution, SolveOptions())
    )
    (row,) = told(NetworkPlan(network, table)).to_dict("records")
    golden = pd.read_csv(SHARED / "results-lopf" / "global_constraints.csv")["mu"].iloc[0]
    assert row["worth"] == pytest.approx(-golden, rel=1e-6)
