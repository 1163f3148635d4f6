"""Restoration units and projects of the Weihai instance (made: places from the seed, areas and costs assumed)."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas
import numpy as np
import pandas as pd
import shapely

HA = 10_000.0


@dataclass(frozen=True)
class Kind:
    """A kind of restoration: where it may lie, what it restores to, and what it costs to open.

    `sources` are the classes its least and greatest area are reckoned from. Ponds may join, but are
    not reckoned on: the account credits nothing that comes out of water.
    """

    name: str
    name_zh: str
    name_en: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    fixed_wanyuan_per_ha: float


KINDS = (
    Kind("coast", "滨海湿地修复", "Coastal wetland", ("0603", "1206"), ("1105",), 1.2),
    Kind("shelter", "海防林建设", "Coastal shelter forest", ("1206", "04"), ("0301",), 0.8),
    Kind("mine", "矿山生态修复", "Mine site", ("0602",), ("0301", "04"), 2.0),
    Kind("river", "河流廊道修复", "River corridor", ("1206",), ("1108", "0307"), 1.0),
)
"""Four kinds; each has three projects that follow one another."""

PROJECTS_PER_KIND = 3
UNITS_PER_PROJECT = (4, 3, 3)
ZONES_PER_UNIT = 4
ORDINAL_ZH = ("一期", "二期", "三期")
LEAST_SHARE, MOST_SHARE = 0.10, 0.80
"""Smallest and largest part of the restorable land that an opened project takes (assumed)."""


def make_units(
    generator: np.random.Generator, zones: geopandas.GeoDataFrame, cover: pd.DataFrame, allowed: set[tuple[str, str]]
) -> tuple[geopandas.GeoDataFrame, pd.DataFrame, pd.DataFrame]:
    """Return units, unit_zone and projects; no zone serves two units."""
    restorable = {kind.name: restorable_ha(kind, zones, cover, allowed) for kind in KINDS}
    neighbours = _neighbours(zones)
    taken: set[int] = set()
    members: list[tuple[str, Kind, int, list[int]]] = []
    for kind in KINDS:
        areas = restorable[kind.name]
        for phase, count in enumerate(UNITS_PER_PROJECT):
            for number in range(count):
                group = _grow(generator, areas, places(kind, zones), neighbours, taken)
                members.append((f"{kind.name}{phase + 1}{'abcd'[number]}", kind, phase, group))
                taken.update(group)
    return _units(zones, members), _unit_zone(zones, members), _projects(members, restorable)


def with_sites(zones: geopandas.GeoDataFrame, unit_zone: pd.DataFrame) -> geopandas.GeoDataFrame:
    """Add the flags that transitions take as conditions: coast_site, mine_site, river_site."""
    flags = {}
    for name in ("coast", "mine", "river"):
        listed = unit_zone.loc[unit_zone["unit"].str.startswith(name), "zone"]
        flags[f"{name}_site"] = zones["zone"].isin(listed).astype(int)
    return zones.assign(**flags)


def restorable_ha(kind: Kind, zones: pd.DataFrame, cover: pd.DataFrame, allowed: set[tuple[str, str]]) -> np.ndarray:
    """Return the hectares of each zone that the kind could restore under the transition table."""
    sources = {i for i in kind.sources if any((i, j) in allowed for j in kind.targets)}
    held = cover[cover["class"].isin(sources)].groupby("zone")["area_ha"].sum()
    return zones["zone"].map(held).fillna(0.0).to_numpy()


def places(kind: Kind, zones: pd.DataFrame) -> np.ndarray:
    """Return in which zones the kind may lie, (zones,)."""
    character = zones["character"]
    suits = {
        "coast": (zones["shore"] == 1) & character.isin(("tidal", "coast", "ponds")),
        "shelter": character.isin(("coast", "hill", "mountain"))
        & (zones["_shore_m"] < 9_000.0)
        & (zones["afforestable"] == 1),
        "mine": character.isin(("mining", "hill", "mountain")) & (zones["afforestable"] == 1),
        "river": (zones["stream"] == 1) & character.isin(("plain", "hill", "coast")),
    }
    return (suits[kind.name] & (zones["red_line"] != "core")).to_numpy()


def _neighbours(zones: geopandas.GeoDataFrame) -> dict[int, list[int]]:
    shapes = shapely.buffer(zones.geometry.to_numpy(), 1.0, quad_segs=1)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    near: dict[int, list[int]] = {i: [] for i in range(len(zones))}
    for i, j in sorted(zip(one.tolist(), other.tolist(), strict=True)):
        if i != j:
            near[i].append(j)
    return near


def _grow(
    generator: np.random.Generator,
    areas: np.ndarray,
    suits: np.ndarray,
    neighbours: dict[int, list[int]],
    taken: set[int],
) -> list[int]:
    """Start at a zone rich in restorable land and add the richest neighbours."""
    free = suits & (areas > 0.5)
    free[list(taken)] = False
    candidates = np.flatnonzero(free)
    weight = areas[candidates] ** 1.5
    group = [int(generator.choice(candidates, p=weight / weight.sum()))]
    while len(group) < ZONES_PER_UNIT:
        around = {j for i in group for j in neighbours[i] if free[j] and j not in group}
        if not around:
            break
        group.append(max(around, key=lambda j: (areas[j], -j)))
    return sorted(group)


def _units(zones: geopandas.GeoDataFrame, members: list[tuple[str, Kind, int, list[int]]]) -> geopandas.GeoDataFrame:
    shapes = [shapely.union_all(zones.geometry.iloc[group].to_numpy(), grid_size=0.01) for *_rest, group in members]
    areas = [round(float(zones["area_ha"].iloc[group].sum()), 4) for *_rest, group in members]
    frame = {"unit": [name for name, *_rest in members], "cost": 0.0, "area_ha": areas, "status": "free"}
    return geopandas.GeoDataFrame(frame, geometry=shapes, crs=zones.crs)


def _unit_zone(zones: pd.DataFrame, members: list[tuple[str, Kind, int, list[int]]]) -> pd.DataFrame:
    rows = [(name, zones["zone"].iloc[i], 1.0) for name, _kind, _phase, group in members for i in group]
    return pd.DataFrame(rows, columns=["unit", "zone", "share"])


def _projects(members: list[tuple[str, Kind, int, list[int]]], restorable: dict[str, np.ndarray]) -> pd.DataFrame:
    rows = []
    for kind in KINDS:
        for phase in range(PROJECTS_PER_KIND):
            mine = [(name, group) for name, k, p, group in members if k is kind and p == phase]
            area = float(sum(restorable[kind.name][group].sum() for _name, group in mine))
            rows.append(
                (
                    f"{kind.name}{phase + 1}",
                    f"{kind.name_zh}{ORDINAL_ZH[phase]}",
                    f"{kind.name_en}, phase {phase + 1}",
                    ";".join(name for name, _group in mine),
                    ";".join(kind.targets),
                    round(LEAST_SHARE * area, 1),
                    round(MOST_SHARE * area, 1),
                    round(120.0 + kind.fixed_wanyuan_per_ha * area, 0),
                    f"{kind.name}{phase}" if phase else "",
                    "synthetic site; areas from its cover, costs assumed",
                    "made",
                )
            )
    columns = ["project", "name_zh", "name_en", "members", "to", "min_area_ha", "max_area_ha", "cost_wanyuan"]
    return pd.DataFrame(rows, columns=[*columns, "prerequisites", "source", "status"])
