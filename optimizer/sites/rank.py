"""Incremental ranks (递增排序): which units of a plan are taken first where the budget grows step by step.

Only units of the plan may be taken. The budget grows in equal steps from the cost of what is locked in to that of the
plan, in each management zone by itself; what a step takes stays. A unit scores the steps from the one that takes it to
the last, as a part of all: 1 for the first step. The objective is the study's own, minimum shortfall in place of
minimum set; rules and penalties are left out, since a part of a plan need not keep them.
Source: Jung et al. 2021, prioritizr's `eval_rank_importance`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.settings import SiteObjective
from instances.sites import COST, EVERY, Sites
from optimizer.sites.model import Time, model_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from instances.instance import Instance
    from instances.settings import Prioritisation
    from optimizer.progress import Progress
    from optimizer.results.sites.plan import Selection
    from optimizer.results.solution import SolveOptions

INSTEAD = {"minimum_set": "minimum_shortfall", "minimum_penalties": "minimum_shortfall"}
"""Objectives that need no budget, and what stands for them."""

ROUND_OFF = 1e-9
"""Part of a budget by which round-off may exceed it."""

TAKEN = 1e-6


def rank(
    instance: Instance, selection: Selection, options: SolveOptions, progress: Progress, steps: int
) -> NDArray[np.float64]:
    """Return the rank of each unit, (units,), above 0 to 1; 0 for what no step takes and for what is not chosen."""
    sites, clock = selection.sites, Time(options.time_limit_s)
    settings, share = _settings(sites), selection.values
    taken = np.minimum(sites.limits[0], share)
    first = _spent(sites, taken * np.repeat(sites.status == "locked_in", sites.n_zones))
    last = _spent(sites, share)
    found = np.zeros(sites.n_units)
    for step in range(1, steps + 1):
        progress.stage(f"rank {step}/{steps}")
        budget = first + (last - first) * step / steps
        tables = {**sites.tables, "rules": _budgets(sites, budget), "bounds": _bounds(sites, taken, share)}
        tables["units"] = sites.tables["units"].assign(status="free")
        model = model_of(instance, Sites(tables, settings))
        solution = model.solve(replace(options, time_limit_s=clock.share(steps + 1 - step)))
        if solution.shares is None:
            continue
        now = model.selection(solution)
        new = now.chosen & (found == 0)
        found[new] = (steps + 1 - step) / steps
        taken = np.minimum(np.maximum(taken, np.where(now.values > TAKEN, now.values, 0.0)), share)
    return found


def _settings(sites: Sites) -> Prioritisation:
    """Return the settings with objectives that a budget limits, added up."""
    kinds = dict.fromkeys(INSTEAD.get(goal.kind, goal.kind) for goal in sites.settings.objective)
    weights = {INSTEAD.get(goal.kind, goal.kind): goal.weight for goal in sites.settings.objective}
    goals = tuple(SiteObjective(kind=kind, weight=weights[kind]) for kind in kinds)  # type: ignore[arg-type]
    if len(goals) == 1:
        goals = (goals[0].model_copy(update={"weight": 1.0}),)
    return sites.settings.model_copy(update={"objective": goals, "combine": "weighted"})


def _spent(sites: Sites, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cost of some values in each management zone, (zones,)."""
    return np.asarray((sites.cost * values).reshape(-1, sites.n_zones).sum(axis=0))


def _budgets(sites: Sites, budget: NDArray[np.float64]) -> pd.DataFrame:
    """Return a rules table with a budget a management zone."""
    zones = sites.zones if sites.n_zones > 1 else pd.Series([EVERY])
    rows = pd.DataFrame(
        {
            "id": [f"rank{zone}" for zone in range(len(zones))],
            "rule": "budget",
            "management_zone": zones.to_numpy(),
            "layer": COST,
            "sense": "<=",
            "value": budget + ROUND_OFF * np.abs(budget),
            "factor": 1.0,
        }
    )
    columns = [str(name) for name in sites.tables["rules"]]
    missing = {name: "" for name in columns if name not in rows}
    return rows.assign(**missing)[columns]


def _bounds(sites: Sites, lower: NDArray[np.float64], upper: NDArray[np.float64]) -> pd.DataFrame:
    """Return a bounds table of all variables."""
    zones = sites.zones.to_numpy()
    return pd.DataFrame(
        {
            "unit": np.repeat(sites.units.to_numpy(), sites.n_zones),
            "management_zone": np.tile(zones, sites.n_units),
            "lower": lower,
            "upper": np.maximum(upper, lower),
        }
    )
