r"""One more linear sum over the columns of a Program: as an objective, or as a row between bounds.

.. math:: f(u, v) = \sum_m w_m u_m + \sum_k w_k v_k,\qquad \text{minimise } f \quad\text{or}\quad l \le f \le h

What studies add to a Program that is complete already: an objective that is held within a tolerance, a measure that is
limited, another sum to be made as small as it goes. `w` is a value for every column, (columns,): of moves for the share
of the choice group, of other columns a unit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.program import INFINITY, Objective, Quota

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Columns, Program


def linear_row(
    program: Program,
    rule: str,
    name: str,
    weights: NDArray[np.float64],
    lower: float = -INFINITY,
    upper: float = INFINITY,
    unit: str = "",
) -> Quota:
    """Return the row lower <= weights @ columns <= upper; raises ValueError where a column has no weight."""
    _raise_if_of_another_length(program, weights)
    count = len(program.moves)
    index = np.flatnonzero(weights[:count])
    terms = {family.family: sp.csr_array(part[None, :]) for family, part in _by_family(program, weights) if part.any()}
    return Quota(
        rule=rule,
        index=index.astype(np.int32),
        weight=weights[index] / program.moves.area_ha[index],
        cell=np.zeros(len(index), dtype=np.uint16),
        rollup=sp.csr_array(np.ones((1, 1))),
        lower=np.array([lower]),
        upper=np.array([upper]),
        labels=pd.DataFrame([{"id": name}]),
        unit=unit,
        terms=terms,
    )


def with_rows(program: Program, *rows: Quota) -> Program:
    """Return the Program with further rows."""
    return replace(program, quotas=(*program.quotas, *rows))


def minimising(program: Program, name: str, weights: NDArray[np.float64], unit: str = "") -> Program:
    """Return the Program with `weights @ columns` as its only objective; its other objectives stay to be asked for.

    Raises ValueError where `weights` does not have a value for each column.
    """
    _raise_if_of_another_length(program, weights)
    moves = program.moves
    per_ha = np.divide(weights[: len(moves)], moves.area_ha, out=np.zeros(len(moves)), where=moves.area_ha > 0)
    columns = tuple(replace(family, cost={**family.cost, name: part}) for family, part in _by_family(program, weights))
    objectives = {**program.objectives, name: Objective(name, per_ha, unit)}
    return replace(program, columns=columns, objectives=objectives, minimise={name: 1.0})


def _raise_if_of_another_length(program: Program, weights: NDArray[np.float64]) -> None:
    if weights.shape != (program.n_columns,):
        raise ValueError(f"{weights.shape} weights for {program.n_columns} columns")


def _by_family(program: Program, weights: NDArray[np.float64]) -> list[tuple[Columns, NDArray[np.float64]]]:
    """Return what the columns beside the moves weigh, by family."""
    return [
        (family, weights[program.offsets[family.family] : program.offsets[family.family] + len(family)])
        for family in program.columns
    ]
