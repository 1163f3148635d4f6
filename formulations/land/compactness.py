r"""Compactness (紧凑度): the border of a group of land costs (`compactness`) or is limited (`perimeter_limit`).

.. math::

    s_z &= s^0_z + \sum_{i\notin G, j\in G,t} \tfrac{1}{A_z} x_{z,i,j,t}
           - \sum_{i\in G, j\notin G,t} \tfrac{1}{A_z} x_{z,i,j,t} \\
    w_e &\ge s_l - s_r,\quad w_e \ge s_r - s_l \qquad e = (l, r) \\
    \text{objective} &\mathrel{+}= \rho_{g,G} \Bigl(\sum_{e\in g} L_e w_e - \sum_{e\in g} L_e |s^0_l - s^0_r|\Bigr) \\
    \sum_{e\in g} L_e w_e &\le P_{g,G}\quad\text{km}

s: share of a zone that is of the group G when every period is over; for the group `restored`, the share restored by
moves that the transition matrix marks, 0 at present. L: border that two zones share, km (table `neighbours`); the
outer edge of the region does not count. :math:`\rho`: penalty on a km of border, in tCO2e or 10k CNY; it steers the
plan and is neither emission nor cost in any account. Source: the instance's own. A zero worth of a limit means that
the land lies closer together than asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.block import bounds, number
from formulations.boundary import FAMILY, PRESENT, Boundary, difference_rows, edge_labels
from formulations.program import INFINITY, Columns, Quota
from formulations.rule import Part, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from formulations.block import LandBlock, Record

COMPACTNESS, PERIMETER_LIMIT = "compactness", "perimeter_limit"

RESTORED = "restored"
"""The group that a quota names for land that is restored."""

OBJECTIVES = {"tCO2e/km": "emissions", "10k CNY/km": "cost"}
"""Objective that a penalty goes to, by its unit."""

M_PER_KM = 1000.0


@dataclass(frozen=True)
class _Set:
    """A set of land by zone: share at present, (zones,), and the moves that change it, by how much, (k,)."""

    base: NDArray[np.float64]
    index: NDArray[np.int64]
    part: NDArray[np.float64]


@dataclass(frozen=True)
class _Edges:
    """Pairs of neighbours, (edges,), and whether each quota counts them, (quotas, edges)."""

    left: NDArray[np.int32]
    right: NDArray[np.int32]
    length_km: NDArray[np.float64]
    counted: NDArray[np.bool_]

    def take(self, chosen: NDArray[np.bool_]) -> _Edges:
        """Return some of the edges."""
        return _Edges(self.left[chosen], self.right[chosen], self.length_km[chosen], self.counted[:, chosen])

    def widths(self, share: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return |s_l - s_r|, (edges,)."""
        return np.abs(share[self.left] - share[self.right])


def build(block: LandBlock) -> Part:
    """Return the borders of groups that have a penalty, with their limits if they have any."""
    limits = block.records_by_group(PERIMETER_LIMIT)
    groups = block.records_by_group(COMPACTNESS)
    return _joined([_border(block, group, rows, limits.get(group, [])) for group, rows in groups.items()])


def build_limit(block: LandBlock) -> Part:
    """Return the borders of groups that have a limit and no penalty."""
    priced = block.records_by_group(COMPACTNESS)
    groups = block.records_by_group(PERIMETER_LIMIT)
    return _joined([_border(block, group, [], rows) for group, rows in groups.items() if group not in priced])


def _joined(parts: Sequence[Part]) -> Part:
    return Part(
        columns=tuple(columns for part in parts for columns in part.columns),
        quotas=tuple(quota for part in parts for quota in part.quotas),
        boundaries=tuple(boundary for part in parts for boundary in part.boundaries),
    )


def _border(block: LandBlock, group: str, penalties: Sequence[Record], limits: Sequence[Record]) -> Part:
    """Return columns, rows and the graph of one group."""
    members = _members(block, group)
    edges = _edges(block, [*penalties, *limits])
    moving = np.zeros(len(members.base), dtype=bool)
    moving[block.moves.zone[members.index]] = True
    may_change = moving[edges.left] | moving[edges.right]
    open_edges, fixed = edges.take(may_change), edges.take(~may_change)
    counted = fixed.counted[len(penalties) :]
    constant = counted @ (fixed.length_km * fixed.widths(members.base))
    family = f"{FAMILY}{group}"
    columns: tuple[Columns, ...] = ()
    quotas: list[Quota] = []
    boundaries: tuple[Boundary, ...] = ()
    if len(open_edges.left):
        boundary = _boundary(block, family, members, open_edges)
        boundaries = (boundary,)
        columns = _columns(block, group, boundary, open_edges, penalties)
        weight = boundary.part / block.moves.area_ha[boundary.index]
        quotas.append(difference_rows(boundary, weight, block.land.zones["zone"], "zone"))
    if limits:
        length = sp.csr_array(open_edges.counted[len(penalties) :] * open_edges.length_km)
        terms = {family: length} if boundaries else {}
        quotas.append(_limits(block, limits, constant, terms))
    return Part(columns, tuple(quotas), boundaries)


def _members(block: LandBlock, group: str) -> _Set:
    """Return the shares of zones in a group, at present and as moves change them."""
    moves, area = block.moves, block.land.zone_area_ha
    size = np.where(area > 0, area, 1.0)
    if group == RESTORED:
        change = (block.restores & moves.changes).astype(np.int8)
        base = np.zeros(len(area))
    else:
        change = block.into(group).astype(np.int8) - block.out_of(group)
        zone, kind, held = block.land.cover
        held = np.where(block.land.present_member(group, zone, kind), held, 0.0)
        base = np.bincount(zone, held, minlength=len(area)) / size
    index = np.flatnonzero(change)
    return _Set(base, index, change[index] * moves.area_ha[index] / size[moves.zone[index]])


def _edges(block: LandBlock, records: Sequence[Record]) -> _Edges:
    """Return the edges that any of the quotas counts: those with both zones in its region."""
    left, right, metres = block.land.neighbours
    counted = np.empty((len(records), len(left)), dtype=bool)
    for row, record in enumerate(records):
        inside = block.land.subtree[block.region_code(record)][block.land.zone_region]
        counted[row] = inside[left] & inside[right]
    return _Edges(left, right, metres / M_PER_KM, counted).take(np.asarray(counted.any(axis=0)))


def _boundary(block: LandBlock, family: str, members: _Set, edges: _Edges) -> Boundary:
    """Return the graph; zones without an edge play no part in it."""
    touched = np.zeros(len(members.base), dtype=bool)
    touched[edges.left] = touched[edges.right] = True
    node = block.moves.zone[members.index]
    used = touched[node]
    return Boundary(
        family=family,
        quota=family,
        index=members.index[used].astype(np.int32),
        node=node[used].astype(np.int32),
        part=members.part[used],
        base=members.base,
        left=edges.left,
        right=edges.right,
        length_km=edges.length_km,
    )


def _columns(
    block: LandBlock, group: str, boundary: Boundary, edges: _Edges, penalties: Sequence[Record]
) -> tuple[Columns, ...]:
    """Return one column an edge, and the fixed one that takes the present border out of the objective."""
    labels, count = edge_labels(block.land.zones["zone"], "zone", edges.left, edges.right), len(edges.left)
    cost: dict[str, NDArray[np.float64]] = {}
    for row, record in enumerate(penalties):
        objective = OBJECTIVES[str(record["unit"])]
        more = number(record) * edges.length_km * edges.counted[row]
        cost[objective] = cost[objective] + more if objective in cost else more
    columns = Columns(boundary.family, labels, np.zeros(count), np.ones(count), integer=False, unit="1", cost=cost)
    if not cost:
        return (columns,)
    present = {name: np.array([-float(values @ boundary.present)]) for name, values in cost.items()}
    one = pd.DataFrame({"group": [group]})
    return columns, Columns(f"{PRESENT}{group}", one, np.ones(1), np.ones(1), integer=False, unit="1", cost=present)


def _limits(
    block: LandBlock,
    records: Sequence[Record],
    constant: NDArray[np.float64],
    terms: Mapping[str, sp.csr_array],
) -> Quota:
    """Return one row a quota; the border between zones that never change is its base."""
    upper = np.array([bounds("<=", number(record), base)[1] for record, base in zip(records, constant, strict=True)])
    last = block.n_periods
    labels = [block.label(record, last, base=base) for record, base in zip(records, constant, strict=True)]
    lower = np.full(len(records), -INFINITY)
    return Quota.of_columns(PERIMETER_LIMIT, lower, upper, pd.DataFrame(labels), "km", terms)


PENALTY_RULE = Rule(COMPACTNESS, "紧凑度", build)
LIMIT_RULE = Rule(PERIMETER_LIMIT, "边界长度上限", build_limit)
