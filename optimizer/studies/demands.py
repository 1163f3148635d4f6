r"""Uncertain growth demand (需求不确定): rows of `growth_demand`, each scaled by a number known only as a range.

.. math:: \sum_m a_{r,m} u_m \ge s_r D_r, \qquad \underline s_r \le s_r \le \bar s_r

with :math:`D` the demand (ha), :math:`a` the hectares by which a move lets the group grow. A row has one uncertain
number, so of a budget :math:`\Gamma` (how many numbers of each row may be at their end, Bertsimas and Sim 2004) it asks

.. math:: \sum_m a_{r,m} u_m \ge \bigl(1 + \min(\Gamma, 1)\, (\bar s_r - 1)\bigr) D_r

A plan that falls short of a drawn demand, or of that of a state of the world, is no plan there: how often, and by how
much, is told, and no regret is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from formulations.block import number
from instances.faults import Fault, InstanceError
from instances.scenarios.edit import like

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from formulations.block import LandBlock, Record
    from formulations.program import Program, Quota
    from optimizer.studies.entries import DemandEntry
    from optimizer.studies.sampling import Joined

RULE = "growth_demand"

ROUND_OFF = 1e-6
"""Part of a demand by which a plan may miss it and still meet it."""


@dataclass(frozen=True)
class Demands:
    """Growth demands that are uncertain: their rows of land/quotas, and the range of the scale of each, (rows,)."""

    records: tuple[Record, ...]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.records)

    @property
    def ids(self) -> tuple[str, ...]:
        """Names of the rows."""
        return tuple(str(record["id"]) for record in self.records)

    @property
    def area_ha(self) -> NDArray[np.float64]:
        """Hectares that are demanded, (rows,)."""
        return np.array([number(record) for record in self.records], dtype=float)

    def draws(self, samples: int, seed: int) -> NDArray[np.float64]:
        """Return scales drawn evenly between their ends, (samples, rows); not those of factors of the same seed."""
        random = np.random.default_rng([seed, 1])
        return random.uniform(self.low, self.high, (samples, len(self)))


def demands(block: LandBlock, entries: Sequence[DemandEntry], place: str) -> Demands:
    """Return the demands that entries mean, each once; the later entry counts. Raises InstanceError for none."""
    records = block.records(RULE)
    names = pd.Series([str(record["id"]) for record in records], dtype=object)
    found: dict[int, tuple[float, float]] = {}
    for entry in entries:
        rows = np.flatnonzero(like(names, entry.id))
        if not len(rows):
            raise InstanceError([unknown_demand(entry.id, place, "demand")])
        found |= {int(row): (entry.low, entry.high) for row in rows}
    order = sorted(found)
    low, high = (np.array([found[row][end] for row in order]) for end in (0, 1))
    return Demands(tuple(records[row] for row in order), low, high)


def unknown_demand(name: str, place: str, column: str) -> Fault:
    """Return the fault of an entry that means no row."""
    zh = f"没有名为 {name} 的增长需求（见实例 land/quotas 中规则为 {RULE} 的行）"
    return Fault(place, f"no growth demand is called {name}", f"see rows {RULE} of land/quotas", None, column, zh)


def protected(program: Program, found: Demands, budget: float) -> Program:
    """Return the Program whose demands are what a budget protects against."""
    more = 1.0 + min(budget, 1.0) * (found.high - 1.0)
    scale = dict(zip(found.ids, more.tolist(), strict=True))

    def raised(quota: Quota) -> Quota:
        return replace(quota, lower=quota.lower * [scale.get(str(name), 1.0) for name in quota.labels["id"]])

    return replace(program, quotas=tuple(raised(one) if one.rule == RULE else one for one in program.quotas))


def strictest(program: Program, others: Sequence[Program]) -> Program:
    """Return the Program whose demands are the greatest of its own and of others that differ in nothing else."""
    quotas = list(program.quotas)
    for place, quota in enumerate(quotas):
        if quota.rule == RULE:
            lower = np.max([quota.lower, *(other.quotas[place].lower for other in others)], axis=0)
            quotas[place] = replace(quota, lower=lower)
    return replace(program, quotas=tuple(quotas))


def meets(program: Program, plan: NDArray[np.float64]) -> bool:
    """Return whether a plan, (columns,), meets every demand of a Program."""
    for quota in program.quotas:
        if quota.rule == RULE:
            rows = program.quota_rows(quota)
            grown = rows @ plan[: rows.shape[1]]
            if (grown < quota.lower - ROUND_OFF * np.maximum(np.abs(quota.lower), 1.0)).any():
                return False
    return True


def grown(joined: Joined, found: Demands) -> NDArray[np.float64]:
    """Return by how much each plan lets land grow where each demand asks for it, (plans, rows), ha."""
    block = joined.block
    moves, land = block.moves, block.land
    sums = np.empty((joined.plans, len(found)))
    for row, record in enumerate(found.records):
        group = str(record["group"])
        inside = land.subtree[block.region_code(record)][block.region]
        counts = inside & (moves.source != moves.target) & (moves.period <= block.period_code(record))
        net = land.new_member(group)[moves.target].astype(float) - block.from_group(group)
        sums[:, row] = joined.sums(np.where(counts, net * moves.area_ha, 0.0))
    return sums


def shortfall(joined: Joined, found: Demands, scales: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by how much each plan falls short of all demands under drawn scales, (plans, samples), ha."""
    asked = scales * found.area_ha
    noise = ROUND_OFF * np.maximum(np.abs(asked), 1.0)
    lacking = (asked - own for own in grown(joined, found))
    return np.array([np.where(one > noise, one, 0.0).sum(axis=1) for one in lacking])
