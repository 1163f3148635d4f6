"""The power system of the Weihai instance: its buses, the lines that stand, the circuits that may be built.

威海示例电网：网架与地理为合成，电气参数为回忆值。Buses, lines and routes are made; electrical figures are recalled, and
say so beside them. Plant and rules are in `weihai_energy_supply`, hours and load in `weihai_energy_hours`, where things
lie in `weihai_energy_sites` and `weihai_energy_routes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.library.weihai_energy_hours import loads, profiles, snapshots
from instances.library.weihai_energy_sources import MADE
from instances.library.weihai_energy_supply import generators, imports, rules
from instances.library.weihai_geography import to_plane

if TYPE_CHECKING:
    from numpy.typing import NDArray

BUSES = (
    ("tie", 500.0, "", -0.93, 0.02, "省网联络点", "tie to the provincial grid"),
    ("wd500", 500.0, "wendeng", -0.08, 0.00, "文登500千伏站", "500 kV substation, Wendeng"),
    ("hc1", 220.0, "huancui", 0.06, 0.58, "环翠一站", "Huancui 1"),
    ("hc2", 220.0, "huancui", 0.26, 0.42, "环翠二站", "Huancui 2"),
    ("wd1", 220.0, "wendeng", 0.05, 0.06, "文登一站", "Wendeng 1"),
    ("wd2", 220.0, "wendeng", 0.12, -0.42, "文登二站", "Wendeng 2"),
    ("rc1", 220.0, "rongcheng", 0.53, 0.10, "荣成一站", "Rongcheng 1"),
    ("rc2", 220.0, "rongcheng", 0.56, -0.22, "荣成二站", "Rongcheng 2"),
    ("rs1", 220.0, "rushan", -0.44, -0.34, "乳山站", "Rushan"),
    ("plant", 220.0, "huancui", 0.18, 0.70, "华能威海电厂", "Huaneng Weihai power plant"),
    ("cape", 220.0, "rongcheng", 0.62, -0.40, "石岛湾", "Shidaowan"),
    ("c_west", 220.0, "rushan", -0.72, -0.22, "乳山西汇集站", "collector, west of Rushan"),
    ("c_south", 220.0, "wendeng", -0.16, -0.46, "文登南汇集站", "collector, south of Wendeng"),
    ("c_east", 220.0, "rongcheng", 0.84, 0.02, "荣成东汇集站", "collector, east of Rongcheng"),
)
"""Bus, kV, district, place in half axes of the peninsula, names (all places made; collectors have no line yet)."""

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


def network_tables(activity: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the tables of the power system without sites and corridors; `activity` divides the load by district."""
    days = snapshots()
    curves = profiles(days)
    region = {bus: region for bus, _kv, region, *_rest in BUSES}
    return {
        "buses": _buses(),
        "lines": _lines(),
        "candidates": _candidates(),
        "generators": generators(),
        "loads": loads(region, activity, days, curves),
        "snapshots": days,
        "profiles": curves,
        "imports": imports(),
        "rules": rules(),
    }


def bus_points() -> dict[str, NDArray[np.float64]]:
    """Return where each bus lies, m in EPSG:4550, (buses, 2)."""
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
