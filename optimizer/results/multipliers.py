"""Multipliers of the quota rows beside a plan, so that later questions need no second solve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from formulations.program import Program

FILE = "multipliers.parquet"


def write_multipliers(program: Program, duals: NDArray[np.float64] | None, folder: Path) -> None:
    """Write rule and multiplier of every quota row, in the order of the Program; nothing where there are none."""
    if duals is None:
        return
    table = {"rule": _rules(program), "worth": duals[program.moves.n_groups :]}
    pd.DataFrame(table).to_parquet(folder / FILE, index=False)


def read_multipliers(program: Program, folder: Path) -> NDArray[np.float64] | None:
    """Return the multiplier of every row, (rows,), zero for balance; None where the file does not fit the Program."""
    try:
        table = pd.read_parquet(folder / FILE, columns=["rule", "worth"])
    except (OSError, ValueError, KeyError):
        return None
    worth = table["worth"].to_numpy(dtype=float)
    if table["rule"].tolist() != _rules(program) or not np.isfinite(worth).all():
        return None
    return np.concatenate([np.zeros(program.moves.n_groups), worth])


def _rules(program: Program) -> list[str]:
    return [quota.rule for quota in program.quotas for _ in range(len(quota))]
