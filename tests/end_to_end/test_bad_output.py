"""Places that cannot be written, runs that are killed, hostile names on their way out, and broken plans."""

from __future__ import annotations

import csv
import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from instances.faults import InstanceError
from optimizer.results import folder as results_folder
from optimizer.results.folder import new_folder
from tests.end_to_end.bad_input import all_of, cell, content, copy_of_tiny, cut, gone, sanqu, shapes

KILLED = """
import sys, time
from pathlib import Path
from optimizer.results.folder import new_folder
with new_folder(Path(sys.argv[1]), force=True) as working:
    (working / "half.csv").write_text("half")
    print("writing", flush=True)
    time.sleep(60)
"""

KILLED_WHILE_REPLACING = """
import os, signal, sys
from pathlib import Path
from optimizer.results.folder import new_folder
with new_folder(Path(sys.argv[1]), force=True) as working:
    plain = Path.rename
    def rename(path, target):
        if path == working:
            os.kill(os.getpid(), signal.SIGKILL)
        return plain(path, target)
    Path.rename = rename
"""


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_an_existing_place_is_refused_and_kept(tmp_path):
    out = tmp_path / "plan"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    run = sanqu("solve", "tiny", "--out", out)
    assert run.code == 2
    assert f"{out}: exists already (name another place or add --force)" in run.err
    assert names_in(out) == ["mine.txt"]


def test_a_file_is_not_replaced_by_a_folder(tmp_path):
    out = tmp_path / "plan"
    out.write_text("mine")
    run = sanqu("solve", "tiny", "--out", out, "--force")
    assert run.code == 2
    assert f"{out}: is a file, not a folder" in run.err
    assert out.read_text() == "mine"


@pytest.mark.parametrize("out", ["county", "."])
def test_what_is_read_is_never_replaced(tmp_path, monkeypatch, out):
    monkeypatch.chdir(tmp_path)
    folder = copy_of_tiny(tmp_path)
    before = sorted(folder.rglob("*"))
    run = sanqu("solve", "county", "--out", out, "--force")
    assert run.code == 2
    assert "holds county, which is read here (name another place)" in run.err
    assert sorted(folder.rglob("*")) == before
    assert names_in(tmp_path) == ["county"]


def test_a_place_below_a_file(tmp_path):
    (tmp_path / "file").write_text("mine")
    run = sanqu("solve", "tiny", "--out", tmp_path / "file" / "plan")
    assert run.code == 2
    assert "plan: cannot be written: " in run.err


def test_a_study_below_a_file(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "s.toml").write_text('[study]\nname = "s"\nbase = "tiny"\n[[scenario]]\nname = "a"\n')
    run = sanqu("study", "run", tmp_path / "s.toml", "--out", tmp_path / "file" / "s")
    assert run.code == 2
    assert "s: cannot be written: " in run.err


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_a_read_only_place(tmp_path, monkeypatch, number):
    def refuse(*_args, **_more):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(results_folder.tempfile, "mkdtemp", refuse)
    run = sanqu("solve", "tiny", "--out", tmp_path / "plan")
    assert run.code == 2
    assert f"plan: cannot be written: {os.strerror(number)}" in run.err
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("victim", ["summary.json", "audit.json"])
def test_a_full_disk(tmp_path, monkeypatch, victim):
    """The disk fills up at the first file of a solve, or at a later one."""
    plain = Path.write_text

    def full(path, *arguments, **more):
        if path.name == victim:
            plain(path, "{")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return plain(path, *arguments, **more)

    monkeypatch.setattr(Path, "write_text", full)
    run = sanqu("solve", "tiny", "--out", tmp_path / "plan")
    assert run.code == 2
    assert "plan: cannot be written: No space left on device (nothing was left there; make room" in run.err
    assert names_in(tmp_path) == []


def test_a_full_disk_leaves_the_old_results(tmp_path, monkeypatch):
    out = tmp_path / "plan"
    out.mkdir()
    (out / "old.txt").write_text("old")

    def full(path, target):
        if path.name.startswith(".plan.new."):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return os.rename(path, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(InstanceError, match="No space left"), new_folder(out, force=True) as working:
        (working / "new.txt").write_text("new")
    assert names_in(tmp_path) == ["plan"]
    assert names_in(out) == ["old.txt"]


def test_a_file_too_large_for_the_place(tmp_path):
    with pytest.raises(InstanceError, match="cannot be written: File too large"), new_folder(tmp_path / "plan"):
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    assert names_in(tmp_path) == []


def test_a_made_instance_is_whole_or_not_at_all(tmp_path, monkeypatch):
    made = tmp_path / "made"
    assert sanqu("new", made, "--zones", 20).code == 0
    before = (made / "instance.toml").read_text()

    def broken(*_args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("instances.synthetic.sample.write", broken)
    run = sanqu("new", made, "--zones", 30, "--force")
    assert run.code == 2
    assert "made: cannot be written: No space left on device" in run.err
    assert (made / "instance.toml").read_text() == before
    assert names_in(tmp_path) == ["made"]


def test_a_killed_run_leaves_a_hidden_folder_that_the_next_run_clears(tmp_path):
    out = tmp_path / "plan"
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(out)], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"writing\n"
    [left] = names_in(tmp_path)
    assert left.startswith(".plan.new.")
    # while it lives, another run leaves its folder alone
    with new_folder(out) as working:
        (working / "other.txt").write_text("other")
    assert names_in(tmp_path) == [left, "plan"]
    shutil.rmtree(out)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert names_in(tmp_path) == [left]
    assert sanqu("solve", "tiny", "--out", out).code == 0
    assert names_in(tmp_path) == ["plan"]


def test_what_a_killed_run_was_replacing_is_put_back(tmp_path):
    out = tmp_path / "plan"
    out.mkdir()
    (out / "old.txt").write_text("old")
    done = subprocess.run([sys.executable, "-c", KILLED_WHILE_REPLACING, str(out)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not out.exists()
    run = sanqu("solve", "tiny", "--out", out)
    assert run.code == 2
    assert "exists already" in run.err
    assert names_in(tmp_path) == ["plan"]
    assert names_in(out) == ["old.txt"]


def test_a_solve_that_is_killed_leaves_no_results(tmp_path):
    out = tmp_path / "plan"
    process = subprocess.Popen(
        [sys.executable, "-c", "from optimizer.cli import main; main()", "solve", "weihai", "--out", str(out)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 20
    while not any(tmp_path.iterdir()) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    [left] = names_in(tmp_path)
    assert left.startswith(".plan.new.")
    with new_folder(out):
        pass
    assert names_in(tmp_path) == ["plan"]


def test_hostile_names_stay_names(tmp_path):
    """Markup, formulas and paths are printed as they stand and never run."""
    script, formula, path = "<script>alert(1)</script>", '=HYPERLINK("http://x","y")', "../../etc/passwd"
    folder = copy_of_tiny(tmp_path)
    all_of(
        cell("regions", 1, "name_en", script),
        cell("regions", 1, "name_zh", script),
        cell("regions", 2, "name_en", formula),
        cell("classes", 0, "name_en", script),
        cell("quotas", 0, "id", formula),
        cell("quotas", 0, "source", script),
        cell("quotas", 1, "id", path),
        cell("projects", 0, "name_en", script),
    )(folder)
    renamed = {"N1": script, "N2": path}
    shapes("zones", lambda frame: frame.assign(zone=frame["zone"].replace(renamed)))(folder)
    for table in ("land/cover.csv", "restoration/unit_zone.csv"):
        frame = pd.read_csv(folder / table, dtype=str)
        frame.assign(zone=frame["zone"].replace(renamed)).to_csv(folder / table, index=False)
    before = names_in(tmp_path)
    run = sanqu("solve", folder, "--out", tmp_path / "plan", "--lang", "en")
    assert run.code == 0, run.err
    page = (tmp_path / "plan" / "report.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    for table in (tmp_path / "plan").glob("*.csv"):
        with table.open(encoding="utf-8-sig", newline="") as stream:
            cells = [text for row in csv.reader(stream) for text in row]
        assert not [text for text in cells if text.startswith("=")]
    with (tmp_path / "plan" / "rules.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert any(f"'{formula}" in row for row in csv.reader(stream))
    assert names_in(tmp_path) == sorted([*before, "plan"])
    assert sanqu("audit", folder, tmp_path / "plan").code == 0


def moves(change):
    def broken(plan):
        path = plan / "plan" / "moves.parquet"
        change(pd.read_parquet(path)).to_parquet(path, index=False)

    return broken


@pytest.mark.parametrize("name", ["projects.parquet", "moves.parquet"])
def test_why_names_a_broken_table(tmp_path, solved, name):
    plan = Path(shutil.copytree(solved, tmp_path / "plan"))
    cut(f"plan/{name}", 0.5)(plan)
    run = sanqu("why", "tiny", plan, "--zone", "N3")
    assert run.code == 2
    assert f"{name}: cannot be read: " in run.err


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    out = tmp_path_factory.mktemp("solved") / "plan"
    assert sanqu("solve", "tiny", "--out", out).code == 0
    return out


@pytest.mark.parametrize(
    ("broken", "code", "words"),
    [
        (gone("plan"), 2, "moves.parquet: the file is missing"),
        (gone("plan/moves.parquet"), 2, "moves.parquet: the file is missing"),
        (cut("plan/moves.parquet", 0.5), 2, "moves.parquet: the file cannot be read"),
        (content("plan/moves.parquet", "zone,from,to\n"), 2, "moves.parquet: the file cannot be read"),
        (moves(lambda frame: frame.drop(columns="area_ha")), 2, "moves.parquet: column area_ha is missing"),
        (moves(lambda frame: frame.assign(area_ha="ten")), 2, "moves.parquet: column area_ha is not numeric"),
        (moves(lambda frame: frame.assign(area_ha=float("nan"))), 5, "area_ha must be a number in every row"),
        (moves(lambda frame: frame.assign(zone="N9")), 5, "every zone, from and to must be in the instance"),
        (moves(lambda frame: frame.assign(area_ha=-frame["area_ha"])), 5, "least area_ha"),
        (moves(lambda frame: frame.assign(period=1999)), 5, "a change or an overlay the end year of a period"),
        (moves(lambda frame: frame.iloc[:-3]), 5, "FAILED"),
        (content("summary.json", "{"), 5, "summary.json: the file cannot be read"),
        (gone("summary.json"), 5, "summary.json: the file cannot be read"),
    ],
)
def test_a_broken_plan_is_named(tmp_path, solved, broken, code, words):
    plan = Path(shutil.copytree(solved, tmp_path / "plan"))
    broken(plan)
    run = sanqu("audit", "tiny", plan)
    assert run.code == code, run.out + run.err
    assert words in run.out + run.err


def test_a_plan_that_is_not_there(tmp_path):
    run = sanqu("audit", "tiny", tmp_path / "nowhere")
    assert run.code == 2
    assert "moves.parquet: the file is missing (a plan is what sanqu solve writes)" in run.err
