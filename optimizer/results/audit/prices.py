"""What a hectare of every kind of change costs once multipliers price the quotas.

Kinds are alike in region, kind of built land, present and new class and period, and in the grade where a row asks
for one. So prices are small tables, whatever the number of zones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.flows import Kinds, counted_grade
from optimizer.results.audit.groups import BUILT_KINDS
from optimizer.results.audit.tables import WORST_GRADE

if TYPE_CHECKING:
    from optimizer.results.audit.border_prices import Border
    from optimizer.results.audit.lines import Books, Line, Reads, Sum
    from optimizer.results.audit.tables import LandTables


@dataclass(frozen=True)
class Pairs:
    """Pairs of classes that the matrix allows, by present class: those of class i begin at `start[i]`."""

    source: np.ndarray
    to: np.ndarray
    start: np.ndarray

    def of(self, source: int) -> slice:
        """Return the places of the pairs of a present class."""
        return slice(int(self.start[source]), int(self.start[source + 1]))


def pairs_of(land: LandTables) -> Pairs:
    """Return the pairs of different classes that the matrix allows."""
    source, to = np.nonzero(land.transitions.allowed & ~np.eye(len(land.class_names), dtype=bool))
    return Pairs(source, to, np.searchsorted(source, np.arange(len(land.class_names) + 1)))


@dataclass(frozen=True)
class Sheet:
    """A table of prices (sites, pairs, periods), the site of every zone, and the kinds of change it lists."""

    site: np.ndarray
    price: np.ndarray
    kinds: Kinds

    def add(self, worth: float, one: Sum, regions: slice) -> None:
        """Take worth x weight off the prices of the changes in some regions."""
        first, last = np.searchsorted(self.kinds.region, (regions.start, regions.stop))
        self.price.reshape(-1)[first:last] -= worth * one.weight(self.kinds.within(regions))

    def of(self, zone: np.ndarray, pairs: slice) -> np.ndarray:
        """Return the prices in some zones, (zones, pairs, periods)."""
        return self.price[self.site[zone], pairs]


@dataclass
class Prices:
    """Priced costs: of a hectare and of 10k CNY by kind of change, of linked columns, of openings.

    `linked` is (regions, periods, grades 0..15, L or LC), `openings` (projects, periods), `units` what rows of the
    land ask for chosen units, (units, management zones), `supply` what they take for a tonne that the network emits in
    a year of each period, (periods,). `limits` is what the limits of the rows add to the bound, `size` the sum of their
    magnitudes; borders bring their own.
    """

    books: Books
    pairs: Pairs
    linked: np.ndarray
    openings: np.ndarray
    units: np.ndarray
    supply: np.ndarray
    hectare: dict[Reads, Sheet] = field(default_factory=dict)
    money: dict[Reads, Sheet] = field(default_factory=dict)
    borders: tuple[Border, ...] = ()
    limits: float = 0.0
    size: float = 0.0

    def limit(self, worth: float, limit: float) -> None:
        """Count the limit of a row."""
        self.limits += worth * limit
        self.size += abs(worth * limit)

    def add(self, line: Line, worth: float) -> None:
        """Price a row."""
        inside = self.books.land.regions.subtree(line.quota.region)
        self.limit(worth, line.limit - line.base)
        for one in line.sums:
            sheets = self.money if one.money else self.hectare
            if one.reads not in sheets:
                sheets[one.reads] = _sheet(self.books, self.pairs, one.reads)
            sheets[one.reads].add(worth, one, inside)
        for part in line.linked:
            taken = ("quota", "cropland").index(part.taken)
            self.linked[inside, part.periods, part.grades, taken] -= worth * part.coefficient
        if line.openings is not None:
            self.openings -= worth * line.openings
        if line.units is not None:
            self.units -= worth * line.units
        for period, coefficient in line.supply:
            self.supply[period] += worth * coefficient


def prices_of(books: Books, lines: list[tuple[Line, float]]) -> Prices:
    """Return the prices at the multipliers of some rows, the objective included."""
    carbon, money = books.settings.weights
    periods = len(books.settings.periods)
    prices = Prices(
        books,
        pairs_of(books.land),
        np.zeros((len(books.land.regions), periods, WORST_GRADE + 1, 2)),
        money * np.tile(books.projects.cost[:, None], (1, periods)),
        np.zeros((0, 0) if books.joint is None else books.joint.books.sites.shape),
        np.zeros(periods),
    )
    plain = prices.hectare[""] = _sheet(books, prices.pairs, "")
    if carbon:
        emission = books.account.emission_per_hectare(plain.kinds, books.settings.end_year)
        plain.price.reshape(-1)[:] += carbon * emission
    if money:
        prices.money[""] = _sheet(books, prices.pairs, "")
        prices.money[""].price[:] += money
    for line, worth in lines:
        prices.add(line, worth)
    return prices


def _sheet(books: Books, pairs: Pairs, reads: Reads) -> Sheet:
    """Return a table of zeros over the sites that occur."""
    zones, periods = books.land.zones, len(books.settings.periods)
    code = zones.region.astype(np.int64) * len(BUILT_KINDS) + zones.kind
    grades = WORST_GRADE + 1
    grade = {"grade_lost": zones.grade, "grade_won": zones.potential_grade}.get(reads)
    code = code * grades + (0 if grade is None else counted_grade(grade))
    there = np.bincount(code) > 0
    region, kind = np.divmod(np.flatnonzero(there) // grades, len(BUILT_KINDS))
    graded = np.flatnonzero(there) % grades
    shape = (len(region), len(pairs.to), periods)

    def spread(values: np.ndarray, axis: int) -> np.ndarray:
        return np.broadcast_to(np.expand_dims(values, tuple({0, 1, 2} - {axis})), shape).reshape(-1)

    kinds = Kinds(
        region=spread(region, 0),
        kind=spread(kind, 0),
        source=spread(pairs.source, 1),
        to=spread(pairs.to, 1),
        period=spread(np.arange(periods), 2),
        grade_lost=spread(graded, 0),
        grade_won=spread(graded, 0),
        project=np.full(int(np.prod(shape)), 0 if reads == "governed" else -1),
        restoration=spread(books.land.transitions.restoration[pairs.source, pairs.to], 1),
        overlay=spread(np.zeros(len(pairs.to), dtype=np.int64), 1),
    )
    return Sheet((np.cumsum(there) - 1)[code].astype(np.int32), np.zeros(shape), kinds)
