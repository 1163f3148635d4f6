"""Repair: cells that lie unlawfully are joined to land over the cheapest way, or grow to the least area."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.methods.contiguity.cells import Cells


def joined(cells: Cells, chosen: NDArray[np.bool_], weight: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return a lawful set that holds all chosen cells but dead ones, (cells,); `weight` is what a cell costs."""
    chosen = chosen & ~cells.dead
    if cells.patches.attach:
        chosen = _attached(cells, chosen, weight)
    if cells.patches.least_ha > 0:
        chosen = _large(cells, chosen, weight)
    return chosen


def widened(cells: Cells, chosen: NDArray[np.bool_], steps: int) -> NDArray[np.bool_]:
    """Return the cells within some steps of the chosen ones, (cells,)."""
    wide, border = chosen.copy(), np.flatnonzero(chosen).tolist()
    for _ in range(steps):
        border = [other for other in cells.around(border) if not wide[other]]
        wide[border] = True
    return wide


def _attached(cells: Cells, chosen: NDArray[np.bool_], weight: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Add the cheapest way from existing land to each chosen cell."""
    rank = cells.distance(np.flatnonzero(cells.rooted).tolist(), weight)
    joined = chosen.copy()
    ahead = [cell for cell in np.flatnonzero(chosen).tolist() if not cells.rooted[cell]]
    seen = set(ahead)
    while ahead:
        before = min(cells.neighbours(ahead.pop()), key=lambda other: (rank[other], other))
        joined[before] = True
        if not cells.rooted[before] and before not in seen:
            seen.add(before)
            ahead.append(before)
    return joined


def _large(cells: Cells, chosen: NDArray[np.bool_], weight: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Let parts below the least area take in the cheapest cells around them."""
    large = chosen.copy()
    while (small := cells.unlawful(large)).any():
        part = cells.parts(large)
        inside = set(np.flatnonzero(part == part[np.flatnonzero(small)[0]]).tolist())
        area = float(cells.area_ha[list(inside)].sum())
        heap = [(float(weight[other]), other) for other in cells.around(inside)]
        heapq.heapify(heap)
        while area < cells.least_ha:
            value, cell = heapq.heappop(heap)
            if cell in inside:
                continue
            inside.add(cell)
            area += float(cells.area_ha[cell])
            for other in cells.neighbours(cell):
                if other not in inside:
                    heapq.heappush(heap, (value + float(weight[other]), other))
        large[list(inside)] = True
    return large
