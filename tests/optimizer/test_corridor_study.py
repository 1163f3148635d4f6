"""Studies of corridors from tables to an audited plan: every subset tried, and the published corridors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from instances.faults import InstanceError
from instances.grids import corridor_problem, resistance
from instances.prioritisation import Problem
from optimizer.cli import app
from optimizer.methods.corridors import loop
from optimizer.results.solution import SolveOptions
from optimizer.solve import StudyOptions, solve
from tests.optimizer.subsets import best_of_all
from tests.six_units import SiteDraft, rule, six, units

if TYPE_CHECKING:
    from tests.six_units import Record

DATA = Path(__file__).parents[3] / "shared" / "data" / "corridors"
NOT_FOR_SALE = 9_999_999

EXACT = StudyOptions(solve=SolveOptions(gap=0.0), tables=False)
GROUPS = [{"group": name, "unit": name} for name in "123456"]
PLAIN = {"features": [], "amounts": []}
UTILITY = {"features": [{"feature": "a", "weight": 1}, {"feature": "b", "weight": 2}]}
RESISTANCE = [
    {"layer": "resistance", "unit": unit, "value": value} for unit, value in zip("2345", (9, 1, 0, 1), strict=True)
]


def locked(names: str) -> list[Record]:
    """Return the units, some of them locked in."""
    return units(**{f"u{name}": {"status": "locked_in"} for name in names})


def draft(*rules: Record, **tables: Any) -> SiteDraft:
    """Six units, each a group; without features unless tables say otherwise."""
    objectives = tables.pop("objectives", None)
    return six(*rules, objectives=objectives, **({"unit_groups": GROUPS} | tables))


def cores(names: str, number: str = "c", width: int = 0, **columns: Any) -> Record:
    return rule("corridor", width, group=";".join(names), id=number, **columns)


MOST = [{"kind": "maximum_utility"}]
ENGINE = {
    "two cores": draft(cores("16"), **PLAIN),
    "three cores": draft(cores("136"), **PLAIN),
    "locked in": draft(cores("16"), **PLAIN, units=locked("16")),
    "on the way": draft(cores("16"), **PLAIN, units=locked("5")),
    "locked out": draft(cores("16"), **PLAIN, units=units(u2={"status": "locked_out"})),
    "resistance": draft(cores("16", layer="resistance"), **PLAIN, layers=RESISTANCE),
    "linear penalty": draft(cores("16"), rule("linear_penalty", 3, layer="resistance"), **PLAIN, layers=RESISTANCE),
    "blue and green": draft(cores("13", "blue"), cores("46", "green"), **PLAIN),
    "core of another": draft(cores("16", "blue"), cores("52", "green"), **PLAIN),
    "wide": draft(cores("16", width=1), **PLAIN),
    "budget": draft(
        cores("14"), rule("contiguity"), rule("budget", 12), **UTILITY, units=locked("14"), objectives=MOST
    ),
    "budget, apart": draft(
        cores("16"), rule("contiguity"), rule("budget", 14), **UTILITY, units=locked("16"), objectives=MOST
    ),
}
PROGRAM = {
    "with targets": draft(cores("16")),
    "with targets, wide": draft(cores("13", width=1)),
    "utility, anywhere": draft(cores("16"), rule("budget", 11), **UTILITY, objectives=MOST),
    "shortfall": draft(cores("16"), rule("budget", 9), objectives=[{"kind": "minimum_shortfall"}]),
    "two corridors and targets": draft(
        cores("13", "blue"), cores("46", "green", layer="resistance"), layers=RESISTANCE
    ),
    "feature contiguity": draft(cores("16"), rule("feature_contiguity", feature="b")),
    "negative cost": draft(cores("16"), **PLAIN, units=units(u4={"cost": -2})),
}


@pytest.mark.parametrize("case", [*ENGINE, *PROGRAM])
def test_no_subset_is_better(tmp_path, case):
    folder = (ENGINE | PROGRAM)[case].write(tmp_path / "instance")
    outcome = solve(folder, tmp_path / "plan", EXACT)
    assert outcome.audit_passed, outcome.failures
    summary = outcome.summary
    assert summary["status"] == "optimal"
    assert (summary["method"] == "corridors") == (case in ENGINE)
    assert summary["objective"] == pytest.approx(best_of_all(folder))
    assert summary["bound"] == pytest.approx(summary["objective"])


@pytest.mark.parametrize("case", [name for name in ENGINE if "budget" not in name])
def test_rows_say_the_same(tmp_path, case):
    folder = ENGINE[case].write(tmp_path / "instance")
    outcome = solve(folder, tmp_path / "plan", StudyOptions(solve=SolveOptions(gap=0.0), method="direct", tables=False))
    assert outcome.audit_passed, outcome.failures
    assert outcome.summary["method"] == "direct"
    assert outcome.summary["objective"] == pytest.approx(best_of_all(folder))


def test_corridors_are_told_with_their_units(tmp_path):
    """From 1 to 6 by 2 and 3 (cost 5), not by 4 and 5; the green corridor from 3 to 2 has nothing to buy."""
    blue = draft(cores("16", "blue"), cores("23", "green"), **PLAIN)
    solve(blue.write(tmp_path / "instance"), tmp_path / "plan", EXACT)
    table = pd.read_parquet(tmp_path / "plan" / "plan" / "corridors.parquet")
    assert table["corridor"].tolist() == ["blue"] * 4 + ["green"] * 2
    assert sorted(table["unit"]) == ["1", "2", "2", "3", "3", "6"]


def test_budget_below_what_connects_the_cores(tmp_path):
    made = draft(cores("13"), rule("contiguity"), rule("budget", 5), **UTILITY, units=locked("13"), objectives=MOST)
    outcome = solve(made.write(tmp_path / "instance"), tmp_path / "plan", StudyOptions(lang="en"))
    assert outcome.summary["status"] == "infeasible"
    assert outcome.explanation["en"] == (
        "budget (at most 5) is exceeded by 1; it clashes with: corridor c, contiguity.",
    )


def test_corridor_too_wide_for_what_may_be_chosen(tmp_path):
    made = draft(cores("16", width=1), **PLAIN, units=units(u2={"status": "locked_out"}))
    outcome = solve(made.write(tmp_path / "instance"), tmp_path / "plan", StudyOptions(lang="en"))
    assert outcome.summary["status"] == "infeasible"
    assert outcome.explanation["en"] == ("These cannot all hold: corridor c, 1 unit locked out.",)


def test_disconnected_cores_are_refused(tmp_path):
    made = draft(cores("16"), **PLAIN, units=units(**{f"u{k}": {"status": "locked_out"} for k in (2, 4)}))
    with pytest.raises(InstanceError, match="core areas 1 and 6 are disconnected"):
        solve(made.write(tmp_path / "instance"), tmp_path / "plan", EXACT)


def test_resistance_of_classes_and_slope():
    surface = resistance([[1, 2], [2, np.nan]], {1: 1, 2: 10}, [[3, 9], [40, 0]], [(5, 1.0), (15, 2.0), (25, 4.0)])
    assert surface[:1].tolist() == [[1, 20]]
    assert surface[1, 0] == 40
    assert np.isnan(surface[1, 1])
    with pytest.raises(InstanceError, match="class 3"):
        resistance([[1, 3]], {1: 1})


def test_corridor_over_a_resistance_surface(tmp_path):
    """The straight way of two cells meets resistance 9 + 9, the way round by the row below 4 x 1 over 1 ha each."""
    surface = [[1, 9, 9, 1], [1, 1, 1, 1], [np.inf, 1, np.nan, 1]]
    ends = {"west": [[1, 0, 0, 0], [0] * 4, [0] * 4], "east": [[0, 0, 0, 1], [0] * 4, [0] * 4]}
    folder = corridor_problem(surface, ends, cell_size=100).write(tmp_path / "instance")
    outcome = solve(folder, tmp_path / "plan", EXACT)
    assert outcome.audit_passed, outcome.failures
    assert outcome.summary["objective"] == pytest.approx(4)


needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the published corridors are not at {DATA}")


def published(name: str) -> tuple[Problem, list[str]]:
    """Return nodes and links of a case as a problem, and its reserves as groups of one unit."""
    nodes, links = (pd.read_csv(DATA / f"{name}_{part}.csv") for part in ("nodes", "edges"))
    ids = nodes["id"].astype(str)
    held = nodes["reserve"].to_numpy() == 1
    frame = pd.DataFrame({"unit": ids, "cost": nodes["cost"]})
    frame["status"] = np.select([held, nodes["cost"] >= NOT_FOR_SALE], ["locked_in", "locked_out"], "free")
    borders = pd.DataFrame({"unit_a": links["i"].astype(str), "unit_b": links["j"].astype(str), "length_m": 1.0})
    problem = Problem(frame, ["utility"], nodes[["utility"]].to_numpy(float)).boundary(borders)
    reserves = ids[held].tolist()
    for name in reserves:
        problem = problem.group(name, [name])
    return problem.corridor(*reserves), reserves


@needs_data
@pytest.mark.parametrize("case", ["grizzly40", "grizzly10"])
def test_published_least_cost(tmp_path, case):
    (wanted,) = [one for one in json.loads((DATA / "expected.json").read_text()) if one["case"] == case]
    folder = published(case)[0].minimum_set().write(tmp_path / "instance")
    result = CliRunner().invoke(app, ["solve", str(folder), "--out", str(tmp_path / "plan"), "--gap", "0"])
    assert result.exit_code == 0, result.output
    summary = json.loads((tmp_path / "plan" / "summary.json").read_text())
    assert (summary["status"], summary["audit"]["passed"]) == ("optimal", True)
    assert summary["objective"] == summary["bound"] == wanted["published_min_steiner_cost"]


@needs_data
@pytest.mark.parametrize("number", range(0, 15, 4))
def test_published_utility_under_a_budget(tmp_path, number):
    cases = json.loads((DATA / "artificial" / "expected_max_utility_under_budget.json").read_text())
    case = cases[number]
    name = case["instance"] if "grizzly" in case["instance"] else f"artificial/{case['instance']}"
    problem = published(name)[0].rule("contiguity").budget(case["budget"]).maximum_utility()
    outcome = solve(problem.write(tmp_path / "instance"), tmp_path / "plan", EXACT)
    assert outcome.audit_passed, outcome.failures
    assert outcome.summary["method"] == "corridors"
    assert outcome.summary["objective"] == case["utility"]


def test_search_without_time_limit_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "SEARCH_S", 0.0)
    surface = np.random.default_rng(1).uniform(1, 9, (10, 10))
    hill, shore, marsh, wood = (np.zeros((10, 10), dtype=bool) for _ in range(4))
    hill[0, 0] = shore[0, 9] = marsh[9, 0] = wood[9, 9] = True
    cores = {"hill": hill, "shore": shore, "marsh": marsh, "wood": wood}
    corridor_problem(surface, cores, cell_size=30, rings=2).minimum_set().write(tmp_path / "instance")
    outcome = solve(tmp_path / "instance", tmp_path / "plan", EXACT)
    assert outcome.audit_passed, outcome.failures
    assert (outcome.summary["status"], outcome.summary["termination"]) == ("feasible", "given_up")
    assert 0 < outcome.summary["bound"] < outcome.summary["objective"]
