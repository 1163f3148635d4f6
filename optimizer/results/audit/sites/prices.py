"""What multipliers make of the cost of every unit: a price for each choice, and for every other decision.

A row with multiplier y, lower limit l and upper limit h adds y l (y above 0) or y h (below) and takes y times its
coefficients off the costs; on a side that the row does not have a multiplier counts as 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.sites.settings import KINDS

if TYPE_CHECKING:
    from collections.abc import Hashable

    from optimizer.results.audit.sites.books import Books
    from optimizer.results.audit.sites.settings import Aim
    from optimizer.results.audit.sites.tables import Target


@dataclass(frozen=True)
class Weights:
    """How much each objective, the penalties and the tie-break count in what is minimised."""

    aims: dict[str, float]
    penalties: float
    tie_break: float

    @classmethod
    def of(cls, books: Books, aims: tuple[Aim, ...]) -> Weights:
        """Return the weights of a stage."""
        settings = books.settings
        alone = [settings.weight(aim) for aim in aims if aim.kind == "minimum_penalties"]
        among = any(aim.kind == "minimum_penalties" for aim in settings.aims)
        found: dict[str, float] = {}
        for aim in aims:
            found[aim.kind] = found.get(aim.kind, 0.0) + KINDS[aim.kind] * settings.weight(aim)
        return cls(found, sum(alone) if among else 1.0, 1.0)

    def plus(self, other: Weights, times: float) -> Weights:
        """Return the weights with those of another stage added."""
        aims = {name: self.aims.get(name, 0.0) + times * other.aims.get(name, 0.0) for name in self.aims | other.aims}
        penalties, tie = self.penalties + times * other.penalties, self.tie_break + times * other.tie_break
        return Weights(aims, penalties, tie)


@dataclass
class Column:
    """A decision beside the units: its priced cost, and its limits."""

    price: float
    lower: float
    upper: float

    @property
    def least(self) -> float:
        """The least that it costs."""
        return min(self.price * self.lower, self.price * self.upper)


@dataclass
class Prices:
    """Prices of the units, of whether they are taken at all, (units, zones) each, of units in use, and of the rest."""

    books: Books
    unit: np.ndarray
    open: np.ndarray
    used: dict[int, np.ndarray]
    columns: dict[Hashable, Column] = field(default_factory=dict)
    constant: float = 0.0
    size: float = 0.0
    unknown: int = 0

    @classmethod
    def of(cls, books: Books, weights: Weights) -> Prices:
        """Return the costs before any row has a price; penalties are added by others."""
        sites = books.sites
        together = books.features_together
        prices = cls(
            books, np.zeros(sites.shape), np.zeros(sites.shape), {code: np.zeros(sites.shape) for code in together}
        )
        cost = sites.layer("cost")
        assert cost is not None
        whole = float(np.abs(cost).sum())
        tie = books.settings.cost_tie_break * weights.tie_break / whole if whole else 0.0
        prices.unit += cost * (weights.aims.get("minimum_set", 0.0) + tie)
        if utility := weights.aims.get("maximum_utility", 0.0):
            amounts = sites.amounts
            np.add.at(
                prices.unit, (amounts.unit, amounts.zone), utility * sites.weight[amounts.feature] * amounts.value
            )
        _add_columns(prices, weights)
        return prices

    def row(self, worth: float, lower: float, upper: float) -> float:
        """Count the limit of a row and return its multiplier, 0 where it is on a side that the row does not have."""
        limit = lower if worth > 0 else upper
        if not np.isfinite(limit):
            return 0.0
        self.constant += worth * limit
        self.size += abs(worth * limit)
        return worth

    def hold(self, worth: float, target: Target) -> None:
        """Take the amounts that count for a target off the costs: what must not be exceeded counts all units."""
        amount = self.books.sites.amounts.by_variable(target.feature, self.books.sites.shape) * target.zones
        price = self.unit if worth < 0 else self.used.get(target.feature, self.unit)
        price -= worth * amount

    def take(self, name: Hashable, amount: float) -> None:
        """Take an amount off the cost of another decision."""
        if name in self.columns:
            self.columns[name].price -= amount
        else:
            self.unknown += 1

    def least(self) -> tuple[float, float]:
        """Return the least cost of all decisions, and the sum of magnitudes behind it."""
        books = self.books
        upper = np.minimum(books.upper, 1.0)
        units = _fill(self.unit, upper, books.least_taken)
        taken = np.where(self.open < 0, upper > 0, books.sites.lower > 0) * self.open
        used = [np.minimum(price, 0.0) * upper for price in self.used.values()]
        columns = [column.least for column in self.columns.values()]
        parts = [units, taken, *used, np.array(columns)]
        value = self.constant + sum(float(part.sum()) for part in parts)
        return value, self.size + sum(float(np.abs(part).sum()) for part in parts)


def _fill(price: np.ndarray, upper: np.ndarray, least: np.ndarray) -> np.ndarray:
    """Return the least cost of each unit: the cheapest management zones first, up to their limits and to 1 in all.

    Zones that cost something are taken only as far as `least` asks, (units,).
    """
    order = np.argsort(price, axis=1)
    price, upper = np.take_along_axis(price, order, 1), np.take_along_axis(upper, order, 1)
    before = np.cumsum(upper, axis=1) - upper
    room = np.where(price < 0, 1.0, least[:, None]) - before
    return np.asarray((price * np.clip(room, 0.0, upper)).sum(axis=1))


def _add_columns(prices: Prices, weights: Weights) -> None:
    """Add the decisions that objectives bring, at their cost."""
    books, aims = prices.books, weights.aims
    targets = [target for target in books.sites.targets if target.sense != "<="]
    largest = {target.name: books.most_missing(target) for target in targets}
    if "minimum_shortfall" in aims:
        for target in targets:
            cost = aims["minimum_shortfall"] * target.weight
            prices.columns["shortfall", target.name] = Column(cost, 0.0, largest[target.name])
    if "minimum_largest_shortfall" in aims:
        top = max((largest[one.name] * one.weight for one in targets if one.weight > 0), default=0.0)
        prices.columns["largest"] = Column(aims["minimum_largest_shortfall"], 0.0, top)
    for kind, reached in (("maximum_features", "reached"), ("maximum_branches", "reached_by_branches")):
        if kind in aims:
            weight = aims[kind] if kind == "maximum_features" else 0.0
            for target in books.sites.targets:
                prices.columns[reached, target.name] = Column(weight * target.weight, 0.0, 1.0)
    if "maximum_branches" in aims:
        for name, (length, _) in books.sites.branches.items():
            prices.columns["branch", name] = Column(aims["maximum_branches"] * length, 0.0, 1.0)
    if "maximum_cover" in aims:
        amounts = books.sites.amounts
        pairs = np.unique(np.stack([amounts.feature, amounts.zone])[:, amounts.value > 0], axis=1)
        for feature, zone in pairs.T.tolist():
            cost = aims["maximum_cover"] * float(books.sites.weight[feature])
            prices.columns["covered", feature, zone] = Column(cost, 0.0, 1.0)
