"""What a route is asked, and what it answers."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from formulations.program import Matrix, Program


class Skipped(Exception):
    """The route does not run here; the message says why."""


@dataclass
class Task:
    """One run: an instance folder, the route's argument, and the limits.

    Attributes
    ----------
    gap
        Asked of every route, relative to the cost moved (`optimizer.results.solution.departure_base`).
    base
        What `gap` is relative to, for routes that want it in absolute terms; None where it is not known.
    prototype
        Path of a program that is run beside as it is; empty for none.
    processor_began
        Processor seconds of this process when building began; None before.
    """

    folder: str
    argument: str
    zones: int
    gap: float
    time_limit_s: float
    threads: int = 1
    seed: int = 0
    base: float | None = None
    prototype: str = ""
    processor_began: float | None = field(default=None, init=False)

    def gap_abs(self) -> float:
        """Return the gap in the unit of the objective; raises ValueError where the base is not known."""
        if self.base is None:
            raise ValueError("the base of the gap is not known")
        return max(self.gap * self.base, 1e-9)

    def program(self) -> tuple[Program, float]:
        """Return the Program and the seconds that building it took; reading the instance is not counted."""
        from formulations.assemble import assemble, land_block
        from instances.instance import load

        small_program()
        instance = load(self.folder)
        self.processor_began = time.process_time()
        began = time.perf_counter()
        program = assemble(land_block(instance))
        return program, time.perf_counter() - began


def small_program() -> Program:
    """Return the Program of a bundled instance of a few zones.

    Built, and solved by routes with kernels of their own, before the clock starts: loading libraries and compiled
    kernels takes a second whatever the size of a case. The whole command is measured with all of that.
    """
    from formulations.assemble import assemble, land_block
    from instances.instance import load

    return assemble(land_block(load("tiny")))


@dataclass(frozen=True)
class Answer:
    """What a route found.

    `values` are those of the Program's columns, from which the worker computes objective, gap and violation
    itself. `objective`, `gap`, `peak_mb` and `total_s` are given only by routes that run a program of their own.
    `matrix` saves flattening a second time.
    """

    build_s: float
    solve_s: float
    program: Program | None = None
    matrix: Matrix | None = None
    values: NDArray[np.float64] | None = None
    bound: float | None = None
    termination: str = ""
    objective: float | None = None
    gap: float | None = None
    peak_mb: float | None = None
    total_s: float | None = None
    processor_s: float | None = None
    note: str = ""
