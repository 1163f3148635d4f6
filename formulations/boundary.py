r"""A border that counts (计入目标或限额的边界): zones with a share in a set, and the edges between them.

.. math::

    s_n = s^0_n + \sum_m p_m u_m, \qquad w_e \ge s_l - s_r,\quad w_e \ge s_r - s_l

for the edge e between zones l and r. Where nothing asks for a longer border w is the difference, and
length times w is the border of the set along that edge. For whole zones s is 0 or 1. The structure
stands beside the columns and rows that say the same, so that a method may read it as a graph (minimum cuts)
or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.program import INFINITY, Quota

if TYPE_CHECKING:
    from numpy.typing import NDArray

FAMILY = "boundary:"
"""Families of edge columns, and the rules of the rows that hold them up, begin so; the group follows."""

PRESENT = "boundary_present:"
"""Families of the one fixed column that takes the cost of the present border out of the objective begin so."""


def is_boundary(rule: str) -> bool:
    """Whether rows only hold edge columns above the differences of shares; no planner states them."""
    return rule.startswith(FAMILY)


@dataclass(frozen=True)
class Boundary:
    """The border of one group over the edges that can change.

    Nodes are zones, by their code in the zones table.

    Attributes
    ----------
    family
        The `Columns` family with one column w >= 0 an edge; its cost is penalty times length, and limits on
        perimeter are terms over it. A family `boundary_present:` with one column fixed at 1 carries minus the
        cost of the present border, so that a plan that changes nothing costs nothing.
    quota
        Rule of the `Quota` that holds w above both differences: row 2e for w >= s_l - s_r, row 2e + 1 for
        w >= s_r - s_l; its labels name the zones in that order.
    index, node, part
        Moves that change a node's share, (k,), the node each changes, and by how much a share of the move
        changes it (signed; 1 or -1 where the zone is one whole piece).
    base
        Present share of each node, (nodes,).
    left, right, length_km
        The nodes of each edge, (edges,), and its length.
    """

    family: str
    quota: str
    index: NDArray[np.int32]
    node: NDArray[np.int32]
    part: NDArray[np.float64]
    base: NDArray[np.float64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    length_km: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.left)

    @cached_property
    def present(self) -> NDArray[np.float64]:
        """Value of each edge's column where nothing changes, (edges,)."""
        return np.abs(self.base[self.left] - self.base[self.right])

    def shares(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share of each node in the set, (nodes,), for values of the moves (or of all columns)."""
        change = np.bincount(self.node, self.part * values[self.index], minlength=len(self.base))
        return self.base + change

    def widths(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the least value of each edge's column, |s_l - s_r|, (edges,)."""
        share = self.shares(values)
        return np.abs(share[self.left] - share[self.right])

    def taken(self, place: NDArray[np.int64]) -> Boundary:
        """Return the boundary over other columns; `place` is the new position of each move, (moves,)."""
        return replace(self, index=place[self.index].astype(np.int32))


def difference_rows(boundary: Boundary, weight: NDArray[np.float64], names: pd.Series, what: str) -> Quota:
    """Return two rows an edge, w >= s_l - s_r and w >= s_r - s_l; a node's share is one cell.

    Parameters
    ----------
    weight
        How much a hectare of each of `boundary.index` changes the share of its node, (k,).
    names, what
        Names of the nodes, (nodes,), and what a node is (`zone`, `unit`).
    """
    count, nodes = len(boundary), len(boundary.base)
    ends = np.stack([boundary.left, boundary.right, boundary.right, boundary.left], axis=1)
    signs = np.tile([-1.0, 1.0], 2 * count)
    gap = boundary.base[boundary.left] - boundary.base[boundary.right]
    edge = np.repeat(np.arange(count, dtype=np.int32), 2)
    return Quota(
        rule=boundary.quota,
        index=boundary.index,
        weight=weight,
        cell=boundary.node,
        rollup=sp.csr_array((signs, ends.ravel(), np.arange(0, 4 * count + 1, 2)), shape=(2 * count, nodes)),
        lower=np.stack([gap, -gap], axis=1).ravel(),
        upper=np.full(2 * count, INFINITY),
        labels=edge_labels(names, what, ends[:, ::2].ravel(), ends[:, 1::2].ravel()),
        unit="1",
        terms={boundary.family: sp.csr_array((np.ones(2 * count), edge, np.arange(2 * count + 1)))},
    )


def edge_labels(names: pd.Series, what: str, first: NDArray[np.int32], second: NDArray[np.int32]) -> pd.DataFrame:
    """Return the names of both ends of edges."""
    ends = {f"{what}_a": names.take(first), f"{what}_b": names.take(second)}
    return pd.DataFrame({name: values.reset_index(drop=True) for name, values in ends.items()})
