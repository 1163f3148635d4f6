"""What a Program lacks in which a plan is held, in words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from optimizer.infeasibility import Explanation, explain

if TYPE_CHECKING:
    from formulations.program import Program
    from optimizer.followup.given import Given
    from optimizer.results.solution import SolveOptions
    from optimizer.results.terms import Lang

NOT_FOUND = ("未查明缺少哪项指标。", "Which rule lacks what was not found.")


def lacking(given: Given, program: Program, options: SolveOptions, lang: Lang) -> tuple[str, ...]:
    """Return a sentence for each rule that an infeasible Program breaks, as far as the time limit tells; never none.

    Nothing is said of land that rules withhold: how far lifting one would help is measured where nothing is held.
    """
    told = explain(given.model.instance, given.block, program, options)
    if isinstance(told, Explanation):
        told = replace(told, clashes=tuple(replace(clash, withheld=()) for clash in told.clashes))
    return tuple(told.lines(lang)) or (NOT_FOUND[lang == "en"],)
