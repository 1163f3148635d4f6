"""Checks of restoration sites inside a land plan: what a study of sites alone states and a joint one must not.

修复选址与用地方案联合时的检查。
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.faults import Fault
from instances.places import place_of
from instances.row_faults import MOST_TOLD

if TYPE_CHECKING:
    from pathlib import Path

    from instances.settings import Prioritisation

Tables = Mapping[str, pd.DataFrame]

SLACK = 1e-6
"""Share of a zone by which units may overlap because shares are rounded."""

ALONE = ("objective", "combine", "cost_tie_break")
"""Settings of a study of sites alone."""


def joint_faults(folder: Path, tables: Tables, settings: Prioritisation) -> Iterator[Fault]:
    """Find objectives beside that of the land, and zones that several units hold more than once."""
    file = str(folder / "instance.toml")
    for name in ALONE:
        if name in settings.model_fields_set:
            why = "with land the objective is that of the land; targets are limits"
            yield Fault(file, why, "delete it, or make penalties of it", column=f"restoration.{name}")
    table = tables["unit_zone"]
    place = place_of(folder, "restoration", "unit_zone")
    if table.empty:
        yield Fault(place, "table is empty", "say which zones each unit stands on", column="unit")
        return
    held = table.groupby(table["zone"].astype(str))["share"].sum()
    beyond = np.flatnonzero(held.to_numpy(dtype=float) > 1 + SLACK)
    for row in beyond[:MOST_TOLD]:
        message = f"zone {held.index[row]}: the shares of its units add up to {held.iloc[row]:g}, above 1"
        yield Fault(place, message, "units that are chosen with the land must not overlap", column="share")
    if len(beyond) > MOST_TOLD:
        yield Fault(place, f"{len(beyond) - MOST_TOLD:,} more zones are held more than once", column="share")
