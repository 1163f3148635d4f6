"""Which moves a made instance allows, and a hidden plan of such moves that proves it feasible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from instances.synthetic.catalogue import CLOSED_TO_NEW, NEVER_LEAVES, LandType
from instances.synthetic.landscape import CORE, GENERAL, Landscape

if TYPE_CHECKING:
    from instances.synthetic.options import Options

Array = np.ndarray
STAY = -1
URBAN_GROWTH = 0.15
"""New urban housing in the witness, as a share of what a region has."""
RECLAMATION = 0.5
"""New cropland in the witness, as a share of what growth takes from the countryside."""
RESTORATION = 0.02
"""Land restored in the witness, as a share of a region."""
BARE_GROWTH = 0.005
"""Growth of a region without urban housing, as a share of its land."""


def refusal(before: LandType, after: LandType) -> str:
    """Return why the transition matrix bars a pair, empty where it allows it."""
    if before.group in NEVER_LEAVES:
        return NEVER_LEAVES[before.group]
    if after.group in CLOSED_TO_NEW:
        return CLOSED_TO_NEW[after.group]
    if before.setting == "urban" and after.group == "cropland":
        return "town land is not reclaimed for crops"
    if before.setting == "urban" and after.setting == "rural":
        return "towns do not become villages"
    return ""


def restores(before: LandType, after: LandType) -> bool:
    """Return whether a pair counts as restoration of nature."""
    if not after.ecological or after.group == "water":
        return False
    if after.group == "grass":
        return not before.ecological
    return before.group not in ("forest", "wetland", "water")


def condition(after: LandType) -> str:
    """Return the column of `zones` that must be 1 for land to become the class."""
    return "afforestable" if after.group == "forest" else ""


def cost(before: LandType, after: LandType) -> float:
    """Return the cost of a change in 10k CNY/ha: clearing what is there and making what comes."""
    return after.arrival_cost + before.clearing_cost


def permitted(land: Landscape, rows: Array, after: int) -> Array:
    """Mark those of the cover `rows` that may become class `after` under every permission rule."""
    zone, before = land.cover_zone[rows], land.cover_class[rows]
    target = land.types[after]
    cropland = land.in_group("cropland")
    may = np.array([k != after and not refusal(t, target) for k, t in enumerate(land.types)])[before]
    may &= land.red_line[zone] != CORE
    if target.built or target.group in ("cropland", "farm_facility"):
        may &= land.red_line[zone] != GENERAL
    if condition(target):
        may &= land.afforestable[zone]
    if target.group == "cropland":
        fit = (land.slope_class[zone] < 5) & (land.potential_grade[zone] >= 1)
        may &= fit | cropland[before]
    else:
        may &= ~(land.farmland[zone] & cropland[before])
    if target.built and target.setting == "urban":
        may &= land.boundary[zone]
    return may


@dataclass(frozen=True)
class Projects:
    """Blocks of cells: one block a project, cut into units; all restore to one class."""

    to: int
    project_of_zone: Array
    unit_of_zone: Array
    unit_corners: Array
    unit_area_ha: Array
    unit_project: Array
    fixed_cost: Array
    prerequisite: Array

    @property
    def count(self) -> int:
        """Number of projects."""
        return len(self.fixed_cost)


@dataclass(frozen=True)
class Witness:
    """A plan that keeps every rule: for each cover row the class it becomes (`STAY`: none) and when (from 0)."""

    to: Array
    period: Array
    governed: Array
    open_projects: Array
    open_period: Array


def draw_witness(land: Landscape, projects: Projects, options: Options) -> Witness:
    """Draw growth, then restoration by projects, then reclamation, then restoration elsewhere."""
    rng = np.random.default_rng([options.seed, 2])
    rows = len(land.cover_zone)
    to = np.full(rows, STAY, dtype=np.int8)
    period = rng.integers(0, options.periods, rows, dtype=np.int8)
    governed = np.zeros(rows, dtype=bool)
    region_area = np.bincount(land.region, land.area_ha, options.leaf_regions)
    for name in ("urban_housing", "industry"):
        _grow(land, rng, to, name, region_area)
    is_open, open_period = _open_projects(rng, projects, options.periods)
    _restore_by_projects(land, projects, rng, to, period, governed, is_open, open_period)
    new_built = land.per_class("built")[to] & (to != STAY)
    lost = np.bincount(_region_of(land, new_built), land.cover_area_ha[new_built], options.leaf_regions)
    _take(land, rng, to, land.class_of("cropland"), RECLAMATION * lost, _countryside(land))
    restorable = np.array([restores(t, land.types[projects.to]) for t in land.types])
    outside_projects = projects.project_of_zone[land.cover_zone] < 0
    _take(land, rng, to, projects.to, RESTORATION * region_area, restorable[land.cover_class] & outside_projects)
    return Witness(to, period, governed, is_open, open_period)


def _region_of(land: Landscape, rows: Array) -> Array:
    return land.region[land.cover_zone[rows]]


def _countryside(land: Landscape) -> Array:
    """Mark rows that the witness may reclaim: villages, bare soil, grass and orchards."""
    return land.in_group("housing_rural", "unused", "grass", "orchard")[land.cover_class]


def _grow(land: Landscape, rng: np.random.Generator, to: Array, name: str, region_area: Array) -> None:
    after = land.class_of(name)
    if after < 0:
        return
    present = land.cover_class == after
    stock = np.bincount(_region_of(land, present), land.cover_area_ha[present], len(region_area))
    wanted = np.where(stock > 0, URBAN_GROWTH * stock, BARE_GROWTH * region_area)
    from_rest = ~np.array([t.built and t.setting != "rural" for t in land.types])[land.cover_class]
    _take(land, rng, to, after, wanted, from_rest, prefer=land.urbanity)


def _take(
    land: Landscape,
    rng: np.random.Generator,
    to: Array,
    after: int,
    wanted_ha: Array,
    among: Array,
    prefer: Array | None = None,
) -> None:
    """Let rows that have no move yet become `after`, region by region, until the wanted area is reached."""
    rows = np.flatnonzero(among & (to == STAY))
    rows = rows[permitted(land, rows, after)]
    score = rng.standard_normal(len(rows))
    if prefer is not None:
        score += prefer[land.cover_zone[rows]]
    to[first_reaching(rows, land.region[land.cover_zone[rows]], score, land.cover_area_ha, wanted_ha)] = after


def first_reaching(rows: Array, block: Array, score: Array, area_ha: Array, wanted_ha: Array) -> Array:
    """Return the rows of highest score in each block until their area reaches what the block wants."""
    order = np.lexsort((-score, block))
    rows, block = rows[order], block[order]
    before = np.concatenate([[0.0], np.cumsum(area_ha[rows])])[:-1]
    first = np.flatnonzero(np.diff(block, prepend=-1))
    start = np.repeat(before[first], np.diff(np.append(first, len(block))))
    return rows[before - start < wanted_ha[block]]


def _open_projects(rng: np.random.Generator, projects: Projects, periods: int) -> tuple[Array, Array]:
    """Open about half of the projects, and with each what it needs, no later than itself."""
    is_open = rng.random(projects.count) < 0.5
    period = rng.integers(0, periods, projects.count)
    if projects.count:
        is_open[0] = True
    for p in range(projects.count - 1, -1, -1):
        needed = projects.prerequisite[p]
        if is_open[p] and needed >= 0:
            period[needed] = min(period[needed], period[p]) if is_open[needed] else period[p]
            is_open[needed] = True
    return is_open, period


def governed_rows(land: Landscape, projects: Projects) -> Array:
    """Return the cover rows whose move to the projects' class a project governs."""
    if not projects.count:
        return np.empty(0, dtype=np.intp)
    rows = np.flatnonzero(projects.project_of_zone[land.cover_zone] >= 0)
    return rows[permitted(land, rows, projects.to)]


def _restore_by_projects(
    land: Landscape,
    projects: Projects,
    rng: np.random.Generator,
    to: Array,
    period: Array,
    governed: Array,
    is_open: Array,
    open_period: Array,
) -> None:
    """Let about half of what each open project may restore be restored, in its period."""
    rows = governed_rows(land, projects)
    rows = rows[to[rows] == STAY]
    project = projects.project_of_zone[land.cover_zone[rows]]
    rows, project = rows[is_open[project]], project[is_open[project]]
    wanted = 0.5 * np.bincount(project, land.cover_area_ha[rows], projects.count)
    chosen = first_reaching(rows, project, rng.standard_normal(len(rows)), land.cover_area_ha, wanted)
    to[chosen] = projects.to
    governed[chosen] = True
    period[chosen] = open_period[projects.project_of_zone[land.cover_zone[chosen]]]
