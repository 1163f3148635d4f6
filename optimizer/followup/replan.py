"""A Program with a plan in it solved anew: first land beside the whole decisions of the plan, then all together.

The first solve is for joint studies. It holds the network, projects, lots and chosen units as the plan has them, which
leaves little more than a linear programme; where that has no plan, the network alone is held. What it finds begins the
search of all, which then often has no more to do than to prove it. The first proves nothing of other plans: bounds are
those of the second.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from optimizer.followup.held import beside, network_of
from optimizer.results.solution import Termination, departure_base

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Program
    from optimizer.results.solution import Solution, SolveOptions
    from optimizer.studies.models import Model


PART = 0.5
"""Part of the gap allowed of all that what is solved first may leave."""


def replanned(
    model: Model, program: Program, plan: NDArray[np.float64], options: SolveOptions, method: str = "auto"
) -> Solution:
    """Solve a Program, beginning from `options.start` or what is best beside the decisions of a plan, (columns,).

    Gaps are relative to what land and network move together, so that of land beside a network may be larger.
    """
    start = options.start
    for held in _decided(program, plan):
        rest = beside(program, held, program.cost)
        wider = PART * departure_base(program, plan) / departure_base(rest, plan)
        first = model.solve(rest, replace(options, gap=options.gap * max(wider, 1.0)), method)
        if first.shares is not None:
            start = _better(program.cost, start, first.shares)
            break
    found = model.solve(program, replace(options, start=start), method)
    if found.shares is not None or start is None or found.termination is Termination.INFEASIBLE:
        return found
    return _kept(program, found, start)


def _decided(program: Program, plan: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Return what may be held of a plan, most first, (columns,), NaN where free; nothing where there is no network."""
    network = network_of(program, plan)
    if np.isnan(network).all():
        return []
    whole = np.where(program.integer, np.round(plan), network)
    whole[: len(program.moves)] = np.nan
    return [whole, network]


def _better(
    cost: NDArray[np.float64], one: NDArray[np.float64] | None, other: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the plan, (columns,), that costs less."""
    return other if one is None or cost @ other < cost @ one else one


def _kept(program: Program, found: Solution, start: NDArray[np.float64]) -> Solution:
    """Return a solve that found no plan with the one that it began from, and the bound that it proved, if any."""
    objective = float(program.cost @ start)
    bound = None if found.bound is None else min(found.bound, objective)
    return replace(found, shares=start, objective=objective, bound=bound, base=departure_base(program, start))
