"""Ways to solve a Program; each file holds one, and all return the same Solution.

A method is a function (program, options, progress) -> Solution registered here by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from formulations.boundary import is_boundary
from formulations.pooled import pooled
from optimizer.methods import connected, contiguity, core, decompose, direct

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

MANY_ZONES = 100_000
"""Pieces of land from which a Program with borders goes to minimum cuts.

They are sooner from 30,000 pieces for a gap of 1e-3, and from somewhere between 100,000 and 300,000 for 1e-4."""

MANY_UNITS, MANY_BORDERED = 2_000, 1_000
"""Planning units from which a prioritisation is priced, and those from which one with borders goes to minimum cuts.

Where targets of ten and more features bind, a gap of 1e-4 is beyond either method below some 10,000 units; from 2,000
on prices lead to better plans in the same time, and what they leave is branched on all the same."""

MOST_PRICED = 400
"""Rows of a prioritisation that can be priced; rules with a row for each unit have more."""


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
    if program.connected:
        return _of_connected(program)
    if not moves:
        words = {
            "zh": f"电网规划，{whole:,} 个整数变量：HiGHS 整体求解",
            "en": f"a network, {whole:,} whole-number columns: HiGHS as a whole",
        }
        return Choice(direct.NAME, words)
    if program.gap_base == "objective":
        return _of_units(program)
    if program.boundaries:
        return _with_borders(program, zh, en)
    if decompose.has_network(program):
        return _with_network(program, zh, en)
    if moves >= MANY_MOVES or whole >= MANY_WHOLE:
        reason = {
            "zh": f"{zh}，规模大：对约束定价后分块求解",
            "en": f"{en}: large, and land falls apart once quotas are priced",
        }
        return Choice(decompose.NAME, reason)
    return Choice(direct.NAME, {"zh": f"{zh}，可由 HiGHS 整体求解", "en": f"{en}: small enough for HiGHS as a whole"})


def _of_connected(program: Program) -> Choice:
    """Return the method for what a Program whose chosen units must hang together is made of."""
    units = program.moves.n_groups
    if connected.is_small(program):
        zh, en = "以网络流表述，HiGHS 整体求解", "connection stated as a flow, HiGHS as a whole"
    else:
        zh, en = "连通约束以分离割与分支求解", "separating cuts and branches for what must hang together"
    return Choice(direct.NAME, {"zh": f"{units:,} 个规划单元：{zh}", "en": f"{units:,} planning units: {en}"})


def _of_units(program: Program) -> Choice:
    """Return the method for a prioritisation."""
    units, bordered = program.moves.n_groups, bool(program.boundaries)
    zh, en = f"{units:,} 个规划单元", f"{units:,} planning units"
    if not program.moves.whole.all():
        reason = {"zh": f"{zh}，可部分选取：HiGHS 整体求解", "en": f"{en} in shares: HiGHS as a whole"}
        return Choice(direct.NAME, reason)
    rows = sum(len(quota) for quota in program.quotas if not is_boundary(quota.rule))
    if rows > MOST_PRICED:
        reason = {
            "zh": f"{zh}、{rows:,} 行约束，行数过多不宜定价：HiGHS 整体求解",
            "en": f"{en} in {rows:,} rows, too many to price: HiGHS as a whole",
        }
        return Choice(direct.NAME, reason)
    if bordered and units >= MANY_BORDERED:
        reason = {
            "zh": f"{zh}，计入边界惩罚：对目标定价后求最小割",
            "en": f"{en} with borders that count: minimum cuts once targets are priced",
        }
        return Choice(decompose.NAME, reason)
    if not bordered and units >= MANY_UNITS:
        reason = {
            "zh": f"{zh}，规模大：对目标与预算定价后逐个选取",
            "en": f"{en}: large, each is chosen by itself once targets and budgets are priced",
        }
        return Choice(decompose.NAME, reason)
    return Choice(direct.NAME, {"zh": f"{zh}，可由 HiGHS 整体求解", "en": f"{en}: small enough for HiGHS as a whole"})


def _with_borders(program: Program, zh: str, en: str) -> Choice:
    """Return the method for a Program whose borders count; `zh` and `en` say how large it is."""
    pieces = program.moves.n_groups
    if pieces >= MANY_ZONES:
        reason = {
            "zh": f"{pieces:,} 块用地计入边界长度，规模大：对约束定价后求最小割",
            "en": f"{pieces:,} pieces of land with borders that count: large, minimum cuts once quotas are priced",
        }
        return Choice(decompose.NAME, reason)
    reason = {
        "zh": f"{zh}，计入边界长度，可由 HiGHS 整体求解",
        "en": f"{en}, borders count: small enough for HiGHS as a whole",
    }
    return Choice(direct.NAME, reason)


def _with_network(program: Program, zh: str, en: str) -> Choice:
    """Return the method for land with a network; what counts is how much land is left once alike land is pooled."""
    left = len(program.moves)
    if left >= MANY_MOVES:
        left = len(pooled(program).program.moves)
    if left >= MANY_MOVES:
        reason = {
            "zh": f"{zh}，电网与用地联合，规模大：对约束定价，电网整体求解",
            "en": f"{en}, a network among them: large, land is priced and the network kept whole",
        }
        return Choice(decompose.NAME, reason)
    reason = {
        "zh": f"{zh}，电网与用地联合：HiGHS 整体求解",
        "en": f"{en}, a network among them: HiGHS as a whole",
    }
    return Choice(direct.NAME, reason)


def choose(name: str, program: Program) -> Method:
    """Return a method by name; raises KeyError for unknown names."""
    method = METHODS[resolve_method(name, program).name]
    if program.connected:
        return partial(connected.solve, inner=method)
    return partial(contiguity.solve, inner=method) if program.patches else method
