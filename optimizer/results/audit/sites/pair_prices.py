"""Penalties on pairs of units under multipliers: linear costs that lie below them, whatever is chosen.

A product that is rewarded, q min(x, x') with q < 0, lies above q/2 (x + x') + f (x - x') for every flow f between q/2
and -q/2; one that is punished, q > 0, above m (x + x' - 1) for m between 0 and q. Flows and m are the multipliers of
the rows that state the products; any others prove a bound as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.sites.products import Products
from optimizer.results.audit.sites.tables import ADJACENCY, once

if TYPE_CHECKING:
    from optimizer.results.audit.sites.books import Books
    from optimizer.results.audit.sites.prices import Prices
    from optimizer.results.audit.sites.tables import Pairs, Rule

BORDER, BOTH = "boundary:", "both:"
"""Rules of the rows that state products begin so; the id of the penalty follows, and the zone of a border."""

PAIRED = ("boundary_penalty", "connectivity_penalty", "asymmetric_connectivity_penalty")
"""Penalties on pairs of units."""


def add_penalties(books: Books, prices: Prices, weight: float) -> dict[str, Products]:
    """Add the linear part of every penalty to the prices, and return the products of each by its id."""
    found: dict[str, Products] = {}
    for rule in books.rules:
        if rule.rule == "linear_penalty":
            layer, zones = books.sites.layer(rule.layer), books.sites.zones_of(rule.zone)
            if layer is not None and zones is not None:
                prices.unit += weight * rule.value * layer * zones
        elif rule.rule in PAIRED:
            found[rule.id] = _split(books, prices, rule, weight)
    return found


def _split(books: Books, prices: Prices, rule: Rule, weight: float) -> Products:
    """Add what a penalty costs by single units, and return its products."""
    sites, border = books.sites, rule.rule == "boundary_penalty"
    layer = "boundary" if border else rule.layer or ADJACENCY
    pairs = sites.borders if border else sites.connected(rule.layer)
    zones = sites.zones_of(rule.zone)
    if pairs is None or zones is None:
        return Products.of(sites.borders, np.zeros((sites.shape[1], sites.shape[1])), sites.shape)
    weights, penalty = sites.pair_weights(layer) * np.outer(zones, zones), weight * rule.value
    if border:
        ends = np.concatenate([pairs.left, pairs.right])
        inner = np.bincount(ends, np.tile(pairs.value, 2), sites.shape[0]) + rule.factor * sites.outer
        prices.unit += penalty * np.outer(inner, np.diag(weights))
        return _merged(books, prices, pairs, -penalty * (weights + weights.T))
    if rule.rule == "connectivity_penalty":
        return _merged(books, prices, once(pairs), -penalty * weights)
    leaving = np.bincount(pairs.left, pairs.value, sites.shape[0])
    prices.unit += penalty * np.outer(leaving, weights.sum(axis=1))
    return _merged(books, prices, pairs, -penalty * weights)


def _merged(books: Books, prices: Prices, pairs: Pairs, weights: np.ndarray) -> Products:
    """Return the products that may be above 0, of pairs of units and zones; squares go to the prices."""
    zones = books.sites.shape[1]
    products = Products.of(pairs, weights, books.sites.shape)
    square = products.first == products.second
    np.add.at(prices.unit.reshape(-1), products.first[square], products.value[square])
    open_ = books.upper.ravel() > 0
    same_unit = (products.first // zones == products.second // zones) & (books.settings.decision == "binary")
    return products.take(~square & open_[products.first] & open_[products.second] & ~same_unit)


@dataclass(frozen=True)
class Flows:
    """Multipliers of the rows that state products: both variables in the order that the row names them.

    `flow` is what each lets flow from the first to the second: all of it on a border; half of it where a row holds the
    product below one variable, the one it names first, as the other row lets it flow back.
    """

    first: np.ndarray
    second: np.ndarray
    worth: np.ndarray
    flow: np.ndarray


def add_products(prices: Prices, products: Products, flows: Flows) -> None:
    """Add the linear costs below the products."""
    count = prices.unit.size
    low, high = np.minimum(flows.first, flows.second), np.maximum(flows.first, flows.second)
    known, wanted = products.first * count + products.second, low * count + high
    place = np.minimum(np.searchsorted(known, wanted), max(len(known) - 1, 0))
    there = known[place] == wanted if len(known) else np.zeros(len(wanted), dtype=bool)
    prices.unknown += int((~there).sum())
    turned = np.where(flows.first <= flows.second, flows.flow, -flows.flow)
    given = np.bincount(place[there], turned[there], minlength=len(known))
    sums = np.bincount(place[there], flows.worth[there], minlength=len(known))
    half, rewarded = products.value / 2, products.value < 0
    bounded = np.clip(given, -np.abs(half), np.abs(half))
    shunned = np.clip(sums, 0.0, np.maximum(products.value, 0.0))
    unit = prices.unit.reshape(-1)
    np.add.at(unit, products.first, np.where(rewarded, half + bounded, shunned))
    np.add.at(unit, products.second, np.where(rewarded, half - bounded, shunned))
    prices.constant -= float(shunned[~rewarded].sum())
    prices.size += float(np.abs(products.value).sum())
