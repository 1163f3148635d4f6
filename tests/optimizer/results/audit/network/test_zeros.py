"""A figure of the raw tables that is 0 beside outages: a failed check or a message, never a breakdown."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from optimizer.results.audit import AuditInputError, audit

if TYPE_CHECKING:
    from pathlib import Path

    from optimizer.results.audit import AuditReport

FAILING = {"lines": "a b", "buses": "a"}
"""A line that an outage takes a circuit of, and the bus where it begins."""


def _with(folder: Path, to: Path, table: str, column: str, value: float) -> AuditReport:
    """Audit the plan against tables in which one figure is another one."""
    shutil.copytree(folder / "in", to / "in")
    path = to / "in" / "network" / f"{table}.csv"
    rows = pd.read_csv(path)
    meant = rows[rows.columns[0]] == FAILING[table]
    rows[column] = rows[column].astype(float).mask(meant, value) if column in rows else meant.map({True: value})
    rows.to_csv(path, index=False)
    return audit(to / "in", folder / "out")


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        # What is left after an outage is (n - 1) / n of the line: nothing that could be solved for n = 0.
        pytest.param("lines", "circuits", 0.0, id="no circuits"),
        pytest.param("lines", "circuits", float("inf"), id="circuits without end"),
        pytest.param("lines", "capacity_mw", -1.0, id="capacity below 0"),
        pytest.param("lines", "maximum_share", 2.0, id="share above 1"),
        pytest.param("lines", "resistance_ohm", float("inf"), id="resistance without end"),
    ],
)
def test_figures_that_the_format_does_not_allow_are_refused(
    plain: Path, tmp_path: Path, table: str, column: str, value: float
) -> None:
    with pytest.raises(AuditInputError, match=rf"row 1: column {column} is {value:g}, which the format"):
        _with(plain, tmp_path, table, column, value)


def test_a_bus_without_voltage_is_named_where_losses_follow_from_it(plain: Path, tmp_path: Path) -> None:
    rows = pd.read_csv(plain / "in" / "network" / "lines.csv")
    rows.loc[0, "resistance_ohm"] = 1.0
    shutil.copytree(plain / "in", tmp_path / "made" / "in")
    rows.to_csv(tmp_path / "made" / "in" / "network" / "lines.csv", index=False)
    shutil.copytree(plain / "out", tmp_path / "made" / "out")
    with pytest.raises(AuditInputError, match="bus 'a' has no voltage"):
        _with(tmp_path / "made", tmp_path, "buses", "voltage_kv", 0.0)


@pytest.mark.parametrize(
    ("table", "column", "failed"),
    [
        # Without voltage or reactance there is no power flow that could explain what the plan says.
        pytest.param("buses", "voltage_kv", "kvl", id="voltage"),
        pytest.param("lines", "reactance_ohm", "contingency", id="reactance"),
        pytest.param("lines", "capacity_mw", "network.line_flow.limits", id="capacity"),
        pytest.param("lines", "maximum_share", "network.line_flow.limits", id="share"),
    ],
)
def test_a_zero_is_told(plain: Path, tmp_path: Path, table: str, column: str, failed: str) -> None:
    report = _with(plain, tmp_path, table, column, 0.0)
    assert failed in {check.name for check in report.failed}
