"""The relaxation in one warm solver: own rows, trees and roots, separating rows, and the decisions of a branch."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from optimizer.methods import highs
from optimizer.methods.connected.rooted import Rooted
from optimizer.methods.connected.tree import Rows, Tree
from optimizer.methods.contiguity.cells import cells_of
from optimizer.methods.contiguity.rows import matrix_of, needs
from optimizer.methods.contiguity.separate import separate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from formulations.program import Matrix
    from optimizer.methods.connected.graph import Graph
    from optimizer.methods.contiguity.rows import Row
    from optimizer.results.solution import SolveOptions

SLACK = 0.05
"""Slack from which a separating row is dropped ..."""

PURGE = 5
"""... every so many rounds."""


@dataclass(frozen=True)
class Decision:
    """What splits a branch: some columns stay at `below`, or a row of them reaches `above`.

    `row` is the row's number in the model.
    """

    columns: NDArray[np.int64]
    below: float
    row: int
    above: float


class Model:
    """The relaxation of a Program with demands on connected pieces; columns of trees and roots come last.

    Attributes
    ----------
    width
        Number of columns.
    matrix
        All rows so far, with the bounds that no decision changes.
    """

    def __init__(self, own: Matrix, graphs: Sequence[Graph], rooted: bool) -> None:
        """Join own rows and trees; with `rooted`, separators of nodes where one piece is allowed."""
        few = [graph for graph in graphs if np.isfinite(graph.demand.most)]
        count = len(own.cost)
        kinds = [Rooted if rooted and graph.demand.most == 1 else Tree for graph in few]
        sizes = [kind.columns(graph) for kind, graph in zip(kinds, few, strict=True)]
        starts = count + np.cumsum([0, *sizes])
        self.width = int(starts[-1])
        self.trees: tuple[Tree | Rooted, ...] = tuple(
            kind(graph, int(start), self.width) for kind, graph, start in zip(kinds, few, starts[:-1], strict=True)
        )
        self.cells = tuple(
            cells_of(graph.patches(), count)
            for graph in graphs
            if graph.demand.kind == "pieces" and graph.demand.least > 0
        )
        self.matrix = self._joined(own, [tree.rows() for tree in self.trees])
        self.fixed_rows = self.matrix.rows.shape[0]
        self._held: set[tuple[int, Row]] = set()
        self._rounds = 0
        self._solver = highs.load(self.matrix, integers=False)
        self._settle()

    def _joined(self, own: Matrix, parts: list[Rows]) -> Matrix:
        more = self.width - len(own.cost)
        wide = sp.csr_array((own.rows.data, own.rows.indices, own.rows.indptr), shape=(own.rows.shape[0], self.width))
        return replace(
            own,
            rows=sp.csr_array(sp.vstack([wide, *(rows for rows, _, _ in parts)], format="csr")),
            row_lower=np.concatenate([own.row_lower, *(lower for _, lower, _ in parts)]),
            row_upper=np.concatenate([own.row_upper, *(upper for _, _, upper in parts)]),
            lower=np.concatenate([own.lower, np.zeros(more)]),
            upper=np.concatenate([own.upper, *(tree.upper for tree in self.trees)]),
            cost=np.concatenate([own.cost, np.zeros(more)]),
            integer=np.concatenate([own.integer, np.zeros(more, dtype=bool)]),
        )

    def _settle(self) -> None:
        """Keep nodes out that no lawful plan chooses."""
        for cells in self.cells:
            rows = [needs(int(cell), ()) for cell in np.flatnonzero(cells.dead)]
            if rows:
                self.add(matrix_of(cells, rows))
        self.fixed_rows = self.matrix.rows.shape[0]

    def add(self, rows: sp.csr_array, lower: float = 0.0) -> int:
        """Add rows of at least `lower`; return the number of the first."""
        rows = sp.csr_array((rows.data, rows.indices, rows.indptr), shape=(rows.shape[0], self.width))
        matrix, number = self.matrix, self.matrix.rows.shape[0]
        limits = np.full(rows.shape[0], lower)
        highs.add_rows(self._solver, rows, limits)
        self.matrix = replace(
            matrix,
            rows=sp.csr_array(sp.vstack([matrix.rows, rows], format="csr")),
            row_lower=np.concatenate([matrix.row_lower, limits]),
            row_upper=np.concatenate([matrix.row_upper, np.full(rows.shape[0], np.inf)]),
        )
        return number

    def solve(
        self,
        options: SolveOptions,
        deadline: float,
        decisions: Sequence[tuple[Decision, bool]] = (),
        enough: float = np.inf,
    ) -> tuple[highs.Answer, float | None]:
        """Solve with decisions, each taken upwards or not; return the answer and what its multipliers prove.

        The answer has no values where its bound is `enough` before they are known.
        """
        matrix = self.under(decisions)
        changed = np.flatnonzero(matrix.upper != self.matrix.upper)
        rows = np.flatnonzero(matrix.row_lower != self.matrix.row_lower)
        self._bounds(changed, matrix)
        self._limits(rows, matrix)
        highs.configure(self._solver, options, deadline - time.perf_counter())
        highs.stop_above(self._solver, enough)
        answer = highs.run(self._solver)
        self._bounds(changed, self.matrix)
        self._limits(rows, self.matrix)
        bound = None if answer.duals is None else highs.dual_bound(matrix, answer.duals)
        return answer, bound

    def under(self, decisions: Sequence[tuple[Decision, bool]]) -> Matrix:
        """Return the matrix with the bounds of decisions."""
        upper, row_lower = self.matrix.upper.copy(), self.matrix.row_lower.copy()
        for decision, taken in decisions:
            if taken:
                row_lower[decision.row] = max(row_lower[decision.row], decision.above)
            else:
                upper[decision.columns] = np.minimum(upper[decision.columns], decision.below)
        return replace(self.matrix, upper=upper, row_lower=row_lower)

    def _bounds(self, columns: NDArray[np.int64], matrix: Matrix) -> None:
        if len(columns):
            indices = columns.astype(np.int32)
            self._solver.changeColsBounds(len(columns), indices, matrix.lower[columns], matrix.upper[columns])

    def _limits(self, rows: NDArray[np.int64], matrix: Matrix) -> None:
        for row in rows.tolist():
            self._solver.changeRowBounds(row, float(matrix.row_lower[row]), float(matrix.row_upper[row]))

    def lead(self, tree: Tree | Rooted, first: NDArray[np.int64], alone: bool) -> None:
        """Give the order of roots by its first nodes; `alone` where every plan chooses one of them.

        Not to be called after rows that may be dropped.
        """
        self.add(sp.csr_array(-tree.ordered(first)), -1.0)
        self.fixed_rows = self.matrix.rows.shape[0]
        if alone:
            others = tree.first + np.setdiff1d(np.arange(len(tree.graph)), first)
            upper = self.matrix.upper.copy()
            upper[others] = 0.0
            self.matrix = replace(self.matrix, upper=upper)
            self._bounds(others, self.matrix)

    def require(self, tree: Rooted, nodes: NDArray[np.int64]) -> bool:
        """Ask for good that a region is entered; tell whether a column was left for it."""
        column = tree.require(nodes)
        if column is None:
            return False
        lower = self.matrix.lower.copy()
        lower[column] = 1.0
        self.matrix = replace(self.matrix, lower=lower)
        self._bounds(np.array([column]), self.matrix)
        return True

    def without(self, columns: NDArray[np.int64], enough: float, options: SolveOptions, deadline: float) -> float:
        """Return the bound of all plans without some columns, or one above `enough`; minus infinity without time."""
        answer, bound = self.solve(options, deadline, [(Decision(columns, 0.0, -1, 0.0), False)], enough)
        return np.inf if highs.is_infeasible(answer) else -np.inf if bound is None else bound

    def cut(self, values: NDArray[np.float64]) -> int:
        """Add rows that a point violates; return their number."""
        found = 0
        for tree in self.trees:
            cuts = tree.cuts(values)
            if cuts is not None:
                found += cuts.shape[0]
                self.add(cuts)
        for number, cells in enumerate(self.cells):
            rows = separate(cells, cells.incidence @ values[: cells.incidence.shape[1]])
            new = [row for row in dict.fromkeys(rows) if (number, row) not in self._held]
            self._held.update((number, row) for row in new)
            if new:
                found += len(new)
                self.add(matrix_of(cells, new))
        return found

    def purge(self, values: NDArray[np.float64]) -> None:
        """Drop separating rows with slack, every few rounds; not to be called once there are decisions."""
        self._rounds += 1
        if self._rounds % PURGE:
            return
        matrix = self.matrix
        slack = matrix.rows @ values - matrix.row_lower > SLACK
        slack[: self.fixed_rows] = False
        gone = np.flatnonzero(slack)
        if not len(gone):
            return
        self._solver.deleteRows(len(gone), gone.astype(np.int32))
        self._held.clear()
        self.matrix = replace(
            matrix,
            rows=matrix.rows[~slack],
            row_lower=matrix.row_lower[~slack],
            row_upper=matrix.row_upper[~slack],
        )
