"""The plan as every tool reads it: moves, opened projects, linked quota, chosen units."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from formulations.land import linked_quota, restoration_project
from formulations.restoration.unit_land import SELECTION
from instances.restoration import split_names

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from formulations.program import Program
    from instances.instance import Instance


@dataclass(frozen=True)
class Plan:
    """What is decided, in the tables of the plan folder.

    Attributes
    ----------
    moves
        zone, from, to, period (end year; 0 for what stays), overlay, area_ha; stays included, so that
        the areas of a zone and class add up to what is there.
    projects
        project, period: restoration projects that are opened; None without projects.
    linked
        region, period, grade, quota_ha, cropland_ha: use of the linked quota; None where there is none.
    selection
        unit, management_zone, amount: planning units that are chosen with the land, else those of opened projects;
        None without either.
    neighbours
        zone_a, zone_b, length_m as measured in the polygons; None where the instance states them or no rule asks.
    """

    moves: pd.DataFrame
    projects: pd.DataFrame | None = field(default=None)
    linked: pd.DataFrame | None = field(default=None)
    selection: pd.DataFrame | None = field(default=None)
    neighbours: pd.DataFrame | None = field(default=None)


def plan_of(instance: Instance, program: Program, shares: NDArray[np.float64]) -> Plan:
    """Return the plan that values of the Program's columns stand for."""
    projects = _opened(program, shares)
    return Plan(
        moves=_moves(program, shares),
        projects=projects,
        linked=_linked(program, shares),
        selection=_selection(instance, program, shares, projects),
        neighbours=instance.measured_neighbours(),
    )


def write_plan(plan: Plan, folder: Path) -> None:
    """Write the plan's tables as Parquet into a new folder."""
    folder.mkdir(parents=True)
    for name in ("moves", "projects", "linked", "selection", "neighbours"):
        table = getattr(plan, name)
        if table is not None:
            table.to_parquet(folder / f"{name}.parquet", index=False)


def _moves(program: Program, shares: NDArray[np.float64]) -> pd.DataFrame:
    moves, names = program.moves, program.names
    land = shares[: len(moves)]
    used = np.flatnonzero(land > 0)
    years = np.array([0, *names.periods])
    classes = names.classes.to_numpy()
    return pd.DataFrame(
        {
            "zone": names.zones.to_numpy()[moves.zone[used]],
            "from": classes[moves.source[used]],
            "to": classes[moves.target[used]],
            "period": years[moves.period[used]],
            "overlay": np.array(names.overlays, dtype=object)[moves.overlay[used]],
            "area_ha": land[used] * moves.area_ha[used],
        }
    )


def _family(program: Program, shares: NDArray[np.float64], name: str) -> pd.DataFrame | None:
    for family in program.columns:
        if family.family == name:
            start = program.offsets[name]
            return family.labels.assign(value=shares[start : start + len(family)])
    return None


def _opened(program: Program, shares: NDArray[np.float64]) -> pd.DataFrame | None:
    table = _family(program, shares, restoration_project.FAMILY)
    return None if table is None else table.loc[table["value"] > 0.5, ["project", "period"]].reset_index(drop=True)


def _linked(program: Program, shares: NDArray[np.float64]) -> pd.DataFrame | None:
    table = _family(program, shares, linked_quota.FAMILY)
    if table is None:
        return None
    wide = table.pivot_table(index=["region", "period", "grade"], columns="kind", values="value").reset_index()
    wide = wide.rename(columns={"quota": "quota_ha", "cropland": "cropland_ha"}).rename_axis(columns=None)
    return wide.loc[(wide["quota_ha"] > 0) | (wide["cropland_ha"] > 0)].reset_index(drop=True)


def _selection(
    instance: Instance, program: Program, shares: NDArray[np.float64], projects: pd.DataFrame | None
) -> pd.DataFrame | None:
    chosen = _family(program, shares, SELECTION)
    if chosen is not None:
        taken = chosen[chosen["value"] > 0].reset_index(drop=True)
        return taken.rename(columns={"value": "amount"})[["unit", "management_zone", "amount"]]
    if projects is None:
        return None
    assert instance.restoration is not None
    table = instance.restoration.tables["projects"]
    opened = table[table["project"].isin(projects["project"])]
    table = instance.restoration.tables["units"]
    free = set(table.loc[table["status"] != "locked_out", "unit"].astype(str))
    units = sorted({unit for members in opened["members"] for unit in split_names(members)} & free)
    return pd.DataFrame({"unit": units, "management_zone": "", "amount": 1.0})
