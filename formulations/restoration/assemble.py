r"""From a restoration block to its Program, and the stages of objectives that are taken in order.

.. math:: \min \sum_k \omega_k \sigma_k f_k(x) + \omega_0\, p(x) + \tau \frac{\sum c\, x}{\sum |c|}

:math:`f_k`: objectives, :math:`\sigma_k` -1 where one is maximised, :math:`\omega_k` their weights; p: penalties, of
weight 1, or that of `minimum_penalties` where it is among the objectives; :math:`\tau`: the tie-break by cost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from formulations.linear import linear_row, with_rows
from formulations.program import Objective, Program
from formulations.restoration import GOALS, RULES, minimum_penalties, targets
from formulations.restoration.rule import PENALTIES, SitePart, joined
from instances.faults import Fault, raise_if_any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from formulations.restoration.site_block import SiteBlock
    from instances.settings import SiteObjective

TIE_BREAK = "cost_tie_break"
"""Objective that the tie-break by cost is."""

KEPT = "objective_kept"
"""Rule of the row that holds an earlier objective."""

Sense = Literal["minimise", "maximise"]


@dataclass(frozen=True)
class Stage:
    """One solve of those that objectives in order need: what is minimised, and what the next may lose of it.

    `tolerance` is relative to the value that the stage reached.
    """

    kind: str
    sense: Sense
    minimise: dict[str, float]
    tolerance: float

    def of(self, program: Program) -> Program:
        """Return a Program with the objective of this stage."""
        return replace(program, minimise=self.minimise, sense=self.sense)


def assemble_sites(block: SiteBlock) -> Program:
    """Return the Program of a restoration block, with the weighted sum of its objectives.

    Of objectives in order it is the first that counts; see `stages`.
    """
    part = site_part(block)
    program = Program(
        moves=block.moves,
        columns=part.columns,
        quotas=part.quotas,
        objectives=_objectives(block, part),
        minimise={},
        names=block.names,
        boundaries=part.boundaries,
        connected=part.connected,
        gap_base="objective",
    )
    return stages(block)[0].of(program)


def site_part(block: SiteBlock) -> SitePart:
    """Return everything that rules, targets and objectives contribute, put together.

    Raises InstanceError for landscape indices, which no rows state.
    """
    raise_if_any(_without_rows(block))
    kinds = [GOALS[kind] for kind in dict.fromkeys(goal.kind for goal in block.sites.settings.objective)]
    soft = any(goal.soft for goal in kinds)
    rules = [rule for name, rule in RULES.items() if block.records(name)]
    parts = [*(rule.build(block) for rule in rules), block.own_rows()]
    parts.append(targets.build_ceilings(block) if soft else targets.build(block))
    parts += [goal.build(block) for goal in kinds]
    if block.sites.settings.cost_tie_break:
        parts.append(_tie_break(block))
    return joined(parts)


def _without_rows(block: SiteBlock) -> Iterator[Fault]:
    """Find objectives and rules that no rows state."""
    rules = block.sites.tables["rules"]
    asked = [f"objective {goal.kind}" for goal in block.sites.settings.objective if goal.kind not in GOALS]
    asked += [f"rule {name}" for name in dict.fromkeys(rules["rule"]) if name not in RULES]
    for one in asked:
        hint = "`sanqu solve` answers landscape indices alone, by a search over the landscape"
        yield Fault("restoration", f"{one}: landscape indices cannot be stated in rows", hint)


def stages(block: SiteBlock) -> tuple[Stage, ...]:
    """Return the solves that the objectives of a block need, in order: one where they are weighted.

    In order, each objective has weight 1, with penalties and the tie-break beside it; with `minimum_penalties` among
    them, penalties count in that stage alone. Raises InstanceError for landscape indices, which no rows state.
    """
    raise_if_any(_without_rows(block))
    goals = block.sites.settings.objective
    if block.sites.settings.combine == "weighted":
        return (_stage(block, goals),)
    return tuple(_stage(block, (goal.model_copy(update={"weight": 1.0}),)) for goal in goals)


def _stage(block: SiteBlock, goals: Sequence[SiteObjective]) -> Stage:
    """Return the stage of objectives that are added up."""
    everything = [goal.kind for goal in block.sites.settings.objective]
    weights = {TIE_BREAK: 1.0} if block.sites.settings.cost_tie_break else {}
    weights[PENALTIES] = 0.0 if minimum_penalties.NAME in everything else 1.0
    for goal in goals:
        name = PENALTIES if goal.kind == minimum_penalties.NAME else goal.kind
        sign = -1.0 if GOALS[goal.kind].maximise else 1.0
        weights[name] = weights.get(name, 0.0) + sign * goal.weight
    most = all(GOALS[goal.kind].maximise for goal in goals)
    kind = "+".join(dict.fromkeys(goal.kind for goal in goals))
    return Stage(kind, "maximise" if most else "minimise", weights, goals[0].tolerance)


def hold(program: Program, stage: Stage, value: float) -> Program:
    """Return a Program in which a stage's objective stays within its tolerance of the value it reached.

    `value` is of what the Program minimises in that stage: the negative where the stage maximises.
    """
    most = value + stage.tolerance * abs(value)
    return with_rows(program, linear_row(program, KEPT, stage.kind, stage.of(program).cost, upper=most))


def _objectives(block: SiteBlock, part: SitePart) -> dict[str, Objective]:
    """Return every objective; those that no variable counts in are there through other columns."""
    names: list[str] = [goal.kind for goal in block.sites.settings.objective]
    names += [PENALTIES, TIE_BREAK] if block.sites.settings.cost_tie_break else [PENALTIES]
    none = np.zeros(block.n)
    return {name: Objective(name, block.over_columns(part.linear.get(name, none)), "") for name in names}


def _tie_break(block: SiteBlock) -> SitePart:
    """Return the cost of each variable relative to that of all of them."""
    cost = block.sites.cost
    total = float(np.abs(cost).sum())
    share = block.sites.settings.cost_tie_break * cost / total if total > 0 else cost
    return SitePart(linear={TIE_BREAK: share})
