"""The written plan: moves, open projects, linked quota; rows that cannot be read as such are failed checks."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from optimizer.results.audit.check import ABSOLUTE_HA, Check, count_check, judged
from optimizer.results.audit.files import Names, RawTable, find_table, read_table
from optimizer.results.audit.tables import WORST_GRADE, LandTables

if TYPE_CHECKING:
    from pathlib import Path

    from optimizer.results.audit.overlays import Overlays


@dataclass(frozen=True)
class Moves:
    """Rows (zone, from, to, period index, area ha, overlay); the index is -1 for a stay and -2 for an unknown period.

    The overlay is 0 where nothing lies on the land.
    """

    zone: np.ndarray
    source: np.ndarray
    to: np.ndarray
    period: np.ndarray
    area_ha: np.ndarray
    overlay: np.ndarray

    def __len__(self) -> int:
        return len(self.zone)

    def take(self, rows: np.ndarray) -> Moves:
        """Return some of the rows."""
        return Moves(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


@dataclass(frozen=True)
class Plan:
    """All good rows of the plan: `opened[project, period]` 0/1, `linked[region, period, grade]` L and LC in ha."""

    moves: Moves
    opened: np.ndarray
    quota_ha: np.ndarray
    cropland_ha: np.ndarray
    checks: tuple[Check, ...]


def plan_folder(plan: Path) -> Path:
    """Return the folder that holds the moves: `plan` below the given one, or the given one itself."""
    return plan / "plan" if (plan / "plan").is_dir() else plan


def _periods(table: RawTable, periods: tuple[int, ...]) -> np.ndarray:
    years = table.numbers("period", finite=False)
    index = np.full(len(years), -2, dtype=np.int8)
    index[years == 0] = -1
    for place, year in enumerate(periods):
        index[years == year] = place
    return index


def _area(table: RawTable, column: str, name: str) -> tuple[np.ndarray, list[Check]]:
    area = table.numbers(column, finite=False)
    bad = ~np.isfinite(area)
    least = float(area[~bad].min(initial=0.0))
    checks = [
        count_check(f"{name}.finite", "plan", "", int(bad.sum()), f"{column} must be a number in every row"),
        judged(f"{name}.negative", "plan", "", -least, ABSOLUTE_HA, "ha", f"least {column} {least:.9g} ha"),
    ]
    return np.where(bad, 0.0, area), checks


def _overlay(table: RawTable, overlays: Overlays | None) -> np.ndarray:
    """Return the overlay of each row, -1 where it is not known; without a network none is."""
    if not table.has("overlay"):
        return np.zeros(len(table), dtype=np.int32)
    return table.codes("overlay", Names(pa.array([""], pa.string())) if overlays is None else overlays.names)


def _read_moves(
    table: RawTable, land: LandTables, periods: tuple[int, ...], overlays: Overlays | None
) -> tuple[Moves, list[Check]]:
    area, checks = _area(table, "area_ha", "moves")
    overlay = _overlay(table, overlays)
    moves = Moves(
        table.codes("zone", land.zones.names),
        table.codes("from", land.class_names),
        table.codes("to", land.class_names),
        _periods(table, periods),
        area,
        np.maximum(overlay, 0),
    )
    unknown = (moves.zone < 0) | (moves.source < 0) | (moves.to < 0)
    stays, timeless = moves.source == moves.to, moves.period == -1
    under = moves.overlay > 0
    wrong = ~unknown & ((moves.period == -2) | ((stays & ~under) != timeless) | (under & ~stays))
    checks += [
        count_check("moves.known", "plan", "", int(unknown.sum()), "every zone, from and to must be in the instance"),
        count_check(
            "moves.period",
            "plan",
            "",
            int(wrong.sum()),
            "a stay has period 0, a change or an overlay the end year of a period",
        ),
        count_check("moves.overlay", "plan", "", int((overlay < 0).sum()), "an overlay must be a site or a corridor"),
    ]
    return (moves.take(~unknown) if unknown.any() else moves), checks


def _read_opened(folder: Path, projects: Names, periods: tuple[int, ...]) -> tuple[np.ndarray, list[Check]]:
    opened = np.zeros((len(projects), len(periods)))
    path = folder / "projects.parquet"
    if not path.is_file():
        return opened, []
    table = read_table(path)
    project, period = table.codes("project", projects), _periods(table, periods)
    good = (project >= 0) & (period >= 0)
    np.add.at(opened, (project[good], period[good]), 1)
    bad = int((~good).sum())
    return opened, [count_check("projects.known", "plan", "", bad, "every open project and its period must be known")]


def _read_linked(
    folder: Path, land: LandTables, periods: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray, list[Check]]:
    shape = (len(land.regions), len(periods), WORST_GRADE + 1)
    quota, cropland = np.zeros(shape), np.zeros(shape)
    path = folder / "linked.parquet"
    if not path.is_file():
        return quota, cropland, []
    table = read_table(path)
    region, period = table.codes("region", land.regions.names), _periods(table, periods)
    grade = np.nan_to_num(table.numbers("grade", finite=False), nan=-1.0).astype(np.int64)
    taken, quota_checks = _area(table, "quota_ha", "linked.quota")
    lost, cropland_checks = _area(table, "cropland_ha", "linked.cropland")
    offered = [row.region for row in land.rows("linked_quota")]
    good = np.isin(region, offered) & (period >= 0) & (grade >= 1) & (grade <= WORST_GRADE)
    place = (region[good], period[good], grade[good])
    np.add.at(quota, place, taken[good])
    np.add.at(cropland, place, lost[good])
    words = "a row needs a region with a linked quota, the end year of a period, a grade from 1 to 15"
    known = count_check("linked.known", "plan", "", int((~good).sum()), words)
    return quota, cropland, [*quota_checks, *cropland_checks, known]


def read_plan(
    folder: Path,
    land: LandTables,
    projects: Names,
    periods: tuple[int, ...],
    *,
    linked: bool,
    overlays: Overlays | None = None,
) -> Plan:
    """Read a plan; its moves must be there, the other two tables may be absent (nothing opened, nothing linked).

    A plan drawn by hand may have its moves as moves.csv. With the rule `linked_quota` off (`linked` false) its columns
    do not exist and count as 0.
    """
    table = find_table(folder, "moves", required=False)
    if table is None:
        table = read_table(folder / "moves.parquet")  # which says that it is missing
    moves, checks = _read_moves(table, land, periods, overlays)
    opened, more = _read_opened(folder, projects, periods)
    quota, cropland, linked_checks = _read_linked(folder, land, periods)
    if not linked:
        quota, cropland, linked_checks = quota * 0, cropland * 0, []
    return Plan(moves, opened, quota, cropland, tuple(checks + more + linked_checks))
