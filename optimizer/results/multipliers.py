"""Multipliers of the quota rows beside a plan: the audit proves the bound from them, `why` prices land by them.

`multipliers.parquet` holds one line for each row whose multiplier is not zero: `row` (its number among the quota
rows), `rule`, `worth` (the multiplier), `number` (of a user's row, as in `extra_rows.parquet`, else -1) and what
tells rows of a rule apart: id, region, period, group, grade, part, project, needs, zone, from, to, zone_a,
zone_b; in a study of sites unit, management_zone, feature, branch, and both ends of a pair; of a network the snapshot,
or day. The key `rows` of the file counts all rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from formulations.program import is_user
from formulations.restoration.unit_land import SELECTION

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from formulations.program import Program, Quota

FILE = "multipliers.parquet"
ENERGY = "energy:"
"""Families of a network begin so."""
WORDS = ("id", "region", "group", "part", "project", "needs", "zone", "from", "to", "zone_a", "zone_b")
SITE_WORDS = (
    "unit",
    "management_zone",
    "feature",
    "branch",
    "unit_a",
    "management_zone_a",
    "unit_b",
    "management_zone_b",
)
"""What tells rows of a study of sites apart; columns that only such a study has."""
NETWORK_WORDS = ("snapshot",)
"""What tells rows of a network apart, beside their id and period."""
WHOLE = ("period", "grade")


def write_multipliers(program: Program, duals: NDArray[np.float64] | None, folder: Path) -> None:
    """Write the multipliers of the quota rows, `duals` (rows,) in the order of the Program; nothing without any."""
    if duals is None:
        return
    worth = duals[program.moves.n_groups :]
    parts, first, number = [], 0, 0
    for quota in program.quotas:
        place = np.flatnonzero(worth[first : first + len(quota)])
        parts.append(_lines(program, quota, place, first, number).assign(worth=worth[first + place]))
        first += len(quota)
        number += len(quota) * is_user(quota.rule)
    columns = [*_NUMBERS, *_words(program)]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    schema = pa.schema([(name, _kind(name)) for name in columns], {"rows": str(first)})
    pq.write_table(pa.Table.from_pandas(table[columns], schema, preserve_index=False), folder / FILE)


def read_multipliers(program: Program, folder: Path) -> NDArray[np.float64] | None:
    """Return the multiplier of every row, (rows,), zero for balance; None where the file does not fit the Program."""
    try:
        found = pq.read_table(folder / FILE, columns=["row", "rule", "worth"])
    except (OSError, ValueError, KeyError):
        return None
    row, worth = found["row"].to_numpy(), found["worth"].to_numpy()
    rules = np.repeat([quota.rule for quota in program.quotas], [len(quota) for quota in program.quotas])
    fits = (found.schema.metadata or {}).get(b"rows") == str(len(rules)).encode()
    if not fits or not np.isfinite(worth).all() or (row < 0).any() or (row >= len(rules)).any():
        return None
    if found["rule"].to_pylist() != rules[row].tolist():
        return None
    duals = np.zeros(program.moves.n_groups + len(rules))
    duals[program.moves.n_groups + row] = worth
    return duals


_NUMBERS = ("row", "rule", "worth", "number", *WHOLE)


def _words(program: Program) -> tuple[str, ...]:
    """Return the columns of words; a Program without periods is of sites or a network, others may hold them too."""
    families = [family.family for family in program.columns]
    network = any(family.startswith(ENERGY) for family in families)
    sites = SELECTION in families or not (program.names.periods or network)
    return (*WORDS, *(SITE_WORDS if sites else ()), *(NETWORK_WORDS if network else ()))


def _kind(name: str) -> pa.DataType:
    if name == "worth":
        return pa.float64()
    return pa.int64() if name in _NUMBERS and name != "rule" else pa.string()


def _lines(program: Program, quota: Quota, place: NDArray[np.int64], first: int, number: int) -> pd.DataFrame:
    """Return the lines of some rows of a family, whose first row and first number as a user's row are given."""
    labels = quota.labels.iloc[place].reset_index(drop=True)
    if "part" in labels and (labels["part"] == "open").all() and len(quota.index) == len(quota):
        labels = labels.assign(**_move(program, quota.index[place].astype(np.int64)))
    table = pd.DataFrame({"row": first + place, "rule": quota.rule})
    table["number"] = number + place if is_user(quota.rule) else -1
    for name in WHOLE:
        table[name] = labels[name].fillna(0).astype(np.int64) if name in labels else 0
    for name in _words(program):
        table[name] = labels[name].astype(object).fillna("").astype(str) if name in labels else ""
    return table


def _move(program: Program, index: NDArray[np.int64]) -> dict[str, NDArray[np.object_]]:
    """Return the words for moves that have a row each."""
    moves, names = program.moves, program.names
    zones, classes = names.zones.astype(str).to_numpy(), names.classes.astype(str).to_numpy()
    return {
        "zone": zones[moves.zone[index]],
        "from": classes[moves.source[index]],
        "to": classes[moves.target[index]],
    }
