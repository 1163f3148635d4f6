"""The audit of landscape indices and corridors: hand-known figures, and every corruption of a good plan is caught."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from optimizer.methods.landscape import diameter, grid_landscape, iic, mesh
from optimizer.results.audit import audit
from optimizer.results.audit.sites.landscape import VALUES
from optimizer.results.audit.sites.run import read_books
from optimizer.results.solution import SolveOptions
from optimizer.solve import StudyOptions, solve
from tests.six_units import rule, six, write_selection

if TYPE_CHECKING:
    from pathlib import Path

HABITAT = [{"layer": "habitat", "unit": unit, "value": 1} for unit in "16"]
PLAIN: dict[str, Any] = {"features": [], "amounts": [], "layers": HABITAT}


def limits(*rules: dict[str, Any]) -> Any:
    return six(*rules, objectives=[{"kind": "maximum_mesh"}], **PLAIN)


CASES = {
    "restored_area": (rule("restored_area", 20, sense=">="), "23", "2"),
    "most restored": (rule("restored_area", 10, sense="<="), "2", "25"),
    "diameter": (rule("diameter", 100), "23", "34"),
    "least_mesh": (rule("least_mesh", 26), "23", "2"),
    "least_iic": (rule("least_iic", 0.2, factor=50), "25", "2"),
    "least_largest_patch": (rule("least_largest_patch", 40), "45", "24"),
    "most_patches": (rule("most_patches", 1), "25", "3"),
    "chosen habitat": (rule("most_patches", 9), "2", "12"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_limit_is_checked(tmp_path, case):
    row, good, bad = CASES[case]
    folder = limits(row).write(tmp_path / "instance")
    passed = audit(folder, write_selection(tmp_path / "good", dict.fromkeys(good, 1)))
    assert passed.passed, passed.lines()
    failed = audit(folder, write_selection(tmp_path / "bad", dict.fromkeys(bad, 1))).failed
    assert {check.rule for check in failed} == {"selection" if case == "chosen habitat" else row["rule"]}


def test_habitat_must_be_told(tmp_path):
    folder = six(rule("most_patches", 9), **(PLAIN | {"layers": []})).write(tmp_path / "instance")
    (failed,) = audit(folder, write_selection(tmp_path / "plan", {"2": 1})).failed
    assert failed.name == "habitat.layer"


def figure(tmp_path: Path, name: str, chosen: str, factor: float = 1.0) -> float:
    """Return one index of a selection as the audit computes it."""
    folder = limits(rule(name, 0, factor=factor)).write(tmp_path / "instance")
    books = read_books(folder, write_selection(tmp_path / "plan", dict.fromkeys(chosen, 1)), {})
    (own,) = books.rules
    return VALUES[name](books, own)


@pytest.mark.parametrize("chosen", ["3", "2", "25", "34", "2345"])
def test_indices_agree_with_those_of_the_search(tmp_path, chosen):
    """Two codes, one answer: units of 10 ha, centres 100 m apart."""
    land = grid_landscape(np.zeros((2, 3)), cell_width=100.0)
    present = np.isin(list("123456"), list("16" + chosen))
    own = np.isin(list("123456"), list(chosen))
    assert figure(tmp_path / "mesh", "least_mesh", chosen) == pytest.approx(mesh(land, present) / 1e4 * 10)
    assert figure(tmp_path / "iic", "least_iic", chosen, 150) == pytest.approx(iic(land, 150, present))
    assert figure(tmp_path / "wide", "diameter", chosen) == pytest.approx(diameter(land, own))


def test_circle_around_many_points_is_the_smallest(tmp_path):
    points = np.random.default_rng(5).random((60, 2)) * 1000
    records = [{"unit": str(k), "cost": 1, "area_ha": 1, "x": x, "y": y} for k, (x, y) in enumerate(points.tolist())]
    tables = PLAIN | {"units": records, "layers": [], "boundary": [], "unit_groups": []}
    folder = six(rule("linear_constraint", 60, layer="one"), **tables).write(tmp_path / "instance")
    books = read_books(folder, write_selection(tmp_path / "plan", {one["unit"]: 1 for one in records}), {})
    land = replace(grid_landscape(np.zeros((6, 10))), points=points)
    assert VALUES["diameter"](books, books.rules[0]) == pytest.approx(diameter(land, np.ones(60, dtype=bool)))


EXACT = StudyOptions(solve=SolveOptions(gap=0.0), tables=False)


def corrupted(folder: Path, **changes: Any) -> None:
    summary = json.loads((folder / "summary.json").read_text())
    (folder / "summary.json").write_text(json.dumps(summary | changes))


@pytest.mark.parametrize(
    ("changes", "caught"),
    [
        ({"objective": 99.0}, "summary.objective"),
        ({"bound": 20.0}, "summary.bound"),
        ({"gap": 0.5}, "summary.gap"),
        ({"sense": "minimise"}, "summary.sense"),
    ],
    ids=["objective", "bound", "gap", "sense"],
)
def test_a_figure_of_the_summary_that_is_wrong_is_caught(tmp_path, changes, caught):
    instance = limits(rule("restored_area", 20)).write(tmp_path / "instance")
    assert solve(instance, tmp_path / "plan", EXACT).audit_passed
    corrupted(tmp_path / "plan", **changes)
    assert caught in {check.name for check in audit(instance, tmp_path / "plan").failed}


def test_a_corridor_that_loses_a_unit_is_caught(tmp_path):
    groups = [{"group": name, "unit": name} for name in "16"]
    made = six(rule("corridor", 0, group="1;6"), **(PLAIN | {"unit_groups": groups}))
    instance = made.write(tmp_path / "instance")
    assert solve(instance, tmp_path / "plan", EXACT).audit_passed
    path = tmp_path / "plan" / "plan" / "selection.parquet"
    table = pd.read_parquet(path)
    assert sorted(table["unit"]) == ["2", "3"]
    table[table["unit"] != "3"].to_parquet(path, index=False)
    failed = audit(instance, tmp_path / "plan").failed
    assert {check.rule for check in failed} == {"corridor", "summary"}


def test_resistance_of_a_corridor_counts(tmp_path):
    layers = [{"layer": "resistance", "unit": unit, "value": 7} for unit in "23"]
    groups = [{"group": name, "unit": name} for name in "16"]
    tables = {"features": [], "amounts": [], "layers": layers, "unit_groups": groups}
    made = six(rule("corridor", 0, group="1;6", layer="resistance"), **tables)
    report = audit(made.write(tmp_path / "instance"), write_selection(tmp_path / "plan", {"2": 1, "3": 1}))
    assert report.passed, report.lines()
    assert (report.figures["objective"], report.figures["penalty.corridor"]) == (5 + 14, 14)
