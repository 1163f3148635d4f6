r"""A plan that someone else drew, corrected by changing few zones (用途错配、空间错配纠错).

.. math::

    \text{first }\min \sum_k s_k/\sigma_k + \sum_g w_g b_g, \quad\text{then }\min c^T u \quad\text{s.t.}\quad
    u_m \ge \hat u_m (1 - y_{z(m)}),\quad b_g \ge \hat b_g (1 - y_{z(g)}),\quad \sum_z y_z \le N,\quad y_z \in \{0,1\}

:math:`\hat u` the drawn plan, :math:`y_z` whether zone z changes, :math:`s_k` what quota k lacks (:math:`\sigma_k` its
scale), :math:`b_g` the part of choice group g on a change that a rule bars, or on a part of a parcel that changes only
as a whole. So the plan breaks as little as N zones can bring about, and of such plans it emits (or costs) least. Where
there are too many zones for one model, those are offered that the relaxation would change; the bound still holds for
all of them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.program import INFINITY, Matrix
from optimizer.followup.broken import Meter
from optimizer.infeasibility.rows import QuotaRows
from optimizer.methods import highs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Program
    from optimizer.followup.broken import Shortfall
    from optimizer.followup.given import Given
    from optimizer.results.solution import SolveOptions

MOST_ZONES = 5000
"""Zones that are offered to one model; of more those that its relaxation would change most."""

KEPT = 1e-7
"""Part of the least shortfall (at least of 1) by which the second solve may miss it."""

CHANGED = 1e-7
"""Share of a choice group that counts as changed."""

MOST_ORDERED = 12
"""Steps up to which the best next one is looked for; more are told in the order of what they change."""


@dataclass(frozen=True)
class Correction:
    """What few changed zones make of a drawn plan.

    Attributes
    ----------
    drawn
        The plan as it was drawn, measured.
    values
        The corrected plan, (columns,); None where no such plan was found.
    steps
        Zones in the order in which they help most: zone code, and what the plan then lacks, emits and costs.
    barred_ha, left_ha
        Hectares that were drawn on barred changes, and those that the corrected plan leaves as they are now.
    least_short
        Proven bound on what any plan within so many changed zones lacks.
    bound
        Proven bound on the objective of such plans that lack no more than the corrected one; None where unknown.
    proven
        Whether every zone was offered and the asked gap is proven in both solves.
    infeasible
        Whether it is proven that no plan within so many changed zones keeps projects, lots and whole parcels.
    """

    drawn: Shortfall
    values: NDArray[np.float64] | None
    steps: pd.DataFrame
    barred_ha: float
    left_ha: float = 0.0
    short: float = 0.0
    least_short: float | None = None
    bound: float | None = None
    proven: bool = False
    infeasible: bool = False


def correct(given: Given, swaps: int, options: SolveOptions) -> Correction:
    """Return the best plan that differs from a drawn one in `swaps` zones or fewer."""
    deadline = time.perf_counter() + options.time_limit_s
    rows = QuotaRows.of(given.program)
    meter = Meter(rows, options)
    drawn, odd = _drawn(given)
    before = meter.measure(drawn)
    model = _Model.of(given, meter.rounded(before), drawn, odd, swaps)
    lost = float((odd * given.program.moves.group_area_ha).sum())
    first = replace(before, total=before.total + float((model.weight_odd * odd[model.odd]).sum()))
    offered = model if len(model.zones) <= MOST_ZONES else model.narrowed(options, deadline)
    if offered is None:
        return Correction(first, None, _no_steps(), lost)
    least = offered.solve(offered.shortfall, options, deadline, model.start(before, rows, odd))
    if least.values is None:
        return Correction(first, None, _no_steps(), lost, infeasible=highs.is_infeasible(least))
    short = float(offered.shortfall @ least.values)
    best = offered.within(short).solve(offered.objective, options, deadline, least.values)
    chosen = best.values if best.values is not None else least.values
    values = chosen[: given.program.n_columns]
    all_zones = offered is model
    done = all(one.status == highs.Status.kOptimal for one in (least, best))
    return Correction(
        drawn=first,
        values=_tidied(given.program, values),
        steps=_steps(given, meter, model, drawn, odd, values),
        barred_ha=lost,
        left_ha=float(chosen[model.at_odd] @ given.program.moves.group_area_ha[model.odd]),
        short=short,
        least_short=least.bound if all_zones else None,
        bound=best.bound if all_zones else None,
        proven=all_zones and done,
    )


def _drawn(given: Given) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the shares of a drawn plan that columns stand for, and the share of each group that is at odds.

    At odds is what lies on barred changes, and parcels that change as a whole where they change in part.
    """
    moves, shares = given.program.moves, given.shares.copy()
    odd = np.bincount(given.outside["group"], given.outside["area_ha"], moves.n_groups) / moves.group_area_ha
    over = np.flatnonzero(shares > moves.upper * (1 + CHANGED) + CHANGED)
    np.add.at(odd, moves.group_of(over), shares[over] - moves.upper[over])
    shares[over] = moves.upper[over]
    stays = moves.start[:-1]
    whole = moves.whole[stays]
    greatest = np.maximum.reduceat(shares, stays)
    torn = whole & (greatest < 1 - CHANGED)
    shares[np.repeat(torn, np.diff(moves.start))] = 0.0
    odd = np.where(torn, 1.0, np.minimum(odd, 1.0))
    return shares, np.where(odd > CHANGED, odd, 0.0)


@dataclass(frozen=True)
class _Model:
    """The model over the Program's columns, parts at odds, slacks of quotas, and zones that change.

    `zones` are the codes offered; `odd` the groups with a part at odds; `shortfall` and `objective` cost vectors.
    """

    matrix: Matrix
    zones: NDArray[np.int64]
    odd: NDArray[np.int64]
    weight_odd: NDArray[np.float64]
    shortfall: NDArray[np.float64]
    objective: NDArray[np.float64]
    at_odd: slice

    @classmethod
    def of(
        cls, given: Given, rows: QuotaRows, drawn: NDArray[np.float64], odd_share: NDArray[np.float64], swaps: int
    ) -> _Model:
        """Build the model of a drawn plan."""
        program, base = given.program, rows.matrix
        moves, n = program.moves, program.n_columns
        zones = np.unique(moves.zone).astype(np.int64)
        odd = np.flatnonzero(odd_share)
        low = np.flatnonzero(rows.relaxable & np.isfinite(rows.lower))
        high = np.flatnonzero(rows.relaxable & np.isfinite(rows.upper))
        sizes = [n, len(odd), len(low) + len(high), len(zones)]
        starts = np.concatenate([[0], np.cumsum(sizes)])
        slack_row = rows.first + np.concatenate([low, high])
        scale = rows.scale[np.concatenate([low, high])]
        sign = np.concatenate([np.ones(len(low)), -np.ones(len(high))])
        height = base.rows.shape[0]
        at_odd = sp.csr_array((np.ones(len(odd)), (odd, np.arange(len(odd)))), shape=(height, len(odd)))
        slack = sp.csr_array((sign * scale, (slack_row, np.arange(len(scale)))), shape=(height, len(scale)))
        top = sp.hstack([base.rows, at_odd, slack, sp.csr_array((height, len(zones)))])
        drawn_moves = np.flatnonzero(drawn > CHANGED)
        column = np.concatenate([drawn_moves, starts[1] + np.arange(len(odd))])
        share = np.concatenate([drawn[drawn_moves], odd_share[odd]])
        zone = np.concatenate([moves.zone[drawn_moves], moves.zone[moves.start[odd]]])
        place = starts[3] + np.searchsorted(zones, zone)
        kept, count = np.arange(len(column)), len(column)
        hold = sp.csr_array(
            (np.concatenate([np.ones(count), share]), (np.tile(kept, 2), np.concatenate([column, place]))),
            shape=(count, int(starts[-1])),
        )
        few = sp.csr_array(
            (np.ones(len(zones)), (np.zeros(len(zones), dtype=int), starts[3] + np.arange(len(zones)))),
            shape=(1, int(starts[-1])),
        )
        area = moves.group_area_ha[odd] * odd_share[odd]
        weight = moves.group_area_ha[odd] / max(float(area.sum()), 1e-12)
        shortfall = np.zeros(int(starts[-1]))
        shortfall[starts[1] : starts[2]], shortfall[starts[2] : starts[3]] = weight, 1.0
        limits = (odd_share[odd], np.full(len(scale), INFINITY), np.ones(len(zones)))
        matrix = Matrix(
            rows=sp.csr_array(sp.vstack([top, hold, few], format="csr")),
            row_lower=np.concatenate([base.row_lower, share * (1 - 1e-9), [-INFINITY]]),
            row_upper=np.concatenate([base.row_upper, np.full(count, INFINITY), [float(swaps)]]),
            lower=np.concatenate([base.lower, np.zeros(int(starts[-1]) - n)]),
            upper=np.concatenate([base.upper, *limits]),
            cost=shortfall,
            integer=np.concatenate([base.integer, np.zeros(int(starts[3]) - n, dtype=bool), np.ones(len(zones), bool)]),
        )
        objective = np.concatenate([program.cost, np.zeros(int(starts[-1]) - n)])
        return cls(matrix, zones, odd, weight, shortfall, objective, slice(int(starts[1]), int(starts[2])))

    def start(self, drawn: Shortfall, rows: QuotaRows, odd: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the drawn plan as values of every column: no zone changes."""
        relative = drawn.lacks / rows.scale
        low, high = (rows.relaxable & np.isfinite(limit) for limit in (rows.lower, rows.upper))
        slack = np.concatenate([relative[low], relative[high]])
        return np.concatenate([drawn.values, odd[self.odd], slack, np.zeros(len(self.zones))])

    def solve(
        self, cost: NDArray[np.float64], options: SolveOptions, deadline: float, start: NDArray[np.float64]
    ) -> highs.Answer:
        """Minimise a cost vector over the columns, beginning from a plan."""
        matrix = replace(self.matrix, cost=cost)
        solver = highs.load(matrix)
        highs.start_from(solver, start)
        highs.configure(solver, options, deadline - time.perf_counter())
        return highs.run(solver)

    def within(self, short: float) -> _Model:
        """Return the model in which no more is lacking."""
        row = sp.csr_array(self.shortfall[None, :])
        matrix = replace(
            self.matrix,
            rows=sp.csr_array(sp.vstack([self.matrix.rows, row], format="csr")),
            row_lower=np.append(self.matrix.row_lower, -INFINITY),
            row_upper=np.append(self.matrix.row_upper, short + KEPT * max(short, 1.0)),
        )
        return replace(self, matrix=matrix)

    def narrowed(self, options: SolveOptions, deadline: float) -> _Model | None:
        """Return the model in which only zones may change that its relaxation would change; None where it has none."""
        first = self.matrix.rows.shape[1] - len(self.zones)
        wanted = np.zeros(len(self.zones))
        model = self
        for cost in (self.shortfall, self.objective):
            solver = highs.load(replace(model.matrix, cost=cost), integers=False)
            highs.configure(solver, options, deadline - time.perf_counter())
            answer = highs.run(solver)
            if answer.values is None:
                return None
            wanted = np.maximum(wanted, answer.values[first:])
            model = self.within(float(self.shortfall @ answer.values)) if cost is self.shortfall else model
        offered = np.argsort(-wanted, kind="stable")[:MOST_ZONES]
        upper = self.matrix.upper.copy()
        upper[first:] = 0.0
        upper[first + offered] = 1.0
        return replace(self, matrix=replace(self.matrix, upper=upper))


def _tidied(program: Program, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return solver values with whole numbers whole and land at odds staying as it is."""
    from optimizer.results.solution import tidy

    return tidy(program, values)


def _no_steps() -> pd.DataFrame:
    return pd.DataFrame(columns=["zone", "short_after", "emissions_after", "cost_after"])


def _steps(
    given: Given,
    meter: Meter,
    model: _Model,
    drawn: NDArray[np.float64],
    odd: NDArray[np.float64],
    values: NDArray[np.float64],
) -> pd.DataFrame:
    """Return the zones that change, each next one that which leaves least lacking and then emits least."""
    program = given.program
    moves, count = program.moves, len(drawn)
    final = _tidied(program, values)[:count]
    now, left, rows = drawn.copy(), odd.copy(), []
    now[moves.start[:-1]] += odd
    of_group = moves.zone[moves.start[:-1]]
    differs = np.abs(final - now) * moves.area_ha > CHANGED
    remaining = np.unique(np.concatenate([moves.zone[differs], of_group[model.odd]])).tolist()
    ordered = len(remaining) <= MOST_ORDERED

    def after(zone: int) -> tuple[float, float, float]:
        """Return what is lacking, emitted and paid once a zone is as in the corrected plan."""
        found = meter.measure(np.where(moves.zone == zone, final, now))
        still = float((model.weight_odd * np.where(of_group == zone, 0.0, left)[model.odd]).sum())
        emissions, cost = (float(program.cost_of(name) @ found.values) for name in ("emissions", "cost"))
        return found.total + still, emissions, cost

    while remaining:
        tried = [(*after(zone), zone) for zone in (remaining if ordered else remaining[:1])]
        short, emissions, cost, zone = min(tried, key=lambda one: (round(one[0], 9), one[1], one[3]))
        now, left = np.where(moves.zone == zone, final, now), np.where(of_group == zone, 0.0, left)
        remaining.remove(zone)
        rows.append((zone, short, emissions, cost))
    return pd.DataFrame(rows, columns=["zone", "short_after", "emissions_after", "cost_after"])
