"""Which method `auto` takes, and what it says of it."""

from __future__ import annotations

import pytest

from formulations.assemble import assemble, land_block
from formulations.pooled import pooled
from instances.instance import load
from optimizer import methods
from optimizer.methods import resolve_method
from tests.build import draft, program_of, quota
from tests.grid import cells, edges
from tests.joint_cases import joint, may, plant, solar

PENALTY = quota("compactness", 5, "built", unit="10k CNY/km")
GROWTH = quota("growth_demand", 20, "industry")


def program(*quotas):
    return program_of(draft(cells(3, 3), "crop>ind", quotas=[GROWTH, *quotas], neighbours=edges(3, 3)).instance())


def test_what_is_asked_for_runs():
    assert resolve_method("core", program()).name == "core"


def test_small_programs_go_to_the_solver_as_a_whole():
    assert resolve_method("auto", program()).name == "direct"
    choice = resolve_method("auto", program(PENALTY))
    assert choice.name == "direct"
    assert "borders count" in choice.reason["en"]
    assert "边界" in choice.reason["zh"]


def test_borders_of_much_land_go_to_minimum_cuts(monkeypatch):
    monkeypatch.setattr(methods, "MANY_ZONES", 9)
    choice = resolve_method("auto", program(PENALTY))
    assert choice.name == "decompose"
    assert "9 pieces of land with borders" in choice.reason["en"]
    assert "最小割" in choice.reason["zh"]
    assert resolve_method("auto", program()).name == "direct"


@pytest.mark.parametrize("name", ["MANY_MOVES", "MANY_WHOLE"])
def test_many_moves_or_whole_columns_are_priced_where_no_border_counts(name, monkeypatch):
    monkeypatch.setattr(methods, name, 1)
    assert resolve_method("auto", program()).name == "decompose"
    assert resolve_method("auto", program(PENALTY)).name == "direct"


def test_land_with_a_network_is_priced_where_much_is_left_once_alike_land_is_pooled(monkeypatch, tmp_path):
    """Three zones alike in all but their area are one pool."""
    tables = {
        "loads": [{"load": "l", "bus": "n", "peak_mw": 2}],
        "generators": [plant(3)],
        "sites": [solar()],
        "site_zones": [{"site": "pv", "zone": name} for name in "abc"],
        "overlays": may("solar", "bare"),
    }
    made = joint({"a": {"bare": 1}, "b": {"bare": 2}, "c": {"bare": 3}}, {"bare>wood": {"restoration": 1}}, tables)
    made.write(tmp_path / "x")
    together = assemble(land_block(load(tmp_path / "x")))
    few, many = len(pooled(together).program.moves), len(together.moves)
    assert few < many
    assert resolve_method("auto", together).name == "direct"
    monkeypatch.setattr(methods, "MANY_MOVES", many)
    assert resolve_method("auto", together).name == "direct"
    monkeypatch.setattr(methods, "MANY_MOVES", few)
    choice = resolve_method("auto", together)
    assert (choice.name, "the network kept whole" in choice.reason["en"]) == ("decompose", True)


def test_new_land_that_must_hang_together_goes_to_the_solver():
    choice = resolve_method("auto", program(quota("contiguity", 1, "built")))
    assert (choice.name, "hang together" in choice.reason["en"]) == ("direct", True)
