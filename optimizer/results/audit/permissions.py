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
    name: str, rule: str, mask: np.ndarray, land: LandTables, changes: Changes, settings: Settings, why: str
) -> Check:
    """Judge the worst of the barred changes; the message counts the rest."""
    excess = np.where(mask, changes.moves.area_ha - RELATIVE * changes.present_ha, 0.0)
    rows = int((excess > ABSOLUTE_HA).sum())
    if not rows:
        return judged(name, rule, "", float(excess.max(initial=0.0)), ABSOLUTE_HA, "ha", why)
    worst = int(np.argmax(excess))
    message = f"{why} ({rows} such changes, {changes.moves.area_ha[excess > ABSOLUTE_HA].sum():.9g} ha)"
    subject = describe(land, changes, worst, settings.periods)
    return judged(name, rule, subject, float(excess[worst]), ABSOLUTE_HA, "ha", message)


def _condition(land: LandTables, zone: np.ndarray, source: np.ndarray, to: np.ndarray) -> np.ndarray:
    table = land.transitions
    asked = table.condition[source, to]
    unmet = np.zeros(np.broadcast(zone, asked).shape, dtype=bool)
    for place, met in enumerate(table.met):
        if (asked == place).any():
            unmet |= (asked == place) & ~met[zone]
    return unmet


def barred(
    land: LandTables, zone: np.ndarray, source: np.ndarray, to: np.ndarray
) -> Iterator[tuple[str, str, np.ndarray, str]]:
    """Yield name, rule, which changes the rule bars, and why; codes of zone, present and new class broadcast."""
    groups, zones = land.groups, land.zones
    cropland, built = groups.node("cropland"), groups.node("built")
    from_crop, to_crop = cropland[source], cropland[to]
    yield (
        "transition_matrix",
        "transition_matrix",
        ~land.transitions.allowed[source, to],
        "the matrix does not allow the change",
    )
    unmet = _condition(land, zone, source, to)
    yield "transition_condition", "transition_matrix", unmet, "the zone does not meet the condition"
    yield (
        "potential_grade",
        "transition_matrix",
        ~from_crop & to_crop & (zones.potential_grade[zone] < 1),
        "the site is unfit for cropland",
    )
    line = zones.red_line[zone]
    stopped = (built | cropland | groups.node("farm_facility"))[to]
    yield (
        "red_line",
        "red_line",
        (line == RED_LINE.index("core")) | ((line == RED_LINE.index("general")) & stopped),
        "core: no change; general: nothing becomes built land, cropland or farm facilities",
    )
    yield (
        "permanent_farmland",
        "permanent_farmland",
        zones.farmland[zone] & from_crop & ~to_crop,
        "permanent basic farmland stays cropland",
    )
    yield (
        "slope",
        "slope",
        (zones.slope_class[zone] == 5) & ~from_crop & to_crop,
        "no new cropland above 25 degrees",
    )
    yield (
        "urban_boundary",
        "urban_boundary",
        ~zones.boundary[zone] & (built & groups.setting("urban"))[to],
        "no new urban land outside the boundary",
    )


def permission_checks(land: LandTables, changes: Changes, settings: Settings) -> list[Check]:
    """Check every permission rule in force; the transition matrix always is."""
    moves = changes.moves
    return [
        forbidden(name, rule, mask, land, changes, settings, why)
        for name, rule, mask, why in barred(land, moves.zone, moves.source, moves.to)
        if settings.on(rule)
    ]
