"""Programs that a route runs as a process of their own."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Ended:
    """A process that has ended: exit code, text of both streams, seconds and memory."""

    code: int
    text: str
    seconds: float
    processor_s: float
    peak_mb: float

    def failure(self) -> RuntimeError:
        """Return what went wrong, on one line: the exit code and the end of what it printed."""
        return RuntimeError(f"exit code {self.code}: {' '.join(self.text.split())[-300:]}")


def run_child(command: list[str]) -> Ended:
    """Run a program from the project's root and wait; the only child of this process, so that its use is known."""
    began = time.perf_counter()
    ended = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    seconds = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Ended(ended.returncode, ended.stdout, seconds, used.ru_utime + used.ru_stime, peak_mb(used.ru_maxrss))


def peak_mb(maxrss: int) -> float:
    """Return the peak resident memory in MB; the kernel counts in KiB, on macOS in bytes."""
    return maxrss / 1e6 if sys.platform == "darwin" else maxrss * 1024 / 1e6
