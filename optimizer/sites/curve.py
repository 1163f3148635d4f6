"""The curve of cost and benefit (成本效益曲线): the study solved again for budgets, or for parts of its targets.

Where a budget limits the study, every budget line grows in proportion from nothing to the most that is asked for;
otherwise the targets are scaled from nothing to what they are. Each solve begins from a plan that is known to hold.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from instances.faults import Fault, InstanceError
from instances.sites import COST, Sites
from optimizer.results.sites.figures import representation
from optimizer.sites.model import Time, model_of, with_rules
from optimizer.sites.source import refuse_joint

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from instances.instance import Instance
    from optimizer.progress import Progress
    from optimizer.results.sites.plan import Selection
    from optimizer.results.solution import Solution, SolveOptions
    from optimizer.sites.model import Model

BUDGET = "budget"


@dataclass(frozen=True)
class Curve:
    """Points of the curve.

    `table` begins with what is drawn: `budget` and `value`, or `targets` (part of the targets) and `value`; then
    bound, gap, cost, units and targets met.
    """

    table: pd.DataFrame
    over: Literal["budget", "targets"]


def curve(
    instance: Instance, options: SolveOptions, progress: Progress, steps: int, most: float | None = None
) -> Curve:
    """Return the value and its bound at `steps` + 1 points.

    Parameters
    ----------
    most
        Greatest budget; by default what all units cost together.

    Raises
    ------
    InstanceError
        Where sites are chosen inside a land plan, the study has neither a budget nor targets that limit it, or
        objectives are taken in order.
    """
    refuse_joint(instance, "solve with other values of `budget` in restoration/rules, or take a copy without land")
    sites = instance.require_sites()
    limited = (sites.tables["rules"]["rule"] == BUDGET).any()
    if not limited and not len(sites.targets):
        why = "has neither a budget nor targets"
        raise InstanceError([Fault("restoration", why, "add a line `budget` to the rules, or targets")])
    if most is not None and not limited:
        raise InstanceError([Fault("--most", "is for studies with a budget", "add a line `budget` to the rules")])
    over: Literal["budget", "targets"] = "budget" if limited else "targets"
    top = (_whole(sites) if most is None else most) if limited else 1.0
    points = np.linspace(0.0, top, steps + 1)
    # A plan of a smaller budget, and one of larger targets, holds at the next point.
    order = range(steps + 1) if limited else range(steps, -1, -1)
    clock, start = Time(options.time_limit_s), None
    rows: dict[int, dict[str, float | int | None]] = {}
    for done, place in enumerate(order):
        progress.stage(f"{over} {points[place]:g}")
        changed = _with_budget(sites, points[place]) if limited else _with_targets(sites, points[place])
        model = model_of(instance, changed)
        share = clock.share(steps + 1 - done)
        solution = model.solve(replace(options, start=start, time_limit_s=share))
        start = solution.shares if solution.shares is not None else start
        rows[place] = {over: float(points[place]), **_row(sites, model, solution)}
    return Curve(pd.DataFrame([rows[place] for place in range(steps + 1)]), over)


def _row(sites: Sites, model: Model, solution: Solution) -> dict[str, float | int | None]:
    """Return what a point says; without a plan only that there is none."""
    value, bound = solution.objective, solution.bound
    row: dict[str, float | int | None] = {
        "value": None if value is None else model.sign * value + 0.0,
        "bound": None if bound is None else model.sign * bound + 0.0,
        "gap": solution.gap,
    }
    if solution.shares is None:
        return {**row, "cost": None, "units": None, "targets_met": None}
    selection = replace_sites(model.selection(solution), sites)
    held = representation(selection)
    return {
        **row,
        "cost": float(sites.cost @ selection.values),
        "units": int(selection.chosen.sum()),
        "targets_met": int(held.loc[held["target"] != "", "met"].astype(bool).sum()),
    }


def replace_sites(selection: Selection, sites: Sites) -> Selection:
    """Return a selection against the tables of the study itself."""
    return replace(selection, sites=sites)


def _budget_lines(sites: Sites) -> NDArray[np.bool_]:
    return (sites.tables["rules"]["rule"] == BUDGET).to_numpy()


def _whole(sites: Sites) -> float:
    """Return what all units cost, in the layer of the first budget line."""
    line = sites.tables["rules"][_budget_lines(sites)].iloc[0]
    layer = sites.layer(str(line["layer"]) or COST).reshape(-1, sites.n_zones)
    return float(np.maximum(layer, 0.0).max(axis=1).sum())


def _with_budget(sites: Sites, budget: float) -> Sites:
    """Return sites whose first budget line has a value, the others in proportion."""
    rules, lines = sites.tables["rules"], _budget_lines(sites)
    stated = rules["value"].to_numpy(dtype=float)
    first = stated[lines][0]
    scaled = stated * budget / first if first else np.full(len(stated), budget)
    return with_rules(sites, rules.assign(value=np.where(lines, scaled, stated)))


def _with_targets(sites: Sites, part: float) -> Sites:
    """Return sites with a part of the targets that ask for something to be held."""
    features, targets = sites.tables["features"], sites.tables["targets"]
    asked = targets["sense"] != "<="
    tables = {
        **sites.tables,
        "features": features.assign(target=features["target"].astype(float) * part),
        "targets": targets.assign(value=targets["value"].astype(float).where(~asked, targets["value"] * part)),
    }
    return Sites(tables, sites.settings)
