"""A small prioritisation for tests: four units in a row, u1 - u2 - u3 - u4, and two features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from instances.instance import Instance, load
from instances.settings import About, Prioritisation, SiteObjective
from instances.write_sites import write_settings, write_tables

if TYPE_CHECKING:
    from pathlib import Path

Records = list[dict[str, Any]]

UNITS = [{"unit": f"u{k}", "cost": cost, "area_ha": 1} for k, cost in enumerate((4, 3, 2, 1), start=1)]
FEATURES = [{"feature": "bird", "target": 3, "unit_of_amount": "nests"}, {"feature": "fern", "target": 2}]
AMOUNTS = [
    {"unit": "u1", "feature": "bird", "amount": 2},
    {"unit": "u2", "feature": "bird", "amount": 2},
    {"unit": "u3", "feature": "fern", "amount": 2},
    {"unit": "u4", "feature": "fern", "amount": 3},
]
BOUNDARY = [{"unit_a": f"u{k}", "unit_b": f"u{k + 1}", "length_m": 10 * k} for k in (1, 2, 3)]
ZONES = [{"management_zone": "strict"}, {"management_zone": "soft"}]


def tables(**changed: Records) -> dict[str, Records]:
    """The tables of the case, with some replaced or added."""
    return {"units": UNITS, "features": FEATURES, "amounts": AMOUNTS, "boundary": BOUNDARY} | changed


def write(folder: Path, objective: str = "minimum_set", **changed: Records) -> Path:
    """Write the case as an instance folder."""
    settings = Prioritisation(objective=(SiteObjective(kind=objective),))  # type: ignore[arg-type]
    write_settings(folder, About(name="case"), settings)
    write_tables(folder, {name: pd.DataFrame(rows) for name, rows in tables(**changed).items()})
    return folder


def read(folder: Path, objective: str = "minimum_set", **changed: Records) -> Instance:
    """Write the case and read it back."""
    return load(write(folder, objective, **changed))
