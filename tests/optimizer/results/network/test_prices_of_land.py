"""Nodal prices where land bears what feeds the load: worked out by hand."""

from __future__ import annotations

import pytest

from formulations.assemble import assemble, land_block
from instances.instance import load
from optimizer.methods import METHODS
from optimizer.progress import Silent
from optimizer.results.network import prices
from optimizer.results.solution import SolveOptions
from tests.build import quota
from tests.joint_cases import a_year, joint, may, plant, solar


def price(folder, peak):
    """Of 12 ha 6 are to be wood; a site bears 0.4 MW on each of the others, at 1 a MW and 0.1 once; coal is at 3."""
    tables = {
        "loads": [{"load": "l", "bus": "n", "peak_mw": peak}],
        "generators": [plant(3)],
        "sites": [solar(fixed_cost=0.1)],
        "site_zones": [{"site": "pv", "zone": "a"}, {"site": "pv", "zone": "b"}],
        "overlays": may("solar", "bare"),
    }
    zones = {"a": {"bare": 10}, "b": {"bare": 2}}
    joint(zones, {"bare>wood": {"restoration": 1}}, tables, quotas=[quota("floor", 6, "forest")]).write(folder)
    block = land_block(load(folder))
    program = assemble(block)
    options = SolveOptions(gap=1e-6)
    assert program.integer.any()
    found = METHODS["direct"](program, options, Silent())
    return float(prices.marginals(block.network, program, found, options).prices.max())


@pytest.mark.parametrize("much", [1, 10**9])
def test_the_price_is_that_of_coal_where_the_site_is_full(much, tmp_path, monkeypatch):
    monkeypatch.setattr(prices, "MUCH_LAND", much)
    assert price(tmp_path / "x", 4) == pytest.approx(a_year(3))


@pytest.mark.parametrize("much", [1, 10**9])
def test_the_price_is_that_of_sun_where_land_is_left(much, tmp_path, monkeypatch):
    """1 MW lies on 2.5 ha of the 6 that are free: one zone at least is divided, and answers to one more unit."""
    monkeypatch.setattr(prices, "MUCH_LAND", much)
    assert price(tmp_path / "x", 1) == pytest.approx(a_year(1))
