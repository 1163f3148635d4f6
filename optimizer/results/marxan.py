"""A plan as Marxan writes its best solution: one row a planning unit, 1 where it is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from instances.faults import Fault, InstanceError
from instances.land import codes_of

if TYPE_CHECKING:
    from pathlib import Path

    from instances.sites import Sites
    from optimizer.results.terms import Lang

WHOLE = 1e-6
"""Difference from 0 and 1 that is rounding."""


def solution_table(sites: Sites, plandir: Path) -> pd.DataFrame:
    """Return planning_unit and solution for every unit, in the order of the units table.

    Raises
    ------
    InstanceError
        Where there is no selection, it names other units, or it is one that Marxan cannot hold: shares of units, or
        several management zones.
    """
    if sites.n_zones > 1:
        names = ", ".join(sites.zones)
        hint = "export each management zone as an instance of its own"
        raise InstanceError([Fault("restoration", f"Marxan knows one management zone, not {names}", hint)])
    path, chosen = _selection(plandir)
    code = codes_of(chosen["unit"], sites.units)
    amount = chosen["amount"].to_numpy(dtype=float)
    split = np.flatnonzero(np.minimum(np.abs(amount), np.abs(amount - 1)) > WHOLE)
    for row, words, hint in (
        *((row, "is not in units.unit", "is it a plan of this instance?") for row in np.flatnonzero(code < 0)[:1]),
        *((row, f"is chosen to {amount[row]:g}", "Marxan takes whole units: solve with binary") for row in split[:1]),
    ):
        message = f"unit {chosen['unit'].iloc[row]} {words}"
        raise InstanceError([Fault(str(path), message, hint, int(row) + 1, "unit")])
    solution = np.zeros(sites.n_units, dtype=np.int64)
    solution[code[amount > 0.5]] = 1
    return pd.DataFrame({"planning_unit": sites.units.to_numpy(), "solution": solution})


def solution_words(table: pd.DataFrame, dest: Path, lang: Lang) -> str:
    """Return one line that says what was written."""
    chosen, units = int(table["solution"].sum()), len(table)
    words = {
        "zh": f"{dest}/output_best.csv：选中 {chosen:,} 个单元，共 {units:,} 个",
        "en": f"{chosen:,} of {units:,} units in {dest}/output_best.csv",
    }
    return words[lang]


def _selection(plandir: Path) -> tuple[Path, pd.DataFrame]:
    for path in (plandir / "plan" / "selection.parquet", plandir / "selection.parquet"):
        if path.is_file():
            break
    else:
        hint = "a plan is what sanqu solve writes"
        raise InstanceError([Fault(str(plandir), "has no plan/selection.parquet", hint)])
    try:
        return path, pq.read_table(path, columns=["unit", "amount"]).to_pandas()
    except (OSError, ValueError, pa.ArrowException) as error:
        raise InstanceError([Fault(str(path), f"cannot be read: {error}", "is it complete?")]) from error
