"""Changes as a whole (整块转换) and minimum lots (最小转换面积)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.check import ABSOLUTE_HA, RELATIVE, Check, judged
from optimizer.results.audit.permissions import describe

if TYPE_CHECKING:
    from optimizer.results.audit.flows import Changes
    from optimizer.results.audit.settings import Settings
    from optimizer.results.audit.tables import LandTables


def _whole(land: LandTables, changes: Changes, settings: Settings) -> list[Check]:
    zone, _cls = np.divmod(land.cover.key, land.cover.classes)
    held = np.bincount(zone[land.cover.area_ha > 0], minlength=len(land.zones))
    mixed = np.flatnonzero(land.zones.whole & (held != 1))
    subject = f"zone {land.zones.names.label(mixed[0])}" if len(mixed) else ""
    rows = np.flatnonzero(land.zones.whole[changes.moves.zone])
    area, present = changes.moves.area_ha[rows], changes.present_ha[rows]
    off = np.minimum(np.abs(area), np.abs(present - area)) - RELATIVE * present
    at = int(np.argmax(off)) if len(off) else -1
    split = at >= 0 and off[at] > ABSOLUTE_HA
    return [
        judged(
            "whole_parcel",
            "whole_parcel",
            describe(land, changes, int(rows[at]), settings.periods) if split else "",
            float(off[at]) if at >= 0 else 0.0,
            ABSOLUTE_HA,
            "ha",
            f"{area[at]:.9g} ha of {present[at]:.9g} ha, all or nothing asked" if split else "whole zones change whole",
        ),
        judged(
            "whole_parcel.one_class",
            "whole_parcel",
            subject,
            float(len(mixed)),
            0.0,
            "zones",
            "a zone that changes as a whole holds exactly one class",
        ),
    ]


def _lots(land: LandTables, changes: Changes, settings: Settings) -> Check:
    moves = changes.moves
    rows = np.flatnonzero(land.zones.min_lot_ha[moves.zone] > 0)
    key = (moves.zone[rows].astype(np.int64) * land.cover.classes + moves.to[rows]) * 128 + moves.period[rows]
    _, first, lot = np.unique(key, return_index=True, return_inverse=True)
    area = np.bincount(lot, moves.area_ha[rows], minlength=len(first))
    least = land.zones.min_lot_ha[moves.zone[rows[first]]]
    off = np.minimum(np.abs(area), least - area) - RELATIVE * least
    at = int(np.argmax(off)) if len(off) else -1
    if at < 0 or off[at] <= ABSOLUTE_HA:
        return judged("minimum_lot", "minimum_lot", "", 0.0, ABSOLUTE_HA, "ha", "every lot is large enough")
    subject = describe(land, changes, int(rows[first[at]]), settings.periods)
    message = f"a lot of {area[at]:.9g} ha, none or at least {least[at]:.9g} ha asked"
    return judged("minimum_lot", "minimum_lot", subject, float(off[at]), ABSOLUTE_HA, "ha", message)


def decision_checks(land: LandTables, changes: Changes, settings: Settings) -> list[Check]:
    """Check whole parcels and minimum lots where the rules are in force."""
    checks = _whole(land, changes, settings) if settings.on("whole_parcel") else []
    return [*checks, _lots(land, changes, settings)] if settings.on("minimum_lot") else checks
