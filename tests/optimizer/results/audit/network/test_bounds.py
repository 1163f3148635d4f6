"""Bounds of networks, evaluated anew from multipliers: right ones prove the optimum, any others no more than it."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from instances.synthetic.network import NetworkOptions, write_made_network
from optimizer.results.audit import audit
from optimizer.results.audit.network.bound import evaluate, price_rows
from optimizer.results.audit.network.tables import read_network
from optimizer.results.audit.network.whole import system_of
from optimizer.results.audit.worths import read_worths
from tests.optimizer.results.audit.network.cases import meshed, plan_of, solved

if TYPE_CHECKING:
    from pathlib import Path


def proven(instance: Path, folder: Path, objective: float) -> tuple[float, int]:
    """Return what the multipliers in a plan folder prove, and how many name no row."""
    network = read_network(instance, {})
    parts = system_of(network)
    worths = read_worths(folder / "plan")
    assert worths is not None
    found = evaluate(parts, price_rows(parts, worths), network.weights, objective)
    return found.value, found.unknown


def summary_of(folder: Path) -> dict[str, float]:
    """Return the summary of a folder of results."""
    return dict(json.loads((folder / "summary.json").read_text()))


def claimed(instance: Path, out: Path, to: Path, change: dict[str, object]) -> set[str]:
    """Return the checks that fail where the summary says otherwise."""
    shutil.copytree(out, to)
    (to / "summary.json").write_text(json.dumps(summary_of(out) | change))
    return {check.name for check in audit(instance, to).failed}


def test_multipliers_prove_the_optimum(plain: Path) -> None:
    """The bound is dual, and the audit finds the same figure from the raw tables."""
    stated = summary_of(plain / "out")
    assert stated["bound_by"] == "dual"
    value, unknown = proven(plain / "in", plain / "out", stated["objective"])
    assert unknown == 0
    assert value == pytest.approx(stated["objective"], rel=1e-9)
    rules = set(pd.read_parquet(plain / "out" / "plan" / "multipliers.parquet")["rule"])
    assert {"energy:kvl", "energy:balance", "energy:storage_level_change", "energy:emission_cap"} - rules <= {
        "energy:emission_cap"
    }


@pytest.mark.parametrize("seed", range(3))
def test_stages_and_limits_that_follow_from_rows(tmp_path: Path, seed: int) -> None:
    """Capacities without a limit get one from the cost of the plan; three stages."""
    tables = meshed()
    rng = np.random.default_rng(seed)
    for row in (*tables["generators"], *tables["lines"], *tables["links"], *tables["storage"]):
        row.pop("maximum_mw", None)
        row.pop("maximum_mwh", None)
        if "capital_cost" in row:
            row["capital_cost"] *= float(rng.uniform(0.7, 1.4))
    instance, out = solved(tmp_path, tables, (2030, 2035, 2040))
    assert summary_of(out)["bound_by"] == "dual"
    report = audit(instance, out)
    assert report.passed, report.lines()


@pytest.mark.parametrize("seed", range(3))
def test_made_networks(tmp_path: Path, seed: int) -> None:
    """Made networks of twelve buses."""
    write_made_network(tmp_path / "in", NetworkOptions(buses=12, days=2, hours=6, seed=seed), "made")
    out = plan_of(tmp_path / "in", tmp_path / "out")
    assert summary_of(out)["bound_by"] == "dual"
    report = audit(tmp_path / "in", out)
    assert report.passed, report.lines()


def test_a_claim_above_what_is_proven(plain: Path, tmp_path: Path) -> None:
    """A bound above the proven one fails, be it by a millionth."""
    stated = summary_of(plain / "out")
    bound = stated["bound"] + 1e-6 * abs(stated["bound"])
    assert "bound" in claimed(plain / "in", plain / "out", tmp_path / "out", {"bound": bound})


def test_words_of_a_solver_are_told(plain: Path, tmp_path: Path) -> None:
    """A bound by HiGHS passes, and the audit says that it did not evaluate it."""
    shutil.copytree(plain / "out", tmp_path / "out")
    (tmp_path / "out" / "summary.json").write_text(json.dumps(summary_of(plain / "out") | {"bound_by": "highs"}))
    checks = {check.name: check for check in audit(plain / "in", tmp_path / "out").checks}
    assert "not evaluated anew" in checks["bound"].message


def test_multipliers_that_are_missing_or_name_nothing(plain: Path, tmp_path: Path) -> None:
    """Without a file nothing is proven; a row that is not there is told."""
    shutil.copytree(plain / "out", tmp_path / "out")
    path = tmp_path / "out" / "plan" / "multipliers.parquet"
    table = pd.read_parquet(path)
    for rule, column, value in (
        ("energy:balance", "id", "x"),
        ("energy:balance", "snapshot", "x"),
        ("energy:balance", "period", 7),
        ("energy:balance", "rule", "energy:x"),
        ("energy:balance", "rule", "floor"),
        ("energy:kvl", "id", "+a b +b-c"),
        ("energy:kvl", "id", "+a b +c a"),
    ):
        row = table.index[table["rule"] == rule][0]
        changed = table.copy()
        changed.loc[row, column] = value
        changed.to_parquet(path, index=False)
        assert "bound.rows" in {check.name for check in audit(plain / "in", tmp_path / "out").failed}
    path.unlink()
    assert "bound.multipliers" in {check.name for check in audit(plain / "in", tmp_path / "out").failed}


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("case", ["meshed", "staged"])
def test_no_multipliers_prove_too_much(plain: Path, built: Path, tmp_path: Path, case: str, seed: int) -> None:
    """Multipliers that are disturbed, turned round or made up prove at most the optimum, whole decisions or not."""
    folder = plain if case == "meshed" else built
    instance, out = folder / "in", folder / "out"
    rng = np.random.default_rng(seed)
    optimum = summary_of(out)["objective"]
    shutil.copytree(out, tmp_path / "spoilt")
    path = tmp_path / "spoilt" / "plan" / "multipliers.parquet"
    table = pd.read_parquet(path)
    size = (0.001, 0.1, 1.0, 3.0)[seed % 4]
    table["worth"] *= 1.0 + size * rng.normal(size=len(table))
    table.to_parquet(path, index=False)
    value, unknown = proven(instance, tmp_path / "spoilt", optimum)
    assert unknown == 0
    assert value <= optimum * (1.0 + 1e-9)
