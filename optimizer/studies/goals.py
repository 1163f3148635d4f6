r"""Taking goals in order under limits: the proof that stands behind every point of a front, and every range.

For goals :math:`f_1, \dots, f_k` and limits :math:`f_j \le \varepsilon_j`, the first is minimised, then the second with
the first held at its value, and so on. Each step has a bound of its own:

.. math:: B_i \le \min\{f_i(x) : f_j(x) \le v_j\ (j < i),\ f_j(x) \le \varepsilon_j\ (j > i)\} \le v_i

So no plan is better than :math:`(v_1, \dots, v_k)` in every goal by more than :math:`v_i - B_i`: it is non-dominated as
far as these prove.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from formulations.linear import linear_row, minimising, with_rows
from instances.faults import Fault, InstanceError
from optimizer.report.text import text
from optimizer.results.solution import Status, Termination
from optimizer.studies.entries import MOST
from optimizer.studies.measures import measure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from formulations.program import Program
    from optimizer.results.solution import SolveOptions
    from optimizer.studies.measures import Measure
    from optimizer.studies.models import Model

RULE = "study:limit"
"""Rule of the rows that hold a measure below its limit."""

ROUND_OFF = 1e-9
"""Part of a value by which a goal that is held may be rounded."""


@dataclass(frozen=True)
class Goal:
    """A measure that is to be small; one that is to be large counts with its sign turned."""

    name: str
    measure: Measure
    sign: float

    @property
    def weights(self) -> NDArray[np.float64]:
        """What every column weighs in what is minimised, (columns,)."""
        return self.sign * self.measure.weights

    def of(self, shares: NDArray[np.float64]) -> float:
        """Return what is minimised of a plan."""
        return self.sign * self.measure.of(shares)

    def told(self, value: float) -> float:
        """Return a minimised value as planners read it: with its sign, and what no decision changes of areas."""
        return self.sign * value + (self.measure.constant if self.measure.unit in ("ha", "km") else 0.0)


@dataclass(frozen=True)
class Reached:
    """A plan that goals in order led to: what is minimised of each goal, the bound of its step, and how that ended."""

    shares: NDArray[np.float64]
    values: Mapping[str, float]
    bounds: Mapping[str, float]
    gaps: Mapping[str, float]
    status: Status


def goal(model: Model, name: str) -> Goal:
    """Return a goal by the name of its measure, `most:` before it where it is to be large; raises InstanceError."""
    own = name.removeprefix(MOST)
    return Goal(name, measure(model, own), -1.0 if name.startswith(MOST) else 1.0)


def limited(program: Program, goals: Sequence[Goal], limits: Mapping[str, float]) -> Program:
    """Return the Program with what is minimised of some goals at or below limits."""
    rows = [
        linear_row(program, RULE, one.name, one.weights, upper=limits[one.name], unit=one.measure.unit)
        for one in goals
        if one.name in limits
    ]
    return with_rows(program, *rows) if rows else program


def in_order(
    model: Model,
    goals: Sequence[Goal],
    limits: Mapping[str, float],
    options: SolveOptions,
    method: str = "auto",
    program: Program | None = None,
) -> Reached | None:
    """Take goals in order under limits; None where it is proven that no plan keeps them.

    `program` has further rows than the model's own. Raises InstanceError where a solve ends with neither a plan nor
    such a proof.
    """
    values: dict[str, float] = {}
    bounds: dict[str, float] = {}
    gaps: dict[str, float] = {}
    status, start = Status.OPTIMAL, options.start
    given = model.program if program is None else program
    for one in goals:
        aimed = minimising(given, one.name, one.weights, one.measure.unit)
        solution = model.solve(limited(aimed, goals, {**limits, **values}), replace(options, start=start), method)
        if solution.shares is None:
            if solution.termination is Termination.INFEASIBLE and not values:
                return None
            _raise_without_plan(one, solution.termination)
        start = solution.require_shares()
        if solution.status(options.gap) is not Status.OPTIMAL:
            status = Status.FEASIBLE
        value = one.of(start)
        assert solution.bound is not None
        bounds[one.name], gaps[one.name] = min(solution.bound, value), float(solution.gap or 0.0)
        values[one.name] = value + ROUND_OFF * max(abs(value), 1.0)
    assert start is not None
    return Reached(start, {one.name: one.of(start) for one in goals}, bounds, gaps, status)


def _raise_without_plan(one: Goal, ended: Termination) -> None:
    raise InstanceError([without_plan("goals in order", one.name, ended)])


def without_plan(place: str, what: str, ended: Termination) -> Fault:
    """Return the fault of a solve that ended with neither a plan nor a proof that there is none."""
    message = f"no plan was found for {what}: {text('en', f'termination_{ended}')}"
    zh = f"{what} 未得到方案：{text('zh', f'termination_{ended}')}（请放宽时限或相对差距）"
    return Fault(place, message, "give more time, or a wider gap", zh=zh)


def record(goals: Sequence[Goal], reached: Reached) -> dict[str, Any]:
    """Return values, bounds and gaps of a plan as planners read them, by goal, and whether the asked gap is proven."""
    return {
        "status": str(reached.status),
        "values": {one.name: one.told(reached.values[one.name]) for one in goals},
        "bounds": {one.name: one.told(reached.bounds[one.name]) for one in goals},
        "gaps": dict(reached.gaps),
        "minimised": dict(reached.values),
        "proven": dict(reached.bounds),
    }
