r"""Products of two variables: what boundary and connectivity penalties are made of.

For shares a product that lowers what is minimised (q < 0) is read as the lesser of both, and one that raises it as
what both cannot avoid to share, :math:`\max(x_i + x_j - 1, 0)`; for 0 and 1 either is the product. One with q < 0
within one management zone is a border between the units,

.. math:: q \min(x_i, x_j) = \tfrac{q}{2} (x_i + x_j) + \tfrac{|q|}{2}\, |x_i - x_j|

and becomes a `Boundary`, one a management zone, where units are choice groups. Every other one is a column y,
0 <= y <= 1, with :math:`y \le x_i`, :math:`y \le x_j` where q < 0 and :math:`y \ge x_i + x_j - 1` where q > 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from formulations.boundary import FAMILY, Boundary, difference_rows, edge_labels
from formulations.program import INFINITY, Columns
from formulations.restoration.rule import PENALTIES, SitePart, joined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.restoration.site_block import SiteBlock
    from instances.sites import Pairs


@dataclass(frozen=True)
class Products:
    """Products that are added to what is minimised, (k,): both variables and the coefficient."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    value: NDArray[np.float64]

    def take(self, chosen: NDArray[np.bool_]) -> Products:
        """Return some of the products."""
        return Products(self.first[chosen], self.second[chosen], self.value[chosen])


def spread_pairs(block: SiteBlock, pairs: Pairs, weights: NDArray[np.float64]) -> Products:
    """Return the products of pairs of units over pairs of management zones, (zones, zones) weights."""
    zones = block.sites.n_zones
    tied = np.argwhere(weights != 0)
    left, right = pairs.left.astype(np.int64) * zones, pairs.right.astype(np.int64) * zones
    return Products(
        np.concatenate([left[:0], *(left + z for z, _ in tied)]),
        np.concatenate([right[:0], *(right + y for _, y in tied)]),
        np.concatenate([pairs.value[:0], *(pairs.value * weights[z, y] for z, y in tied)]),
    )


def pair_part(block: SiteBlock, name: str, products: Products) -> SitePart:
    """Return what states a sum of products; `name` tells its families of columns from others."""
    linear, products = _merged(block, products)
    zones = block.sites.n_zones
    alike = block.as_choices & (products.value < 0) & (products.first % zones == products.second % zones)
    parts = [SitePart(linear={PENALTIES: linear})]
    for zone in range(zones):
        border = products.take(alike & (products.first % zones == zone))
        if len(border.value):
            parts.append(_border(block, name, zone, border))
    if not alike.all():
        parts.append(_columns(block, name, products.take(~alike)))
    return joined(parts)


def _merged(block: SiteBlock, products: Products) -> tuple[NDArray[np.float64], Products]:
    """Return squares as linear costs, and one product for each pair of variables that may both be above 0."""
    square = products.first == products.second
    linear = np.bincount(products.first[square], products.value[square], minlength=block.n).astype(float)
    low, high = np.minimum(products.first, products.second), np.maximum(products.first, products.second)
    open_ = block.limits[1] > 0
    one_unit = low // block.sites.n_zones == high // block.sites.n_zones
    # A unit that is taken as a whole is in one management zone only.
    kept = ~square & open_[low] & open_[high] & ~(one_unit & block.whole)
    key, place = np.unique(low[kept] * block.n + high[kept], return_inverse=True)
    value = np.bincount(place, products.value[kept], minlength=len(key)).astype(float)
    first, second = np.divmod(key, block.n)
    return linear, Products(first, second, value).take(value != 0)


def _border(block: SiteBlock, name: str, zone: int, products: Products) -> SitePart:
    """Return the border of the units of one management zone; its nodes are units."""
    zones, count = block.sites.n_zones, len(products.value)
    label = str(block.sites.zones.iloc[zone])
    family = f"{FAMILY}{name}:{label}" if label else f"{FAMILY}{name}"
    units = np.arange(block.sites.n_units, dtype=np.int32)
    half = -products.value / 2
    boundary = Boundary(
        family=family,
        quota=family,
        index=block.column[units.astype(np.int64) * zones + zone],
        node=units,
        part=np.ones(len(units)),
        base=np.zeros(len(units)),
        left=(products.first // zones).astype(np.int32),
        right=(products.second // zones).astype(np.int32),
        length_km=half,
    )
    both = np.concatenate([products.first, products.second])
    linear = np.bincount(both, np.tile(-half, 2), minlength=block.n).astype(float)
    labels = edge_labels(block.sites.units, "unit", boundary.left, boundary.right)
    none, one = np.zeros(count), np.ones(count)
    columns = Columns(family, labels, none, one, integer=False, unit="1", cost={PENALTIES: half})
    return SitePart(
        columns=(columns,),
        quotas=(difference_rows(boundary, np.ones(len(units)), block.sites.units, "unit"),),
        boundaries=(boundary,),
        linear={PENALTIES: linear},
    )


def _columns(block: SiteBlock, name: str, products: Products) -> SitePart:
    """Return a column a product, and the rows that hold it below or above."""
    family, count = f"both:{name}", len(products.value)
    ends = (block.variable_labels(products.first), block.variable_labels(products.second))
    labels = ends[0].add_suffix("_a").join(ends[1].add_suffix("_b"))
    columns = Columns(
        family, labels, np.zeros(count), np.ones(count), integer=False, unit="1", cost={PENALTIES: products.value}
    )
    number = np.arange(count)
    wanted, shunned = number[products.value < 0], number[products.value > 0]
    quotas = []
    turned = ends[1].add_suffix("_a").join(ends[0].add_suffix("_b"))
    for side, named in ((products.first, labels), (products.second, turned)):  # y - x <= 0, the unit of x named first
        rows = _picks(side[wanted], -1.0, block.n)
        terms = {family: _picks(wanted, 1.0, count)}
        low, high = np.full(len(wanted), -INFINITY), np.zeros(len(wanted))
        quotas.append(block.row_family(family, rows, low, high, named.iloc[wanted], "1", terms))
    both = _picks(products.first[shunned], -1.0, block.n) + _picks(products.second[shunned], -1.0, block.n)
    terms = {family: _picks(shunned, 1.0, count)}  # y - x_i - x_j >= -1
    low, high = np.full(len(shunned), -1.0), np.full(len(shunned), INFINITY)
    quotas.append(block.row_family(family, sp.csr_array(both), low, high, labels.iloc[shunned], "1", terms))
    return SitePart(columns=(columns,), quotas=tuple(quotas))


def _picks(columns: NDArray[np.int64], value: float, width: int) -> sp.csr_array:
    """Return rows with one entry each, (columns, width)."""
    count = len(columns)
    return sp.csr_array((np.full(count, value), columns, np.arange(count + 1)), shape=(count, width))
