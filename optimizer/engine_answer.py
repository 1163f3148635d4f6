"""What an engine that works on graphs instead of rows hands back to a study of sites."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from formulations.restoration.assemble import Stage, assemble_sites
from formulations.restoration.site_block import SiteBlock
from instances.settings import SiteObjective
from instances.sites import Sites
from optimizer.infeasibility.site_words import SiteExplanation, SiteRef
from optimizer.results.solution import LEAST_BASE, Solution, Termination

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from formulations.program import Program
    from formulations.restoration.rule import Record
    from instances.settings import SiteObjectiveKind


@dataclass(frozen=True)
class EngineAnswer:
    """A stage, the rows that are left of the study with the values of their columns, and why the engine ran.

    `explanation` says what clashes where there is no plan.
    """

    stage: Stage
    program: Program
    solution: Solution
    reason: Mapping[str, str]
    explanation: SiteExplanation = field(default_factory=SiteExplanation)


def ref_of(record: Record, sense: str) -> SiteRef:
    """Return a line of the rules table as explanations name it; without a sense, it has no bound."""
    bound = float(str(record["value"])) if sense else None
    return SiteRef(str(record["rule"]), str(record["id"]), sense, bound)


def plain_program(block: SiteBlock, kept: tuple[str, ...], kind: SiteObjectiveKind) -> Program:
    """Return the Program of a block with only some of its rules, and another objective."""
    sites = block.sites
    rules = sites.tables["rules"]
    tables = {**sites.tables, "rules": rules[rules["rule"].isin(kept)].reset_index(drop=True)}
    settings = sites.settings.model_copy(update={"objective": (SiteObjective(kind=kind),)})
    return assemble_sites(SiteBlock(Sites(tables, settings)))


def with_selection(
    block: SiteBlock, program: Program, selected: NDArray[np.bool_], figures: tuple[float, float, float], **more: object
) -> Solution:
    """Return the Solution that chooses units, (units,).

    `figures` are objective and bound as minimised, and the gap asked; `more` are `method` and `bound_by`.
    """
    objective, bound, gap = figures
    shares = np.zeros(program.n_columns)
    shares[block.column] = selected
    shares[program.moves.start[:-1]] = ~selected
    base = max(abs(objective), LEAST_BASE)
    ended = Termination.GAP_PROVEN if abs(objective - bound) <= gap * base else Termination.TIME_LIMIT
    return Solution(ended, shares=shares, objective=objective, bound=bound, base=base, **more)  # type: ignore[arg-type]
