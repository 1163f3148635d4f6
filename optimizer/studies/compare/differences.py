r"""Figures of several plans side by side, and how far apart two optima are as far as their bounds prove.

Of two scenarios with optima z, z', values v, v' and bounds B, B' of what is minimised

.. math:: B' - v \;\le\; z' - z \;\le\; v' - B

so a difference of two values is a difference of two scenarios only as far as this interval says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROUND_OFF = 1e-12
"""Part of two figures up to which their difference is none."""

LESS = " - "
"""Between the names of two scenarios in the head of a column of differences."""


def proven_difference(
    value: float, bound: float | None, other_value: float, other_bound: float | None
) -> tuple[float, float]:
    """Return the least and the greatest that an optimum can be above another one; without ends where a bound lacks.

    Either both are minimised or both are maximised: the optimum lies between value and bound.
    """
    low, high = _ends(value, bound)
    other_low, other_high = _ends(other_value, other_bound)
    return low - other_high, high - other_low


def _ends(value: float, bound: float | None) -> tuple[float, float]:
    if bound is None or not np.isfinite(bound):
        return -np.inf, np.inf
    return min(value, bound), max(value, bound)


def side_by_side(
    parts: Mapping[str, pd.DataFrame], keys: Sequence[str], value: str, reference: str, absent: float = np.nan
) -> pd.DataFrame:
    """Return one row a key with a column for each scenario, then one for each difference to the reference.

    Parameters
    ----------
    parts
        Tables by scenario, with `keys` and `value`; rows of one key are added up.
    absent
        What a scenario without a row of some key has there.

    Keys come in the order in which scenarios have them. Differences are left out where the reference has no table.
    """
    columns = []
    for name, part in parts.items():
        sums = part.groupby(list(keys), sort=False, dropna=False)[value].sum(min_count=1)
        columns.append(sums.rename(name))
    wide = pd.concat(columns, axis=1, sort=False).fillna(absent) if columns else pd.DataFrame()
    if reference in wide:
        others = [name for name in wide.columns if name != reference]
        for name in others:
            wide[f"{name}{LESS}{reference}"] = _less(wide[name], wide[reference])
    return wide.reset_index()


def _less(one: pd.Series, other: pd.Series) -> pd.Series:
    least = ROUND_OFF * np.maximum(one.abs(), other.abs())
    less = one - other
    return less.mask(less.abs() <= least, 0.0)
