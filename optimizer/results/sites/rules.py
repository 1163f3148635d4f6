"""Every target and rule of a study of sites with its bound, its value in the plan, its slack and its worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from formulations.restoration.assemble import KEPT
from optimizer.results.rules import BINDING
from optimizer.results.terms import term

if TYPE_CHECKING:
    from collections.abc import Mapping

    from formulations.program import Program, Quota
    from instances.sites import Sites
    from optimizer.results.solution import Solution

TARGET = "target"
SINGLE = (TARGET, "budget", "linear_constraint", "group_count", "shortfall_limit", KEPT)
"""Rules each row of which is a line of the tables, so that bound, value and worth are its own."""

COLUMNS = (
    "rule",
    "rule_zh",
    "id",
    "management_zone",
    "feature",
    "layer",
    "group",
    "sense",
    "bound",
    "value",
    "slack",
    "worth",
    "binding",
    "holds",
    "source",
    "status",
)
WORDS = ("management_zone", "feature", "layer", "group", "source", "status")


def site_rules_table(sites: Sites, program: Program, solution: Solution, audit: Mapping[str, Any]) -> pd.DataFrame:
    """Return one line a target and rule, in `COLUMNS`.

    `worth` is the multiplier of the relaxation: by how much the objective, in the sense of the study, rises for one
    more unit of the bound. Rules that are no single row have the bound of their line; of penalties the value is what
    they add. Whether each holds is what the audit says; `audit` is as in audit.json.
    """
    parts = [_rows(program, solution, number) for number, quota in enumerate(program.quotas) if quota.rule in SINGLE]
    found = pd.concat([part for part in parts if len(part)] or [pd.DataFrame({"rule": [], "id": []})])
    others = sites.tables["rules"]
    others = others[~others["rule"].isin(SINGLE)]
    figures = audit.get("figures") or {}
    added = [figures.get(f"penalty.{name}", figures.get(f"reached.{name}", np.nan)) for name in others["id"]]
    more = others[["rule", "id", *WORDS, "sense"]].assign(bound=others["value"], value=added)
    table = pd.concat([part for part in (found, more) if len(part)] or [found], ignore_index=True)
    return _finished(table, audit)


def _rows(program: Program, solution: Solution, number: int) -> pd.DataFrame:
    """Return the rows of one family with bounds, values and worth."""
    quota: Quota = program.quotas[number]
    shares, first = solution.require_shares(), int(program.row_starts[number])
    rows = program.quota_rows(quota)
    value = np.asarray(rows @ shares[: rows.shape[1]])
    at_least = np.isfinite(quota.lower)
    sense = np.where(at_least, np.where(quota.lower == quota.upper, "==", ">="), "<=")
    bound = np.where(at_least, quota.lower, quota.upper)
    sign = -1.0 if program.sense == "maximise" else 1.0
    worth = np.full(len(quota), np.nan)
    if solution.duals is not None:
        worth = sign * solution.duals[first : first + len(quota)] + 0.0
    slack = np.where(at_least, value - quota.lower, quota.upper - value)
    # Labels tell the value of a target, which stands in `bound` already.
    labels = quota.labels.drop(columns="value", errors="ignore")
    return labels.assign(rule=quota.rule, sense=sense, bound=bound, value=value, slack=slack, worth=worth)


def _finished(table: pd.DataFrame, audit: Mapping[str, Any]) -> pd.DataFrame:
    for name in WORDS:
        column = table[name] if name in table else pd.Series("", index=table.index)
        table[name] = column.astype(object).where(column.notna(), "")
    for name in ("bound", "value", "slack", "worth"):
        table[name] = pd.to_numeric(table[name]) if name in table else np.nan
    size = np.maximum(np.maximum(table["bound"].abs(), table["value"].abs()), 1.0)
    table["binding"] = table["slack"].abs() <= BINDING * size
    table["rule_zh"] = [term("rule", rule, "zh") for rule in table["rule"]]
    failed = {(one["rule"], str(one["subject"]).split(":")[0]) for one in audit.get("failures") or ()}
    table["holds"] = [(rule, str(name)) not in failed for rule, name in zip(table["rule"], table["id"], strict=True)]
    return table.reindex(columns=list(COLUMNS)).reset_index(drop=True)
