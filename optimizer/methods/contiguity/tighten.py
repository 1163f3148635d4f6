"""The relaxation with separating rows: solved, separated and solved again from its basis until nothing is violated."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from optimizer.methods import highs
from optimizer.methods.contiguity.rows import Row, matrix_of, needs
from optimizer.methods.contiguity.separate import separate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from formulations.program import Matrix, Program
    from optimizer.methods.contiguity.cells import Cells
    from optimizer.results.solution import SolveOptions

ROUNDS = 60

STALLED = 8
"""Rounds that may go by without the bound rising by ..."""

RISE = 1e-5
"""... this part of the cost of the relaxation."""

IDLE = 1e-9
"""Multipliers below this count as none."""

TIME_PART = 0.3
"""Part of the time left that the relaxation may take."""


@dataclass(frozen=True)
class Tight:
    """The relaxation of a Program with separating rows.

    Attributes
    ----------
    answer
        Of HiGHS; its duals are those of the Program's rows and then of `rows`.
    bound
        What the duals prove, None where there are none.
    rows
        Rows of each quota on patches that were given or bind, one list a quota.
    """

    answer: highs.Answer
    bound: float | None
    rows: tuple[list[Row], ...]


def tighten(
    program: Program, every: Sequence[Cells], rows: Sequence[Sequence[Row]], options: SolveOptions, deadline: float
) -> Tight:
    """Solve the relaxation and add rows until no cell of it is unlawful, the bound stalls or time runs short."""
    matrix = program.matrix()
    until = min(deadline, time.perf_counter() + TIME_PART * max(deadline - time.perf_counter(), 0.0))
    solver = highs.load(matrix, integers=False)
    held = [(which, row) for which, list_ in enumerate(rows) for row in list_]
    held += [pair for pair in _settled(every) if pair not in set(held)]
    _add(solver, every, held)
    given = len(held)
    best, stalled = -np.inf, 0
    last: tuple[highs.Answer, list[tuple[int, Row]]] | None = None
    for round_ in range(1, ROUNDS + 1):
        highs.configure(solver, options, until - time.perf_counter())
        answer = highs.run(solver)
        if answer.values is None or answer.duals is None or answer.status != highs.Status.kOptimal:
            if last is None or highs.is_infeasible(answer):
                return Tight(answer, None, _by_quota(every, held))
            answer, held = last
            break
        last = answer, held
        cost = float(matrix.cost @ answer.values)
        stalled = 0 if cost > best + RISE * float(np.abs(matrix.cost * answer.values).sum()) else stalled + 1
        best = max(best, cost)
        found = _violated(every, answer.values, set(held))
        if not found or stalled > STALLED or round_ == ROUNDS or time.perf_counter() > until:
            break
        _add(solver, every, found)
        held = held + found
    return _kept(matrix, every, held, given, answer)


def _settled(every: Sequence[Cells]) -> list[tuple[int, Row]]:
    """Return the rows that keep dead cells out."""
    return [(which, needs(int(cell), ())) for which, cells in enumerate(every) for cell in np.flatnonzero(cells.dead)]


def _violated(every: Sequence[Cells], values: NDArray[np.float64], held: set[tuple[int, Row]]) -> list[tuple[int, Row]]:
    found = [(which, row) for which, cells in enumerate(every) for row in separate(cells, cells.incidence @ values)]
    return [pair for pair in dict.fromkeys(found) if pair not in held]


def _add(solver: highs.Solver, every: Sequence[Cells], found: Sequence[tuple[int, Row]]) -> None:
    for _, row in _stacked(every, found):
        highs.add_rows(solver, row, np.zeros(row.shape[0]))


def _stacked(every: Sequence[Cells], found: Sequence[tuple[int, Row]]) -> list[tuple[int, sp.csr_array]]:
    """Return rows in their order as matrices, one a run of rows of the same quota."""
    if not found:
        return []
    number = np.array([which for which, _ in found])
    starts = np.flatnonzero(np.diff(number, prepend=-1))
    parts = np.split(np.arange(len(found)), starts[1:])
    return [(int(number[part[0]]), matrix_of(every[number[part[0]]], [found[k][1] for k in part])) for part in parts]


def _by_quota(every: Sequence[Cells], found: Sequence[tuple[int, Row]]) -> tuple[list[Row], ...]:
    return tuple([row for number, row in found if number == which] for which in range(len(every)))


def _kept(
    matrix: Matrix, every: Sequence[Cells], held: list[tuple[int, Row]], given: int, answer: highs.Answer
) -> Tight:
    """Keep the rows with multipliers, whose bound is the same, and the first `given`, which plans violated before."""
    assert answer.duals is not None
    first = matrix.rows.shape[0]
    idle = np.abs(answer.duals[first:]) <= IDLE
    chosen = [k for k in range(len(held)) if k < given or not idle[k]]
    chosen.sort(key=lambda k: held[k][0])
    kept = [held[k] for k in chosen]
    duals = np.concatenate([answer.duals[:first], answer.duals[first:][chosen]])
    whole = replace(
        matrix,
        rows=sp.csr_array(sp.vstack([matrix.rows, *(part for _, part in _stacked(every, kept))], format="csr")),
        row_lower=np.concatenate([matrix.row_lower, np.zeros(len(kept))]),
        row_upper=np.concatenate([matrix.row_upper, np.full(len(kept), np.inf)]),
    )
    return Tight(replace(answer, duals=duals), highs.dual_bound(whole, duals), _by_quota(every, kept))
