r"""The Program: one mixed-integer model that keeps its structure until a method asks for it.

.. math::

    \min\ c^T u + d^T v \quad\text{s.t.}\quad
    \sum_{m \in g} u_m = 1\ \forall g,\qquad
    l \le R\,S\,(a \circ u) + T v \le h,\qquad
    0 \le u \le \bar u,\ \underline v \le v \le \bar v

:math:`u_m` is the share of choice group :math:`g(m)` that takes move :math:`m`; hectares are
:math:`x_m = a_m u_m` with :math:`a_m` the group's area. :math:`S` sums weighted moves into cells
(a region, a period, a grade), :math:`R` rolls cells up to rows (a city is the sum of its
counties, a stock the sum of earlier periods), :math:`v` are the other columns (projects opened,
lots, linked quota, a user's own).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray
    from pyomo.environ import ConcreteModel

    from formulations.boundary import Boundary
    from formulations.connected import Connected
    from formulations.moves import Moves
    from formulations.patches import Patches

INFINITY = float("inf")

USER = "user:"
"""Rules and families of columns that a user adds begin so."""


ENERGY = "energy:"
"""Rules and families of columns of a power network begin so."""


def is_user(name: str) -> bool:
    """Whether a rule, or a family of columns, comes from a user's own constraints."""
    return name.startswith(USER)


@dataclass(frozen=True)
class Columns:
    """A family of columns beside the moves.

    `labels` has one row a column; `cost` holds coefficients by objective (tCO2e or 10k CNY per
    unit of the column), absent objectives are zero.
    """

    family: str
    labels: pd.DataFrame
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    integer: bool
    unit: str
    cost: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Quota:
    """A family of rows: weighted, grouped sums over moves and other columns, between bounds.

    Attributes
    ----------
    rule
        Name of the rule that made it.
    index, weight, cell
        The moves that count, (k,), their weight per hectare, and the cell each falls in; in small types where they
        fit, for families of a large instance hold a hundred million entries.
    rollup
        (rows, cells): which cells each row sums.
    terms
        (rows, columns of the family) by column family.
    lower, upper
        Bounds, (rows,), in `unit`.
    labels
        One row a row: id, region, period, group, grade where they apply.
    """

    rule: str
    index: NDArray[np.integer[Any]]
    weight: NDArray[np.number[Any]]
    cell: NDArray[np.integer[Any]]
    rollup: sp.csr_array
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    labels: pd.DataFrame
    unit: str
    source: str = ""
    terms: Mapping[str, sp.csr_array] = field(default_factory=dict)

    @classmethod
    def of_columns(
        cls,
        rule: str,
        lower: NDArray[np.float64],
        upper: NDArray[np.float64],
        labels: pd.DataFrame,
        unit: str,
        terms: Mapping[str, sp.csr_array],
    ) -> Quota:
        """Make a family of rows in which no move counts."""
        none = np.zeros(0, dtype=np.int32)
        rollup = sp.csr_array((len(lower), 0))
        return cls(rule, none, np.zeros(0), none, rollup, lower, upper, labels, unit, terms=terms)

    def __len__(self) -> int:
        return len(self.lower)

    def land_matrix(self, area: NDArray[np.float64]) -> sp.csr_array:
        """Return the rows over shares of moves, (rows, moves); `area` is hectares per move.

        A move falls in one cell, so a row is the moves of its cells side by side: nothing is summed, and
        copying runs of moves is faster than a sparse product.
        """
        order, starts = self._by_cell()
        values = (self.weight * area[self.index])[order]
        columns = self.index[order]
        cells = self.rollup.indices
        length = np.diff(starts)[cells]
        ends = np.cumsum(length)
        run = np.repeat(starts[cells] - (ends - length), length) + np.arange(ends[-1] if len(ends) else 0)
        data = values[run] * np.repeat(self.rollup.data, length)
        indptr = np.concatenate([[0], ends])[self.rollup.indptr]
        return sp.csr_array((data, columns[run], indptr), shape=(len(self), len(area)))

    def _by_cell(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the order of moves by cell, and where each cell starts, (cells + 1,)."""
        count = self.rollup.shape[1]
        # 16-bit keys are sorted by counting, several times faster than comparing.
        key = self.cell.astype(np.uint16) if count < 2**16 else self.cell
        order = np.argsort(key, kind="stable")
        starts = np.concatenate([[0], np.cumsum(np.bincount(self.cell, minlength=count))])
        return order, starts


@dataclass(frozen=True)
class Objective:
    """An objective: cost per hectare of each move, (moves,), and the unit it is counted in.

    `constant` is what no decision changes; it is reported beside the objective, never in it.
    """

    name: str
    per_ha: NDArray[np.float64]
    unit: str
    constant: float = 0.0


@dataclass(frozen=True)
class Names:
    """Words for codes: zones, classes and end years of periods; used only when something is printed.

    Of a prioritisation the zones are planning units, the classes `out` and its management zones, and there are no
    periods.
    """

    zones: pd.Series
    classes: pd.Series
    periods: tuple[int, ...]
    regions: NDArray[np.int32]
    """Code of the region that each zone lies in, (zones,)."""
    overlays: tuple[str, ...] = ("",)
    """What may lie on land that keeps its class; the first is nothing."""


@dataclass(frozen=True)
class Matrix:
    """The flattened Program, ready for a solver: rows in CSR."""

    rows: sp.csr_array
    row_lower: NDArray[np.float64]
    row_upper: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    cost: NDArray[np.float64]
    integer: NDArray[np.bool_]


@dataclass(frozen=True)
class Program:
    """Moves, other columns, rows and objectives of one instance."""

    moves: Moves
    columns: tuple[Columns, ...]
    quotas: tuple[Quota, ...]
    objectives: Mapping[str, Objective]
    minimise: Mapping[str, float]
    """Weight of each objective in what is minimised."""
    names: Names
    boundaries: tuple[Boundary, ...] = ()
    """Borders that count; their columns and rows are among the others."""
    patches: tuple[Patches, ...] = ()
    """New land that must hang together; no row of the matrix says so."""
    connected: tuple[Connected, ...] = ()
    """Chosen units that must hang together; no row of the matrix says so."""
    sense: Literal["minimise", "maximise"] = "minimise"
    """What the study asks for. A Program always minimises: where it says maximise, the negative of the objective."""
    gap_base: Literal["departures", "objective"] = "departures"
    """What gaps are relative to: the cost of what departs from the present, or the objective."""

    @cached_property
    def offsets(self) -> dict[str, int]:
        """Position of each column family's first column; moves come first, at 0."""
        positions, start = {}, len(self.moves)
        for family in self.columns:
            positions[family.family] = start
            start += len(family)
        return positions

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return len(self.moves) + sum(map(len, self.columns))

    @cached_property
    def n_rows(self) -> int:
        """Number of rows: one a choice group, then the quotas."""
        return self.moves.n_groups + sum(map(len, self.quotas))

    @cached_property
    def integer(self) -> NDArray[np.bool_]:
        """Which columns are whole numbers, (columns,)."""
        parts = [self.moves.whole, *(np.full(len(family), family.integer) for family in self.columns)]
        return np.concatenate(parts)

    def cost_of(self, objective: str) -> NDArray[np.float64]:
        """Return the coefficients of one objective over all columns, (columns,)."""
        parts = [self.objectives[objective].per_ha * self.moves.area_ha]
        parts += [family.cost.get(objective, np.zeros(len(family))) for family in self.columns]
        return np.concatenate(parts)

    @cached_property
    def cost(self) -> NDArray[np.float64]:
        """Coefficients of what is minimised, (columns,)."""
        return np.sum([weight * self.cost_of(name) for name, weight in self.minimise.items() if weight], axis=0)

    @property
    def constant(self) -> float:
        """What no decision changes, in the unit of what is minimised."""
        return sum(weight * self.objectives[name].constant for name, weight in self.minimise.items())

    @cached_property
    def row_starts(self) -> NDArray[np.int64]:
        """First row of each quota family, and one past the last, (families + 1,)."""
        return self.moves.n_groups + np.concatenate([[0], np.cumsum([len(quota) for quota in self.quotas])]).astype(
            np.int64
        )

    def quota_matrix(self) -> sp.csr_array:
        """Return the quota rows over all columns, (quota rows, columns)."""
        if not self.quotas:
            return sp.csr_array((0, self.n_columns))
        blocks = [self.quota_rows(quota) for quota in self.quotas]
        data = np.concatenate([block.data for block in blocks])
        indices = np.concatenate([block.indices for block in blocks]).astype(np.int32)
        lengths = np.concatenate([np.diff(block.indptr) for block in blocks])
        starts = np.concatenate([[0], np.cumsum(lengths)])
        return sp.csr_array((data, indices, starts), shape=(len(lengths), self.n_columns))

    def quota_rows(self, quota: Quota) -> sp.csr_array:
        """Return the rows of one family over all columns, (rows of the family, columns)."""
        land = quota.land_matrix(self.moves.area_ha)
        if not quota.terms:
            return land
        parts: list[sp.csr_array] = [land]
        for family in self.columns:
            terms = quota.terms.get(family.family)
            parts.append(sp.csr_array((len(quota), len(family))) if terms is None else terms)
        return sp.csr_array(sp.hstack(parts, format="csr"))

    def matrix(self) -> Matrix:
        """Flatten everything for a solver that wants one matrix."""
        moves, quotas = self.moves, self.quota_matrix()
        starts = moves.start.astype(np.int32)
        count = len(moves)
        indptr = np.concatenate([starts, starts[-1] + quotas.indptr[1:].astype(np.int32)])
        indices = np.concatenate([np.arange(count, dtype=np.int32), quotas.indices])
        data = np.concatenate([np.ones(count), quotas.data])
        one = np.ones(moves.n_groups)
        upper = np.concatenate([moves.upper, *(family.upper for family in self.columns)])
        # HiGHS's presolve calls a Program infeasible where a whole number has a fractional bound.
        upper[self.integer] = np.floor(upper[self.integer] + 1e-9)
        return Matrix(
            rows=sp.csr_array((data, indices, indptr), shape=(self.n_rows, self.n_columns)),
            row_lower=np.concatenate([one, *(quota.lower for quota in self.quotas)]),
            row_upper=np.concatenate([one, *(quota.upper for quota in self.quotas)]),
            lower=np.concatenate([np.zeros(count), *(family.lower for family in self.columns)]),
            upper=upper,
            cost=self.cost,
            integer=self.integer,
        )

    def to_pyomo(self) -> ConcreteModel:
        """Return the Program as a named Pyomo model with the same optimum; see `formulations.pyomo_model`."""
        from formulations.pyomo_model import to_pyomo

        return to_pyomo(self)

    def move_name(self, move: int) -> str:
        """Return a move in words: zone, from, to and period."""
        moves, names = self.moves, self.names
        zone, source = names.zones.iloc[moves.zone[move]], names.classes.iloc[moves.source[move]]
        if not moves.changes[move]:
            return f"{zone}: {source} stays"
        under = names.overlays[moves.overlay[move]]
        change = (
            f"{zone}: {source}>{names.classes.iloc[moves.target[move]]}"
            if not under
            else f"{zone}: {source} under {under}"
        )
        return f"{change} {names.periods[moves.period[move] - 1]}" if names.periods else change

    def column_name(self, column: int) -> str:
        """Return a column in words."""
        if column < len(self.moves):
            return self.move_name(column)
        family = max(
            (f for f in self.columns if self.offsets[f.family] <= column), key=lambda f: self.offsets[f.family]
        )
        label = family.labels.iloc[column - self.offsets[family.family]]
        return f"{family.family}({', '.join(map(str, label))})"

    def row_label(self, row: int) -> tuple[str, dict[str, object], str]:
        """Return rule, labels and unit of a row; raises IndexError where there is none."""
        if not 0 <= row < self.n_rows:
            raise IndexError(f"row {row} of {self.n_rows}")
        if row < self.moves.n_groups:
            stay = int(self.moves.start[row])
            name = self.move_name(stay).removesuffix(" stays")
            return "balance", {"id": name}, "ha"
        number = int(np.searchsorted(self.row_starts, row, side="right")) - 1
        quota = self.quotas[number]
        return quota.rule, quota.labels.iloc[row - self.row_starts[number]].to_dict(), quota.unit

    def explain(self, row: int, most: int = 12) -> str:
        """Return one row as algebra with names, coefficients per hectare; long sums are cut after `most` terms."""
        rule, label, unit = self.row_label(row)
        matrix = self.matrix()
        first, last = matrix.rows.indptr[row : row + 2]
        terms = []
        for column, value in zip(matrix.rows.indices[first:last], matrix.rows.data[first:last], strict=True):
            area = self.moves.area_ha[column] if column < len(self.moves) else 1.0
            per_ha = value if row < self.moves.n_groups else value / area
            terms.append(f"{per_ha:+g} [{self.column_name(int(column))}]")
        more = f" ... and {len(terms) - most:,} more" if len(terms) > most else ""
        tags = ", ".join(f"{key} {value}" for key, value in label.items() if value == value and value != "")
        low, high = matrix.row_lower[row], matrix.row_upper[row]
        return f"{rule} ({tags}): {low:g} <= {' '.join(terms[:most])}{more} <= {high:g} {unit}"
