r"""A Program in which a plan is held: as it is, or so that more may be added to it.

.. math:: u_m = \hat u_m \qquad\text{or}\qquad u_m \ge \hat u_m\ \forall m \text{ that changes land}

:math:`\hat u` (share of the choice group) the plan. What is held goes into the limits of the moves, and into rows only
where part of a group is still free: a plan leaves few such groups, so large Programs stay as fast as they were.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.program import INFINITY, Quota

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Program

PLANNED, PROJECT = "planned", "project"

SLACK = 1e-9
"""Part of a held share that may be missing: shares are quotients of hectares."""


def at_least(program: Program, shares: NDArray[np.float64]) -> Program:
    """Return the Program in which no change takes less than in `shares`, (moves,), and land that stays is free."""
    moves = program.moves
    held = np.where(moves.changes, shares[: len(moves)], 0.0)
    free = np.maximum(1.0 - np.add.reduceat(held, moves.start[:-1]), 0.0)
    free[free < SLACK] = 0.0
    rest = np.repeat(free, np.diff(moves.start))
    limited = _limited(program, held * (1 + SLACK) + rest)
    rows = np.flatnonzero((held > 0) & (rest > 0))
    return least(limited, rows, held[rows] * moves.area_of(rows), np.arange(len(rows)), PLANNED)


def frozen(program: Program, shares: NDArray[np.float64], periods: NDArray[np.bool_]) -> Program:
    """Return the Program in which moves of some periods (from 1), (periods,), take what `shares` say, none more."""
    moves = program.moves
    closed = moves.changes & periods[np.maximum(moves.period - 1, 0)]
    return _limited(program, np.where(closed, shares[: len(moves)] * (1 + SLACK), moves.upper))


def least(
    program: Program,
    index: NDArray[np.int64],
    area_ha: NDArray[np.float64],
    row: NDArray[np.int64],
    part: str,
) -> Program:
    """Return the Program with rows: the moves of a row take its hectares together.

    `index` and `row` are (entries,), `area_ha` is (rows,); rows are labelled by zone and no quota of the instance.
    """
    if not len(area_ha):
        return program
    moves, count = program.moves, len(area_ha)
    zone = np.zeros(count, dtype=np.int64)
    zone[row] = moves.zone[index]
    quota = Quota(
        rule=part,
        index=index.astype(np.int32),
        weight=np.ones(len(index)),
        cell=row.astype(np.int32),
        rollup=sp.csr_array(sp.eye_array(count)),
        lower=area_ha * (1 - SLACK),
        upper=np.full(count, INFINITY),
        labels=pd.DataFrame({"zone": program.names.zones.to_numpy()[zone], "part": part}),
        unit="ha",
    )
    return replace(program, quotas=(*program.quotas, quota))


def _limited(program: Program, upper: NDArray[np.float64]) -> Program:
    moves = program.moves
    return replace(program, moves=replace(moves, upper=np.clip(upper[: len(moves)], 0.0, moves.upper)))
