r"""Which permission rules keep the land that would lessen a shortfall.

With multipliers y of the rules in conflict (those of the least relaxation of the one that lacks), a piece of
land can do no more for the shortfall than its best change :math:`\max_c \sum_k y_k a_{k,c}` per hectare. Land
counts as withheld by a permission rule where a change that the rule bars would do more than the best of those
allowed. A change barred by one rule alone counts for that rule; one barred by two counts as kept jointly.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from formulations.assemble import assemble
from formulations.land import RULES
from formulations.land.restoration_project import governance
from formulations.land.transition_matrix import PERMISSION as TRANSITION_MATRIX
from formulations.moves import candidates, enumerate_moves
from formulations.program import is_user
from formulations.restoration.in_land import SITE
from formulations.rule import Permission
from optimizer.infeasibility.explanation import Withheld
from optimizer.infeasibility.relaxation import Elastic, freely
from optimizer.infeasibility.rows import QuotaRows, bare, divisible, is_quota, keys_of, numbers_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from formulations.block import LandBlock
    from formulations.moves import Moves
    from optimizer.infeasibility.rows import Key
    from optimizer.results.solution import SolveOptions

LEAST_HA = 1e-6
"""Less withheld land than this is not told."""

BETTER = 1e-9
"""How much more than the best allowed change a barred one must do, relative to the largest multiplier."""


@dataclass(frozen=True)
class Prices:
    """What one more unit of each quota row in conflict is worth to the row that lacks.

    `loosened` is how far other rows give way that lack something too.
    `shortfall` is what it lacks against those rows alone; None where only whole numbers stand in the way.
    `ties` are the rules beside the quotas (projects, lots, linked quota) that take part.
    """

    lacking: Key
    of: Mapping[Key, float]
    loosened: Mapping[Key, float]
    ties: tuple[str, ...]
    shortfall: float | None


def withheld_land(block: LandBlock, prices: Prices, options: SolveOptions, deadline: float) -> tuple[Withheld, ...]:
    """Return the permission rules that keep useful land, those that keep most first.

    None where a user's own constraint takes part, or a rule on planning units: what barred moves would count there is
    not known.
    """
    if any(is_user(key[0]) or key[0].startswith(SITE) for key in prices.of):
        return ()
    names = block.moves.permissions
    bits = block.moves.forbidden.copy()
    zone, kind, _ = block.land.cover
    bits[np.arange(len(zone)), kind] = 0
    alone = _single(bits)
    matrix_bit = np.uint16(1 << names.index(TRANSITION_MATRIX.name))
    joint = (bits != 0) & ~alone & _single(bits & (bits - 1)) & ((bits & matrix_bit) == 0)
    trial = _with_changes(block, (alone | joint) & _within_reach(block, prices)[:, None])
    allowed = np.maximum.reduceat(_worth(block, prices), block.moves.start[:-1])
    least = allowed[trial.moves.group] + BETTER * max(map(abs, prices.of.values()))
    useful = np.flatnonzero(_worth(trial, prices) > least)
    group, target = trial.moves.group[useful], trial.moves.target[useful]
    found = []
    for bit, name in enumerate(names):
        mine, single = (bits[group, target] >> bit & 1).astype(bool), alone[group, target]
        area = _area(block.moves, group[mine & single])
        jointly = _area(block.moves, np.setdiff1d(group[mine & ~single], group[mine & single]))
        if area > LEAST_HA and prices.shortfall is not None and time.perf_counter() < deadline:
            freed = _with_changes(block, (bits == 0) | (bits == 1 << bit))
            found.append(Withheld(name, area, jointly, _relief(freed, prices, options, deadline)))
        elif max(area, jointly) > LEAST_HA:
            found.append(Withheld(name, area, jointly))
    return tuple(sorted(found, key=lambda one: (one.rule == TRANSITION_MATRIX.name, -one.area_ha, -one.jointly_ha)))


def _single(bits: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Whether exactly one rule bars each change."""
    return (bits != 0) & ((bits & (bits - 1)) == 0)


def _with_changes(block: LandBlock, allowed: NDArray[np.bool_]) -> LandBlock:
    """Return the block whose changes are exactly those of the mask, (groups, classes)."""
    options = candidates(block.land)
    mask = Permission("all", "", lambda _: ~allowed)
    moves = enumerate_moves(options, [mask], block.n_periods, governance(options, block.projects))
    return replace(block, moves=moves)


def _relief(freed: LandBlock, prices: Prices, options: SolveOptions, deadline: float) -> float | None:
    """Return how far the shortfall falls against the rules in conflict where more changes are allowed."""
    needed = {key[0] for key in prices.of} | set(prices.ties)
    off = freed.rules_off | {rule.name for rule in RULES if rule.name not in needed}
    rows = QuotaRows.of(divisible(bare(assemble(replace(freed, rules_off=frozenset(off))))))
    numbers = numbers_of(rows)
    ties = np.flatnonzero(~rows.relaxable)
    kept = np.sort(np.concatenate([np.array([numbers[key] for key in prices.of]), ties]).astype(np.int64))
    given = np.zeros(len(rows))
    for key, value in prices.loosened.items():
        given[numbers.get(key, 0)] += value * (key in numbers)
    small = QuotaRows.of(rows.loosened(given).keep(kept))
    lacking = np.zeros(len(small), dtype=bool)
    lacking[numbers_of(small)[prices.lacking]] = True
    least = Elastic.of(small, options, deadline, integers=False).least(freely(lacking))
    if least is None or prices.shortfall is None:
        return None
    return max(prices.shortfall - float(least.shortfall[lacking].sum()), 0.0)


def _area(moves: Moves, groups: NDArray[np.int64]) -> float:
    return float(moves.group_area_ha[np.unique(groups)].sum())


def _within_reach(block: LandBlock, prices: Prices) -> NDArray[np.bool_]:
    """Whether each group lies in the region of some priced row, (groups,)."""
    land = block.land
    inside = np.zeros(len(land.regions), dtype=bool)
    for key in prices.of:
        inside |= land.subtree[land.region_code(key[2])]
    return inside[land.zone_region[land.cover[0]]]


def _worth(block: LandBlock, prices: Prices) -> NDArray[np.float64]:
    """Return what a hectare of each move does for the shortfall, (moves,)."""
    worth = np.zeros(len(block.moves))
    names = {key[0] for key in prices.of}
    for rule in RULES:
        for quota in rule.build(block).quotas if rule.name in names else ():
            own = is_quota(quota)
            price = np.array([prices.of.get(key, 0.0) for key in keys_of(quota)]) * own
            per_cell = price @ quota.rollup
            worth += np.bincount(quota.index, weights=quota.weight * per_cell[quota.cell], minlength=len(worth))
    return worth
