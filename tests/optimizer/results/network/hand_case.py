"""A network worked by hand: coal at A, a wind site at B with the load, and a route with two segments between them.

The line carries 20 MW, the load is 30 MW, the wind blows at half by day (5000 h) and in full by night (3760 h). Each of
the 40 MW of the site costs 10 and saves at least half a MW of coal by day, so all are built; by day 10 MW of coal come
over the line, by night 10 MW of wind are left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = """[instance]
name = "hand"
title_en = "Two buses"
title_zh = "两节点"
crs = "EPSG:4550"

[objective]
kind = "cost"

[network]
horizon_h = 8760
"""
PERIODS = """
[carbon]
base_year = 2020
end_year = 2030

[time]
periods = [2025, 2030]
"""
DAY, NIGHT = 5000.0, 3760.0
COAL_MWH, WIND_MWH, LEFT_MWH = 10 * DAY, 20 * DAY + 30 * NIGHT, 10 * NIGHT
FUEL, FACTOR = 0.05, 0.9
INVESTED = 40 * 10 + 7 + 2 + 1.5
"""10k CNY: wind, circuit, segments."""

TABLES = {
    "buses": {"bus": ["A", "B"], "voltage_kv": [220.0] * 2, "x_m": [4e5, 4.07e5], "y_m": [4.1e6, 4.101e6]},
    "snapshots": {"snapshot": ["noon", "midnight"], "weight_h": [DAY, NIGHT], "day": ["day", "night"]},
    "generators": {
        "generator": ["old"], "bus": ["A"], "technology": ["coal"], "capacity_mw": [100.0], "marginal_cost": [FUEL],
        "emission_tco2_per_mwh": [FACTOR],
    },
    "candidates": {
        "candidate": ["AB"], "from_bus": ["A"], "to_bus": ["B"], "capacity_mw": [20.0], "cost": [7.0],
        "max_additions": [2], "corridor": ["way"],
    },
    "corridors": {"corridor": ["way", "way"], "segment": ["s1", "s2"]},
    "segments": {
        "segment": ["s1", "s2"], "length_km": [3.0, 4.0], "width_m": [40.0] * 2, "cost": [2.0, 1.5],
        "crossings": ["red line", ""],
    },
    "sites": {
        "site": ["hill", "dune"], "technology": ["wind", "solar"], "bus": ["B", "B"], "potential_mw": [40.0, 0.0],
        "capital_cost": [10.0, 10.0], "profile": ["windy", ""],
    },
    "profiles": {"profile": ["windy"] * 2, "snapshot": ["noon", "midnight"], "value": [0.5, 1.0]},
    "loads": {"load": ["town"], "bus": ["B"], "peak_mw": [30.0]},
    "rules": {
        "id": ["green"], "rule": ["renewable_share"], "sense": [">="], "value": [0.5], "unit": ["share"],
        "source": ["made"], "status": ["made"],
    },
}  # fmt: skip


def write_hand_case(folder: Path, settings: str = "") -> Path:
    """Write the case; returns its folder."""
    (folder / "network").mkdir(parents=True)
    (folder / "instance.toml").write_text(SETTINGS + settings, encoding="utf-8")
    for name, columns in TABLES.items():
        pd.DataFrame(columns).to_csv(folder / "network" / f"{name}.csv", index=False)
    return folder
