"""Every quota row with its bound, its value in the plan, its slack and its worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from formulations.boundary import is_boundary
from formulations.rule_names import name_zh, ties_only

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Program, Quota
    from optimizer.results.solution import Solution

INTERNAL_PARTS = ("open", "once", "after", "reclaimed", "built_on", "grade")
"""Rows that tie columns together; no planner states them."""

DECISIONS = ("restoration_project", "minimum_lot")
"""Rules whose rows mean something only where the decision is taken: their least and most area."""

BINDING = 1e-6
"""A row binds where its slack is below this part of its size."""

NO_WORTH = 1e-9

SLACK_WORTH = "relaxation: slack in the plan"
"""Said of a worth that holds for the relaxation only: whole decisions leave slack in the plan itself."""

COLUMNS = (
    "rule",
    "rule_zh",
    "id",
    "region",
    "period",
    "group",
    "grade",
    "part",
    "sense",
    "bound",
    "value",
    "slack",
    "unit",
    "worth",
    "worth_unit",
    "worth_by",
    "binding",
    "source",
    "status",
)


def rules_table(program: Program, solution: Solution) -> pd.DataFrame:
    """Return one line a quota row, in `COLUMNS`, indexed by the number of the row.

    `worth` is the multiplier of the LP relaxation: by how much the objective rises for one more unit
    of the bound; empty where the relaxation was not solved. A lower bound with a unit or more to spare is
    worth nothing, whatever the relaxation says: the plan stays as it is. Bounds and values include what is
    there at present.
    """
    shares = solution.require_shares()
    hectares = shares[: len(program.moves)] * program.moves.area_ha
    duals = None if solution.duals is None else solution.duals[program.moves.n_groups :]
    unit = objective_unit(program)
    parts = []
    for number, quota in enumerate(program.quotas):
        if is_boundary(quota.rule) or ties_only(quota.rule):
            continue
        first, last = program.row_starts[number : number + 2] - program.moves.n_groups
        table = quota.labels.set_axis(np.arange(first, last))
        base = table["base"].to_numpy(dtype=float) if "base" in table else _opened(program, quota, shares)
        table["rule"], table["unit"] = quota.rule, quota.unit
        table["value"] = _values(program, quota, shares, hectares) + base
        table["_lower"], table["_upper"] = quota.lower + base, quota.upper + base
        table["worth"] = np.nan if duals is None else duals[first:last] + 0.0
        parts.append(table[base > 0] if quota.rule in DECISIONS else table)
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    table = pd.concat(parts)
    table = table[~_column(table, "part").isin(INTERNAL_PARTS)].copy()
    return _finish(table, unit)


def _values(
    program: Program, quota: Quota, shares: NDArray[np.float64], hectares: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the values of the rows of a family, (rows,); summed by cell, for the matrix of a large Program is huge."""
    taken = np.flatnonzero(hectares[quota.index])
    amount = quota.weight[taken] * hectares[quota.index[taken]]
    values: NDArray[np.float64] = quota.rollup @ np.bincount(
        quota.cell[taken], weights=amount, minlength=quota.rollup.shape[1]
    )
    for family, terms in quota.terms.items():
        start = program.offsets[family]
        values = values + terms @ shares[start : start + terms.shape[1]]
    return values


def _opened(program: Program, quota: Quota, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the limits that opened projects and lots put on areas, zero for all other rows, (rows,)."""
    base = np.zeros(len(quota))
    if quota.rule in DECISIONS:
        for family, terms in quota.terms.items():
            start = program.offsets[family]
            base -= terms @ shares[start : start + terms.shape[1]]
    return base


def _column(table: pd.DataFrame, name: str) -> pd.Series:
    return table[name] if name in table else pd.Series("", index=table.index, dtype=object)


def _finish(table: pd.DataFrame, unit: str) -> pd.DataFrame:
    lower, upper = table["_lower"].to_numpy(), table["_upper"].to_numpy()
    value = table["value"].to_numpy()
    at_least = np.isfinite(lower)
    table["sense"] = np.where(at_least, np.where(lower == upper, "==", ">="), "<=")
    table["bound"] = np.where(at_least, lower, upper)
    table["slack"] = np.where(at_least, value - lower, upper - value)
    size = np.maximum(np.maximum(np.abs(table["bound"]), np.abs(value)), 1.0)
    table["binding"] = table["slack"].abs() <= BINDING * size
    spare = (table["sense"] == ">=") & (table["slack"] >= 1.0)
    table["worth"] = np.where(spare & table["worth"].notna(), 0.0, table["worth"])
    table["worth_by"] = np.where(table["binding"] | (table["worth"].abs() < NO_WORTH), "", SLACK_WORTH)
    table["worth_unit"] = unit + "/" + table["unit"]
    table["rule_zh"] = table["rule"].map(name_zh)
    table["id"] = _column(table, "id").fillna(_column(table, "project")).fillna("")
    for name in ("region", "period", "group", "grade", "part", "source", "status"):
        table[name] = _column(table, name).astype(object).where(_column(table, name).notna(), "")
    return table[list(COLUMNS)]


def objective_unit(program: Program) -> str:
    """Return the unit of what is minimised."""
    chosen = [name for name, weight in program.minimise.items() if weight]
    return program.objectives[chosen[0]].unit if len(chosen) == 1 else "weighted"
