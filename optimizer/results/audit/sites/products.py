"""Products of two shares, over pairs of units and of management zones: what penalties on pairs are made of.

With a coefficient below 0 a product counts as the lesser share, with one above 0 as what both cannot avoid to share,
max(x + x' - 1, 0); for units taken whole either is the product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from optimizer.results.audit.sites.tables import Pairs


@dataclass(frozen=True)
class Products:
    """Products of two variables, unit x zones + zone, and their coefficients; each pair of variables once."""

    first: np.ndarray
    second: np.ndarray
    value: np.ndarray

    @classmethod
    def of(cls, pairs: Pairs, weights: np.ndarray, shape: tuple[int, int]) -> Products:
        """Return the products of pairs of units over pairs of zones, (zones, zones) weights; squares among them."""
        zones, none = shape[1], np.zeros(0, dtype=np.int64)
        parts = [
            (pairs.left * zones + z, pairs.right * zones + y, pairs.value * weights[z, y])
            for z, y in np.argwhere(weights != 0)
        ]
        one, other, value = (np.concatenate(column) for column in zip((none, none, none), *parts, strict=True))
        low, high = np.minimum(one, other).astype(np.int64), np.maximum(one, other).astype(np.int64)
        count = shape[0] * zones
        key, place = np.unique(low * count + high, return_inverse=True)
        summed = np.bincount(place.ravel(), value, minlength=len(key)).astype(float)
        return cls(key // count, key % count, summed)

    def take(self, kept: np.ndarray) -> Products:
        """Return some of the products."""
        return Products(self.first[kept], self.second[kept], self.value[kept])

    def terms(self, share: np.ndarray) -> np.ndarray:
        """Return what each product adds for shares of units, (units, zones)."""
        one, other = share.ravel()[self.first], share.ravel()[self.second]
        overlap = np.where(self.first == self.second, one, np.maximum(one + other - 1.0, 0.0))
        return np.asarray(self.value * np.where(self.value < 0, np.minimum(one, other), overlap))
