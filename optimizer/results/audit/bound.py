"""The bound, evaluated anew from the written multipliers: no plan can lie below it, whatever solver they came from.

    sum over rows of (multiplier above 0 x lower limit, below 0 x upper limit)
    + sum over pieces of land of area x the least priced cost of staying or of any permitted change
    + the least priced cost of every other decision within its limits, chosen units and a network among them

Projects and lots whose rows have no multipliers are decided here (see `blocks` and `lots`). Of lots where an overlay
may lie as well, land is priced without its least area.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from optimizer.results.audit import lots
from optimizer.results.audit.blocks import Offers, block_costs, offers_of
from optimizer.results.audit.border_prices import BOUNDARY, borders_of
from optimizer.results.audit.boundary import LIMIT
from optimizer.results.audit.check import Check, count_check, judged
from optimizer.results.audit.choices import Extra, Pieces, least, limited, pieces_of
from optimizer.results.audit.joint import RULE as UNIT_LAND
from optimizer.results.audit.joint import SITE
from optimizer.results.audit.joint_prices import joint_prices
from optimizer.results.audit.linked import Linkable
from optimizer.results.audit.network.bound import BEGIN
from optimizer.results.audit.overlay_prices import OverlayPrices
from optimizer.results.audit.prices import prices_of
from optimizer.results.audit.released import released_of
from optimizer.results.audit.sharing import sharing
from optimizer.results.audit.user_prices import user_prices
from optimizer.results.audit.worths import LOTS, PROJECTS, USER, priced_lines, read_worths

if TYPE_CHECKING:
    from pathlib import Path

    from optimizer.results.audit.figures import Objective
    from optimizer.results.audit.lines import Books
    from optimizer.results.audit.network.land import EnergyPrices
    from optimizer.results.audit.prices import Prices
    from optimizer.results.audit.released import Released
    from optimizer.results.audit.worths import LinesOf, Worths

RELATIVE = 1e-9
"""Part of the cost that departs from the present by which a claim may lie above what is proven."""
ROUND_OFF = 1e-13
"""Part of the magnitudes that add up to a bound which adding them up may lose."""
_WORDS = {
    "highs": "the bound stands as HiGHS reported it",
    "core": "the bound stands as HiGHS reported it for the moves left open, with the test on those fixed",
    "master": "the bound stands as HiGHS reported it for the master problem",
    "branch": "the bound stands as the search over branches reported it",
}


@dataclass(frozen=True)
class Proven:
    """A bound in the unit of the objective, the sum of magnitudes behind it, and multipliers that name no row."""

    value: float
    size: float
    unknown: int


def bound_checks(books: Books, lines_of: LinesOf, summary: dict[str, Any], own: Objective, folder: Path) -> list[Check]:
    """Judge the bound of summary.json by what proves it; `folder` holds the multipliers."""
    by, claimed = summary.get("bound_by"), summary.get("bound")
    if isinstance(claimed, bool) or not isinstance(claimed, int | float):
        return []
    if by != "dual":
        return [judged("bound", "summary", "", 0.0, 0.0, own.unit, _told(books, lines_of, by, own, folder))]
    proven = evaluate(books, lines_of, folder, own.value)
    if proven is None:
        words = "the bound is said to follow from multipliers, and there are none"
        return [count_check("bound.multipliers", "summary", "", 1, words, "files")]
    scale = max(own.departures, abs(own.value), 1.0)
    message = f"the multipliers prove {proven.value:.12g} {own.unit}, summary.json claims {claimed:.12g}"
    tolerance = RELATIVE * scale + ROUND_OFF * proven.size
    return [
        count_check("bound.rows", "summary", "", proven.unknown, "every multiplier must name a row that is known"),
        judged("bound", "summary", "", claimed - proven.value, tolerance, own.unit, message),
    ]


def _told(books: Books, lines_of: LinesOf, by: object, own: Objective, folder: Path) -> str:
    """Say whose word a bound is that the audit cannot evaluate, and what the multipliers prove beside it."""
    words = _WORDS.get(str(by), "nothing is said of what proves the bound") + "; it is not evaluated anew"
    proven = evaluate(books, lines_of, folder, own.value) if by in ("core", "master", "branch") else None
    if proven is None:
        return words
    return f"{words}; the multipliers by themselves prove {proven.value:.12g} {own.unit}"


def evaluate(books: Books, lines_of: LinesOf, folder: Path, objective: float = np.inf) -> Proven | None:
    """Return the bound that the multipliers in a plan folder prove; None where there are none.

    Plans dearer than `objective` need not lie above it.
    """
    worths = read_worths(folder)
    if worths is None:
        return None
    rest = _beside_supply(books, lines_of, worths, folder)
    if rest.energy is None:
        return Proven(rest.value, rest.size, rest.unknown)
    supply = rest.energy.least(books.settings.weights, np.inf)
    if not np.isfinite(supply.value) and rest.plain:
        none = _beside_supply(books, lines_of, worths.take(np.zeros(0, dtype=np.int64)), folder)
        # A plan no dearer than the objective leaves the network what nothing else can cost less than.
        supply = rest.energy.least(books.settings.weights, objective - none.value)
    size = rest.size + supply.size
    return Proven(rest.value + supply.value, size, rest.unknown + supply.unknown)


@dataclass(frozen=True)
class _Rest:
    """What multipliers prove of everything but the network, whose prices are `energy` (None: there is none).

    `plain` tells that neither borders nor decisions of a user take part, of which nothing is known without multipliers.
    """

    value: float
    size: float
    unknown: int
    energy: EnergyPrices | None
    plain: bool


def _beside_supply(books: Books, lines_of: LinesOf, worths: Worths, folder: Path) -> _Rest:
    """Return what multipliers prove of land, projects and units."""
    lines, unknown = priced_lines(books, worths, lines_of, (PROJECTS, LOTS, USER, BOUNDARY, LIMIT, *_joint(books)))
    prices = prices_of(books, lines)
    borders, nowhere = borders_of(books, worths, folder)
    prices.borders = tuple(borders.values())
    released = released_of(books, prices, worths)
    released.projects |= sharing(books, released.projects)
    user = user_prices(books, prices, worths, folder)
    joint = joint_prices(books, prices, worths)
    energy = None if books.energy is None else books.energy.price(prices, worths)
    facilities = [] if energy is None else energy.facilities(books)
    extra = Extra.joined([*released.extra, *user.extra, *joint.extra, *facilities])
    overlays = None if energy is None else OverlayPrices(books, energy, lines)
    land = _Land(books, prices, released, extra, overlays)
    opened = _openings(books, prices, released, land.offers)
    parts = [prices.limits, land.value, opened, released.lots, user.columns, joint.least]
    parts += [border.least() for border in prices.borders]
    parts.append(float((np.minimum(prices.linked, 0.0) * land.linked.most()).sum()))
    size = prices.size + land.size + joint.size + sum(map(abs, parts))
    unknown += nowhere + released.unknown + user.unknown + joint.unknown
    plain = not borders and not user.extra and not user.columns
    return _Rest(float(sum(parts)), size, unknown, energy, plain)


def _joint(books: Books) -> tuple[str, ...]:
    """Return the rules whose rows only a joint study has."""
    return (*(() if books.joint is None else (UNIT_LAND, SITE)), *(() if books.energy is None else (BEGIN,)))


def _openings(books: Books, prices: Prices, released: Released, offers: Offers) -> float:
    """Return what opening projects costs at least."""
    if not books.settings.on(PROJECTS) or not len(books.projects):
        return 0.0
    decided = block_costs(books.projects, prices.openings, offers)
    each = np.where(released.projects, np.minimum(prices.openings, 0.0).sum(axis=1), np.minimum(decided.min(axis=1), 0))
    return float(each.sum())


class _Land:
    """The least priced cost of all land, `value` and `size` (sum of magnitudes), and what it offers to projects."""

    def __init__(
        self, books: Books, prices: Prices, released: Released, extra: Extra, overlays: OverlayPrices | None = None
    ) -> None:
        self._books, self._released, self._overlays = books, released, overlays
        zones = books.land.zones
        zone = books.land.cover.key[books.land.cover.area_ha > 0] // books.land.cover.classes
        lot = (zones.min_lot_ha > 0) & ~released.zones if books.settings.on(LOTS) else np.zeros(len(zones), dtype=bool)
        several = np.bincount(zone, minlength=len(zones)) > 1
        shared = np.zeros(len(zones), dtype=bool) if overlays is None else overlays.reached()
        self.value = self.size = 0.0
        self.linked = Linkable(books)
        self._offers: list[Offers] = []
        together: list[Pieces] = []
        for pieces in pieces_of(books, prices, extra):
            self.linked.add(pieces)
            price = self._governed(pieces)
            rows = lot[pieces.zone]
            small = rows[:, None] & (pieces.area_ha[:, None] * pieces.share < zones.min_lot_ha[pieces.zone][:, None])
            price += np.where(small & ~several[pieces.zone][:, None], np.inf, 0.0)[:, :, None]
            joint = rows & (several[pieces.zone] | limited(pieces)) & ~shared[pieces.zone]
            together.append(_all_classes(pieces.take(np.flatnonzero(joint)), books.land.cover.classes))
            self._add(pieces.take(np.flatnonzero(~joint)) if joint.any() else pieces)
        if together:
            self._add_lots(_joined(together))
        self.offers = _all_offers(self._offers)

    def _governed(self, pieces: Pieces) -> np.ndarray:
        """Add what land of projects with priced rows takes to the prices of a chunk, and return these."""
        if len(self._books.projects):
            taken = np.where((pieces.project >= 0)[:, :, None], self._released.governed[pieces.project], 0.0)
            pieces.price[:] += taken
        return pieces.price

    def _held(self, pieces: Pieces) -> np.ndarray:
        """Tell which changes wait for a project that is decided as a block, (pieces, classes)."""
        if not len(self._books.projects):
            return np.zeros(pieces.project.shape, dtype=bool)
        return (pieces.project >= 0) & ~self._released.projects[pieces.project]

    def _add(self, pieces: Pieces) -> None:
        """Add pieces that decide by themselves."""
        held = self._held(pieces)
        free = pieces
        if held.any():
            price = np.where(held[:, :, None], np.inf, pieces.price)
            free = replace(pieces, price=price, share=np.where(held, 1.0, pieces.share))
        free = free if self._overlays is None else self._overlays.onto(free)
        best = least(free)
        if held.any():
            self._offers += offers_of(pieces, free, best, held)
        self._count(pieces.area_ha * best)

    def _count(self, costs: np.ndarray) -> None:
        self.value += float(costs.sum())
        self.size += float(np.abs(costs).sum())

    def _add_lots(self, pieces: Pieces) -> None:
        """Add zones in which several pieces make up lots together."""
        pieces = pieces.take(np.argsort(pieces.zone, kind="stable"))
        starts = np.flatnonzero(np.diff(pieces.zone, prepend=-1))
        least_ha = self._books.land.zones.min_lot_ha[pieces.zone[starts]]
        if not len(starts):
            return
        short = lots.reachable(pieces, starts) < least_ha[:, None, None]
        number = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(pieces.zone)))
        pieces.price[short[number]] = np.inf
        waiting = self._held(pieces) & np.isfinite(pieces.price).any(axis=2)
        tied = np.logical_or.reduceat(waiting.any(axis=1), starts)
        self._add(pieces.take(np.flatnonzero(tied[number])))
        bounds = np.append(starts, len(pieces.zone))
        costs = [
            lots.zone_cost(lots.Zone.of(pieces, slice(first, last), float(least_ha[k])))
            for k, (first, last) in enumerate(pairwise(bounds.tolist()))
            if not tied[k]
        ]
        self._count(np.array(costs))


def _all_classes(pieces: Pieces, classes: int) -> Pieces:
    """Return pieces with a column for every class."""
    count = len(pieces.place)
    price = np.full((count, classes, pieces.price.shape[2]), np.inf)
    project, share = np.full((count, classes), -1), np.ones((count, classes))
    price[:, pieces.to], project[:, pieces.to], share[:, pieces.to] = pieces.price, pieces.project, pieces.share
    return replace(pieces, to=np.arange(classes), price=price, project=project, share=share)


def _joined(parts: list[Pieces]) -> Pieces:
    names = ("place", "zone", "area_ha", "stay", "price", "project", "share")
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return Pieces(to=parts[0].to, **joined)


def _all_offers(parts: list[Offers]) -> Offers:
    none = np.zeros(0)
    parts = [Offers(np.zeros(0, dtype=np.int64), none, none), *parts]
    return Offers(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("block", "price", "area_ha")))
