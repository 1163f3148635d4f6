"""Tables of the restoration part that were made in memory, checked as if they had been read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from instances import schema
from instances.crosscheck import references
from instances.faults import Fault, raise_if_any
from instances.site_checks import site_faults
from instances.validate import check_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from instances.settings import Prioritisation


def checked_tables(
    folder: Path, given: Mapping[str, pd.DataFrame], settings: Prioritisation
) -> dict[str, pd.DataFrame]:
    """Return every table of the part, clean, those that are not given empty.

    Raises InstanceError with every fault; it names tables as `folder`/restoration/NAME and rows from 1.
    """
    clean: dict[str, pd.DataFrame] = {}
    faults: list[Fault] = []
    for table in schema.tables()["restoration"]:
        frame = given.get(table.name)
        if frame is None:
            frame = pd.DataFrame({column.name: pd.Series(dtype=object) for column in table.columns})
        clean[table.name], found = check_table(table, frame, str(folder / table.part / table.name))
        faults += found
    raise_if_any(faults)
    parts = {"land": None, "restoration": clean, "network": None}
    raise_if_any(references(folder, parts))
    raise_if_any(site_faults(folder, clean, settings))
    return clean
