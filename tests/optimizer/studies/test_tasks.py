"""What is done again and what is kept, and that nothing stays half written."""

import json

import pytest

from optimizer.studies.runners import Runner
from optimizer.studies.tasks import RECORD, RUN, Task, done, hashes, keys, perform
from tests.optimizer.studies.small_work import chain, crash, refuse, sum_task


def stamps(root):
    """Return what changes when a folder is written again, by name."""
    return {path.parent.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in root.glob(f"*/*/{RECORD}")}


def run(root, tasks):
    return Runner(root).run(tasks)


def test_sums_follow_each_other(tmp_path):
    ended = run(tmp_path, chain(tmp_path))
    assert [ended[f"sums/{name}"].record["sum"] for name in "abc"] == [1, 11, 112]
    assert not any(one.kept or one.failed for one in ended.values())


def test_a_second_run_keeps_everything(tmp_path):
    run(tmp_path, chain(tmp_path))
    before = stamps(tmp_path)
    ended = run(tmp_path, chain(tmp_path))
    assert all(one.kept for one in ended.values())
    assert ended["sums/c"].record == {"sum": 112}
    assert stamps(tmp_path) == before


def test_another_input_is_done_again_with_all_that_follows_it(tmp_path):
    run(tmp_path, chain(tmp_path))
    tasks = chain(tmp_path)
    changed = [tasks[0], sum_task(tmp_path, "b", 20, "sums/a"), tasks[2]]
    ended = run(tmp_path, changed)
    assert [ended[f"sums/{name}"].kept for name in "abc"] == [True, False, False]
    assert ended["sums/c"].record == {"sum": 1 + 21 + 100}


def test_keys_take_in_the_tasks_before(tmp_path):
    one, other = (keys(tuple(chain(tmp_path, first))) for first in (1, 2))
    assert not set(one.values()) & set(other.values())
    assert one == keys(tuple(chain(tmp_path / "elsewhere", 1)))  # where a study is does not count


def test_keys_take_in_the_work(tmp_path):
    inputs = {"own": 1}
    tasks = [Task("x", work, {}, inputs) for work in (refuse, crash)]
    assert keys((tasks[0],)) != keys((tasks[1],))


@pytest.mark.parametrize("harm", ["changed", "deleted", "added", "record", "half a record"])
def test_a_result_that_was_tampered_with_is_done_again(tmp_path, harm):
    tasks = chain(tmp_path)
    run(tmp_path, tasks)
    folder = tmp_path / "sums" / "b"
    if harm == "changed":
        (folder / "sum.txt").write_text("12")
    elif harm == "deleted":
        (folder / "sum.txt").unlink()
    elif harm == "added":
        (folder / "more.txt").write_text("")
    elif harm == "record":
        (folder / RECORD).unlink()
    else:
        (folder / RECORD).write_text((folder / RECORD).read_text()[:40])
    ended = run(tmp_path, tasks)
    assert [ended[f"sums/{name}"].kept for name in "abc"] == [True, False, True]
    assert (folder / "sum.txt").read_text() == "11"
    assert not (folder / "more.txt").exists()


def test_the_record_holds_the_hash_of_every_file(tmp_path):
    run(tmp_path, chain(tmp_path))
    folder = tmp_path / "sums" / "a"
    stated = json.loads((folder / RECORD).read_text())
    # SHA-256 of the one byte "1"
    assert stated["files"] == {"sum.txt": "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"}
    assert stated["files"] == hashes(folder)


@pytest.mark.parametrize(("work", "word"), [(refuse, "is bad"), (crash, "ZeroDivisionError: by accident")])
def test_a_failure_leaves_nothing_and_bars_what_needs_it(tmp_path, work, word):
    tasks = chain(tmp_path)
    tasks[1] = Task("sums/b", work, {}, {}, ("sums/a",))
    ended = run(tmp_path, tasks)
    assert word in str(ended["sums/b"].faults[0])
    assert "needs sums/b, which failed" in str(ended["sums/c"].faults[0])
    assert [path.name for path in (tmp_path / "sums").iterdir()] == ["a"]
    assert ("ZeroDivisionError" in ended["sums/b"].trace) == (work is crash)


def test_a_failure_after_a_good_run_keeps_the_old_folder_but_does_not_take_it_for_done(tmp_path):
    tasks = chain(tmp_path)
    run(tmp_path, tasks)
    worse = Task("sums/a", crash, {}, {})
    assert run(tmp_path, [worse])["sums/a"].failed
    assert (tmp_path / "sums" / "a" / "sum.txt").read_text() == "1"
    assert done(tmp_path, worse, keys((worse,))["sums/a"]) is None


def test_a_worker_of_an_earlier_run_writes_nothing(tmp_path):
    (tmp_path / RUN).write_text("the later run")
    task = sum_task(tmp_path, "a", 1)
    assert "another run of the study has begun" in str(perform(tmp_path, task, "key", "the earlier run").faults[0])
    assert not list((tmp_path / "sums").iterdir())
    assert not perform(tmp_path, task, "key", "the later run").failed


def test_a_worker_without_the_folder_of_the_study_writes_nothing(tmp_path):
    root = tmp_path / "not shared"
    ended = perform(root, sum_task(root, "a", 1), "key")
    assert "share the folder" in str(ended.faults[0])
    assert not root.exists()
