"""What feeds and bounds the Weihai power system: plant that stands, imports, and the rules of the plan.

威海示例电网的电源、外来电与规划约束。Figures are published, recalled or assumed, and say so beside them.
"""

from __future__ import annotations

import pandas as pd

from instances.library.weihai_energy_sources import PERIODS, V28, V32

GRID_FACTOR = {0: 0.6410, 2025: 0.60, 2030: 0.50, 2035: 0.40}
"""tCO2 a MWh of imports: Shandong 2022 (V32, published); its decline is assumed."""

IMPORT_MW = {2025: 1_500.0, 2030: 1_800.0, 2035: 2_000.0}
"""Most power from the provincial grid (assumed)."""

THERMAL_FACTOR = 0.838
"""tCO2 a MWh of thermal power, 2019 (V28, published)."""

LARGE = f"2 x 680 MW recalled; factor {V28}; fuel cost 350 CNY/MWh assumed"
HEAT = f"2 x 320 MW recalled; runs for heat, at half of what the season asks, assumed; factor {V28}; fuel cost assumed"
REACTOR = "high-temperature reactor of Shidaowan, 200 MW recalled; 80 % availability assumed"
WIND = "900 MW in the city, order of magnitude recalled, split assumed"
ROOFS = "1,200 MW on roofs, order of magnitude recalled, split assumed"

THERMAL = (
    ("huaneng_large", "plant", "coal", 1_360.0, 0.035, THERMAL_FACTOR, 0.0, "", 0, LARGE, "assumed"),
    ("huaneng_heat", "plant", "coal", 640.0, 0.037, THERMAL_FACTOR, 0.5, "heat", 0, HEAT, "assumed"),
    ("htr", "cape", "nuclear", 200.0, 0.0, 0.0, 1.0, "nuclear", 0, REACTOR, "assumed"),
)
"""Generator, bus, technology, MW, 10k CNY/MWh, tCO2/MWh, least output, profile, renewable, source, status."""

WIND_MW = {"rc1": 400.0, "wd2": 250.0, "rs1": 250.0}
ROOFS_MW = {"hc1": 250.0, "wd1": 350.0, "rc1": 300.0, "rs1": 300.0}
"""Wind farms and arrays on roofs that stand, by bus."""

EXISTING_MW = {"wind": sum(WIND_MW.values()), "solar": sum(ROOFS_MW.values()), "storage": 0.0}


def generators() -> pd.DataFrame:
    """Return the plant that stands."""
    weather = [(f"wind_{bus}", bus, "wind", power, WIND) for bus, power in WIND_MW.items()]
    weather += [(f"roofs_{bus}", bus, "solar", power, ROOFS) for bus, power in ROOFS_MW.items()]
    rows = [(name, bus, kind, power, 0.0, 0.0, 0.0, kind, 1, why, "assumed") for name, bus, kind, power, why in weather]
    columns = ["generator", "bus", "technology", "capacity_mw", "marginal_cost", "emission_tco2_per_mwh"]
    columns += ["minimum_share", "profile", "renewable", "source", "status"]
    return pd.DataFrame([*THERMAL, *rows], columns=columns)


def imports() -> pd.DataFrame:
    """Return the power from the province by year, with its factor."""
    rows = [("tie", year, IMPORT_MW[year], GRID_FACTOR[year], 0.0395, "assumed") for year in PERIODS]
    why = (
        f"Shandong 2022 is 0.6410 ({V32}), its decline assumed; power assumed; price 395 CNY/MWh recalled "
        "(coal benchmark of Shandong)"
    )
    columns = ["bus", "year", "capacity_mw", "emission_tco2_per_mwh", "price", "status"]
    return pd.DataFrame(rows, columns=columns).assign(source=why)


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


def rules() -> pd.DataFrame:
    """Return the pace of building, the shares of renewables, and the caps on emissions and curtailment."""
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
