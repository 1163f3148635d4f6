"""What siting finds, written into the network part of an instance, and as layers to look at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pandas as pd
import rasterio
import shapely
from pyproj import CRS

from instances import schema
from instances.classes import load_groups, shipped_table
from instances.faults import Fault, InstanceError, raise_if_any
from instances.overlays import CORRIDOR
from instances.readers.folder import SUFFIXES, read_table
from instances.siting.eligibility import criteria
from instances.siting.potential import nearest_bus, site_zones
from instances.siting.strips import segment_zones
from instances.write_sites import write_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from instances.instance import Instance
    from instances.siting.config import PotentialConfig, RouteConfig, TechnologyConfig
    from instances.siting.corridors import Corridors
    from instances.siting.friction import Surface
    from instances.siting.potential import Potential

PART = "network"


def instance_crs(instance: Instance) -> CRS:
    """Return the reference system of an instance's coordinates; raises InstanceError where none is stated."""
    if instance.land is not None and instance.has_geometry():
        found = instance.zone_geometry().crs
        if found is not None:
            return found
    if instance.settings.instance.crs:
        return CRS.from_user_input(instance.settings.instance.crs)
    place = str(instance.folder / "instance.toml")
    message = "does not say in which reference system the coordinates of buses are"
    raise InstanceError([Fault(place, message, 'state crs = "EPSG:..."', column="instance.crs")])


def put(folder: Path, tables: Mapping[str, pd.DataFrame], replaced: Mapping[str, NDArray[np.bool_]]) -> None:
    """Write tables into the network part of a folder; columns that the schema does not know are left out.

    Parameters
    ----------
    tables
        New rows by table.
    replaced
        Which present rows of a table give way to them; the others stay.
    """
    part = folder / PART
    part.mkdir(exist_ok=True)
    for name, frame in tables.items():
        columns = [column.name for column in schema.table(PART, name).columns if column.name in frame]
        new = frame[[*columns, "geometry"]] if isinstance(frame, geopandas.GeoDataFrame) else frame[columns]
        kept = present(folder, name)[~replaced[name]]
        if len(kept):
            new = pd.concat([kept, new], ignore_index=True)
        for suffix in SUFFIXES:
            (part / f"{name}{suffix}").unlink(missing_ok=True)
        write_table(part, name, new.replace(np.inf, np.nan))


def present(folder: Path, name: str) -> pd.DataFrame:
    """Return a table of the network part as it is, empty where there is none."""
    return read_table(folder, schema.table(PART, name))[0]


def _overlays(instance: Instance, technology: str, allowed: NDArray[np.bool_], **extra: int) -> pd.DataFrame:
    """Return rows of table `overlays` for the classes that a technology may lie on."""
    classes = instance.require_land().classes[["class", "group"]].astype(str).to_numpy()[allowed]
    shipped = shipped_table("siting_overlays")
    shipped = shipped[shipped["technology"] == technology].set_index("group")
    tree = load_groups()
    found = [next(at for at in (group, *tree.ancestors(group)) if at in shipped.index) for _, group in classes]
    columns = shipped.loc[found, ["sink_kept", "source", "status"]].reset_index(drop=True)
    columns["sink_kept"] = columns["sink_kept"].astype(float)
    return pd.DataFrame({"technology": technology, "class": classes[:, 0], "allowed": 1, **extra}).join(columns)


def earlier_sites(instance: Instance, config: PotentialConfig) -> geopandas.GeoDataFrame:
    """Return the sites that an earlier run drew and this one leaves as they are: those of other technologies."""
    path = instance.folder / "potential.gpkg"
    if not path.is_file():
        return geopandas.GeoDataFrame({"site": [], "geometry": []}, crs=instance_crs(instance))
    drawn = geopandas.read_file(path, layer="sites")
    named = present(instance.folder, "sites")["site"].astype(str)
    return drawn[~drawn["technology"].isin([one.name for one in config.technology]) & drawn["site"].isin(named)]


def write_potential(
    folder: Path, instance: Instance, config: PotentialConfig, found: Potential, before: geopandas.GeoDataFrame
) -> Potential:
    """Write sites, the zones they lie in, their buses and overlays; returns them with their final capacity.

    Parameters
    ----------
    folder
        Copy of the instance's folder.
    before
        Sites of an earlier run that stay.

    Raises
    ------
    InstanceError
        Where a site lies outside the land, or there is no bus to join it to.
    """
    sites, crs = found.sites.to_crs(instance_crs(instance)), instance_crs(instance)
    technologies = [one.name for one in config.technology]
    old_sites, old_buses = present(folder, "sites"), present(folder, "buses")
    gone = old_sites["technology"].isin(technologies).to_numpy()
    names = old_sites["site"][gone]
    tables: dict[str, pd.DataFrame] = {}
    if instance.land is not None:
        tables["site_zones"], inside = site_zones(sites, instance)
        sites["potential_mw"] *= inside.to_numpy()
        sites["area_ha"] *= inside.to_numpy()
        tables["overlays"] = pd.concat([_of_technology(instance, one) for one in config.technology])
    else:
        sites[["density_mw_per_km2", "facility_ha_per_mw"]] = 0.0
    old_own = old_buses["bus"].isin(names).to_numpy()
    if config.connect == "own":
        raise_if_any(
            Fault("buses", f"bus {name} has the name of a new site", "rename the bus", column="bus")
            for name in old_buses["bus"][~old_own]
            if name in set(sites["site"])
        )
    if config.connect == "own":
        points = [shapely.maximum_inscribed_circle(shape).coords[0] for shape in sites.geometry]
        place = np.array(points, dtype=float).reshape(-1, 2)
        own = {"bus": sites["site"], "voltage_kv": config.voltage_kv, "x_m": place[:, 0], "y_m": place[:, 1]}
        sites["bus"] = sites["site"]
        tables["buses"] = pd.DataFrame(own)
    else:
        sites["bus"] = nearest_bus(sites, old_buses[~old_own], crs)
        tables["buses"] = old_buses.iloc[:0]
    tables["sites"] = pd.DataFrame(sites.drop(columns="geometry"))
    replaced = {
        "sites": gone,
        "buses": old_own | old_buses["bus"].isin(tables["buses"]["bus"]).to_numpy(),
        "site_zones": present(folder, "site_zones")["site"].isin(names).to_numpy(),
        "overlays": present(folder, "overlays")["technology"].isin(technologies).to_numpy(),
    }
    put(folder, tables, replaced)
    found.account.to_csv(folder / "potential.csv", index=False)
    drawn = pd.concat([before.to_crs(sites.crs), sites], ignore_index=True) if len(before) else sites
    _layers(folder / "potential.gpkg", {"sites": drawn})
    return replace(found, sites=sites)


def _of_technology(instance: Instance, config: TechnologyConfig) -> pd.DataFrame:
    """Return the overlays of a technology: every class that no criterion forbids."""
    table = criteria(config)
    classes = instance.require_land().classes
    barred = list(table.loc[table["kind"] == "class", "of"])
    kinds = zip(classes["class"].astype(str), classes["group"].astype(str), strict=True)
    allowed = [not any(name == of or _is_within(group, of) for of in barred) for name, group in kinds]
    roles = set(table.loc[table["kind"] == "layer", "of"])
    lines = {"in_red_line": int("red_line" not in roles), "in_farmland": int("farmland" not in roles)}
    return _overlays(instance, config.name, np.array(allowed, dtype=bool), **lines)


def write_corridors(
    folder: Path, instance: Instance, config: RouteConfig, surface: Surface, found: Corridors
) -> dict[str, float]:
    """Write candidates, corridors, segments and the zones under their strips; returns figures worth telling, ha and km.

    Raises InstanceError where `strip_class` names a class that there is not.
    """
    crs = instance_crs(instance)
    segments, strips = found.segments.to_crs(crs), found.strips.to_crs(crs)
    tables = {"segments": segments, "corridors": found.corridors, "candidates": found.candidates}
    old = present(folder, "candidates")
    replaced = {name: np.ones(len(present(folder, name)), dtype=bool) for name in tables}
    replaced["candidates"] = (old["corridor"].astype(str) != "").to_numpy()
    figures = {"strip_ha": float(strips["area_ha"].sum()), "overlap_ha": found.overlap_ha, "outside_ha": 0.0}
    if instance.land is not None:
        feet = found.strips.set_index("segment")["tower_ha"]
        tables["segment_zones"] = segment_zones(strips, feet, instance)
        tables["overlays"] = _of_strips(instance, config)
        figures["outside_ha"] = max(0.0, figures["strip_ha"] - float(tables["segment_zones"]["area_ha"].sum()))
        replaced["segment_zones"] = np.ones(len(present(folder, "segment_zones")), dtype=bool)
        replaced["overlays"] = (present(folder, "overlays")["technology"] == CORRIDOR).to_numpy()
    put(folder, tables, replaced)
    lines = found.corridors.merge(found.segments[["segment", "geometry"]], on="segment")
    routes = geopandas.GeoDataFrame(lines, crs=found.segments.crs).dissolve("corridor").reset_index()
    routes = routes.drop(columns="segment").merge(found.candidates, on="corridor").to_crs(crs)
    named = segments.merge(found.corridors.groupby("segment")["corridor"].agg(";".join).reset_index(), on="segment")
    _layers(folder / "routes.gpkg", {
        "segments": named, "corridors": routes, "strips": strips, "towers": found.towers.to_crs(crs),
    })  # fmt: skip
    write_friction(folder / "friction.tif", surface)
    return figures


def _of_strips(instance: Instance, config: RouteConfig) -> pd.DataFrame:
    """Return the overlays of the strips: every class, with the class as which its land counts."""
    classes = instance.require_land().classes
    rule = {one.role: one.rule for one in config.crossing}
    lines = {
        "in_red_line": int(rule.get("red_line") != "forbidden"),
        "in_farmland": int(rule.get("farmland") != "forbidden"),
    }
    rows = _overlays(instance, CORRIDOR, np.ones(len(classes), dtype=bool), **lines)
    _tree, names = load_groups(), set(classes["class"].astype(str))
    for of in config.strip_class:
        if of not in names and not _tree.is_node(of):
            message = f"no class or group {of!r}"
            raise InstanceError([Fault("config", message, f"one of {', '.join(sorted(names))}", column="strip_class")])
    if unknown := set(config.strip_class.values()) - names:
        message = f"no class {', '.join(sorted(unknown))}"
        raise InstanceError([Fault("config", message, f"one of {', '.join(sorted(names))}", column="strip_class")])
    group = dict(zip(classes["class"].astype(str), classes["group"].astype(str), strict=True))

    def counts_as(name: str) -> str:
        within = (to for of, to in config.strip_class.items() if of == name or _is_within(group[name], of))
        return next(within, "")

    rows["as_class"] = [counts_as(name) for name in rows["class"]]
    return rows


def _is_within(group: str, of: str) -> bool:
    tree = load_groups()
    return tree.is_node(of) and tree.is_within(group, of)


def write_friction(path: Path, surface: Surface) -> None:
    """Write the multiplier and the price of crossings (money/km) as a GeoTIFF of two bands."""
    about = {"driver": "GTiff", "dtype": "float64", "count": 2, "nodata": np.nan, "compress": "deflate"}
    size = {"height": surface.shape[0], "width": surface.shape[1]}
    with rasterio.open(path, "w", crs=surface.crs.to_wkt(), transform=surface.transform, **size, **about) as out:
        out.write(surface.multiplier, 1)
        out.write(surface.price_per_km, 2)
        out.descriptions = ("multiplier", "price_per_km")


def _layers(path: Path, layers: Mapping[str, geopandas.GeoDataFrame]) -> None:
    """Write layers into a GeoPackage."""
    path.unlink(missing_ok=True)
    for name, frame in layers.items():
        frame.to_file(path, layer=name, driver="GPKG")
