"""Borders that cost or are limited (紧凑度), at multipliers: prices of land by zone, and what edges cost at least.

The column w of an edge lies above both differences of its zones' shares. A multiplier on such a row is a flow along
the edge: it makes one zone's share dearer, the other's cheaper, and the column cheaper. A column is between 0 and
1; where neither zone can change it stays as it is. Penalties count against the present border.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.boundary import COMPACTNESS, LIMIT, inside, zone_area
from optimizer.results.audit.groups import BUILT_KINDS
from optimizer.results.audit.neighbours import stated_neighbours

if TYPE_CHECKING:
    from pathlib import Path

    from optimizer.results.audit.lines import Books
    from optimizer.results.audit.neighbours import Neighbours
    from optimizer.results.audit.tables import Quota
    from optimizer.results.audit.worths import Worths

BOUNDARY = "boundary:"
"""Rules of the rows w >= s_a - s_b of edges begin so, both orders of the zones; the group follows."""
_RESTORED = "restored"
_M_PER_KM = 1000.0


@dataclass
class Border:
    """The border of one group: edges with their `cost` and `price` for all of an edge, and prices of land.

    `change` (kinds, classes, classes) is 1 for what joins the group, -1 for what leaves it; `share` (zones,) what is
    of it at present, `node` the price of a whole zone's share and `size` the area of zones; `moving` tells which zones
    have a change that counts. `limits` is what the limits of the rows add to the bound.
    """

    edges: Neighbours
    change: np.ndarray
    share: np.ndarray
    size: np.ndarray
    cost: np.ndarray
    price: np.ndarray
    node: np.ndarray
    moving: np.ndarray
    limits: float = 0.0

    def changes(self, kind: np.ndarray, source: int, to: np.ndarray) -> np.ndarray:
        """Return 1, 0 or -1 for changes of land of one class, (pieces, classes)."""
        return np.asarray(self.change[kind[:, None], source, to[None, :]])

    def per_hectare(self, zone: np.ndarray, change: np.ndarray) -> np.ndarray:
        """Return the price of changes per hectare, (pieces, classes)."""
        return (self.node[zone] / self.size[zone])[:, None] * change

    @property
    def gap(self) -> np.ndarray:
        """Present share of the left zone of each edge less that of the right one."""
        return np.asarray(self.share[self.edges.left] - self.share[self.edges.right])

    def least(self) -> float:
        """Return what the rows and the columns of the edges add to the bound."""
        present = np.abs(self.gap)
        open_ = self.moving[self.edges.left] | self.moving[self.edges.right]
        columns = np.where(open_, np.minimum(self.price, 0.0), self.price * present)
        return self.limits + float(columns.sum() - (self.cost * present).sum())


def borders_of(books: Books, worths: Worths, plan: Path) -> tuple[dict[str, Border], int]:
    """Return the borders that count by group, priced, and how many multipliers name no row."""
    quotas = [row for row in books.land.quotas if row.rule in (COMPACTNESS, LIMIT) and books.settings.on(row.rule)]
    rows, limits = worths.take(worths.of_family(BOUNDARY)), worths.take(worths.of(LIMIT))
    if not quotas:
        return {}, len(rows.worth) + len(limits.worth)
    neighbours = stated_neighbours(books.land, plan)[0]
    borders = {group: _border(books, group, neighbours) for group in dict.fromkeys(row.group for row in quotas)}
    carbon, money = books.settings.weights
    counted = {row.id: neighbours.length_m / _M_PER_KM * _counted(books, row, neighbours) for row in quotas}
    for row in quotas:
        if row.rule == COMPACTNESS:
            weight = carbon if row.unit.startswith("tCO2e") else money
            borders[row.group].cost += weight * row.value * counted[row.id]
    for border in borders.values():
        border.price += border.cost
    unknown = _price_limits(borders, {row.id: row for row in quotas if row.rule == LIMIT}, counted, limits)
    return borders, unknown + _price_edges(books, borders, neighbours, rows)


def _counted(books: Books, row: Quota, neighbours: Neighbours) -> np.ndarray:
    here = inside(books.land, row)
    return here[neighbours.left] & here[neighbours.right]


def _border(books: Books, name: str, neighbours: Neighbours) -> Border:
    land, area = books.land, zone_area(books.land)
    size, zones, classes = np.where(area > 0, area, 1.0), len(area), land.cover.classes
    share, change = np.zeros(zones), np.zeros((len(BUILT_KINDS), classes, classes))
    if name == _RESTORED:
        change[:] = land.transitions.restoration
    else:
        group = land.groups.find(name)
        before, after = group.present[:, :, None], group.new[None, None, :]
        change = (~before & after).astype(float) - (before & ~after)
        zone, cls = np.divmod(land.cover.key, classes)
        held = land.cover.area_ha * group.present[land.zones.kind[zone], cls]
        share = np.bincount(zone, held, minlength=zones) / size
    edges = len(neighbours.left)
    moving = np.zeros(zones, dtype=bool)
    return Border(neighbours, change, share, size, np.zeros(edges), np.zeros(edges), np.zeros(zones), moving)


def _price_limits(
    borders: dict[str, Border], quotas: dict[str, Quota], counted: dict[str, np.ndarray], limits: Worths
) -> int:
    """Price the rows that limit a border; return how many multipliers name none."""
    unknown = 0
    for name, worth in zip(limits.table.text("id"), limits.worth.tolist(), strict=True):
        row = quotas.get(name)
        if row is None:
            unknown += 1
        elif worth < 0:
            borders[row.group].price -= worth * counted[name]
            borders[row.group].limits += worth * row.value
    return unknown


def _price_edges(books: Books, borders: dict[str, Border], neighbours: Neighbours, rows: Worths) -> int:
    """Price the rows of edges; return how many multipliers name none."""
    names, count = books.land.zones.names, len(books.land.zones)
    first, second = (rows.table.codes(column, names).astype(np.int64) for column in ("zone_a", "zone_b"))
    low, high = np.minimum(neighbours.left, neighbours.right), np.maximum(neighbours.left, neighbours.right)
    key = low.astype(np.int64) * count + high
    order = np.argsort(key)
    wanted = np.minimum(first, second) * count + np.maximum(first, second)
    place = np.minimum(np.searchsorted(key[order], wanted), max(len(key) - 1, 0))
    known = [code for code, rule in enumerate(rows.rules) if rule.removeprefix(BOUNDARY) in borders]
    good = (first >= 0) & (second >= 0) & np.isin(rows.rule, known)
    if not len(key) or not len(rows.worth):
        return len(rows.worth)
    edge = order[place]
    good &= key[edge] == wanted
    forward = neighbours.left[edge] == first
    for code in known:
        border = borders[rows.rules[code].removeprefix(BOUNDARY)]
        own = np.flatnonzero(good & (rows.rule == code) & (rows.worth > 0))
        worth = rows.worth[own]
        flow = np.bincount(edge[own], np.where(forward[own], worth, -worth), minlength=len(key))
        border.price -= np.bincount(edge[own], worth, minlength=len(key))
        border.node += np.bincount(neighbours.left, flow, minlength=count)
        border.node -= np.bincount(neighbours.right, flow, minlength=count)
        border.limits += float(flow @ border.gap)
    return int((~good).sum())
