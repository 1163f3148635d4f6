"""Overlays on land that keeps its class (光伏阵列、风电场、走廊带): where they may lie, how much, and their carbon.

Read from the raw tables of the network part: a site that needs land is an overlay of its technology, the strips of
all corridors together are one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from optimizer.results.audit.check import ABSOLUTE_HA, RELATIVE, Check, judged
from optimizer.results.audit.files import Names, RawTable, find_table
from optimizer.results.audit.tables import RED_LINE

if TYPE_CHECKING:
    from pathlib import Path

    from optimizer.results.audit.flows import Changes
    from optimizer.results.audit.tables import LandTables

STRIP = "corridor"


@dataclass(frozen=True)
class Overlays:
    """What may lie on land; code 0 is nothing, the first rows of the arrays belong to it.

    `may`, `in_red_line` and `in_farmland` are (overlays, classes); `kept` is the part of the class's sink that stays,
    `counts_as` the class by which the land counts (-1: its own). `zone`, `overlay` and `share` list what reaches where.
    """

    names: Names
    may: np.ndarray
    in_red_line: np.ndarray
    in_farmland: np.ndarray
    kept: np.ndarray
    counts_as: np.ndarray
    zone: np.ndarray
    overlay: np.ndarray
    share: np.ndarray

    def checks(self, land: LandTables, under: Changes) -> list[Check]:
        """Check the rows of a plan that lie under an overlay: permission, control lines, share of the zone."""
        moves = under.moves
        line, code, source = land.zones.red_line[moves.zone], moves.overlay, moves.source
        core = line == RED_LINE.index("core")
        general = (line == RED_LINE.index("general")) & ~self.in_red_line[code, source]
        barred = {
            "overlay.class": (~self.may[code, source], "the technology may not lie on this class"),
            "overlay.red_line": (core | general, "it may not lie inside the ecological red line"),
            "overlay.farmland": (
                land.zones.farmland[moves.zone] & ~self.in_farmland[code, source],
                "it may not lie on permanent basic farmland",
            ),
        }
        over = np.maximum(moves.area_ha - RELATIVE * under.present_ha, 0.0)
        checks = [self._worst(name, over * mask, why, land, under) for name, (mask, why) in barred.items()]
        return [*checks, self._reached(land, under)]

    def _worst(self, name: str, excess: np.ndarray, why: str, land: LandTables, under: Changes) -> Check:
        at = int(np.argmax(excess)) if len(excess) else -1
        bad = at >= 0 and excess[at] > ABSOLUTE_HA
        subject = f"{self._row(land, under, at)}" if bad else ""
        return judged(name, "overlay", subject, float(excess[at]) if at >= 0 else 0.0, ABSOLUTE_HA, "ha", why)

    def _row(self, land: LandTables, under: Changes, row: int) -> str:
        moves = under.moves
        zone, name = land.zones.names.label(moves.zone[row]), self.names.label(moves.overlay[row])
        return f"zone {zone}, {land.class_names.label(moves.source[row])} under {name}"

    def _reached(self, land: LandTables, under: Changes) -> Check:
        """Each piece of land bears, over all periods, at most the share of its zone that an overlay reaches."""
        zones, moves = len(land.zones), under.moves
        share = np.zeros((len(self.names), zones))
        np.maximum.at(share, (self.overlay, self.zone), self.share)
        key = under.group.astype(np.int64) * len(self.names) + moves.overlay
        _, first, piece = np.unique(key, return_index=True, return_inverse=True)
        area = np.bincount(piece, moves.area_ha, minlength=len(first))
        most = share[moves.overlay[first], moves.zone[first]] * under.present_ha[first]
        off = area - most - RELATIVE * under.present_ha[first]
        at = int(np.argmax(off)) if len(off) else -1
        bad = at >= 0 and off[at] > ABSOLUTE_HA
        subject = self._row(land, under, int(first[at])) if bad else ""
        words = f"{area[at]:.9g} ha, {most[at]:.9g} ha lie in its reach" if bad else "no overlay leaves its reach"
        return judged("overlay.reach", "overlay", subject, float(off[at]) if at >= 0 else 0.0, ABSOLUTE_HA, "ha", words)


def _by_class(
    table: RawTable | None, column: str, absent: float, default: float, shape: tuple, place: list
) -> np.ndarray:
    values = np.full(shape, absent)
    if table is not None:
        number = table.numbers(column, default)
        for overlay, cls, row in place:
            values[overlay, cls] = number[row]
    return values


def read_overlays(instance: Path, land: LandTables) -> Overlays | None:
    """Read what the network part lays on land; None where there is no network."""
    folder = instance / "network"
    if not folder.is_dir():
        return None
    sites, table = find_table(folder, "sites", required=False), find_table(folder, "overlays", required=False)
    names, kinds = [""], [""]
    if sites is not None:
        needs = sites.numbers("density_mw_per_km2", 0.0) > 0
        names += [name for name, need in zip(sites.text("site"), needs, strict=True) if need]
        kinds += [kind for kind, need in zip(sites.text("technology"), needs, strict=True) if need]
    names, kinds = [*names, STRIP], [*kinds, STRIP]
    classes = land.cover.classes
    shape = (len(names), classes)
    place, counts_as = [], np.full(shape, -1)
    if table is not None:
        cls = table.known_codes("class", land.class_names, "class")
        becomes = [land.class_names.code(name) if name else -1 for name in table.text("as_class", "")]
        for row, kind in enumerate(table.text("technology")):
            for code in (k for k, own in enumerate(kinds) if own == kind):
                place.append((code, int(cls[row]), row))
                counts_as[code, int(cls[row])] = becomes[row]
    known = Names(pa.array(names, pa.string()))
    zone, overlay, share = _reach(folder, land, known)
    return Overlays(
        names=known,
        may=_by_class(table, "allowed", 0.0, 1.0, shape, place) > 0,
        in_red_line=_by_class(table, "in_red_line", 0.0, 0.0, shape, place) > 0,
        in_farmland=_by_class(table, "in_farmland", 0.0, 0.0, shape, place) > 0,
        kept=_by_class(table, "sink_kept", 1.0, 1.0, shape, place),
        counts_as=counts_as,
        zone=zone,
        overlay=overlay,
        share=share,
    )


def _reach(folder: Path, land: LandTables, names: Names) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    sites, strips = (find_table(folder, name, required=False) for name in ("site_zones", "segment_zones"))
    zone, overlay, share = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0)]
    if sites is not None:
        code = sites.codes("site", names)
        zone.append(sites.known_codes("zone", land.zones.names, "zone")[code > 0])
        overlay.append(code[code > 0])
        share.append(np.minimum(sites.numbers("share", 1.0), 1.0)[code > 0])
    if strips is not None:
        crossed = np.unique(strips.known_codes("zone", land.zones.names, "zone"))
        zone.append(crossed)
        overlay.append(np.full(len(crossed), len(names) - 1))
        share.append(np.ones(len(crossed)))
    return np.concatenate(zone), np.concatenate(overlay), np.concatenate(share)
