"""What the network part offers to formulations, on a case worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from instances.instance import load
from tests.instances.network_case import write_case

PERIODS = "\n[carbon]\nbase_year = 2020\nend_year = 2035\n[time]\nperiods = [2025, 2035]\n"


def test_snapshots_stand_in_the_order_of_time(tmp_path):
    network = load(write_case(tmp_path / "case")).require_network()
    assert list(network["snapshots"]["snapshot"]) == ["night", "day"]
    assert network.curves(network["generators"]["profile"]).tolist() == [[1.0, 1.0], [0.6, 0.3]]


def test_without_periods_there_is_one_stage(tmp_path):
    network = load(write_case(tmp_path / "case")).require_network()
    assert network.stage_years == (0,)
    assert network.stage_lengths == (1.0,)


def test_stages_are_the_periods_with_their_lengths(tmp_path):
    network = load(write_case(tmp_path / "case", PERIODS)).require_network()
    assert network.stage_years == (2025, 2035)
    assert network.stage_lengths == (5.0, 10.0)


def test_susceptance_is_voltage_squared_over_reactance(tmp_path):
    network = load(write_case(tmp_path / "case")).require_network()
    assert network.susceptance("lines").tolist() == [1000.0]  # 220^2 / 48.4
    assert network.susceptance("candidates").tolist() == [2420.0, 0.0]  # the second one is a transport link


def test_efficiency_of_a_link_counts_converters_and_length(tmp_path):
    network = load(write_case(tmp_path / "case")).require_network()
    np.testing.assert_allclose(network.link_efficiency, [1 - 0.014 - 0.015])


def test_demand_adds_up_at_buses(tmp_path):
    network = load(write_case(tmp_path / "case")).require_network()
    assert network.demand_mw(0).tolist() == [[0, 0], [10, 50], [150, 150]]


def test_a_row_of_the_year_goes_before_the_row_of_every_year(tmp_path):
    loads = {"load": ["town", "town"], "bus": ["C", "C"], "peak_mw": [100.0, 160.0], "profile": ["", ""]}
    case = write_case(tmp_path / "case", PERIODS, loads={**loads, "year": [0, 2035]})
    network = load(case).require_network()
    assert [network.demand_mw(stage)[2, 0] for stage in (0, 1)] == [100.0, 160.0]


def test_limits_that_are_not_stated_are_infinite(tmp_path):
    network = load(write_case(tmp_path / "case")).require_network()
    assert network["generators"]["maximum_mw"].tolist() == [np.inf, 400.0]


def test_costs_weigh_as_energy_where_nothing_else_is_stated(tmp_path):
    weights = {"cost_weight_h": [0.0, 100.0]}
    network = load(write_case(tmp_path / "case", snapshots=weights)).require_network()
    assert network.cost_weight_h.tolist() == [100.0, 4380.0]
    assert network.step_h.tolist() == [1.0, 1.0]


def test_names_that_are_numbers_match_between_files(tmp_path):
    case = write_case(tmp_path / "case")
    for name in ("buses", "generators", "lines", "links", "candidates", "sites", "storage", "loads", "imports"):
        path = case / "network" / f"{name}.csv"
        table = pd.read_csv(path, keep_default_na=False)
        for column in {"bus", "from_bus", "to_bus"} & set(table):
            table[column] = table[column].map({"A": 1, "B": 2, "C": 3})
        path.unlink()
        table.to_parquet(path.with_suffix(".parquet"))
    assert load(case).require_network().demand_mw(0)[2].tolist() == [150, 150]
