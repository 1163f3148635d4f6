"""Projects whose rows have no multipliers: each is closed, or opened in the period where that costs least.

An open project takes area between its least and its most. What a piece of land gives is priced against what the
piece does otherwise, so the cheapest land comes first (a fractional knapsack). Pieces change by shares here even
where they may change only as a whole: the sum stays a lower bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.choices import filled, limited

if TYPE_CHECKING:
    from optimizer.results.audit.choices import Pieces
    from optimizer.results.audit.restoration import Projects

_ROUND_OFF = 1e-9
"""Part of its least area by which a project may fall short because areas were added up."""


@dataclass(frozen=True)
class Offers:
    """What land offers a project in a period: price per hectare against what it does otherwise, at most `area_ha`."""

    block: np.ndarray
    price: np.ndarray
    area_ha: np.ndarray


def offers_of(pieces: Pieces, free: Pieces, otherwise: np.ndarray, held: np.ndarray) -> list[Offers]:
    """Return what pieces offer to the projects `held` (pieces, classes).

    `free` are the pieces without these changes, `otherwise` (pieces,) is what they then cost per hectare.
    """
    mixed = limited(free)
    offers = [_plain_offers(pieces, otherwise, held & ~mixed[:, None])]
    for row in np.flatnonzero(mixed & held.any(axis=1)):
        offers.append(_mixed_offers(pieces, held, free.take(np.array([row])), int(row)))
    return offers


def _plain_offers(pieces: Pieces, otherwise: np.ndarray, held: np.ndarray) -> Offers:
    """Return offers of pieces that do one thing otherwise."""
    periods = pieces.price.shape[2]
    row, column, period = np.nonzero(held[:, :, None] & np.isfinite(pieces.price))
    block = pieces.project[row, column].astype(np.int64) * periods + period
    price = pieces.price[row, column, period] - otherwise[row]
    order = np.lexsort((price, row, block))
    block, price, row, column = block[order], price[order], row[order], column[order]
    area = pieces.area_ha[row]
    most = area * pieces.share[row, column]
    before = _before(block * len(pieces.place) + row, most)
    return Offers(block, price, np.clip(area - before, 0.0, most))


def _mixed_offers(pieces: Pieces, held: np.ndarray, free: Pieces, row: int) -> Offers:
    """Return the offers of a piece that otherwise does several things: the dearest of them is given up first."""
    periods, area = pieces.price.shape[2], float(pieces.area_ha[row])
    price, share = (values[0] for values in filled(free))
    used = np.flatnonzero(share > 0)[::-1]
    offers: list[tuple[int, float, float]] = []
    columns = np.flatnonzero(held[row])
    for project in np.unique(pieces.project[row, columns]):
        own = columns[pieces.project[row, columns] == project]
        for period in range(periods):
            left = [[float(price[k]), float(share[k])] for k in used]
            for column in own[np.argsort(pieces.price[row, own, period])]:
                cost, room = float(pieces.price[row, column, period]), float(pieces.share[row, column])
                while room > 0 and left and np.isfinite(cost):
                    part = min(room, left[0][1])
                    offers.append((int(project) * periods + period, cost - left[0][0], part * area))
                    room, left[0][1] = room - part, left[0][1] - part
                    if left[0][1] <= 0:
                        left.pop(0)
    block, gain, hectares = zip(*offers, strict=True) if offers else ((), (), ())
    return Offers(np.array(block, dtype=np.int64), np.array(gain, dtype=float), np.array(hectares, dtype=float))


def _before(key: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return for each entry the sum of those before it with its key; keys ascend."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    return total[:-1] - total[np.searchsorted(key, key)]


def block_costs(projects: Projects, openings: np.ndarray, offers: Offers) -> np.ndarray:
    """Return the least priced cost of opening each project in each period, (projects, periods); endless: it cannot."""
    periods = openings.shape[1]
    count = openings.size
    order = np.lexsort((offers.price, offers.block))
    block, price, area = offers.block[order], offers.price[order], offers.area_ha[order]
    least, most = np.repeat(projects.min_area_ha, periods), np.repeat(projects.max_area_ha, periods)
    offered = np.bincount(block, area, minlength=count)
    gained = np.bincount(block, np.where(price < 0, area, 0.0), minlength=count)
    wanted = np.minimum(np.maximum(gained, least), most)
    taken = np.clip(wanted[block] - _before(block, area), 0.0, area)
    cost = openings.reshape(-1) + np.bincount(block, price * taken, minlength=count)
    return np.where(offered < least * (1 - _ROUND_OFF), np.inf, cost).reshape(openings.shape)
