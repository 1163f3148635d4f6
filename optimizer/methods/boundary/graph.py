"""A Program with borders that count, read as a choice of nodes: groups of land and decisions beside it.

A node is a choice group or a column that is 0 or 1; its options are the moves that may be taken wholly, or no and
yes; each border is a layer of the problem. Rows that only hold edge columns above differences of shares are left out:
the graph says the same.
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
    from optimizer.results.solution import Note

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
        The Program.
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

    def shares(self, options: NDArray[np.int32]) -> NDArray[np.float64]:
        """Return the value of every column, (columns,), for the option that each node takes."""
        values = self.fixed.copy()
        taken = self.column[options]
        values[taken[taken != NONE]] = 1.0
        for boundary in self.program.boundaries:
            values[edge_columns(self.program, boundary)] = boundary.widths(values)
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
        both = np.stack([np.maximum(-flow, 0.0), np.maximum(flow, 0.0)], axis=1)
        place = 0
        for boundary in self.program.boundaries:
            first = self.program.row_starts[rules.index(boundary.quota)]
            own = both[place : place + len(boundary)].ravel()
            duals[first : first + len(own)] = own
            place += len(boundary)
        return duals

    def start(self, multipliers: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
        """Return earlier multipliers of all rows as those of the problem; None where they do not fit."""
        if multipliers is None or len(multipliers) != self.program.n_rows:
            return None
        return multipliers[self.rows]


HANGS_TOGETHER: Note = {"zh": "新增用地须成片", "en": "new land must hang together"}
MANY_ROWS: Note = {
    "zh": f"联系各地块的约束超过 {MOST_ROWS} 行",
    "en": f"more than {MOST_ROWS} rows tie land together",
}
PARTS: Note = {"zh": "项目只占用单元的一部分", "en": "projects take parts of zones"}
SEVERAL_CLASSES: Note = {"zh": "边界上的单元含多个地类", "en": "zones on the border hold several classes"}
LONGER: Note = {"zh": "有约束要求边界更长", "en": "a row asks for a longer border"}


def graph_of(program: Program) -> Graph | Note:
    """Return a Program as a boundary problem, or in words why it is none."""
    if program.patches:
        return HANGS_TOGETHER
    rows = _coupled(program)
    if len(rows) > MOST_ROWS:
        return MANY_ROWS
    if ((program.moves.upper < 1.0 - ROUND_OFF) & ~program.moves.whole).any():
        return PARTS
    beside = _beside(program)
    if not isinstance(beside, _Beside):
        return beside
    layers = []
    for boundary in program.boundaries:
        node_of_zone = _nodes(program, boundary)
        if node_of_zone is None:
            return SEVERAL_CLASSES
        layers.append(_Layer(boundary, node_of_zone))
    table = _table(program, rows)
    edges = _edge_columns(program)
    lower, upper = _limits(program, rows, table @ beside.values)
    borders = sp.csr_array(table[:, edges].T)
    if (borders.data < 0).any() or np.isfinite(lower[np.unique(borders.indices)]).any():
        return LONGER
    return _graph(program, layers, rows, (lower, upper), table, borders, beside)


@dataclass(frozen=True)
class _Layer:
    """A border, and the node of each zone on it, (zones,), -1 elsewhere."""

    boundary: Boundary
    node_of_zone: NDArray[np.int64]

    def inside(self, program: Program) -> NDArray[np.bool_]:
        """Tell the moves that have their zone in the set, (moves,)."""
        boundary, moves = self.boundary, program.moves
        on = self.node_of_zone >= 0
        present = np.zeros(moves.n_groups)
        present[self.node_of_zone[on]] = boundary.base[on]
        share = np.repeat(present, np.diff(moves.start))
        share[boundary.index] += boundary.part
        return np.asarray(share > 0.5)


def _edge_columns(program: Program) -> NDArray[np.int64]:
    """Return the columns of the edges of all borders, one border after the other."""
    slices = [edge_columns(program, boundary) for boundary in program.boundaries]
    return np.concatenate([np.arange(edges.start, edges.stop) for edges in slices])


def _holding(program: Program) -> frozenset[str]:
    """Return the rules of the rows that hold edge columns up."""
    return frozenset(boundary.quota for boundary in program.boundaries)


@dataclass(frozen=True)
class _Beside:
    """Columns beside land and edges: value of the fixed ones over all columns, and places of those that are 0 or 1."""

    values: NDArray[np.float64]
    decisions: NDArray[np.int64]


def _beside(program: Program) -> _Beside | Note:
    """Return what stands beside land and edges, or why it does not fit."""
    values = np.zeros(program.n_columns)
    decisions = []
    edges = {boundary.family for boundary in program.boundaries}
    for family in program.columns:
        if family.family in edges:
            continue
        columns = program.offsets[family.family] + np.arange(len(family))
        fixed = family.lower == family.upper
        values[columns[fixed]] = family.lower[fixed]
        free = ~fixed
        if free.any() and not (family.integer and (family.lower[free] == 0).all() and (family.upper[free] == 1).all()):
            return {
                "zh": f"地类转换之外还有连续决策量（{family.family}）",
                "en": f"amounts are decided beside land ({family.family})",
            }
        decisions.append(columns[free])
    return _Beside(values, np.concatenate([np.zeros(0, np.int64), *decisions]))


def _coupled(program: Program) -> NDArray[np.int64]:
    """Return the rows of the Program that stay rows."""
    parts = [
        np.arange(first, first + len(quota))
        for quota, first in zip(program.quotas, program.row_starts, strict=False)
        if quota.rule not in _holding(program)
    ]
    return np.concatenate([np.zeros(0, np.int64), *parts]).astype(np.int64)


def _table(program: Program, rows: NDArray[np.int64]) -> sp.csr_array:
    """Return the coupled rows over all columns."""
    parts = [program.quota_rows(quota) for quota in program.quotas if quota.rule not in _holding(program)]
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
    layers: list[_Layer],
    rows: NDArray[np.int64],
    limits: tuple[NDArray[np.float64], NDArray[np.float64]],
    table: sp.csr_array,
    borders: sp.csr_array,
    beside: _Beside,
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
    nodes = moves.n_groups + len(decisions)
    inside = np.stack([layer.inside(program)[land] for layer in layers], axis=1)
    left, right = (
        np.concatenate([k * nodes + one.node_of_zone[getattr(one.boundary, end)] for k, one in enumerate(layers)])
        for end in ("left", "right")
    )
    problem = BoundaryProblem(
        nodes=nodes,
        node=node.astype(np.int32),
        inside=np.concatenate([inside, np.zeros((len(asked), len(layers)), bool)]),
        cost=cost,
        coefficients=coefficients,
        row_lower=limits[0],
        row_upper=limits[1],
        left=left.astype(np.int32),
        right=right.astype(np.int32),
        capacity=program.cost[_edge_columns(program)],
        border_coefficients=borders if borders.nnz else None,
    )
    return Graph(program, problem, column, rows, beside.values, bool(moves.whole.all()))
