"""Sites on eligible land: contiguous pieces of a least area, what they can carry, and the tables of the network part.

One hectare serves one technology: beside land, sites of several technologies compete for it through the zones that
they share (`site_zones`); without land, the technology that the config names first takes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pandas as pd
import shapely

from instances.faults import Fault, InstanceError, raise_if_any
from instances.readers.raster.vectors import polygonal
from instances.siting.eligibility import ACCOUNT, criteria, eligible, value_of
from instances.siting.overlay import shares_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from instances.instance import Instance
    from instances.siting.config import PotentialConfig, TechnologyConfig
    from instances.siting.ground import Ground

HA_PER_KM2 = 100.0

OUTSIDE = 1e-6
"""Share of a site that may lie outside the zones before it is told."""


@dataclass(frozen=True)
class Potential:
    """What was found.

    Attributes
    ----------
    account
        Hectares that each criterion took, the total first (`everything`), eligible sites last.
    sites
        Columns of table `sites`, with area_ha and geometry, in the reference system of the ground.
    """

    account: pd.DataFrame
    sites: geopandas.GeoDataFrame = field(repr=False)


def find_potential(
    ground: Ground, config: PotentialConfig, exclusive: bool, before: Sequence[shapely.Geometry] = ()
) -> Potential:
    """Return sites of every technology; `exclusive` keeps land of earlier ones and of `before` from later ones."""
    accounts, found = [], []
    taken = list(before)
    for technology in config.technology:
        table = criteria(technology)
        free = ground
        if exclusive and taken:
            cut = ground.cut(shapely.union_all(taken), "taken")
            free = cut.take(~cut.own["taken"])
        result = eligible(free, table)
        sites = _sites(result.ground, technology, table)
        taken += list(sites.geometry)
        accounts.append(_account(ground, free, technology.name, result.account, table, float(sites["area_ha"].sum())))
        found.append(sites)
    sites = pd.concat(found, ignore_index=True)
    return Potential(pd.concat(accounts, ignore_index=True), geopandas.GeoDataFrame(sites, crs=ground.crs))


def _account(
    ground: Ground, free: Ground, name: str, account: pd.DataFrame, table: pd.DataFrame, on_sites: float
) -> pd.DataFrame:
    """Return the account with its first and last lines."""
    whole = {"criterion": "everything", "name_zh": "全部土地", "name_en": "all land", "left_ha": ground.total_ha}
    head = [whole]
    if free is not ground:
        gone = ground.total_ha - free.total_ha
        words = {"criterion": "earlier", "name_zh": "先列技术已占用", "name_en": "taken by earlier technologies"}
        head.append({**words, "alone_ha": gone, "in_order_ha": gone, "left_ha": free.total_ha})
    before = float(account["left_ha"].iloc[-1]) if len(account) else free.total_ha
    small = table[table["kind"] == "area"]
    last = [{**row, "in_order_ha": before - on_sites, "left_ha": on_sites} for row in small.to_dict("records")]
    columns = [*ACCOUNT, "source", "status"]
    parts = [pd.DataFrame(head), account, pd.DataFrame(last)]
    rows = [row for part in parts for row in part.to_dict("records")]
    return pd.DataFrame(rows).reindex(columns=columns).assign(technology=name)


def _sites(ground: Ground, config: TechnologyConfig, table: pd.DataFrame) -> geopandas.GeoDataFrame:
    """Return the sites of one technology."""
    least, density = value_of(table, "area"), value_of(table, "density")
    if not density > 0:
        message = f"no density of {config.name} is known"
        raise InstanceError([Fault("config", message, "state it: values = { density = ... }, in MW/km2")])
    hectares = ground.area_ha.sum(axis=1)
    label = _divided(ground, hectares, _patches(ground), config.block_m, least)
    area = np.bincount(label[label >= 0], hectares[label >= 0])
    order = np.argsort(label, kind="stable")
    order = order[label[order] >= 0]
    starts = np.flatnonzero(np.diff(label[order], prepend=-1))
    groups = np.split(order, starts[1:]) if len(order) else []
    shapes = polygonal(np.array([shapely.union_all(ground.shape[group]) for group in groups], dtype=object))
    digits = max(3, len(str(len(shapes))))
    names = [f"{config.name}{number:0{digits}d}" for number in range(1, len(shapes) + 1)]
    table_of = {
        "site": names,
        "technology": config.name,
        "bus": "",
        "potential_mw": area * density / HA_PER_KM2,
        "minimum_mw": config.least_mw,
        "fixed_cost": config.fixed_cost,
        "capital_cost": config.capital_cost,
        "marginal_cost": config.marginal_cost,
        "profile": config.profile,
        "density_mw_per_km2": density,
        "facility_ha_per_mw": value_of(table, "facility"),
        "area_ha": area,
    }
    return geopandas.GeoDataFrame(table_of, geometry=shapes, crs=ground.crs)


def _patches(ground: Ground) -> NDArray[np.int64]:
    """Return the contiguous patch of each piece, numbered from 0; corners that touch do not join."""
    union = shapely.union_all(ground.shape)
    parts = shapely.get_parts(union)
    parts = parts[shapely.get_dimensions(parts) == 2]
    inner = shapely.point_on_surface(ground.shape)
    label = np.full(len(inner), -1)
    which, patch = shapely.STRtree(parts).query(inner, predicate="within")
    label[which] = patch
    lost = np.flatnonzero(label < 0)
    if len(lost):
        label[lost] = shapely.STRtree(parts).nearest(inner[lost])
    return label.astype(np.int64)


def _divided(
    ground: Ground, hectares: NDArray[np.float64], patch: NDArray[np.int64], block_m: float, least: float
) -> NDArray[np.int64]:
    """Return the site of each piece, -1 where its patch is below the least area.

    Patches are divided by a lattice; a part below the least area joins the part of its patch that lies nearest.
    """
    size = np.bincount(patch, hectares)
    label = patch.copy()
    if block_m:
        place = shapely.point_on_surface(ground.shape)
        block = np.column_stack([np.floor(shapely.get_x(place) / block_m), np.floor(shapely.get_y(place) / block_m)])
        keys = np.column_stack([patch, block])
        _, label = np.unique(keys, axis=0, return_inverse=True)
        label = _merged(label.ravel(), patch, hectares, shapely.get_coordinates(place), least)
    label = np.where(size[patch] >= least, label, -1)
    _, dense = np.unique(label, return_inverse=True)
    return dense.ravel().astype(np.int64) - int((label < 0).any())


def _merged(
    label: NDArray[np.int64],
    patch: NDArray[np.int64],
    hectares: NDArray[np.float64],
    place: NDArray[np.float64],
    least: float,
) -> NDArray[np.int64]:
    """Join parts of a patch that are too small to the nearest one that is not, else to the largest."""
    size = np.bincount(label, hectares)
    centre = np.column_stack([np.bincount(label, hectares * place[:, axis]) / size for axis in (0, 1)])
    home = np.zeros(len(size), dtype=np.int64)
    home[label] = patch
    goal = np.arange(len(size))
    for one in np.flatnonzero(size < least):
        others = np.flatnonzero((home == home[one]) & (size >= least))
        if len(others):
            goal[one] = others[np.argmin(((centre[others] - centre[one]) ** 2).sum(axis=1))]
        else:
            mine = np.flatnonzero(home == home[one])
            goal[one] = mine[np.argmax(size[mine])]
    return goal[label]


def site_zones(sites: geopandas.GeoDataFrame, instance: Instance) -> tuple[pd.DataFrame, pd.Series]:
    """Return table `site_zones` by exact intersection, and the share of each site that lies inside the zones.

    Raises InstanceError where a site lies wholly outside the land.
    """
    zones = instance.zone_geometry()
    shapes = sites.to_crs(zones.crs).geometry.to_numpy()
    drawn = zones.geometry.to_numpy()
    site, zone, area = shares_in(shapes, drawn)
    inside = np.bincount(site, area, minlength=len(sites)) / shapely.area(shapes)
    raise_if_any(
        Fault("sites", f"site {sites['site'].iloc[row]} lies outside the land of the instance", "is the CRS right?")
        for row in np.flatnonzero(inside <= OUTSIDE)
    )
    table = pd.DataFrame(
        {
            "site": sites["site"].to_numpy()[site],
            "zone": zones["zone"].to_numpy()[zone],
            "share": np.minimum(area / shapely.area(drawn[zone]), 1.0),
        }
    )
    return table, pd.Series(np.minimum(inside, 1.0), index=sites["site"])


def nearest_bus(sites: geopandas.GeoDataFrame, buses: pd.DataFrame, crs: object) -> NDArray[np.object_]:
    """Return the bus nearest to each site; `crs` is that of the coordinates of the buses.

    Returns names, (sites,); raises InstanceError where there is no bus, or one without coordinates.
    """
    if buses.empty:
        raise InstanceError([Fault("buses", "there is none to join sites to", "add buses with x_m and y_m")])
    raise_if_any(without_place(buses))
    points = shapely.points(buses[["x_m", "y_m"]].to_numpy(dtype=float))
    shapes = sites.to_crs(crs).geometry.to_numpy()
    return buses["bus"].astype(str).to_numpy(dtype=object)[shapely.STRtree(points).nearest(shapes)]


def without_place(buses: pd.DataFrame) -> list[Fault]:
    """Return a fault for each bus that has no coordinates; left out, they are 0."""
    place = buses[["x_m", "y_m"]].to_numpy(dtype=float)
    nowhere = np.isnan(place).any(axis=1) | (place == 0).all(axis=1)
    return [
        Fault("buses", f"bus {buses['bus'].iloc[row]} has no coordinates", "state x_m and y_m", column="x_m")
        for row in np.flatnonzero(nowhere)
    ]
