"""Balance of area (面积平衡): in every zone the rows of a present class add up to its present area, each once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.check import ABSOLUTE_HA, RELATIVE, Check, count_check, judged

if TYPE_CHECKING:
    from optimizer.results.audit.plan import Moves
    from optimizer.results.audit.tables import LandTables


def place(land: LandTables, group: int) -> str:
    """Return the words for a (zone, class) of the cover."""
    zone, cls = divmod(int(land.cover.key[group]), land.cover.classes)
    region = land.regions.names.label(land.zones.region[zone])
    return f"zone {land.zones.names.label(zone)}, class {land.class_names.label(cls)}, region {region}"


def _duplicates(moves: Moves, group: np.ndarray, groups: int, classes: int) -> int:
    stays = (moves.source == moves.to) & (moves.overlay == 0)
    twice = int((np.bincount(group[stays & (group >= 0)], minlength=groups) > 1).sum())
    changed = ~stays & (group >= 0)
    key = (group[changed] * classes + moves.to[changed]) * 128 + (moves.period[changed].astype(np.int64) + 2)
    key = key * (int(moves.overlay.max(initial=0)) + 1) + moves.overlay[changed]
    key.sort()
    return twice + int((np.diff(key) == 0).sum())


def balance_checks(land: LandTables, moves: Moves, group: np.ndarray) -> list[Check]:
    """Check sum over rows of (zone, from) = A0 within 1e-6 relative + 1e-6 ha; `group` is each row's cover place."""
    nowhere = group < 0
    present = land.cover.area_ha
    if nowhere.any():
        total = np.bincount(group[~nowhere], moves.area_ha[~nowhere], minlength=len(present))
    else:
        total = np.bincount(group, moves.area_ha, minlength=len(present))
    off = np.abs(total - present) - RELATIVE * present
    worst, subject, message = 0.0, "", "every (zone, class) adds up to its present area"
    if len(off):
        at = int(np.argmax(off))
        worst = float(off[at])
        if worst > ABSOLUTE_HA:
            subject = place(land, at)
            message = f"{int((off > ABSOLUTE_HA).sum())} differ; here {total[at]:.9g} ha of {present[at]:.9g} ha"
    stray = float(np.abs(moves.area_ha[nowhere]).sum())
    return [
        judged("balance", "balance", subject, worst, ABSOLUTE_HA, "ha", message),
        judged("balance.present", "balance", "", stray, ABSOLUTE_HA, "ha", "land that the zone does not have"),
        count_check(
            "balance.duplicate",
            "balance",
            "",
            _duplicates(moves, group, len(present), land.cover.classes),
            "each (zone, from, to, period, overlay) may stand once",
        ),
    ]
