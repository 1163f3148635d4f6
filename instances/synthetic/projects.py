"""Lay out restoration projects as blocks of cells that do not overlap, and set their bounds from the witness."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.synthetic.catalogue import MADE, SYNTHETIC
from instances.synthetic.moves import Array, Projects, Witness, governed_rows

if TYPE_CHECKING:
    from instances.synthetic.landscape import Landscape
    from instances.synthetic.options import Options

UNITS = 3
"""Units a project has where the land has room."""
GREATEST_SIDE = 10
"""Greatest side of a unit in cells."""
COVERED = 0.25
"""Share of the land that blocks of projects may cover at most."""
TO = "forest"
FIXED_COST = (50.0, 400.0)


def draw_projects(land: Landscape, options: Options) -> Projects:
    """Choose the blocks; each third project needs the one before it."""
    rng = np.random.default_rng([options.seed, 3])
    count = options.projects
    rows = land.zones // land.columns
    side, units = _block(count, rows, land.columns)
    across = land.columns // (side * units)
    tiles = land.zones if side * units == 1 else (rows // side) * across
    chosen = np.sort(rng.choice(tiles, count, replace=False))
    unit = np.arange(count * units)
    tile = chosen[unit // units]
    top_row = tile // across * side
    left = (tile % across * units + unit % units) * side
    corners = np.column_stack(
        [land.x_m[left], land.y_m[top_row], land.x_m[left + side], land.y_m[top_row + side]]
    ).reshape(-1, 4)
    unit_of_zone = _units_on_grid(land, top_row, left, side)
    inside = unit_of_zone >= 0
    project_of_zone = np.where(inside, unit_of_zone // units, -1)
    number = np.arange(count)
    return Projects(
        to=land.class_of(TO),
        project_of_zone=project_of_zone,
        unit_of_zone=unit_of_zone,
        unit_corners=corners,
        unit_area_ha=np.bincount(unit_of_zone[inside], land.area_ha[inside], len(unit)),
        unit_project=unit // units,
        fixed_cost=np.round(rng.uniform(*FIXED_COST, count), 1),
        prerequisite=np.where(number % 3 == 2, number - 1, -1),
    )


def _block(count: int, rows: int, columns: int) -> tuple[int, int]:
    """Return side of a unit and units a project: the greatest that find room, at worst one cell a project."""
    if not count:
        return 1, 1
    fair = int(math.sqrt(COVERED * rows * columns / (count * UNITS)))
    for side in range(min(GREATEST_SIDE, fair), 0, -1):
        if (rows // side) * (columns // (side * UNITS)) >= count:
            return side, UNITS
    return 1, 1


def _units_on_grid(land: Landscape, top_row: Array, left: Array, side: int) -> Array:
    """Return for each zone the unit it lies in, -1 where none."""
    unit_of_zone = np.full(land.zones, -1, dtype=np.int64)
    step = np.arange(side)
    cells = (top_row[:, None, None] + step[:, None]) * land.columns + left[:, None, None] + step
    unit_of_zone[cells.reshape(len(top_row), side * side)] = np.arange(len(top_row))[:, None]
    return unit_of_zone


def project_table(land: Landscape, projects: Projects, witness: Witness) -> pd.DataFrame:
    """Return `projects`: the witness lies well between the least and the greatest area of what it opens."""
    rows = governed_rows(land, projects)
    possible = np.bincount(projects.project_of_zone[land.cover_zone[rows]], land.cover_area_ha[rows], projects.count)
    done_rows = np.flatnonzero(witness.governed)
    done = np.bincount(
        projects.project_of_zone[land.cover_zone[done_rows]], land.cover_area_ha[done_rows], projects.count
    )
    least = np.floor(np.where(witness.open_projects, 0.7 * done, 0.35 * possible) * 1e4) / 1e4
    greatest = np.ceil(np.where(witness.open_projects, 1.3 * done, 0.8 * possible) * 1e4) / 1e4
    number = np.arange(projects.count)
    members = pd.Series(unit_names(projects)).groupby(projects.unit_project).agg(";".join)
    needs = projects.prerequisite
    return pd.DataFrame(
        {
            "project": project_names(number),
            "name_zh": [f"合成修复工程{p + 1}" for p in number],
            "name_en": [f"Made restoration project {p + 1}" for p in number],
            "members": members.to_numpy(),
            "to": TO,
            "min_area_ha": least,
            "max_area_ha": greatest,
            "cost_wanyuan": projects.fixed_cost,
            "prerequisites": np.where(needs >= 0, project_names(needs), ""),
            "source": SYNTHETIC,
            "status": MADE,
        }
    )


def project_names(numbers: Array) -> list[str]:
    """Return the names of projects by number from 0."""
    return [f"p{number + 1:05d}" for number in numbers]


def unit_names(projects: Projects) -> list[str]:
    """Return the names of all units."""
    return [f"u{number + 1:06d}" for number in range(len(projects.unit_project))]


def unit_zone_table(projects: Projects) -> pd.DataFrame:
    """Return `unit_zone`: each zone of a block lies wholly in one unit."""
    zone = np.flatnonzero(projects.unit_of_zone >= 0)
    names = np.array(unit_names(projects), dtype=object)
    return pd.DataFrame({"unit": names[projects.unit_of_zone[zone]], "zone": zone + 1, "share": 1.0})
