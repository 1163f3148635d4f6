"""The commands end to end, in both languages, and the report that shows their tables."""

from __future__ import annotations

import pandas as pd
import pytest
from typer.testing import CliRunner

from optimizer.cli import app
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
    code, printed = run("curve", instance, "--steps", 2, "--out", plan, "--time-limit", 20, "--lang", lang)
    assert code == 0, printed
    others = tmp_path / "others"
    code, printed = run("portfolio", instance, "--kind", "top", "--number", 3, "--out", others, "--lang", lang)
    assert code == 0, printed
    assert (others / "plans" / "003" / "selection.parquet").is_file()
    (others / "portfolio.csv").rename(plan / "portfolio.csv")
    assert run("report", instance, plan, "--lang", lang)[0] == 0
    assert run("evaluate", instance, tmp_path / "nothing")[0] == 2


def test_land_alone_is_refused(tmp_path):
    code, printed = run("portfolio", "tiny", "--out", tmp_path / "plans")
    assert code == 2
    assert "restoration" in printed
