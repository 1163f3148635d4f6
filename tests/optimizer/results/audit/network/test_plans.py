"""Sound plans pass; tables, rules, outages and summaries that do not fit the plan are told."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from optimizer.results.audit import audit
from optimizer.results.audit.files import AuditInputError
from tests.optimizer.results.audit.network.cases import YEARS, meshed, plan_of, solved, staged, write
from tests.optimizer.results.audit.network.spoiling import at, spoilt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from optimizer.results.audit.check import Check


def test_sound_plans_pass(plain: Path, built: Path) -> None:
    """Both plans pass, and the plan builds what the tests below spoil."""
    for folder in (plain, built):
        report = audit(folder / "in", folder / "out")
        assert report.passed, report.lines()
        assert len(report.checks) > 60
    plan = pd.read_parquet(built / "out" / "plan" / "network.parquet")
    assert plan[plan["quantity"] == "circuits"]["value"].max() >= 1
    assert plan[(plan["component"] == "segment") & (plan["quantity"] == "opened")]["value"].max() == 1


def test_rows_that_are_missing_repeated_or_unknown(plain: Path, tmp_path: Path) -> None:
    """Values that are not there count as nothing and are told; so are those told twice, unknown or no numbers."""
    some = ("generator", "coal", "power_mw", 0, "winter1")

    def mend(name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> dict[str, Check]:
        return spoilt(plain, tmp_path / name, change)

    lost = mend("lost", lambda table: table[~at(table, *some)])
    assert lost["network.missing"].subject == "generator coal, snapshot winter1: power_mw"
    twice = mend("twice", lambda table: pd.concat([table, table[at(table, *some)]]))
    assert "network.once" in twice
    for column, value in (("name", "x"), ("component", "x"), ("quantity", "x"), ("period", 9), ("snapshot", "x")):
        changed = mend(
            f"{column}", lambda table, c=column, v=value: table.assign(**{c: table[c].mask(at(table, *some), v)})
        )
        assert "network.known" in changed
    broken = mend("nan", lambda table: table.assign(value=table["value"].mask(at(table, *some), np.nan)))
    assert "network.finite" in broken


def test_a_folder_without_the_table(plain: Path, tmp_path: Path) -> None:
    """A network that is not there cannot be audited."""
    shutil.copytree(plain / "out", tmp_path / "out")
    (tmp_path / "out" / "plan" / "network.parquet").unlink()
    with pytest.raises(AuditInputError, match=r"network\.parquet"):
        audit(plain / "in", tmp_path / "out")


@pytest.mark.parametrize(
    ("year", "rule"),
    [
        (2030, {"rule": "emission_cap", "sense": "<=", "value": 1.0, "unit": "tCO2e"}),
        (2030, {"rule": "renewable_share", "sense": ">=", "value": 0.99, "unit": "share"}),
        (2040, {"rule": "renewable_share", "sense": "==", "value": 0.05, "unit": "share"}),
        (0, {"rule": "self_sufficiency", "sense": ">=", "value": 1.0, "unit": "share"}),
        (2030, {"rule": "curtailment_cap", "sense": "<=", "value": 0.0, "unit": "share"}),
        (2030, {"rule": "curtailment_cap", "sense": "<=", "value": 0.0, "unit": "MWh"}),
        (2040, {"rule": "capacity_target", "sense": ">=", "value": 1e4, "unit": "MW"}),
        (2040, {"rule": "capacity_target", "technology": "wind", "sense": "==", "value": 7.0, "unit": "MW"}),
        (0, {"rule": "import_cap", "sense": "<=", "value": 1.0, "unit": "MWh"}),
        (0, {"rule": "import_cap", "sense": "<=", "value": 0.0001, "unit": "share"}),
        (2040, {"rule": "reserve", "sense": "<=", "value": 0.0, "unit": "MW"}),
    ],
)
def test_a_rule_that_the_plan_breaks(
    plain: Path, built: Path, tmp_path: Path, year: int, rule: dict[str, object]
) -> None:
    """A limit that the plan does not keep is found in the stage it holds for, by its id."""
    shutil.copytree(built if year else plain, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "in" / "network" / "rules.csv"
    row = {"id": "mine", "year": year, "source": "made", "status": "made", **rule}
    pd.concat([pd.read_csv(path), pd.DataFrame([row])]).to_csv(path, index=False)
    found = {one.name: one for one in audit(tmp_path / "in", tmp_path / "out").failed}
    if rule["rule"] == "reserve":
        assert found["rule.unknown"].subject == "mine"
    else:
        subject = found[f"network.{rule['rule']}"].subject
        assert subject.startswith("mine")
        assert not year or subject.endswith(str(year))


def test_a_rule_that_is_switched_off(built: Path, tmp_path: Path) -> None:
    """Options of the solve and the instance itself switch rules off."""
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "in" / "network" / "rules.csv"
    rules = pd.read_csv(path)
    rules.loc[rules["id"] == "co2", "value"] = 1.0
    rules.to_csv(path, index=False)
    assert {one.name for one in audit(tmp_path / "in", tmp_path / "out").failed} == {"network.emission_cap"}
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    summary["options"]["rules_off"] = ["emission_cap"]
    (tmp_path / "out" / "summary.json").write_text(json.dumps(summary))
    assert audit(tmp_path / "in", tmp_path / "out").passed


def test_an_outage_that_overloads(plain: Path, tmp_path: Path) -> None:
    """A plan made without outages in mind does not survive one; line, contingency and snapshot are named."""
    tables = meshed()
    del tables["contingencies"]
    instance = write(tmp_path / "in", tables)
    plan_of(instance, tmp_path / "out")
    assert audit(instance, tmp_path / "out").passed
    every = [{"contingency": f"n{k}", "line": row["line"]} for k, row in enumerate(tables["lines"])]
    pd.DataFrame(every).to_csv(instance / "network" / "contingencies.csv", index=False)
    found = [one for one in audit(instance, tmp_path / "out").failed if one.rule == "contingency"]
    assert found
    assert all("snapshot" in one.subject and ": line " in one.subject for one in found)


def test_an_outage_where_circuits_are_built(tmp_path: Path) -> None:
    """Circuits that are built carry their part after an outage; a plan without it in mind is overloaded in a stage."""
    tables = staged()
    instance, out = solved(tmp_path, tables, YEARS)
    path = instance / "network" / "contingencies.csv"
    every = [{"contingency": f"n{k}", "line": row["line"]} for k, row in enumerate(tables["lines"])]
    pd.DataFrame(every).to_csv(path, index=False)
    found = [one for one in audit(instance, out).failed if one.rule == "contingency"]
    assert found
    assert all("20" in one.subject and "snapshot" in one.subject for one in found)
    pd.DataFrame(every[3:]).to_csv(path, index=False)
    report = audit(instance, plan_of(instance, tmp_path / "secure"))
    assert report.passed, report.lines()
    assert sum(one.rule == "contingency" for one in report.checks) == len(YEARS)


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"objective": 1.0}, "summary.objective"),
        ({"objective_constant": 1.0}, "summary.objective_constant"),
        ({"objectives": {"cost": 1.0, "emissions": 1.0}}, "summary.emissions"),
        ({"objectives": None}, "summary.cost"),
        ({"kind": "land"}, "summary.kind"),
        ({"sense": "maximise"}, "summary.sense"),
        ({"status": "infeasible"}, "summary.status"),
        ({"gap": 0.5}, "summary.gap"),
        ({"gap": 0.5}, "summary.optimal"),
        ({"gap_abs": 1e6}, "summary.gap_abs"),
        ({"bound": None}, "summary.gap"),
        ({"bound": 1e12}, "summary.bound"),
    ],
)
def test_a_summary_that_says_otherwise(plain: Path, tmp_path: Path, change: dict[str, object], check: str) -> None:
    """Figures of the summary are compared with those recomputed."""
    shutil.copytree(plain / "out", tmp_path, dirs_exist_ok=True)
    summary = json.loads((tmp_path / "summary.json").read_text())
    (tmp_path / "summary.json").write_text(json.dumps(summary | change))
    assert check in {one.name for one in audit(plain / "in", tmp_path).failed}
