"""Plans that are found after a plan: written and audited like any other, under the options of the plan they follow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from optimizer.progress import Silent
from optimizer.results.plan import plan_of
from optimizer.results.rules import objective_unit
from optimizer.results.solution import Solution, Termination
from optimizer.results.tables import write_tables
from optimizer.studies.plans import Audited, write_audited
from optimizer.study import Clock, Run, StudyOptions, write_json

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from optimizer.followup.given import Given
    from optimizer.results.terms import Lang


def write_found(
    given: Given, shares: NDArray[np.float64], folder: Path, lang: Lang = "zh", *, tables: bool = False
) -> Audited:
    """Write a plan, (columns,), into a new folder: summary, plan, audit and, if asked for, every table and the report.

    Nothing is claimed of how far it is from the best plan: it was found with part of a plan held.
    """
    model, program = given.model, given.program
    folder.mkdir(parents=True)
    run = Run(model.instance, StudyOptions(lang=lang), folder, folder, Clock(), Silent())
    solution = Solution(Termination.GIVEN_UP, "held", shares=shares)
    figures = {
        "sense": "minimise",
        "objective": float(program.cost @ shares),
        "bound": None,
        "bound_by": None,
        "gap": None,
        "gap_abs": None,
        "objective_unit": objective_unit(program),
        "objective_constant": program.constant,
    }
    settings = model.instance.settings
    asked = {
        "objective": settings.objective.kind,
        "mode": settings.carbon.mode,
        "rules_off": sorted(given.options.get("rules_off") or ()),
        "extra": given.options.get("extra") or [],
    }
    kind = "land" if given.block.sites is None and given.block.network is None else "joint"
    summary = run.summary(kind, program, solution, figures, asked)
    write_json(folder / "summary.json", summary)
    audited = write_audited(model, shares, folder)
    counts = json.loads((folder / "audit.json").read_text(encoding="utf-8"))
    summary["audit"] = {name: counts[name] for name in ("passed", "checks", "failed")}
    write_json(folder / "summary.json", summary)
    if tables:
        plan = plan_of(model.instance, program, shares)
        write_tables(folder, model.instance, program, solution, plan, summary, lang)
    return audited
