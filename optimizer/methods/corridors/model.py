r"""The model of corridors: nodes bought once, a line for each network, rows that join both; separators are added later.

With :math:`x_u` node u bought, :math:`y^n_v` the line of network n at node v and :math:`D(v)` the nodes within the
width of v, :math:`z^n_{uv}` its directed link from u to v (it runs as a tree away from its first core area),

.. math::

    \min c^T x \ \text{or}\ \max p^T x,\ c^T x \le B \qquad y^n_v \le x_u\ \forall u \in D(v), \qquad
    \sum_{u \sim v} z^n_{uv} \le y^n_v

For a corridor one node wide the line is what is bought, :math:`y^n = x`. Where benefit counts, what is bought lies in
the width of a connected line: :math:`x_u \le \sum_{v: u \in D(v)} y_v`. The nodes S that the links of a separator enter
in a network of some width also give :math:`\sum_{u \in S} x_u \ge \min_{v \in S} |D(v) \cap S|`, as the line crosses S
somewhere; without it the relaxation would spread a wide line over many thin ones side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from formulations.program import Matrix
from optimizer.methods.corridors import kernels
from optimizer.methods.corridors.separate import NO_NODE, Separation, Separator

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.methods.corridors.graph import Contracted

HELD = -1
"""Column of a core area: it is there."""

HALF = 0.5

VIOLATED = 1e-3
"""What a row of widths must lack to be added."""


@dataclass(frozen=True)
class Row:
    """Coefficients over columns that are at least `lower` in sum."""

    columns: NDArray[np.int64]
    coefficients: NDArray[np.float64]
    lower: float


@dataclass(frozen=True)
class Layer:
    """One network in the model.

    Attributes
    ----------
    contracted
        Its graph with contracted core areas; further arrays go by its nodes.
    separation
        What must be connected in it.
    column
        Column of the line at each node, `HELD` for core areas, (nodes,).
    links
        Column of each directed link (entry of `beside`), (entries,).
    centre
        Column that buys each node, `HELD` for core areas, (nodes,).
    discs
        Which columns of bought nodes the line at each node needs, (nodes, bought).
    wide
        Whether a line needs more than its own nodes, and so has columns of its own.
    """

    contracted: Contracted
    separation: Separation
    column: NDArray[np.int64]
    links: NDArray[np.int64]
    centre: NDArray[np.int64]
    discs: sp.csr_array
    wide: bool

    @property
    def cores(self) -> int:
        """Number of core areas."""
        return self.contracted.cores

    def values(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the line's value at each node of the graph, (nodes,)."""
        return np.where(self.column == HELD, 1.0, point[self.column])

    def row(self, separator: Separator) -> Row:
        """Return a separator as a row."""
        columns, lower = self.links[separator.links], 1.0
        coefficients = np.ones(len(columns))
        if separator.node != NO_NODE:
            columns, coefficients = np.append(columns, self.column[separator.node]), np.append(coefficients, -1.0)
            lower = 0.0
        return Row(columns, coefficients, lower)

    def thick(self, separator: Separator) -> Row | None:
        """Return the row that a wide line crosses a separator with all of it; None where it says nothing new."""
        if not self.wide or separator.node != NO_NODE:
            return None
        entered = np.unique(self.contracted.graph.beside[separator.links])
        own = self.centre[entered]
        if (own == HELD).any():
            return None
        inside = np.zeros(self.discs.shape[1])
        inside[own] = 1.0
        return Row(own, np.ones(len(own)), float((self.discs[entered] @ inside).min()))


@dataclass(frozen=True)
class Model:
    """Columns and first rows; the separators of `layers` are what it lacks.

    Attributes
    ----------
    cost
        Minimised; minus the utility where benefit counts, (columns,).
    price
        What a column costs, for the budget, (columns,).
    bought
        Number of columns that buy nodes; those of lines follow.
    integer
        Whether a column is a whole number; any links will do that nodes admit, (columns,).
    upper
        0 for columns that no lawful plan takes, else 1, (columns,).
    """

    cost: NDArray[np.float64]
    price: NDArray[np.float64]
    budget: float
    bought: int
    integer: NDArray[np.bool_]
    upper: NDArray[np.float64]
    layers: tuple[Layer, ...]
    rows: tuple[Row, ...]

    def matrix(self, rows: list[Row], upper: NDArray[np.float64]) -> Matrix:
        """Return the model with further rows and upper bounds of columns, ready for a solver."""
        paid = np.flatnonzero(self.price)
        budget = [Row(paid, -self.price[paid], -self.budget)] if np.isfinite(self.budget) else []
        every = [*budget, *self.rows, *rows]
        return Matrix(
            rows=stacked(every, len(self.cost)),
            row_lower=np.array([row.lower for row in every], dtype=float),
            row_upper=np.full(len(every), np.inf),
            lower=np.zeros(len(self.cost)),
            upper=upper,
            cost=self.cost,
            integer=self.integer,
        )

    def paid(self, plan: NDArray[np.float64]) -> float:
        """Return what a plan costs of the budget."""
        return float(np.sum(self.price[: self.bought] * plan[: self.bought]))

    def objective(self, plan: NDArray[np.float64]) -> float:
        """Return the minimised cost of a plan."""
        return float(np.sum(self.cost[: self.bought] * plan[: self.bought]))

    def with_links(self, plan: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a plan with the links by which each line first comes to its nodes, (columns,)."""
        full = plan.copy()
        for layer in self.layers:
            full[layer.links] = 0.0
            graph = layer.contracted.graph
            entry = kernels.entries(graph.start, graph.beside, layer.values(plan) > HALF)
            full[layer.links[entry[entry >= 0]]] = 1.0
        return full

    def violated(self, point: NDArray[np.float64]) -> list[Row]:
        """Return rows that a point violates; empty where a whole point is a lawful plan."""
        found: list[Row] = []
        for layer in self.layers:
            for separator in layer.separation.find(point[layer.links], layer.values(point)):
                found.append(layer.row(separator))
                thick = layer.thick(separator)
                if thick is not None and thick.coefficients @ point[thick.columns] < thick.lower - VIOLATED:
                    found.append(thick)
        return distinct(found)


def distinct(rows: list[Row]) -> list[Row]:
    """Return the rows without repetitions."""
    return list({(row.columns.tobytes(), row.coefficients.tobytes(), row.lower): row for row in rows}.values())


def stacked(rows: list[Row], columns: int) -> sp.csr_array:
    """Return rows as a matrix."""
    length = np.array([len(row.columns) for row in rows], dtype=np.int64)
    index = np.concatenate([np.zeros(0, dtype=np.int64), *[row.columns for row in rows]])
    data = np.concatenate([np.zeros(0), *[row.coefficients for row in rows]])
    start = np.concatenate([[0], np.cumsum(length)])
    return sp.csr_array((data, index, start), shape=(len(rows), columns))
