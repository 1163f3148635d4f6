"""Borders of groups of land (紧凑度): what a penalty adds to the objective, and limits on their length."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.check import Check, judged, row_check

if TYPE_CHECKING:
    from optimizer.results.audit.figures import Objective
    from optimizer.results.audit.lines import Books, Made
    from optimizer.results.audit.neighbours import Neighbours
    from optimizer.results.audit.tables import LandTables, Quota

COMPACTNESS, LIMIT = "compactness", "perimeter_limit"
_RESTORED = "restored"
_OBJECTIVE = {"tCO2e/km": "emissions", "10k CNY/km": "cost"}
_M_PER_KM = 1000.0


@dataclass(frozen=True)
class Penalties:
    """What the penalties add by objective: sums against the present, and sums of |change| over the edges."""

    cost: dict[str, float]
    size: dict[str, float]

    def added_to(self, own: Objective, weights: tuple[float, float]) -> Objective:
        """Return the recomputed objective with the penalties; `weights` are those of emissions and of cost."""
        if not self.cost:
            return own
        value = sum(
            weight * self.cost.get(name, 0.0) for weight, name in zip(weights, ("emissions", "cost"), strict=True)
        )
        size = sum(abs(w) * self.size.get(name, 0.0) for w, name in zip(weights, ("emissions", "cost"), strict=True))
        parts = {f"compactness_{name}": cost for name, cost in self.cost.items()}
        return replace(own, value=own.value + value, departures=own.departures + size, parts={**own.parts, **parts})


def zone_area(land: LandTables) -> np.ndarray:
    """Return the land of each zone, ha."""
    return np.bincount(land.cover.key // land.cover.classes, land.cover.area_ha, minlength=len(land.zones))


def inside(land: LandTables, row: Quota) -> np.ndarray:
    """Tell which zones lie in the region of a quota."""
    subtree = land.regions.subtree(row.region)
    return (land.zones.region >= subtree.start) & (land.zones.region < subtree.stop)


def _shares(books: Books, made: Made, row: Quota) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of each zone that is of the group at present, and in the plan when every period is over."""
    land, moves, area = books.land, made.plan.moves, zone_area(books.land)
    size = np.where(area > 0, area, 1.0)
    changed = moves.source != moves.to
    if row.group == _RESTORED:
        counts = changed & land.transitions.restoration[moves.source, moves.to]
        return np.zeros(len(area)), np.bincount(moves.zone, moves.area_ha * counts, minlength=len(area)) / size
    group = books.group(row)
    zone, cls = np.divmod(land.cover.key, land.cover.classes)
    here = group.present[land.zones.kind[zone], cls]
    counts = np.where(changed, group.new[moves.to], group.present[land.zones.kind[moves.zone], moves.source])
    before = np.bincount(zone, land.cover.area_ha * here, minlength=len(area))
    return before / size, np.bincount(moves.zone, moves.area_ha * counts, minlength=len(area)) / size


def border_checks(books: Books, made: Made, neighbours: Neighbours) -> tuple[list[Check], Penalties]:
    """Measure the border that each quota counts; limits are judged, penalties summed."""
    checks: list[Check] = []
    cost: dict[str, float] = {}
    size: dict[str, float] = {}
    for row in books.land.quotas:
        if row.rule not in (COMPACTNESS, LIMIT) or not books.settings.on(row.rule):
            continue
        edges = neighbours.within(inside(books.land, row))
        lengths = [
            edges.length_m / _M_PER_KM * np.abs(share[edges.left] - share[edges.right])
            for share in _shares(books, made, row)
        ]
        present, planned = (float(length.sum()) for length in lengths)
        subject = books.subject(row, row.period)
        if row.rule == LIMIT:
            checks.append(row_check(LIMIT, LIMIT, subject, planned, "<=", row.value, planned, "km"))
            continue
        objective = _OBJECTIVE[row.unit]
        cost[objective] = cost.get(objective, 0.0) + row.value * (planned - present)
        size[objective] = size.get(objective, 0.0) + row.value * float(np.abs(lengths[1] - lengths[0]).sum())
        message = f"{planned:.9g} km of border, {present:.9g} km at present, {row.value:g} {row.unit}"
        checks.append(judged(COMPACTNESS, COMPACTNESS, subject, 0.0, 0.0, "km", message))
    return checks, Penalties(cost, size)
