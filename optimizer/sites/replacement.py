r"""Replacement cost (替代成本): what the best plan without a unit costs more than the best plan with it.

.. math:: \rho_i = z^*(x_i = 0) - z^*,\qquad \underline\rho_i \le \rho_i \le \bar\rho_i

Infinite where no plan is possible without the unit. Where the study maximises, it is what is lost. `kept` is
prioritizr's `eval_replacement_importance`: all other units of the plan are kept, and others are added; it is never less
than the replacement cost. Source: Cabeza and Moilanen 2006.

Bounds are proven: from below by multipliers of the LP relaxation, with the unit and solved anew without it, and by the
bound of a solve without the unit, from above by plans without it. Where they do not meet, what the relaxation costs
more without the unit is the estimate. The units whose price is highest are solved anew, each within its share of the
time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.solution import Termination
from optimizer.sites.model import Time
from optimizer.sites.prices import bounds_without, prices
from optimizer.sites.repair import irreplaceable, is_plain, repairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.progress import Progress
    from optimizer.results.sites.plan import Selection
    from optimizer.results.solution import SolveOptions
    from optimizer.sites.model import Model

EXACT = 1e-6
"""Part of the objective within which both bounds are one number."""

TIGHT = 1e-9
"""Gap that a solve without a unit aims for; its time ends it sooner."""

FOR_RELAXED = 0.1
"""Part of the time for relaxations without each unit."""

FOR_KEPT = 0.3
"""Part of the time for plans that keep the rest."""

FOR_BOUND = 0.15
"""Part of the time for a bound of the plan itself, where none better than the relaxation's is known."""


@dataclass(frozen=True)
class Replacement:
    """Replacement cost of each unit, (units,) each; units that are not chosen have 0.

    Attributes
    ----------
    value
        The replacement cost where both bounds meet, else an estimate between them: by how much the relaxation rises.
    lower, upper
        Proven bounds; infinite where nothing is known from above, or there is no plan without the unit.
    kept
        What it costs more to keep the rest of the plan; nan where that was not solved.
    """

    value: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    kept: NDArray[np.float64]
    exact: NDArray[np.bool_]


class Study:
    """Bounds of plans without each unit, (units,), which solves improve.

    `proven` is a bound of what is minimised that is known already. Raises InstanceError where the selection breaks a
    rule.
    """

    def __init__(self, model: Model, selection: Selection, options: SolveOptions, proven: float = -np.inf) -> None:
        self.model, self.selection, self.options = model, selection, options
        self.best = model.value(selection, options)
        priced = prices(model, options)
        assert self.best.objective is not None
        self.objective = self.best.objective
        self.bound = min(max(priced.bound, proven), self.objective)
        if self.bound < self.objective - EXACT * max(1.0, abs(self.objective)):
            self._prove(FOR_BOUND * options.time_limit_s)
        self.rise = priced.rise
        units, self.chosen = model.sites.n_units, selection.chosen
        self.lower = np.where(np.isfinite(priced.rise), priced.bound + priced.rise, priced.bound)
        self.upper = np.full(units, np.inf)
        self.kept = np.full(units, np.nan)
        self.never = irreplaceable(model) | ~(model.upper[:, 0] >= 1)
        self._relax(priced.bound, FOR_RELAXED * options.time_limit_s)
        if is_plain(model):
            self.upper = np.minimum(self.upper, self.objective + repairs(model, selection, priced.rise))

    def _relax(self, bound: float, seconds: float) -> None:
        """Raise the bounds without each unit by the relaxation without it; `bound` is that of all plans."""
        order = self.order
        found = bounds_without(self.model, order, self.options, seconds)
        self.never[order[found == np.inf]] = True
        known = np.flatnonzero(np.isfinite(found))
        self.lower[order[known]] = np.maximum(self.lower[order[known]], found[known])
        self.rise[order[known]] = np.maximum(self.rise[order[known]], found[known] - bound)

    def _prove(self, seconds: float) -> None:
        """Raise the bound of all plans; a better plan than the one given lowers what is left of it."""
        options = replace(self.options, gap=TIGHT, time_limit_s=seconds, start=self.best.shares)
        solution = self.model.solve(options)
        if solution.bound is not None:
            self.bound = min(max(self.bound, solution.bound), self.objective)

    @property
    def order(self) -> NDArray[np.int64]:
        """Chosen units that may be left out, the dearest first."""
        some = np.flatnonzero(self.chosen & ~self.never)
        return some[np.argsort(-self.rise[some], kind="stable")]

    def keep_the_rest(self, unit: int, seconds: float) -> NDArray[np.float64] | None:
        """Solve with all other chosen units kept; return the plan where there is one."""
        others = self.chosen.copy()
        others[unit] = False
        upper = self.model.without(self.model.fixed(self.selection.share, others), unit)
        solution = self.model.solve(replace(self.options, gap=TIGHT, time_limit_s=seconds), upper)
        if solution.objective is None:
            self.kept[unit] = np.inf if solution.termination is Termination.INFEASIBLE else np.nan
            return None
        self.kept[unit] = solution.objective - self.objective
        self.upper[unit] = min(self.upper[unit], solution.objective)
        return solution.shares

    def leave_out(self, unit: int, seconds: float, start: NDArray[np.float64] | None) -> None:
        """Solve without the unit."""
        upper = self.model.without(self.model.upper, unit)
        options = replace(self.options, gap=TIGHT, time_limit_s=seconds, start=start)
        solution = self.model.solve(options, upper)
        if solution.termination is Termination.INFEASIBLE:
            self.never[unit] = True
            return
        if solution.objective is not None:
            self.upper[unit] = min(self.upper[unit], solution.objective)
        if solution.bound is not None:
            self.lower[unit] = max(self.lower[unit], min(solution.bound, self.upper[unit]))

    def result(self) -> Replacement:
        """Return what was found."""
        lower = np.maximum(self.lower - self.objective, 0.0)
        upper = np.maximum(self.upper - self.bound, lower)
        lower, upper = np.where(self.never, np.inf, lower), np.where(self.never, np.inf, upper)
        near = np.zeros(len(lower), dtype=bool)
        finite = np.isfinite(upper)
        near[finite] = upper[finite] - lower[finite] <= EXACT * max(1.0, abs(self.objective))
        exact = near | self.never
        value = np.where(exact, np.where(self.never, np.inf, np.maximum(self.upper - self.objective, 0.0)), 0.0)
        more = self.upper - self.objective  # of a plan that is far from the best one this may be below 0
        likely = np.where(more > 0, np.maximum(np.minimum(upper, more), lower), upper)
        value = np.where(exact, value, np.clip(np.where(np.isfinite(self.rise), self.rise, 0.0), lower, likely))
        kept = np.where(self.never, np.inf, self.kept)
        left = ~self.chosen
        value, lower, upper, kept = (np.where(left, 0.0, column) for column in (value, lower, upper, kept))
        return Replacement(value, lower, upper, kept, exact | left)


def replacement(
    model: Model,
    selection: Selection,
    options: SolveOptions,
    progress: Progress,
    most: int = 200,
    proven: float = -np.inf,
) -> Replacement:
    """Return the replacement cost of each chosen unit.

    Parameters
    ----------
    options
        Threads, seed, and the seconds of all solves together.
    most
        Chosen units that are solved anew: those of the highest price. The others have the bounds of the relaxation.
    proven
        A bound of what is minimised that is known already.

    Raises
    ------
    InstanceError
        Where the selection breaks a rule.
    """
    clock = Time(options.time_limit_s)
    progress.stage("relaxation")
    study = Study(model, selection, options, proven)
    solved = study.order[:most]
    starts: dict[int, NDArray[np.float64] | None] = {}
    progress.stage("plans that keep the rest")
    spent = Time(FOR_KEPT * clock.left)
    for place, unit in enumerate(solved):
        if spent.left <= 0:
            break
        starts[int(unit)] = study.keep_the_rest(int(unit), spent.share(len(solved) - place))
    progress.stage("plans without a unit")
    for place, unit in enumerate(solved):
        if clock.left <= 0:
            break
        study.leave_out(int(unit), clock.share(len(solved) - place), starts.get(int(unit)))
    return study.result()
