"""Sound plans pass; each value that is tampered with is caught by the check that should, which names it."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from optimizer.results.audit import audit
from optimizer.results.audit.files import AuditInputError
from tests.optimizer.results.audit.network.cases import meshed, plan_of, solved, staged, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from optimizer.results.audit.check import Check

YEARS = (2030, 2040)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a meshed network of one stage in `in` and its plan in `out`."""
    folder = tmp_path_factory.mktemp("meshed")
    solved(folder, meshed())
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a network of two stages and whole decisions, and its plan."""
    folder = tmp_path_factory.mktemp("staged")
    solved(folder, staged(), YEARS)
    return folder


def spoilt(folder: Path, to: Path, change: Callable[[pd.DataFrame], pd.DataFrame]) -> dict[str, Check]:
    """Return the failed checks by name of a copy of the plan whose table is changed."""
    shutil.copytree(folder / "out", to, dirs_exist_ok=True)
    path = to / "plan" / "network.parquet"
    change(pd.read_parquet(path)).to_parquet(path, index=False)
    return {check.name: check for check in audit(folder / "in", to).failed}


def at(table: pd.DataFrame, component: str, name: str, quantity: str, year: int = 0, snapshot: str = "") -> pd.Series:
    """Tell which row is meant."""
    return (
        (table["component"] == component)
        & (table["name"] == name)
        & (table["quantity"] == quantity)
        & (table["period"] == year)
        & (table["snapshot"] == snapshot)
    )


def test_sound_plans_pass(plain: Path, built: Path) -> None:
    """Both plans pass, and the plan builds what the tests below spoil."""
    for folder in (plain, built):
        report = audit(folder / "in", folder / "out")
        assert report.passed, report.lines()
        assert len(report.checks) > 60
    plan = pd.read_parquet(built / "out" / "plan" / "network.parquet")
    assert plan[plan["quantity"] == "circuits"]["value"].max() >= 1
    assert plan[(plan["component"] == "segment") & (plan["quantity"] == "opened")]["value"].max() == 1


HOURLY = [
    ("generator", "coal", "power_mw", -500.0, "network.generator_power.limits", "MW"),
    ("generator", "coal", "power_mw", 1.0, "network.balance", "MW"),
    ("generator", "run", "power_mw", 0.5, "network.generator_power.limits", "MW"),
    ("generator", "gas", "power_mw", 500.0, "network.generator_output", "MW"),
    ("generator", "gas", "power_mw", -500.0, "network.generator_least_output", "MW"),
    ("generator", "wind", "curtailed_mw", 3.0, "network.generator.curtailed_mw", "MW"),
    ("site", "pv", "power_mw", 90.0, "network.site_output", "MW"),
    ("site", "pv", "curtailed_mw", 1.0, "network.site.curtailed_mw", "MW"),
    ("site", "cell", "charge_mw", 40.0, "network.site_storage_charge_limit", "MW"),
    ("site", "cell", "level_mwh", 1.0, "network.site_storage_level_change", "MWh"),
    ("site", "cave", "level_mwh", 900.0, "network.site_storage_level_limit", "MWh"),
    ("storage", "pump", "charge_mw", 30.0, "network.storage_charge.limits", "MW"),
    ("storage", "pump", "discharge_mw", -30.0, "network.storage_discharge.limits", "MW"),
    ("storage", "pump", "level_mwh", 100.0, "network.storage_level.limits", "MWh"),
    ("storage", "pack", "discharge_mw", 20.0, "network.storage_discharge_limit", "MW"),
    ("storage", "pack", "level_mwh", 90.0, "network.storage_level_limit", "MWh"),
    ("storage", "salt", "level_mwh", 1.0, "network.storage_level_change", "MWh"),
    ("storage", "salt", "level_mwh", 20_000.0, "network.storage_last_most", "MWh"),
    ("storage", "salt", "level_mwh", -20_000.0, "network.storage_last_least", "MWh"),
    ("line", "a b", "flow_mw", 500.0, "network.line_flow.limits", "MW"),
    ("line", "a b", "flow_mw", 2.0, "kvl", "MW"),
    ("line", "c a", "flow_mw", 500.0, "network.line_forward", "MW"),
    ("line", "c a", "flow_mw", -500.0, "network.line_backward", "MW"),
    ("line", "c d", "flow_mw", 1.0, "network.line.flow_mw", "MW"),
    ("line", "c d", "flow_forward_mw", 1.0, "network.balance", "MW"),
    ("link", "hv", "flow_forward_mw", 100.0, "network.link_flow_forward.limits", "MW"),
    ("link", "hv", "flow_backward_mw", 1.0, "network.balance", "MW"),
    ("link", "one", "flow_mw", -90.0, "network.link_flow.limits", "MW"),
    ("link", "one", "flow_mw", 90.0, "network.link_forward", "MW"),
    ("line", "b-c", "loss_mw", 0.01, "network.balance", "MW"),
    ("line", "b-c", "loss_mw", -0.5, "network.line_loss.limits", "MW"),
    ("import", "a", "power_mw", 60.0, "network.import_power.limits", "MW"),
]


@pytest.mark.parametrize(("component", "name", "quantity", "more", "check", "unit"), HOURLY)
def test_a_spoilt_hour(
    plain: Path, tmp_path: Path, component: str, name: str, quantity: str, more: float, check: str, unit: str
) -> None:
    """One value of one snapshot is moved: the check says which, when, by how much and in which unit."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        table.loc[at(table, component, name, quantity, snapshot="summer2"), "value"] += more
        return table

    found = spoilt(plain, tmp_path, change)
    assert check in found
    failed = found[check]
    assert failed.unit == unit
    if check == "network.balance":
        assert failed.subject in {f"{bus}, snapshot summer2" for bus in "abcd"}
    elif not check.startswith("network.storage_last"):
        assert "snapshot summer" in failed.subject
        assert name in failed.subject or check == "kvl"


STAGED = [
    ("generator", "coal", "capacity_mw", 5.0, "network.generator.capacity_mw"),
    ("generator", "gas", "capacity_mw", 100.0, "network.generator_limit"),
    ("generator", "wind", "capacity_mw", -60.0, "network.generator_added.limits"),
    ("site", "pv", "capacity_mw", 90.0, "network.site_potential"),
    ("site", "cell", "energy_mwh", 3.0, "network.site.energy_mwh"),
    ("site", "pv", "opened", -1.0, "network.site_potential"),
    ("site", "pv", "opened", 1.0, "network.site_opened_once"),
    ("site", "pv", "opened", -0.5, "network.site_opening.whole"),
    ("storage", "pump", "capacity_mw", 1.0, "network.storage.capacity_mw"),
    ("storage", "pump", "energy_mwh", 1.0, "network.storage.energy_mwh"),
    ("storage", "salt", "capacity_mw", 60.0, "network.storage_power_limit"),
    ("storage", "salt", "energy_mwh", 9e4, "network.storage_energy_limit"),
    ("storage", "pack", "energy_mwh", 1.0, "network.storage.energy_mwh"),
    ("line", "a b", "capacity_mw", 1.0, "network.line.capacity_mw"),
    ("link", "one", "capacity_mw", 60.0, "network.link_limit"),
    ("candidate", "y z", "circuits", 3.0, "network.candidate.circuits"),
    ("candidate", "y z", "circuits", 1.0, "summary.objective"),
    ("candidate", "y z", "circuits", 0.5, "network.candidate_circuits.whole"),
    ("candidate", "late", "circuits", 1.0, "network.candidate.circuits"),
    ("segment", "s1", "opened", -1.0, "network.corridor"),
    ("segment", "s1", "opened", 1.0, "network.segment_once"),
    ("corridor", "east", "opened", -1.0, "network.corridor.opened"),
]


@pytest.mark.parametrize(("component", "name", "quantity", "more", "check"), STAGED)
def test_a_spoilt_decision(
    built: Path, tmp_path: Path, component: str, name: str, quantity: str, more: float, check: str
) -> None:
    """A decision of the second stage is moved."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        table.loc[at(table, component, name, quantity, 2040), "value"] += more
        return table

    found = spoilt(built, tmp_path, change)
    assert check in found
    if not check.startswith("summary"):
        assert "2040" in found[check].subject
        assert name in found[check].subject or check == "network.corridor"


LATER = [
    ("candidate", "y z", "flow_forward_mw", 500.0, "network.candidate_flow_forward_most"),
    ("candidate", "y z", "flow_backward_mw", 500.0, "network.candidate_flow_backward_most"),
    ("candidate", "y z", "flow_mw", 1.0, "network.candidate.flow_mw"),
    ("candidate", "x", "flow_mw", 500.0, "network.candidate_flow_most"),
    ("candidate", "x", "flow_mw", -500.0, "network.candidate_flow_least"),
    ("candidate", "x", "loss_mw", 1.0, "network.balance"),
    ("site", "cell", "discharge_mw", 90.0, "network.site_storage_discharge_limit"),
    ("storage", "pack", "charge_mw", 90.0, "network.storage_charge_limit"),
    ("import", "a", "power_mw", 60.0, "network.import_power.limits"),
    ("link", "hv", "flow_backward_mw", 100.0, "network.link_flow_backward.limits"),
]


@pytest.mark.parametrize(("component", "name", "quantity", "more", "check"), LATER)
def test_a_spoilt_hour_of_a_later_stage(
    built: Path, tmp_path: Path, component: str, name: str, quantity: str, more: float, check: str
) -> None:
    """One value of one snapshot of 2040 is moved where circuits stand."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        table.loc[at(table, component, name, quantity, 2040, "summer2"), "value"] += more
        return table

    found = spoilt(built, tmp_path, change)
    assert check in found
    assert "2040, snapshot summer2" in found[check].subject


def test_a_site_below_its_least_capacity(built: Path, tmp_path: Path) -> None:
    """An open site of a MW falls short of the five that it must have."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        for year in YEARS:
            table.loc[at(table, "site", "pv", "capacity_mw", year), "value"] = 1.0
            table.loc[at(table, "site", "pv", "opened", year), "value"] = 1.0
        return table

    found = spoilt(built, tmp_path, change)
    assert found["network.site_least"].amount == pytest.approx(4.0)


def test_seasons_that_do_not_follow(plain: Path, tmp_path: Path) -> None:
    """Levels that rise in every hour of a day keep their changes within it, and miss where the next day begins."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        own = (table["name"] == "salt") & (table["quantity"] == "level_mwh")
        table.loc[own & table["snapshot"].str.startswith("winter"), "value"] += 50.0
        return table

    found = spoilt(plain, tmp_path, change)
    assert {"network.storage_seasons", "network.storage_level_change"} & set(found)


def test_what_is_built_stays(built: Path, tmp_path: Path) -> None:
    """A circuit or a plant of the first stage that is gone in the second is found."""
    for component, name, quantity, check in (
        ("segment", "s1", "opened", "network.segment_opening.limits"),
        ("generator", "wind", "capacity_mw", "network.generator_added.limits"),
    ):

        def change(table: pd.DataFrame, key: tuple[str, str, str] = (component, name, quantity)) -> pd.DataFrame:
            table.loc[at(table, *key, 2030), "value"] += 100.0
            return table

        assert check in spoilt(built, tmp_path / component, change)


def test_a_circuit_before_its_first_year(built: Path, tmp_path: Path) -> None:
    """Candidate `late` may stand from 2040 on."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        table.loc[at(table, "candidate", "late", "circuits", 2030), "value"] = 1.0
        return table

    found = spoilt(built, tmp_path, change)
    assert found["network.candidate_circuits.limits"].subject == "late 1, 2030"


def test_a_flow_over_a_circuit_that_is_not_there(built: Path, tmp_path: Path) -> None:
    """A flow of a candidate without circuits breaks the limit of its first circuit."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        table.loc[at(table, "candidate", "late", "flow_mw", 2030, "winter1"), "value"] = 7.0
        return table

    found = spoilt(built, tmp_path, change)
    assert found["network.candidate_flow_most"].subject == "late 1, 2030, snapshot winter1"
    assert found["network.candidate_flow_most"].amount == pytest.approx(7.0)


def test_the_law_of_circuits_that_stand(built: Path, tmp_path: Path) -> None:
    """A cycle of power over a line and a circuit beside it keeps every balance and no law."""
    plan = pd.read_parquet(built / "out" / "plan" / "network.parquet")
    flows = plan[(plan["quantity"] == "circuits") & (plan["value"] > 0) & plan["name"].isin(["x", "late"])]
    assert len(flows), "the case must build a circuit with reactance"

    def change(table: pd.DataFrame) -> pd.DataFrame:
        name, year = flows["name"].iloc[0], int(flows["period"].iloc[0])
        table.loc[at(table, "candidate", name, "flow_mw", year, "summer1"), "value"] += 3.0
        return table

    assert "kvl" in spoilt(built, tmp_path, change)


def test_wrong_angles_are_found(built: Path, tmp_path: Path) -> None:
    """Angles that a plan states must explain its flows."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        table.loc[at(table, "bus", "b", "angle_rad", 2040, "winter2"), "value"] += 0.1
        return table

    found = spoilt(built, tmp_path, change)
    assert set(found) == {"kvl.angles"}
    assert "2040, snapshot winter2" in found["kvl.angles"].subject


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


def test_a_loss_that_is_left_out(plain: Path, tmp_path: Path) -> None:
    """What flows over a resistance loses at least what its tangents say."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        table.loc[(table["name"] == "b-c") & (table["quantity"] == "loss_mw"), "value"] = 0.0
        return table

    found = spoilt(plain, tmp_path, change)
    rows = [found[name] for name in ("network.line_loss_forward", "network.line_loss_backward") if name in found]
    assert rows
    assert all(one.subject.startswith("b-c ") and "snapshot" in one.subject for one in rows)


def test_stores_without_limit_of_power(tmp_path: Path) -> None:
    """Power that has no limit is infinite in the plan, whether energy is chosen or not; a number there is told."""
    tables = meshed()
    tank = {"bus": "d", "energy_mwh": 30.0, "efficiency_in": 0.9}
    tables["storage"] += [{"storage": "tank", **tank}]
    tables["storage"] += [{"storage": "pit", **tank, "extendable": 1, "maximum_mwh": 90.0, "energy_cost": 0.1}]
    solved(tmp_path, tables)
    report = audit(tmp_path / "in", tmp_path / "out")
    assert report.passed, report.lines()
    for name in ("tank", "pit"):

        def change(table: pd.DataFrame, name: str = name) -> pd.DataFrame:
            table.loc[at(table, "storage", name, "capacity_mw"), "value"] = 7.0
            return table

        assert "network.storage.capacity_mw" in spoilt(tmp_path, tmp_path / name, change)


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
