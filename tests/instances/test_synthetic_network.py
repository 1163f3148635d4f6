"""Made networks are instances, connected, feasible by construction, and the same for the same seed."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from instances.instance import load
from instances.network.plausibility import network_warnings
from instances.synthetic.network import NetworkOptions, made_network, write_made_network


@pytest.mark.parametrize(
    "options",
    [
        NetworkOptions(buses=4, days=1, hours=1),
        NetworkOptions(buses=20, days=2, hours=24, seed=3),
        NetworkOptions(buses=50, days=1, hours=4, candidates=97, extendable=False),
    ],
)
def test_it_is_an_instance(tmp_path, options):
    write_made_network(tmp_path / "made", options, "made")
    instance = load(tmp_path / "made")
    network = instance.require_network()
    assert network.n_buses == options.buses
    assert network.n_snapshots == options.days * options.hours
    assert len(network["candidates"]) == options.candidates
    assert network_warnings(instance.folder, network) == []
    graph = nx.from_pandas_edgelist(network["lines"], "from_bus", "to_bus")
    assert nx.is_connected(graph)
    assert len(graph) == options.buses


def test_an_engine_at_each_bus_can_feed_all_of_it():
    tables = made_network(NetworkOptions(buses=30, seed=5))
    plant = tables["generators"]
    engines = plant[plant["technology"] == "engine"].set_index("bus")["capacity_mw"]
    peak = tables["loads"].set_index("bus")["peak_mw"]
    assert (engines.reindex(peak.index) >= peak).all()


def test_candidates_lie_first_where_no_line_is():
    tables = made_network(NetworkOptions(buses=30, candidates=10))
    lines = set(zip(tables["lines"]["from_bus"], tables["lines"]["to_bus"], strict=True))
    new = set(zip(tables["candidates"]["from_bus"], tables["candidates"]["to_bus"], strict=True))
    assert not lines & new


def test_the_same_seed_makes_the_same():
    one, two, other = (made_network(NetworkOptions(buses=12, seed=seed)) for seed in (1, 1, 2))
    for name, table in one.items():
        pd.testing.assert_frame_equal(table, two[name])
    assert not np.array_equal(one["loads"]["peak_mw"], other["loads"]["peak_mw"])


@pytest.mark.parametrize(
    "options", [{"buses": 3}, {"buses": 9, "days": 0}, {"buses": 9, "hours": 0}, {"buses": 9, "candidates": 16}]
)
def test_options_that_make_no_network(options):
    with pytest.raises(ValueError, match=r"at least|at most"):
        NetworkOptions(**options)
