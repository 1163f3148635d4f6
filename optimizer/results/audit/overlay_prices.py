"""Priced overlays: what may lie on each piece of land that keeps its class, and what that costs.

An overlay takes a piece up to the share of its zone that it reaches, whatever the period; so its cheapest period is all
that a bound needs, and rows that hold its periods together are kept without a price.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.flows import Kinds, counted_grade
from optimizer.results.audit.tables import RED_LINE

if TYPE_CHECKING:
    from optimizer.results.audit.choices import Pieces
    from optimizer.results.audit.lines import Books, Line
    from optimizer.results.audit.network.land import EnergyPrices

WHOLE = 1e-9
"""Share by which an overlay may miss a zone that changes as a whole."""


@dataclass(frozen=True)
class OverlayPrices:
    """What overlays reach, and the rows with multipliers that price them."""

    books: Books
    energy: EnergyPrices
    lines: list[tuple[Line, float]]

    @cached_property
    def _reach(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return overlay and share of what reaches zones, ordered by zone, with first and count by zone."""
        overlays = self.energy.energy.overlays
        order = np.argsort(overlays.zone, kind="stable")
        count = np.bincount(overlays.zone, minlength=len(self.books.land.zones))
        return overlays.overlay[order], overlays.share[order], np.cumsum(count) - count, count

    def reached(self) -> np.ndarray:
        """Tell which zones any overlay reaches, (zones,)."""
        return self._reach[3] > 0

    def onto(self, pieces: Pieces) -> Pieces:
        """Return pieces, of one or several present classes, with a column for each overlay that may lie on them."""
        overlay, share, first, count = self._reach
        most = int(count[pieces.zone].max(initial=0))
        if not most:
            return pieces
        piece, slot = np.nonzero(np.arange(most) < count[pieces.zone][:, None])
        entry = first[pieces.zone[piece]] + slot
        may = self._may(pieces, piece, overlay[entry], share[entry])
        piece, slot, entry = piece[may], slot[may], entry[may]
        shape = (len(pieces.place), most)
        price = np.full((*shape, pieces.price.shape[2]), np.inf)
        price[piece, slot, 0] = self._cheapest(pieces, piece, overlay[entry])
        shares = np.ones(shape)
        shares[piece, slot] = np.minimum(share[entry], 1.0)
        return replace(
            pieces,
            to=np.concatenate([pieces.to, np.full(most, -1)]),
            price=np.concatenate([pieces.price, price], axis=1),
            project=np.concatenate([pieces.project, np.full(shape, -1)], axis=1),
            share=np.concatenate([pieces.share, shares], axis=1),
        )

    def _source(self, pieces: Pieces) -> np.ndarray:
        cover = self.books.land.cover
        return cover.key[pieces.place] % cover.classes

    def _may(self, pieces: Pieces, piece: np.ndarray, overlay: np.ndarray, share: np.ndarray) -> np.ndarray:
        """Tell where overlays may lie: the class, the control lines, and all of a parcel that changes as a whole."""
        overlays, zones = self.energy.energy.overlays, self.books.land.zones
        zone, source = pieces.zone[piece], self._source(pieces)[piece]
        line = zones.red_line[zone]
        barred = line == RED_LINE.index("core")
        barred |= (line == RED_LINE.index("general")) & ~overlays.in_red_line[overlay, source]
        barred |= zones.farmland[zone] & ~overlays.in_farmland[overlay, source]
        if self.books.settings.on("whole_parcel"):
            barred |= zones.whole[zone] & (share < 1.0 - WHOLE)
        return np.asarray(overlays.may[overlay, source] & ~barred & (share > 0))

    def _cheapest(self, pieces: Pieces, piece: np.ndarray, overlay: np.ndarray) -> np.ndarray:
        """Return the price of a hectare under overlays in the period in which it is lowest, (entries,)."""
        periods = len(self.books.settings.periods)
        zone, source = np.repeat(pieces.zone[piece], periods), np.repeat(self._source(pieces)[piece], periods)
        code, period = np.repeat(overlay, periods), np.tile(np.arange(periods), len(piece))
        price = -self.energy.overlay(zone, code, period)
        kinds, order = self._kinds(zone, source, code, period)
        own = np.zeros(len(order))
        carbon, _ = self.books.settings.weights
        if carbon and len(order):
            own += carbon * self.books.account.emission_per_hectare(kinds, self.books.settings.end_year)
        for line, worth in self.lines:
            inside = self.books.land.regions.subtree(line.quota.region)
            some = slice(*np.searchsorted(kinds.region, (inside.start, inside.stop)))
            for one in line.sums:
                if not one.money and some.start < some.stop:
                    own[some] -= worth * one.weight(kinds.within(inside))
        price[order] += own
        return price.reshape(-1, periods).min(axis=1, initial=np.inf)

    def _kinds(
        self, zone: np.ndarray, source: np.ndarray, overlay: np.ndarray, period: np.ndarray
    ) -> tuple[Kinds, np.ndarray]:
        """Return land under overlays as kinds of change, by region, and the entry of each."""
        zones = self.books.land.zones
        order = np.argsort(zones.region[zone], kind="stable")
        zone, source, overlay, period = zone[order], source[order], overlay[order], period[order]
        kinds = Kinds(
            region=zones.region[zone],
            kind=zones.kind[zone],
            source=source,
            to=source,
            period=period,
            grade_lost=counted_grade(zones.grade[zone]),
            grade_won=counted_grade(zones.potential_grade[zone]),
            project=np.full(len(zone), -1),
            restoration=self.books.land.transitions.restoration[source, source],
            overlay=overlay,
        )
        return kinds, order
