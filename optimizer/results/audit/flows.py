"""The changes of a plan, one by one with what rules ask of them, and summed into flows that quotas count."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from optimizer.results.audit.groups import BUILT_KINDS, Group
from optimizer.results.audit.tables import WORST_GRADE, LandTables

if TYPE_CHECKING:
    from optimizer.results.audit.plan import Moves
    from optimizer.results.audit.restoration import Projects


@dataclass(frozen=True)
class Changes:
    """Rows that change class: the move, its present area A0 (ha), unit cost (10k CNY/ha), project and share."""

    moves: Moves
    group: np.ndarray
    present_ha: np.ndarray
    unit_cost: np.ndarray
    project: np.ndarray
    share: np.ndarray


@dataclass(frozen=True)
class Kinds:
    """Kinds of change, sorted by region: all that a quota asks of a hectare; `project` is -1 where none governs it.

    Land under an overlay (code from 1) keeps its class and is a kind of its own.
    """

    region: np.ndarray
    kind: np.ndarray
    source: np.ndarray
    to: np.ndarray
    period: np.ndarray
    grade_lost: np.ndarray
    grade_won: np.ndarray
    project: np.ndarray
    restoration: np.ndarray
    overlay: np.ndarray

    def within(self, regions: slice) -> Self:
        """Return the changes of consecutive regions (a subtree)."""
        first, last = np.searchsorted(self.region, (regions.start, regions.stop))
        return type(self)(*(getattr(self, field.name)[first:last] for field in fields(self)))

    def into(self, group: Group) -> np.ndarray:
        """Tell which changes enter a group from outside it."""
        return ~group.present[self.kind, self.source] & group.new[self.to]

    def out_of(self, group: Group) -> np.ndarray:
        """Tell which changes leave a group."""
        return group.present[self.kind, self.source] & ~group.new[self.to]

    def until(self, period: int) -> np.ndarray:
        """Tell which changes happen in a period or before it."""
        return self.period <= period


@dataclass(frozen=True)
class Flows(Kinds):
    """Changes of a plan summed over alike land; `cost` and `cost_abs` (sum of |terms|) in 10k CNY."""

    area_ha: np.ndarray
    cost: np.ndarray
    cost_abs: np.ndarray


def unit_costs(land: LandTables, zone: np.ndarray, source: np.ndarray, to: np.ndarray) -> np.ndarray:
    """Return transition cost x cost factor of the zone + cost of the place, 10k CNY/ha; codes broadcast."""
    cost = land.transitions.cost[source, to] * land.zones.cost_factor[zone]
    if len(land.zone_cost_key):
        wanted = zone.astype(np.int64) * land.cover.classes + to
        found = np.minimum(np.searchsorted(land.zone_cost_key, wanted), len(land.zone_cost_key) - 1)
        cost = cost + np.where(land.zone_cost_key[found] == wanted, land.zone_cost[found], 0.0)
    return cost


def changes_of(land: LandTables, moves: Moves, group: np.ndarray, projects: Projects) -> Changes:
    """Pick the rows that change class on land that exists, in a known period."""
    return _picked(
        land, moves, group, np.flatnonzero((moves.source != moves.to) & (group >= 0) & (moves.period >= 0)), projects
    )


def under_overlays(land: LandTables, moves: Moves, group: np.ndarray, projects: Projects) -> Changes:
    """Pick the rows under an overlay on land that exists, in a known period; they cost nothing by themselves."""
    known = (moves.source == moves.to) & (moves.overlay > 0) & (group >= 0) & (moves.period >= 0)
    found = _picked(land, moves, group, np.flatnonzero(known), projects)
    none = np.full(len(found.project), -1)
    return replace(found, unit_cost=np.zeros(len(none)), project=none)


def both(first: Changes, second: Changes) -> Changes:
    """Return the rows of two sets of changes, one after the other."""
    if not len(second.group):
        return first
    names = [field.name for field in fields(first.moves)]
    moves = replace(
        first.moves, **{n: np.concatenate([getattr(first.moves, n), getattr(second.moves, n)]) for n in names}
    )
    others = [field.name for field in fields(first) if field.name != "moves"]
    return Changes(moves, **{n: np.concatenate([getattr(first, n), getattr(second, n)]) for n in others})


def _picked(land: LandTables, moves: Moves, group: np.ndarray, rows: np.ndarray, projects: Projects) -> Changes:
    changed = moves.take(rows)
    owner, share = projects.governing(changed.zone, changed.to, land.cover.classes)
    return Changes(
        changed,
        group[rows],
        land.cover.area_ha[group[rows]],
        unit_costs(land, changed.zone, changed.source, changed.to),
        owner,
        share,
    )


def counted_grade(grade: np.ndarray) -> np.ndarray:
    """Return the grade that quotas count: land without one counts as the worst."""
    return np.where(grade == 0, WORST_GRADE, grade)


def flows_of(land: LandTables, changes: Changes) -> tuple[Flows, np.ndarray]:
    """Sum the changes into flows; the second value is the flow of each change."""
    moves, zones = changes.moves, land.zones
    parts = (
        (zones.region[moves.zone], len(land.regions)),
        (zones.kind[moves.zone], len(BUILT_KINDS)),
        (moves.source, land.cover.classes),
        (moves.to, land.cover.classes),
        (moves.period, 128),
        (counted_grade(zones.grade[moves.zone]), WORST_GRADE + 1),
        (counted_grade(zones.potential_grade[moves.zone]), WORST_GRADE + 1),
        (changes.project + 1, int(changes.project.max(initial=0)) + 2),
        (moves.overlay, int(moves.overlay.max(initial=0)) + 1),
    )
    key = np.zeros(len(moves), dtype=np.int64)
    for values, size in parts:
        key = key * size + values
    distinct, flow = np.unique(key, return_inverse=True)
    columns = []
    for _, size in reversed(parts):
        distinct, column = np.divmod(distinct, size)
        columns.append(column)
    region, kind, source, to, period, lost, won, project, overlay = reversed(columns)
    cost = changes.unit_cost * moves.area_ha
    count = len(region)
    flows = Flows(
        region,
        kind,
        source,
        to,
        period,
        lost,
        won,
        project - 1,
        land.transitions.restoration[source, to],
        overlay,
        np.bincount(flow, moves.area_ha, minlength=count),
        np.bincount(flow, cost, minlength=count),
        np.bincount(flow, np.abs(cost), minlength=count),
    )
    return flows, flow


def present_area(land: LandTables) -> np.ndarray:
    """Return the present area [region, built kind, class], ha."""
    zone, cls = np.divmod(land.cover.key, land.cover.classes)
    shape = (len(land.regions), len(BUILT_KINDS), land.cover.classes)
    key = (land.zones.region[zone] * shape[1] + land.zones.kind[zone]) * shape[2] + cls
    return np.bincount(key, land.cover.area_ha, minlength=int(np.prod(shape))).reshape(shape)
