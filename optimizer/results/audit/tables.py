"""The land part of an instance as arrays: zones, present cover, transitions and quotas, straight from the files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.results.audit.files import Names, RawTable, find_table, need_table, shipped_table
from optimizer.results.audit.groups import BUILT_KINDS, Groups
from optimizer.results.audit.regions import Regions, read_regions

if TYPE_CHECKING:
    from pathlib import Path

RED_LINE = ("", "core", "general")
WORST_GRADE = 15


@dataclass(frozen=True)
class Zones:
    """Zones by code, every array of their length; `table` keeps the file for the columns that conditions name."""

    names: Names
    region: np.ndarray
    red_line: np.ndarray
    farmland: np.ndarray
    boundary: np.ndarray
    slope_class: np.ndarray
    grade: np.ndarray
    potential_grade: np.ndarray
    kind: np.ndarray
    whole: np.ndarray
    min_lot_ha: np.ndarray
    cost_factor: np.ndarray
    table: RawTable

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True)
class Cover:
    """Present area A0 (ha) by key = zone * classes + class, ascending."""

    key: np.ndarray
    area_ha: np.ndarray
    classes: int

    def places(self, zone: np.ndarray, cls: np.ndarray) -> np.ndarray:
        """Return the place of each (zone, class) in the cover, -1 where no such land was recorded."""
        wanted = zone.astype(np.int64) * self.classes + cls
        if not len(self.key):
            return np.full(len(wanted), -1)
        found = np.searchsorted(self.key, wanted)
        found[found == len(self.key)] = 0
        return np.where(self.key[found] == wanted, found, -1)


@dataclass(frozen=True)
class Transitions:
    """Square tables [from, to]: allowed, cost (10k CNY/ha), restoration, condition (place in `met`, -1 none).

    `met` holds for each condition whether every zone meets it.
    """

    allowed: np.ndarray
    cost: np.ndarray
    restoration: np.ndarray
    condition: np.ndarray
    met: tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Quota:
    """One row of quotas.csv; `period` is an index (the last where the file says 0), `any_period` keeps that 0."""

    id: str
    rule: str
    region: int
    period: int
    any_period: bool
    group: str
    grade: int
    value: float
    unit: str


@dataclass(frozen=True)
class LandTables:
    """The whole land part except the factors and the context, which the carbon account reads itself."""

    folder: Path
    class_names: Names
    groups: Groups
    regions: Regions
    zones: Zones
    cover: Cover
    transitions: Transitions
    quotas: tuple[Quota, ...]
    zone_cost_key: np.ndarray
    zone_cost: np.ndarray

    def rows(self, rule: str) -> tuple[Quota, ...]:
        """Return the quotas of one rule."""
        return tuple(quota for quota in self.quotas if quota.rule == rule)


def _read_zones(folder: Path, regions: Regions) -> Zones:
    table = need_table(folder, "zones")
    return Zones(
        names=table.names("zone"),
        region=table.known_codes("region", regions.names, "region"),
        red_line=table.choice("red_line", RED_LINE),
        farmland=table.flags("farmland"),
        boundary=table.flags("boundary"),
        slope_class=table.integers("slope_class", 1),
        grade=table.integers("grade", 0),
        potential_grade=table.integers("potential_grade", 0),
        kind=table.choice("built_kind", BUILT_KINDS),
        whole=table.flags("whole"),
        min_lot_ha=table.numbers("min_lot_ha", 0.0),
        cost_factor=table.numbers("cost_factor", 1.0),
        table=table,
    )


def _read_cover(folder: Path, zones: Names, classes: Names) -> Cover:
    table = need_table(folder, "cover")
    key = table.known_codes("zone", zones, "zone").astype(np.int64) * len(classes)
    key += table.known_codes("class", classes, "class")
    area = table.numbers("area_ha")
    if (area < 0).any():
        raise table.error(f"row {int(np.argmax(area < 0)) + 1}: negative area")
    if (np.diff(key) <= 0).any():
        order = np.argsort(key, kind="stable")
        key, area = key[order], area[order]
        if (np.diff(key) == 0).any():
            raise table.error("a (zone, class) stands twice")
    return Cover(key, area, len(classes))


def _read_transitions(folder: Path, classes: Names, zones: Zones) -> Transitions:
    table = need_table(folder, "transitions")
    pair = (table.known_codes("from", classes, "class"), table.known_codes("to", classes, "class"))
    if len(set(zip(*(codes.tolist() for codes in pair), strict=True))) != len(table):
        raise table.error("a pair of classes stands twice")
    conditions = table.text("condition", "")
    names = tuple(sorted(set(conditions) - {""}))
    square = (len(classes), len(classes))
    allowed, restoration = np.zeros(square, bool), np.zeros(square, bool)
    cost, condition = np.zeros(square), np.full(square, -1)
    allowed[pair] = table.flags("allowed")
    restoration[pair] = table.flags("restoration")
    cost[pair] = table.numbers("cost_wanyuan_per_ha", 0.0)
    condition[pair] = [names.index(name) if name else -1 for name in conditions]
    return Transitions(allowed, cost, restoration, condition, tuple(zones.table.flags(name) for name in names))


def _read_quotas(folder: Path, regions: Regions, periods: tuple[int, ...]) -> tuple[Quota, ...]:
    table = find_table(folder, "quotas", required=False)
    if table is None:
        return ()
    years = table.integers("period", 0).tolist()
    if unknown := set(years) - {0, *periods}:
        raise table.error(f"period {min(unknown)} is not the end of a period")
    columns = (
        table.text("id"),
        table.text("rule"),
        table.known_codes("region", regions.names, "region").tolist(),
        [periods.index(year) if year else len(periods) - 1 for year in years],
        [year == 0 for year in years],
        table.text("group", ""),
        table.integers("grade", 0).tolist(),
        table.numbers("value").tolist(),
        table.text("unit"),
    )
    return tuple(Quota(*row) for row in zip(*columns, strict=True))


def _read_zone_costs(folder: Path, zones: Names, classes: Names) -> tuple[np.ndarray, np.ndarray]:
    table = find_table(folder, "zone_costs", required=False)
    if table is None:
        return np.zeros(0, np.int64), np.zeros(0)
    key = table.known_codes("zone", zones, "zone").astype(np.int64) * len(classes)
    key += table.known_codes("to", classes, "class")
    order = np.argsort(key, kind="stable")
    if (np.diff(key[order]) == 0).any():
        raise table.error("a (zone, to) stands twice")
    return key[order], table.numbers("cost_wanyuan_per_ha")[order]


def read_land(instance: Path, periods: tuple[int, ...]) -> LandTables:
    """Read the land part of an instance folder."""
    folder = instance / "land"
    classes = need_table(folder, "classes")
    names = classes.names("class")
    regions = read_regions(need_table(folder, "regions"))
    zones = _read_zones(folder, regions)
    return LandTables(
        folder,
        names,
        Groups(classes, names, shipped_table("groups")),
        regions,
        zones,
        _read_cover(folder, zones.names, names),
        _read_transitions(folder, names, zones),
        _read_quotas(folder, regions, periods),
        *_read_zone_costs(folder, zones.names, names),
    )
