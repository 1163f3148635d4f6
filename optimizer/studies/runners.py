"""Doing tasks: one after another here, or side by side on a Dask cluster, with the same results.

A runner does only what an earlier run has not done. Tasks that do not need each other run at the same time on a
cluster, and so do jobs, each of which hands out tasks of its own by what those before came to; a worker that is lost
has its task done again by another one. When the cluster itself is lost, what is done stays done.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from optimizer.studies.tasks import RECORD, RUN, Ended, Task, broken, done, key_of, perform

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from distributed import Client, Future, LocalCluster

ATTEMPTS = 5
"""Workers that a task may lose before it is given up."""

PATIENCE_S = 60
"""Seconds that a cluster may be without any worker."""

CONNECT_S = 10
"""Seconds that a scheduler may take to answer."""

LONGEST = 200
"""Bytes that the name of a folder may have: file systems allow 255, and unfinished folders have longer names."""

LOOK_S = 0.25
"""Seconds after which a runner looks again whether a worker is free."""

WORKERS = ".workers"
"""Folder of a study for what the workers of this machine leave on disk while they run."""

LOGGERS = ("distributed", "distributed.client", "tornado.application")
"""What Dask would say of a cluster that is lost; the command says it in its own words."""

SETTINGS = {
    "distributed.scheduler.allowed-failures": ATTEMPTS,
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.worker.preload": ["optimizer.studies.uninterrupted"],
    "distributed.worker.use-file-locking": False,
    "distributed.comm.retry.count": 0,
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.admin.tick.interval": "1s",
    "distributed.worker.profile.enabled": False,
}
"""Settings of Dask: no web pages, no profiles, an event loop that rests, no locks in a folder that is the run's own."""


class ClusterLostError(RuntimeError):
    """The scheduler does not answer, or has no worker any more."""


class Watcher(Protocol):
    """Something that is told how far a study is."""

    def begin(self, folders: Sequence[str]) -> None:
        """Say which tasks there are to do."""

    def end(self, ended: Ended) -> None:
        """Say that a task has ended."""


class Quiet:
    """A watcher that says nothing."""

    def begin(self, folders: Sequence[str]) -> None:
        """Say nothing."""

    def end(self, ended: Ended) -> None:
        """Say nothing."""


class Runner:
    """Does tasks one after another in this process.

    `ended` says by folder how all tasks so far ended, `hashes` are those of what they found.
    """

    def __init__(self, root: Path, watcher: Watcher | None = None) -> None:
        self.root, self.watcher = root.absolute(), watcher or Quiet()
        self.root.mkdir(parents=True, exist_ok=True)
        self.hashes: dict[str, str] = {}
        self.ended: dict[str, Ended] = {}
        self._keys: dict[str, str] = {}
        self._lock = threading.RLock()
        self._run = uuid4().hex
        (self.root / RUN).write_text(self._run, encoding="utf-8")  # workers of an earlier run write no more

    def run(self, tasks: Sequence[Task]) -> dict[str, Ended]:
        """Do what is not done, each task after those that it needs, and return how all ended, by folder.

        Tasks come in an order in which each follows those it needs; one that needs one that failed fails with it.
        """
        with self._lock:
            self.watcher.begin([task.folder for task in tasks])
            self.ended = self._besides(tasks)
        self._do(tasks)
        with self._lock:
            found = {task.folder: self.ended[task.folder] for task in tasks}
            self.ended = self._besides(tasks) | found  # in their order, whichever came first
        return found

    def _besides(self, tasks: Sequence[Task]) -> dict[str, Ended]:
        """Return how all other tasks ended."""
        own = {task.folder for task in tasks}
        return {folder: one for folder, one in self.ended.items() if folder not in own}

    def side_by_side(self, jobs: Sequence[Callable[[], object]]) -> None:
        """Do jobs, each of which runs tasks: one after another here, at the same time on a cluster."""
        for job in jobs:
            job()

    def bar(self, ended: Ended) -> None:
        """Note that something of the study cannot be done."""
        with self._lock:
            self.watcher.begin([ended.folder])
            self._note(ended)

    def _do(self, tasks: Sequence[Task]) -> None:
        for task in tasks:
            self._note(self._known(task) or perform(self.root, task, self._keys[task.folder], self._run))

    def _known(self, task: Task) -> Ended | None:
        """Return the end of a task that nothing needs to be done for; None where it must be done."""
        barred = self._barred(task)
        if barred is not None:
            return barred
        key = key_of(task, self.hashes)
        with self._lock:
            if self._keys.setdefault(task.folder, key) != key:
                zh = "研究中有两部分需要同一文件夹（请将其一改名）"
                return broken(task.folder, "two parts of the study need this folder", "rename one of them", zh=zh)
        return done(self.root, task, key)

    def _barred(self, task: Task) -> Ended | None:
        """Return the end of a task that needs one that failed, or that has no place; None where nothing bars it."""
        lacking = [name for name in task.after if name in self.ended and self.ended[name].failed]
        if lacking:
            names = ", ".join(lacking)
            return broken(task.folder, f"needs {names}, which failed", zh=f"需要 {names}，但它未成")
        if any(len(name.encode()) > LONGEST for name in task.folder.split("/")):
            zh = "名称过长，不能作文件夹名（请用较短的名称）"
            return broken(task.folder, "the name is too long for a folder", "give shorter names", zh=zh)
        return None

    def _note(self, ended: Ended) -> None:
        with self._lock:
            self.hashes[ended.folder] = ended.stamp
            self.ended = self.ended | {ended.folder: ended}  # a new one: others may be reading the old
            self.watcher.end(ended)


class ClusterRunner(Runner):
    """Does tasks on a Dask cluster, whose workers see the folder of the study under the same path.

    `begin` starts the cluster, or finds it; it is called once there is a task that must be done.
    """

    def __init__(self, root: Path, begin: Callable[[], Client], watcher: Watcher | None = None) -> None:
        super().__init__(root, watcher)
        self._begin, self._over = begin, False
        self._begun: Client | None = None
        self._at_work: set[Future] = set()

    @property
    def client(self) -> Client:
        """The client of the cluster, which is started here; raises ClusterLostError where there is none."""
        with self._lock:
            if self._begun is None:
                self._begun = self._begin()
            return self._begun

    def side_by_side(self, jobs: Sequence[Callable[[], object]]) -> None:
        """Do jobs at the same time, each on a thread that does nothing but hand out tasks and wait for them."""
        with ThreadPoolExecutor(max(len(jobs), 1)) as threads:
            running = [threads.submit(job) for job in jobs]
            try:
                for one in as_completed(running):
                    one.result()
            except BaseException:  # an interrupt too: the other threads must not wait for what they began
                self._give_up()
                raise

    def _give_up(self) -> None:
        with self._lock:
            self._over = True
            left = list(self._at_work)
        self._call_off(left)

    def _call_off(self, futures: Iterable[Future]) -> None:
        """Tell the scheduler, where there still is one, that some tasks are not wanted any more."""
        if self._begun is not None and self._begun.status == "running":
            self._begun.cancel(list(futures), force=True)

    def _do(self, tasks: Sequence[Task]) -> None:
        """Hand out each task as soon as those that it needs have ended."""
        waiting = list(tasks)
        ready: list[Task] = []
        running: dict[Future, str] = {}
        try:
            while self._sift(waiting, ready) or running:
                self._hand_out(ready, running)
                for future in self._some_ended(running):
                    self._at_work.discard(future)
                    self._note(self._end(running.pop(future), future))
        except ClusterLostError:
            raise
        except (OSError, CancelledError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and self.client.status == "running":
                raise
            raise ClusterLostError("the scheduler does not answer any more") from error
        finally:
            self._call_off(running)
            self._at_work.difference_update(running)

    def _end(self, folder: str, future: Future) -> Ended:
        """Return how a task ended on a worker; raises CancelledError where the scheduler was lost with it."""
        if future.status == "error":
            error = future.exception()
            hint = "a worker was killed too often, for want of memory perhaps, or has another version of Sanqu"
            words = f"{type(error).__name__}: {error}"
            zh = f"{words}（工作进程多次被终止，或因内存不足，或三区版本不同）"
            return broken(folder, words, hint, zh=zh)
        ended: Ended = future.result()
        if not ended.failed and not (self.root / folder / RECORD).is_file():
            hint = "share the folder of the study with all workers"
            zh = f"工作进程已完成，但 {self.root} 中没有（请让所有工作进程都能访问研究文件夹）"
            return broken(folder, f"a worker has done it, but it is not in {self.root}", hint, zh=zh)
        return ended

    def _some_ended(self, running: Collection[Future]) -> Iterable[Future]:
        """Wait a moment, at most until a task has ended; raises ClusterLostError where there is nobody to do it."""
        from distributed import wait

        if not running:  # all workers do tasks of other jobs
            time.sleep(LOOK_S)
            return ()
        try:
            return wait(list(running), timeout=LOOK_S, return_when="FIRST_COMPLETED").done
        except TimeoutError:
            if not self.client.nthreads():
                wait_for_workers(self.client)
            return ()

    def _sift(self, waiting: list[Task], ready: list[Task]) -> list[Task]:
        """Move tasks that wait for no other any more to those that are ready, which are returned.

        Those that are done or barred end here. Each is looked at once: files of an earlier run may be many.
        """
        for task in list(waiting):
            if any(name not in self.ended for name in task.after):
                continue
            waiting.remove(task)
            known = self._known(task)
            if known is None:
                ready.append(task)
            else:
                self._note(known)
        return ready

    def _hand_out(self, ready: list[Task], running: dict[Future, str]) -> None:
        """Submit tasks to workers that are free, and leave those for which there is none.

        No worker is given a second task while it has one: Dask knows nothing of how long a task takes, and would let it
        wait there while another worker has nothing to do.
        """
        while ready and self._submitted(ready[0], running):
            del ready[0]

    def _submitted(self, task: Task, running: dict[Future, str]) -> bool:
        """Submit a task where a worker is free for it, and return whether there was one."""
        workers = len(self.client.nthreads())
        if not workers:
            wait_for_workers(self.client)
        key, name = self._keys[task.folder], f"{task.folder}-{self._run}"
        with self._lock:
            if self._over:
                raise CancelledError
            if len(self._at_work) >= workers:
                return False
            future = self.client.submit(perform, self.root, task, key, self._run, key=name, pure=False)
            self._at_work.add(future)
        running[future] = task.folder
        return True


def wait_for_workers(client: Client) -> None:
    """Wait until a cluster has a worker; raises ClusterLostError where it has none for long."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE_S)
    except (OSError, CancelledError) as error:
        raise ClusterLostError(f"the scheduler has had no worker for {PATIENCE_S} s") from error


@contextmanager
def runner(root: Path, watcher: Watcher | None = None, workers: int = 0, scheduler: str = "") -> Iterator[Runner]:
    """Yield a runner: on the cluster of `scheduler`, on one of this machine with `workers`, or (1) in this process.

    `workers` 0 means one for each core. A cluster is begun once a task must be done; the runner raises ClusterLostError
    where no scheduler answers, or where it has no worker.
    """
    scratch = root.absolute() / WORKERS
    shutil.rmtree(scratch, ignore_errors=True)  # of a run that was killed
    if not scheduler and workers == 1:
        yield Runner(root, watcher)
        return
    try:
        with ExitStack() as held:
            begin = partial(_standing, scheduler, held) if scheduler else partial(_started, workers, scratch, held)
            yield ClusterRunner(root, begin, watcher)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _standing(scheduler: str, held: ExitStack) -> Client:
    """Return a client of a scheduler that is there, which `held` closes."""
    _settle(held)
    from distributed import Client

    try:
        client = Client(scheduler, timeout=CONNECT_S)
    except (OSError, ValueError) as error:
        raise ClusterLostError(f"no scheduler answers at {scheduler}") from error
    held.callback(client.close)
    wait_for_workers(client)
    return client


def _started(workers: int, scratch: Path, held: ExitStack) -> Client:
    """Return a client of a cluster of this machine, which `held` ends; its workers write into `scratch`."""
    _settle(held, {"temporary-directory": str(scratch)})
    from distributed import Client

    client = Client(held.enter_context(_local_cluster(workers)))
    held.callback(client.close)  # not its context, which only the thread could leave that entered it
    return client


def _settle(held: ExitStack, more: Mapping[str, object] | None = None) -> None:
    """Set Dask as a study needs it, until `held` ends, and let it say nothing."""
    import dask
    import distributed  # noqa: F401 - its defaults come first, or they would be taken away with the settings

    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    held.enter_context(dask.config.set({**SETTINGS, **(more or {})}))


def _local_cluster(workers: int) -> LocalCluster:
    """Start a cluster of this machine that no other machine can reach."""
    import dask
    from distributed import LocalCluster

    # Dask would have every worker give memory back at once; solvers then fetch it anew, for a twentieth of their time.
    with dask.config.set({"distributed.nanny.pre-spawn-environ": {"OMP_NUM_THREADS": 1}}):
        return LocalCluster(
            n_workers=workers or None,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address="127.0.0.1:0",
            memory_limit=0,
            silence_logs=logging.CRITICAL,
        )
