"""The power system of the Weihai instance: what stands, what it must supply, what may be built.

威海示例电网：网架与地理为合成，厂站规模为回忆值或假定值。Buses, lines and routes are made; a figure is published
(facts 5), recalled or assumed, and says so beside it. Where things lie is in `weihai_energy_sites` and
`weihai_energy_routes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.library.weihai_context import BASE_YEAR, BOUGHT, kaya_t
from instances.library.weihai_geography import to_plane

if TYPE_CHECKING:
    from numpy.typing import NDArray

PERIODS = (2025, 2030, 2035)

V28 = "V28 ChinaXiv 202007.00017"
V32 = "V32 grid emission factor notices 2024"
MADE = "made for the synthetic map"

GRID_FACTOR = {0: 0.6410, 2025: 0.60, 2030: 0.50, 2035: 0.40}
"""tCO2 a MWh of imports: Shandong 2022 (V32, published); its decline is assumed."""

IMPORT_MW = {2025: 1_500.0, 2030: 1_800.0, 2035: 2_000.0}
"""Most power from the provincial grid (assumed)."""

THERMAL_FACTOR = 0.838
"""tCO2 a MWh of thermal power, 2019 (V28, published)."""

LOAD_GROWTH = 0.02
"""Yearly growth of electricity (assumed)."""

BUSES = (
    ("tie", 500.0, "", -0.93, 0.02, "省网联络点", "tie to the provincial grid"),
    ("wd500", 500.0, "wendeng", -0.08, 0.00, "文登500千伏站", "500 kV substation, Wendeng"),
    ("hc1", 220.0, "huancui", 0.06, 0.58, "环翠一站", "Huancui 1"),
    ("hc2", 220.0, "huancui", 0.26, 0.42, "环翠二站", "Huancui 2"),
    ("wd1", 220.0, "wendeng", 0.04, -0.06, "文登一站", "Wendeng 1"),
    ("wd2", 220.0, "wendeng", 0.12, -0.42, "文登二站", "Wendeng 2"),
    ("rc1", 220.0, "rongcheng", 0.60, 0.10, "荣成一站", "Rongcheng 1"),
    ("rc2", 220.0, "rongcheng", 0.56, -0.22, "荣成二站", "Rongcheng 2"),
    ("rs1", 220.0, "rushan", -0.50, -0.32, "乳山站", "Rushan"),
    ("plant", 220.0, "huancui", 0.18, 0.70, "华能威海电厂", "Huaneng Weihai power plant"),
    ("cape", 220.0, "rongcheng", 0.62, -0.40, "石岛湾", "Shidaowan"),
    ("c_west", 220.0, "rushan", -0.72, -0.22, "乳山西汇集站", "collector, west of Rushan"),
    ("c_south", 220.0, "wendeng", -0.16, -0.46, "文登南汇集站", "collector, south of Wendeng"),
    ("c_east", 220.0, "rongcheng", 0.84, 0.02, "荣成东汇集站", "collector, east of Rongcheng"),
)
"""Bus, kV, district, place in half axes of the peninsula, names (all places made; collectors have no line yet)."""

LOAD_SHARE = {"hc1": 0.6, "hc2": 0.4, "wd1": 0.6, "wd2": 0.4, "rc1": 0.6, "rc2": 0.4, "rs1": 1.0}
"""Part of its district's load at each bus (assumed)."""

DETOUR = 1.25
"""Length of a line over the straight distance (PyPSA-China-PIK, line_length_factor)."""

OHM_PER_KM = {220.0: 0.30, 500.0: 0.28}
"""Series reactance of a circuit with bundled conductors (recalled, typical)."""

CIRCUIT_MW = {220.0: 400.0, 500.0: 1_000.0}
"""What a circuit carries (recalled, typical, rounded)."""

TRANSFORMER_OHM, TRANSFORMER_MW = 40.0, 750.0
"""500/220 kV: 12 % of 500^2/750 ohm, 750 MVA (recalled, typical)."""

LINES = (
    ("tie", "wd500", 2),
    ("wd1", "hc1", 2),
    ("wd1", "rc1", 2),
    ("wd1", "rs1", 2),
    ("wd1", "wd2", 1),
    ("hc1", "hc2", 1),
    ("hc1", "plant", 3),
    ("hc2", "plant", 2),
    ("hc2", "rc1", 1),
    ("rc1", "rc2", 1),
    ("rc2", "cape", 1),
    ("wd2", "rc2", 1),
    ("wd2", "rs1", 1),
)
"""Lines that stand and their circuits (made)."""

NEW_LINES = (
    ("c_west", "rs1", 2),
    ("c_west", "wd1", 1),
    ("rs1", "wd1", 1),
    ("c_south", "wd2", 2),
    ("c_south", "rs1", 1),
    ("c_south", "wd1", 1),
    ("c_east", "rc1", 2),
    ("c_east", "rc2", 1),
)
"""Circuits that may be built, each in a corridor of its name, and how many."""

BAYS_WANYUAN, TRANSFORMER_WANYUAN = 1_500.0, 8_000.0
"""Two line bays, and a 750 MVA transformer with bays, 10k CNY (assumed); the line itself is paid by segment."""

GENERATORS = (
    (
        "huaneng_large",
        "plant",
        "coal",
        1_360.0,
        0.035,
        THERMAL_FACTOR,
        0.0,
        "",
        0,
        f"2 x 680 MW recalled; factor {V28}; fuel cost 350 CNY/MWh assumed",
        "recalled",
    ),
    (
        "huaneng_heat",
        "plant",
        "coal",
        640.0,
        0.037,
        THERMAL_FACTOR,
        0.5,
        "heat",
        0,
        f"2 x 320 MW recalled; runs for heat, at half of what the season asks, assumed; factor {V28}",
        "recalled",
    ),
    (
        "htr",
        "cape",
        "nuclear",
        200.0,
        0.0,
        0.0,
        1.0,
        "nuclear",
        0,
        "high-temperature reactor of Shidaowan, 200 MW recalled; 80 % availability assumed",
        "recalled",
    ),
    *(
        (
            f"wind_{bus}",
            bus,
            "wind",
            power,
            0.0,
            0.0,
            0.0,
            "wind",
            1,
            "900 MW in the city, order of magnitude recalled, split assumed",
            "assumed",
        )
        for bus, power in (("rc1", 400.0), ("wd2", 250.0), ("rs1", 250.0))
    ),
    *(
        (
            f"roofs_{bus}",
            bus,
            "solar",
            power,
            0.0,
            0.0,
            0.0,
            "solar",
            1,
            "1,200 MW on roofs, order of magnitude recalled, split assumed",
            "assumed",
        )
        for bus, power in (("hc1", 250.0), ("wd1", 350.0), ("rc1", 300.0), ("rs1", 300.0))
    ),
)
"""Generator, bus, technology, MW, 10k CNY/MWh, tCO2/MWh, least output, profile, renewable, source, status."""

STEP_H = 3.0
SEASONS = {"winter": 90, "spring": 92, "summer": 92, "autumn": 91}
"""Representative days and the days that each stands for; together 365."""

LOAD_OF_SEASON = {"winter": 0.95, "spring": 0.82, "summer": 1.00, "autumn": 0.84}
LOAD_OF_HOUR = (0.70, 0.67, 0.83, 0.97, 0.93, 0.95, 1.00, 0.85)
"""Load over the greatest of the year by season and by three-hour step from midnight (assumed shape)."""

DAYLIGHT_H = {"winter": 9.8, "spring": 13.0, "summer": 14.2, "autumn": 11.0}
SUN = {"winter": 0.75, "spring": 1.0, "summer": 0.92, "autumn": 0.86}
SOLAR_HOURS, WIND_HOURS = 1_358.0, 1_940.0
"""Full-load hours of the base project (V28, published); the shapes over seasons and hours are assumed."""

WIND_OF_SEASON = {"winter": 1.30, "spring": 1.20, "summer": 0.62, "autumn": 0.95}
WIND_OF_HOUR = (1.11, 1.11, 1.02, 0.92, 0.88, 0.91, 0.99, 1.06)
HEAT_OF_SEASON = {"winter": 1.0, "spring": 0.5, "summer": 0.2, "autumn": 0.5}
NUCLEAR_AVAILABILITY = 0.8


def network_tables(activity: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the tables of the power system without sites and corridors; `activity` divides the load by district."""
    snapshots = _snapshots()
    profiles = _profiles(snapshots)
    return {
        "buses": _buses(),
        "lines": _lines(),
        "candidates": _candidates(),
        "generators": _generators(),
        "loads": _loads(activity, snapshots, profiles),
        "snapshots": snapshots,
        "profiles": profiles,
        "imports": _imports(),
        "rules": _rules(),
    }


def bus_points() -> dict[str, NDArray[np.float64]]:
    """Return where each bus lies, m in EPSG:4550."""
    return {bus: to_plane(u, v) for bus, _kv, _region, u, v, *_names in BUSES}


def _buses() -> pd.DataFrame:
    points = bus_points()
    rows = [
        (bus, kv, round(points[bus][0]), round(points[bus][1]), region, zh, en, MADE, "made")
        for bus, kv, region, _u, _v, zh, en in BUSES
    ]
    columns = ["bus", "voltage_kv", "x_m", "y_m", "region", "name_zh", "name_en", "source", "status"]
    return pd.DataFrame(rows, columns=columns)


def _distance_km(one: str, other: str) -> float:
    points = bus_points()
    return float(np.linalg.norm(points[one] - points[other])) / 1_000.0


def reactance(one: str, other: str, length_km: float) -> float:
    """Return the series reactance of a circuit of some length between two buses, ohm."""
    kv = {bus: kv for bus, kv, *_rest in BUSES}
    return round(OHM_PER_KM[min(kv[one], kv[other])] * length_km, 2)


def _lines() -> pd.DataFrame:
    kv = {bus: kv for bus, kv, *_rest in BUSES}
    why = "places and circuits made; 0.3 ohm/km, 400 MW (220 kV) and 0.28 ohm/km, 1,000 MW (500 kV) recalled, typical"
    rows = []
    for one, other, circuits in LINES:
        length = DETOUR * _distance_km(one, other)
        ohm = reactance(one, other, length)
        rows.append((f"{one}-{other}", one, other, ohm, CIRCUIT_MW[kv[one]], circuits, f"{kv[one]:g} kV", why, "made"))
    why = "two transformers of 750 MVA, 12 %: number made, size recalled, typical"
    rows.append(("wd500-wd1", "wd500", "wd1", TRANSFORMER_OHM, TRANSFORMER_MW, 2, "500/220 kV", why, "made"))
    columns = ["line", "from_bus", "to_bus", "reactance_ohm", "capacity_mw", "circuits", "voltage_class"]
    return pd.DataFrame(rows, columns=[*columns, "source", "status"])


def _candidates() -> pd.DataFrame:
    """Return circuits in corridors, whose reactance follows from their routes, and a third transformer."""
    why = "made; two bays assumed, the line is paid by segment"
    rows = [
        (f"new:{a}-{b}", a, b, 0.0, CIRCUIT_MW[220.0], BAYS_WANYUAN, most, "220 kV", f"{a}-{b}", why, "assumed")
        for a, b, most in NEW_LINES
    ]
    why = "a third transformer like those that stand; cost with bays assumed"
    price = TRANSFORMER_WANYUAN
    third = ("wd500", "wd1", TRANSFORMER_OHM, TRANSFORMER_MW, price, 1, "500/220 kV", "", why, "assumed")
    rows.append(("new:wd500-wd1", *third))
    columns = ["candidate", "from_bus", "to_bus", "reactance_ohm", "capacity_mw", "cost", "max_additions"]
    return pd.DataFrame(rows, columns=[*columns, "voltage_class", "corridor", "source", "status"])


def _generators() -> pd.DataFrame:
    columns = ["generator", "bus", "technology", "capacity_mw", "marginal_cost", "emission_tco2_per_mwh"]
    columns += ["minimum_share", "profile", "renewable", "source", "status"]
    return pd.DataFrame(GENERATORS, columns=columns)


def load_mwh(year: int) -> float:
    """Return the electricity that the city draws in a year.

    In the base year as much as makes the bought electricity of the city's account at the published factor of Shandong.
    """
    base = BOUGHT * kaya_t(BASE_YEAR) / GRID_FACTOR[0]
    return base * (1.0 + LOAD_GROWTH) ** (year - BASE_YEAR)


def _loads(activity: pd.DataFrame, snapshots: pd.DataFrame, profiles: pd.DataFrame) -> pd.DataFrame:
    """Return the peak at each bus and period, so that the energy of the year is `load_mwh`."""
    by_district = activity[activity["scope"] == 2].groupby("region")["share"].sum()
    by_district = by_district / by_district.sum()
    curve = profiles[profiles["profile"] == "load"].set_index("snapshot")["value"]
    hours = float((snapshots.set_index("snapshot")["weight_h"] * curve).sum())
    region = {bus: region for bus, _kv, region, *_rest in BUSES}
    why = (
        "bought electricity of the city's account (28 % of 34.2 Mt, published and assumed shares) over 0.6410 "
        f"({V32}), 2 % growth a year assumed; districts by the account, buses assumed"
    )
    rows = [
        (f"city_{bus}", bus, round(load_mwh(year) * by_district[region[bus]] * share / hours, 2), "load", year, why)
        for bus, share in LOAD_SHARE.items()
        for year in PERIODS
    ]
    columns = ["load", "bus", "peak_mw", "profile", "year", "source"]
    return pd.DataFrame(rows, columns=columns).assign(status="assumed")


def _steps() -> NDArray[np.float64]:
    """Return the middle of each step of the day, h."""
    return np.arange(0.0, 24.0, STEP_H) + STEP_H / 2


def _snapshots() -> pd.DataFrame:
    rows = [
        (f"{season}_{int(hour - STEP_H / 2):02d}", days * STEP_H, STEP_H, season)
        for season, days in SEASONS.items()
        for hour in _steps()
    ]
    table = pd.DataFrame(rows, columns=["snapshot", "weight_h", "step_h", "day"])
    return table.assign(order=np.arange(1, len(table) + 1))


def _scaled(shape: NDArray[np.float64], weight: NDArray[np.float64], hours: float) -> NDArray[np.float64]:
    """Return a shape scaled to full-load hours of the year; its peak must stay below 1."""
    scaled: NDArray[np.float64] = shape * hours / float(shape @ weight)
    return scaled


def _profiles(snapshots: pd.DataFrame) -> pd.DataFrame:
    weight = snapshots["weight_h"].to_numpy()
    sun = np.concatenate([SUN[name] * _daylight(DAYLIGHT_H[name]) for name in SEASONS])
    curves = {
        "load": np.outer(list(LOAD_OF_SEASON.values()), LOAD_OF_HOUR).ravel(),
        "solar": _scaled(sun, weight, SOLAR_HOURS),
        "wind": _scaled(np.outer(list(WIND_OF_SEASON.values()), WIND_OF_HOUR).ravel(), weight, WIND_HOURS),
        "heat": np.repeat(list(HEAT_OF_SEASON.values()), len(_steps())),
        "nuclear": np.full(len(snapshots), NUCLEAR_AVAILABILITY),
    }
    source = {
        "load": "shape assumed",
        "solar": f"1,358 full-load hours, base project of {V28}; shape assumed",
        "wind": f"1,940 full-load hours, base project of {V28}; shape assumed",
        "heat": "part of the heat units that runs by season, assumed",
        "nuclear": "80 %, assumed",
    }
    parts = [
        pd.DataFrame({"profile": name, "snapshot": snapshots["snapshot"], "value": curve.round(4)}).assign(
            source=source[name], status="assumed"
        )
        for name, curve in curves.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _daylight(hours: float) -> NDArray[np.float64]:
    """Return the sun over the day: half a sine around noon."""
    place: NDArray[np.float64] = (_steps() - 12.0) / hours
    return np.where(np.abs(place) < 0.5, np.cos(np.pi * place), 0.0)


def _imports() -> pd.DataFrame:
    rows = [("tie", year, IMPORT_MW[year], GRID_FACTOR[year], 0.0395, "assumed") for year in PERIODS]
    why = (
        f"Shandong 2022 is 0.6410 ({V32}), its decline assumed; power assumed; price 395 CNY/MWh recalled "
        "(coal benchmark of Shandong)"
    )
    columns = ["bus", "year", "capacity_mw", "emission_tco2_per_mwh", "price", "status"]
    return pd.DataFrame(rows, columns=columns).assign(source=why)


EXISTING_MW = {name: sum(row[3] for row in GENERATORS if row[2] == name) for name in ("solar", "wind")} | {
    "storage": 0.0
}

PACE_MW = {
    "solar": {2025: 800.0, 2030: 1_800.0, 2035: 2_800.0},
    "wind": {2025: 300.0, 2030: 700.0, 2035: 1_100.0},
    "storage": {2025: 200.0, 2030: 500.0, 2035: 800.0},
}
"""Most that is built new by each year, MW (assumed)."""

RENEWABLE_SHARE = {2025: 0.25, 2030: 0.33, 2035: 0.40}
EMISSION_CAP = {2025: 8.0e6, 2030: 6.5e6, 2035: 5.2e6}
"""Least share of the load, and most tCO2 of supply a year (assumed)."""

CURTAILED = 0.10


def _rules() -> pd.DataFrame:
    rows: list[tuple[object, ...]] = []
    for technology, most in PACE_MW.items():
        rows += [
            (
                f"pace_{technology}_{year}",
                "capacity_target",
                technology,
                year,
                "<=",
                EXISTING_MW[technology] + new,
                "MW",
                f"{new:,.0f} MW beyond what stands: pace of building",
            )
            for year, new in most.items()
        ]
    for year, share in RENEWABLE_SHARE.items():
        rows.append((f"renewable_{year}", "renewable_share", "", year, ">=", share, "share", "step of the plan"))
    for year, cap in EMISSION_CAP.items():
        rows.append((f"supply_cap_{year}", "emission_cap", "", year, "<=", cap, "tCO2e", "step of the plan"))
    rows.append(("curtailment", "curtailment_cap", "", 0, "<=", CURTAILED, "share", "most of wind and sun not used"))
    columns = ["id", "rule", "technology", "year", "sense", "value", "unit", "source"]
    table = pd.DataFrame(rows, columns=columns).assign(status="assumed")
    return table.assign(source="assumed: " + table["source"])
