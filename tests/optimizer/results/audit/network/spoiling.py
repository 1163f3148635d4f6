"""Plans in which one value is changed, and the checks that fail then."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pandas as pd

from optimizer.results.audit import audit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from optimizer.results.audit.check import Check


def spoilt(folder: Path, to: Path, change: Callable[[pd.DataFrame], pd.DataFrame]) -> dict[str, Check]:
    """Return the failed checks by name of a copy of the plan whose table is changed."""
    shutil.copytree(folder / "out", to, dirs_exist_ok=True)
    path = to / "plan" / "network.parquet"
    change(pd.read_parquet(path)).to_parquet(path, index=False)
    return {check.name: check for check in audit(folder / "in", to).failed}


def at(table: pd.DataFrame, component: str, name: str, quantity: str, year: int = 0, snapshot: str = "") -> pd.Series:
    """Tell which row is meant."""
    return (
        (table["component"] == component)
        & (table["name"] == name)
        & (table["quantity"] == quantity)
        & (table["period"] == year)
        & (table["snapshot"] == snapshot)
    )
