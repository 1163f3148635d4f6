"""The commands end to end, in both languages, and the report that shows their tables."""

from __future__ import annotations

import pandas as pd
import pytest
from typer.testing import CliRunner

from optimizer.cli import app
from optimizer.report.sites.text import SITE_TEXT
from tests.six_units import rule, six


def run(*arguments: object) -> tuple[int, str]:
    """Run the command; exit code and what it printed."""
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    return result.exit_code, result.output


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_studies_after_a_solve(tmp_path, lang):
    instance, plan = six(rule("budget", 18)).write(tmp_path / "six"), tmp_path / "plan"
    assert run("solve", instance, "--out", plan, "--lang", lang)[0] == 0
    code, printed = run("evaluate", instance, plan, "--out", tmp_path / "worth", "--lang", lang)
    assert code == 0, printed
    assert (tmp_path / "worth" / "reserves.csv").is_file()
    code, printed = run("importance", instance, plan, "--steps", 3, "--time-limit", 20, "--lang", lang)
    assert code == 0, printed
    assert len(pd.read_csv(plan / "importance.csv")) == 6
    before = (plan / "report.html").read_text(encoding="utf-8")
    code, printed = run("curve", instance, plan, "--steps", 2, "--time-limit", 20, "--lang", lang)
    assert code == 0, printed
    code, printed = run("portfolio", instance, plan, "--kind", "top", "--number", 3, "--lang", lang)
    assert code == 0, printed
    assert (plan / "portfolio" / "plans" / "003" / "selection.parquet").is_file()
    after = (plan / "report.html").read_text(encoding="utf-8")
    place = ["zh", "en"].index(lang)
    shown = [SITE_TEXT[key][place] for key in ("curve", "portfolio")]
    assert not any(words in before for words in shown)
    assert all(words in after for words in shown)
    assert not list(plan.glob(".*"))
    assert run("evaluate", instance, tmp_path / "nothing")[0] == 2


def test_land_alone_is_refused(tmp_path):
    code, printed = run("portfolio", "tiny", "--out", tmp_path / "plans")
    assert code == 2
    assert "restoration" in printed


def test_a_folder_of_another_instance_is_refused_before_anything_is_solved(tmp_path):
    six(rule("budget", 18)).write(tmp_path / "six")
    other = six(rule("budget", 9)).write(tmp_path / "other")
    assert run("solve", tmp_path / "six", "--out", tmp_path / "plan")[0] == 0
    for command in ("curve", "portfolio"):
        code, printed = run(command, other, tmp_path / "plan")
        assert code == 2
        assert "another instance" in printed
    assert not (tmp_path / "plan" / "portfolio").exists()
