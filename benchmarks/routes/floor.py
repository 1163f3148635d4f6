"""The bandwidth floor: the time of reading once what a pass over all moves must read."""

from __future__ import annotations

import time

import numpy as np

from routes.task import Answer, Task

REPEATS = 5


def run(task: Task) -> Answer:
    """Read cost (8 bytes) and kind (4) of every move and the start (8) of every choice group; best of five."""
    program, build_s = task.program()
    moves = program.moves
    cost = program.cost[: len(moves)]
    kind = moves.target.astype(np.int32)
    seconds = min(_read(cost, kind, moves.start) for _ in range(REPEATS))
    size = (cost.nbytes + kind.nbytes + moves.start.nbytes) / 1e6
    return Answer(
        build_s=build_s,
        solve_s=seconds,
        program=program,
        termination="read",
        note=f"{size:,.1f} MB at {size / 1e3 / seconds:.1f} GB/s",
    )


def _read(*arrays: np.ndarray) -> float:
    """Return the seconds of one look at every element; the greatest is found as fast as memory delivers."""
    began = time.perf_counter()
    for array in arrays:
        array.max()
    return time.perf_counter() - began
