"""Rows of the carbon ledger that no plan changes: existing activity and the sinks of present land."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from instances.carbon import CarbonAccount
    from instances.land import Floats

COLUMNS = (
    "component",
    "sector",
    "end_use",
    "scope",
    "region",
    "present_annual",
    "end_annual",
    "cumulative_tco2e",
)
LAND_SECTOR = "lulucf"
UNDIVIDED = "undivided"
"""Sector and end use of activity in an instance that has no `activity` table; its scope is 0."""


def no_rows() -> pd.DataFrame:
    """Return a ledger without rows."""
    numbers = dict.fromkeys(COLUMNS[-3:], float)
    return pd.DataFrame({name: pd.Series(dtype=numbers.get(name, object)) for name in COLUMNS}).astype({"scope": int})


def activity_table(carbon: CarbonAccount) -> pd.DataFrame:
    """Return shares of the whole activity: end_use, sector, scope, region, share, group.

    Bought power is left out where a network supplies it: it counts there, once.
    """
    table = carbon.demand.activity
    if len(carbon.land.tables["activity"]):
        return table[["end_use", "sector", "scope", "region", "share", "group"]].astype({"region": str})
    root = str(carbon.land.regions["region"].iloc[carbon.land.root])
    row = {"end_use": UNDIVIDED, "sector": UNDIVIDED, "scope": 0, "region": root, "share": 1.0, "group": ""}
    return pd.DataFrame([row])


def activity_rows(carbon: CarbonAccount) -> pd.DataFrame:
    """Return existing activity by end use, sector, scope and region.

    Under `bottom_up` the end year is the base year's activity at the end year's intensity; what
    growth adds stands in the component `added_activity`.
    """
    settings, demand = carbon.settings.carbon, carbon.demand
    shares = activity_table(carbon)
    base = demand.kaya(settings.base_year)
    end = demand.kaya(settings.end_year)
    if settings.existing_activity == "bottom_up":
        end = base * float(demand.intensity_ratio(np.array([float(settings.end_year)]))[0])
    share = shares["share"].to_numpy(dtype=float)
    rows = shares.assign(
        component="activity",
        present_annual=base * share,
        end_annual=end * share,
        cumulative_tco2e=demand.existing(settings.end_year) * share,
    )
    return rows[list(COLUMNS)].reset_index(drop=True) if base or end else no_rows()


def present_uptake(carbon: CarbonAccount) -> Floats:
    """Return the yearly uptake of present land by region and class, (regions, classes), tCO2/yr."""
    return carbon.factor("sink")[carbon.factor_set] * carbon.land.class_area_ha


def land_sink_rows(carbon: CarbonAccount) -> pd.DataFrame:
    """Return the sinks of present land by group and region; none in stock mode, which counts no fluxes."""
    settings, land = carbon.settings.carbon, carbon.land
    if settings.mode == "stock":
        return no_rows()
    uptake = present_uptake(carbon)
    region, kind = np.nonzero(uptake)
    annual = -uptake[region, kind]
    rows = pd.DataFrame(
        {
            "component": "land_sink",
            "sector": LAND_SECTOR,
            "end_use": land.classes["group"].to_numpy()[kind],
            "scope": 1,
            "region": land.regions["region"].astype(str).to_numpy()[region],
            "present_annual": annual,
            "end_annual": annual,
            "cumulative_tco2e": annual * (settings.end_year - settings.base_year),
        }
    )
    keys = list(COLUMNS[:5])
    return rows.groupby(keys, as_index=False, sort=False).sum()[list(COLUMNS)]
