"""The landscape as the search sees it: patches of today drawn together, and units that can be selected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from scipy.spatial import cKDTree

from optimizer.methods.landscape.indices import patches

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.methods.landscape.landscape import Landscape
    from optimizer.methods.landscape.limits import Limits


@dataclass(frozen=True)
class Board:
    """Patches of today as nodes 0 to `patches` - 1, then the units that can be selected.

    Parameters
    ----------
    patches
        Number of patches of today.
    unit
        Unit of each node after the patches, (nodes - patches,).
    area, restored, cost
        By node, (nodes,); patches restore and cost 0.
    next_to
        Which nodes are neighbours, symmetric, (nodes, nodes).
    near
        Which nodes are close enough to be linked, symmetric, (nodes, nodes); empty where no distance is given.
    points
        Centre of each node, (nodes, 2); 0 for patches, and for all where the landscape has none.
    """

    patches: int
    unit: NDArray[np.int64]
    area: NDArray[np.float64]
    restored: NDArray[np.float64]
    cost: NDArray[np.float64]
    next_to: sp.csr_array
    near: sp.csr_array
    points: NDArray[np.float64]

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.area)

    def arrays(self) -> tuple[Any, ...]:
        """Return the board for compiled code."""
        return (
            self.patches,
            self.area,
            self.next_to.indptr.astype(np.int64),
            self.next_to.indices.astype(np.int64),
            self.restored,
            self.cost,
            self.near.indptr.astype(np.int64),
            self.near.indices.astype(np.int64),
            float((self.area[: self.patches] ** 2).sum()),
            self.points,
        )

    def room(self) -> tuple[Any, ...]:
        """Return the arrays that compiled code works in: marks, sets, a list of nodes, two areas."""
        count = self.nodes
        return (
            np.zeros(count, np.int8),
            np.zeros(count, np.int64),
            np.zeros(count, np.int64),
            np.zeros(count),
            np.zeros(count),
        )


def _pairs(left: NDArray[np.int64], right: NDArray[np.int64], nodes: int) -> sp.csr_array:
    """Return the pairs of different nodes, none below 0, as a symmetric pattern."""
    both = (left >= 0) & (right >= 0) & (left != right)
    ends = np.concatenate([left[both], right[both]]), np.concatenate([right[both], left[both]])
    pattern = sp.coo_array((np.ones(len(ends[0]), np.int8), ends), shape=(nodes, nodes)).tocsr()
    pattern.sort_indices()
    return pattern


def make_board(landscape: Landscape, limits: Limits, with_links: bool) -> Board:
    """Return the board of a landscape; `with_links` where the integral index of connectivity is needed."""
    count, patch = patches(landscape)
    unit = np.flatnonzero(limits.available(landscape))
    node = patch.astype(np.int64)
    node[unit] = count + np.arange(len(unit))
    nodes = count + len(unit)
    none = np.zeros(0, np.int64)
    near = none, none
    if with_links and limits.iic_distance is not None:
        kept = np.flatnonzero(node >= 0)
        reach = limits.iic_distance * (1.0 + 1e-9)
        close = cKDTree(landscape.centres()[kept]).query_pairs(reach, output_type="ndarray")
        near = node[kept[close[:, 0]]], node[kept[close[:, 1]]]
    unused, points = np.zeros(count), np.zeros((nodes, 2))
    if landscape.points is not None:
        points[count:] = landscape.points[unit]
    return Board(
        patches=count,
        unit=unit,
        area=np.concatenate([np.bincount(patch[patch >= 0], landscape.area[patch >= 0], count), landscape.area[unit]]),
        restored=np.concatenate([unused, limits.restores(landscape)[unit]]),
        cost=np.concatenate([unused, limits.costs(landscape)[unit]]),
        next_to=_pairs(node[landscape.left], node[landscape.right], nodes),
        near=_pairs(*near, nodes),
        points=points,
    )
