r"""A choice of a set of nodes under linear rows, where every border of the set costs: plain arrays.

.. math:: \min \sum_o c_o x_o + \sum_{e=(l,r)} k_e |s_l - s_r|, \quad \underline b \le A^T x \le \overline b

Each node takes exactly one of its options; an option has the node in the set (s = 1) or out of it (s = 0). Where
several sets have borders, each is a layer: an option says for each whether the node is in it, and edges join sites, a
site being a node in one layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Arcs:
    """Edges seen from their nodes: arc j leads to head[j]; arcs of node n are start[n]:start[n+1].

    `forward[e]` and `backward[e]` are the two arcs of an edge; `sister` is an arc's other direction.
    """

    start: NDArray[np.int32]
    head: NDArray[np.int32]
    sister: NDArray[np.int32]
    edge: NDArray[np.int32]
    forward: NDArray[np.int32]
    backward: NDArray[np.int32]


def arcs_of(nodes: int, left: NDArray[np.int32], right: NDArray[np.int32]) -> Arcs:
    """Return edges seen from their nodes."""
    count = len(left)
    tail = np.concatenate([left, right])
    order = np.argsort(tail, kind="stable")
    start = np.zeros(nodes + 1, np.int32)
    start[1:] = np.cumsum(np.bincount(tail, minlength=nodes))
    place = np.empty(2 * count, np.int32)
    place[order] = np.arange(2 * count, dtype=np.int32)
    head = np.concatenate([right, left])[order].astype(np.int32)
    sister = np.concatenate([place[count:], place[:count]])[order]
    edge = (order % max(count, 1)).astype(np.int32)
    return Arcs(start, head, sister, edge, place[:count], place[count:])


def _narrow(table: sp.csr_array) -> sp.csr_array:
    """Return a table whose places are of 32 bits, as those of nodes are: each kernel is compiled for one kind."""
    places = (table.indices.astype(np.int32, copy=False), table.indptr.astype(np.int32, copy=False))
    return sp.csr_array((table.data, *places), shape=table.shape)


@dataclass(frozen=True)
class BoundaryProblem:
    """Options by node, edges and rows.

    Parameters
    ----------
    nodes
        Number of nodes.
    node
        Node of each option, ascending, (options,); every node has one option at least.
    inside
        Whether an option has its node in the set, (options,), or in each of several sets, (options, layers).
    cost
        Cost of each option, (options,).
    coefficients
        What each option adds to the rows, (options, rows).
    row_lower, row_upper
        Limits of the rows, (rows,); infinite where absent.
    left, right
        Sites that share a border, (edges,), each pair once and in one layer; node n in layer k is site
        k x nodes + n.
    capacity
        Cost of a border between in and out, (edges,), 0 or more.
    border_coefficients
        What a border between in and out adds to the rows, (edges, rows), 0 or more and only in rows
        without a lower limit (a limit on the perimeter); None where borders count in no row.

    Raises
    ------
    ValueError
        Where the arrays do not fit together or a number is not allowed.
    """

    nodes: int
    node: NDArray[np.int32]
    inside: NDArray[np.bool_]
    cost: NDArray[np.float64]
    coefficients: sp.csr_array
    row_lower: NDArray[np.float64]
    row_upper: NDArray[np.float64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    capacity: NDArray[np.float64]
    border_coefficients: sp.csr_array | None = None

    def __post_init__(self) -> None:
        if self.coefficients.shape != (len(self.node), len(self.row_lower)):
            raise ValueError("coefficients need one row an option and one column a row")
        if len(self.node) == 0 or (np.diff(self.node) < 0).any() or len(np.unique(self.node)) != self.nodes:
            raise ValueError("options must ascend by node, one a node at least")
        numbers = (self.cost, self.capacity, self.coefficients.data)
        if not all(np.isfinite(values).all() for values in numbers):
            raise ValueError("a cost, capacity or coefficient is not a number")
        if (self.capacity < 0).any() or (self.left == self.right).any():
            raise ValueError("an edge joins two nodes and costs 0 or more")
        borders = self.border_coefficients
        if borders is not None:
            if borders.shape != (len(self.left), len(self.row_lower)) or (borders.data < 0).any():
                raise ValueError("borders need one row an edge and one column a row, none below 0")
            if np.isfinite(self.row_lower[np.unique(borders.indices)]).any():
                raise ValueError("a row that counts borders can only have an upper limit")
            object.__setattr__(self, "border_coefficients", _narrow(borders))
        object.__setattr__(self, "coefficients", _narrow(self.coefficients))

    @cached_property
    def start(self) -> NDArray[np.int32]:
        """Position of each node's first option, and the number of options, (nodes + 1,)."""
        return np.searchsorted(self.node, np.arange(self.nodes + 1)).astype(np.int32)

    @cached_property
    def arcs(self) -> Arcs:
        """The edges seen from their sites."""
        return arcs_of(self.sites, self.left, self.right)

    @cached_property
    def member(self) -> NDArray[np.bool_]:
        """Whether an option has its node in each set, (options, layers)."""
        return np.ascontiguousarray(self.inside.reshape(len(self.node), -1))

    @property
    def layers(self) -> int:
        """Number of sets that have a border."""
        return self.member.shape[1]

    @property
    def sites(self) -> int:
        """Number of sites, nodes x layers."""
        return self.nodes * self.layers

    def sides(self, options: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Whether each site is in its set, for the option each node takes, (sites,)."""
        return self.member[options].T.ravel()

    def borders(self, sides: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Whether each edge is a border between in and out, (edges,); `sides` are of sites."""
        return sides[self.left] != sides[self.right]

    def around(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of values of edges over the edges of each site, (sites,)."""
        total = np.bincount(self.left, values, self.sites) + np.bincount(self.right, values, self.sites)
        return total.astype(float)

    def leaving(self, flow: NDArray[np.float64], but: Sequence[int] = ()) -> NDArray[np.float64]:
        """Return the flow that leaves the sites where each option is in a set, (options,); some layers left out."""
        net = np.bincount(self.left, flow, self.sites) - np.bincount(self.right, flow, self.sites)
        total = np.zeros(len(self.node))
        for layer in range(self.layers):
            if layer not in but:
                total += np.where(self.member[:, layer], net[layer * self.nodes + self.node], 0.0)
        return total

    def activity(self, options: NDArray[np.int32]) -> NDArray[np.float64]:
        """Return what a choice adds up to in each row, (rows,)."""
        taken = np.zeros(len(self.node))
        taken[options] = 1.0
        total = self.coefficients.T @ taken
        if self.border_coefficients is not None:
            total = total + self.border_coefficients.T @ self.borders(self.sides(options)).astype(float)
        return np.asarray(total)

    def objective(self, options: NDArray[np.int32]) -> float:
        """Cost of a choice, borders included."""
        return float(self.cost[options].sum() + self.capacity @ self.borders(self.sides(options)))

    def tolerance(self) -> NDArray[np.float64]:
        """Round-off allowed in each row, (rows,)."""
        limits = np.where(np.isfinite(self.row_lower), np.abs(self.row_lower), 0.0)
        return 1e-9 * np.maximum(
            1.0, np.maximum(limits, np.where(np.isfinite(self.row_upper), np.abs(self.row_upper), 0.0))
        )

    def is_feasible(self, options: NDArray[np.int32]) -> bool:
        """Whether a choice keeps every row, round-off apart."""
        held, slack = self.activity(options), self.tolerance()
        return bool((held >= self.row_lower - slack).all() and (held <= self.row_upper + slack).all())


def in_or_out(
    cost: NDArray[np.float64],
    amounts: sp.csr_array | NDArray[np.float64],
    row_lower: NDArray[np.float64],
    row_upper: NDArray[np.float64],
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    capacity: NDArray[np.float64],
) -> BoundaryProblem:
    """Return the simple case: a node is in at `cost` and with `amounts` (rows, nodes), or out for nothing."""
    nodes = len(cost)
    by_node = sp.csr_array(sp.csr_array(amounts).T)
    lengths = np.zeros(2 * nodes, np.int64)
    lengths[1::2] = np.diff(by_node.indptr)
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    paid = np.zeros(2 * nodes)
    paid[1::2] = cost
    return BoundaryProblem(
        nodes=nodes,
        node=np.repeat(np.arange(nodes, dtype=np.int32), 2),
        inside=np.tile(np.array([False, True]), nodes),
        cost=paid,
        coefficients=sp.csr_array((by_node.data, by_node.indices, indptr), shape=(2 * nodes, by_node.shape[1])),
        row_lower=np.asarray(row_lower, float),
        row_upper=np.asarray(row_upper, float),
        left=np.asarray(left, np.int32),
        right=np.asarray(right, np.int32),
        capacity=np.asarray(capacity, float),
    )
