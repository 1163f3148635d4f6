"""Hours of the Weihai power system: representative days, load, wind, sun and heat in them, and load by bus and year.

威海示例电网的典型日、负荷与出力曲线。Full-load hours are published, shapes assumed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from instances.library.weihai_context import BASE_YEAR, BOUGHT, kaya_t
from instances.library.weihai_energy_sources import PERIODS, V28, V32
from instances.library.weihai_energy_supply import GRID_FACTOR

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOAD_GROWTH = 0.02
"""Yearly growth of electricity (assumed)."""

LOAD_SHARE = {"hc1": 0.6, "hc2": 0.4, "wd1": 0.6, "wd2": 0.4, "rc1": 0.6, "rc2": 0.4, "rs1": 1.0}
"""Part of its district's load at each bus (assumed)."""

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


def load_mwh(year: int) -> float:
    """Return the electricity that the city draws in a year.

    In the base year as much as makes the bought electricity of the city's account at the published factor of Shandong.
    """
    base = BOUGHT * kaya_t(BASE_YEAR) / GRID_FACTOR[0]
    return base * (1.0 + LOAD_GROWTH) ** (year - BASE_YEAR)


def loads(region: dict[str, str], activity: pd.DataFrame, days: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """Return the peak at each bus and period, so that the energy of the year is `load_mwh`.

    `region` is the district of each bus; `activity` divides the load by district.
    """
    by_district = activity[activity["scope"] == 2].groupby("region")["share"].sum()
    by_district = by_district / by_district.sum()
    curve = curves[curves["profile"] == "load"].set_index("snapshot")["value"]
    hours = float((days.set_index("snapshot")["weight_h"] * curve).sum())
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


def snapshots() -> pd.DataFrame:
    """Return the representative days in steps of three hours, with the hours of the year that each stands for."""
    rows = [
        (f"{season}_{int(hour - STEP_H / 2):02d}", days * STEP_H, STEP_H, season)
        for season, days in SEASONS.items()
        for hour in _steps()
    ]
    table = pd.DataFrame(rows, columns=["snapshot", "weight_h", "step_h", "day"])
    why = "a day for each season, its days of the year over steps of three hours: choice of days assumed"
    return table.assign(order=np.arange(1, len(table) + 1), source=why, status="assumed")


def _scaled(shape: NDArray[np.float64], weight: NDArray[np.float64], hours: float) -> NDArray[np.float64]:
    """Return a shape scaled to full-load hours of the year; its peak must stay below 1."""
    scaled: NDArray[np.float64] = shape * hours / float(shape @ weight)
    return scaled


def profiles(days: pd.DataFrame) -> pd.DataFrame:
    """Return load, sun, wind, heat and the reactor in each snapshot of `days`, parts of their greatest."""
    weight = days["weight_h"].to_numpy()
    sun = np.concatenate([SUN[name] * _daylight(DAYLIGHT_H[name]) for name in SEASONS])
    curves = {
        "load": np.outer(list(LOAD_OF_SEASON.values()), LOAD_OF_HOUR).ravel(),
        "solar": _scaled(sun, weight, SOLAR_HOURS),
        "wind": _scaled(np.outer(list(WIND_OF_SEASON.values()), WIND_OF_HOUR).ravel(), weight, WIND_HOURS),
        "heat": np.repeat(list(HEAT_OF_SEASON.values()), len(_steps())),
        "nuclear": np.full(len(days), NUCLEAR_AVAILABILITY),
    }
    source = {
        "load": "shape assumed",
        "solar": f"1,358 full-load hours, base project of {V28}; shape assumed",
        "wind": f"1,940 full-load hours, base project of {V28}; shape assumed",
        "heat": "part of the heat units that runs by season, assumed",
        "nuclear": "80 %, assumed",
    }
    parts = [
        pd.DataFrame({"profile": name, "snapshot": days["snapshot"], "value": curve.round(4)}).assign(
            source=source[name], status="assumed"
        )
        for name, curve in curves.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _daylight(hours: float) -> NDArray[np.float64]:
    """Return the sun over the day: half a sine around noon."""
    place: NDArray[np.float64] = (_steps() - 12.0) / hours
    return np.where(np.abs(place) < 0.5, np.cos(np.pi * place), 0.0)
