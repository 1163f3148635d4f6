"""Rows of projects and minimum lots that have multipliers: priced like any row, their decisions free from 0 to 1."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.choices import Extra
from optimizer.results.audit.worths import LOTS, PROJECTS

if TYPE_CHECKING:
    from optimizer.results.audit.lines import Books
    from optimizer.results.audit.prices import Prices
    from optimizer.results.audit.worths import Worths

_TIES = ("least", "most", "open")
"""Rows that tie land to a decision; where one is priced, the decision stands by itself."""


@dataclass
class Released:
    """Which decisions are priced, and what that does to land.

    `projects` (projects,) and `zones` (zones, for lots) tell which; `governed` (projects, periods) is the price per
    hectare that land of a project takes; `extra` are prices of single moves. `lots` is what the decisions on
    lots cost at least; `unknown` counts lines that name no row.
    """

    projects: np.ndarray
    governed: np.ndarray
    zones: np.ndarray
    extra: list[Extra] = field(default_factory=list)
    lots: float = 0.0
    unknown: int = 0


def released_of(books: Books, prices: Prices, worths: Worths) -> Released:
    """Price the rows of projects and lots; prices of openings and limits are added to `prices`."""
    projects = len(books.projects)
    found = Released(
        np.zeros(projects, dtype=bool),
        np.zeros((projects, len(books.settings.periods))),
        np.zeros(len(books.land.zones), dtype=bool),
    )
    for rule, price in ((PROJECTS, _price_projects), (LOTS, _price_lots)):
        own = worths.take(worths.of(rule))
        if not len(own.worth):
            continue
        if books.settings.on(rule):
            price(books, prices, own, found)
        else:
            found.unknown += len(own.worth)
    return found


def _codes(books: Books, own: Worths) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return part, period (-1 for an unknown year) and new class of each line."""
    years = own.table.integers("period")
    period = np.full(len(years), -1)
    for index, year in enumerate(books.settings.periods):
        period[years == year] = index
    return np.array(own.table.text("part"), dtype=np.str_), period, own.table.codes("to", books.land.class_names)


def _moves(books: Books, own: Worths, to: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return place in the cover (-1: none) and hectares within reach of the move that each line names."""
    land = books.land
    zone, source = own.table.codes("zone", land.zones.names), own.table.codes("from", land.class_names)
    place = np.where((zone >= 0) & (source >= 0) & (to >= 0), land.cover.places(zone, source), -1)
    share = np.ones(len(place))
    if books.settings.on(PROJECTS) and len(books.projects):
        share = books.projects.governing(zone, to, land.cover.classes)[1]
    return place, land.cover.area_ha[place] * share


def _price_projects(books: Books, prices: Prices, own: Worths, found: Released) -> None:
    projects = books.projects
    part, period, to = _codes(books, own)
    code, needed = (own.table.codes(name, projects.names) for name in ("project", "needs"))
    place, reach = _moves(books, own, to)
    good = (code >= 0) & (period >= 0) & np.isin(part, (*_TIES, "once", "after"))
    good &= ((part != "open") | (place >= 0)) & ((part != "after") | (needed >= 0))
    found.unknown += int((~good).sum())
    good &= (part == "least") == (own.worth > 0)

    def rows(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        chosen = np.flatnonzero(good & (part == name))
        return chosen, code[chosen], own.worth[chosen]

    for name, limit in (("least", projects.min_area_ha), ("most", projects.max_area_ha)):
        chosen, at, worth = rows(name)
        np.add.at(found.governed, (at, period[chosen]), -worth)
        np.add.at(prices.openings, (at, period[chosen]), worth * limit[at])
        found.projects[at] = True
    chosen, at, worth = rows("open")
    found.extra.append(Extra(place[chosen], to[chosen], period[chosen], -worth))
    np.add.at(prices.openings, (at, period[chosen]), worth * np.minimum(reach[chosen], projects.max_area_ha[at]))
    found.projects[at] = True
    chosen, at, worth = rows("once")
    np.add.at(prices.openings, at, -worth[:, None])
    for one in worth.tolist():
        prices.limit(one, 1.0)
    chosen, at, worth = rows("after")
    for line, project, one in zip(chosen.tolist(), at.tolist(), worth.tolist(), strict=True):
        prices.openings[project, : period[line] + 1] -= one
        prices.openings[needed[line], : period[line] + 1] += one


def _price_lots(books: Books, prices: Prices, own: Worths, found: Released) -> None:
    cover = books.land.cover
    part, period, to = _codes(books, own)
    zone = own.table.codes("zone", books.land.zones.names)
    place, reach = _moves(books, own, to)
    good = (zone >= 0) & (to >= 0) & (period >= 0) & np.isin(part, ("least", "open"))
    good &= (part != "open") | (place >= 0)
    found.unknown += int((~good).sum())
    least = np.flatnonzero(good & (part == "least") & (own.worth > 0))
    opened = np.flatnonzero(good & (part == "open") & (own.worth < 0))
    found.zones[zone[least]] = found.zones[zone[opened]] = True
    first = np.searchsorted(cover.key, zone[least].astype(np.int64) * cover.classes)
    last = np.searchsorted(cover.key, (zone[least] + 1).astype(np.int64) * cover.classes)
    line = np.repeat(least, last - first)
    pieces = np.arange(len(line)) - np.repeat(np.cumsum(last - first) - (last - first), last - first)
    found.extra.append(Extra(np.repeat(first, last - first) + pieces, to[line], period[line], -own.worth[line]))
    found.extra.append(Extra(place[opened], to[opened], period[opened], -own.worth[opened]))
    lots = np.concatenate([least, opened])
    price = np.concatenate(
        [own.worth[least] * books.land.zones.min_lot_ha[zone[least]], own.worth[opened] * reach[opened]]
    )
    key = (zone[lots].astype(np.int64) * cover.classes + to[lots]) * len(books.settings.periods) + period[lots]
    _, lot = np.unique(key, return_inverse=True)
    found.lots = float(np.minimum(np.bincount(lot, price), 0.0).sum()) if len(lots) else 0.0
