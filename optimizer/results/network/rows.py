"""Rows of tables of a network plan: one for each stage and unit, or for each stage, snapshot and unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from optimizer.results.network.reading import NetworkPlan, Values

MOST_ROWS = 300_000
"""Rows of a table by snapshot beyond which only the plan folder holds them."""


def by_stage(plan: NetworkPlan, units: pd.DataFrame, **columns: Values) -> pd.DataFrame:
    """Return a row for each stage and unit; columns are (stages, units)."""
    stages = len(plan.years)
    table = pd.concat([units] * stages, ignore_index=True)
    period = np.repeat(np.array(plan.network.stage_years), len(units))
    return table.assign(period=period, **{name: values.ravel() for name, values in columns.items()})


def in_time(plan: NetworkPlan, units: pd.DataFrame, **columns: Values) -> pd.DataFrame:
    """Return a row for each stage, snapshot and unit; columns are (stages, snapshots, units). Empty if too many."""
    stages, hours, count = len(plan.years), len(plan.snapshots), len(units)
    if stages * hours * count > MOST_ROWS:
        return pd.DataFrame()
    place = np.tile(np.arange(count), stages * hours)
    table = units.iloc[place].reset_index(drop=True)
    return table.assign(
        period=np.repeat(np.array(plan.network.stage_years), hours * count),
        snapshot=np.repeat(np.tile(plan.snapshots, stages), count),
        **{name: values.ravel() for name, values in columns.items()},
    )


def year_mwh(plan: NetworkPlan, power: Values) -> Values:
    """Return the energy of a year, MWh, of power in MW (stages, snapshots, ...)."""
    return np.tensordot(power, plan.network.weight_h, axes=(1, 0))
