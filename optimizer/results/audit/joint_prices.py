"""Multipliers of the rows of a joint study: prices of units, and of the changes that restore land of units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from optimizer.results.audit.choices import Extra
from optimizer.results.audit.files import RawTable
from optimizer.results.audit.joint import RULE, SITE
from optimizer.results.audit.sites.bound import price_rows

if TYPE_CHECKING:
    from optimizer.results.audit.joint import Joint
    from optimizer.results.audit.lines import Books
    from optimizer.results.audit.prices import Prices
    from optimizer.results.audit.sites.prices import Prices as SitePrices
    from optimizer.results.audit.worths import Worths

ONCE = f"{SITE}unit_once"


@dataclass(frozen=True)
class JointPrices:
    """Prices of single changes, the least cost of the selection, its magnitudes, and lines that name no row."""

    extra: tuple[Extra, ...] = ()
    least: float = 0.0
    size: float = 0.0
    unknown: int = 0


def joint_prices(books: Books, prices: Prices, worths: Worths) -> JointPrices:
    """Price the rows on units and those that tie land to them; limits of the second are added to `prices`."""
    joint = books.joint
    if joint is None:
        return JointPrices()
    sites = joint.costs(books.settings)
    sites.unit += prices.units
    once = worths.take(worths.of(ONCE))
    rest = worths.take(worths.of(*(name for name in worths.rules if name.startswith(SITE) and name != ONCE)))
    price_rows(sites, joint.weights(books.settings)[1], _stripped(rest))
    _price_once(sites, once)
    extra = _price_land(books, prices, joint, sites, worths.take(worths.of(RULE)))
    least, size = sites.least()
    return JointPrices((extra,), least, size, sites.unknown)


def _stripped(worths: Worths) -> RawTable:
    """Return the lines of rules on units, under the names that they have in a study of sites alone."""
    names = [worths.rules[code].removeprefix(SITE) for code in worths.rule]
    table = worths.table.data
    place = table.column_names.index("rule")
    return RawTable(worths.table.path, table.set_column(place, "rule", pa.array(names, pa.string())))


def _price_once(sites: SitePrices, own: Worths) -> None:
    """Price the rows that take a unit once."""
    unit = own.table.codes("unit", sites.books.sites.units)
    sites.unknown += int((unit < 0).sum())
    for code, worth in zip(unit.tolist(), own.worth.tolist(), strict=True):
        if code >= 0:
            sites.unit[code] -= sites.row(worth, float(sites.books.least_taken[code]), 1.0)


def _price_land(books: Books, prices: Prices, joint: Joint, sites: SitePrices, own: Worths) -> Extra:
    """Price the rows that tie land to units: what may be restored at most, and what is restored at least.

    Returns the prices of the changes that restore; lines that name no row count as unknown in `sites`.
    """
    land, ties, cover = books.land, joint.ties, books.land.cover
    restorable = joint.part * joint.restorable_ha()
    zone, source = own.table.codes("zone", land.zones.names), own.table.codes("from", land.class_names)
    places = np.where((zone >= 0) & (source >= 0), cover.places(zone, source), -1)
    unit = own.table.codes("unit", sites.books.sites.units)
    rows = zip(own.table.text("part"), zone.tolist(), places.tolist(), unit.tolist(), own.worth.tolist(), strict=True)
    on_zone, on_piece = np.zeros(len(land.zones)), np.zeros(len(cover.key))
    for part, at, place, chosen, worth in rows:
        stands = ties.zone == at
        units, share = ties.unit[stands], ties.share[stands]
        if part == "most" and place >= 0:
            area, y = float(cover.area_ha[place]), min(worth, 0.0)
            prices.limit(y, area * max(1.0 - float(ties.inside[at]), 0.0))
            on_piece[place] -= y
            np.add.at(sites.unit, units, (y * area * share)[:, None])
        elif part == "least" and joint.part > 0 and (chosen >= 0 or at >= 0):
            y, mine = max(worth, 0.0), ties.own == chosen if chosen >= 0 else np.arange(len(on_zone)) == at
            on_zone[mine] -= y
            if chosen >= 0:
                sites.unit[chosen] += y * float(restorable[mine].sum())
            else:
                np.add.at(sites.unit, units, (y * float(restorable[at]) * share)[:, None])
        else:
            sites.unknown += 1
    zones, kinds = np.divmod(cover.key, cover.classes)
    price = on_piece + np.where(ties.inside[zones] > 0, on_zone[zones], 0.0)
    priced = np.flatnonzero(price)
    row, to = np.nonzero(land.transitions.restoration[kinds[priced]])
    places, periods = priced[row], len(books.settings.periods)
    return Extra(
        np.repeat(places, periods),
        np.repeat(to, periods),
        np.tile(np.arange(periods), len(row)),
        np.repeat(price[places], periods),
    )
