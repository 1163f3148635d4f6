"""Each value of an hour that is tampered with is caught by the check that should, which names it and the hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from tests.optimizer.results.audit.network.spoiling import at, spoilt

if TYPE_CHECKING:
    from pathlib import Path


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


def test_seasons_that_do_not_follow(plain: Path, tmp_path: Path) -> None:
    """Levels that rise in every hour of a day keep their changes within it, and miss where the next day begins."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        own = (table["name"] == "salt") & (table["quantity"] == "level_mwh")
        table.loc[own & table["snapshot"].str.startswith("winter"), "value"] += 50.0
        return table

    found = spoilt(plain, tmp_path, change)
    assert {"network.storage_seasons", "network.storage_level_change"} & set(found)


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


def test_a_loss_that_is_left_out(plain: Path, tmp_path: Path) -> None:
    """What flows over a resistance loses at least what its tangents say."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        table.loc[(table["name"] == "b-c") & (table["quantity"] == "loss_mw"), "value"] = 0.0
        return table

    found = spoilt(plain, tmp_path, change)
    rows = [found[name] for name in ("network.line_loss_forward", "network.line_loss_backward") if name in found]
    assert rows
    assert all(one.subject.startswith("b-c ") and "snapshot" in one.subject for one in rows)
