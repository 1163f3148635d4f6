import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from optimizer.cli import app


@pytest.fixture
def plan(solved, tmp_path):
    return Path(shutil.copytree(solved, tmp_path / "plan"))


def run(*words):
    return CliRunner().invoke(app, ["report", *map(str, words)])


def said(result):
    return " ".join(result.output.split())


def test_the_page_again_in_the_same_language_is_the_same(plan):
    page = (plan / "report.html").read_text(encoding="utf-8")
    before = {path.name for path in plan.iterdir()}
    result = run("tiny", plan)
    assert result.exit_code == 0, result.output
    again = (plan / "report.html").read_text(encoding="utf-8")
    # seconds of writing are known only once the first page is written
    assert again[again.index("规模") :] == page[page.index("规模") :]
    assert {path.name for path in plan.iterdir()} == before


def test_the_page_in_the_other_language_elsewhere(plan, tmp_path):
    result = run("tiny", plan, "--lang", "en", "--out", tmp_path / "english.html")
    assert result.exit_code == 0, result.output
    page = (tmp_path / "english.html").read_text(encoding="utf-8")
    assert '<html lang="en">' in page
    assert "What becomes what" in page
    assert '<html lang="zh-CN">' in (plan / "report.html").read_text(encoding="utf-8")


def test_another_instance_is_refused(plan):
    result = run("weihai", plan)
    assert result.exit_code == 2
    assert "solved from another instance" in said(result)


def test_a_folder_without_a_plan_is_refused(tmp_path):
    result = run("tiny", tmp_path)
    assert result.exit_code == 2
    assert all(name in said(result) for name in ("summary.json", "rules.csv", "moves.parquet", "3 errors"))
    missing = run("tiny", tmp_path / "nowhere")
    assert missing.exit_code == 2
    assert "is not a folder" in said(missing)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("summary.json", "{", "is no JSON"),
        ("summary.json", "[]", "holds no summary"),
        ("audit.json", "{", "cannot be read"),
        ("plan/moves.parquet", "nonsense", "cannot be read"),
        ("rules.csv", "rule,id\n", "the column is missing"),
    ],
)
def test_broken_files_are_named_and_nothing_is_written(plan, name, content, words):
    (plan / name).write_text(content, encoding="utf-8")
    page = (plan / "report.html").read_bytes()
    result = run("tiny", plan)
    assert result.exit_code == 2, result.output
    assert words in said(result)
    assert (plan / "report.html").read_bytes() == page


@pytest.mark.parametrize(("out", "words"), [("", "is a folder"), ("no/such/place.html", "cannot be written")])
def test_places_that_cannot_hold_the_page(plan, out, words):
    result = run("tiny", plan, "--out", plan / out)
    assert result.exit_code == 2
    assert words in said(result)


def test_the_accounting_mode_of_the_solve_is_kept(plan):
    summary = json.loads((plan / "summary.json").read_text(encoding="utf-8"))
    summary["options"]["mode"] = "stock"
    (plan / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    assert run("tiny", plan).exit_code == 0
    assert "储量法" in (plan / "report.html").read_text(encoding="utf-8")
