"""The published expansion cases are what their papers say, as far as sums and published plans show."""

from __future__ import annotations

import pandas as pd
import pytest

from instances.instance import load
from tests.tnep_cases import DATA, OPTIMA, write_published

PLANS = [
    ("garver6", 200, {(2, 6): 4, (3, 5): 1, (4, 6): 2}),
    ("garver6", 110, {(3, 5): 1, (4, 6): 3}),
    ("ieee24", 152, {(6, 10): 1, (7, 8): 2, (10, 12): 1, (14, 16): 1}),
    (
        "ieee24", 390,
        {(1, 5): 1, (3, 24): 1, (6, 10): 1, (7, 8): 2, (14, 16): 1, (15, 24): 1, (16, 17): 2, (16, 19): 1, (17, 18): 2},
    ),
    (
        "brazil46", 154_420,
        {
            (20, 21): 1, (42, 43): 2, (46, 6): 1, (19, 25): 1, (31, 32): 1, (28, 30): 1, (26, 29): 3, (24, 25): 2,
            (29, 30): 2, (5, 6): 2,
        },
    ),
    (
        "brazil46", 72_870,
        {(2, 5): 1, (13, 20): 1, (20, 23): 1, (20, 21): 2, (42, 43): 1, (46, 6): 1, (5, 6): 2},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("case", "cost", "plan"), PLANS)
def test_published_plans_cost_what_is_published(case, cost, plan):
    table = pd.read_csv(DATA / f"{case}_corridors.csv").set_index(["from", "to"])
    assert sum(table.loc[pair, "cost"] * count for pair, count in plan.items()) == cost
    assert all(table.loc[pair, "nmax"] >= count for pair, count in plan.items())


@pytest.mark.parametrize(
    ("case", "load_mw", "corridors"), [("garver6", 760, 15), ("ieee24", 8550, 41), ("brazil46", 6880, 79)]
)
def test_fixed_generation_meets_the_load(case, load_mw, corridors):
    buses = pd.read_csv(DATA / f"{case}_buses.csv")
    levels = [name for name in buses if name not in ("bus", "load_MW", "gen_max_MW")]
    assert buses["load_MW"].sum() == pytest.approx(load_mw)
    assert [buses[name].sum() for name in levels] == [load_mw] * len(levels)
    assert all((buses[name] <= buses["gen_max_MW"]).all() for name in levels)
    assert len(pd.read_csv(DATA / f"{case}_corridors.csv")) == corridors


@pytest.mark.parametrize("key", list(OPTIMA))
def test_each_case_is_an_instance(tmp_path, key):
    case, generation, power_flow = key
    network = load(write_published(tmp_path / "case", case, generation, power_flow)).require_network()
    assert len(network["candidates"]) == len(pd.read_csv(DATA / f"{case}_corridors.csv"))
