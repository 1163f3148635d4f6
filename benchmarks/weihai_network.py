"""The network of the bundled Weihai on made land: its tables as they are, its sites and strips laid on made zones.

The made region is Weihai shrunk: places are mapped box to box, and hectares asked for (arrays, buildings, strips) are
multiplied by the ratio of both areas, so that the network takes the same part of the land. A site reaches the zones
nearest to its place, until these hold twice the open land that its potential takes. Loads, plants, lines, rules and
snapshots stay what they are. Classes are matched by their code.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from instances.synthetic import generate

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLASSES = 11
"""Classes of the made land: bare soil and ponds among them, on which arrays may lie."""

KEPT = ("buses", "candidates", "corridors", "generators", "imports", "lines", "loads", "profiles", "rules", "snapshots")
FACILITY = "urban_housing"
STEP_M = 20.0
MOST_OF_A_ZONE = 0.4
WIDER, FEWEST = 2.0, 12
"""A site reaches so many times the open land that its potential takes, and so many zones at least."""

TEXT = {"zone": str, "class": str, "as_class": str, "site": str, "segment": str}


@dataclass(frozen=True)
class Map:
    """Made zones with their outlines, and hectares of open land by zone and technology."""

    zones: gpd.GeoDataFrame
    open_ha: pd.DataFrame

    @property
    def box(self) -> NDArray[np.float64]:
        """West, south, east and north in metres."""
        return np.asarray(self.zones.total_bounds)


def weihai_on_made(folder: Path, zones: int, seed: int, regions: int, quotas: int, periods: int) -> Path:
    """Write made land of some zones with the network of Weihai to `folder` and return it."""
    weihai = Path(str(files("instances.library"))) / "weihai"
    made = generate(folder, zones, seed, classes=CLASSES, regions=regions, quotas=quotas, periods=periods)
    part = made / "network"
    part.mkdir()
    for name in KEPT:
        table = pd.read_csv(weihai / "network" / f"{name}.csv", dtype=str)
        # Regions of the made land have other names.
        table.drop(columns="region", errors="ignore").to_csv(part / f"{name}.csv", index=False)
    overlays = pd.read_csv(weihai / "network" / "overlays.csv", dtype=TEXT)
    laid = _overlays(overlays, made)
    land, old = _map(made, laid), gpd.read_parquet(weihai / "land" / "zones.parquet")
    old["zone"] = old["zone"].astype(str)
    for name, table in _tables(weihai / "network", land, old).items():
        table.to_csv(part / f"{name}.csv", index=False)
    laid.to_csv(part / "overlays.csv", index=False)
    settings = tomllib.loads((weihai / "instance.toml").read_text(encoding="utf-8"))["network"]
    settings["facility_class"] = FACILITY
    lines = [f"{key} = {value!r}".replace("'", '"') for key, value in settings.items()]
    with (made / "instance.toml").open("a", encoding="utf-8") as file:
        file.write("\n[network]\n" + "\n".join(lines) + "\n")
    return made


def _map(folder: Path, overlays: pd.DataFrame) -> Map:
    """Return the made zones and their open land."""
    zones = gpd.read_parquet(folder / "land" / "zones.parquet")
    zones["zone"] = zones["zone"].astype(str)
    cover = pd.read_parquet(folder / "land" / "cover.parquet").astype({"zone": str, "class": str})
    free = zones.loc[(zones["red_line"].fillna("") == "") & (zones["farmland"] == 0), "zone"]
    cover = cover[cover["zone"].isin(free)]
    found = {}
    for technology in ("solar", "wind"):
        able = overlays.loc[(overlays["technology"] == technology) & (overlays["allowed"] == 1), "class"]
        found[technology] = cover[cover["class"].isin(able)].groupby("zone")["area_ha"].sum()
    # Storage stands anywhere.
    found["storage"] = zones.set_index("zone").area / 1e4
    open_ha = pd.DataFrame(found).reindex(zones["zone"]).fillna(0.0)
    return Map(zones.assign(area_ha=open_ha["storage"].to_numpy()), open_ha)


def _tables(network: Path, land: Map, old: gpd.GeoDataFrame) -> dict[str, pd.DataFrame]:
    """Return the tables that speak of land."""
    part_of = float(land.zones["area_ha"].sum() / (old.area.sum() / 1e4))
    sites, reached = (pd.read_csv(network / f"{name}.csv", dtype=TEXT) for name in ("sites", "site_zones"))
    on_land: Any = sites[sites["site"].isin(reached["site"])].itertuples()
    windows = [_window(site, reached[reached["site"] == site.site], land, old, part_of) for site in on_land]
    sites["density_mw_per_km2"] /= part_of
    sites["facility_ha_per_mw"] *= part_of
    segments = gpd.read_parquet(network / "segments.parquet")
    rows: Any = segments.itertuples()
    strips = pd.concat([_strip(row, land, old, part_of) for row in rows], ignore_index=True)
    feet = pd.read_csv(network / "segment_zones.csv", dtype=TEXT).groupby("segment")[["area_ha", "tower_ha"]].sum()
    part_of_strip = dict(zip(feet.index, feet["tower_ha"] / feet["area_ha"], strict=True))
    towers = np.array([part_of_strip.get(segment, 0.0) for segment in strips["segment"]])
    return {
        "sites": sites,
        "site_zones": pd.concat(windows, ignore_index=True),
        "segments": pd.DataFrame(segments.drop(columns="geometry")),
        "segment_zones": strips.assign(tower_ha=(towers * strips["area_ha"]).round(6)),
    }


def _mapped(points: NDArray[np.float64], land: Map, old: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return points of Weihai on the made land, (points, 2)."""
    was, new = old.total_bounds, land.box
    mapped: NDArray[np.float64] = (points - was[:2]) * (new[2:] - new[:2]) / (was[2:] - was[:2]) + new[:2]
    return mapped


def _window(site: Any, reached: pd.DataFrame, land: Map, old: gpd.GeoDataFrame, part_of: float) -> pd.DataFrame:
    """Return the made zones that a site reaches."""
    density = site.density_mw_per_km2
    wanted = WIDER * part_of * 100.0 * site.potential_mw / density if density > 0 else 0.0
    middle = old.set_index("zone").loc[reached["zone"]].geometry.centroid
    at = _mapped(np.array([[middle.x.mean(), middle.y.mean()]]), land, old)[0]
    centre, open_ha = land.zones.geometry.centroid, land.open_ha[site.technology].to_numpy()
    order = np.argsort(np.hypot(centre.x - at[0], centre.y - at[1]).to_numpy(), kind="stable")
    so_far = np.cumsum(open_ha[order])
    taken = order[: max(int(np.searchsorted(so_far, wanted)) + 1, FEWEST)]
    return pd.DataFrame({"site": site.site, "zone": land.zones["zone"].to_numpy()[taken], "share": 1.0})


def _strip(segment: Any, land: Map, old: gpd.GeoDataFrame, part_of: float) -> pd.DataFrame:
    """Return the zones that the mapped strip of a segment crosses and the hectares in each."""
    line = segment.geometry
    steps = np.linspace(0.0, 1.0, max(int(line.length / STEP_M), 2))
    points = np.array([point.coords[0] for point in line.interpolate(steps, normalized=True)])
    there = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*_mapped(points, land, old).T, crs=land.zones.crs))
    crossed = gpd.sjoin(there, land.zones[["zone", "area_ha", "geometry"]], predicate="within")
    count = crossed.groupby("zone", sort=False).agg(times=("area_ha", "size"), area=("area_ha", "first"))
    hectares = part_of * line.length * segment.width_m / 1e4 / len(steps)
    area = np.minimum(count["times"] * hectares, MOST_OF_A_ZONE * count["area"]).round(5)
    table = pd.DataFrame({"segment": segment.segment, "zone": count.index, "area_ha": area.to_numpy()})
    return table[table["area_ha"] > 0]


def _overlays(table: pd.DataFrame, made: Path) -> pd.DataFrame:
    """Return what may lie on which class, for the made classes of the same codes; strips may on all others."""
    classes = pd.read_csv(made / "land" / "classes.csv", dtype=str)
    name_of = dict(zip(classes["code"], classes["class"], strict=True))
    table = table.assign(**{name: table[name].map(name_of) for name in ("class", "as_class")})
    table = table[table["class"].notna()]
    crossed = set(table.loc[table["technology"] == "corridor", "class"])
    others = pd.DataFrame({"class": sorted(set(name_of.values()) - crossed), "technology": "corridor", "allowed": 1})
    others = others.assign(in_red_line=1, in_farmland=1, sink_kept=1.0, source="synthetic", status="made")
    return pd.concat([table, others], ignore_index=True)
