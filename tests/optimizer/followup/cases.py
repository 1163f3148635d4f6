"""Small instances and plans that tests of what follows a plan share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from optimizer.followup.given import Given, given_plan, groups_of
from optimizer.followup.overlay import Taken
from optimizer.followup.project import Project
from tests import build

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MOVES = {
    "crop>ind": {"cost": 10.0},
    "bare>crop": {"cost": 3.0},
    "vil>crop": {"cost": 2.0},
    "grass>crop": {"cost": 7.0},
    "bare>ind": {"cost": 1.0},
}

ZONES = {
    "field": {"crop": 10.0, "grade": 5},
    "kept": {"crop": 10.0, "grade": 5, "farmland": 1},
    "waste": {"bare": 2.0},
    "village": {"vil": 3.0, "built_kind": "village"},
    "meadow": {"grass": 20.0},
}


def compensated(folder: Path, **more: object) -> None:
    """Write an instance in which lost cropland must be replaced: by the village for 2, by waste for 3, grass for 7."""
    build.build(folder, ZONES, MOVES, **{"quotas": [build.quota("compensation", 1.0)], **more})


def drawn(folder: Path, changes: Mapping[str, float]) -> Path:
    """Write a plan of changes only: `zone from>to year`: ha."""
    rows = []
    for name, area in changes.items():
        zone, pair, year = name.split(" ")
        source, target = pair.split(">")
        rows.append((zone, source, target, int(year), area))
    folder.mkdir(parents=True, exist_ok=True)
    table = pd.DataFrame(rows, columns=["zone", "from", "to", "period", "area_ha"])
    table.to_csv(folder / "moves.csv", index=False)
    return folder


def plan(folder: Path, changes: Mapping[str, float], **more: object) -> Given:
    """Write the instance `compensated` and a plan of it, and read both."""
    compensated(folder / "case", **more)
    return given_plan(folder / "case", drawn(folder / "plan", changes))


def takes(given: Given, pieces: Mapping[str, float]) -> Taken:
    """Return the land of a project that takes hectares of `zone class`."""
    land = given.block.land
    zones, classes = land.zones["zone"].tolist(), land.classes["class"].tolist()
    names = [name.split(" ") for name in pieces]
    zone = np.array([zones.index(name) for name, _ in names])
    kind = np.array([classes.index(name) for _, name in names])
    return Taken(groups_of(given.program, zone, kind), np.array(list(pieces.values())))


def project(given: Given, use: str = "ind", period: int = 1) -> Project:
    """Return a project without a polygon."""
    return Project("works", given.block.land.classes["class"].tolist().index(use), period, None)  # type: ignore[arg-type]


def by_name(table: pd.DataFrame) -> dict[str, float]:
    """Return hectares by `zone from>to` of a table of moves."""
    return {
        f"{row['zone']} {row['from']}>{row['to']}": round(float(row["area_ha"]), 6) for row in table.to_dict("records")
    }
