r"""Separating rows: what a plan, or a point of the relaxation, violates of the ways in which new land may lie.

With u a point over cells, :math:`N(C)` the cells beside a connected set C and a the least area,

.. math::

    u_c &\le \sum_{v \in N(C)} u_v && c \in C,\ \text{no cell of C beside existing land, or C below } a \\
    (a - a_c)\,u_c &\le \sum_{v \in B(c)} \min(a_v,\, a - a_c)\,u_v && B(c)\text{: cells reached over less than } a

The last holds since a lawful patch, walked from c, gathers its least area before a path of it is that long.
For plans the search is exact: every unlawful cell has a violated row. For points it is exact for `attach`, by
maximum flow with cells as capacities, and greedy for the area of patches.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from optimizer.methods.contiguity.rows import Row, needs

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from optimizer.methods.contiguity.cells import Cells

PRESENT = 1e-6
"""Value from which a cell is there at all."""

VIOLATED = 1e-4
"""What a row must lack to be added."""

MOST_CELLS = 300
"""Cells looked at for each quota, those of greatest value; others wait for the next round."""

SHELLS = 100
"""Nested separating sets around a scattered part."""

SCALE = 10**6
"""Capacities of maximum flow are whole numbers."""


def separate(cells: Cells, value: NDArray[np.float64]) -> list[Row]:
    """Return rows that a point violates; empty where it is a lawful plan."""
    rows: list[Row] = []
    if cells.patches.attach:
        rows += _attach(cells, value)
    if cells.patches.least_ha > 0:
        rows += _patches(cells, value)
    return rows


def _attach(cells: Cells, value: NDArray[np.float64]) -> list[Row]:
    support = value > PRESENT
    part = cells.parts(support)
    reached = np.bincount(part, support & cells.rooted, minlength=len(cells)) > 0
    rows: list[Row] = []
    for number in np.unique(part[support & ~reached[part]]).tolist():
        rows += _shells(cells, value, np.flatnonzero(part == number))
    split = np.bincount(part, support & (value < 1 - PRESENT), minlength=len(cells)) > 0
    unsure = _greatest(value, support & (reached & split)[part] & ~cells.rooted)
    return rows + _by_flow(cells, value, np.flatnonzero(support), unsure)


def _greatest(value: NDArray[np.float64], wanted: NDArray[np.bool_]) -> list[int]:
    """Return the wanted cells of greatest value, at most MOST_CELLS."""
    found = np.flatnonzero(wanted)
    return found[np.argsort(-value[found], kind="stable")[:MOST_CELLS]].tolist()


def _shells(cells: Cells, value: NDArray[np.float64], part: NDArray[np.int64]) -> list[Row]:
    """Separate a part that touches no existing land: each of its cells by its border, the greatest by further ones."""
    order = part[np.argsort(-value[part], kind="stable")].tolist()
    first, inside = order[0], set(order)
    border = cells.around(inside)
    rows = [needs(cell, border) for cell in order if value[cell] > VIOLATED]
    for _ in range(SHELLS):
        inside |= set(border)
        if not border or cells.rooted[border].any():
            break
        border = cells.around(inside)
        if value[border].sum() + VIOLATED >= value[first]:
            break
        rows.append(needs(first, border))
    return rows


def _by_flow(cells: Cells, value: NDArray[np.float64], support: NDArray[np.int64], targets: list[int]) -> list[Row]:
    """Separate cells that existing land reaches with less flow than their value."""
    if not targets:
        return []
    network = _network(cells, value, support)
    place = {cell: k for k, cell in enumerate(support.tolist())}
    rows = []
    for cell in targets:
        goal = 1 + 2 * place[cell]
        result = maximum_flow(network, 0, goal)
        if result.flow_value / SCALE + VIOLATED < value[cell]:
            rows.append(needs(cell, _nearest_cut(cells, support, network - result.flow, goal)))
    return rows


def _network(cells: Cells, value: NDArray[np.float64], support: NDArray[np.int64]) -> sp.csr_array:
    """Return capacities: node 0 is existing land, cell k of the support enters at 1 + 2k and leaves at 2 + 2k."""
    count = len(support)
    place = np.full(len(cells), -1, dtype=np.int64)
    place[support] = np.arange(count)
    left, right = place[np.repeat(np.arange(len(cells)), np.diff(cells.start))], place[cells.beside]
    both = (left >= 0) & (right >= 0)
    left, right = left[both], right[both]
    rooted = np.flatnonzero(cells.rooted[support])
    own = np.arange(count)
    tail = np.concatenate([1 + 2 * own, 2 + 2 * left, np.zeros(len(rooted), dtype=np.int64)])
    head = np.concatenate([2 + 2 * own, 1 + 2 * right, 1 + 2 * rooted])
    most = np.full(len(left) + len(rooted), 2 * SCALE)
    capacity = np.concatenate([np.ceil(value[support] * SCALE), most]).astype(np.int32)
    ends = tail.astype(np.int32), head.astype(np.int32)
    return sp.csr_array((capacity, ends), shape=(2 * count + 1, 2 * count + 1))


def _nearest_cut(cells: Cells, support: NDArray[np.int64], residual: sp.csr_array, goal: int) -> list[int]:
    """Return the separating cells nearest to the goal: what borders on the cells that still lead to it."""
    residual.data[residual.data < 0] = 0
    residual.eliminate_zeros()
    leading = breadth_first_order(sp.csr_array(residual.T), goal, return_predecessors=False)
    entered = leading[leading % 2 == 1]
    return cells.around(support[(entered - 1) // 2].tolist())


def _patches(cells: Cells, value: NDArray[np.float64]) -> list[Row]:
    small = cells.area_ha < cells.least_ha
    rows: list[Row] = []
    for cell in _greatest(value, (value > PRESENT) & small):
        rows += _grown(cells, value, cell)
        row = _ball(cells, cell)
        if np.dot(value[list(row.cells)], row.coefficient) < -VIOLATED * cells.least_ha:
            rows.append(row)
    return rows


def _grown(cells: Cells, value: NDArray[np.float64], cell: int) -> list[Row]:
    """Grow a set below the least area, greatest values first; keep the most violated border and the last."""
    inside, area = {cell}, float(cells.area_ha[cell])
    border = set(cells.neighbours(cell))
    worst, last, least = None, None, float(value[cell]) - VIOLATED
    while True:
        sum_ = float(value[list(border)].sum()) if border else 0.0
        if sum_ < value[cell] - VIOLATED:
            last = needs(cell, sorted(border))
        if sum_ < least:
            worst, least = last, sum_
        fitting = [other for other in border if area + cells.area_ha[other] < cells.least_ha]
        if not fitting:
            break
        added = max(fitting, key=lambda other: (value[other], -other))
        inside.add(added)
        area += float(cells.area_ha[added])
        border = (border | set(cells.neighbours(added))) - inside
    return list(dict.fromkeys(row for row in (worst, last) if row is not None))


def _ball(cells: Cells, cell: int) -> Row:
    """Return the row that a cell needs the rest of the least area among cells near by."""
    rest = cells.least_ha - float(cells.area_ha[cell])
    near = _reached(cells, cell, lambda way: way < cells.least_ha)
    most = tuple(min(float(cells.area_ha[other]), rest) for other in near)
    return Row(cell, (cell, *near), (-rest, *most))


def _reached(cells: Cells, cell: int, goes_on: Callable[[float], bool]) -> list[int]:
    """Return the other cells that are entered over ways of admitted area, the cell itself counted, nearest first."""
    best = {cell: 0.0}
    heap, found = [(0.0, cell)], []
    while heap:
        way, here = heapq.heappop(heap)
        if way > best[here]:
            continue
        found.append(here)
        onward = way + float(cells.area_ha[here])
        if not goes_on(onward):
            continue
        for other in cells.neighbours(here):
            if onward < best.get(other, np.inf):
                best[other] = onward
                heapq.heappush(heap, (onward, other))
    return found[1:]
