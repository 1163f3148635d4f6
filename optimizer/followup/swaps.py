r"""The model of few changed zones, and parts of it in which only some zones are offered.

.. math::

    u_m = \hat u_m (1 - y_{z(m)}) + v_m,\qquad \sum_{m \in g} v_m = y_{z(g)},\qquad \sum_z y_z \le N,\qquad
    y_z \in \{0,1\}

:math:`\hat u` the drawn plan, :math:`y_z` whether zone z changes, :math:`v` what it becomes. Rows couple zones only
through quotas. So a zone that is not offered costs nothing but its own price: with multipliers :math:`\pi` of all rows
but the last two kinds, and :math:`\lambda \le 0` of the number of zones, reduced costs r tell

.. math:: \rho_z = r_{y_z} + \sum_{g \in z} \min_{v \in \Delta_g} r^T v,\qquad
    \text{no plan that changes } z \text{ is below } D(\pi, \lambda) + \rho_z + \sum_{w \ne z} \min(\rho_w, 0)

with :math:`D` what rows and other columns bring at these multipliers. That is a proof for all zones at the cost of one
pass over the moves.

A relaxation would change a thirtieth of thirty zones to get what one could bring. So for each broken quota k, which
lacks :math:`d_k` and to which zone z can bring :math:`a_{kz}` at most, a cover says what whole zones it needs:

.. math:: \sum_z \min(a_{kz}, d_k)\, y_z + s_k \ge d_k
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from formulations.program import INFINITY, Matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.moves import Moves
    from formulations.program import Program
    from optimizer.followup.broken import Shortfall
    from optimizer.infeasibility.rows import QuotaRows

TOLERANCE = 1e-6
"""Reduced cost of a column without limit, as a part of its cost (at least 1), by which solvers may miss its sign."""


NEEDED = 1e-7
"""Part of a row's scale, or of what it lacks, that counts as nothing."""


@dataclass(frozen=True)
class Layout:
    """Where columns stand: what changed zones become, whether zones change, other columns, slacks, missing."""

    moves: int
    zones: int
    others: int
    slacks: int
    missing: int

    @property
    def starts(self) -> NDArray[np.int64]:
        """Position of the first column of each kind, and one past the last."""
        return np.concatenate([[0], np.cumsum([self.moves, self.zones, self.others, self.slacks, self.missing])])

    def place(self, kind: int) -> slice:
        """Where the columns of a kind stand, in the order of the attributes."""
        return slice(int(self.starts[kind]), int(self.starts[kind + 1]))

    def ones(self, kind: int) -> NDArray[np.float64]:
        """Return 1 for the columns of a kind and 0 for all others, (columns,)."""
        values = np.zeros(int(self.starts[-1]))
        values[self.place(kind)] = 1.0
        return values


LAND, ZONES, OTHERS, SLACKS, MISSING = range(5)


@dataclass(frozen=True)
class Swaps:
    """The whole model, but for the rows that tie what a zone becomes to whether it changes.

    Attributes
    ----------
    drawn
        Share of each choice group that takes each move in the drawn plan, (moves,).
    quotas
        Number of quota rows.
    rows
        (rows, columns): quotas, then the shortfall that a plan may have, then the number of zones, then covers.
    zone_of
        Place in `zones` of each choice group, (groups,).
    zones
        Codes of the zones, (zones,).
    shortfall, objective, missing
        Costs of the columns: what is lacking, what is minimised, what rows lack that may not give way.
    helps
        Sum over broken quotas of what each zone alone could bring, by their scale, (zones,): it tells zones apart where
        prices do not.
    """

    moves: Moves
    drawn: NDArray[np.float64]
    layout: Layout
    quotas: int
    zones: NDArray[np.int64]
    zone_of: NDArray[np.int64]
    rows: sp.csc_array
    row_lower: NDArray[np.float64]
    row_upper: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    integer: NDArray[np.bool_]
    shortfall: NDArray[np.float64]
    objective: NDArray[np.float64]
    missing: NDArray[np.float64]
    helps: NDArray[np.float64]

    @classmethod
    def of(cls, program: Program, quotas: QuotaRows, found: Shortfall, swaps: int) -> Swaps:
        """Build the model; `quotas` are rows that let the rounding of the plan pass, `found` the plan and its lacks."""
        moves, base, count = program.moves, quotas.matrix, len(program.moves)
        below = sp.csc_array(base.rows[quotas.first :])
        zones, zone_of = np.unique(moves.zone[moves.start[:-1]], return_inverse=True)
        slack = _giving_way(quotas, quotas.relaxable)
        missing = _giving_way(quotas, ~quotas.relaxable & (found.lacks > 0))
        layout = Layout(count, len(zones), below.shape[1] - count, slack.shape[1], missing.shape[1])
        of_move, drawn = np.repeat(zone_of, np.diff(moves.start)), found.values[:count]
        used = np.flatnonzero(drawn)
        kept = sp.csc_array((drawn[used], (used, of_move[used])), shape=(count, len(zones)))
        shortfall, lacking, changed = (layout.ones(kind) for kind in (SLACKS, MISSING, ZONES))
        land, rest = below[:, :count], below[:, count:]
        top = sp.hstack([land, -(land @ kept), rest, slack, missing], format="csc")
        made = land @ drawn
        covers, needed = _covers(quotas, moves, below, made, -(land @ kept), zone_of, layout)
        own = np.concatenate([program.cost[:count], -(program.cost[:count] @ kept), program.cost[count:]])
        one, free = np.ones(len(zones)), np.zeros(layout.slacks + layout.missing)
        return cls(
            moves=moves,
            drawn=drawn,
            layout=layout,
            zones=zones.astype(np.int64),
            zone_of=zone_of.astype(np.int64),
            rows=sp.csc_array(sp.vstack([top, sp.csr_array(np.stack([shortfall, changed])), covers], format="csc")),
            row_lower=np.concatenate([quotas.lower - made, [-INFINITY, -INFINITY], needed]),
            row_upper=np.concatenate([quotas.upper - made, [INFINITY, float(swaps)], needed + INFINITY]),
            quotas=len(quotas),
            lower=np.concatenate([base.lower[:count], np.zeros(len(zones)), base.lower[count:], free]),
            upper=np.concatenate([base.upper[:count], one, base.upper[count:], free + INFINITY]),
            integer=np.concatenate([base.integer[:count], one > 0, base.integer[count:], free > 0]),
            shortfall=shortfall,
            objective=np.concatenate([own, free]),
            missing=lacking,
            helps=np.asarray(covers[:, layout.place(ZONES)].T @ (1.0 / covers[:, layout.place(SLACKS)].sum(axis=1))),
        )

    def start(self, found: Shortfall, quotas: QuotaRows) -> NDArray[np.float64]:
        """Return the drawn plan as values of every column: no zone changes, quotas give way by what they lack."""
        values = np.zeros(len(self.upper))
        values[self.layout.place(OTHERS)] = found.values[self.layout.moves :]
        count = self.quotas
        here = self.rows[:count] @ values
        low = np.maximum(self.row_lower[:count] - here, 0.0) / quotas.scale
        high = np.maximum(here - self.row_upper[:count], 0.0) / quotas.scale
        for kind, giving in ((SLACKS, quotas.relaxable), (MISSING, ~quotas.relaxable & (found.lacks > 0))):
            lower, upper = (giving & np.isfinite(limit) for limit in (quotas.lower, quotas.upper))
            values[self.layout.place(kind)] = np.concatenate([low[lower], high[upper]])
        return values

    def within(self, short: float) -> Swaps:
        """Return the model in which the shortfall of `shortfall` is at most so much."""
        upper = self.row_upper.copy()
        upper[self.quotas] = short
        return replace(self, row_upper=upper)

    def whole(self, most: float) -> Swaps:
        """Return the model in which each row that may not give way lacks at most a rounding error."""
        upper = self.upper.copy()
        upper[self.layout.place(MISSING)] = most
        return replace(self, upper=upper)

    def part(self, offered: NDArray[np.bool_]) -> Part:
        """Return the model in which only some zones may change, (zones,)."""
        layout, of_group = self.layout, offered[self.zone_of]
        of_move = np.repeat(of_group, np.diff(self.moves.start))
        rest = np.ones(int(layout.starts[-1]) - layout.moves - layout.zones, dtype=bool)
        columns = np.flatnonzero(np.concatenate([of_move, offered, rest]))
        land, groups = int(of_move.sum()), int(of_group.sum())
        sizes = np.diff(self.moves.start)[of_group]
        zone = land + np.searchsorted(np.flatnonzero(offered), self.zone_of[of_group])
        entries = np.concatenate([np.ones(land), -np.ones(groups)])
        row = np.concatenate([np.repeat(np.arange(groups), sizes), np.arange(groups)])
        ties = sp.csr_array((entries, (row, np.concatenate([np.arange(land), zone]))), shape=(groups, len(columns)))
        matrix = Matrix(
            rows=sp.csr_array(sp.vstack([self.rows[:, columns], ties], format="csr")),
            row_lower=np.concatenate([self.row_lower, np.zeros(groups)]),
            row_upper=np.concatenate([self.row_upper, np.zeros(groups)]),
            lower=self.lower[columns],
            upper=self.upper[columns],
            cost=np.zeros(len(columns)),
            integer=self.integer[columns],
        )
        return Part(matrix, columns)

    def priced(self, cost: NDArray[np.float64], duals: NDArray[np.float64]) -> Priced:
        """Return what multipliers of `rows`, (rows,), prove of a cost, (columns,)."""
        y = np.where((duals > 0) & np.isinf(self.row_lower), 0.0, duals)
        y = np.where((y < 0) & np.isinf(self.row_upper), 0.0, y)
        limits = np.where(y > 0, self.row_lower, np.where(y < 0, self.row_upper, 0.0))
        reduced = cost - self.rows.T @ y
        rest = slice(int(self.layout.starts[OTHERS]), None)
        own = reduced[rest]
        at = np.where(own > 0, self.lower[rest], np.where(own < 0, self.upper[rest], 0.0))
        rounding = np.abs(own) <= TOLERANCE * np.maximum(np.abs(cost[rest]), 1.0)
        at[np.isinf(at) & rounding] = 0.0
        zones = reduced[self.layout.place(ZONES)]
        cheapest = _cheapest(self.moves, reduced[self.layout.place(LAND)])
        zones = zones + np.bincount(self.zone_of, cheapest, len(zones))
        return Priced(float(y @ limits + own @ at), zones)

    def land(self, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return shares of moves, (moves,), and which zones change, (zones,), from values of every column."""
        changed = values[self.layout.place(ZONES)] > 0.5
        of_move = np.repeat(changed[self.zone_of], np.diff(self.moves.start))
        return np.where(of_move, values[self.layout.place(LAND)], self.drawn), changed


@dataclass(frozen=True)
class Part:
    """A part of the model for a solver: its matrix without costs, and its columns in the whole, (part columns,)."""

    matrix: Matrix
    columns: NDArray[np.int64]


@dataclass(frozen=True)
class Priced:
    """What multipliers prove: `rest` but for zones, and by how much the change of each raises it, (zones,)."""

    rest: float
    zones: NDArray[np.float64]

    @property
    def bound(self) -> float:
        """No plan is below it."""
        return self.rest + float(np.minimum(self.zones, 0.0).sum())

    @property
    def with_zone(self) -> NDArray[np.float64]:
        """No plan that changes a zone is below it, (zones,)."""
        return self.bound + np.maximum(self.zones, 0.0)


def _giving_way(quotas: QuotaRows, rows: NDArray[np.bool_]) -> sp.csc_array:
    """Return columns that let some rows give way, upwards those with a lower bound, then downwards, by their scale."""
    low = np.flatnonzero(rows & np.isfinite(quotas.lower))
    high = np.flatnonzero(rows & np.isfinite(quotas.upper))
    place = np.concatenate([low, high])
    sign = np.concatenate([np.ones(len(low)), -np.ones(len(high))])
    return sp.csc_array(
        (sign * quotas.scale[place], (place, np.arange(len(place)))), shape=(len(quotas.lower), len(place))
    )


def _covers(
    quotas: QuotaRows,
    moves: Moves,
    below: sp.csc_array,
    made: NDArray[np.float64],
    kept: sp.csc_array,
    zone_of: NDArray[np.int64],
    layout: Layout,
) -> tuple[sp.csr_array, NDArray[np.float64]]:
    """Return rows that say how many zones a broken quota needs, over all columns, and their lower bounds.

    A zone brings at most what all of it could, and at most what is lacking. Rows that other columns count in have none.
    """
    rows = sp.csr_array(below)
    others = np.diff(sp.csr_array(below[:, layout.moves :]).indptr) > 0
    width, scale = int(layout.starts[-1]), quotas.scale
    column = int(layout.starts[SLACKS])
    parts, needed = [sp.csr_array((0, width))], [np.zeros(0)]
    for sign, limit in ((1.0, quotas.lower), (-1.0, quotas.upper)):
        giving = np.flatnonzero(quotas.relaxable & np.isfinite(limit))
        lacks = sign * (limit - made)[giving]
        for place in np.flatnonzero((lacks > NEEDED * scale[giving]) & ~others[giving]):
            row, lacking = int(giving[place]), float(lacks[place])
            of_move = sign * rows[[row]].toarray().ravel()[: layout.moves]
            most = np.bincount(zone_of, np.maximum.reduceat(of_move, moves.start[:-1]), layout.zones)
            most = np.clip(most + sign * kept[[row]].toarray().ravel(), 0.0, lacking)
            zones = np.flatnonzero(most)
            entries = np.append(most[zones], scale[row]), np.append(layout.starts[ZONES] + zones, column + place)
            parts.append(
                sp.csr_array((entries[0], (np.zeros(len(zones) + 1, dtype=int), entries[1])), shape=(1, width))
            )
            needed.append(np.array([lacking * (1 - NEEDED)]))
        column += len(giving)
    return sp.csr_array(sp.vstack(parts)), np.concatenate(needed)


def _cheapest(moves: Moves, reduced: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the least that each choice group can cost, (groups,): the cheapest moves first, each up to its limit."""
    starts = moves.start[:-1]
    least = np.minimum.reduceat(reduced, starts)
    limited = np.minimum.reduceat(moves.upper, starts) < 1.0
    inside = np.flatnonzero(np.repeat(limited, np.diff(moves.start)))
    group = moves.group_of(inside)
    order = np.lexsort((reduced[inside], group))
    inside, group = inside[order], group[order]
    most = moves.upper[inside]
    filled = np.cumsum(most)
    first = np.searchsorted(group, group)
    before = filled - most - (filled - most)[first]
    taken = np.clip(1.0 - before, 0.0, most)
    sums = np.bincount(group, taken * reduced[inside], len(starts))
    return np.where(limited, sums, least)
