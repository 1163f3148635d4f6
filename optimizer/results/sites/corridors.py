"""Corridors of a selection: the units that each runs through, what it needs on either side, and lines for maps.

A line joins the core areas one after another by ways of least cost through chosen units; on a plan that buys no more
than it must these are all its units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pandas as pd
import scipy.sparse as sp
import shapely
from scipy.sparse.csgraph import dijkstra

from instances.corridors import beside, core_units, corridors, within_rings

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from instances.corridors import Corridor
    from instances.sites import Sites
    from optimizer.results.sites.plan import Selection

TABLE = "corridors"
LINE, BESIDE, CORE = "line", "beside", "core"
COLUMNS = ("corridor", "unit", "part", "cost")
NEXT_TO_NOTHING = 1e-6
"""Part of the mean cost that a unit costs at least, so that of ways as cheap a short one is taken."""


@dataclass(frozen=True)
class Way:
    """A corridor as it runs: pairs of units that follow each other, (steps, 2), and the units of each part."""

    corridor: Corridor
    steps: NDArray[np.int64]
    line: NDArray[np.int64]
    beside: NDArray[np.int64]
    core: NDArray[np.int64]


def ways(selection: Selection) -> list[Way]:
    """Return the corridors of a selection; core areas that it does not connect are left out."""
    return [_way(selection, corridor) for corridor in corridors(selection.sites)]


def corridor_table(selection: Selection) -> pd.DataFrame:
    """Return one row a corridor and unit: corridor, unit, part (`line`, `beside` it, `core` where it ends), cost."""
    sites = selection.sites
    cost = (sites.cost.reshape(sites.n_units, sites.n_zones) * selection.share).sum(axis=1)
    rows = [
        pd.DataFrame(
            {"corridor": way.corridor.id, "unit": sites.units.astype(str).to_numpy()[units], "part": part}
        ).assign(cost=cost[units])
        for way in ways(selection)
        for part, units in ((LINE, way.line), (BESIDE, way.beside), (CORE, way.core))
    ]
    return pd.concat(rows, ignore_index=True)[list(COLUMNS)] if rows else pd.DataFrame(columns=list(COLUMNS))


def write_corridors(selection: Selection, folder: Path) -> None:
    """Write the table as Parquet beside the selection; nothing where no corridor is asked for."""
    if len(corridors(selection.sites)):
        corridor_table(selection).to_parquet(folder / f"{TABLE}.parquet", index=False)


def corridor_lines(selection: Selection, shapes: geopandas.GeoSeries) -> geopandas.GeoDataFrame:
    """Return one line a corridor through points inside its units; `shapes` are the polygons of all units."""
    names, lines = [], []
    for way in ways(selection):
        inside, place = np.unique(way.steps, return_inverse=True)
        points = shapely.get_coordinates(shapely.point_on_surface(np.asarray(shapes.array)[inside]))
        segments = points[place.reshape(-1, 2)]
        names.append(way.corridor.id)
        lines.append(shapely.line_merge(shapely.MultiLineString(list(segments))))
    return geopandas.GeoDataFrame({"corridor": names}, geometry=lines, crs=shapes.crs)


def names_of(selection: Selection) -> NDArray[np.object_]:
    """Return the corridors that each unit belongs to, separated by ;, (units,)."""
    found = np.full(selection.sites.n_units, "", dtype=object)
    for way in ways(selection):
        for unit in np.concatenate([way.line, way.beside]).tolist():
            found[unit] = f"{found[unit]};{way.corridor.id}".lstrip(";")
    return found


def _way(selection: Selection, corridor: Corridor) -> Way:
    sites = selection.sites
    there, open_ = core_units(sites), _open(selection, corridor)
    reach = within_rings(sites, corridor.rings)
    fits = reach @ (~open_).astype(float) == 0
    own = corridor.core(sites.n_units)
    steps = _tree(sites, corridor, fits | own, _cost(sites))
    ends = np.unique(steps)
    line = ends[~own[ends]]
    needed = np.zeros(sites.n_units, dtype=bool)
    needed[sp.csr_array(reach[line]).indices] = True
    needed[line] = False
    return Way(corridor, steps, line, np.flatnonzero(needed & ~there), ends[own[ends]])


def _open(selection: Selection, corridor: Corridor) -> NDArray[np.bool_]:
    """Return which units are chosen in the management zones of a corridor, or core, (units,)."""
    sites = selection.sites
    inside = corridor.inside[: sites.n_zones]
    return core_units(sites) | (selection.share[:, inside].sum(axis=1) > 0.5)


def _cost(sites: Sites) -> NDArray[np.float64]:
    cost = np.maximum(sites.cost.reshape(sites.n_units, sites.n_zones).min(axis=1), 0.0)
    return np.asarray(cost + NEXT_TO_NOTHING * (cost.mean() or 1.0))


def _tree(sites: Sites, corridor: Corridor, open_: NDArray[np.bool_], cost: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return pairs of units by which the core areas are joined one after another, (steps, 2)."""
    left, right = beside(sites)
    both = open_[left] & open_[right]
    left, right = np.concatenate([left[both], right[both]]), np.concatenate([right[both], left[both]])
    parts = corridor.parts()
    node, size = np.arange(sites.n_units), sites.n_units + len(parts)
    for place, (_, units) in enumerate(parts):
        node[units] = sites.n_units + place
    pay = np.concatenate([cost, np.full(len(parts), cost.min())])
    tail, head = node[left], node[right]
    apart = np.flatnonzero(tail != head)
    key, first = np.unique(tail[apart] * size + head[apart], return_index=True)
    graph = sp.csr_array((pay[key % size], (key // size, key % size)), shape=(size, size))
    reached, missing, steps = [sites.n_units], set(range(sites.n_units + 1, size)), []
    while missing:
        far, before, _ = dijkstra(graph, indices=reached, min_only=True, return_predecessors=True)
        nearest = min(missing, key=lambda end: (float(far[end]), end))
        if not np.isfinite(far[nearest]):
            break
        here = nearest
        while before[here] >= 0:
            link = apart[first[np.searchsorted(key, before[here] * size + here)]]
            steps.append((left[link], right[link]))
            reached.append(here)
            here = int(before[here])
        missing -= set(reached)
    return np.array(steps, dtype=np.int64).reshape(-1, 2)
