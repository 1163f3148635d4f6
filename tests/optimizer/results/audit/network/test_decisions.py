"""Each decision of a stage that is tampered with is caught by the check that should, which names it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from optimizer.results.audit import audit
from tests.optimizer.results.audit.network.cases import YEARS, meshed, solved
from tests.optimizer.results.audit.network.spoiling import at, spoilt

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


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


def test_a_site_below_its_least_capacity(built: Path, tmp_path: Path) -> None:
    """An open site of a MW falls short of the five that it must have."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        for year in YEARS:
            table.loc[at(table, "site", "pv", "capacity_mw", year), "value"] = 1.0
            table.loc[at(table, "site", "pv", "opened", year), "value"] = 1.0
        return table

    found = spoilt(built, tmp_path, change)
    assert found["network.site_least"].amount == pytest.approx(4.0)


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
