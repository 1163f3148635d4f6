"""Extra constraints from the command to the audit: the example of the how-to, clashes, edited plans."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from formulations.assemble import assemble, land_block
from instances.instance import load, resolve
from optimizer.cli import app
from optimizer.results.audit import audit
from optimizer.results.extra import read_extra

GUIDE = Path(__file__).parents[2] / "docs/howto/extra-constraints.md"
EXAMPLE = re.compile(r"^`north\.py`\n\n```python\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)


def run(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(word) for word in words])
    return done.exit_code, done.output


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """The how-to's example, as printed there."""
    folder = tmp_path_factory.mktemp("extra")
    file = folder / "north.py"
    file.write_text(EXAMPLE.search(GUIDE.read_text(encoding="utf-8"))["text"], encoding="utf-8")
    code, output = run("solve", "tiny", "--extra", file, "--out", folder / "plan", "--lang", "en")
    assert code == 0, output
    return folder


@pytest.fixture
def plan(solved, tmp_path):
    """A copy of the plan that may be edited."""
    import shutil

    return Path(shutil.copytree(solved / "plan", tmp_path / "plan"))


def failed(plan):
    return [check.name for check in audit(resolve("tiny"), plan).failed]


def test_the_optimum_and_moves_are_those_of_the_how_to(solved):
    summary = json.loads((solved / "plan/summary.json").read_text(encoding="utf-8"))
    assert summary["objective"] == pytest.approx(1035)
    assert summary["bound"] == pytest.approx(1035)
    moves = pd.read_parquet(solved / "plan/plan/moves.parquet").set_index(["zone", "from", "to"])["area_ha"]
    assert moves["N1", "crop", "urban"] == pytest.approx(8)
    assert moves["N3", "grass", "urban"] == pytest.approx(3)
    assert moves["S1", "crop", "urban"] == pytest.approx(3)
    assert moves["S2", "crop", "forest"] == pytest.approx(7)


def test_the_summary_records_the_file(solved):
    summary = json.loads((solved / "plan/summary.json").read_text(encoding="utf-8"))
    content = (solved / "north.py").read_bytes()
    assert summary["options"]["extra"] == [
        {"file": (solved / "north.py").as_posix(), "sha256": hashlib.sha256(content).hexdigest()}
    ]


def test_names_are_kept_to_rules_audit_and_report(solved):
    rules = pd.read_csv(solved / "plan/rules.csv").set_index("id")
    row = rules.loc["spare_cropland"]
    assert (row["rule"], row["sense"], row["bound"], row["unit"]) == ("user:north", "<=", 8, "ha")
    assert (row["value"], row["binding"]) == (pytest.approx(8), True)
    forest = rules.loc["more_forest"]
    assert (forest["sense"], forest["bound"]) == (">=", 19)
    assert forest["worth"] == pytest.approx(15)  # one more hectare asked is one more missing
    checks = json.loads((solved / "plan/audit.json").read_text(encoding="utf-8"))["list"]
    names = {check["name"] for check in checks if check["rule"] == "user:north"}
    assert names == {"user.spare_cropland", "user.more_forest", "user.missing"}
    assert "spare_cropland" in (solved / "plan/report.html").read_text(encoding="utf-8")


def test_the_audit_recomputes_the_objective_with_the_users_cost(solved):
    figures = audit(resolve("tiny"), solved / "plan").figures
    assert figures["objective"] == pytest.approx(1035)
    assert figures["user_emissions"] == pytest.approx(15)


def edit(path, change):
    table = pd.read_parquet(path)
    change(table)
    table.to_parquet(path, index=False)


def test_a_plan_that_breaks_a_user_row_fails_by_its_name(plan):
    def build_more_on_cropland(moves):
        grass = (moves["zone"] == "N3") & (moves["from"] == "grass")
        moves.loc[grass & (moves["to"] == "urban"), "area_ha"] -= 2
        moves.loc[grass & (moves["to"] == "forest"), "area_ha"] += 2
        north = (moves["zone"] == "N1") & (moves["from"] == "crop")
        moves.loc[north & (moves["to"] == "urban"), "area_ha"] += 2
        moves.loc[north & (moves["to"] == "crop"), "area_ha"] -= 2

    edit(plan / "plan/moves.parquet", build_more_on_cropland)
    found = audit(resolve("tiny"), plan)
    assert "user.spare_cropland" in [check.name for check in found.failed]
    (line,) = [check.line() for check in found.failed if check.name == "user.spare_cropland"]
    assert line == "用户约束 user:north [spare_cropland]: missed by 2 ha. 10 ha, at most 8 ha asked"


def test_a_users_variable_that_lies_fails(plan):
    edit(plan / "plan/extra_columns.parquet", lambda table: table.__setitem__("value", 0.0))
    assert set(failed(plan)) >= {"user.more_forest", "summary.objective"}


def test_a_users_variable_out_of_bounds_fails(plan):
    edit(plan / "plan/extra_columns.parquet", lambda table: table.__setitem__("value", -1.0))
    assert "user.missing" in failed(plan)


def test_rows_that_are_gone_fail(plan):
    for name in ("rows", "terms", "columns"):
        (plan / f"plan/extra_{name}.parquet").unlink()
    assert "user.rows" in failed(plan)


def test_a_term_that_names_no_move_fails(plan):
    def rename(terms):
        terms.loc[0, "zone"] = "nowhere"

    edit(plan / "plan/extra_terms.parquet", rename)
    assert "user.terms" in failed(plan)


def test_the_written_rows_make_the_same_program_again(solved):
    """What a later command reads back: the rows over shares that the solve had, here 10, 12 and 8 ha of crop."""
    program = read_extra(assemble(land_block(load("tiny"))), solved / "plan/plan")
    quotas = {quota.labels["id"].iloc[0]: quota for quota in program.quotas if quota.rule == "user:north"}
    assert set(quotas) == {"spare_cropland"}  # one family of the unit ha, with both rows
    (family,) = quotas.values()
    assert list(family.labels["id"]) == ["spare_cropland", "more_forest"]
    assert (family.lower.tolist(), family.upper.tolist()) == ([-np.inf, 19.0], [8.0, np.inf])
    assert [program.move_name(int(m)) for m in family.index[family.cell == 0]] == ["N1: crop>urban 2040"]
    assert family.terms["user:north"].toarray().tolist() == [[0.0], [1.0]]


CLASH = """
import pyomo.environ as pyo

def extra(block, land):
    block.unit = pyo.Suffix()
    block.quiet_north = pyo.Constraint(expr=land.total(target="housing_urban", region="north") <= 10)
    block.unit[block.quiet_north] = "ha"
"""


def test_a_clash_names_the_users_constraint(tmp_path):
    """13 ha of new housing are asked for in the north: 3 more than 10."""
    file = tmp_path / "quiet.py"
    file.write_text(CLASH, encoding="utf-8")
    code, output = run("solve", "tiny", "--extra", file, "--out", tmp_path / "plan", "--lang", "en")
    assert code == 3
    told = " ".join(output.split())
    assert (
        "lacks 3 ha; it clashes with the user's constraint quiet (Tiny, 10 ha, quiet_north, or it gives way by 3 ha)"
        in told
    )
    code, output = run("explain", "tiny", "--extra", file, "--lang", "en")
    assert code == 3
    assert "quiet_north" in output


def test_a_fault_writes_nothing_and_gives_exit_code_2(tmp_path):
    file = tmp_path / "bad.py"
    file.write_text("def extra(block, land):\n    land.total(region='west')\n", encoding="utf-8")
    code, output = run("solve", "tiny", "--extra", file, "--out", tmp_path / "plan")
    assert code == 2
    assert "bad.py, row 2: ValueError: no region is called 'west'" in " ".join(output.split()).replace("\n", "")
    assert not (tmp_path / "plan").exists()
