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


def _choice(method: str, zh: str, en: str) -> Choice:
    return Choice(method, {"zh": zh, "en": en})


def _as_a_whole(zh: str, en: str) -> Choice:
    """Return `direct` for a Program that is small; `zh` and `en` say how large it is."""
    return _choice(direct.NAME, f"{zh}，可由 HiGHS 整体求解", f"{en}: small enough for HiGHS as a whole")


def resolve_method(name: str, program: Program) -> Choice:
    """Return the method that runs; `auto` picks by size and structure of the Program."""
    if name != "auto":
        return _choice(name, "按用户指定", "asked for")
    moves, whole = len(program.moves), int(program.integer.sum())
    zh, en = f"{moves:,} 个转换变量、{whole:,} 个整数变量", f"{moves:,} moves and {whole:,} whole-number columns"
    if program.patches:
        return _choice(
            direct.NAME, f"{zh}，新增用地须成片：HiGHS 加分离割", f"{en}: new land must hang together, HiGHS with cuts"
        )
    if program.connected:
        return _of_connected(program)
    if not moves:
        return _choice(
            direct.NAME,
            f"电网规划，{whole:,} 个整数变量：HiGHS 整体求解",
            f"a network, {whole:,} whole-number columns: HiGHS as a whole",
        )
    if program.gap_base == "objective":
        return _of_units(program)
    if program.boundaries:
        return _with_borders(program, zh, en)
    if decompose.has_network(program):
        return _with_network(program, zh, en)
    if moves >= MANY_MOVES or whole >= MANY_WHOLE:
        return _choice(
            decompose.NAME,
            f"{zh}，规模大：对约束定价后分块求解",
            f"{en}: large, and land falls apart once quotas are priced",
        )
    return _as_a_whole(zh, en)


def _of_connected(program: Program) -> Choice:
    """Return the method for what a Program whose chosen units must hang together is made of."""
    units = program.moves.n_groups
    if connected.is_small(program):
        zh, en = "以网络流表述，HiGHS 整体求解", "connection stated as a flow, HiGHS as a whole"
    else:
        zh, en = "连通约束以分离割与分支求解", "separating cuts and branches for what must hang together"
    return _choice(direct.NAME, f"{units:,} 个规划单元：{zh}", f"{units:,} planning units: {en}")


def _of_units(program: Program) -> Choice:
    """Return the method for a prioritisation."""
    units, bordered = program.moves.n_groups, bool(program.boundaries)
    zh, en = f"{units:,} 个规划单元", f"{units:,} planning units"
    if not program.moves.whole.all():
        return _choice(direct.NAME, f"{zh}，可部分选取：HiGHS 整体求解", f"{en} in shares: HiGHS as a whole")
    rows = sum(len(quota) for quota in program.quotas if not is_boundary(quota.rule))
    if rows > MOST_PRICED:
        return _choice(
            direct.NAME,
            f"{zh}、{rows:,} 行约束，行数过多不宜定价：HiGHS 整体求解",
            f"{en} in {rows:,} rows, too many to price: HiGHS as a whole",
        )
    if bordered and units >= MANY_BORDERED:
        return _choice(
            decompose.NAME,
            f"{zh}，计入边界惩罚：对目标定价后求最小割",
            f"{en} with borders that count: minimum cuts once targets are priced",
        )
    if not bordered and units >= MANY_UNITS:
        return _choice(
            decompose.NAME,
            f"{zh}，规模大：对目标与预算定价后逐个选取",
            f"{en}: large, each is chosen by itself once targets and budgets are priced",
        )
    return _as_a_whole(zh, en)


def _with_borders(program: Program, zh: str, en: str) -> Choice:
    """Return the method for a Program whose borders count; `zh` and `en` say how large it is."""
    pieces = program.moves.n_groups
    if pieces >= MANY_ZONES:
        return _choice(
            decompose.NAME,
            f"{pieces:,} 块用地计入边界长度，规模大：对约束定价后求最小割",
            f"{pieces:,} pieces of land with borders that count: large, minimum cuts once quotas are priced",
        )
    return _as_a_whole(f"{zh}，计入边界长度", f"{en}, borders count")


def _with_network(program: Program, zh: str, en: str) -> Choice:
    """Return the method for land with a network; what counts is how much land is left once alike land is pooled."""
    left = len(program.moves)
    if left >= MANY_MOVES:
        left = len(pooled(program).program.moves)
    if left >= MANY_MOVES:
        return _choice(
            decompose.NAME,
            f"{zh}，电网与用地联合，规模大：对约束定价，电网整体求解",
            f"{en}, a network among them: large, land is priced and the network kept whole",
        )
    return _choice(
        direct.NAME, f"{zh}，电网与用地联合：HiGHS 整体求解", f"{en}, a network among them: HiGHS as a whole"
    )


def choose(name: str, program: Program) -> Method:
    """Return a method by name; raises KeyError for unknown names."""
    method = METHODS[resolve_method(name, program).name]
    if program.connected:
        return partial(connected.solve, inner=method)
    return partial(contiguity.solve, inner=method) if program.patches else method
