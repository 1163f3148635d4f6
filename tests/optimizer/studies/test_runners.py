"""A cluster of this machine does what one process does."""

import signal
import socket
import time
from functools import partial

import psutil
import pytest

from instances.faults import Fault, InstanceError
from optimizer.studies import runners
from optimizer.studies.runners import ClusterLostError, Runner, runner
from optimizer.studies.tasks import Task
from tests.optimizer.studies.small_work import chain, crash, meet, sum_task


class Told:
    """A watcher that remembers what it is told."""

    def __init__(self):
        self.begun, self.ended = [], []

    def begin(self, folders):
        self.begun += folders

    def end(self, ended):
        self.ended.append(ended.folder)


def meeting(root, name, *others):
    return Task(f"meetings/{name}", meet, {"others": [root / "meetings" / f"{one}.there" for one in others]}, {})


def with_failure(root):
    """Return a chain, beside it one that breaks in the middle, and one that needs nothing."""
    broken = [Task("sums/x", crash, {}, {}, ("sums/a",)), sum_task(root, "y", 5, "sums/x"), sum_task(root, "z", 7)]
    return [*chain(root), *broken]


def told(ended):
    return {name: (one.record, [str(fault) for fault in one.faults], one.kept) for name, one in ended.items()}


@pytest.fixture(scope="module")
def clustered(tmp_path_factory):
    """Run tasks on a cluster twice; return its folder, both ends, the watcher, and what listened."""
    root = tmp_path_factory.mktemp("clustered")
    watcher = Told()
    with runner(root, watcher, workers=2) as at:
        at.side_by_side([lambda: at.client])  # begun by a job, ended by the run
        on_interrupt = at.client.run(signal.getsignal, signal.SIGINT)
        processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
        listening = [
            one.laddr.ip
            for process in processes
            for one in process.net_connections("inet")
            if one.status == psutil.CONN_LISTEN
        ]
        first = at.run(with_failure(root))
        again = at.run([*chain(root), sum_task(root, "d", 1000, "sums/c")])
        at.side_by_side([partial(at.run, [meeting(root, *pair)]) for pair in (("e", "f"), ("f", "e"))])
        met = {name: at.ended[f"meetings/{name}"].record for name in "ef"}
        short = [f"s{number}" for number in range(6)]
        busy = at.run([meeting(root, "long", *short), *(meeting(root, name) for name in short)])
        alone, left = meeting(root, "g", "nobody"), root / "meetings" / "nobody.there"

        def refused():
            while not (root / "meetings" / "g.there").exists():
                time.sleep(0.02)
            raise InstanceError([Fault("here", "is bad")])

        with pytest.raises(InstanceError, match="here: is bad"):
            at.side_by_side([partial(at.run, [alone]), refused])
        waited_for = left.exists()
        left.touch()
    assert set(on_interrupt.values()) == {signal.SIG_IGN}  # the command ends its workers, not Ctrl-C
    assert met == {"e": {"met": ["f"]}, "f": {"met": ["e"]}}  # neither could end before the other had begun
    assert not any(one.failed for one in busy.values())  # no short one had to wait for the worker of the long one
    assert not waited_for  # what the other job had begun was called off
    for path in (root / "meetings").glob("*.there"):
        path.unlink()
    return root, first, again, watcher, listening


def test_it_finds_what_one_process_finds(clustered, tmp_path):
    _, first, _, _, _ = clustered
    assert told(first) == told(Runner(tmp_path).run(with_failure(tmp_path)))
    assert first["sums/c"].record == {"sum": 112}
    assert first["sums/x"].failed
    assert "needs sums/x, which failed" in str(first["sums/y"].faults[0])


def test_files_are_the_same(clustered, tmp_path):
    root = clustered[0]
    Runner(tmp_path).run([*chain(tmp_path), sum_task(tmp_path, "z", 7)])
    for path in tmp_path.glob("*/*/*.txt"):
        assert (root / path.relative_to(tmp_path)).read_bytes() == path.read_bytes()


def test_a_later_round_builds_on_an_earlier_one(clustered):
    _, _, again, _, _ = clustered
    assert again["sums/d"].record == {"sum": 1112}
    assert [again[f"sums/{name}"].kept for name in "abcd"] == [True, True, True, False]


def test_the_watcher_is_told_of_every_task(clustered):
    watcher = clustered[3]
    called_off = ["meetings/g"]
    assert sorted(watcher.begun) == sorted(watcher.ended + called_off)


def test_nothing_listens_to_other_machines(clustered):
    assert clustered[4]
    assert set(clustered[4]) == {"127.0.0.1"}


def test_nothing_is_left_behind(clustered):
    root = clustered[0]
    assert [path.name for path in root.rglob(".*")] == [".run"]


def test_a_scheduler_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr(runners, "CONNECT_S", 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(ClusterLostError, match="no scheduler answers"), runner(tmp_path, scheduler=address) as at:
        at.run(chain(tmp_path))


def test_a_scheduler_without_workers(tmp_path, monkeypatch):
    from distributed import LocalCluster

    monkeypatch.setattr(runners, "PATIENCE_S", 1)
    with (
        LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0") as empty,
        pytest.raises(ClusterLostError, match="no worker"),
        runner(tmp_path, scheduler=empty.scheduler_address) as at,
    ):
        at.run(chain(tmp_path))


@pytest.mark.parametrize("scheduler", ["", "tcp://127.0.0.1:1"])
def test_where_nothing_must_be_done_no_cluster_is_started_or_looked_for(tmp_path, monkeypatch, scheduler):
    def begin(*_):
        raise ZeroDivisionError("a cluster is begun")

    Runner(tmp_path).run(chain(tmp_path))
    for name in ("_started", "_standing"):
        monkeypatch.setattr(runners, name, begin)
    with runner(tmp_path, workers=2, scheduler=scheduler) as at:
        again = at.run(chain(tmp_path))
        at.side_by_side([partial(at.run, chain(tmp_path))])
    assert [one.kept for one in again.values()] == [True, True, True]
    with pytest.raises(ZeroDivisionError, match="is begun"), runner(tmp_path, workers=2, scheduler=scheduler) as at:
        at.run([*chain(tmp_path), sum_task(tmp_path, "d", 1000, "sums/c")])
