"""Ways to solve a Program; each file holds one, and all return the same Solution.

A method is a function (program, options, progress) -> Solution registered here by name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from optimizer.methods import direct

if TYPE_CHECKING:
    from formulations.program import Program
    from optimizer.progress import Progress
    from optimizer.results.solution import Solution, SolveOptions

Method = Callable[["Program", "SolveOptions", "Progress"], "Solution"]

METHODS: dict[str, Method] = {direct.NAME: direct.solve}
"""Every method that `--method` offers, by name."""


def resolve_method(name: str, program: Program) -> str:
    """Return the name of the method that runs; `auto` picks by size and structure of the Program."""
    return direct.NAME if name == "auto" else name


def choose(name: str, program: Program) -> Method:
    """Return a method by name; raises KeyError for unknown names."""
    return METHODS[resolve_method(name, program)]
