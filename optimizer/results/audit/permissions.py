"""Changes that a permission rule forbids: matrix, site grade, red line, permanent farmland, slope, urban boundary.

A change counts as made where its area exceeds 1e-6 ha + 1e-6 of the present area it is taken from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.check import ABSOLUTE_HA, RELATIVE, Check, judged
from optimizer.results.audit.tables import RED_LINE, LandTables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optimizer.results.audit.flows import Changes
    from optimizer.results.audit.settings import Settings


def describe(land: LandTables, changes: Changes, row: int, periods: tuple[int, ...]) -> str:
    """Return the words for one change: zone, region, from, to, period."""
    moves = changes.moves
    zone = int(moves.zone[row])
    pair = f"{land.class_names.label(moves.source[row])} to {land.class_names.label(moves.to[row])}"
    region = land.regions.names.label(land.zones.region[zone])
    return f"region {region}, {periods[moves.period[row]]}, zone {land.zones.names.label(zone)}, {pair}"


def forbidden(
    name: str, rule: str, barred: np.ndarray, land: LandTables, changes: Changes, settings: Settings, why: str
) -> Check:
    """Judge the worst of the barred changes; the message counts the rest."""
    excess = np.where(barred, changes.moves.area_ha - RELATIVE * changes.present_ha, 0.0)
    rows = int((excess > ABSOLUTE_HA).sum())
    if not rows:
        return judged(name, rule, "", float(excess.max(initial=0.0)), ABSOLUTE_HA, "ha", why)
    worst = int(np.argmax(excess))
    message = f"{why} ({rows} such changes, {changes.moves.area_ha[excess > ABSOLUTE_HA].sum():.9g} ha)"
    subject = describe(land, changes, worst, settings.periods)
    return judged(name, rule, subject, float(excess[worst]), ABSOLUTE_HA, "ha", message)


def _condition(land: LandTables, changes: Changes) -> np.ndarray:
    table, moves = land.transitions, changes.moves
    asked = table.condition[moves.source, moves.to]
    unmet = np.zeros(len(moves), dtype=bool)
    for place, name in enumerate(table.conditions):
        rows = asked == place
        if rows.any():
            unmet |= rows & ~land.zones.table.flags(name)[moves.zone]
    return unmet


def _barred(land: LandTables, changes: Changes) -> Iterator[tuple[str, str, np.ndarray, str]]:
    groups, zones, moves = land.groups, land.zones, changes.moves
    cropland, built = groups.node("cropland"), groups.node("built")
    from_crop, to_crop = cropland[moves.source], cropland[moves.to]
    yield (
        "transition_matrix",
        "transition_matrix",
        ~land.transitions.allowed[moves.source, moves.to],
        "the matrix does not allow the change",
    )
    yield "transition_condition", "transition_matrix", _condition(land, changes), "the zone does not meet the condition"
    yield (
        "potential_grade",
        "transition_matrix",
        ~from_crop & to_crop & (zones.potential_grade[moves.zone] < 1),
        "the site is unfit for cropland",
    )
    line = zones.red_line[moves.zone]
    stopped = (built | cropland | groups.node("farm_facility"))[moves.to]
    yield (
        "red_line",
        "red_line",
        (line == RED_LINE.index("core")) | ((line == RED_LINE.index("general")) & stopped),
        "core: no change; general: nothing becomes built land, cropland or farm facilities",
    )
    yield (
        "permanent_farmland",
        "permanent_farmland",
        zones.farmland[moves.zone] & from_crop & ~to_crop,
        "permanent basic farmland stays cropland",
    )
    yield (
        "slope",
        "slope",
        (zones.slope_class[moves.zone] == 5) & ~from_crop & to_crop,
        "no new cropland above 25 degrees",
    )
    yield (
        "urban_boundary",
        "urban_boundary",
        ~zones.boundary[moves.zone] & (built & groups.setting("urban"))[moves.to],
        "no new urban land outside the boundary",
    )


def permission_checks(land: LandTables, changes: Changes, settings: Settings) -> list[Check]:
    """Check every permission rule in force; the transition matrix always is."""
    return [
        forbidden(name, rule, barred, land, changes, settings, why)
        for name, rule, barred, why in _barred(land, changes)
        if settings.on(rule)
    ]
