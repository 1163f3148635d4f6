r"""Lawful shapes by rows: a Program whose every plan is lawful, drawn around a point of the relaxation.

The cells are put in an order, near the point first. A cell may become new land where an earlier neighbour does:

.. math:: u_c \le \sum_{v \in N(c),\ v \prec c} u_v + \sum_{k \ni c} z_k,\qquad z_k \le u_c\ \forall c \in k

so every cell leads back, from neighbour to earlier neighbour, to a beginning: a cell beside existing land, or, where
patches have a least area, a *kernel* k of that area that is opened (z) as a whole. No cut is needed, hence one
search finds a lawful plan that meets the quotas too. What other orders and kernels would allow is not seen: the plan
is good, and proves nothing.
"""

from __future__ import annotations

import heapq
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.program import Columns, Quota
from optimizer.methods.contiguity.rows import Row, needs, quota_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from formulations.program import Program
    from optimizer.methods.contiguity.cells import Cells

FAMILY = "kernel:"
"""Families of columns that open kernels begin so."""

MOST_KERNELS = 500
"""Kernels of one quota ..."""

MOST_MEMBERS = 20_000
"""... and cells of them all."""


def shaped(
    program: Program,
    every: Sequence[Cells],
    points: Sequence[NDArray[np.float64]],
    weights: Sequence[NDArray[np.float64]],
    opened: Sequence[NDArray[np.bool_]],
) -> Program:
    """Return a Program whose plans are all lawful; columns that it adds come last.

    Parameters
    ----------
    points, weights
        Value of each cell at the point and what it costs, above 0, one array a quota, (cells,).
    opened
        Cells that may become new land, (cells,); the others may not.
    """
    for number, (cells, point, weight, may) in enumerate(zip(every, points, weights, opened, strict=True)):
        open_ = may & ~cells.dead
        if cells.patches.attach:
            rank = cells.distance(np.flatnonzero(cells.rooted).tolist(), weight)
            rows = _led(cells, rank, cells.rooted, open_)
            program = replace(program, quotas=(*program.quotas, quota_of(program, cells, rows)))
        if cells.patches.least_ha > 0:
            program = _with_kernels(program, cells, point, weight, open_, f"{FAMILY}{number}")
    return program


def _led(cells: Cells, rank: NDArray[np.float64], beginning: NDArray[np.bool_], open_: NDArray[np.bool_]) -> list[Row]:
    """Return rows: a cell that begins nothing needs an earlier neighbour, one that is not open is not."""
    order = np.lexsort((np.arange(len(cells)), rank))
    place = np.empty(len(cells), dtype=np.int64)
    place[order] = np.arange(len(cells))
    rows = []
    for cell in np.flatnonzero(~beginning | ~open_).tolist():
        earlier = [other for other in cells.neighbours(cell) if open_[cell] and place[other] < place[cell]]
        rows.append(needs(cell, earlier))
    return rows


def _with_kernels(
    program: Program,
    cells: Cells,
    point: NDArray[np.float64],
    weight: NDArray[np.float64],
    open_: NDArray[np.bool_],
    family: str,
) -> Program:
    kernels = _kernels(cells, point, weight, open_)
    members = np.array([cell for kernel in kernels for cell in kernel], dtype=np.int64)
    number = np.repeat(np.arange(len(kernels)), [len(kernel) for kernel in kernels])
    near = sorted({*members.tolist(), *np.flatnonzero(cells.area_ha >= cells.least_ha).tolist()})
    rank = cells.distance(near, weight)
    rows = _led(cells, rank, cells.area_ha >= cells.least_ha, open_)
    rows += [Row(cell, (cell,), (1.0,)) for cell in members.tolist()]
    quota = quota_of(program, cells, rows)
    opens = sp.csr_array((np.ones(len(members)), (members, number)), shape=(len(cells), len(kernels)))
    led = len(rows) - len(members)
    about = [row.about for row in rows[:led]]
    closes = sp.csr_array(
        (-np.ones(len(members)), (np.arange(len(members)), number)), shape=(len(members), len(kernels))
    )
    terms = {**quota.terms, family: sp.csr_array(sp.vstack([opens[about], closes], format="csr"))}
    columns = Columns(
        family=family,
        labels=pd.DataFrame({"kernel": np.arange(len(kernels))}),
        lower=np.zeros(len(kernels)),
        upper=np.ones(len(kernels)),
        integer=True,
        unit="1",
    )
    quotas: tuple[Quota, ...] = (*program.quotas, replace(quota, terms=terms))
    return replace(program, columns=(*program.columns, columns), quotas=quotas)


def _kernels(
    cells: Cells, point: NDArray[np.float64], weight: NDArray[np.float64], open_: NDArray[np.bool_]
) -> list[tuple[int, ...]]:
    """Return connected open sets of just the least area, grown where the point and weights lead."""
    small = np.flatnonzero((cells.area_ha < cells.least_ha) & open_)
    seeds = small[np.lexsort((small, weight[small], -point[small]))]
    found: dict[tuple[int, ...], None] = {}
    members = 0
    for seed in seeds.tolist():
        if len(found) >= MOST_KERNELS or members >= MOST_MEMBERS:
            break
        kernel = _grown(cells, seed, weight, open_)
        if kernel is not None and kernel not in found:
            found[kernel] = None
            members += len(kernel)
    return list(found)


def _grown(cells: Cells, seed: int, weight: NDArray[np.float64], open_: NDArray[np.bool_]) -> tuple[int, ...] | None:
    """Return the open cells that are cheapest to reach from a seed, until they have the least area; None if too few."""
    inside: set[int] = set()
    area, heap = 0.0, [(float(weight[seed]), seed)]
    while area < cells.least_ha:
        if not heap:
            return None
        value, cell = heapq.heappop(heap)
        if cell in inside:
            continue
        inside.add(cell)
        area += float(cells.area_ha[cell])
        for other in cells.neighbours(cell):
            if other not in inside and open_[other]:
                heapq.heappush(heap, (value + float(weight[other]), other))
    return tuple(sorted(inside))
