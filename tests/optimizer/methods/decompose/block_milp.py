"""Blocks against scipy's MILP solver on their own rows, taken from the Program's matrix."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from formulations.assemble import assemble, land_block
from instances.instance import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    import scipy.sparse as sp

    from formulations.program import Program
    from optimizer.methods.decompose.block import Answers, Blocks


@cache
def weihai() -> Program:
    """Return the Program of the library's instance."""
    return assemble(land_block(load(Path("instances/library/weihai-land"))))


@dataclass(frozen=True)
class Problem:
    """One block: its columns of the Program (moves first), the rows within it and which columns are whole numbers."""

    number: int
    columns: np.ndarray
    moves: np.ndarray
    binaries: np.ndarray
    rows: sp.csr_array
    row_lower: np.ndarray
    row_upper: np.ndarray
    upper: np.ndarray
    integer: np.ndarray

    def least(self, cost: np.ndarray, flipped: int = -1, to: float = 0.0) -> float:
        """Return the optimum at costs of the columns, with one column fixed; infinite where nothing is feasible."""
        lower, upper = np.zeros(len(cost)), self.upper.copy()
        if flipped >= 0:
            lower[flipped] = upper[flipped] = to
        answer = milp(
            cost,
            integrality=self.integer,
            bounds=Bounds(lower, upper),
            constraints=LinearConstraint(self.rows, self.row_lower, self.row_upper),
            options={"mip_rel_gap": 0.0},
        )
        assert answer.status in (0, 2)
        return float(answer.fun) if answer.status == 0 else np.inf


def problems(program: Program, blocks: Blocks) -> Iterator[Problem]:
    """Take every block out of the Program's matrix; its private rows hold no column of another."""
    matrix = program.matrix()
    private = matrix.rows[blocks.private_rows]
    for number, (first, last) in enumerate(zip(blocks.first_group[:-1], blocks.first_group[1:], strict=True)):
        moves = np.arange(blocks.first_move[first], blocks.first_move[last])
        binaries = np.arange(blocks.first_column[number], blocks.first_column[number + 1])
        columns = np.concatenate([blocks.moves[moves], blocks.columns[binaries]])
        mine = np.zeros(program.n_columns)
        mine[columns] = 1.0
        touched = np.flatnonzero(abs(private) @ mine > 0)
        assert np.isin(private[touched].indices, columns).all()
        rows = np.concatenate([blocks.groups[first:last], blocks.private_rows[touched]])
        yield Problem(
            number,
            columns,
            moves,
            binaries,
            matrix.rows[rows][:, columns],
            matrix.row_lower[rows],
            matrix.row_upper[rows],
            matrix.upper[columns],
            matrix.integer[columns].astype(int),
        )


def check(problem: Problem, answers: Answers, cost: np.ndarray, flips: bool) -> None:
    """Compare one block's answer with the optimum: its value, its point and what its binaries add when flipped.

    An answer that is not exact must not lie above the optimum.
    """
    near = pytest.approx
    value, optimum = answers.value[problem.number], problem.least(cost)
    assert value <= optimum + 1e-7
    point = point_of(problem, answers)
    assert point @ cost == near(value, abs=1e-7)
    if answers.exact[problem.number]:
        assert value == near(optimum, abs=1e-7)
        activity = problem.rows @ point
        assert (activity >= problem.row_lower - 1e-7).all()
        assert (activity <= problem.row_upper + 1e-7).all()
        assert (point <= problem.upper + 1e-9).all()
        assert (point >= 0).all()
        whole = problem.integer > 0
        assert point[whole] == near(np.round(point[whole]), abs=1e-9)
    if flips:
        for position, column in enumerate(problem.binaries, start=len(problem.moves)):
            other = problem.least(cost, position, 1.0 - answers.binaries[column])
            assert answers.regret[column] >= 0
            assert value + answers.regret[column] <= other + 1e-7


def point_of(problem: Problem, answers: Answers) -> np.ndarray:
    """Return the answer over the columns of a block."""
    taken, shares = answers.moves
    place = {int(column): k for k, column in enumerate(problem.columns)}
    point = np.zeros(len(problem.columns))
    for move, share in zip(taken.tolist(), shares, strict=True):
        if move in place:
            point[place[move]] = share
    point[len(problem.moves) :] = answers.binaries[problem.binaries]
    return point
