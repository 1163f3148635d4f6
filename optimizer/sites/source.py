"""What the studies begin with: an instance with sites, and a selection in any of the formats it may come in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from instances.faults import Fault, InstanceError
from instances.instance import load
from optimizer.results.sites.plan import read_selection, selection_of

if TYPE_CHECKING:
    from pathlib import Path

    from instances.instance import Instance
    from instances.sites import Sites
    from optimizer.results.sites.plan import Selection

MARXAN = ("output_best.csv", "output_best.txt")
"""Solutions of Marxan that a folder may hold."""

UNIT_NAMES = ("planning_unit", "pu", "puid", "unit", "id")
"""What Marxan and its successors call a planning unit, in the order in which they are looked for."""

SOLUTION_NAMES = ("solution", "solution_1", "best", "selected")
"""What they call the column of zeros and ones."""


def load_sites(source: str | Path) -> Instance:
    """Return an instance; raises InstanceError where it chooses no sites."""
    instance = load(source)
    instance.require_sites()
    return instance


def refuse_joint(instance: Instance, words: str) -> None:
    """Raise InstanceError where sites are chosen inside a land plan; `words` say what to do instead."""
    if instance.land is not None:
        why = "sites are chosen inside a land plan, and this study solves for the sites alone"
        raise InstanceError([Fault(str(instance.folder), why, words)])


def read_any(sites: Sites, path: Path) -> Selection:
    """Read a selection: a plan folder, a table of units, or a solution of Marxan.

    Raises InstanceError as `read_selection` does, and where a solution is neither 0 nor 1.
    """
    found = next((path / name for name in MARXAN if (path / name).is_file()), path)
    table = _marxan(found) if found.is_file() and found.suffix != ".parquet" else None
    if table is None:
        return read_selection(sites, path)
    code = sites.unit_codes(table["unit"])
    value = pd.to_numeric(table["solution"], errors="coerce").to_numpy(dtype=float)
    for wrong, column, words in (
        (code < 0, "unit", "no unit is called so"),
        (~pd.Series(value).isin((0, 1)).to_numpy(), "solution", "is neither 0 nor 1"),
    ):
        if wrong.any():
            row = int(wrong.argmax())
            raise InstanceError([Fault(str(found), f"{table[column].iloc[row]!r}: {words}", "", row + 2, column)])
    if sites.n_zones > 1 and value.any():
        hint = "write a table with the columns unit and management_zone"
        raise InstanceError([Fault(str(found), "says nothing of management zones", hint)])
    share = pd.Series(value).groupby(code).max().reindex(range(sites.n_units), fill_value=0.0)
    return selection_of(sites, share.to_numpy())


def _marxan(path: Path) -> pd.DataFrame | None:
    """Return unit and solution of a file with a column of zeros and ones, None where it has none."""
    try:
        raw = pd.read_csv(path, sep=None, engine="python", dtype=str, encoding="utf-8-sig")
    except (OSError, ValueError):
        return None  # left to the reader of tables, which says what is wrong
    names = {str(name).strip().strip('"').lower(): name for name in raw.columns}
    unit = next((names[name] for name in UNIT_NAMES if name in names), None)
    solution = next((names[name] for name in SOLUTION_NAMES if name in names), None)
    if unit is None or solution is None:
        return None
    return pd.DataFrame({"unit": raw[unit].astype(str).str.strip(), "solution": raw[solution]})
