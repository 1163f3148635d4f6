"""Studies of the network alone, from files to an audited folder; a plan or table that is tampered with is caught."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from instances.readers.matpower import import_matpower
from instances.synthetic.network import NetworkOptions, write_made_network
from optimizer.results.audit import audit
from optimizer.solve import solve
from optimizer.study import StudyOptions
from tests.tnep_cases import OPTIMA, matpower_text, write_published

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a made instance `in`, with an outage and a limit of emissions, and its results `out`."""
    folder = tmp_path_factory.mktemp("network")
    write_made_network(folder / "in", NetworkOptions(buses=8, days=2, hours=4, seed=3), "made")
    network = folder / "in" / "network"
    line = pd.read_csv(network / "lines.csv")["line"].iloc[2]
    pd.DataFrame({"contingency": ["one"], "line": [line]}).to_csv(network / "contingencies.csv", index=False)
    rule = {"id": ["co2"], "rule": ["emission_cap"], "sense": ["<="], "value": [3e6], "unit": ["tCO2e"]}
    pd.DataFrame({**rule, "source": ["made"], "status": ["made"]}).to_csv(network / "rules.csv", index=False)
    outcome = solve(folder / "in", folder / "out", StudyOptions(lang="en"))
    assert outcome.summary["status"] == "optimal"
    assert outcome.audit_passed, outcome.failures
    return folder


def test_summary(made: Path) -> None:
    """The summary says what kind of study it is, its size, and a bound proven by multipliers."""
    summary = json.loads((made / "out" / "summary.json").read_text())
    assert summary["kind"] == "network"
    assert summary["bound_by"] == "dual"
    assert summary["bound"] == pytest.approx(summary["objective"], rel=1e-6)
    assert (summary["size"]["buses"], summary["size"]["snapshots"]) == (8, 8)
    assert summary["objective"] == pytest.approx(summary["objectives"]["cost"])


@pytest.mark.parametrize(
    ("component", "quantity", "rule"),
    [
        ("generator", "power_mw", "nodal_balance"),
        ("generator", "capacity_mw", "summary"),
        ("line", "flow_mw", "nodal_balance"),
        ("line", "capacity_mw", "summary"),
        ("storage", "level_mwh", "storage_level_change"),
        ("storage", "charge_mw", "nodal_balance"),
    ],
)
def test_audit_catches_a_changed_value(made: Path, tmp_path: Path, component: str, quantity: str, rule: str) -> None:
    """The largest value of its kind, a tenth larger, breaks a rule."""
    plan = pd.read_parquet(made / "out" / "plan" / "network.parquet")
    some = plan[(plan["component"] == component) & (plan["quantity"] == quantity)]
    plan.loc[some["value"].abs().idxmax(), "value"] *= 1.1
    (tmp_path / "plan").mkdir()
    plan.to_parquet(tmp_path / "plan" / "network.parquet", index=False)
    (tmp_path / "summary.json").write_text((made / "out" / "summary.json").read_text())
    failed = {check.rule for check in audit(made / "in", tmp_path).failed}
    assert rule in failed


def test_audit_knows_the_voltage_law(made: Path, tmp_path: Path) -> None:
    """A plan of the transport model is none where power divides by reactance."""
    shutil.copytree(made / "in", tmp_path / "in")
    (tmp_path / "in" / "network" / "contingencies.csv").unlink()
    settings = (tmp_path / "in" / "instance.toml").read_text()
    (tmp_path / "in" / "instance.toml").write_text(settings.replace('"dc"', '"transport"'))
    solve(tmp_path / "in", tmp_path / "out", StudyOptions(tables=False))
    (tmp_path / "in" / "instance.toml").write_text(settings)
    assert {check.rule for check in audit(tmp_path / "in", tmp_path / "out").failed} == {"kvl"}


def test_published_case_through_files(tmp_path: Path) -> None:
    """46 buses as a transport model: 53,334, from the literature."""
    write_published(tmp_path / "in", "brazil46", "gen_max_MW", "transport")
    outcome = solve(tmp_path / "in", tmp_path / "out", StudyOptions(tables=False))
    assert outcome.summary["objective"] == pytest.approx(53_334)
    assert outcome.summary["status"] == "optimal"
    assert outcome.audit_passed, outcome.failures


@pytest.mark.parametrize("generation", ["gen_max_MW", "gen_level_MW"])
def test_garver_from_a_file_of_matpower(tmp_path: Path, generation: str) -> None:
    """Six buses with candidates as PowerModels writes them: 110 and 200, from the literature."""
    (tmp_path / "garver6.m").write_text(matpower_text("garver6", generation), encoding="utf-8")
    import_matpower(tmp_path / "garver6.m", tmp_path / "in", "garver6")
    outcome = solve(tmp_path / "in", tmp_path / "out", StudyOptions(tables=False))
    assert outcome.summary["objective"] == pytest.approx(OPTIMA["garver6", generation, "dc"])
    assert outcome.summary["status"] == "optimal"
    assert outcome.audit_passed, outcome.failures


def test_shortage_is_explained(made: Path, tmp_path: Path) -> None:
    """With more load at one bus than all plant and lines can bring, the bus and its lack are named."""
    shutil.copytree(made / "in", tmp_path / "in")
    (tmp_path / "in" / "network" / "contingencies.csv").unlink()
    loads = pd.read_csv(tmp_path / "in" / "network" / "loads.csv")
    loads.loc[0, "peak_mw"] = 1e6
    loads.to_csv(tmp_path / "in" / "network" / "loads.csv", index=False)
    lines = pd.read_csv(tmp_path / "in" / "network" / "lines.csv").assign(extendable=0)
    lines.to_csv(tmp_path / "in" / "network" / "lines.csv", index=False)
    outcome = solve(tmp_path / "in", tmp_path / "out", StudyOptions(lang="en"))
    assert outcome.summary["status"] == "infeasible"
    assert any("b1" in line and "is short of" in line for line in outcome.explanation["en"])
