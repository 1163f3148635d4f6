"""Where solar, wind and storage may stand in the Weihai instance, and on which classes of land.

Sites are groups of synthetic zones around a made place; which land is eligible follows facts 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.library.weihai_energy_sources import BATTERY, NREL, V23, V25, V26, V28
from instances.library.weihai_geography import to_plane

if TYPE_CHECKING:
    import geopandas
    from numpy.typing import NDArray

DENSITY = {"solar": 35.0, "wind": 3.0, "storage": 0.0}
"""MW a km2: arrays, mean of China (V26, V27); a wind farm within its project boundary (NREL). Storage: no overlay."""

FACILITY_HA_PER_MW = {"solar": 0.02, "wind": 0.10, "storage": 0.01}
"""Land converted: wind 0.10 ha/MW from a plant of 30 MW in China (link0086.com); the others assumed."""

CAPITAL = {"solar": 400.0, "wind": 700.0, "storage": 124.8}
"""10k CNY a MW: 4,000 and 7,000 CNY/kW (V28, 2020); battery 160 EUR/kW."""

BATTERY_WANYUAN_PER_MWH, BATTERY_HOURS, ROUND_TRIP = 110.8, 4.0, 0.88
OPENING_WANYUAN = {"solar": 1_000.0, "wind": 1_500.0, "storage": 500.0}
LEAST_MW = {"solar": 50.0, "wind": 50.0, "storage": 20.0}
STORAGE_MW = 300.0


@dataclass(frozen=True)
class Place:
    """A place for plant: around which point, in half axes, how far, km, and at which bus."""

    name: str
    technology: str
    bus: str
    u: float
    v: float
    radius_km: float
    name_zh: str
    name_en: str


PLACES = (
    Place("pv_west", "solar", "c_west", -0.74, -0.20, 13.0, "乳山西光伏", "solar, west of Rushan"),
    Place("pv_rushan", "solar", "rs1", -0.50, -0.36, 8.0, "乳山光伏", "solar, Rushan"),
    Place("pv_south", "solar", "c_south", -0.18, -0.48, 13.0, "文登南光伏", "solar, south of Wendeng"),
    Place("pv_wendeng", "solar", "wd1", 0.10, -0.02, 9.0, "文登光伏", "solar, Wendeng"),
    Place("pv_huancui", "solar", "hc2", 0.30, 0.40, 7.0, "环翠光伏", "solar, Huancui"),
    Place("pv_rongcheng", "solar", "rc1", 0.56, 0.14, 10.0, "荣成光伏", "solar, Rongcheng"),
    Place("pv_east", "solar", "c_east", 0.82, 0.02, 12.0, "荣成东光伏", "solar, east of Rongcheng"),
    Place("wind_west", "wind", "c_west", -0.74, -0.10, 14.0, "乳山西风电", "wind, west of Rushan"),
    Place("wind_south", "wind", "c_south", -0.14, -0.42, 14.0, "文登南风电", "wind, south of Wendeng"),
    Place("wind_north", "wind", "hc2", 0.30, 0.36, 11.0, "环翠风电", "wind, Huancui"),
    Place("wind_cape", "wind", "rc2", 0.52, -0.26, 12.0, "荣成南风电", "wind, south of Rongcheng"),
    Place("wind_east", "wind", "c_east", 0.80, 0.06, 13.0, "荣成东风电", "wind, east of Rongcheng"),
    Place("store_hc", "storage", "hc1", 0.06, 0.52, 6.0, "环翠储能", "storage, Huancui"),
    Place("store_wd", "storage", "wd1", 0.02, -0.12, 6.0, "文登储能", "storage, Wendeng"),
    Place("store_rs", "storage", "rs1", -0.46, -0.28, 7.0, "乳山储能", "storage, Rushan"),
)
"""Places of sites (made)."""

SOLAR_ON = {
    "1206": (1.0, f"{V23}: unused land is encouraged; its sink kept, assumed", "assumed"),
    "04": (0.5, f"{V23}: grass other than basic grassland; half of the sink kept, assumed", "assumed"),
    "1104": (1.0, "arrays over fish ponds (渔光互补), usual in Shandong, recalled; sink kept, assumed", "assumed"),
}  # fmt: skip
"""Class, part of its sink that stays, why. Arrays on roofs are plant of the city's buses, not of the land."""
WIND_ON = {
    "0103": (1.0, "farming goes on between turbines; assumed", "assumed"),
    "02": (1.0, "orchards go on between turbines; assumed", "assumed"),
    "04": (1.0, "grass other than basic grassland; assumed", "assumed"),
    "1206": (1.0, "unused land; assumed", "assumed"),
    "0307": (1.0, "sparse or young forest; assumed", "assumed"),
}
STRIP_ON: tuple[str, ...] = ("0102", "0103", "02", "0301", "0305", "0307", "04", "0603", "1003", "1101", "1103")
STRIP_ON += ("1104", "1105", "1108", "1202", "1206")
TREES = ("0301", "0307")
SHRUB = "0305"
ORCHARD = "02"
BELOW = dict.fromkeys(TREES, "trees become shrub") | {
    ORCHARD: "no aisle is cut through fruit trees, which stay below the wires (GB 50545-2010 13.0.6, recalled)"
}
"""What a line does to the trees below it; nothing to other classes."""


def sites(zones: geopandas.GeoDataFrame, cover: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tables `sites` and `site_zones`; potentials from the eligible land that is there at present."""
    reach = {place.name: _zones_of(place, zones) for place in PLACES}
    rows = [_site(place, zones.loc[reach[place.name], "zone"], cover) for place in PLACES]
    lies = [
        (name, zone, 1.0, "zones around a made place", "made")
        for name, inside in reach.items()
        for zone in zones.loc[inside, "zone"]
    ]
    columns = ["site", "technology", "bus", "potential_mw", "minimum_mw", "fixed_cost", "capital_cost", "profile"]
    columns += ["density_mw_per_km2", "facility_ha_per_mw", "hours", "energy_cost", "efficiency"]
    table = pd.DataFrame(rows, columns=[*columns, "name_zh", "name_en", "source", "status"])
    return table, pd.DataFrame(lies, columns=["site", "zone", "share", "source", "status"])


def _zones_of(place: Place, zones: geopandas.GeoDataFrame) -> NDArray[np.bool_]:
    """Return which zones lie in reach of a place: outside the red line, permanent farmland, towns and whole parcels."""
    away = np.linalg.norm(zones[["_x", "_y"]].to_numpy() - to_plane(place.u, place.v), axis=1)
    free = (zones["red_line"] == "") & (zones["farmland"] == 0) & (zones["whole"] == 0)
    if place.technology != "solar":
        free &= zones["boundary"] == 0
    if place.technology == "wind":
        free &= zones["slope_class"] <= 4
    return (free & (away < 1_000.0 * place.radius_km)).to_numpy()


def _site(place: Place, zones: pd.Series, cover: pd.DataFrame) -> tuple[object, ...]:
    kind = place.technology
    stored = kind == "storage"
    on: tuple[str, ...] = {"solar": tuple(SOLAR_ON), "wind": tuple(WIND_ON)}.get(kind, ())
    eligible = cover.loc[cover["zone"].isin(zones) & cover["class"].isin(on), "area_ha"].sum()
    potential = STORAGE_MW if stored else float(eligible) / 100.0 * DENSITY[kind]
    source = {
        "solar": f"density {V26}; eligible land of the synthetic cover; cost {V28}; service land, opening assumed",
        "wind": f"density {NREL}; eligible land of the cover; cost {V28}; land converted link0086.com; opening assumed",
        "storage": f"{BATTERY}; size, hours, efficiency, land assumed",
    }[kind]
    return (
        place.name,
        kind,
        place.bus,
        round(potential, 1),
        LEAST_MW[kind],
        OPENING_WANYUAN[kind],
        CAPITAL[kind],
        "" if stored else kind,
        DENSITY[kind],
        FACILITY_HA_PER_MW[kind],
        BATTERY_HOURS if stored else 0.0,
        BATTERY_WANYUAN_PER_MWH if stored else 0.0,
        ROUND_TRIP if stored else 1.0,
        place.name_zh,
        place.name_en,
        source,
        "assumed",
    )


def overlays() -> pd.DataFrame:
    """Return which technology may lie on which class; a pair that is absent may not."""
    rows: list[tuple[object, ...]] = []
    for code, (kept, why, status) in SOLAR_ON.items():
        rows.append(("solar", code, 0, 0, kept, "", why, status))
    for code, (kept, why, status) in WIND_ON.items():
        rows.append(("wind", code, 0, 0, kept, "", f"{why}; {V25}: none in the red line", status))
    for code in STRIP_ON:
        why = "a line passes over, nothing is built below; may cross the general red line (facts 4, rule 3)"
        shrub = SHRUB if code in TREES else ""
        said = "; ".join([why, *([BELOW[code]] if code in BELOW else [])])
        rows.append(("corridor", code, 1, 1, 1.0, shrub, said, "assumed"))
    columns = ["technology", "class", "in_red_line", "in_farmland", "sink_kept", "as_class", "source", "status"]
    table = pd.DataFrame(rows, columns=columns)
    table.insert(2, "allowed", 1)
    return table
