r"""A Program in which a plan is held: as it is, or so that more may be added to it.

.. math:: u_m = \hat u_m \qquad\text{or}\qquad u_m \ge \hat u_m\ \forall m \text{ that changes land}

:math:`\hat u` (share of the choice group) the plan. What is held goes into the limits of the moves, and into rows only
where part of a group is still free: a plan leaves few such groups, so large Programs stay as fast as they were. A
network is held by the limits of its columns.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.linear import minimising
from formulations.program import ENERGY, INFINITY, Quota

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Columns, Program

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


def frozen(program: Program, shares: NDArray[np.float64], closed: NDArray[np.bool_]) -> Program:
    """Return the Program in which closed moves, (moves,), take what `shares` say, none more."""
    upper = np.where(closed, shares[: len(program.moves)] * (1 + SLACK), program.moves.upper)
    return _limited(program, upper)


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


def network_of(program: Program, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values of the network's columns, (columns,), NaN for all others."""
    found = np.full(program.n_columns, np.nan)
    for family, own in _network(program):
        found[own] = np.round(values[own]) if family.integer else values[own]
    return found


def carried(program: Program, values: NDArray[np.float64], other: Program) -> NDArray[np.float64]:
    """Return the values of the network's columns for another Program with the same network, (its columns,)."""
    found, places = np.full(other.n_columns, np.nan), {family.family: own for family, own in _network(program)}
    for family, own in _network(other):
        found[own] = values[places[family.family]]
    return found


def until(program: Program, network: NDArray[np.float64], periods: int) -> NDArray[np.float64]:
    """Return the values of a network's columns, (columns,), up to some period (from 1); NaN for later ones."""
    found, years = np.full(program.n_columns, np.nan), (-np.inf, *program.names.periods)
    for family, own in _network(program):
        found[own] = np.where(family.labels["period"] <= years[periods], network[own], np.nan)
    return found


def fixed(program: Program, values: NDArray[np.float64]) -> Program:
    """Return the Program in which columns beside the moves take given values, (columns,); NaN leaves them free."""
    columns = []
    for family in program.columns:
        own = values[program.offsets[family.family] :][: len(family)]
        lower, upper = (np.where(np.isnan(own), limit, own) for limit in (family.lower, family.upper))
        columns.append(replace(family, lower=lower, upper=upper))
    return replace(program, columns=tuple(columns))


def beside(program: Program, held: NDArray[np.float64], weights: NDArray[np.float64]) -> Program:
    """Return the Program of what is left to decide beside columns that stay as they are, minimising `weights`.

    `held`, (columns,), are their values, NaN for all others; `weights` are (columns,). What is held is no part of what
    is minimised: a gap is then one of the rest, which moves far less than a network.
    """
    return minimising(fixed(program, held), "beside", np.where(np.isnan(held), weights, 0.0))


def _network(program: Program) -> list[tuple[Columns, slice]]:
    """Return the families of columns of a network, and where they stand."""
    own = [family for family in program.columns if family.family.startswith(ENERGY)]
    starts = [program.offsets[family.family] for family in own]
    return [(family, slice(start, start + len(family))) for family, start in zip(own, starts, strict=True)]
