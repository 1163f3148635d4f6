"""Priced moves of the land, piece by piece: what each piece of present land may become, and what that costs.

A piece is a (zone, class) of the cover. Pieces are taken in chunks of one present class, so that memory stays
bounded however many moves there are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.flows import unit_costs
from optimizer.results.audit.permissions import barred
from optimizer.results.audit.worths import PROJECTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optimizer.results.audit.lines import Books
    from optimizer.results.audit.prices import Prices

CHUNK = 1 << 15
"""Pieces of land that are priced at once."""


@dataclass(frozen=True)
class Extra:
    """Prices of single moves beside the tables: place in the cover, new class, period (-1: stay), price per hectare."""

    place: np.ndarray
    to: np.ndarray
    period: np.ndarray
    price: np.ndarray

    @classmethod
    def joined(cls, parts: list[Extra]) -> Extra:
        """Return several as one, by place."""
        empty = np.zeros(0, dtype=np.int64)
        parts = [cls(empty, empty, empty, np.zeros(0)), *parts]
        place = np.concatenate([part.place for part in parts])
        order = np.argsort(place, kind="stable")
        names = ("to", "period", "price")
        return cls(place[order], *(np.concatenate([getattr(part, name) for part in parts])[order] for name in names))


@dataclass(frozen=True)
class Pieces:
    """Some pieces of one present class and their moves.

    `stay` (pieces,) and `price` (pieces, classes, periods) are priced costs per hectare, endless where a change is
    barred; `to` names the classes. `project` (-1: none) and `share` (of the piece that the change may take) are
    (pieces, classes).
    """

    place: np.ndarray
    zone: np.ndarray
    area_ha: np.ndarray
    to: np.ndarray
    stay: np.ndarray
    price: np.ndarray
    project: np.ndarray
    share: np.ndarray

    def take(self, rows: np.ndarray) -> Pieces:
        """Return some of the pieces."""
        names = ("place", "zone", "area_ha", "stay", "price", "project", "share")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})


def pieces_of(books: Books, prices: Prices, extra: Extra) -> Iterator[Pieces]:
    """Yield all pieces of land with a change that the matrix allows, and those whose stay has a price."""
    cover = books.land.cover
    zone, cls = np.divmod(cover.key, cover.classes)
    land = cover.area_ha > 0
    for source in range(cover.classes):
        places = np.flatnonzero((cls == source) & land)
        for first in range(0, len(places), CHUNK):
            place = places[first : first + CHUNK]
            yield _pieces(books, prices, extra, place, zone[place], source)


def permits(
    books: Books, place: np.ndarray, zone: np.ndarray, source: int, to: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return for pieces of one class which changes are barred, their project and share, (pieces, classes) each."""
    land, projects, rows = books.land, books.projects, zone[:, None]
    shape = (len(zone), len(to))
    project, share, stopped = np.full(shape, -1), np.ones(shape), np.zeros(shape, dtype=bool)
    whole = land.zones.whole[rows] & books.settings.on("whole_parcel")
    if books.settings.on(PROJECTS) and len(projects):
        project, share = projects.governing(rows, to[None, :], land.cover.classes)
        too_large = projects.max_area_ha[project] < land.cover.area_ha[place][:, None]
        stopped = (share <= 0) | (whole & ((share < 1) | ((project >= 0) & too_large)))
    for _name, rule, mask, _why in barred(land, rows, np.array(source), to[None, :]):
        if books.settings.on(rule):
            stopped = stopped | mask
    return stopped, project, share


def _pieces(books: Books, prices: Prices, extra: Extra, place: np.ndarray, zone: np.ndarray, source: int) -> Pieces:
    land, own = books.land, prices.pairs.of(source)
    to, stay = prices.pairs.to[own], np.zeros(len(place))
    stopped, project, share = permits(books, place, zone, source, to)
    price = np.zeros((*stopped.shape, len(books.settings.periods)))
    for sheet in prices.hectare.values():
        price += sheet.of(zone, own)
    if prices.money:
        cost = unit_costs(land, zone[:, None], np.array(source), to[None, :])[:, :, None]
        for reads, sheet in prices.money.items():
            counted = cost * (project >= 0)[:, :, None] if reads == "governed" else cost
            price += sheet.of(zone, own) * counted
    for border in prices.borders:
        change = border.changes(land.zones.kind[zone], source, to)
        border.moving[zone] |= ((change != 0) & ~stopped).any(axis=1)
        price += border.per_hectare(zone, change)[:, :, None]
    _add(extra, place, to, stay, price)
    price += np.where(stopped, np.inf, 0.0)[:, :, None]
    return Pieces(place, zone, land.cover.area_ha[place], to, stay, price, project, share)


def _add(extra: Extra, place: np.ndarray, to: np.ndarray, stay: np.ndarray, price: np.ndarray) -> None:
    """Add the prices of single moves to those of a chunk; places ascend."""
    if not len(place):
        return
    terms = slice(*np.searchsorted(extra.place, (place[0], place[-1] + 1)))
    row = np.searchsorted(place, extra.place[terms])
    column = np.searchsorted(to, extra.to[terms])
    there = place[row] == extra.place[terms]
    stays = there & (extra.period[terms] < 0)
    np.add.at(stay, row[stays], extra.price[terms][stays])
    known = to[np.minimum(column, len(to) - 1)] == extra.to[terms] if len(to) else np.zeros(len(row), bool)
    moves = there & ~stays & known
    np.add.at(price, (row[moves], column[moves], extra.period[terms][moves]), extra.price[terms][moves])


def limited(pieces: Pieces) -> np.ndarray:
    """Tell which pieces have a change that may take only a part of them, (pieces,)."""
    return ((pieces.share < 1) & np.isfinite(pieces.price).any(axis=2)).any(axis=1)


def least(pieces: Pieces) -> np.ndarray:
    """Return the least priced cost per hectare of each piece, changes limited to their shares."""
    best = np.minimum(pieces.price.min(axis=(1, 2), initial=np.inf), pieces.stay)
    rows = np.flatnonzero(limited(pieces))
    if len(rows):
        price, taken = filled(pieces.take(rows))
        best[rows] = (np.where(taken > 0, price, 0.0) * taken).sum(axis=1)
    return best


def filled(pieces: Pieces) -> tuple[np.ndarray, np.ndarray]:
    """Take the cheapest moves first, each up to its share: prices in ascending order and shares, (pieces, moves)."""
    count, periods = len(pieces.place), pieces.price.shape[2]
    price = np.concatenate([pieces.stay[:, None], pieces.price.reshape(count, -1)], axis=1)
    share = np.concatenate([np.ones((count, 1)), np.repeat(pieces.share, periods, axis=1)], axis=1)
    order = np.argsort(price, axis=1)
    price, share = np.take_along_axis(price, order, 1), np.take_along_axis(share, order, 1)
    before = np.cumsum(share, axis=1) - share
    return price, np.clip(1.0 - before, 0.0, share)
