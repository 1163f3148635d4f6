"""What several plans of one scenario agree on, and what is proven of all plans within the limit.

`zones`: of every zone the share of plans that change it, the area that plans change on average, and the proven least
and greatest area that any plan within the limit changes there. `decisions`: of every unit, project, site and circuit
the share of plans that choose it (any share of it, where units are chosen in part), with the proven verdict `must`,
`cannot` or none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from formulations.restoration.site_block import CHOSEN
from optimizer.results.start import read_multipliers
from optimizer.studies.proven_use import Use, proven_use

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from formulations.program import Program
    from optimizer.studies.models import Model

CHANGED = 0.5
"""Part of a zone that changes, and value of a whole number, above which a plan counts as choosing it."""

SEEN = 1e-6
"""Part of a zone, and share of a unit, that counts as some."""


def agreement(
    model: Model, plans: Sequence[NDArray[np.float64]], proof: Path, limit: float
) -> Mapping[str, pd.DataFrame]:
    """Return the tables of what plans agree on; `proof` is the folder whose multipliers prove, where it has any."""
    program = model.program
    multipliers = read_multipliers(program, proof)
    use = None if multipliers is None else proven_use(program, multipliers, limit)
    tables = {"decisions": _decisions(program, plans, use)}
    if model.block is not None:
        tables["zones"] = _zones(program, plans, use)
    return {name: table for name, table in tables.items() if len(table)}


def _zones(program: Program, plans: Sequence[NDArray[np.float64]], use: Use | None) -> pd.DataFrame:
    """Return one row a zone."""
    moves, count = program.moves, len(program.names.zones)
    stay = moves.start[:-1]
    zone, area = moves.zone[stay], moves.area_ha[stay]

    def per_zone(share: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(zone, share * area, minlength=count).astype(float)

    total = per_zone(np.ones(len(stay)))
    changed = np.array([per_zone(1.0 - plan[stay]) for plan in plans])
    table = pd.DataFrame(
        {
            "zone": program.names.zones.to_numpy(),
            "area_ha": total,
            "share_of_plans": (changed > CHANGED * total).mean(axis=0),
            "changed_ha": changed.mean(axis=0),
            "least_found_ha": changed.min(axis=0),
            "greatest_found_ha": changed.max(axis=0),
        }
    )
    if use is None:
        nothing = np.zeros(count, dtype=bool)
        return _judged(table.assign(least_proven_ha=0.0, greatest_proven_ha=total), nothing, nothing)
    least, most = per_zone(1.0 - use.most[stay]), per_zone(1.0 - use.least[stay])
    table["least_proven_ha"], table["greatest_proven_ha"] = np.maximum(least, 0.0), most
    return _judged(table, least > SEEN * total, most < SEEN * total, " change")


def _chosen(program: Program) -> list[tuple[str, list[str], NDArray[np.int64]]]:
    """Return kind, names and columns of what is decided one by one, in the order of the table of decisions."""
    found = []
    for family in program.columns:
        if family.integer:
            inside = np.flatnonzero(family.upper <= 1.0)
            names = [" ".join(map(str, row)) for row in family.labels.iloc[inside].itertuples(index=False)]
            found.append((family.family, names, program.offsets[family.family] + inside))
    if not program.names.periods:
        moves = program.moves
        place = np.flatnonzero(moves.changes)
        zones, classes = program.names.zones.to_numpy(), program.names.classes.to_numpy()
        names = [f"{zones[moves.zone[k]]} {classes[moves.target[k]]}".removesuffix(f" {CHOSEN}") for k in place]
        found.append(("unit", names, place))
    return found


def decision_columns(program: Program) -> NDArray[np.int64]:
    """Return the column of each row of the table of decisions, (rows,)."""
    return np.concatenate([np.zeros(0, dtype=np.int64), *(place for _, _, place in _chosen(program))])


def _decisions(program: Program, plans: Sequence[NDArray[np.float64]], use: Use | None) -> pd.DataFrame:
    """Return a row for each whole number between 0 and 1 beside the moves, and each unit of a study of sites."""
    chosen, place = _chosen(program), decision_columns(program)
    values = np.array([plan[place] for plan in plans]).reshape(len(plans), len(place))
    least = np.where(program.integer[place], CHANGED, SEEN)  # a unit may be chosen in part
    table = pd.DataFrame(
        {
            "kind": [kind for kind, names, _ in chosen for _ in names],
            "name": [name for _, names, _ in chosen for name in names],
            "share_of_plans": (values > least).mean(axis=0),
        }
    )
    if use is None:
        return _judged(table, np.zeros(len(table), bool), np.zeros(len(table), bool))
    return _judged(table, use.least[place] > SEEN, use.most[place] < SEEN)


def _judged(table: pd.DataFrame, must: NDArray[np.bool_], cannot: NDArray[np.bool_], what: str = "") -> pd.DataFrame:
    """Return a table with what multipliers prove of its rows."""
    verdict = np.select([must, cannot], [f"must{what}", f"cannot{what}"], "")
    return table.assign(verdict=verdict, by=np.where(verdict == "", "", "multipliers"))
