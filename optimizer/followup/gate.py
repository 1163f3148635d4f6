r"""The gate: may a project go ahead beside a plan, what does it emit, and what would make it admissible (项目准入).

With :math:`\hat u` the plan, :math:`P` the land that the project takes and :math:`k` its use and period:

1. *alone*: the plan with the project put in. It takes land that the plan gives to the same use in the same period
   first, then land that stays, then land of which the plan makes something else. Land that has the use already stays.
2. *compensated*: :math:`\min c^T(u - \hat u)` with the project in, :math:`u_m \ge \hat u_m` for every change that the
   project leaves standing, and every rule kept. What is more than in *alone* is the compensation.
3. *adapted*: the instance solved anew with the project in and everything else free.

A network stays as the plan has it in the first two; in the third it follows.

Marginal carbon and cost are differences from the plan, by component of the ledger. What the project adds to the best
of all plans lies between two proven figures, whatever gap either solve left:

.. math:: b' - c^T \hat u \;\le\; z'^* - z^* \;\le\; c^T u' - b

:math:`u', b'` plan and bound with the project, :math:`b` the bound that the plan was proven with.

Land that a rule bars is put in all the same, to tell its carbon and the quotas that it would break.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from formulations.linear import linear_row, minimising, with_rows
from instances.faults import Fault, InstanceError
from optimizer.followup.broken import Meter
from optimizer.followup.differences import CRUMB_HA
from optimizer.followup.given import at_odds, granting, moves_of, with_stays
from optimizer.followup.held import PROJECT, at_least, beside, carried, least, network_of
from optimizer.followup.lacking import lacking
from optimizer.followup.replan import replanned
from optimizer.infeasibility.rows import QuotaRows
from optimizer.results.solution import Solution, SolveOptions, Termination

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formulations.program import Program
    from optimizer.followup.broken import Shortfall
    from optimizer.followup.given import Given
    from optimizer.followup.overlay import Taken
    from optimizer.followup.project import Project

Least = Literal["cost", "emissions"]

WORDS_S = 20.0
"""Seconds at most for saying what additions to the plan lack; what no plan has may take longer."""


class Verdict(StrEnum):
    """What the gate says."""

    ADMISSIBLE = "admissible"
    """Every rule holds with the project put into the plan."""
    COMPENSATED = "with_compensation"
    """Every rule holds once further changes are added to the plan."""
    ADAPTED = "with_changed_plan"
    """A plan that is changed admits it: no addition is enough, or the project takes land planned for something else."""
    BARRED = "barred"
    """A rule forbids the change of some of its land."""
    IMPOSSIBLE = "impossible"
    """No plan that meets every rule has the project in it."""
    UNKNOWN = "unknown"
    """Neither was settled within the limits."""


@dataclass(frozen=True)
class Decision:
    """What the gate found.

    Attributes
    ----------
    given
        The plan in the terms that `base` and `alone` are stated in: where a rule bars land, as if it did not.
    base, alone
        The plan, and the plan with the project put in, (columns,); the second may break rules. Both have the network
        of the plan.
    compensated, adapted
        Plans that admit the project, (columns,); None where there is none or it was not asked for.
    barred
        Land that may not become the use: group, rule bits, area_ha.
    displaced
        Planned changes that the project takes the land of: move, area_ha.
    lacking
        In words, what stands in the way: of any plan where the verdict is `IMPOSSIBLE`, else of additions to the plan.
    adapted_bound
        Proven bound of the objective of any plan with the project in it.
    compensation_bound
        Proven bound of what project and compensation cost or emit together.
    addition_open
        Whether it was not settled if adding to the plan is enough.
    """

    verdict: Verdict
    given: Given
    base: NDArray[np.float64]
    alone: NDArray[np.float64]
    barred: pd.DataFrame
    displaced: pd.DataFrame
    compensated: NDArray[np.float64] | None = None
    adapted: NDArray[np.float64] | None = None
    adapted_bound: float | None = None
    compensation_bound: float | None = None
    lacking: tuple[str, ...] = ()
    addition_open: bool = False

    @property
    def worth(self) -> tuple[float | None, float | None]:
        """What the project adds to the objective of the best plan: proven least and most, None where unknown."""
        cost = self.given.program.cost
        low = None if self.adapted_bound is None else self.adapted_bound - float(cost @ self.base)
        if self.adapted is None or self.given.bound is None:
            return low, None
        return low, float(cost @ self.adapted) - self.given.bound


@dataclass(frozen=True)
class Asking:
    """How the gate solves: what compensation is to make least, whether the whole plan may adapt, limits."""

    least: Least = "cost"
    adapt: bool = True
    method: str = "auto"
    solve: SolveOptions = field(default_factory=SolveOptions)
    lang: Literal["zh", "en"] = "zh"


def decide(given: Given, project: Project, taken: Taken, asking: Asking) -> Decision:
    """Check a project against a plan; raises InstanceError where the plan itself breaks a rule."""
    meter = Meter(QuotaRows.of(given.program), asking.solve)
    plan = completed(given, meter)
    placing = _Placing.of(given.program, project, taken, plan.values)
    if len(placing.barred):
        return _barred(given, project, taken, placing, plan.values, asking)
    found = Decision(Verdict.UNKNOWN, given, plan.values, placing.alone, placing.barred, placing.displaced)
    held = replace(given, model=replace(given.model, program=meter.rounded(plan).program))
    found = _compensated(held, placing, found, meter, asking)
    adapted = _adapted(held, placing, found, asking) if asking.adapt or found.compensated is None else None
    return found if adapted is None else _settled(held, placing, found, adapted, asking)


def _barred(
    given: Given, project: Project, taken: Taken, placing: _Placing, plan: NDArray[np.float64], asking: Asking
) -> Decision:
    """Return the refusal of a project, with the plan as it would be if no rule barred the project's land."""
    group = placing.barred.loc[placing.barred["bits"] > 0, "group"].to_numpy(dtype=np.int64)
    free = granting(given, group, project.use) if len(group) else given
    meter = Meter(QuotaRows.of(free.program), asking.solve)
    network = carried(given.program, plan, free.program)
    base = meter.measure(free.shares, network).values
    put = _Placing.of(free.program, project, taken, base, anyway=True)
    alone = meter.measure(put.alone[: len(free.program.moves)], network).values
    return Decision(Verdict.BARRED, free, base, alone, placing.barred, put.displaced)


def completed(given: Given, meter: Meter) -> Shortfall:
    """Return a plan with values of every column; raises InstanceError where it breaks a rule."""
    hint = "sanqu correct says which rules it breaks and how to mend it"
    if len(given.outside):
        raise InstanceError([Fault(str(given.folder), "the plan makes changes that rules bar", hint)])
    if at_odds(given)[1].any():
        words = "the plan changes part of a parcel that changes only as a whole, or land beyond the reach of a project"
        raise InstanceError([Fault(str(given.folder), words, hint)])
    found = meter.measure(given.shares, given.network)
    if found.total > 0:
        raise InstanceError([Fault(str(given.folder), "the plan breaks quotas of the instance", hint)])
    return found


@dataclass(frozen=True)
class _Placing:
    """The project in the terms of the Program: `move`, `area_ha` (pieces,), and the plan with it put in."""

    move: NDArray[np.int64]
    area_ha: NDArray[np.float64]
    alone: NDArray[np.float64]
    barred: pd.DataFrame
    displaced: pd.DataFrame

    @classmethod
    def of(
        cls, program: Program, project: Project, taken: Taken, base: NDArray[np.float64], *, anyway: bool = False
    ) -> _Placing:
        """Put the project into the plan as far as it may go, or `anyway` as far as columns for it exist.

        Land of the use itself must stay: its column is the stay of its group.
        """
        moves, group, area = program.moves, taken.group, taken.area_ha
        stay = moves.start[group]
        same, whole = moves.source[stay] == project.use, moves.whole[stay]
        count, held = len(group), moves.group_area_ha[group]
        move = moves_of(program, group, np.full(count, project.use), np.full(count, project.period))
        move = np.where(same, stay, move)
        area = np.where(same & whole, held, area)
        most = np.where(move >= 0, moves.upper[np.maximum(move, 0)] * held, 0.0)
        fits = np.where(whole, np.abs(area - held) <= CRUMB_HA, area <= most * (1 + 1e-9) + CRUMB_HA)
        reachable = (move >= 0) & fits
        bits = np.where(same, 0, moves.forbidden[group, project.use])
        barred = pd.DataFrame({"group": group, "bits": bits, "most_ha": most, "whole": whole, "area_ha": area})
        kept = np.flatnonzero(move >= 0 if anyway else reachable)
        put = np.minimum(area, held if anyway else most)[kept]
        alone, displaced = _put_in(program, base, move[kept], put)
        return cls(move[kept], put, alone, barred[~reachable].reset_index(drop=True), displaced)

    def forced(self, program: Program) -> Program:
        """Return a Program in which the project happens."""
        return least(program, self.move, self.area_ha, np.arange(len(self.move)), PROJECT)


def _put_in(
    program: Program, base: NDArray[np.float64], move: NDArray[np.int64], area: NDArray[np.float64]
) -> tuple[NDArray[np.float64], pd.DataFrame]:
    """Return the plan with some moves raised to an area, and what that took from other planned changes."""
    moves, values = program.moves, base.copy()
    group = moves.group_of(move)
    stays = moves.start[:-1]
    share = np.maximum(values[move], area / moves.group_area_ha[group])
    free = np.where(moves.changes[move], values[stays[group]], 0.0)
    needed = np.maximum(share - values[move] - free, 0.0)
    land = values[: len(moves)].copy()
    land[move] = 0.0
    land[stays] = 0.0
    others = np.add.reduceat(land, stays)
    factor = np.ones(moves.n_groups)
    factor[group] = np.where(needed > 0, 1.0 - needed / np.maximum(others[group], 1e-12), 1.0)
    before = land.copy()
    land *= np.clip(np.repeat(factor, np.diff(moves.start)), 0.0, 1.0)
    lost = (before - land) * moves.area_ha
    rows = np.flatnonzero(lost > CRUMB_HA)
    kept = values[: len(moves)].copy()
    kept[rows] = land[rows]
    kept[move] = share
    values[: len(moves)] = with_stays(program, kept)
    return values, pd.DataFrame({"move": rows, "area_ha": lost[rows]})


def _compensated(given: Given, placing: _Placing, found: Decision, meter: Meter, asking: Asking) -> Decision:
    """Settle whether the project is admissible as it is, or with what is added to the plan."""
    solve, model, count = asking.solve, given.model, len(given.program.moves)
    network = network_of(given.program, found.base)
    alone = meter.measure(placing.alone[:count], network)
    found = replace(found, alone=alone.values)
    if not alone.total > 0 and not given.program.patches:  # no row says what must hang together
        same = Verdict.ADMISSIBLE if found.displaced.empty else Verdict.ADAPTED
        return replace(found, verdict=same, compensated=alone.values)
    held = placing.forced(at_least(given.program, placing.alone[:count]))
    held = beside(held, network, given.program.cost_of(asking.least))
    weights = held.cost
    solution = model.solve(held, solve, asking.method)
    if solution.shares is None:
        proven = solution.termination is Termination.INFEASIBLE
        return replace(found, lacking=_words(given, held, asking, WORDS_S) if proven else (), addition_open=not proven)
    spared = _spared(given, placing, held, solution, asking)
    bound = None if solution.bound is None else solution.bound - float(weights @ found.base)
    added = (np.abs(spared - found.alone)[:count] * given.program.moves.area_ha).max() > CRUMB_HA
    verdict = Verdict.COMPENSATED if added else Verdict.ADMISSIBLE
    verdict = verdict if found.displaced.empty else Verdict.ADAPTED
    return replace(found, verdict=verdict, compensated=spared, compensation_bound=bound)


def _spared(given: Given, placing: _Placing, held: Program, solution: Solution, asking: Asking) -> NDArray[np.float64]:
    """Return a compensation that costs no more and changes least land: free changes without need are left out."""
    shares, moves, weights = solution.require_shares(), given.program.moves, held.cost
    more = np.flatnonzero(shares[: len(moves)] - placing.alone[: len(moves)] > 1e-9)
    if not (weights[more][moves.changes[more]] <= 0).any():
        return shares
    value = float(weights @ shares)
    tolerance = 1e-9 * max(abs(value), 1.0)
    row = linear_row(held, "kept", "compensation", weights, upper=value + tolerance)
    area = np.zeros(given.program.n_columns)
    area[: len(moves)] = np.where(moves.changes, moves.area_ha, 0.0)
    fewest = given.model.solve(minimising(with_rows(held, row), "area", area, "ha"), asking.solve, asking.method)
    return shares if fewest.shares is None else fewest.shares


def _adapted(given: Given, placing: _Placing, found: Decision, asking: Asking) -> Solution:
    options = asking.solve if found.compensated is None else replace(asking.solve, start=found.compensated)
    return replanned(given.model, placing.forced(given.program), found.base, options, asking.method)


def _settled(given: Given, placing: _Placing, found: Decision, adapted: Solution, asking: Asking) -> Decision:
    """Add what the instance solved anew says."""
    if adapted.shares is not None:
        verdict = Verdict.ADAPTED if found.compensated is None else found.verdict
        return replace(found, verdict=verdict, adapted=adapted.shares, adapted_bound=adapted.bound)
    if adapted.termination is Termination.INFEASIBLE and found.compensated is None:
        words = _words(given, placing.forced(given.program), asking)
        return replace(found, verdict=Verdict.IMPOSSIBLE, lacking=words)
    return found


def _words(given: Given, program: Program, asking: Asking, seconds: float = np.inf) -> tuple[str, ...]:
    """Return what an infeasible Program lacks, as far as some seconds tell."""
    options = replace(asking.solve, time_limit_s=min(asking.solve.time_limit_s, seconds))
    return lacking(given, program, options, asking.lang)
