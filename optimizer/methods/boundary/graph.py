"""A Program with one border that counts, read as a choice of nodes: groups of land and decisions beside it.

A node is a choice group or a column that is 0 or 1; its options are the moves that may be taken wholly, or no and
yes. Rows that only hold edge columns above differences of shares are left out: the graph says the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from optimizer.methods.boundary.cut import capacities, usable
from optimizer.methods.boundary.problem import BoundaryProblem
from optimizer.results.solution import edge_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.boundary import Boundary
    from formulations.program import Program

MOST_ROWS = 400
"""Rows that multipliers are found for by cutting planes; with more, those are too many and too slow."""

ROUND_OFF = 1e-9
"""A share this close to 0 or 1 is it."""

NONE = -1
"""Column of an option that takes nothing."""


@dataclass(frozen=True)
class Graph:
    """A Program as a boundary problem, and the way back.

    Attributes
    ----------
    program
        The Program, with one border.
    problem
        The same as nodes; its objective is the Program's.
    column
        Column that each option takes, `NONE` for the no of a decision, (options,).
    rows
        Row of the Program of each row of the problem.
    fixed
        Value of each column that no option takes, (columns,).
    whole
        Whether every option is taken wholly or not at all; else only what holds for shares too may be concluded.
    """

    program: Program
    problem: BoundaryProblem
    column: NDArray[np.int64]
    rows: NDArray[np.int64]
    fixed: NDArray[np.float64]
    whole: bool

    @property
    def boundary(self) -> Boundary:
        """The border."""
        return self.program.boundaries[0]

    def shares(self, options: NDArray[np.int32]) -> NDArray[np.float64]:
        """Return the value of every column, (columns,), for the option that each node takes."""
        values = self.fixed.copy()
        taken = self.column[options]
        values[taken[taken != NONE]] = 1.0
        values[edge_columns(self.program, self.boundary)] = self.boundary.widths(values)
        return values

    def multipliers(self, own: NDArray[np.float64], flow: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return multipliers of all rows of the Program, (rows,), that prove what these and the flow prove.

        A flow from left to right is a multiplier on w >= s_r - s_l, against it on w >= s_l - s_r.
        """
        own = usable(self.problem, own)
        most = capacities(self.problem, own)
        flow = np.clip(flow, -most, most)
        duals = np.zeros(self.program.n_rows)
        duals[self.rows] = own
        rules = [quota.rule for quota in self.program.quotas]
        first = self.program.row_starts[rules.index(self.boundary.quota)]
        duals[first : first + 2 * len(flow)] = np.stack([np.maximum(-flow, 0.0), np.maximum(flow, 0.0)], axis=1).ravel()
        return duals

    def start(self, multipliers: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
        """Return earlier multipliers of all rows as those of the problem; None where they do not fit."""
        if multipliers is None or len(multipliers) != self.program.n_rows:
            return None
        return multipliers[self.rows]


def graph_of(program: Program) -> Graph | str:
    """Return a Program as a boundary problem, or in words why it is none."""
    if len(program.boundaries) > 1:
        return "several groups have a border that counts"
    if program.patches:
        return "new land must hang together"
    boundary = program.boundaries[0]
    rows = _coupled(program, boundary)
    if len(rows) > MOST_ROWS:
        return f"more than {MOST_ROWS} rows tie land together"
    if ((program.moves.upper < 1.0 - ROUND_OFF) & ~program.moves.whole).any():
        return "projects take parts of zones"
    beside = _beside(program, boundary)
    if isinstance(beside, str):
        return beside
    node_of_zone = _nodes(program, boundary)
    if node_of_zone is None:
        return "zones on the border hold several classes"
    table = _table(program, rows, boundary)
    edges = edge_columns(program, boundary)
    lower, upper = _limits(program, rows, table @ beside.values)
    borders = sp.csr_array(table[:, edges.start : edges.stop].T)
    if (borders.data < 0).any() or np.isfinite(lower[np.unique(borders.indices)]).any():
        return "a row asks for a longer border"
    return _graph(program, boundary, rows, (lower, upper), table, borders, beside, node_of_zone)


@dataclass(frozen=True)
class _Beside:
    """Columns beside land and edges: value of the fixed ones over all columns, and places of those that are 0 or 1."""

    values: NDArray[np.float64]
    decisions: NDArray[np.int64]


def _beside(program: Program, boundary: Boundary) -> _Beside | str:
    """Return what stands beside land and edges, or why it does not fit."""
    values = np.zeros(program.n_columns)
    decisions = []
    for family in program.columns:
        if family.family == boundary.family:
            continue
        columns = program.offsets[family.family] + np.arange(len(family))
        fixed = family.lower == family.upper
        values[columns[fixed]] = family.lower[fixed]
        free = ~fixed
        if free.any() and not (family.integer and (family.lower[free] == 0).all() and (family.upper[free] == 1).all()):
            return f"amounts are decided beside land ({family.family})"
        decisions.append(columns[free])
    return _Beside(values, np.concatenate([np.zeros(0, np.int64), *decisions]))


def _coupled(program: Program, boundary: Boundary) -> NDArray[np.int64]:
    """Return the rows of the Program that stay rows."""
    parts = [
        np.arange(first, first + len(quota))
        for quota, first in zip(program.quotas, program.row_starts, strict=False)
        if quota.rule != boundary.quota
    ]
    return np.concatenate([np.zeros(0, np.int64), *parts]).astype(np.int64)


def _table(program: Program, rows: NDArray[np.int64], boundary: Boundary) -> sp.csr_array:
    """Return the coupled rows over all columns."""
    parts = [program.quota_rows(quota) for quota in program.quotas if quota.rule != boundary.quota]
    width = program.n_columns
    # Families without terms end at the moves.
    parts = [sp.csr_array((part.data, part.indices, part.indptr), shape=(part.shape[0], width)) for part in parts]
    return sp.csr_array(sp.vstack(parts, format="csr")) if len(rows) else sp.csr_array((0, width))


def _limits(
    program: Program, rows: NDArray[np.int64], held: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the limits of the coupled rows, less what fixed columns hold of them."""
    place = rows - program.moves.n_groups
    sides = [
        np.concatenate([np.zeros(0), *(getattr(quota, side) for quota in program.quotas)])[place] - held
        for side in ("lower", "upper")
    ]
    return sides[0], sides[1]


def _nodes(program: Program, boundary: Boundary) -> NDArray[np.int64] | None:
    """Return the node of each zone on the border, (zones,), -1 elsewhere; None where a zone is not one node."""
    moves, base = program.moves, boundary.base
    zone = moves.zone[moves.start[:-1]]
    groups = np.bincount(zone, minlength=len(base))
    first = np.full(len(base), -1, np.int64)
    first[zone[::-1]] = np.arange(moves.n_groups)[::-1]
    touched = np.unique(np.concatenate([boundary.left, boundary.right, boundary.node]))
    change = np.unique(boundary.node)
    known = (groups[touched] > 0) & (np.abs(base[touched] - np.round(base[touched])) <= ROUND_OFF)
    after = boundary.base[boundary.node] + boundary.part
    whole = np.minimum(np.abs(after), np.abs(after - 1.0)) <= ROUND_OFF
    if not known.all() or not whole.all() or (groups[change] > 1).any():
        return None
    nodes = np.full(len(base), -1, np.int64)
    nodes[touched] = first[touched]
    return nodes


def _graph(
    program: Program,
    boundary: Boundary,
    rows: NDArray[np.int64],
    limits: tuple[NDArray[np.float64], NDArray[np.float64]],
    table: sp.csr_array,
    borders: sp.csr_array,
    beside: _Beside,
    node_of_zone: NDArray[np.int64],
) -> Graph:
    moves, decisions = program.moves, beside.decisions
    land = np.flatnonzero(~moves.whole | (moves.upper >= 1.0 - ROUND_OFF))
    asked = np.stack([np.full(len(decisions), NONE), decisions], axis=1).ravel()
    column = np.concatenate([land, asked])
    node = np.concatenate([moves.group_of(land), moves.n_groups + np.repeat(np.arange(len(decisions)), 2)])
    taken = np.flatnonzero(column != NONE)
    chosen = sp.csr_array((np.ones(len(taken)), (taken, column[taken])), shape=(len(column), program.n_columns))
    coefficients = sp.csr_array(chosen @ sp.csr_array(table.T))
    cost = np.asarray(chosen @ program.cost)
    # A plan costs what its options cost and what is fixed: one node carries that.
    cost[node == node[0]] += float(program.cost @ beside.values)
    present = np.zeros(moves.n_groups)
    present[node_of_zone[node_of_zone >= 0]] = boundary.base[node_of_zone >= 0]
    share = np.repeat(present, np.diff(moves.start))
    share[boundary.index] += boundary.part
    edges = edge_columns(program, boundary)
    problem = BoundaryProblem(
        nodes=moves.n_groups + len(decisions),
        node=node.astype(np.int32),
        inside=np.concatenate([share[land] > 0.5, np.zeros(len(asked), bool)]),
        cost=cost,
        coefficients=coefficients,
        row_lower=limits[0],
        row_upper=limits[1],
        left=node_of_zone[boundary.left].astype(np.int32),
        right=node_of_zone[boundary.right].astype(np.int32),
        capacity=program.cost[edges],
        border_coefficients=borders if borders.nnz else None,
    )
    return Graph(program, problem, column, rows, beside.values, bool(moves.whole.all()))
