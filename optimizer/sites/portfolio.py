r"""Portfolios (备选方案集): several plans of a study that differ from each other.

`top`: the best plans in order. After each plan S the next must differ from it in a unit,

.. math:: \sum_{i \in S} (1 - x_i) + \sum_{i \notin S} x_i \ge d,\qquad d = 1

so that no plan is passed over; the list is complete where no further plan exists. `extra`: the same with a larger d and
the gap of the study, for plans that really are others. `gap`: plans within a part w of the optimum. Each minimises
:math:`c\,x + \sum_i \delta_i x_i` with random :math:`0 \le \delta_i \le w |z^*| / 2n`, n the units of the best plan,
which costs at most w/2 of the optimum, and is held against the proven bound. `shuffle`: the units in random order, with
random seeds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.program import INFINITY, Objective
from instances.faults import Fault, InstanceError
from instances.sites import Sites
from optimizer.results.audit import audit
from optimizer.results.sites.plan import Selection, selection_of, write_selection
from optimizer.results.solution import Termination
from optimizer.sites.model import Time, model_of
from optimizer.sites.source import refuse_joint

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from formulations.program import Program, Quota
    from instances.instance import Instance
    from optimizer.progress import Progress
    from optimizer.results.solution import Solution, SolveOptions
    from optimizer.sites.model import Model

Kind = Literal["gap", "extra", "shuffle", "top"]

TIGHT = 1e-9
"""Gap of plans that are listed in order."""

OTHER = 0.05
"""Part of the units of the best plan in which extra plans differ at least."""

NUDGES = "portfolio"
"""Objective and rule of what makes plans differ."""

AGREES = 1e-6
"""Difference of shares, and part of the objective, that is round-off."""

ATTEMPTS = 3
"""Solves a plan that is asked for; some come upon one that is known, or lie beyond the limit."""


@dataclass(frozen=True)
class Alternative:
    """A plan of a portfolio.

    `bound` is that of its own solve where plans are listed in order, else that of the study: no plan that was still to
    be found is better.
    """

    selection: Selection
    objective: float
    bound: float | None
    seconds: float
    times: int = 1

    @property
    def gap(self) -> float | None:
        """Distance from the bound relative to the objective."""
        return None if self.bound is None else abs(self.objective - self.bound) / max(abs(self.objective), TIGHT)


@dataclass(frozen=True)
class Portfolio:
    """Alternatives, values in the sense of the study; `complete` where it is proven that there are no more."""

    kind: Kind
    plans: tuple[Alternative, ...]
    complete: bool

    def frequency(self) -> pd.DataFrame:
        """Return the share of plans that choose each unit."""
        first = self.plans[0].selection.sites
        share = np.mean([plan.selection.chosen for plan in self.plans], axis=0)
        return pd.DataFrame({"unit": first.units.astype(str).to_numpy(), "share": share})

    def listed(self) -> pd.DataFrame:
        """Return one row a plan: objective, bound, gap, units, cost, units that differ from the first plan."""
        first = self.plans[0].selection
        return pd.DataFrame(
            {
                "plan": number,
                "objective": plan.objective,
                "bound": plan.bound,
                "gap": plan.gap,
                "above_best": _relative(plan.objective, self.plans[0].objective),
                "units": int(plan.selection.chosen.sum()),
                "cost": float(plan.selection.sites.cost @ plan.selection.values),
                "differs": int((np.abs(plan.selection.share - first.share) > AGREES).any(axis=1).sum()),
                "times": plan.times,
                "seconds": round(plan.seconds, 3),
            }
            for number, plan in enumerate(self.plans, start=1)
        )


def _relative(value: float, best: float) -> float:
    return abs(value - best) / max(abs(best), TIGHT)


def portfolio(
    instance: Instance,
    kind: Kind,
    number: int,
    options: SolveOptions,
    progress: Progress,
    within: float = 0.1,
    differ: int | None = None,
) -> Portfolio:
    """Return several plans.

    Parameters
    ----------
    number
        Plans that are asked for, the best one included.
    options
        Gap of single plans, seconds of all solves together, seed of what is random.
    within
        Part of the optimum by which plans of `gap` may be worse.
    differ
        Units in which a plan of `extra` or `gap` differs from each before; by default 5 % of the best plan, and 1.

    Raises
    ------
    InstanceError
        Where sites are chosen inside a land plan, there is no plan, objectives are taken in order, or shares of units
        are decided and plans have to differ.
    """
    refuse_joint(instance, "lock units in or out and solve again, or take the land folder out of a copy")
    model, clock = model_of(instance), Time(options.time_limit_s)
    if kind != "shuffle" and not model.block.whole:
        why = f"plans of a {kind} portfolio differ in whole units, and shares are decided"
        raise InstanceError([Fault("instance.toml", why, 'set [restoration] decision = "binary", or take shuffle')])
    if kind == "shuffle":
        return _shuffled(model, instance, number, options, progress, clock)
    if kind == "gap":
        return _near(model, number, options, progress, clock, within, differ or 1)
    return _ordered(model, kind, number, options, progress, clock, differ)


def _alternative(model: Model, solution: Solution, bound: float | None) -> Alternative:
    """Return a Solution as a plan; `bound` is of what is minimised."""
    chosen = model.selection(solution)
    assert solution.objective is not None
    stated = None if bound is None else model.sign * min(bound, solution.objective) + 0.0
    seconds = float(sum(solution.seconds.values()))
    return Alternative(chosen, model.sign * solution.objective + 0.0, stated, seconds)


def _first(model: Model, options: SolveOptions) -> Solution:
    solution = model.solve(options)
    if solution.shares is None:
        why = (
            "no plan meets every rule"
            if solution.termination is Termination.INFEASIBLE
            else "no plan was found in time"
        )
        raise InstanceError([Fault("instance", why, "sanqu solve says more")])
    return solution


def _ordered(
    model: Model,
    kind: Kind,
    number: int,
    options: SolveOptions,
    progress: Progress,
    clock: Time,
    differ: int | None,
) -> Portfolio:
    """Return plans one after the other, each away from those before."""
    if kind == "top":
        options, differ = replace(options, gap=TIGHT), 1
    plans: list[Alternative] = []
    cuts: list[Quota] = []
    complete = False
    while len(plans) < number:
        progress.stage(f"plan {len(plans) + 1}/{number}")
        limited = replace(options, time_limit_s=clock.share(number - len(plans)))
        solution = model.solve(limited, rows=cuts) if plans else _first(model, limited)
        if solution.shares is None:
            complete = solution.termination is Termination.INFEASIBLE
            break
        plans.append(_alternative(model, solution, solution.bound))
        chosen = plans[-1].selection
        away = differ or max(1, round(OTHER * float(chosen.chosen.sum())))
        cuts.append(away_from(model, chosen, away))
    best = sorted(plans, key=lambda plan: model.sign * plan.objective) if kind == "top" else plans
    return Portfolio(kind, tuple(best), complete and kind == "top")


def away_from(model: Model, selection: Selection, units: int) -> Quota:
    """Return the row that keeps a plan away from a selection by some units; a changed management zone counts twice."""
    chosen = selection.values > 0.5
    row = sp.csr_array(np.where(chosen, -1.0, 1.0)[None, :])
    least = np.array([units - float(chosen.sum())])
    return model.block.row_family(NUDGES, row, least, np.array([INFINITY]), pd.DataFrame([{"id": NUDGES}]), "1")


def _near(
    model: Model, number: int, options: SolveOptions, progress: Progress, clock: Time, within: float, differ: int
) -> Portfolio:
    """Return plans near the optimum: each minimises the objective with a little at random on top."""
    progress.stage(f"plan 1/{number}")
    best = _first(model, replace(options, time_limit_s=clock.left / 3))
    assert best.objective is not None
    bound = best.bound
    ceiling = best.objective if bound is None else bound + within * abs(bound)
    plans, random = [_alternative(model, best, bound)], np.random.default_rng(options.seed)
    cuts, complete = [away_from(model, plans[0].selection, differ)], False
    for attempt in range(ATTEMPTS * number):
        if len(plans) == number or clock.left <= 0 or complete:
            break
        progress.stage(f"plan {len(plans) + 1}/{number}")
        nudge = _nudges(model, plans[0].selection, within * abs(best.objective) / 2, random)
        limited = replace(options, gap=within / 4, time_limit_s=clock.share(number - len(plans)), seed=attempt)
        solution = model.solve(limited, rows=cuts, program=nudge)
        if solution.shares is None:
            complete = solution.termination is Termination.INFEASIBLE
            continue
        value = float(model.program.cost @ solution.shares)
        found = _alternative(model, replace(solution, objective=value), bound)
        cuts.append(away_from(model, found.selection, differ))
        if value <= ceiling + TIGHT * abs(ceiling):
            plans.append(found)
    return Portfolio("gap", tuple(sorted(plans, key=lambda plan: model.sign * plan.objective)), complete)


def _nudges(model: Model, best: Selection, most: float, random: np.random.Generator) -> Program:
    """Return the Program with random costs on top, of `most` at most for the best plan."""
    count = max(float(best.taken.sum()), 1.0)
    nudge: NDArray[np.float64] = random.uniform(0.0, most / count, model.block.n)
    program = model.program
    extra = Objective(NUDGES, model.block.over_columns(nudge), "")
    return replace(
        program, objectives={**program.objectives, NUDGES: extra}, minimise={**program.minimise, NUDGES: 1.0}
    )


def _shuffled(
    model: Model, instance: Instance, number: int, options: SolveOptions, progress: Progress, clock: Time
) -> Portfolio:
    """Return the plans of solves with units in random order; the same plan is told once."""
    random, sites = np.random.default_rng(options.seed), model.sites
    plans: list[Alternative] = []
    for turn in range(number):
        progress.stage(f"plan {turn + 1}/{number}")
        order = np.arange(sites.n_units) if turn == 0 else random.permutation(sites.n_units)
        units = sites.tables["units"].iloc[order].reset_index(drop=True)
        other = model_of(instance, Sites({**sites.tables, "units": units}, sites.settings))
        limited = replace(options, seed=options.seed + turn, time_limit_s=clock.share(number - turn))
        solution = _first(other, limited) if not plans else other.solve(limited)
        if solution.shares is None:
            continue
        found = _alternative(other, solution, solution.bound)
        share = np.empty_like(found.selection.share)
        share[order] = found.selection.share
        _add(plans, replace(found, selection=selection_of(sites, share.ravel())))
    return Portfolio("shuffle", tuple(sorted(plans, key=lambda plan: model.sign * plan.objective)), complete=False)


def _add(plans: list[Alternative], found: Alternative) -> None:
    """Add a plan, or count it where it is there already."""
    for place, plan in enumerate(plans):
        if np.allclose(plan.selection.share, found.selection.share, atol=AGREES):
            plans[place] = replace(plan, times=plan.times + 1)
            return
    plans.append(found)


def write_portfolio(instance: Instance, found: Portfolio, folder: Path) -> list[str]:
    """Write each plan as a selection of its own, audit it, and return what failed, in words."""
    failures = []
    for number, plan in enumerate(found.plans, start=1):
        place = folder / "plans" / f"{number:03d}"
        write_selection(plan.selection, place)
        report = audit(instance.folder, place)
        failures += [f"plan {number}: {line}" for line in report.lines()]
        own = float(report.figures["objective"])
        if abs(own - plan.objective) > AGREES * max(1.0, abs(own)):
            failures.append(f"plan {number}: objective {plan.objective:.9g}, recomputed {own:.9g}")
    return failures
