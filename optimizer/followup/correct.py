r"""A plan that someone else drew, corrected by changing few zones (用途错配、空间错配纠错).

.. math::

    \text{first }\min \sum_k s_k/\sigma_k, \quad\text{then }\min c^T u \quad\text{s.t.}\quad
    u_m \ge \hat u_m (1 - y_{z(m)}),\quad \sum_z y_z \le N,\quad y_z \in \{0,1\}

:math:`\hat u` the drawn plan, :math:`y_z` whether zone z changes, :math:`s_k` what quota k lacks (:math:`\sigma_k` its
scale). So the plan breaks as little as N zones can bring about, and of such plans it emits (or costs) least. What lies
on changes that a rule bars no plan may keep: it is given back to its present use first, which is no swap. A network
stays as the plan has it. `swaps` has the model, `few` how it is solved for any number of zones.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from optimizer.followup.broken import Meter
from optimizer.followup.differences import CRUMB_HA
from optimizer.followup.few import least
from optimizer.followup.given import at_odds
from optimizer.followup.held import beside, network_of
from optimizer.followup.swaps import OTHERS, Swaps
from optimizer.infeasibility.rows import QuotaRows
from optimizer.results.solution import tidy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.followup.broken import Shortfall
    from optimizer.followup.given import Given
    from optimizer.results.solution import SolveOptions

KEPT = 1e-7
"""Part of the least shortfall (at least of 1) by which the second solve may miss it."""

MENDING = 0.4
"""Part of the time that goes into breaking less; the rest is for what is minimised."""

MENDED = 1e-6
"""Relative shortfall that counts as none."""

MOST_ORDERED = 12
"""Steps up to which the best next one is looked for; more are told in the order of zones."""


@dataclass(frozen=True)
class Correction:
    """What few changed zones make of a drawn plan.

    Attributes
    ----------
    drawn
        The drawn plan once barred land is given back: its values, and what quotas lack.
    odd_ha
        Hectares at odds with the moves, given back to their present use, (groups,).
    values
        The corrected plan, (columns,); None where no such plan was found.
    steps
        Zones, of a few in the order in which they help most: code, and what the plan then lacks, emits, costs; the
        first, of code -1, is the plan with barred land given back.
    short
        Sum of relative shortfalls of the corrected plan.
    least_short
        Proven bound on what any plan within so many changed zones lacks; None where unknown.
    bound
        Proven bound on the objective of such plans that lack no more than the corrected one; None where unknown.
    proven
        Whether the asked gap is proven in both solves.
    among
        To how many zones it is proven where no other may change.
    infeasible
        Whether it is proven that no plan within so many changed zones keeps projects, lots and whole parcels.
    """

    drawn: Shortfall
    odd_ha: NDArray[np.float64]
    values: NDArray[np.float64] | None = None
    steps: pd.DataFrame = field(default_factory=pd.DataFrame)
    short: float = 0.0
    least_short: float | None = None
    bound: float | None = None
    proven: bool = False
    among: int = 0
    infeasible: bool = False

    @property
    def changed(self) -> int:
        """Number of zones that change."""
        return max(len(self.steps) - 1, 0)


def correct(given: Given, swaps: int, options: SolveOptions) -> Correction:
    """Return the best plan that differs from a drawn one in `swaps` zones or fewer."""
    program = given.program
    meter = Meter(QuotaRows.of(program), options)
    kept, odd = at_odds(given)
    found = Correction(meter.measure(kept, given.network), odd * program.moves.group_area_ha)
    rest = beside(program, network_of(program, found.drawn.values), program.cost)
    passed = Meter(QuotaRows.of(rest), options).rounded(found.drawn)
    model = Swaps.of(rest, passed, found.drawn, swaps)
    start = model.start(found.drawn, passed)
    began = time.perf_counter()  # to measure the plan takes what it takes
    middle, deadline = began + MENDING * options.time_limit_s, began + options.time_limit_s
    if model.layout.missing:
        whole = least(model, model.missing, start, options, middle)
        if whole.value > MENDED:
            return replace(found, infeasible=whole.bound > MENDED)
        start, model = whole.values, model.whole(max(whole.value, 0.0))
    mended = least(model, model.shortfall, start, options, middle)
    short = max(mended.value, 0.0)
    best = least(model.within(short + KEPT * max(short, 1.0)), model.objective, mended.values, options, deadline)
    shares, changed = model.land(best.values)
    left_out = program.cost.copy()  # the drawn land, and a network that stays
    left_out[len(shares) :] -= rest.cost[len(shares) :]
    values = tidy(program, np.concatenate([shares, best.values[model.layout.place(OTHERS)]]))
    return replace(
        found,
        values=values,
        steps=_steps(given, meter, found.drawn, values, model.zones[changed]),
        short=short,
        least_short=_finite(max(mended.bound, 0.0)),
        bound=_finite(best.bound + float(left_out @ found.drawn.values)),
        proven=mended.proven and best.proven,
        among=int((mended.among & best.among).sum()),
    )


def _finite(bound: float) -> float | None:
    return bound if np.isfinite(bound) else None


def _steps(
    given: Given, meter: Meter, drawn: Shortfall, final: NDArray[np.float64], changed: NDArray[np.int64]
) -> pd.DataFrame:
    """Return the zones that change: of a few, each next one that which leaves least lacking and then emits least.

    Projects and lots follow each step; a network stays as it is.
    """
    program, network = given.program, network_of(given.program, drawn.values)
    moves, count = program.moves, len(program.moves)
    now, final = drawn.values[:count], final[:count]
    differs = np.abs(final - now) * moves.area_ha > CRUMB_HA
    remaining = np.intersect1d(changed, moves.zone[differs]).tolist()
    ordered = len(remaining) <= MOST_ORDERED

    def told(zone: int, found: Shortfall) -> tuple[int, float, float, float]:
        emissions, cost = (float(program.cost_of(name) @ found.values) for name in ("emissions", "cost"))
        return zone, found.total, emissions, cost

    def after(zone: int) -> tuple[int, float, float, float]:
        """Return what is lacking, emitted and paid once a zone is as in the corrected plan."""
        land = np.where(moves.zone == zone, final, now)
        return told(zone, meter.measure(land, network))

    rows = [told(-1, drawn)]
    while remaining:
        tried = [after(zone) for zone in (remaining if ordered else remaining[:1])]
        best = min(tried, key=lambda one: (round(one[1], 9), one[2], one[0]))
        rows.append(best)
        now = np.where(moves.zone == best[0], final, now)
        remaining.remove(best[0])
    return pd.DataFrame(rows, columns=["zone", "short_after", "emissions_after", "cost_after"])
