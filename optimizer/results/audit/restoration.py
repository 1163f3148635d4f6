"""Restoration projects (生态修复工程) of an instance: which moves they govern, and what opening them asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from optimizer.results.audit.files import Names, RawTable, find_table, need_table

if TYPE_CHECKING:
    from pathlib import Path

    from optimizer.results.audit.tables import LandTables


@dataclass(frozen=True)
class Projects:
    """Projects by code; areas in ha, fixed cost in 10k CNY.

    `key` = zone * classes + to-class of every governed arrival, ascending, with its `owner` (project) and
    `share` of the zone in free units (0: locked out); `region` is the smallest that holds all zones of the project
    (-1: it has none, and any region holds it).
    """

    names: Names
    min_area_ha: np.ndarray
    max_area_ha: np.ndarray
    cost: np.ndarray
    prerequisites: tuple[tuple[int, ...], ...]
    region: np.ndarray
    key: np.ndarray
    owner: np.ndarray
    share: np.ndarray

    def __len__(self) -> int:
        return len(self.names)

    def governing(self, zone: np.ndarray, to: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
        """Return for each move the project that governs it (-1: none) and the share of the zone it may use."""
        if not len(self.key):
            return np.full(len(zone), -1), np.ones(len(zone))
        wanted = zone.astype(np.int64) * classes + to
        place = np.searchsorted(self.key, wanted)
        place[place == len(self.key)] = 0
        found = self.key[place] == wanted
        return np.where(found, self.owner[place], -1), np.where(found, self.share[place], 1.0)


def _split(cell: str) -> list[str]:
    return [name.strip() for name in cell.split(";") if name.strip()]


def _none() -> Projects:
    empty, whole = np.zeros(0), np.zeros(0, np.int64)
    return Projects(Names(pa.array([], pa.string())), empty, empty, empty, (), whole, whole, whole, empty)


def _standing(folder: Path, units: Names, land: LandTables) -> dict[int, list[tuple[int, float]]]:
    table = find_table(folder, "unit_zone", required=False)
    standing: dict[int, list[tuple[int, float]]] = {}
    if table is None:
        return standing
    unit = table.known_codes("unit", units, "unit").tolist()
    zone = table.known_codes("zone", land.zones.names, "zone").tolist()
    for row in zip(unit, zone, table.numbers("share", 1.0).tolist(), strict=True):
        standing.setdefault(row[0], []).append(row[1:])
    return standing


def _region(land: LandTables, zones: set[int]) -> int:
    leaves = {int(land.zones.region[zone]) for zone in zones}
    region = min(leaves, default=-1)
    while leaves and not all(region <= leaf < land.regions.end[region] for leaf in leaves):
        region = int(land.regions.parent[region])
    return region


def _codes(table: RawTable, column: str, names: Names) -> list[list[int]]:
    rows = []
    for cell in table.text(column, "" if column == "prerequisites" else None):
        codes = [names.code(name) for name in _split(cell)]
        if -1 in codes:
            raise table.error(f"column {column}: {cell!r} names something unknown")
        rows.append(codes)
    return rows


def read_projects(instance: Path, land: LandTables) -> Projects:
    """Read restoration/; an instance without projects has none, and then no move is governed.

    Raises AuditInputError where two restore one zone to one class.
    """
    folder = instance / "restoration"
    table = find_table(folder, "projects", required=False)
    if table is None or not len(table):
        return _none()
    names, unit_table = table.names("project"), need_table(folder, "units")
    units = unit_table.names("unit")
    locked = {code for code, status in enumerate(unit_table.text("status", "")) if status == "locked_out"}
    standing = _standing(folder, units, land)
    governed: dict[int, tuple[int, float]] = {}
    members, targets = _codes(table, "members", units), _codes(table, "to", land.class_names)
    region = []
    for project, (own_units, classes) in enumerate(zip(members, targets, strict=True)):
        share: dict[int, float] = {}
        for unit in own_units:
            for zone, part in standing.get(unit, ()):
                share[zone] = min(share.get(zone, 0.0) + (0.0 if unit in locked else part), 1.0)
        region.append(_region(land, set(share)))
        for key, part in ((zone * len(land.class_names) + to, part) for zone, part in share.items() for to in classes):
            if governed.setdefault(key, (project, part))[0] != project:
                raise table.error(f"two projects restore one zone to one class (project {names.label(project)!r})")
    keys = sorted(governed)
    return Projects(
        names,
        table.numbers("min_area_ha"),
        table.numbers("max_area_ha"),
        table.numbers("cost_wanyuan", 0.0),
        tuple(tuple(codes) for codes in _codes(table, "prerequisites", names)),
        np.array(region),
        np.array(keys, dtype=np.int64),
        np.array([governed[key][0] for key in keys], dtype=np.int64),
        np.array([governed[key][1] for key in keys]),
    )
