"""Ways to solve a Program; each file holds one, and all return the same Solution.

A method is a function (program, options, progress) -> Solution registered here by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from optimizer.methods import contiguity, core, decompose, direct

if TYPE_CHECKING:
    from formulations.program import Program
    from optimizer.progress import Progress
    from optimizer.results.solution import Solution, SolveOptions

Method = Callable[["Program", "SolveOptions", "Progress"], "Solution"]

METHODS: dict[str, Method] = {method.NAME: method.solve for method in (direct, core, decompose)}
"""Every method that `--method` offers, by name."""

MANY_MOVES = 300_000
"""Moves from which a Program is many."""

MANY_WHOLE = 20_000
"""Whole-number columns from which HiGHS alone takes long."""


@dataclass(frozen=True)
class Choice:
    """A method and, in one line in either language, why it runs."""

    name: str
    reason: Mapping[str, str]


def resolve_method(name: str, program: Program) -> Choice:
    """Return the method that runs; `auto` picks by size and structure of the Program."""
    moves, whole = len(program.moves), int(program.integer.sum())
    if name != "auto":
        return Choice(name, {"zh": "按用户指定", "en": "asked for"})
    zh, en = f"{moves:,} 个转换变量、{whole:,} 个整数变量", f"{moves:,} moves and {whole:,} whole-number columns"
    if program.patches:
        reason = {
            "zh": f"{zh}，新增用地须成片：HiGHS 加分离割",
            "en": f"{en}: new land must hang together, HiGHS with cuts",
        }
        return Choice(direct.NAME, reason)
    if moves >= MANY_MOVES or whole >= MANY_WHOLE:
        reason = {
            "zh": f"{zh}，规模大：对约束定价后分块求解",
            "en": f"{en}: large, and land falls apart once quotas are priced",
        }
        return Choice(decompose.NAME, reason)
    return Choice(direct.NAME, {"zh": f"{zh}，可由 HiGHS 整体求解", "en": f"{en}: small enough for HiGHS as a whole"})


def choose(name: str, program: Program) -> Method:
    """Return a method by name; raises KeyError for unknown names."""
    method = METHODS[resolve_method(name, program).name]
    return partial(contiguity.solve, inner=method) if program.patches else method
