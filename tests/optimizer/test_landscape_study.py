"""Studies of landscape indices from tables to an audited plan: every subset tried, and the cases of New Caledonia."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from instances.faults import InstanceError
from instances.grids import landscape_problem, read_grid
from optimizer.cli import app
from optimizer.results.solution import SolveOptions
from optimizer.solve import StudyOptions, solve
from tests.optimizer.subsets import best_of_all
from tests.six_units import SiteDraft, rule, six, units

if TYPE_CHECKING:
    from tests.six_units import Record

DATA = Path(__file__).parents[3] / "shared" / "data" / "restopt"

EXACT = StudyOptions(solve=SolveOptions(gap=0.0), tables=False)


def draft(objective: str, *rules: Record, habitat: str = "16", **tables: Any) -> SiteDraft:
    """Six units of 10 ha each, 100 m apart, of which some are habitat; the others may be restored at cost 2 to 5."""
    layers = [{"layer": "habitat", "unit": unit, "value": 1} for unit in habitat]
    layers += [{"layer": "gain", "unit": unit, "value": gain} for unit, gain in zip("2345", (7, 2, 4, 9), strict=True)]
    free = {"features": [], "amounts": [], "layers": layers}
    return six(*rules, objectives=[{"kind": objective}], **(free | tables))


CASES = {
    "mesh": draft("maximum_mesh", rule("restored_area", 20)),
    "mesh in one piece": draft("maximum_mesh", rule("restored_area", 20), rule("contiguity")),
    "mesh within a budget": draft("maximum_mesh", rule("budget", 7)),
    "gain and budget": draft(
        "maximum_mesh", rule("restored_area", 9, layer="gain", sense=">=", id="r"), rule("budget", 8)
    ),
    "connectivity": draft("maximum_iic", rule("least_iic", 0, factor=150), rule("budget", 5), habitat="13"),
    "links": draft("maximum_iic", rule("least_iic", 0, factor=210), rule("restored_area", 10), habitat="13"),
    "largest patch": draft("maximum_largest_patch", rule("diameter", 110)),
    "wide": draft("maximum_largest_patch", rule("diameter", 142), rule("restored_area", 30)),
    "patches": draft("minimum_patches", rule("restored_area", 10), habitat="136"),
    "least restoration": draft("minimum_restoration", rule("least_mesh", 25)),
    "least gain": draft(
        "minimum_restoration", rule("most_patches", 1), rule("restored_area", 3, layer="gain", sense=">=", id="r")
    ),
    "least cost": draft("minimum_set", rule("least_largest_patch", 40)),
    "least cost of links": draft("minimum_set", rule("least_iic", 0.3, factor=100)),
    "locked": draft("maximum_mesh", rule("restored_area", 20), units=units(u5={"status": "locked_in"})),
    "reserves": draft("maximum_mesh", rule("maximum_reserves", 1), rule("restored_area", 20), habitat="2"),
}


@pytest.mark.parametrize("case", CASES)
def test_no_subset_is_better(tmp_path, case):
    folder = CASES[case].write(tmp_path / "instance")
    outcome = solve(folder, tmp_path / "plan", EXACT)
    assert outcome.audit_passed, outcome.failures
    summary = outcome.summary
    assert (summary["status"], summary["method"]) == ("optimal", "landscape")
    assert summary["objective"] == pytest.approx(best_of_all(folder))
    assert summary["bound"] == pytest.approx(summary["objective"])


def test_rules_tell_what_is_reached(tmp_path):
    """1 2 3 / 4 5 6 with 1 and 6: two units more join them, 40 ha; 2, 3 or 2, 5 or 4, 5, of which 2, 3 is cheapest."""
    folder = draft("minimum_set", rule("least_mesh", 20), rule("diameter", 500)).write(tmp_path / "instance")
    solve(folder, tmp_path / "plan", StudyOptions(solve=EXACT.solve))
    table = pd.read_csv(tmp_path / "plan" / "rules.csv", encoding="utf-8-sig").set_index("rule")
    assert table.loc["least_mesh", ["bound", "value"]].tolist() == pytest.approx([20, 1600 / 60])
    assert table.loc["diameter", "value"] == pytest.approx(100)


def test_limits_that_leave_no_plan_are_named(tmp_path):
    folder = draft("maximum_mesh", rule("least_mesh", 26), rule("budget", 4), rule("diameter", 900))
    outcome = solve(folder.write(tmp_path / "instance"), tmp_path / "plan", StudyOptions(lang="en"))
    assert outcome.summary["status"] == "infeasible"
    (line,) = outcome.explanation["en"]
    assert line == ("These cannot all hold: least effective mesh size (at least 26), budget (at most 4).")


FEATURE = [{"feature": "a", "target": 1}]


def test_explain_says_the_same(tmp_path):
    folder = draft("maximum_mesh", rule("least_mesh", 26), rule("budget", 4)).write(tmp_path / "instance")
    result = CliRunner().invoke(app, ["explain", str(folder), "--lang", "en"])
    assert "These cannot all hold: least effective mesh size (at least 26), budget (at most 4)." in " ".join(
        result.output.split()
    )


def test_other_analyses_say_that_they_do_not_know_indices(tmp_path):
    folder = draft("maximum_mesh", rule("budget", 4)).write(tmp_path / "instance")
    result = CliRunner().invoke(app, ["portfolio", str(folder), "--out", str(tmp_path / "plans"), "--lang", "en"])
    assert result.exit_code == 2
    assert "landscape indices cannot be stated in rows" in " ".join(result.output.split())


REFUSED = {
    "targets": (
        draft("maximum_mesh", features=FEATURE, amounts=[{"feature": "a", "unit": "1", "amount": 2}]),
        "targets",
    ),
    "penalty": (draft("maximum_mesh", rule("boundary_penalty", 1)), "boundary_penalty cannot be combined"),
    "objective": (draft("maximum_utility", rule("least_mesh", 1)), "maximum_utility cannot be combined"),
    "distance": (draft("maximum_iic"), "needs the distance"),
    "no habitat": (draft("maximum_mesh", layers=[]), "no layer is called 'habitat'"),
    "sums": (
        draft("minimum_set", rule("restored_area", 5, layer="gain", sense=">=")),
        "limits one layer from below and above, and another from above",
    ),
    "no place": (
        draft("maximum_mesh", rule("diameter", 5), units=[one | {"x": 0, "y": 0} for one in units()]),
        "all units have the same centre",
    ),
    "least": (draft("maximum_mesh", rule("restored_area", 70, sense=">=")), "all units that are free restore 40"),
    "corridor": (draft("maximum_mesh", rule("corridor", 0, group="west;east")), "corridor cannot be combined"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_known_is_refused(tmp_path, case):
    made, says = REFUSED[case]
    with pytest.raises(InstanceError, match=says):
        solve(made.write(tmp_path / "instance"), tmp_path / "plan", EXACT)


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the restoration cases are not at {DATA}")
@pytest.mark.parametrize(
    ("name", "least_ha", "most_ha", "diameter_m", "share"),
    [
        ("readme_maxmesh", 90, 220, 2400, 1.0),
        ("test_maxmesh_1comp", 90, 110, 2700, 0.7),
        ("test_minrestore_1comp", 90, 110, 2700, 0.7),
    ],
)
def test_published_optima(tmp_path, name, least_ha, most_ha, diameter_m, share):
    """Limits in fine cells; distances are published in widths of a cell, so cells are taken as squares of it."""
    expected = json.loads((DATA / "expected.json").read_text())[name]
    cell_ha = expected["res_x"] * expected["res_y"] / 1e4
    fine_ha = cell_ha / 256
    restorable, area = (
        read_grid(DATA / f"{name}_{one}.csv").values for one in ("restorable_finecells", "cell_area_finecells")
    )
    problem = landscape_problem(
        DATA / f"{name}_habitat.csv",
        restorable=np.maximum(0.0, restorable - np.ceil(area * (1.0 - share))),
        locked_out=DATA / f"{name}_locked_out.csv",
        cell_size=expected["res_x"],
    )
    least = name == "test_minrestore_1comp"
    problem = problem.minimum_restoration() if least else problem.maximum_mesh()
    problem = problem.rule("restored_area", sense=">=", value=least_ha / fine_ha, layer="restorable")
    problem = problem.rule("restored_area", sense="<=", value=most_ha / fine_ha, layer="restorable")
    problem = problem.rule("diameter", value=diameter_m)
    folder = (problem if name == "readme_maxmesh" else problem.rule("contiguity")).write(tmp_path / "instance")
    result = CliRunner().invoke(app, ["solve", str(folder), "--out", str(tmp_path / "plan"), "--gap", "0"])
    assert result.exit_code == 0, result.output
    summary = json.loads((tmp_path / "plan" / "summary.json").read_text())
    assert (summary["status"], summary["audit"]["passed"]) == ("optimal", True)
    if least:
        assert summary["objective"] == expected["metadata"][0]["min_restore_best"]
        return
    in_cells = summary["objective"] / (expected["res_x"] ** 2 / 1e4)
    assert round(in_cells, 4) * cell_ha == pytest.approx(expected["metadata"][0]["mesh_best"], abs=1e-6)
