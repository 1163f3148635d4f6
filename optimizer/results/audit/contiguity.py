"""New land that hangs together (连片布局): no scattered zones, no patch below the least area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from optimizer.results.audit.boundary import inside, zone_area
from optimizer.results.audit.check import ABSOLUTE_HA, RELATIVE, Check, count_check, judged

if TYPE_CHECKING:
    from optimizer.results.audit.lines import Books, Made
    from optimizer.results.audit.neighbours import Neighbours
    from optimizer.results.audit.tables import LandTables, Quota

CONTIGUITY, MINIMUM_PATCH = "contiguity", "minimum_patch"
_NAMED = 20
"""Zones that a failed check names."""


@dataclass(frozen=True)
class _Lie:
    """Zones of a quota's region: those that become land of the group, those that wholly are, those changed in part."""

    new: np.ndarray
    present: np.ndarray
    partial: np.ndarray
    area_ha: np.ndarray


def contiguity_checks(books: Books, made: Made, neighbours: Neighbours) -> list[Check]:
    """Check every quota on how new land lies."""
    checks: list[Check] = []
    for row in books.land.quotas:
        if row.rule not in (CONTIGUITY, MINIMUM_PATCH) or not books.settings.on(row.rule):
            continue
        where = inside(books.land, row)
        lie, edges = _lie(books, made, row, where), neighbours.within(where)
        subject = books.subject(row, row.period)
        words = _zones(books.land, lie.partial, "zones become land of the group as a whole or not at all", "in part")
        checks.append(count_check(f"{row.rule}.whole", row.rule, subject, int(lie.partial.sum()), words, "zones"))
        if row.rule == CONTIGUITY:
            checks.append(_attached(books.land, subject, lie, edges))
        else:
            checks.append(_large(books.land, subject, lie, edges, row.value))
    return checks


def _lie(books: Books, made: Made, row: Quota, where: np.ndarray) -> _Lie:
    land, moves, group = books.land, made.plan.moves, books.group(row)
    area, count = zone_area(land), len(land.zones)
    kind = land.zones.kind
    arrives = (moves.source != moves.to) & ~group.present[kind[moves.zone], moves.source] & group.new[moves.to]
    arrived = np.bincount(moves.zone, moves.area_ha * arrives, minlength=count)
    zone, cls = np.divmod(land.cover.key, land.cover.classes)
    held = np.bincount(zone, land.cover.area_ha * group.present[kind[zone], cls], minlength=count)
    new = where & (arrived > ABSOLUTE_HA + RELATIVE * area)
    partial = new & (arrived < area * (1 - RELATIVE) - ABSOLUTE_HA)
    return _Lie(new, where & (area > 0) & (held >= area * (1 - RELATIVE)), partial, area)


def _components(chosen: np.ndarray, edges: Neighbours) -> np.ndarray:
    """Return the patch of each zone; those not chosen are patches by themselves."""
    rows = chosen[edges.left] & chosen[edges.right]
    left, right = edges.left[rows], edges.right[rows]
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(len(chosen), len(chosen)))
    return np.asarray(connected_components(graph.tocsr(), directed=False)[1])


def _attached(land: LandTables, subject: str, lie: _Lie, edges: Neighbours) -> Check:
    patch = _components(lie.new | lie.present, edges)
    reached = np.zeros(len(patch) + 1, dtype=bool)
    reached[patch[lie.present]] = True
    scattered = lie.new & ~reached[patch]
    words = _zones(land, scattered, "all new land is connected to present land of the group", "scattered")
    return count_check(CONTIGUITY, CONTIGUITY, subject, int(scattered.sum()), words, "zones")


def _large(land: LandTables, subject: str, lie: _Lie, edges: Neighbours, least_ha: float) -> Check:
    patch = _components(lie.new, edges)
    area = np.bincount(patch[lie.new], lie.area_ha[lie.new], minlength=len(patch)).astype(float)
    there = np.bincount(patch[lie.new], minlength=len(patch)) > 0
    smallest = float(area[there].min(initial=np.inf))
    small = there & (area < least_ha * (1 - RELATIVE))
    words = _zones(
        land,
        lie.new & small[patch],
        f"every patch of new land has {least_ha:g} ha",
        f"in patches below {least_ha:g} ha",
    )
    excess = max(least_ha - smallest, 0.0)
    return judged(MINIMUM_PATCH, MINIMUM_PATCH, subject, excess, RELATIVE * max(least_ha, 1.0), "ha", words)


def _zones(land: LandTables, wrong: np.ndarray, good: str, bad: str) -> str:
    """Name the zones that are wrong, or say that all is well."""
    codes = np.flatnonzero(wrong)
    if not len(codes):
        return good
    names = ", ".join(land.zones.names.label(code) for code in codes[:_NAMED])
    more = f" and {len(codes) - _NAMED:,} more" if len(codes) > _NAMED else ""
    return f"{len(codes):,} zones {bad}: {names}{more}"
