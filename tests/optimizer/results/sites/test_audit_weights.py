"""For every weight of the restoration tables: where it is perturbed after the solve, the audit says so."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from optimizer.results.audit import audit
from optimizer.results.sites.plan import SELECTION
from optimizer.solve import StudyOptions, solve
from tests.six_units import rule, six

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LINKS = [{"layer": "flow", "unit_a": a, "unit_b": b, "value": 2} for a, b in ("12", "13", "23", "25", "56", "36")]
LAYER = [{"layer": "noise", "unit": str(k), "value": k} for k in range(1, 7)]
BRANCHES = [{"branch": "root", "feature": "a", "weight": 2}, {"branch": "leaf", "feature": "b", "weight": 3}]


def kind(name: str) -> list[dict[str, Any]]:
    """Return one objective."""
    return [{"kind": name}]


DRAFTS = {
    "set": six(
        rule("boundary_penalty", 0.05, id="border"),
        rule("connectivity_penalty", 0.3, id="links", layer="flow"),
        rule("asymmetric_connectivity_penalty", 0.1, id="leaving", layer="flow"),
        rule("linear_penalty", 0.1, id="noise", layer="noise"),
        connectivity=LINKS,
        layers=LAYER,
    ),
    "shortfall": six(rule("budget", 5), objectives=kind("minimum_shortfall")),
    "largest": six(rule("budget", 7), objectives=kind("minimum_largest_shortfall")),
    "utility": six(rule("budget", 12), objectives=kind("maximum_utility")),
    "features": six(rule("budget", 12), objectives=kind("maximum_features")),
    "branches": six(rule("budget", 12), objectives=kind("maximum_branches"), branches=BRANCHES),
    "cover": six(rule("budget", 12), objectives=kind("maximum_cover")),
    "tie": six(objectives=kind("minimum_set")),
    "both": six(objectives=[{"kind": "minimum_set"}, {"kind": "minimum_shortfall", "weight": 20}]),
}
DRAFTS["tie"].restoration["cost_tie_break"] = 0.5


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Solve each draft once; return the folder with `instance` and `plan`."""
    root = tmp_path_factory.mktemp("studies")

    def study(name: str) -> Path:
        if not (root / name).exists():
            outcome = solve(
                DRAFTS[name].write(root / name / "instance"), root / name / "plan", StudyOptions(tables=False)
            )
            assert outcome.audit_passed, outcome.failures
        return root / name

    return study


def perturbed(study: Path, tmp_path: Path, table: str, column: str, change: float = 0.25) -> Path:
    """Copy an instance with a column of a table made larger by a part and something besides."""
    copy = shutil.copytree(study / "instance", tmp_path / "instance")
    path = copy / "restoration" / f"{table}.csv"
    frame = pd.read_csv(path, dtype={"unit": str, "unit_a": str, "unit_b": str})
    frame[column] = frame[column] * (1 + change) + 0.01
    frame.to_csv(path, index=False)
    return copy


@pytest.mark.parametrize(
    ("name", "table", "column"),
    [
        ("set", "units", "cost"),
        ("set", "boundary", "length_m"),
        ("set", "connectivity", "value"),
        ("set", "layers", "value"),
        ("set", "rules", "value"),
        ("set", "features", "target"),
        ("shortfall", "features", "target"),
        ("shortfall", "features", "weight"),
        ("shortfall", "units", "cost"),
        ("largest", "features", "weight"),
        ("largest", "amounts", "amount"),
        ("utility", "features", "weight"),
        ("utility", "amounts", "amount"),
        ("features", "features", "weight"),
        ("branches", "branches", "weight"),
        ("cover", "features", "weight"),
        ("tie", "units", "cost"),
    ],
)
def test_a_perturbed_weight_is_caught(studies, tmp_path, name, table, column):
    study = studies(name)
    assert not audit(perturbed(study, tmp_path, table, column), study / "plan").passed


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("tie", "cost_tie_break = 0.5", "cost_tie_break = 0.6"),
        ("both", "weight = 20", "weight = 21"),
        ("set", 'name = "six"', 'name = "six"\nrules_off = ["linear_penalty"]'),
        ("utility", "maximum_utility", "maximum_cover"),
    ],
)
def test_another_setting_is_caught(studies, tmp_path, name, old, new):
    study = studies(name)
    copy = shutil.copytree(study / "instance", tmp_path / "instance")
    text = (copy / "instance.toml").read_text(encoding="utf-8")
    assert old in text
    (copy / "instance.toml").write_text(text.replace(old, new), encoding="utf-8")
    if name == "both":  # nothing is missing in the plan, so that its weight alone changes no figure
        frame = pd.read_csv(copy / "restoration" / "features.csv")
        frame.assign(target=frame["target"] * 2).to_csv(copy / "restoration" / "features.csv", index=False)
    assert not audit(copy, study / "plan").passed


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("objective", 1.0),
        ("bound", 1000.0),
        ("gap", 0.5),
        ("gap_abs", 3.0),
        ("sense", "maximise"),
        ("kind", "land"),
        ("status", "infeasible"),
        ("objective_constant", 1.0),
        ("bound", None),
    ],
)
def test_a_wrong_figure_of_the_summary_is_caught(studies, tmp_path, field, value):
    study = studies("set")
    plan = shutil.copytree(study / "plan", tmp_path / "plan")
    summary = json.loads((plan / "summary.json").read_text(encoding="utf-8"))
    summary[field] = value
    (plan / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    failed = {check.rule for check in audit(study / "instance", plan).failed}
    assert failed == {"summary"}


def test_a_unit_more_or_less_is_caught(studies, tmp_path):
    study = studies("set")
    plan = shutil.copytree(study / "plan", tmp_path / "plan")
    path = plan / "plan" / f"{SELECTION}.parquet"
    table = pd.read_parquet(path)
    table.iloc[1:].to_parquet(path, index=False)
    assert not audit(study / "instance", plan).passed
    extra = pd.DataFrame({"unit": ["4"], "management_zone": [""], "amount": [1.0]})
    pd.concat([table, extra]).to_parquet(path, index=False)
    assert not audit(study / "instance", plan).passed
