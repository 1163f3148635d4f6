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
    assert not (tmp_path / "out").exists()


def test_no_scheduler_takes_nothing_of_an_earlier_run(tmp_path, monkeypatch):
    monkeypatch.setattr("optimizer.studies.runners.CONNECT_S", 1)
    out = tmp_path / "out"
    assert run(write(tmp_path), out).exit_code == 0
    before = {one: one.stat().st_mtime_ns for one in out.rglob(RECORD)}
    assert run(write(tmp_path, LESS), out, "--scheduler", "tcp://127.0.0.1:1").exit_code == 1
    assert {one: one.stat().st_mtime_ns for one in out.rglob(RECORD)} == before
    assert not manifest(out)["complete"]


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


ANALYSED = """
[[front]]
name = "f"
scenario = "less"
objectives = ["emissions", "cost"]
points = 2
"""


def test_a_report_in_the_other_language_is_no_reason_to_solve_again(tmp_path):
    path, out = write(tmp_path, LESS), tmp_path / "out"
    assert run(path, out).exit_code == 0
    plan = out / "scenarios" / "less"
    for more in ([], ["--out", str(plan / "report-zh.html")]):
        words = ["report", str(out / "instances" / "less"), str(plan), "--lang", "zh", *more]
        assert CliRunner().invoke(app, words).exit_code == 0
    answer = run(path, out)
    assert "0 tasks done" in answer.output
    assert 'lang="zh' in (plan / "report.html").read_text()[:200]


def test_a_base_that_changed_is_solved_again(tmp_path):
    path, out = write(tmp_path, LESS), tmp_path / "out"
    assert run(path, out).exit_code == 0
    settings = tmp_path / "land" / "instance.toml"
    settings.write_text(settings.read_text() + "\n# a word\n")
    answer = run(path, out)
    assert answer.exit_code == 0
    assert "done, 0 kept" in answer.output


def test_a_base_inside_the_folder_of_the_study_is_refused(tmp_path):
    path = write(tmp_path)
    answer = run(path, tmp_path)
    assert answer.exit_code == 2
    assert "lies in the folder of the study" in answer.output.replace("\n", " ")
    assert {one.name for one in tmp_path.iterdir()} == {"land", "small.toml"}


def test_a_study_file_of_somebody_is_not_replaced(tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "study.toml").write_text("mine")
    answer = run(write(tmp_path), mine)
    assert answer.exit_code == 2
    assert [(one.name, one.read_text()) for one in mine.iterdir()] == [("study.toml", "mine")]


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ('[[front]]\nname = "f"\nobjectives = ["emission", "cost"]\n', "front.f: there is no measure 'emission'"),
        ('[[ranges]]\nname = "r"\nmeasures = ["area:tundra"]\n', "no group of classes is called 'tundra'"),
        ('[[ranges]]\nname = "r"\nmeasures = ["area:forest@atlantis"]\n', "no region is called 'atlantis'"),
        ('[[worth]]\nname = "w"\nwhere = { id = "nothing" }\n', "no limit is meant"),
        ('[[worth]]\nname = "w"\ntable = "land/quota"\nwhere = { id = "x" }\n', "is no table"),
        (
            '[[worth]]\nname = "w"\nwhere = { rule = "*" }\ncolumn = "region"\n',
            "land/quotas.csv, column region: 'all' of floor",
        ),
        ('[[transmission]]\nname = "t"\nrule = "budget"\nregion = "atlantis"\n', "atlantis has no quota budget"),
    ],
)
def test_what_is_asked_of_a_scenario_is_refused_before_anything_is_solved(tmp_path, section, words):
    path, out = write(tmp_path, section), tmp_path / "out"
    for answer in (sanqu("check", path), run(path, out)):
        assert answer.exit_code == 2, answer.output
        assert words in answer.output
        assert answer.output.count("error:") == 1
    assert not (out / "scenarios").exists()


def test_why_there_is_no_plan_is_told_in_both_languages(tmp_path):
    path, out = write(tmp_path, NONE), tmp_path / "out"
    assert run(path, out).exit_code == 3
    told = {one["name"]: one for one in manifest(out)["scenarios"]}["none"]["explanation"]
    assert set(told) == {"zh", "en"}
    assert told["zh"] != told["en"]
    assert all(told.values())


def test_what_an_earlier_run_left_of_an_analysis_is_not_shown_for_this_one(tmp_path):
    out = tmp_path / "out"
    assert run(write(tmp_path, LESS, ANALYSED), out).exit_code == 0
    page = out / "comparison" / "study.html"
    assert "front_f" in {one.stem for one in (out / "comparison" / "csv").iterdir()}
    answer = run(write(tmp_path, NONE.replace('"none"', '"less"'), ANALYSED), out)
    assert answer.exit_code == 1
    assert (out / "fronts" / "f" / "table" / "front.csv").is_file()
    assert "front_f" not in {one.stem for one in (out / "comparison" / "csv").iterdir()}
    assert "needs scenario less, which has no plan" in page.read_text()
    assert sanqu("report", out, "--lang", "zh").exit_code == 0
    assert "需要情景 less，但它没有方案" in page.read_text(encoding="utf-8")
    assert "front_f" not in {one.stem for one in (out / "comparison" / "csv").iterdir()}


def test_a_manifest_that_was_spoilt_is_told_and_written_again(tmp_path):
    path, out = write(tmp_path), tmp_path / "out"
    assert run(path, out).exit_code == 0
    for spoilt in ("{", "[]", '{"tasks": {"a": 1}}'):
        (out / "manifest.json").write_text(spoilt)
        answer = sanqu("report", out, "--lang", "en")
        assert answer.exit_code == 2
        assert "is no manifest of a study (run `sanqu study run` again" in answer.output.replace("\n", " ")
    assert "0 tasks done" in run(path, out).output
    assert sanqu("report", out, "--lang", "en").exit_code == 0


def test_a_report_of_what_is_no_study_leaves_nothing(tmp_path):
    answer = sanqu("report", tmp_path / "nowhere")
    assert answer.exit_code == 2
    assert "is no folder of a study" in answer.output.replace("\n", " ")
    assert list(tmp_path.iterdir()) == []


def test_a_bound_without_a_cluster_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr("optimizer.studies.runners.CONNECT_S", 1)
    answer = sanqu("bound", tmp_path, "--scheduler", "tcp://127.0.0.1:1", "--lang", "en")
    assert answer.exit_code == 1
    assert "no scheduler answers at tcp://127.0.0.1:1. Without a cluster" in answer.output.replace("\n", " ")
    assert "fault of Sanqu" not in answer.output
