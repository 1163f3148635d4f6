"""What is odd about a network and still can be solved is a warning."""

from __future__ import annotations

import numpy as np
import pytest

from instances.instance import load
from instances.network.plausibility import network_warnings
from tests.instances.network_case import write_case


def warned(folder, bounds=None, **changes):
    instance = load(write_case(folder / "case", **changes))
    return [str(fault) for fault in network_warnings(instance.folder, instance.network, bounds=bounds)]


def test_a_sound_network_warns_of_nothing(tmp_path):
    assert warned(tmp_path) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"generators": {"capacity_mw": [300_000.0, 100.0]}}, "coal A: 300,000 MW, all loads together draw 200 (is it"),
        ({"lines": {"capacity_mw": [200_000.0]}}, "line AB: 200,000 MW, all loads"),
        ({"links": {"capacity_mw": [50_000.0]}}, "link dc: 50,000 MW, all loads"),
        ({"candidates": {"capacity_mw": [100.0, 100_000.0]}}, "candidate BC: 100,000 MW, all loads"),
        ({"storage": {"power_mw": [10_000.0]}}, "storage battery: 10,000 MW, all loads"),
        ({"imports": {"capacity_mw": [50_000.0]}}, "bus A: 50,000 MW, all loads"),
        ({"sites": {"potential_mw": [90_000.0]}}, "site hill: 90,000 MW, all loads"),
        ({"generators": {"maximum_mw": ["", ""]}, "loads": {"peak_mw": [3e6, 50.0]}}, "more than any power system"),
        ({"loads": {"peak_mw": [0.15, 0.05]}}, "all loads together draw 0.2"),
        ({"loads": {"peak_mw": [3e6, 50.0]}}, "load town: 3e+06 is more than any power system draws"),
        ({"loads": {"peak_mw": [300e3, 50e3]}}, "are the loads in kW, or the generators in GW?"),
        ({"loads": {"peak_mw": [60e3, 50.0]}}, "is more than 30 times the supply"),
        ({"imports": {"emission_tco2_per_mwh": [536.6]}}, "536.6 is more than any grid emits"),
        ({"sites": {"density_mw_per_km2": [4500.0]}}, "more than any array holds"),
    ],
)
def test_figures_in_another_unit_are_pointed_at(tmp_path, changes, words):
    assert any(words in line for line in warned(tmp_path, **changes))


def test_one_load_in_kw_among_others_in_mw(tmp_path):
    five = {"load": list("abcde"), "bus": ["B"] * 5, "peak_mw": [10.0, 12.0, 9.0, 11_000.0, 8.0], "profile": [""] * 5}
    lines = warned(tmp_path, loads=five)
    assert any("loads.csv, row 5, column peak_mw: load d: 11,000 MW, the median is 10" in line for line in lines)


def test_a_bus_in_another_reference_system(tmp_path):
    bounds = np.array([4.2e5, 4.0e6, 5.0e5, 4.1e6])
    assert sum("lies far outside the land" in line for line in warned(tmp_path, bounds)) == 3
