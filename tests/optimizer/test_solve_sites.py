"""Studies of sites from tables to results: hand-known optima, every subset of six units tried, exit codes."""

from __future__ import annotations

import json
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from instances.faults import InstanceError
from instances.instance import load
from optimizer.cli import app
from optimizer.results.audit.sites.books import Books
from optimizer.results.audit.sites.objective import recompute
from optimizer.results.audit.sites.plan import Selection
from optimizer.results.audit.sites.run import checks_of
from optimizer.results.audit.sites.settings import read_settings
from optimizer.results.audit.sites.tables import read_sites
from optimizer.results.sites.plan import read_selection
from optimizer.solve import StudyOptions, solve
from tests.six_units import SiteDraft, rule, six, units

if TYPE_CHECKING:
    from pathlib import Path

    from optimizer.solve import Outcome

UNITS = "123456"


def solved(tmp_path: Path, draft: SiteDraft, tables: bool = False) -> Outcome:
    """Solve a draft; the audit must pass."""
    outcome = solve(draft.write(tmp_path / "instance"), tmp_path / "plan", StudyOptions(tables=tables))
    assert outcome.audit_passed, outcome.failures
    return outcome


def chosen(tmp_path: Path) -> str:
    """Units of the plan, as in "126"."""
    table = pd.read_parquet(tmp_path / "plan" / "plan" / "selection.parquet")
    return "".join(sorted(table["unit"]))


def test_the_least_cost_is_found_proven_and_written(tmp_path):
    """Two of 1, 2, 3 and 3 of `b`: 1 + 2 + 6 costs 8 where 6 costs 5; the next best is 1 + 3 + 5 with 9."""
    outcome = solved(tmp_path, six(units=units(u6={"cost": 5})), tables=True)
    summary = outcome.summary
    assert (summary["kind"], summary["status"], summary["sense"]) == ("restoration", "optimal", "minimise")
    assert summary["objective"] == pytest.approx(8)
    assert summary["bound"] == pytest.approx(8, rel=1e-4)
    assert summary["objective_constant"] == 0
    assert (summary["size"]["units"], summary["size"]["zones"]) == (6, 0)
    assert chosen(tmp_path) == "126"
    names = {path.name for path in (tmp_path / "plan").iterdir()}
    assert names >= {"summary.json", "audit.json", "representation.csv", "rules.csv", "tables.xlsx", "plan.gpkg"}
    table = pd.read_csv(tmp_path / "plan" / "representation.csv", encoding="utf-8-sig")
    assert table["held"].tolist() == [4, 3]
    assert table["met"].all()


def test_a_maximum_is_told_as_such(tmp_path):
    """With 6 to spend 1 + 2 + 3 hold 6 of `a` and 1 of `b`: 6 + 2 x 1 = 8; 6 alone holds 3 of `b`, which is 6."""
    draft = six(rule("budget", 6), objectives=[{"kind": "maximum_utility"}])
    draft.tables["features"] = [one | {"target": 0} for one in draft.tables["features"]]
    summary = solved(tmp_path, draft).summary
    assert (summary["sense"], summary["objective"], chosen(tmp_path)) == ("maximise", pytest.approx(8), "123")
    assert summary["bound"] >= summary["objective"] - 1e-9


def test_objectives_in_order(tmp_path):
    """The least shortfall within a budget of 9 is 0 (126 or 135); of these 126 has the longer border."""
    draft = six(
        rule("budget", 9),
        rule("boundary_penalty", 1),
        objectives=[{"kind": "minimum_shortfall"}, {"kind": "minimum_penalties"}],
    )
    draft.restoration["combine"] = "hierarchical"
    summary = solved(tmp_path, draft).summary
    first, last = summary["stages"]
    assert (first["kind"], first["objective"]) == ("minimum_shortfall", pytest.approx(0, abs=1e-9))
    assert last["objective"] == summary["objective"] == pytest.approx(100)
    assert chosen(tmp_path) == "126"


WEIGHTED = [{"kind": "minimum_set"}, {"kind": "minimum_shortfall", "weight": 20}]
BRANCHES = [
    {"branch": "root", "feature": "a", "weight": 1},
    {"branch": "root", "feature": "b", "weight": 1},
    {"branch": "leaf", "feature": "b", "weight": 3},
]
LINKS = [
    {"layer": "flow", "unit_a": pair[0], "unit_b": pair[1], "value": value}
    for pair, value in (("12", 3), ("25", 2), ("63", 4), ("41", 1))
]


def kind(name: str) -> list[dict[str, Any]]:
    """Return one objective."""
    return [{"kind": name}]


CASES = {
    "set": six(),
    "locked": six(units=units(u4={"status": "locked_in"}, u1={"status": "locked_out"})),
    "upper target": six(targets=[{"target": "few a", "feature": "a", "sense": "==", "value": 6}]),
    "relative": six(targets=[{"target": "half", "feature": "b", "kind": "relative", "value": 0.8}]),
    "boundary": six(rule("boundary_penalty", 0.05, factor=0.5)),
    "connectivity": six(rule("connectivity_penalty", 2, layer="flow"), connectivity=LINKS),
    "asymmetric": six(rule("asymmetric_connectivity_penalty", 2, layer="flow"), connectivity=LINKS),
    "linear penalty": six(rule("linear_penalty", 0.2, layer="area_ha")),
    "neighbours": six(rule("neighbours", 2, sense=">=", factor=0)),
    "clamped": six(rule("neighbours", 2, sense=">=", factor=1)),
    "contiguity": six(rule("contiguity")),
    "feature contiguity": six(rule("feature_contiguity", feature="b")),
    "reserve": six(rule("minimum_reserve", 20, sense=">=")),
    "reserves": six(rule("maximum_reserves", 1)),
    "areas": six(rule("separate_areas", 2, feature="b", sense=">=", factor=0.3)),
    "at most one": six(rule("group_count", 1, group="east")),
    "whole group": six(rule("whole_group", group="west")),
    "linear": six(rule("linear_constraint", 40, layer="area_ha", sense=">=")),
    "shortfall": six(rule("budget", 5), objectives=kind("minimum_shortfall")),
    "largest": six(rule("budget", 5), objectives=kind("minimum_largest_shortfall")),
    "both shortfalls": six(rule("budget", 6), rule("shortfall_limit", 0.7), objectives=kind("minimum_shortfall")),
    "features": six(rule("budget", 6), objectives=kind("maximum_features")),
    "branches": six(rule("budget", 6), objectives=kind("maximum_branches"), branches=BRANCHES),
    "penalties": six(rule("boundary_penalty", 1), rule("budget", 14), objectives=kind("minimum_penalties")),
    "weighted": six(objectives=WEIGHTED),
    "tie": six(units=units(u6={"cost": 5})),
}
CASES["tie"].restoration["cost_tie_break"] = 0.5


@pytest.mark.parametrize("case", CASES)
def test_no_subset_is_better(tmp_path, case):
    """Every subset of the units is judged by the audit's own arithmetic; none that holds is better than the plan."""
    summary = solved(tmp_path, CASES[case]).summary
    folder = tmp_path / "instance"
    settings, sites = read_settings(folder, {}), read_sites(folder, 1.0)
    best = np.inf
    for size in range(7):
        for some in combinations(range(6), size):
            share = np.zeros((6, 1))
            share[list(some)] = 1
            books = Books(sites, settings, Selection(share, ()))
            if all(check.passed for check in checks_of(books)):
                own = recompute(books)
                best = min(best, -own.value if own.maximise else own.value)
    expected = -best if summary["sense"] == "maximise" else best
    assert summary["objective"] == pytest.approx(expected, abs=1e-6)
    assert summary["status"] == "optimal"


def test_management_zones_share_units_and_targets(tmp_path):
    """`use` costs twice as much and only it counts for `b`: 1 + 2 kept (3) and 6 used (12)."""
    zones = [{"management_zone": "use", "name_zh": "利用"}, {"management_zone": "keep", "name_zh": "保护"}]
    draft = six(management_zones=zones)
    draft.tables["layers"] = [
        {"layer": "cost", "unit": name, "management_zone": "use", "value": 2 * int(name)} for name in UNITS
    ]
    draft.tables["features"][1]["target"] = 0
    draft.tables["targets"] = [{"target": "b used", "feature": "b", "management_zones": "use", "value": 3}]
    summary = solved(tmp_path, draft).summary
    assert summary["objective"] == pytest.approx(15)
    table = pd.read_parquet(tmp_path / "plan" / "plan" / "selection.parquet")
    assert sorted(zip(table["unit"], table["management_zone"], strict=True)) == [
        ("1", "keep"),
        ("2", "keep"),
        ("6", "use"),
    ]


OUT = {"status": "locked_out"}
LOCKED = {name: {"status": "locked_in"} for name in ("u4", "u6")}
"""With 4 and 6 two of 1, 2 and 3 cost 13 at least."""


@pytest.mark.parametrize(
    ("draft", "words"),
    [
        (six(rule("budget", 5)), ("资金", "冲突")),
        (six(rule("budget", 12), units=units(**LOCKED)), ("资金（至多 12）", "锁定选入 2 个单元")),
        (six(rule("contiguity"), units=units(u2=OUT, u5=OUT)), ("目标 a", "连片布局", "锁定排除 2 个单元")),
        (six(rule("group_count", 0, group="east"), rule("contiguity")), ("组内数量",)),
    ],
    ids=["budget", "locked in", "locked out", "rules"],
)
def test_why_there_is_no_plan(tmp_path, draft, words):
    outcome = solve(draft.write(tmp_path / "instance"), tmp_path / "plan")
    assert outcome.summary["status"] == "infeasible"
    text = " ".join(outcome.explanation["zh"])
    assert all(word in text for word in words), text
    assert json.loads((tmp_path / "plan" / "summary.json").read_text(encoding="utf-8"))["explanation"]["certain"]


def test_a_budget_that_is_too_small_says_what_lacks(tmp_path):
    """5 buys 1 + 2 (4 of `a`) or unit 5 (2 of `b`) and so on; a row or two give way, the budget is named either way."""
    outcome = solve(six(rule("budget", 5)).write(tmp_path / "instance"), tmp_path / "plan", StudyOptions(lang="en"))
    assert "budget (at most 5)" in " ".join(outcome.explanation["en"])


def run(*arguments: object) -> tuple[int, str]:
    """Run the command; exit code and what it printed."""
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    return result.exit_code, result.output


def test_commands(tmp_path):
    instance, plan = six(rule("budget", 18)).write(tmp_path / "six"), tmp_path / "plan"
    code, printed = run("solve", instance, "--out", plan, "--lang", "en")
    assert code == 0, printed
    assert run("solve", instance, "--out", plan)[0] == 2
    assert run("solve", instance, "--out", plan, "--force", "--without", "budget")[0] == 0
    assert json.loads((plan / "summary.json").read_text(encoding="utf-8"))["options"]["rules_off"] == ["budget"]
    assert run("audit", instance, plan)[0] == 0
    assert run("report", instance, plan, "--lang", "en", "--out", tmp_path / "en.html")[0] == 0
    assert "restoration sites" in (tmp_path / "en.html").read_text(encoding="utf-8")
    pd.DataFrame({"unit": list("12")}).to_parquet(plan / "plan" / "selection.parquet")
    assert run("audit", instance, plan)[0] == 5
    assert run("solve", instance, "--out", tmp_path / "x", "--without", "gravity")[0] == 2
    assert run("solve", instance, "--out", tmp_path / "x", "--objective", "cost")[0] == 2
    assert run("solve", six(rule("budget", 5)).write(tmp_path / "poor"), "--out", tmp_path / "y")[0] == 3


def test_a_selection_of_another_tool_is_read(tmp_path):
    sites = load(six().write(tmp_path / "six")).require_sites()
    path = tmp_path / "mine.csv"
    path.write_text("unit\n1\n6\n", encoding="utf-8")
    assert read_selection(sites, path).taken.tolist() == [1, 0, 0, 0, 0, 1]
    path.write_text("unit,amount\n1,1\n9,1\n", encoding="utf-8")
    with pytest.raises(InstanceError, match="no unit is called so"):
        read_selection(sites, path)
