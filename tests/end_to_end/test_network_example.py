"""The network example of the documentation: saved as printed, solved by the command, with the figures it states.

By hand: a MW of wind saves (0.25 + 0.5) x 4,380 h x 15 a x 0.04 = 1,971 where the line carries it, and in summer alone
657, both above its cost of 500, so that all 200 MW are built although the line of 60 MW leaves 40 MW of winter unused.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from optimizer.cli import app
from tests.test_docs import EXAMPLE_FILE

PAGE = Path(__file__).parents[2] / "docs" / "instance-format.md"
HOURS = 4380


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("example")
    for found in EXAMPLE_FILE.finditer(PAGE.read_text(encoding="utf-8")):
        if found["name"].startswith("my_grid/"):
            path = folder / found["name"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(found["text"], encoding="utf-8")
    run = CliRunner().invoke(app, ["solve", str(folder / "my_grid"), "--out", str(folder / "plan"), "--lang", "en"])
    assert run.exit_code == 0, run.output
    return folder / "plan"


def test_cost_and_emissions_are_those_of_the_page(plan: Path) -> None:
    summary = json.loads((plan / "summary.json").read_text(encoding="utf-8"))
    assert summary["objective"] == pytest.approx(406_600)
    assert summary["objectives"]["emissions"] == pytest.approx(3_076_950)


def test_capacity_curtailment_and_imports_are_those_of_the_page(plan: Path) -> None:
    table = pd.read_parquet(plan / "plan" / "network.parquet")
    found = table.set_index(["component", "period", "snapshot", "quantity"])["value"]
    assert found["site", 2025, "", "capacity_mw"] == pytest.approx(200)
    assert found["site", 2035, "", "capacity_mw"] == pytest.approx(200)
    for year in (2025, 2035):
        assert found["site", year, "winter", "curtailed_mw"] == pytest.approx(40)
        assert found["site", year, "summer", "curtailed_mw"] == pytest.approx(0)
    bought = {year: HOURS * sum(found["import", year, season, "power_mw"] for season in ("summer", "winter"))
              for year in (2025, 2035)}  # fmt: skip
    assert bought == {2025: pytest.approx(394_200), 2035: pytest.approx(569_400)}
