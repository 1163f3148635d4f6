"""`sanqu study run` on small land: folder, manifest, exit codes, what a rerun keeps and what is refused."""

import json

import pytest
from typer.testing import CliRunner

from optimizer.cli import app
from optimizer.results.folder import alone_in
from optimizer.studies.tasks import RECORD, hashes
from tests.optimizer.studies.whole_parcels import write_parcels

HEAD = """[study]
name = "small"
base = "land"
gap = 0.0

[[scenario]]
name = "first"
"""
SCENARIO = """
[[scenario]]
name = "{name}"
from = "first"
[[scenario.change]]
table = "land/quotas"
where = {{ sense = "{sense}" }}
column = "value"
scale = {scale}
"""
LESS = SCENARIO.format(name="less", sense="<=", scale=0.9)
NONE = """
[[scenario]]
name = "none"
from = "first"
[[scenario.change]]
table = "land/transitions"
where = { to = "ind" }
drop = true
"""


def write(folder, *scenarios):
    if not (folder / "land").is_dir():
        write_parcels(folder / "land", 0)
    path = folder / "small.toml"
    path.write_text(HEAD + "".join(scenarios), encoding="utf-8")
    return path


def sanqu(*words):
    return CliRunner().invoke(app, ["study", *map(str, words)])


def run(path, out, *more):
    return sanqu("run", path, "--out", out, "--workers", "1", "--lang", "en", *more)


def manifest(out):
    return json.loads((out / "manifest.json").read_text())


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A study that was run, and what the command answered."""
    folder = tmp_path_factory.mktemp("study")
    path = write(folder, LESS)
    return path, folder / "out", run(path, folder / "out")


def test_it_ends_well_and_says_so(whole):
    _, out, answer = whole
    assert answer.exit_code == 0, answer.output
    assert "0 kept from an earlier run, 0 failed" in answer.output
    assert str(out) in answer.output.replace("\n", "")


def test_the_manifest_holds_every_task_with_the_hashes_of_its_files(whole):
    _, out, _ = whole
    content = manifest(out)
    assert content["complete"]
    tasks = content["tasks"]
    assert {f"{kind}/{name}" for kind in ("instances", "scenarios") for name in ("first", "less")} <= tasks.keys()
    for name, task in tasks.items():
        assert task["state"] == "done"
        assert task["files"] == hashes(out / name)
        assert task["key"] == json.loads((out / name / RECORD).read_text())["key"]
    assert [one["name"] for one in content["scenarios"]] == ["first", "less"]


def test_a_scenario_folder_is_that_of_a_solve(whole):
    _, out, _ = whole
    names = {path.name for path in (out / "scenarios" / "less").iterdir()}
    assert {"plan", "summary.json", "audit.json", "report.html", RECORD} <= names


def test_a_rerun_keeps_everything(whole):
    path, out, _ = whole
    before = {one: one.stat().st_mtime_ns for one in out.rglob(RECORD)}
    answer = run(path, out)
    assert answer.exit_code == 0
    assert "0 tasks done" in answer.output
    assert "kept from an earlier run" in answer.output
    assert {one: one.stat().st_mtime_ns for one in out.rglob(RECORD)} == before


def test_what_kills_left_is_cleared_away(whole):
    path, out, _ = whole
    left = [out / "scenarios" / ".less.new.abcdefgh", out / ".workers", out / "scenarios" / ".gone.new.abcdefgh"]
    for folder in left:
        folder.mkdir()
    half = out / ".manifest.json.abcdefgh"
    half.write_text("{")
    assert run(path, out).exit_code == 0
    assert not any(one.exists() for one in (*left, half))


def test_one_run_at_a_time(whole):
    path, out, _ = whole
    with alone_in(out):
        answer = run(path, out)
    assert answer.exit_code == 2
    assert "another run is at work there" in answer.output


def test_only_what_a_change_touches_is_done_again(tmp_path):
    out = tmp_path / "out"
    assert run(write(tmp_path, LESS), out).exit_code == 0
    before = {one.parent.name: one.stat().st_mtime_ns for one in out.glob(f"scenarios/*/{RECORD}")}
    assert run(write(tmp_path, SCENARIO.format(name="less", sense="<=", scale=0.8)), out).exit_code == 0
    now = {one.parent.name: one.stat().st_mtime_ns for one in out.glob(f"scenarios/*/{RECORD}")}
    assert now["first"] == before["first"]
    assert now["less"] != before["less"]


def test_a_scenario_without_a_plan_is_told_by_exit_code_3(tmp_path):
    out = tmp_path / "out"
    answer = run(write(tmp_path, NONE), out)
    assert answer.exit_code == 3, answer.output
    assert {one["name"]: one["status"] for one in manifest(out)["scenarios"]} == {
        "first": "optimal",
        "none": "infeasible",
    }


def test_no_scheduler_is_exit_code_1_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr("optimizer.studies.runners.CONNECT_S", 1)
    answer = run(write(tmp_path), tmp_path / "out", "--scheduler", "tcp://127.0.0.1:1")
    assert answer.exit_code == 1
    assert "no scheduler answers" in answer.output
    assert "run the same command again" in answer.output


def test_a_folder_that_is_no_study_is_refused(tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("")
    answer = run(write(tmp_path), tmp_path / "other")
    assert answer.exit_code == 2
    assert "is no folder of a study" in answer.output
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["thesis.txt"]


def test_check_makes_every_instance_and_nothing_else(tmp_path):
    path = write(tmp_path, LESS)
    answer = sanqu("check", path, "--lang", "en")
    assert answer.exit_code == 0, answer.output
    assert "less" in answer.output
    assert {one.name for one in tmp_path.iterdir()} == {"land", "small.toml"}
