"""Small prioritisations for tests: a few rows become Sites, a block and a Program."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from formulations.restoration.assemble import assemble_sites
from formulations.restoration.site_block import SiteBlock
from instances import schema
from instances.settings import Prioritisation, SiteObjective
from instances.sites import Sites
from optimizer.methods import direct
from optimizer.progress import Silent
from optimizer.results.solution import Solution, SolveOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from formulations.program import Program

Rows = list[dict[str, Any]]

KINDS = {"number": float, "integer": float, "flag": float, "id": str, "text": str}
"""Types of columns by kind."""


def frame(name: str, rows: Rows) -> pd.DataFrame:
    """Return a table of the restoration part with every column; what rows leave out has its default."""
    if not rows:
        return _empty(name)
    columns = schema.table("restoration", name).columns
    filled = {
        column.name: pd.Series([row.get(column.name, column.default) for row in rows], dtype=KINDS[column.kind])
        for column in columns
    }
    return pd.DataFrame(filled)


@cache
def _empty(name: str) -> pd.DataFrame:
    """Return a table without rows; most tables of most tests are, and making one costs as much as a small solve."""
    columns = schema.table("restoration", name).columns
    return pd.DataFrame({column.name: pd.Series([], dtype=KINDS[column.kind]) for column in columns})


def sites(objective: str | Sequence[str | SiteObjective] = "minimum_set", **given: Any) -> Sites:
    """Return Sites from rows by table; what is no table is a setting."""
    names = {table.name for table in schema.tables()["restoration"]}
    kinds = [objective] if isinstance(objective, str) else objective
    goals = tuple(SiteObjective(kind=kind) if isinstance(kind, str) else kind for kind in kinds)
    settings = Prioritisation(objective=goals, **{key: value for key, value in given.items() if key not in names})
    rules = [{"id": f"r{number}", **row} for number, row in enumerate(given.get("rules", []))]
    return Sites({name: frame(name, rules if name == "rules" else given.get(name, [])) for name in names}, settings)


def program_of(given: Sites) -> Program:
    """Return the Program."""
    return assemble_sites(SiteBlock(given))


def solve(program: Program, **options: Any) -> Solution:
    """Solve a Program to a gap of 0."""
    return direct.solve(program, SolveOptions(**{"gap": 0.0, **options}), Silent())


def selection(given: Sites, solution: Solution) -> np.ndarray:
    """Return the share of each unit in each management zone, (units, zones)."""
    return solution.require_shares()[SiteBlock(given).column].reshape(given.n_units, given.n_zones)


def value(program: Program, solution: Solution) -> float:
    """Return the objective as the study states it."""
    assert solution.objective is not None
    return -solution.objective if program.sense == "maximise" else solution.objective
