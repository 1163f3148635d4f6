"""A cheap plan without a unit: the rest of the plan kept, and what is then missing bought again, unit by unit.

Only for the least cost at which targets are met, with whole units and no other rule: there any units that hold what
is missing make a plan, and what they cost bounds the replacement cost from above.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba
import numpy as np
import scipy.sparse as sp

from formulations.restoration import GOALS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.results.sites.plan import Selection
    from optimizer.sites.model import Model

CANDIDATES = 1000
"""Units that are tried: those whose priced cost is least."""

MOST_BOUGHT = 60
"""Units that may stand for one."""

MISSING = 1e-9
"""Part of a target that may be missing."""


def is_plain(model: Model) -> bool:
    """Whether the study is the least cost of targets of the sense `>=`, with whole units and nothing else."""
    program, sites = model.program, model.sites
    unstated = program.boundaries or program.patches or program.connected  # no row, or columns, say these
    only_targets = all(quota.rule == "target" for quota in program.quotas) and not program.columns and not unstated
    rising = bool((sites.targets.sense == ">=").all() and (sites.targets.rows.data >= 0).all())
    return only_targets and rising and model.block.whole and sites.n_zones == 1 and model.stage.kind == "minimum_set"


def irreplaceable(model: Model) -> NDArray[np.bool_]:
    """Return the units without which a target cannot be met, whatever is chosen, (units,)."""
    sites = model.sites
    targets = sites.targets
    soft = any(GOALS[goal.kind].soft for goal in sites.settings.objective)  # targets that may be missed are no limits
    if soft or (targets.rows.data < 0).any():
        return np.zeros(sites.n_units, dtype=bool)
    best = sp.csr_array(targets.rows * model.block.limits[1])
    units, zones = sites.n_units, sites.n_zones
    row = np.repeat(np.arange(len(targets)), np.diff(best.indptr))
    # Of several management zones a unit is in one: its greatest amount counts.
    key = row * units + best.indices // zones
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    if not len(starts):
        return np.zeros(units, dtype=bool)
    greatest, key = np.maximum.reduceat(best.data[order], starts), key[order][starts]
    target, unit = np.divmod(key, units)
    total = np.bincount(target, greatest, minlength=len(targets))
    value = targets.value
    needed = (targets.sense != "<=") & (value > 0)
    short = total[target] - greatest < value[target] - 1e-7 * np.abs(value[target])
    found = np.zeros(units, dtype=bool)
    found[unit[needed[target] & short]] = True
    return found


def repairs(model: Model, selection: Selection, rise: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what a plan without each chosen unit costs more, (units,); infinite where none was found.

    `rise` is by how much the bound rises where a unit is left out: of units that are not chosen, those that come
    nearest to it are tried.
    """
    sites, chosen = model.sites, selection.chosen
    rows = sites.targets.rows
    held = np.asarray(rows @ selection.values)
    value = sites.targets.value
    scale = np.where(np.abs(value) > 0, np.abs(value), 1.0)
    free = np.flatnonzero(~chosen & (model.upper[:, 1] > 0))
    worth = np.asarray(abs(rows[:, free]).multiply(1 / scale[:, None]).sum(axis=0)).ravel()
    price = model.program.cost[model.block.column]  # penalties and the tie-break included
    cost = price[free]
    # Units that the multipliers nearly choose come first, then those that hold most for their cost.
    order = np.lexsort((cost / np.maximum(worth, 1e-12), -rise[free]))[:CANDIDATES]
    some = free[order]
    columns = sp.csc_array(rows[:, some])
    mine = np.flatnonzero(chosen)
    own = sp.csc_array(rows[:, mine])
    found = np.full(sites.n_units, np.inf)
    bought = _bought(
        (own.indptr, own.indices, own.data),
        (columns.indptr, columns.indices, columns.data),
        price[some],
        value - held,
        scale,
    )
    found[mine] = bought - price[mine]
    return found


Columns = tuple[np.ndarray, np.ndarray, np.ndarray]


@numba.njit(cache=True)
def _bought(own: Columns, others: Columns, cost: np.ndarray, slack: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return the cost of units that make up for each chosen one, (chosen,); `slack` is target less held."""
    count, features, tried = len(own[0]) - 1, len(slack), len(cost)
    found = np.full(count, np.inf)
    missing = np.empty(features)
    used = np.zeros(tried, dtype=np.int64)
    for unit in range(count):
        for row in range(len(slack)):  # all at once takes seconds to compile
            missing[row] = slack[row]
        for entry in range(own[0][unit], own[0][unit + 1]):
            missing[own[1][entry]] += own[2][entry]
        short = 0
        for feature in range(features):
            if missing[feature] > MISSING * scale[feature]:
                short += 1
        total, single = 0.0, np.inf
        for _ in range(MOST_BOUGHT):
            if short == 0:
                break
            best, best_rate = -1, 0.0
            for other in range(tried):
                if used[other] == unit + 1:
                    continue
                gain, covers = 0.0, 0
                for entry in range(others[0][other], others[0][other + 1]):
                    lacks = missing[others[1][entry]]
                    if lacks > MISSING * scale[others[1][entry]]:
                        gain += min(lacks, others[2][entry]) / scale[others[1][entry]]
                        if others[2][entry] >= lacks:
                            covers += 1
                if covers == short and total + cost[other] < single:
                    single = total + cost[other]
                if gain > 0.0 and gain / max(cost[other], 1e-12) > best_rate:
                    best, best_rate = other, gain / max(cost[other], 1e-12)
            if best < 0:
                break
            used[best] = unit + 1
            total += cost[best]
            short = 0
            for entry in range(others[0][best], others[0][best + 1]):
                missing[others[1][entry]] -= others[2][entry]
            for feature in range(features):
                if missing[feature] > MISSING * scale[feature]:
                    short += 1
        found[unit] = min(single, total) if short == 0 else single
    return found
