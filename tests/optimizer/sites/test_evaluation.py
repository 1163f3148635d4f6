"""Evaluation of a selection: by hand on six units, against prioritizr on 90."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from instances.faults import InstanceError
from optimizer.sites.evaluation import boundary_length, evaluate
from optimizer.sites.source import load_sites, read_any
from tests.optimizer.sites import sim90
from tests.six_units import rule, six, write_selection

if TYPE_CHECKING:
    from pathlib import Path

LINKS = [
    {"layer": "flow", "unit_a": pair[0], "unit_b": pair[1], "value": value}
    for pair, value in (("12", 3), ("25", 2), ("63", 4), ("41", 1))
]
needs_shared = pytest.mark.skipif(not sim90.DATA.is_dir(), reason="the shared data are not here")


def test_a_selection_by_hand(tmp_path):
    """1, 2 and 6 cost 9 and hold 4 of `a`, 3 of `b`. 1 and 2 are one reserve, 6 another.

    Borders: 1-4, 2-3, 2-5, 6-5, 6-3 are 50 m; outer edges are 20 + 10 + 20 m, of which half counts.
    Flow: 1-2 lies inside (3); 2-5 and 6-3 lead out (2 + 4).
    """
    draft = six(rule("boundary_penalty", 1, factor=0.5), connectivity=LINKS)
    instance = load_sites(draft.write(tmp_path / "six"))
    selection = read_any(instance.require_sites(), write_selection(tmp_path / "mine", {"1": 1, "2": 1, "6": 1}))
    found = evaluate(instance, selection, tmp_path / "audit")
    overview = found.overview.iloc[0]
    assert (overview["units"], overview["cost"], overview["targets_met"]) == (3, 9, 2)
    assert overview["boundary"] == pytest.approx(75)
    assert overview["objective"] == pytest.approx(9 + 75)
    assert overview["feasible"]
    assert found.reserves[["units", "area_ha", "cost"]].to_numpy().tolist() == [[2, 20, 3], [1, 10, 6]]
    links = found.measures[found.measures["layer"] == "flow"].set_index("measure")["value"]
    assert links.to_dict() == {"connectivity": 3, "connectivity_out": 6}


def test_what_is_missing_is_told(tmp_path):
    """1 and 5 hold 2 of the 4 of `a` and 2 of the 3 of `b`."""
    instance = load_sites(six().write(tmp_path / "six"))
    selection = read_any(instance.require_sites(), write_selection(tmp_path / "mine", {"1": 1, "5": 1}))
    found = evaluate(instance, selection, tmp_path / "audit")
    assert found.overview["largest_shortfall"].item() == pytest.approx(0.5)
    assert not found.overview["feasible"].item()
    assert len(found.failures) == 2


@pytest.mark.parametrize("text", ["planning_unit,solution\n1,1\n2,0\n6,1\n", '"PUID"\t"SOLUTION"\n1\t1\n6\t1\n'])
def test_solutions_of_marxan_are_read(tmp_path, text):
    sites = load_sites(six().write(tmp_path / "six")).require_sites()
    folder = tmp_path / "marxan"
    folder.mkdir()
    path = folder / "output_best.csv"
    path.write_text(text, encoding="utf-8")
    for place in (path, folder):
        assert read_any(sites, place).taken.tolist() == [1, 0, 0, 0, 0, 1]


@pytest.mark.parametrize(("row", "words"), [("9,1", "no unit is called so"), ("1,2", "neither 0 nor 1")])
def test_odd_solutions_are_refused(tmp_path, row, words):
    sites = load_sites(six().write(tmp_path / "six")).require_sites()
    path = tmp_path / "best.csv"
    path.write_text(f"planning_unit,solution\n{row}\n", encoding="utf-8")
    with pytest.raises(InstanceError, match=words):
        read_any(sites, path)


@needs_shared
def test_figures_of_prioritizr(tmp_path):
    known, selection = sim90.expected(), sim90.plan(sim90.with_borders())
    assert boundary_length(selection, 0.5) == pytest.approx(known["boundary_edge05"])
    instance = load_sites(sim90.with_borders().write(tmp_path / "sim"))
    found = evaluate(instance, selection, tmp_path / "audit", edge_factor=0.5)
    overview = found.overview.iloc[0]
    assert overview["units"] == known["n_selected"]
    assert overview["cost"] == pytest.approx(known["cost"])
    assert overview["objective"] == pytest.approx(known["objective"])
    assert overview["targets_met"] == 5
    links = found.measures.set_index("measure")["value"]
    assert links["connectivity"] == known["connectivity_adjacency"]


def test_tables_of_other_tools_are_read_as_they_are(tmp_path: Path):
    sites = load_sites(six().write(tmp_path / "six")).require_sites()
    path = tmp_path / "mine.parquet"
    pd.DataFrame({"unit": ["2"], "amount": [1.0]}).to_parquet(path)
    assert read_any(sites, path).taken.tolist() == [0, 1, 0, 0, 0, 0]
