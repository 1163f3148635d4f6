r"""Indices of a landscape, for any set of units that hold habitat.

A patch is a connected component of the units present; A_k is its area, A the area of the landscape.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
import shapely
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from optimizer.methods.landscape.figure_kernels import spread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.methods.landscape.landscape import Landscape


def patches(landscape: Landscape, present: NDArray[np.bool_] | None = None) -> tuple[int, NDArray[np.int32]]:
    """Return the number of patches and the patch of each unit, (units,), -1 where absent.

    `present` tells which units hold habitat, (units,); None for today's.
    """
    held = landscape.habitat if present is None else present
    edges = held[landscape.left] & held[landscape.right]
    graph = sp.coo_array(
        (np.ones(int(edges.sum()), np.int8), (landscape.left[edges], landscape.right[edges])),
        shape=(landscape.units, landscape.units),
    )
    label = connected_components(graph, directed=False)[1]
    names, place = np.unique(label[held], return_inverse=True)
    patch = np.full(landscape.units, -1, np.int32)
    patch[held] = place
    return len(names), patch


def patch_areas(landscape: Landscape, present: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
    """Return the area of each patch, (patches,)."""
    count, patch = patches(landscape, present)
    held = patch >= 0
    return np.bincount(patch[held], landscape.area[held], minlength=count).astype(float)


def largest_patch(landscape: Landscape, present: NDArray[np.bool_] | None = None) -> float:
    """Return the area of the largest patch; 0 where there is none."""
    return float(patch_areas(landscape, present).max(initial=0.0))


def number_of_patches(landscape: Landscape, present: NDArray[np.bool_] | None = None) -> int:
    """Return the number of patches."""
    return patches(landscape, present)[0]


def mesh(landscape: Landscape, present: NDArray[np.bool_] | None = None) -> float:
    r"""Return the effective mesh size.

    .. math:: \mathrm{MESH} = \frac{1}{A} \sum_k A_k^2

    The area that an animal dropped at a random place can reach on average (Jaeger 2000). In the unit of area.
    """
    return float((patch_areas(landscape, present) ** 2).sum() / landscape.whole)


def iic(landscape: Landscape, distance: float, present: NDArray[np.bool_] | None = None) -> float:
    r"""Return the integral index of connectivity, between 0 and 1.

    .. math:: \mathrm{IIC} = \frac{1}{A^2} \sum_i \sum_j \frac{A_i A_j}{1 + l_{ij}}

    where patches within `distance` of each other (nearest centres of units) are linked, and l_ij is the number of
    links on the shortest way from patch i to patch j (Pascual-Hortal and Saura 2006); 1 / (1 + l) is 0 where there
    is no way.
    """
    count, patch = patches(landscape, present)
    held = np.flatnonzero(patch >= 0)
    near = cKDTree(landscape.centres()[held]).query_pairs(distance * (1.0 + 1e-9), output_type="ndarray")
    ends = patch[held][near]
    ends = ends[ends[:, 0] != ends[:, 1]]
    both = np.concatenate([ends, ends[:, ::-1]])
    graph = sp.coo_array((np.ones(len(both), np.int8), (both[:, 0], both[:, 1])), shape=(count, count)).tocsr()
    area = np.bincount(patch[held], landscape.area[held], minlength=count).astype(float)
    reached = spread(graph.indptr.astype(np.int64), graph.indices.astype(np.int64), area, np.zeros(count))[0]
    return float(area @ reached / landscape.whole**2)


def diameter(landscape: Landscape, selected: NDArray[np.bool_]) -> float:
    """Return the diameter of the smallest circle around the centres of the selected units; 0 where none is."""
    points = landscape.centres()[selected]
    return 2.0 * float(shapely.minimum_bounding_radius(shapely.MultiPoint(points))) if len(points) else 0.0
