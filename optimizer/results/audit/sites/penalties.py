"""What the penalties of the rules table add to what is minimised.

A boundary penalty p with edge factor e, b the shared borders and o the outer edge of a unit:
p (sum over units of x (sum of b + e o) - 2 sum over pairs of b x x'). Pairs of management zones count by their weight;
`products` says what stands for the product of shares in part.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.sites.products import Products
from optimizer.results.audit.sites.tables import ADJACENCY, once

if TYPE_CHECKING:
    from collections.abc import Callable

    from optimizer.results.audit.sites.tables import Pairs, Rule, SiteTables

BOUNDARY = "boundary"
Terms = tuple[float, float]
"""A sum, and the sum of its |terms|."""


def _together(pairs: Pairs, share: np.ndarray, weights: np.ndarray) -> Terms:
    """Return the sum over pairs of value x weight of the zones x product of the shares, first to second."""
    terms = Products.of(pairs, weights, share.shape).terms(share)
    return float(terms.sum()), float(np.abs(terms).sum())


def boundary(sites: SiteTables, share: np.ndarray, rule: Rule) -> Terms | None:
    """Return the length of the border of what is chosen, times the penalty."""
    weights, borders = _weights(sites, rule, BOUNDARY), sites.borders
    if weights is None:
        return None
    inner = np.zeros(sites.shape[0])
    np.add.at(inner, borders.left, borders.value)
    np.add.at(inner, borders.right, borders.value)
    own = rule.value * (share * np.diag(weights)).sum(axis=1) * (inner + rule.factor * sites.outer)
    shared = _together(borders, share, -rule.value * (weights + weights.T))
    return float(own.sum()) + shared[0], float(np.abs(own).sum()) + shared[1]


def connectivity(sites: SiteTables, share: np.ndarray, rule: Rule) -> Terms | None:
    """Return minus the connectivity between chosen units, times the penalty."""
    pairs, weights = sites.connected(rule.layer), _weights(sites, rule, rule.layer or ADJACENCY)
    if pairs is None or weights is None:
        return None
    return _together(once(pairs), share, -rule.value * weights)


def asymmetric_connectivity(sites: SiteTables, share: np.ndarray, rule: Rule) -> Terms | None:
    """Return the connectivity from chosen units to those that are not, times the penalty."""
    pairs, weights = sites.connected(rule.layer), _weights(sites, rule, rule.layer or ADJACENCY)
    if pairs is None or weights is None:
        return None
    leaving = rule.value * pairs.value * (share[pairs.left] @ weights.sum(axis=1))
    value, size = _together(pairs, share, -rule.value * weights)
    return float(leaving.sum()) + value, float(np.abs(leaving).sum()) + size


def linear(sites: SiteTables, share: np.ndarray, rule: Rule) -> Terms | None:
    """Return a sum of a layer over what is chosen, times the penalty."""
    layer, zones = sites.layer(rule.layer), sites.zones_of(rule.zone)
    if layer is None or zones is None:
        return None
    terms = (layer * share)[:, zones]
    return rule.value * float(terms.sum()), abs(rule.value) * float(np.abs(terms).sum())


def resistance(sites: SiteTables, share: np.ndarray, rule: Rule) -> Terms | None:
    """Return the layer of a corridor over what is chosen; None where it names none."""
    return linear(sites, share, replace(rule, value=1.0)) if rule.layer else None


def _weights(sites: SiteTables, rule: Rule, layer: str) -> np.ndarray | None:
    """Return the weights of pairs of management zones; where the rule names zones, only theirs count."""
    zones = sites.zones_of(rule.zone)
    return None if zones is None else sites.pair_weights(layer) * np.outer(zones, zones)


PENALTIES: dict[str, Callable[[SiteTables, np.ndarray, Rule], Terms | None]] = {
    "boundary_penalty": boundary,
    "connectivity_penalty": connectivity,
    "asymmetric_connectivity_penalty": asymmetric_connectivity,
    "linear_penalty": linear,
}

ADDED = {**PENALTIES, "corridor": resistance}
"""Rules that may add to what is minimised."""
