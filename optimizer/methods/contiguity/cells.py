"""Cells: the zones that may become new land of a group, who lies beside whom, and which sets of them are lawful."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from formulations.patches import Patches

ROUND_OFF = 1e-9
"""Part of the least area that a patch may lack."""


@dataclass(frozen=True)
class Cells:
    """The cells of one quota, numbered from 0.

    Attributes
    ----------
    patches
        The quota.
    node
        Node of each cell, (cells,).
    incidence
        Which columns make a cell new land, (cells, columns).
    start, beside
        Neighbours of cell c are `beside[start[c]:start[c + 1]]`.
    rooted
        Whether a cell lies beside existing land of the group, (cells,).
    area_ha
        Of the whole cell, (cells,).
    """

    patches: Patches
    node: NDArray[np.int32]
    incidence: sp.csr_array
    start: NDArray[np.int64]
    beside: NDArray[np.int32]
    rooted: NDArray[np.bool_]
    area_ha: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.node)

    @property
    def least_ha(self) -> float:
        """Least area of a patch, with room for round-off."""
        return self.patches.least_ha * (1 - ROUND_OFF)

    def neighbours(self, cell: int) -> list[int]:
        """Return the cells beside one."""
        return self.beside[self.start[cell] : self.start[cell + 1]].tolist()

    def around(self, inside: Iterable[int]) -> list[int]:
        """Return the cells beside a set that are not of it, in order."""
        held = set(inside)
        return sorted({other for cell in held for other in self.neighbours(cell)} - held)

    def parts(self, chosen: NDArray[np.bool_]) -> NDArray[np.int32]:
        """Return the connected part of each cell among the chosen ones; others are parts by themselves, (cells,)."""
        left, right = np.repeat(np.arange(len(self)), np.diff(self.start)), self.beside
        both = chosen[left] & chosen[right]
        graph = sp.csr_array((np.ones(int(both.sum())), (left[both], right[both])), shape=(len(self), len(self)))
        return connected_components(graph, directed=False)[1]

    def unlawful(self, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which of the chosen cells lie in parts that the quota forbids, (cells,)."""
        part = self.parts(chosen)
        good = np.ones(len(self), dtype=bool)
        if self.patches.attach:
            good = np.bincount(part, chosen & self.rooted, minlength=len(self)) > 0
        area = np.bincount(part, np.where(chosen, self.area_ha, 0.0), minlength=len(self))
        return chosen & ~(good & (area >= self.least_ha))[part]

    @cached_property
    def dead(self) -> NDArray[np.bool_]:
        """Cells that no lawful set holds: out of reach, or on an island too small, (cells,)."""
        return self.unlawful(np.ones(len(self), dtype=bool))

    def distance(self, sources: Iterable[int], weight: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the least sum of weights on the way from the sources to each cell, both ends counted, (cells,)."""
        best = np.full(len(self), np.inf)
        heap = [(float(weight[cell]), int(cell)) for cell in sources]
        for value, cell in heap:
            best[cell] = min(best[cell], value)
        heapq.heapify(heap)
        while heap:
            value, cell = heapq.heappop(heap)
            if value > best[cell]:
                continue
            for other in self.neighbours(cell):
                reached = value + float(weight[other])
                if reached < best[other]:
                    best[other] = reached
                    heapq.heappush(heap, (reached, other))
        return best


def cells_of(patches: Patches, n_columns: int) -> Cells:
    """Return the cells of a quota on patches, of a Program with so many columns."""
    node, cell = np.unique(patches.node, return_inverse=True)
    count = len(node)
    place = np.full(len(patches.anchor), -1, dtype=np.int64)
    place[node] = np.arange(count)
    ends = np.concatenate([patches.left, patches.right]), np.concatenate([patches.right, patches.left])
    here = place[ends[0]] >= 0
    one, other = place[ends[0][here]], ends[1][here]
    rooted = np.bincount(one, patches.anchor[other], minlength=count) > 0
    inner = place[other] >= 0
    one, two = one[inner], place[other[inner]]
    order = np.lexsort((two, one))
    return Cells(
        patches=patches,
        node=node,
        incidence=sp.csr_array((np.ones(len(cell)), (cell.ravel(), patches.index)), shape=(count, n_columns)),
        start=np.concatenate([[0], np.cumsum(np.bincount(one, minlength=count))]).astype(np.int64),
        beside=two[order].astype(np.int32),
        rooted=rooted,
        area_ha=patches.area_ha[node],
    )
