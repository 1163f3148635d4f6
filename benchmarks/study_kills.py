"""Studies that are broken off by killing real processes: what is finished stays, and a rerun completes the rest.

    python benchmarks/study_kills.py --times 20

Five ways: a worker of a local cluster is killed while it solves, the client of one, the scheduler of a cluster of
processes of their own, Ctrl-C, and client, worker and scheduler in turn. Prints a line for each time, and what was
wrong, if anything.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

FILE = """[study]
name = "kills"
base = "tiny"
gap = 0.0
"""
SCENARIO = """
[[scenario]]
name = "s{number}"
[[scenario.change]]
table = "land/quotas"
where = {{ rule = "growth_demand" }}
column = "value"
scale = {scale}
"""
SCENARIOS = 6
PATIENCE_S = 240.0
TOLD = ("status", "objective", "bound", "audit_passed")
SANQU = (sys.executable, "-c", "from optimizer.cli import app; app()")
DASK = {name: (sys.executable, "-m", f"distributed.cli.dask_{name}") for name in ("scheduler", "worker")}


class Broken(AssertionError):
    """Something of a finished result was lost, done again or half written, or a process was left behind."""


def write_study(folder: Path) -> Path:
    """Write a study of a few small scenarios."""
    path = folder / "kills.toml"
    parts = [SCENARIO.format(number=number, scale=1 - number / 100) for number in range(SCENARIOS)]
    path.write_text(FILE + "".join(parts))
    return path


def start_run(study: Path, out: Path, *options: str) -> subprocess.Popen[str]:
    """Start `sanqu study run` as a process group of its own, as a terminal would."""
    command = (*SANQU, "study", "run", str(study), "--out", str(out), "--lang", "en", *options)
    to = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, text=True, start_new_session=True, **to)


def finished(out: Path) -> dict[str, tuple[int, int]]:
    """Return inode and time of change of what is finished, by folder."""
    found = {}
    for record in out.glob("*/*/task.json"):
        if not record.parent.name.startswith("."):
            stat = record.stat()
            found[str(record.parent.relative_to(out))] = (stat.st_ino, stat.st_mtime_ns)
    return found


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait until something holds; raises Broken where it does not come about."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise Broken(f"waited {PATIENCE_S:.0f} s for: {what}")
        time.sleep(0.02)


def while_it_solves(run: subprocess.Popen[str], out: Path, already: int = 0) -> None:
    """Wait until a scenario more than some is finished, and another one is being solved."""

    def under_way() -> bool:
        if run.poll() is not None:
            raise Broken(f"ended with {run.returncode} before its time: {run.communicate()[0]}")
        return solved(out) > already and any(out.glob("scenarios/.*.new.*"))

    wait_until(under_way, "one more solved, another under way")


def solved(out: Path) -> int:
    """Return how many scenarios are finished."""
    return sum(name.startswith("scenarios/") for name in finished(out))


def complete(study: Path, out: Path, before: Mapping[str, tuple[int, int]], *options: str) -> None:
    """Run a study to its end; raises Broken where a finished result is done again or anything is amiss."""
    run = start_run(study, out, *options)
    said, _ = run.communicate(timeout=PATIENCE_S)
    if run.returncode != 0:
        raise Broken(f"the rerun ended with {run.returncode}: {said}")
    whole(out, before)


def whole(out: Path, before: Mapping[str, tuple[int, int]]) -> None:
    """Raise Broken unless everything is there, what was finished before is untouched, and nothing else is left."""
    now = finished(out)
    again = [name for name, stamp in before.items() if now.get(name) != stamp]
    if again:
        raise Broken(f"lost or done again: {', '.join(again)}")
    manifest = json.loads((out / "manifest.json").read_text())
    states = {name: task["state"] for name, task in manifest["tasks"].items()}
    if not manifest["complete"] or len(states) < 2 * SCENARIOS or set(states.values()) != {"done"}:
        raise Broken(f"not complete: {states}")
    left = [str(path) for path in out.rglob(".*") if path.name != ".run"]
    if left:
        raise Broken(f"left behind: {', '.join(left)}")


def answers(out: Path) -> dict[str, dict[str, object]]:
    """Return what every scenario came to."""
    manifest = json.loads((out / "manifest.json").read_text())
    return {one["name"]: {name: one[name] for name in TOLD} for one in manifest["scenarios"]}


def below(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return the processes that a process has started."""
    return psutil.Process(process.pid).children(recursive=True)


def worker_of(process: subprocess.Popen[str]) -> psutil.Process:
    """Return a worker that a process has started."""
    return next(one for one in below(process) if "spawn_main" in " ".join(one.cmdline()) and one.num_threads() > 3)


def gone(processes: list[psutil.Process]) -> None:
    """Raise Broken unless processes end by themselves."""
    _, alive = psutil.wait_procs(processes, timeout=20)
    if alive:
        raise Broken(f"processes left behind: {alive}")


def kill_a_worker(folder: Path) -> Path:
    """Kill a worker of a local cluster while it solves: the same run completes."""
    study, out = write_study(folder), folder / "out"
    run = start_run(study, out, "--workers", "2")
    while_it_solves(run, out)
    before, workers = finished(out), below(run)
    worker_of(run).kill()
    said, _ = run.communicate(timeout=PATIENCE_S)
    if run.returncode != 0:
        raise Broken(f"the run ended with {run.returncode}: {said}")
    whole(out, before)
    gone(workers)
    return out


def kill_the_client(folder: Path) -> Path:
    """Kill the client of a local cluster while it solves: its workers end, and a rerun completes."""
    return _broken_off(folder, lambda run: run.kill())


def interrupt(folder: Path) -> Path:
    """Press Ctrl-C while a local cluster solves: all processes end with a word, and a rerun completes."""
    return _broken_off(folder, lambda run: os.killpg(run.pid, signal.SIGINT), "run the same command again")


def _broken_off(folder: Path, stop: Callable[[subprocess.Popen[str]], None], word: str = "") -> Path:
    study, out = write_study(folder), folder / "out"
    run = start_run(study, out, "--workers", "2")
    while_it_solves(run, out)
    workers = below(run)
    stop(run)
    said, _ = run.communicate(timeout=PATIENCE_S)
    gone(workers)
    if word and (run.returncode != 1 or word not in said):
        raise Broken(f"ended with {run.returncode}: {said}")
    complete(study, out, finished(out), "--workers", "1")
    return out


def kill_the_scheduler(folder: Path) -> Path:
    """Kill a scheduler while its workers solve: the client says so, and a rerun completes."""
    study, out = write_study(folder), folder / "out"
    with cluster(folder) as (address, scheduler, _):
        run = start_run(study, out, "--scheduler", address)
        while_it_solves(run, out)
        scheduler.kill()
        _says_so(run)
    complete(study, out, finished(out), "--workers", "1")
    return out


def kill_all_in_turn(folder: Path) -> Path:
    """Kill client, worker and scheduler of one cluster, each while it solves what the last left: a rerun completes."""
    study, out = write_study(folder), folder / "out"
    with cluster(folder) as (address, scheduler, workers):
        run = start_run(study, out, "--scheduler", address)
        while_it_solves(run, out)
        run.kill()
        before = finished(out)
        run.communicate(timeout=PATIENCE_S)
        run = start_run(study, out, "--scheduler", address)
        while_it_solves(run, out, solved(out))
        worker_of(workers[0]).kill()
        while_it_solves(run, out, solved(out))
        scheduler.kill()
        _says_so(run)
    complete(study, out, before | finished(out), "--workers", "1")
    return out


def _says_so(run: subprocess.Popen[str]) -> None:
    """Raise Broken unless a run says that it has lost its scheduler, and what to do."""
    said, _ = run.communicate(timeout=PATIENCE_S)
    words = ("the scheduler does not answer any more", "run the same command again")
    if run.returncode != 1 or not all(word in said for word in words):
        raise Broken(f"ended with {run.returncode}: {said}")


@contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[tuple[str, subprocess.Popen[str], list[subprocess.Popen[str]]]]:
    """Yield address and process of a scheduler, and the processes of its workers."""
    where = folder / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "text": True, "cwd": folder}
    quiet["env"] = {**os.environ, "TMPDIR": str(folder)}
    local = ("--host", "127.0.0.1", "--no-dashboard")
    scheduler = subprocess.Popen((*DASK["scheduler"], *local, "--port", "0", "--scheduler-file", str(where)), **quiet)
    started = [scheduler]
    try:
        wait_until(lambda: where.is_file() and where.read_text().endswith("}"), "a scheduler")
        address = json.loads(where.read_text())["address"]
        for _ in range(workers):
            options = (*local, "--nthreads", "1", "--local-directory", str(folder), "--death-timeout", "20")
            started.append(subprocess.Popen((*DASK["worker"], address, *options), **quiet))
        yield address, scheduler, started[1:]
    finally:
        children = [child for one in started if one.poll() is None for child in below(one)]
        for one in started:
            one.terminate()
        for one in started:
            one.wait(timeout=60)
        gone(children)


WAYS = {
    "worker": kill_a_worker,
    "client": kill_the_client,
    "scheduler": kill_the_scheduler,
    "interrupt": interrupt,
    "in turn": kill_all_in_turn,
}


def main() -> None:
    """Break off studies again and again; ends with 1 where anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--ways", nargs="+", choices=sorted(WAYS), default=list(WAYS))
    asked = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background of a shell passes over it
    wrong = 0
    with tempfile.TemporaryDirectory() as place:
        untouched = Path(place) / "untouched"
        untouched.mkdir()
        complete(write_study(untouched), untouched / "out", {}, "--workers", "1")
        expected = answers(untouched / "out")
        for way in asked.ways:
            for time_ in range(asked.times):
                folder = Path(place) / f"{way}{time_}"
                folder.mkdir()
                began, verdict = time.perf_counter(), "nothing lost"
                try:
                    if answers(WAYS[way](folder)) != expected:
                        raise Broken("other objectives or bounds")
                except (Broken, subprocess.TimeoutExpired) as error:
                    verdict, wrong = str(error), wrong + 1
                print(f"{way:10} {time_ + 1:3}  {time.perf_counter() - began:6.1f} s  {verdict}", flush=True)
    print(f"{wrong} of {asked.times * len(asked.ways)} went wrong")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
