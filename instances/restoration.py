"""The restoration part: planning units, what they hold, and projects that are opened or not.

A planning unit is not a zone; `unit_zone` says which zones it stands on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import pandas as pd


@dataclass(frozen=True)
class Project:
    """A restoration project: which land it may restore to what, within which area, at which fixed cost.

    `zones` maps zone ids to the share of the zone that the project may use; `to` names classes.
    """

    name: str
    zones: Mapping[object, float]
    to: tuple[str, ...]
    min_area_ha: float
    max_area_ha: float
    cost_wanyuan: float
    prerequisites: tuple[str, ...]


def split_names(text: str) -> tuple[str, ...]:
    """Split a list of names separated by semicolons."""
    return tuple(name.strip() for name in str(text).split(";") if name.strip())


@dataclass(frozen=True)
class Restoration:
    """The validated tables of the restoration part, by name."""

    tables: Mapping[str, pd.DataFrame] = field(repr=False)

    @property
    def projects(self) -> tuple[Project, ...]:
        """The projects with their zones resolved; a unit that is locked out offers none of its zones' land."""
        units = self.tables["units"]
        locked_out = set(units.loc[units["status"] == "locked_out", "unit"].astype(str))
        zones_of: dict[str, dict[object, float]] = {}
        pairs = self.tables["unit_zone"]
        for unit, zone, share in zip(pairs["unit"].astype(str), pairs["zone"], pairs["share"], strict=True):
            zones_of.setdefault(unit, {})[zone] = 0.0 if unit in locked_out else share
        return tuple(_project(row, zones_of) for row in self.tables["projects"].to_dict("records"))


def _project(row: Mapping[Hashable, object], zones_of: Mapping[str, Mapping[object, float]]) -> Project:
    zones: dict[object, float] = {}
    for unit in split_names(str(row["members"])):
        for zone, share in zones_of.get(unit, {}).items():
            zones[zone] = min(1.0, zones.get(zone, 0.0) + share)
    return Project(
        name=str(row["project"]),
        zones=zones,
        to=split_names(str(row["to"])),
        min_area_ha=float(str(row["min_area_ha"])),
        max_area_ha=float(str(row["max_area_ha"])),
        cost_wanyuan=float(str(row["cost_wanyuan"])),
        prerequisites=split_names(str(row["prerequisites"])),
    )
