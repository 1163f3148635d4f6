"""HiGHS on a whole model beside what is measured: one thread, a process of its own, stopped where it runs over."""

from __future__ import annotations

import multiprocessing
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optimizer.methods import highs

if TYPE_CHECKING:
    from collections.abc import Callable

    from formulations.program import Matrix


@dataclass(frozen=True)
class Run:
    """What HiGHS found, in seconds of clock and processor."""

    objective: float
    bound: float
    seconds: float
    processor_s: float


def solve(model: Callable[[], Matrix], gap: float, limit_s: float) -> Run:
    """Give a model to HiGHS; to make and to load it counts."""
    began, processor = time.perf_counter(), time.process_time()
    solver = highs.load(model())
    solver.setOptionValue("mip_rel_gap", gap)
    solver.setOptionValue("time_limit", limit_s)
    solver.setOptionValue("threads", 1)
    solver.run()
    info = solver.getInfo()
    seconds, processor = time.perf_counter() - began, time.process_time() - processor
    return Run(info.objective_function_value, info.mip_dual_bound, seconds, processor)


def in_own_process(work: Callable[..., None], *arguments: Any, limit_s: float) -> None:
    """Run `work(*arguments)` apart; twice the time limit and a minute later it is stopped."""
    other = multiprocessing.get_context("spawn").Process(target=work, args=arguments)
    other.start()
    other.join(2 * limit_s + 60)
    if other.is_alive():
        other.kill()
        print("HiGHS did not heed its time limit and was stopped")
