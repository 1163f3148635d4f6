"""A made survey database, from its files to an audited plan, by the commands alone."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from optimizer.cli import app

PAGE = Path(__file__).parents[2] / "docs/howto/third-survey.md"


def sanqu(*words: object) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    folder = tmp_path_factory.mktemp("survey") / "made"
    sanqu("new-dltb", folder, "--parcels", 250, "--seed", 7)
    return folder


@pytest.mark.parametrize("aggregate", ["parcels", "grid"])
def test_from_files_to_an_audited_plan(survey, tmp_path, aggregate):
    config = tmp_path / "dltb.toml"
    text = (survey / "dltb.toml").read_text(encoding="utf-8")
    config.write_text(text.replace('aggregate = "parcels"', f'aggregate = "{aggregate}"'), encoding="utf-8")
    printed = sanqu("import", "dltb", survey, tmp_path / "county", "--config", config, "--lang", "en")
    assert "TBDLMJ + KCMJ" in printed
    sanqu("solve", tmp_path / "county", "--out", tmp_path / "plan")
    summary = json.loads((tmp_path / "plan/summary.json").read_text(encoding="utf-8"))
    assert summary["status"] == "optimal"
    assert summary["audit"]["passed"]
    assert summary["gap"] <= 1e-4
    account = pd.read_csv(tmp_path / "county/import/account.csv")
    hectares = account.groupby("stage")["area_ha"].sum()
    assert hectares["read"] == pytest.approx(hectares["kept"] + hectares["refused"], rel=1e-9)
    cover = pd.read_parquet(tmp_path / "county/land/cover.parquet")
    assert cover["area_ha"].sum() == pytest.approx(hectares["kept"], rel=1e-9)


def test_the_commands_of_the_page_give_what_it_says(tmp_path, monkeypatch):
    page = PAGE.read_text(encoding="utf-8")
    commands = re.findall(r"^```\n(sanqu .*?)^```", page, re.MULTILINE | re.DOTALL)[0].splitlines()
    monkeypatch.chdir(tmp_path)
    assert [command.split()[1] for command in commands] == ["new-dltb", "import", "check", "solve"]
    for command in commands:
        sanqu(*command.split()[1:])
    account = pd.read_csv("county/import/account.csv")
    assert f"{account.loc[account['stage'] == 'read', 'count'].iloc[0]:,} parcels" in page
    for stage in ("read", "refused", "repaired", "kept"):
        for row in account[account["stage"] == stage].itertuples():
            hectares = f"{row.area_ha:,.1f}" if row.area_ha > 1000 else f"{row.area_ha:.2f}"
            assert re.search(rf"^\| {stage}.*\| {row[3]:,} \| {hectares} \|$", page, re.MULTILINE), row
    sums = account.groupby("stage")[["count", "area_ha"]].sum()
    assert f"| {sums.loc['split', 'count']:,} |" in page
    assert f"| {sums.loc['merged', 'count']:,} | {sums.loc['merged', 'area_ha']:.2f} |" in page
    moves = pd.read_csv("plan/transitions.csv", dtype={"from": str, "to": str})
    moves = moves[moves["from"] != moves["to"]]
    assert f"{moves.loc[moves['to'] == '0701', 'area_ha'].sum():.2f} ha) on ridges and idle land" in page
    assert f"trees on {moves.loc[moves['to'] == '0301', 'area_ha'].sum():.2f} ha" in page


def test_faults_are_told_with_exit_code_2_and_nothing_is_left(survey, tmp_path):
    config = tmp_path / "bad.toml"
    config.write_text('[fields]\nDLBM = "CODE"\nTBDLMJ = "AREA"\n', encoding="utf-8")
    result = CliRunner().invoke(app, ["import", "dltb", str(survey), str(tmp_path / "county"), "--config", str(config)])
    assert result.exit_code == 2
    assert "column CODE" in result.output
    assert "column AREA" in result.output
    assert "Traceback" not in result.output
    assert list(tmp_path.iterdir()) == [config]


def test_an_existing_instance_is_refused_unless_forced(survey, tmp_path):
    (tmp_path / "county").mkdir()
    words = ["import", "dltb", str(survey), str(tmp_path / "county")]
    assert CliRunner().invoke(app, words).exit_code == 2
    assert CliRunner().invoke(app, [*words, "--force"]).exit_code == 0
    assert (tmp_path / "county/instance.toml").is_file()
