"""Plain Programs: units that are in or out, rows over them, one graph; plans for them by annealing.

A plan may miss a row at a price while the search goes on, and keeps what its pieces are asked for at every step: nodes
join beside chosen ones and leave where their piece stays whole; pieces that would fall below the least weight come and
go as a whole.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from optimizer.methods.connected import kernels
from optimizer.methods.connected.graph import ROUND_OFF

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from formulations.program import Matrix, Program
    from optimizer.methods.connected.graph import Graph

KINDS = ("near", "open", "open", "open", "open", "best", "best", "best", "best", "best")
"""What searches begin from, one after another."""

FACTORS = (1.7, 2.0, 2.5)
"""Penalty of a row relative to its multiplier, one search after another."""

IDLE = 0.1
"""Penalty of a row without multiplier, relative to what the nodes cost that it counts."""

HOT, COLD = 1.0, 0.02
"""Temperatures, relative to the mean cost of a node; a search that begins from a good plan begins at
`WARM`, where it has few steps lower, but not below `WARMER`."""

WARM, WARMER = 0.3, 0.1

FEW = 1_000
"""Steps for each node below which a search that begins from a plan begins colder, and no other is tried."""

SEEDS = 1_000
"""Seeds between two searches."""

RUN = 500_000
"""Steps between two looks at the clock."""

HALF = 0.5


@dataclass(frozen=True)
class Plain:
    """A Program without other columns than the units of one graph.

    Attributes
    ----------
    column, stay
        Columns that choose a node and leave it out, (nodes,).
    cost, locked, size
        Cost, whether it must be chosen, and weight of each node, (nodes,).
    rows
        Rows by node in CSC, (rows, nodes), with their bounds and their place among the rows of the matrix.
    """

    graph: Graph
    column: NDArray[np.int64]
    stay: NDArray[np.int64]
    cost: NDArray[np.float64]
    locked: NDArray[np.bool_]
    size: NDArray[np.float64]
    rows: sp.csc_array
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    place: NDArray[np.int64]
    most: float
    least: float

    def values(self, chosen: NDArray[np.bool_], n_columns: int) -> NDArray[np.float64]:
        """Return a plan as values of columns."""
        values = np.zeros(n_columns)
        values[self.column], values[self.stay] = chosen, ~chosen
        return values

    def price(self, duals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the cost of each node beside what it is worth to the rows at their multipliers, (nodes,)."""
        return self.cost - self.rows.T @ duals[self.place]

    def penalty(self, duals: NDArray[np.float64], factor: float) -> NDArray[np.float64]:
        """Return the cost of a unit that a row misses, (rows,)."""
        size = np.asarray(abs(self.rows).sum(axis=1)).ravel()
        counted = np.asarray((self.rows != 0) @ np.abs(self.cost)).ravel()
        idle = IDLE * np.divide(counted, size, out=np.ones_like(size), where=size > 0)
        return factor * np.maximum(np.abs(duals[self.place]), idle) + ROUND_OFF

    def annealed(
        self,
        start: NDArray[np.bool_],
        duals: NDArray[np.float64],
        factor: float,
        steps: int,
        hot: float,
        seed: int,
        deadline: float,
    ) -> NDArray[np.bool_] | None:
        """Return the best plan of one search from a plan whose pieces are lawful, None where none kept all rows."""
        graph, mean = self.graph, float(np.abs(self.cost).mean()) or 1.0
        piece, price, penalty = graph.pieces(start)[1], self.price(duals), self.penalty(duals, factor)
        runs = -(-steps // RUN)
        heat = mean * hot * (COLD / hot) ** (np.arange(runs + 1) / runs)
        least, found = np.inf, None
        for run in range(runs):
            if time.perf_counter() > deadline:
                break
            best, kept = kernels.anneal(
                graph.start, graph.beside, self.cost, self.size, price, self.rows.indptr, self.rows.indices,
                self.rows.data, self.lower, self.upper, penalty, self.locked, piece, self.most,
                self.least * (1 - ROUND_OFF), -(-steps // runs), heat[run], heat[run + 1], seed + run,
            )  # fmt: skip
            if best < least:
                least, found = best, kept
        return found

    def opened(self) -> NDArray[np.bool_]:
        """Return all nodes of the heaviest pieces that may be chosen: where a search begins that knows no plan."""
        count, piece = self.graph.pieces(np.ones(len(self.graph), dtype=bool))
        weight = np.bincount(piece, self.size, minlength=count)
        weight[np.unique(piece[self.locked])] = np.inf
        ranked = np.argsort(-weight, kind="stable")
        kept = ranked[: int(min(self.most, count))]
        return np.isin(piece, kept[weight[kept] >= self.least * (1 - ROUND_OFF)])


def plain_of(program: Program, matrix: Matrix, graphs: Sequence[Graph]) -> Plain | None:
    """Return a Program as a plain one, None where it is none."""
    moves, first = program.moves, graphs[0]
    if program.columns or any(graph.demand.kind != "pieces" or not _alike(graph, first) for graph in graphs):
        return None
    if not moves.whole.all() or len(moves) != 2 * moves.n_groups or (np.diff(moves.start) != 2).any():
        return None
    column = first.incidence.indices.astype(np.int64)
    open_ = np.zeros(len(moves), dtype=bool)
    open_[moves.start[:-1] + 1] = matrix.upper[moves.start[:-1] + 1] > HALF
    if len(column) != len(first) or not np.array_equal(np.flatnonzero(open_), np.sort(column)):
        return None
    stay, groups = column - 1, moves.n_groups
    rows = sp.csc_array(matrix.rows[groups:])
    shift = np.asarray(rows[:, moves.start[:-1]].sum(axis=1)).ravel()
    own = sp.csc_array(rows[:, column] - rows[:, stay])
    own.sum_duplicates()
    heavy = max(graphs, key=lambda graph: graph.demand.least)
    return Plain(
        graph=first,
        column=column,
        stay=stay,
        cost=matrix.cost[column] - matrix.cost[stay],
        locked=matrix.upper[stay] < HALF,
        size=np.asarray(heavy.weight.sum(axis=1), dtype=float).ravel(),
        rows=own,
        lower=matrix.row_lower[groups:] - shift,
        upper=matrix.row_upper[groups:] - shift,
        place=np.arange(groups, matrix.rows.shape[0]),
        most=float(min(graph.demand.most for graph in graphs)),
        least=heavy.demand.least,
    )


def _alike(graph: Graph, other: Graph) -> bool:
    """Whether two demands speak of the same units and neighbours."""
    one, two = graph.demand, other.demand
    pairs = ((one.index, two.index), (one.node, two.node), (one.left, two.left), (one.right, two.right))
    return one is two or all(np.array_equal(first, second) for first, second in pairs)


def anneal(
    plain: Plain,
    starts: Sequence[NDArray[np.bool_] | None],
    duals: NDArray[np.float64],
    steps: int,
    seed: int,
    deadline: float,
) -> NDArray[np.bool_] | None:
    """Return the best plan of searches one after another, of so many steps each.

    `starts` are chosen nodes in lawful pieces near a point, and the best plan so far, None where there is none; other
    searches begin with all nodes open. What the deadline leaves no time for is left out.
    """
    near, best = starts
    objective = np.inf if best is None else float(plain.cost[best].sum())
    enough = min(steps / (FEW * len(plain.graph)), 1.0)
    warm = max(WARM * enough, WARMER)
    for run, kind in enumerate(KINDS):
        factor = FACTORS[run % len(FACTORS)]
        if kind == "open":
            start, hot = (None if enough < 1 and near is not None else plain.opened()), HOT
        else:
            start, hot = (near if kind == "near" else best), warm
        if start is None:
            continue
        found = plain.annealed(start, duals, factor, steps, hot, seed + SEEDS * run, deadline)
        if found is not None and plain.cost[found].sum() < objective:
            best, objective = found, float(plain.cost[found].sum())
    return best
