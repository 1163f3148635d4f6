"""What is done again and what is kept, and that nothing stays half written."""

import json

import pytest

from optimizer.studies.runners import Runner
from optimizer.studies.tasks import PAGES, RECORD, RUN, Task, done, hashes, key_of, perform
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


def test_a_key_takes_in_what_the_tasks_before_found(tmp_path):
    task = sum_task(tmp_path, "b", 10, "sums/a")
    assert key_of(task, {"sums/a": "one"}) != key_of(task, {"sums/a": "other"})
    elsewhere = sum_task(tmp_path / "elsewhere", "b", 10, "sums/a")
    assert key_of(task, {"sums/a": "one"}) == key_of(elsewhere, {"sums/a": "one"})  # where a study is does not count


def test_a_key_takes_in_the_work():
    one, other = (key_of(Task("x", work, {}, {"own": 1}), {}) for work in (refuse, crash))
    assert one != other


def draws(left):
    """Return work that finds another number each time, as a solve under a time limit may."""

    def draw(folder, **_):
        (folder / "sum.txt").write_text(str(left.pop()))
        return {}

    return draw


def test_what_rests_on_a_result_that_came_out_otherwise_is_done_again(tmp_path):
    work = draws([7, 5])
    tasks = [Task("sums/a", work, {}, {}), sum_task(tmp_path, "b", 10, "sums/a"), sum_task(tmp_path, "z", 1)]
    assert run(tmp_path, tasks)["sums/b"].record == {"sum": 15}
    (tmp_path / "sums" / "a" / "sum.txt").unlink()
    ended = run(tmp_path, tasks)
    assert [ended[f"sums/{name}"].kept for name in "abz"] == [False, False, True]
    assert ended["sums/b"].record == {"sum": 17}


def test_so_is_what_a_killed_run_did_not_come_to(tmp_path):
    work = draws([7, 5])
    tasks = [Task("sums/a", work, {}, {}), sum_task(tmp_path, "b", 10, "sums/a")]
    run(tmp_path, tasks)
    (tmp_path / "sums" / "a" / "sum.txt").unlink()
    run(tmp_path, tasks[:1])
    assert run(tmp_path, tasks)["sums/b"].record == {"sum": 17}


def test_pages_and_files_that_are_put_beside_its_own_change_no_result(tmp_path):
    def with_a_page(folder):
        (folder / "report.html").write_text("by a task")
        (folder / "sum.txt").write_text("1")
        return {}

    task = Task("sums/a", with_a_page, {}, {})
    run(tmp_path, [task])
    folder = tmp_path / "sums" / "a"
    assert set(hashes(folder)) == {"sum.txt"}
    assert set(PAGES) == {"report.html"}
    (folder / "report.html").write_text("in another language")
    (folder / "report-en.html").write_text("beside it")
    assert run(tmp_path, [task])["sums/a"].kept
    assert (folder / "report.html").read_text() == "in another language"


def test_a_folder_that_two_parts_of_a_study_need_is_refused(tmp_path):
    ended = run(tmp_path, [sum_task(tmp_path, "a", 1), sum_task(tmp_path, "a", 2)])
    assert "two parts of the study need this folder" in str(ended["sums/a"].faults[0])
    assert (tmp_path / "sums" / "a" / "sum.txt").read_text() == "1"


def test_a_name_that_no_file_system_takes_is_refused(tmp_path):
    task = sum_task(tmp_path, "年" * 80, 1)
    assert "too long for a folder" in str(run(tmp_path, [task])[task.folder].faults[0])


@pytest.mark.parametrize("harm", ["changed", "deleted", "record", "half a record"])
def test_a_result_that_was_tampered_with_is_done_again(tmp_path, harm):
    tasks = chain(tmp_path)
    run(tmp_path, tasks)
    folder = tmp_path / "sums" / "b"
    if harm == "changed":
        (folder / "sum.txt").write_text("12")
    elif harm == "deleted":
        (folder / "sum.txt").unlink()
    elif harm == "record":
        (folder / RECORD).unlink()
    else:
        (folder / RECORD).write_text((folder / RECORD).read_text()[:40])
    ended = run(tmp_path, tasks)
    assert [ended[f"sums/{name}"].kept for name in "abc"] == [True, False, True]
    assert (folder / "sum.txt").read_text() == "11"


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
    assert done(tmp_path, worse, key_of(worse, {})) is None


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


def test_what_a_lost_worker_had_done_is_not_done_again(tmp_path):
    task = sum_task(tmp_path, "a", 1)
    first = perform(tmp_path, task, "key")
    before = stamps(tmp_path)
    again = perform(tmp_path, task, "key")
    assert (again.record, again.stamp) == (first.record, first.stamp)
    assert stamps(tmp_path) == before
    perform(tmp_path, task, "another key")
    assert stamps(tmp_path) != before
