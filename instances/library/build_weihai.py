"""Build the bundled Weihai instances: `python -m instances.library.build_weihai [DIR]`.

`weihai` plans land, restoration sites and energy together. Beside it `weihai-land` leaves energy out,
`weihai-restoration` chooses sites alone, and `weihai-energy` plans the power system alone.
Published totals on a synthetic peninsula. Everything random comes from `SEED`; building anew
gives the same CSV files byte for byte. What is published, computed, recalled, assumed or made
stands in the instance's README and beside every value. 生成威海示例：总量为公布数，地理为合成。
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.classes import load_groups
from instances.factors import default_factors
from instances.library import weihai_context as facts
from instances.library.weihai_cover import class_totals, make_cover
from instances.library.weihai_energy import network_tables
from instances.library.weihai_energy_routes import corridors
from instances.library.weihai_energy_sites import overlays, sites
from instances.library.weihai_geography import assign_districts, make_cells, make_terrain
from instances.library.weihai_moves import ENERGY_CLASS, classes, transitions
from instances.library.weihai_quotas import RESTORATION_HA, Stock, quotas
from instances.library.weihai_restoration import KINDS, make_units, places, with_sites
from instances.library.weihai_sites import borders, features, held, rules, site_costs, zone_units
from instances.library.weihai_text import (
    ENERGY_README,
    ENERGY_TOML,
    INSTANCE_TOML,
    LAND_README,
    LAND_TOML,
    NETWORK_TOML,
    README,
    SITES_README,
    SITES_TOML,
)
from instances.library.weihai_zones import cut_pieces, make_zones

if TYPE_CHECKING:
    import geopandas

SEED = 20_353
HOME = Path(__file__).parent / "weihai"
ZONE_COLUMNS = [
    "zone",
    "region",
    "red_line",
    "farmland",
    "boundary",
    "slope_class",
    "grade",
    "potential_grade",
    "built_kind",
    "retirement",
    "afforestable",
    "whole",
    "min_lot_ha",
    "cost_factor",
    "area_ha",
    "coast_site",
    "mine_site",
    "river_site",
    "stream",
    "energy_site",
    "character",
    "geometry",
]
CROPLAND = ("0102", "0103")
TONNES_CO2_PER_TONNE_C = 44.0 / 12.0


JOINT_TARGET, JOINT_BUDGET_WANYUAN, JOINT_PENALTY = 0.3, 450.0, 0.001
"""With land: part of each feature that chosen sites hold, money for sites, tCO2e for a metre of border (assumed)."""

ALONE_TARGET, ALONE_PENALTY = 0.35, 0.02
"""Sites alone: part of each feature that chosen sites hold, 10k CNY for a metre of border (assumed)."""


def build(folder: Path) -> None:
    """Write the joint study into `folder`, and its parts into `FOLDER-land`, `-restoration` and `-energy`."""
    generator = np.random.default_rng(SEED)
    zones, cover = _land(generator)
    table = classes()
    groups = table.set_index("class")["group"]
    moves = transitions(table)
    factors = default_factors(table, sinks="p1")
    allowed = set(moves.loc[moves["allowed"] == 1, ["from", "to"]].itertuples(index=False, name=None))
    units, unit_zone, projects = make_units(generator, zones, cover, allowed)
    zones = with_sites(zones, unit_zone)
    activity = facts.activity(cover, zones, groups)
    network, segments = _network(zones, cover, activity)
    zones["energy_site"] = _near_plant(zones, network)
    stock = _stock(zones, cover, groups, factors, activity)
    red_line = float(zones.loc[zones["red_line"] != "", "area_ha"].sum())
    indicators = facts.indicators(
        red_line, RESTORATION_HA, stock.of("forest", facts.ROOT), stock.of("wetland", facts.ROOT)
    )
    land = {
        "cover": cover,
        "classes": table,
        "transitions": moves,
        "factors": factors,
        "quotas": quotas(stock),
        "regions": facts.regions(),
        "context": facts.context(),
        "activity": activity,
        "indicators": indicators,
    }
    units, chosen = _joint_sites(zones, cover, allowed, units, unit_zone)
    chosen |= {"unit_zone": unit_zone, "projects": projects}
    _write(folder / "land", land, {"zones": zones[ZONE_COLUMNS]})
    _write(folder / "restoration", chosen, {"units": units})
    _write(folder / "network", network, {"segments": segments})
    _write_words(folder, INSTANCE_TOML + NETWORK_TOML, README)
    without = folder.with_name(f"{folder.name}-land")
    _write(without / "land", _without_plant(land), {"zones": zones[ZONE_COLUMNS].drop(columns="energy_site")})
    _write(without / "restoration", chosen, {"units": units})
    _write_words(without, LAND_TOML, LAND_README)
    alone = folder.with_name(f"{folder.name}-restoration")
    units, chosen = _sites_alone(zones, cover, allowed, moves)
    _write(alone / "restoration", chosen, {"units": units})
    _write_words(alone, SITES_TOML, SITES_README)
    energy = folder.with_name(f"{folder.name}-energy")
    _write(energy / "network", {k: v for k, v in network.items() if k not in OF_LAND}, {"segments": segments})
    _write_words(energy, ENERGY_TOML, ENERGY_README)


def _without_plant(land: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables of land without the class of energy plant."""
    kept = {}
    for name, table in land.items():
        classes_of = [column for column in ("class", "from", "to") if column in table]
        kept[name] = table[~(table[classes_of] == ENERGY_CLASS).any(axis=1)]
    return kept


OF_LAND = ("site_zones", "segment_zones", "overlays")
"""Tables of the network that tie it to land."""


def _network(
    zones: geopandas.GeoDataFrame, cover: pd.DataFrame, activity: pd.DataFrame
) -> tuple[dict[str, pd.DataFrame], geopandas.GeoDataFrame]:
    """Return the tables of the network, and the segments of its corridors."""
    tables = network_tables(activity)
    tables["sites"], tables["site_zones"] = sites(zones, cover)
    routed, segments = corridors(zones, cover, tables["candidates"])
    return tables | routed | {"overlays": overlays()}, segments


def _near_plant(zones: pd.DataFrame, network: dict[str, pd.DataFrame]) -> pd.Series:
    """Return 1 for zones in reach of a site or crossed by a corridor: where foundations and feet may be."""
    near = pd.concat([network["site_zones"]["zone"], network["segment_zones"]["zone"]])
    return zones["zone"].isin(near).astype(int)


def _joint_sites(
    zones: geopandas.GeoDataFrame,
    cover: pd.DataFrame,
    allowed: set[tuple[str, str]],
    units: geopandas.GeoDataFrame,
    unit_zone: pd.DataFrame,
) -> tuple[geopandas.GeoDataFrame, dict[str, pd.DataFrame]]:
    """Return the units of the projects with their costs, and the tables that say what is chosen among them."""
    listed = {kind.name: (zones[f"{kind.name}_site"] == 1).to_numpy() for kind in KINDS if f"{kind.name}_site" in zones}
    at = {kind.name: listed.get(kind.name, places(kind, zones)) for kind in KINDS}
    amounts = held(zones, cover, allowed, at).of_units(unit_zone, zones["zone"])
    table = rules(
        [
            ("sites_budget", "budget", JOINT_BUDGET_WANYUAN, 1.0),
            ("sites_together", "boundary_penalty", JOINT_PENALTY, 0.0),
        ]
    )
    units = units.assign(cost=site_costs(amounts, units["unit"]))
    return units, {"features": features(JOINT_TARGET), "amounts": amounts, "boundary": borders(units), "rules": table}


def _sites_alone(
    zones: geopandas.GeoDataFrame, cover: pd.DataFrame, allowed: set[tuple[str, str]], moves: pd.DataFrame
) -> tuple[geopandas.GeoDataFrame, dict[str, pd.DataFrame]]:
    """Return a unit for each zone with land enough to restore, and the tables of a prioritisation over them."""
    units, amounts = zone_units(zones, held(zones, cover, allowed), moves)
    table = rules([("together", "boundary_penalty", ALONE_PENALTY, 0.5)])
    return units, {"features": features(ALONE_TARGET), "amounts": amounts, "boundary": borders(units), "rules": table}


def _write_words(folder: Path, settings: str, readme: str) -> None:
    (folder / "instance.toml").write_text(settings, encoding="utf-8", newline="\n")
    (folder / "README.md").write_text(readme, encoding="utf-8", newline="\n")


def _land(generator: np.random.Generator) -> tuple[geopandas.GeoDataFrame, pd.DataFrame]:
    terrain = make_terrain(generator)
    cells = make_cells(generator, terrain)
    districts = assign_districts(cells, terrain)
    totals = class_totals()
    pieces = cut_pieces(generator, cells, districts, terrain, sum(totals[code] for code in CROPLAND))
    zones = make_zones(generator, pieces, terrain)
    cover = make_cover(generator, zones)
    zones["area_ha"] = zones["zone"].map(cover.groupby("zone")["area_ha"].sum()).round(6)
    farmed = zones["zone"].isin(cover.loc[cover["class"].isin(CROPLAND), "zone"])
    zones["grade"] = np.where(farmed, zones["_quality"], 0)
    return zones, cover


def _stock(
    zones: pd.DataFrame, cover: pd.DataFrame, groups: pd.Series, factors: pd.DataFrame, activity: pd.DataFrame
) -> Stock:
    held = cover.merge(zones[["zone", "region", "grade"]], on="zone").assign(
        group=lambda rows: rows["class"].map(groups)
    )
    built = held[held["group"].isin(_built_leaves())].assign(group="built")
    housing = held[held["group"].isin(("housing_urban", "housing_rural"))].assign(group="housing")
    every = pd.concat([held, built, housing])
    sinks = factors[(factors["factor"] == "sink") & (factors["region"] == "*")].set_index("class")
    per_carbon = sinks["unit"].str.startswith("tC/").map({True: TONNES_CO2_PER_TONNE_C, False: 1.0})
    uptake = held["class"].map(sinks["value"].astype(float) * per_carbon).fillna(0.0) * held["area_ha"]
    cropland = held[held["group"] == "cropland"]
    return Stock(
        by_group=every.groupby(["group", "region"])["area_ha"].sum(),
        by_class=held.groupby("class")["area_ha"].sum(),
        cropland_grades=cropland.groupby(["region", "grade"])["area_ha"].sum(),
        district_activity=activity.groupby("region")["share"].sum(),
        sink_tco2=uptake.groupby(held["region"]).sum(),
    )


def _built_leaves() -> tuple[str, ...]:
    return load_groups().leaves_of("built")


def _write(folder: Path, tables: dict[str, pd.DataFrame], shapes: dict[str, geopandas.GeoDataFrame]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, encoding="utf-8", lineterminator="\n")
    for name, shape in shapes.items():
        shape.to_parquet(folder / f"{name}.parquet", index=False, compression="zstd")


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else HOME)
